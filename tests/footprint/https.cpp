// SPDX-License-Identifier: Apache-2.0
#include "here_tracking/client.hpp"
#include "here_tracking/transport/mbedtls.hpp"

#include <array>
#include <cstdint>

namespace ht = here_tracking;

namespace {

std::array<char, 2048> token;
std::array<char, 8192> work;
alignas(8) std::array<std::uint8_t, 4096> transport_memory;
std::array<std::uint8_t, 32768> tls_memory;

}  // namespace

// The time over TLS, with hooks that are not provided.
extern "C" std::uint32_t firmware() {
  ht::ClientTime time;
  ht::MbedtlsOptions options;
  options.time = &time;
  ht::MbedtlsTransport transport(options, {transport_memory, tls_memory});
  ht::Hooks hooks;
  hooks.transport = &transport;
  ht::Client client({}, ht::not_provided::authorization, hooks, {token, work});
  time.follow(client);
  return static_cast<std::uint32_t>(client.sync_time().code());
}
