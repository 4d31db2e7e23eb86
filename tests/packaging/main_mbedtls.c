// SPDX-License-Identifier: Apache-2.0
#include "here_tracking/c/mbedtls.h"

#include <stdio.h>

static uint64_t own[1024];
static char token[2048];
static char work[8192];
static ht_mbedtls_transport_t transport;
static ht_client_t client;

static int64_t now_ms(void* context) {
  int64_t* const now = context;
  return ++*now;
}

static ht_code_t fill(void* context, uint8_t* into, size_t size) {
  (void)context;
  for (size_t i = 0; i < size; ++i)
    into[i] = (uint8_t)i;
  return HT_OK;
}

static ht_code_t no_route(void* context, const char* host, uint16_t port, uint32_t timeout_ms) {
  (void)context;
  (void)timeout_ms;
  printf("%s:%u\n", host, (unsigned)port);
  return HT_CONNECT_FAILED;
}

// A firmware that has sockets, and no network.
int main(void) {
  int64_t now = 0;
  const ht_clock_t clock = {.now_ms = now_ms, .context = &now};
  const ht_entropy_t entropy = {.fill = fill};
  const ht_byte_stream_t stream = {.connect = no_route};
  const ht_mbedtls_options_t options = {
      .stream = &stream, .clock = &clock, .entropy = &entropy, .own = HT_MEMORY(own)};
  const ht_client_config_t config = {
      .hooks = {.clock = &clock, .entropy = &entropy, .transport = &transport.hook},
      .base_url = "http://localhost",
      .token = HT_MEMORY(token),
      .work = HT_MEMORY(work),
  };
  const ht_code_t init = ht_mbedtls_transport_init(&transport, &options);
  ht_client_init(&client, &config, "00000000-0000-4000-8000-000000000000", "packaging");
  ht_mbedtls_transport_follow(&transport, &client);
  const ht_code_t sync = ht_client_sync_time(&client);
  ht_mbedtls_transport_end(&transport);
  printf("%s, %s\n", ht_code_name(init), ht_code_name(sync));
  return init == HT_OK && sync == HT_CONNECT_FAILED ? 0 : 1;
}
