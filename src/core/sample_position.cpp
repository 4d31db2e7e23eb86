// SPDX-License-Identifier: Apache-2.0
#include "here_tracking/telemetry.hpp"

#include "sample_writer.hpp"

namespace here_tracking {
namespace {

#define FIELD(member) HERE_TRACKING_FIELD(Fix, member)
constexpr FieldRule fix_fields[] = {
    limited("lat", FIELD(lat_deg_e7), -900000000, 900000000, 7),
    limited("lng", FIELD(lng_deg_e7), -1800000000, 1800000000, 7),
    any("accuracy", FIELD(accuracy_mm), 3),
    any("alt", FIELD(alt_mm), 3),
    any("altaccuracy", FIELD(altaccuracy_mm), 3),
    limited("satellitecount", FIELD(satellite_count), 1, 50),
    epoch_ms("timestamp", FIELD(timestamp_ms)),
    needs_next(whole("heading", FIELD(heading_cdeg), 36000, 2)),
    needs_previous(whole("speed", FIELD(speed_mm_s), 0, 3)),
    // Of `position` only.
    limited("confidence", FIELD(confidence_percent), 50, 95),
    limited("wlancount", FIELD(wlan_count), 1, 254),
};
#undef FIELD
constexpr const FieldRule& satellite_count = fix_fields[5];
constexpr const FieldRule& wlan_count = fix_fields[10];
constexpr ObjectRules position_rules = {"position", fix_fields};
constexpr ObjectRules gps_rules = {"scan.gps", {fix_fields, 9}};

#define FIELD(member) HERE_TRACKING_FIELD(Floor, member)
constexpr FieldRule floor_fields[] = {
    required(limited("id", FIELD(id), 1, 100)),
    required(limited("name", FIELD(name), 1, 255)),
    limited("level", FIELD(level_e2), -99900, 99900, 2),
};
#undef FIELD
constexpr ObjectRules floor_rules = {"position.floor", floor_fields};

}  // namespace

Status Sample::set_position(const Fix& fix) {
  static constexpr FieldRule member = once("position", root, given_position);
  SampleWriter writer(*this);
  if (withholds_position() || (options_.gps_withholds_position && fix.type == PositionType::gnss &&
                               withholds(PositionMethod::gps))) {
    writer.withhold();
  }
  JsonWriter& json = writer.json();
  writer.begin(member);
  json.begin_object(member.name);
  writer.write(position_rules, &fix);
  static constexpr char types[][7] = {R"("gnss")", R"("cell")", R"("wlan")"};
  const std::size_t type = static_cast<std::size_t>(fix.type) - 1;
  if (type < std::size(types)) {
    json.key("type");
    json.raw(types[type]);
  }
  if (fix.floor) {
    json.begin_object("floor");
    writer.write(floor_rules, &*fix.floor);
    json.end('}');
  }
  json.end('}');
  writer.set_scope(member.name);
  if (fix.satellite_count && fix.type != PositionType::gnss) {
    writer.refuse(satellite_count, *fix.satellite_count, Rule::only_of_gnss);
  }
  if (fix.wlan_count && fix.type != PositionType::wlan) {
    writer.refuse(wlan_count, *fix.wlan_count, Rule::only_of_wlan);
  }
  const Status status = writer.commit();
  if (status.ok() && writer.is_open())
    content_.place = {fix.lat_deg_e7, fix.lng_deg_e7, fix.accuracy_mm};
  return status;
}

Status Sample::set_gps(const Fix& fix) {
  static constexpr FieldRule member = once("gps", scan, given_gps);
  SampleWriter writer(*this);
  if (!options_.contribute_gps || withholds(PositionMethod::gps)) writer.withhold();
  writer.begin(member);
  writer.json().begin_object(member.name);
  writer.write(gps_rules, &fix);
  writer.json().end('}');
  return writer.commit();
}

}  // namespace here_tracking
