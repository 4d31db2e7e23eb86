// SPDX-License-Identifier: Apache-2.0
#include "here_tracking/client.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace ht = here_tracking;

namespace {

std::array<char, 2048> token;
std::array<char, 8192> work;

class Gateway final : public ht::SuppliedToken {};

}  // namespace

// A program that sends for others, with a token that it is given: it must not pay for a device's
// licence.
extern "C" std::uint32_t firmware() {
  Gateway gateway;
  const ht::Hooks hooks;
  ht::Client client({}, gateway, hooks, {token, work});
  ht::Ingestion how;
  how.id = "truck-7";
  how.app_id = "app-0815";
  const std::string_view samples[] = {R"({"timestamp":1767225600000})"};
  ht::DesiredShadow shadow;
  const ht::Status sent = client.ingest(samples, shadow, how);
  return static_cast<std::uint32_t>(sent.code()) +
         static_cast<std::uint32_t>(shadow.rate.sample_ms.value_or(0));
}
