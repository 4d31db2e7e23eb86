// SPDX-License-Identifier: Apache-2.0
// What the service answers, error objects, times, tokens; and each part of a JSON text, against
// RapidJSON.
#include "here_tracking/telemetry.hpp"

#include "core/service_reply.hpp"
#include "support/json_events.hpp"

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
  here_tracking::ErrorDetail error;
  if (here_tracking::read_reply(body, reply, error)) {
    require(within(reply.access_token, body));
    require(reply.timestamp_s <= here_tracking::max_timestamp_ms / 1000);
  }

  require(error.id.back() == '\0' && error.message.back() == '\0');
  for (const char c : error.message)
    require(c == '\0' || static_cast<unsigned char>(c) >= 0x20);

  JsonEventList events(body);
  const here_tracking::JsonResult result = read_json(body, events);
  require(events.places_are_right());
  if (result != here_tracking::JsonResult::too_deep && !events.has_half()) {
    const JsonReference expected = read_json_with_rapidjson(body);
    const bool is_valid = result == here_tracking::JsonResult::ok;
    require(!expected.is_known || expected.is_valid == is_valid);
    require(!expected.is_valid || expected.events == events.all());
  }
  return 0;
}
