// SPDX-License-Identifier: Apache-2.0
#include "c/convert.hpp"

namespace here_tracking::c {

Fix from_c(const ht_fix_t& from) {
  Fix fix;
  fix.lat_deg_e7 = from.lat_deg_e7;
  fix.lng_deg_e7 = from.lng_deg_e7;
  fix.accuracy_mm = from.accuracy_mm;
  fix.confidence_percent = from_c(from.confidence_percent);
  fix.alt_mm = from_c(from.alt_mm);
  fix.altaccuracy_mm = from_c(from.altaccuracy_mm);
  fix.heading_cdeg = from_c(from.heading_cdeg);
  fix.speed_mm_s = from_c(from.speed_mm_s);
  fix.satellite_count = from_c(from.satellite_count);
  fix.wlan_count = from_c(from.wlan_count);
  fix.type = static_cast<PositionType>(from.type);
  fix.timestamp_ms = from_c(from.timestamp_ms);
  if (from.floor != nullptr) {
    fix.floor = Floor{from_c(from.floor->id), from_c(from.floor->name), from.floor->level_e2};
  }
  return fix;
}

ht_fix_t to_c(const Fix& from) {
  ht_fix_t fix = {};
  fix.lat_deg_e7 = from.lat_deg_e7;
  fix.lng_deg_e7 = from.lng_deg_e7;
  fix.accuracy_mm = from.accuracy_mm;
  fix.confidence_percent = to_c(from.confidence_percent);
  fix.alt_mm = to_c(from.alt_mm);
  fix.altaccuracy_mm = to_c(from.altaccuracy_mm);
  fix.heading_cdeg = to_c(from.heading_cdeg);
  fix.speed_mm_s = to_c(from.speed_mm_s);
  fix.satellite_count = to_c(from.satellite_count);
  fix.wlan_count = to_c(from.wlan_count);
  fix.type = static_cast<ht_position_type_t>(from.type);
  fix.timestamp_ms = to_c(from.timestamp_ms);
  return fix;
}

const char* write_field_error(const FieldError& error, ht_memory_t into) {
  if (into.size == 0) return "";
  into.data[format(error, {into.data, into.size - 1})] = '\0';
  return into.data;
}

}  // namespace here_tracking::c
