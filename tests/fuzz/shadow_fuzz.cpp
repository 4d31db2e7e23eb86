// SPDX-License-Identifier: Apache-2.0
// The desired shadow, and the WLAN configurations in it.
#include "here_tracking/telemetry.hpp"

#include "core/shadow_reader.hpp"

#include <array>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string_view>

namespace {

namespace ht = here_tracking;

void require(bool condition) {
  if (!condition) std::abort();
}

/// A part of the body in these brackets, or empty.
void require_part(std::string_view part, std::string_view whole, char begin, char end) {
  if (part.empty()) return;
  require(part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
  require(part.size() >= 2 && part.front() == begin && part.back() == end);
}

void require_time(const std::optional<std::int64_t>& time_ms, std::int64_t min) {
  require(!time_ms || (*time_ms >= min && *time_ms <= ht::max_timestamp_ms));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  ht::DesiredShadow shadow;
  if (!ht::read_shadow(body, shadow)) return 0;

  require(shadow.json.empty() || shadow.json.data() == body.data());
  require_part(shadow.payload, body, '{', '}');
  require_part(shadow.wlan_configurations, body, '[', ']');
  require_part(shadow.sensor_logging_tag, body, '"', '"');
  require_time(shadow.timestamp_ms, ht::min_timestamp_ms);
  require_time(shadow.last_modified_geofence_timestamp_ms, 0);
  require_time(shadow.disable_tracking.begin_ms, ht::min_timestamp_ms);
  require_time(shadow.disable_tracking.end_ms, ht::min_timestamp_ms);
  require(shadow.disable_tracking.has_period ||
          (!shadow.disable_tracking.begin_ms && !shadow.disable_tracking.end_ms));
  const auto& logging = shadow.sensor_logging_configurations;
  require(logging.size() <= ht::SensorLoggingConfigurations::max_size);
  for (const ht::SensorLoggingConfiguration& item : logging) {
    require(item.type <= ht::SensorLoggingType::gnss);
    require(item.sampling_period_ms.value_or(1) >= 1);
  }
  std::array<char, 200> tag{};
  require(shadow.sensor_logging_tag.empty() ==
          ht::decode_json_text(shadow.sensor_logging_tag, tag).empty());

  std::array<char, 160> message{};
  const std::size_t length = format(shadow.rejected, message);
  require(shadow.rejected_members == 0 ||
          (length < message.size() &&
           std::strlen(shadow.rejected.field) + std::strlen(shadow.rejected.scope) > 0));

  ht::WlanConfigurations reader(shadow.wlan_configurations);
  ht::WlanConfiguration wlan;
  std::size_t count = 0;
  while (reader.next(wlan))
    ++count;
  require(count + reader.skipped() <= ht::DesiredShadow::max_wlan_configurations);
  return 0;
}
