// SPDX-License-Identifier: Apache-2.0
#include "here_tracking/telemetry.hpp"

#include "sample_writer.hpp"

#include <cstring>

namespace here_tracking {
namespace {

#define FIELD(member) HERE_TRACKING_FIELD(WlanAccessPoint, member)
constexpr FieldRule wlan_fields[] = {
    any("mac", FIELD(mac)),
    clamped("powrx", FIELD(powrx_dbm), -128, 0),
    utc_text("timestamp", FIELD(timestamp_ms)),
    any("band", FIELD(band), 2),
};
#undef FIELD
constexpr ObjectRules wlan_rules = {"scan.wlan", wlan_fields};
constexpr const FieldRule& band = wlan_fields[3];

bool is_opted_out(std::string_view ssid) {
  constexpr std::string_view suffix = "_nomap";
  return ssid.size() >= suffix.size() &&
         std::memcmp(ssid.data() + ssid.size() - suffix.size(), suffix.data(), suffix.size()) == 0;
}

bool is_known(WlanBand value) {
  switch (value) {
    case WlanBand::unspecified:
    case WlanBand::ghz_2_4:
    case WlanBand::ghz_3_65:
    case WlanBand::ghz_5:
      return true;
  }
  return false;
}

}  // namespace

Status Sample::add(const WlanAccessPoint& access_point) {
  static constexpr FieldRule access_points =
      in(Unit::access_points, scan_list(max_wlan_access_points, "wlan", wlan));
  SampleWriter writer(*this);
  if (is_opted_out(access_point.ssid)) {
    writer.withhold();
  } else {
    writer.begin_item(access_points);
  }
  writer.write(wlan_rules, &access_point);
  if (!is_known(access_point.band)) {
    writer.refuse(band, static_cast<std::int64_t>(access_point.band), Rule::band);
  }
  return writer.commit();
}

}  // namespace here_tracking
