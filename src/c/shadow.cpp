// SPDX-License-Identifier: Apache-2.0
#include "here_tracking/shadow.hpp"

#include "c/convert.hpp"

using namespace here_tracking;
using namespace here_tracking::c;

namespace {

const DesiredShadow& cpp(const ht_shadow_t* shadow) {
  return find<DesiredShadow>(shadow);
}

ht_limits_t limits_to_c(const Limits& from) {
  return {to_c(from.min), to_c(from.max)};
}

template <typename Name>
std::uint16_t bits(NameSet<Name> set, Name last) {
  if (set.all()) return 0xffff;
  unsigned bits = 0;
  for (unsigned name = 0; name <= static_cast<unsigned>(last); ++name)
    if (set.covers(static_cast<Name>(name))) bits |= 1U << name;
  return static_cast<std::uint16_t>(bits);
}

struct CWlanConfigurations {
  explicit CWlanConfigurations(std::string_view json) : list(json) {}

  WlanConfigurations list;
  WlanConfiguration item;
};

}  // namespace

void ht_shadow_init(ht_shadow_t* shadow) {
  make<DesiredShadow>(*shadow);
}

ht_shadow_settings_t ht_shadow_settings(const ht_shadow_t* shadow) {
  const DesiredShadow& from = cpp(shadow);
  return {to_c(from.state_version),   to_c(from.last_modified_geofence_timestamp_ms),
          to_c(from.timestamp_ms),    to_c(from.sync_geofences),
          to_c(from.detect_outliers), to_c(from.wlan_connectivity_enabled)};
}

ht_rate_t ht_shadow_rate(const ht_shadow_t* shadow) {
  const DesiredShadow& from = cpp(shadow);
  return {to_c(from.rate.sample_ms), to_c(from.rate.send_ms), to_c(from.rate.distance_m),
          to_c(from.power_save_send_ms)};
}

ht_sensor_alarms_t ht_shadow_sensor_alarms(const ht_shadow_t* shadow) {
  const SensorAlarms& from = cpp(shadow).sensor_alarms;
  return {limits_to_c(from.temperature_c_e2), limits_to_c(from.relative_humidity_percent_e2),
          limits_to_c(from.pressure_hpa_e4),  limits_to_c(from.acceleration_g_e6),
          limits_to_c(from.tilt_degree_e2),   limits_to_c(from.battery_level_percent),
          to_c(from.is_attach_alert_enabled), to_c(from.is_tamper_alert_enabled)};
}

ht_disable_tracking_t ht_shadow_disable_tracking(const ht_shadow_t* shadow) {
  const DisableTracking& from = cpp(shadow).disable_tracking;
  return {from.has_period, to_c(from.begin_ms), to_c(from.end_ms),
          bits(from.position, PositionMethod::gps), bits(from.sensors, SensorData::tilt_degree)};
}

ht_sensor_logging_t ht_shadow_sensor_logging(const ht_shadow_t* shadow) {
  const DesiredShadow& from = cpp(shadow);
  ht_sensor_logging_t to = {};
  to.enabled = to_c(from.sensor_logging_enabled);
  for (const SensorLoggingConfiguration& item : from.sensor_logging_configurations)
    to.configurations[to.count++] = {static_cast<ht_sensor_logging_type_t>(item.type),
                                     to_c(item.sampling_period_ms)};
  return to;
}

ht_text_t ht_shadow_sensor_logging_tag(const ht_shadow_t* shadow, ht_memory_t into) {
  return to_c(decode_json_text(cpp(shadow).sensor_logging_tag, from_c(into)));
}

ht_text_t ht_shadow_payload(const ht_shadow_t* shadow) {
  return to_c(cpp(shadow).payload);
}

ht_text_t ht_shadow_json(const ht_shadow_t* shadow) {
  return to_c(cpp(shadow).json);
}

uint16_t ht_shadow_rejected(const ht_shadow_t* shadow, ht_memory_t into) {
  const std::uint16_t count = cpp(shadow).rejected_members;
  if (count != 0) {
    write_field_error(cpp(shadow).rejected, into);
  } else if (into.size != 0) {
    into.data[0] = '\0';
  }
  return count;
}

void ht_wlan_configurations_init(ht_wlan_configurations_t* list, const ht_shadow_t* shadow) {
  make<CWlanConfigurations>(*list, cpp(shadow).wlan_configurations);
}

bool ht_wlan_configurations_next(ht_wlan_configurations_t* list, ht_wlan_configuration_t* into) {
  auto& from = find<CWlanConfigurations>(list);
  const bool found = from.list.next(from.item);
  *into = {to_c(from.item.ssid()), to_c(from.item.password()),
           from.item.security() == WlanSecurity::wpa2psk, from.item.ssid_is_hidden()};
  return found;
}
