// SPDX-License-Identifier: Apache-2.0
// First and alone: the header needs no other one.
#include "here_tracking/c/mbedtls.h"

static ht_code_t no_route(void* context, const char* host, uint16_t port, uint32_t timeout_ms) {
  (void)context;
  (void)host;
  (void)port;
  (void)timeout_ms;
  return HT_CONNECT_FAILED;
}

// As a firmware has them in flash.
const ht_byte_stream_t c_stream_without_route = {.connect = no_route};

static uint64_t own[1024];
const ht_mbedtls_options_t c_mbedtls_options = {
    .stream = &c_stream_without_route,
    .own = HT_MEMORY(own),
};
