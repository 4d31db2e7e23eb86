// SPDX-License-Identifier: Apache-2.0
#include "here_tracking/telemetry.hpp"

#include "sample_writer.hpp"

namespace here_tracking {
namespace {

#define FIELD(member) HERE_TRACKING_FIELD(WlanAccessPoint, member)
constexpr FieldRule wlan_fields[] = {
    any("mac", FIELD(mac)),
    clamped("powrx", FIELD(powrx_dbm), -128, 0),
    utc_text("timestamp", FIELD(timestamp_ms)),
};
#undef FIELD
constexpr ObjectRules wlan_rules = {"scan.wlan", wlan_fields, Sample::max_wlan_access_points,
                                    sizeof(WlanAccessPoint)};
constexpr FieldRule band_rule = any("band", {}, 2);

bool ends_with(std::string_view text, std::string_view suffix) {
  return text.size() >= suffix.size() && after(text, text.size() - suffix.size()) == suffix;
}

}  // namespace

Status Sample::add(const WlanAccessPoint& access_point) {
  if (ends_with(access_point.ssid, "_nomap")) {
    ++withheld_;
    return {};
  }
  static constexpr FieldRule access_points =
      scan_list("wlan", wlan, wlan_rules, Unit::access_points);
  SampleWriter writer(*this);
  writer.begin_item(access_points);
  writer.write(wlan_rules, &access_point);
  const auto band_e2 = static_cast<std::uint16_t>(access_point.band);
  switch (access_point.band) {
    case WlanBand::unspecified:
      break;
    case WlanBand::ghz_2_4:
    case WlanBand::ghz_3_65:
    case WlanBand::ghz_5:
      writer.json().key(band_rule.name);
      writer.json().number(band_e2, band_rule.decimals);
      break;
    default:
      writer.refuse(band_rule, band_e2, Rule::band);
  }
  return writer.commit();
}

}  // namespace here_tracking
