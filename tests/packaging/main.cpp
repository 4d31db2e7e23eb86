// SPDX-License-Identifier: Apache-2.0
#include "here_tracking/client.hpp"
#include "here_tracking/platform/linux.hpp"
#include "here_tracking/platform/modem_manager.hpp"
#include "here_tracking/transport/curl.hpp"
#include "here_tracking/transport/mbedtls.hpp"

#include <array>
#include <cstdio>

namespace ht = here_tracking;

namespace {

bool nobody_is_there(ht::Transport& transport) {
  ht::SystemClock clock;
  ht::SystemEntropy entropy;
  ht::Hooks hooks;
  hooks.clock = &clock;
  hooks.entropy = &entropy;
  hooks.transport = &transport;

  ht::ClientConfig config;
  config.base_url = "http://127.0.0.1:1";
  ht::DeviceLicense license("00000000-0000-4000-8000-000000000000", "packaging");

  std::array<char, 2048> token{};
  std::array<char, 8192> work{};
  ht::Client client(config, license, hooks, {token, work});

  const ht::Status status = client.sync_time();
  std::printf("sync_time: %s\n", ht::to_string(status.code()));
  return status.code() == ht::Code::connect_failed;
}

}  // namespace

bool has_no_modem() {
  static std::array<char, 4096> buffer;
  ht::Sample sample(buffer);
  ht::ModemManagerCells modems;
  const ht::Status status = modems.scan(sample, 1000);
  std::puts(ht::to_string(status.code()));
  return status == ht::Code::hook_failed || status == ht::Code::not_provided;
}

// Links each of the four libraries, and what they need, and shows that they run: nobody listens on
// port 1, so the request must come back with a network failure, and there is no system bus.
int main() {
  ht::CurlTransport curl;
  ht::PosixByteStream stream;
  ht::SystemClock clock;
  ht::MbedtlsOptions options;
  options.stream = &stream;
  options.clock = &clock;
  alignas(8) static std::array<std::uint8_t, 8192> own;
  ht::MbedtlsTransport mbedtls(options, {own, {}});
  return has_no_modem() && nobody_is_there(curl) && nobody_is_there(mbedtls) ? 0 : 1;
}
