// SPDX-License-Identifier: Apache-2.0
// What the service answers: error objects, times, tokens.
#include "here_tracking/telemetry.hpp"

#include "core/service_reply.hpp"

#include <cstdint>
#include <cstdlib>
#include <string_view>

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

bool within(std::string_view part, std::string_view whole) {
  return part.empty() ||
         (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view body(reinterpret_cast<const char*>(data), size);

  here_tracking::ServiceReply reply;
  if (here_tracking::read_reply(body, reply)) {
    require(within(reply.access_token, body));
    require(reply.timestamp_s <= here_tracking::max_timestamp_ms / 1000);
  }

  here_tracking::ErrorDetail error;
  here_tracking::read_error(body, error);
  require(error.id.back() == '\0' && error.message.back() == '\0');
  for (const char c : error.message)
    require(c == '\0' || static_cast<unsigned char>(c) >= 0x20);
  return 0;
}
