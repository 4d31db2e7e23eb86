// SPDX-License-Identifier: Apache-2.0
#include "here_tracking/telemetry.hpp"

#include "records.hpp"
#include "sample_writer.hpp"

#include <limits>

namespace here_tracking {
namespace {

constexpr FieldRule sensor_fields[] = {
    limited("temperatureC", HERE_TRACKING_FIELD(SensorReadings, temperature_c_e2), -7000, 10000, 2),
    limited("relativeHumidity", HERE_TRACKING_FIELD(SensorReadings, relative_humidity_percent_e2),
            0, 10000, 2),
    limited("pressureHpa", HERE_TRACKING_FIELD(SensorReadings, pressure_hpa_e4), 3000000, 15000000,
            4),
    limited("accelerationG", HERE_TRACKING_FIELD(SensorReadings, acceleration_g_e6), -100000000,
            100000000, 6),
    any("tiltDegree", HERE_TRACKING_FIELD(SensorReadings, tilt_degree_e2), 2),
    limited("batteryLevel", HERE_TRACKING_FIELD(SensorReadings, battery_level_percent), 0, 100),
    any("batteryIsCharging", HERE_TRACKING_FIELD(SensorReadings, battery_is_charging)),
    any("deviceIsAttached", HERE_TRACKING_FIELD(SensorReadings, device_is_attached)),
    any("deviceIsStationary", HERE_TRACKING_FIELD(SensorReadings, device_is_stationary)),
    any("deviceIsTampered", HERE_TRACKING_FIELD(SensorReadings, device_is_tampered)),
};
constexpr ObjectRules sensor_rules = {"system.reportedSensorData", sensor_fields};

constexpr FieldRule client_fields[] = {
    limited("manufacturer", HERE_TRACKING_FIELD(ClientInfo, manufacturer), 2, 50),
    limited("model", HERE_TRACKING_FIELD(ClientInfo, model), 1, 50),
    limited("firmware", HERE_TRACKING_FIELD(ClientInfo, firmware), 1, 150),
    limited("name", HERE_TRACKING_FIELD(ClientInfo, name), 3, 50),
    limited("version", HERE_TRACKING_FIELD(ClientInfo, version), 3, 60),
    limited("platform", HERE_TRACKING_FIELD(ClientInfo, platform), 3, 50),
    any("diskquota", HERE_TRACKING_FIELD(ClientInfo, diskquota_kb)),
    any("diagnosticscode", HERE_TRACKING_FIELD(ClientInfo, diagnosticscode)),
    any("hasTemperatureSensor", HERE_TRACKING_FIELD(ClientInfo, has_temperature_sensor)),
    any("hasHumiditySensor", HERE_TRACKING_FIELD(ClientInfo, has_humidity_sensor)),
    any("hasPressureSensor", HERE_TRACKING_FIELD(ClientInfo, has_pressure_sensor)),
    any("hasAccelerometerSensor", HERE_TRACKING_FIELD(ClientInfo, has_accelerometer_sensor)),
    any("hasAttachSensor", HERE_TRACKING_FIELD(ClientInfo, has_attach_sensor)),
    any("hasTamperSensor", HERE_TRACKING_FIELD(ClientInfo, has_tamper_sensor)),
    any("hasNoBattery", HERE_TRACKING_FIELD(ClientInfo, has_no_battery)),
};
constexpr ObjectRules client_rules = {"system.client", client_fields};

constexpr FieldRule module_fields[] = {
    limited("manufacturer", HERE_TRACKING_FIELD(ClientModule, manufacturer), 2, 50),
    limited("model", HERE_TRACKING_FIELD(ClientModule, model), 1, 50),
    limited("firmwareVersion", HERE_TRACKING_FIELD(ClientModule, firmware_version), 3, 60),
};
constexpr ListRules module_rules = {
    "modules", {"system.client.modules", module_fields}, 10, sizeof(ClientModule)};

constexpr FieldRule network_fields[] = {
    needs(2, limited("mcc", HERE_TRACKING_FIELD(HomeNetwork, mcc), 200, 999)),
    needs(1, limited("mnc", HERE_TRACKING_FIELD(HomeNetwork, mnc), 0, 999)),
    needs(4, limited("sid", HERE_TRACKING_FIELD(HomeNetwork, sid), 1, 32767)),
    needs(3, limited("nid", HERE_TRACKING_FIELD(HomeNetwork, nid), 0, 65535)),
};
constexpr ListRules network_rules = {
    "homenetwork", {"system.client.homenetwork", network_fields}, 2, sizeof(HomeNetwork)};

constexpr std::size_t max_sensor_ranges = 5;

/// Each pair of readings of the same name.
template <typename Use>
void for_each_reading(const SensorReadings& from, SensorReadings& into, Use use) {
  use(SensorData::temperature_c, from.temperature_c_e2, into.temperature_c_e2);
  use(SensorData::relative_humidity, from.relative_humidity_percent_e2,
      into.relative_humidity_percent_e2);
  use(SensorData::pressure_hpa, from.pressure_hpa_e4, into.pressure_hpa_e4);
  use(SensorData::acceleration_g, from.acceleration_g_e6, into.acceleration_g_e6);
  use(SensorData::tilt_degree, from.tilt_degree_e2, into.tilt_degree_e2);
  use(SensorData::battery_level, from.battery_level_percent, into.battery_level_percent);
  use(SensorData::battery_is_charging, from.battery_is_charging, into.battery_is_charging);
  use(SensorData::device_is_attached, from.device_is_attached, into.device_is_attached);
  use(SensorData::device_is_stationary, from.device_is_stationary, into.device_is_stationary);
  use(SensorData::device_is_tampered, from.device_is_tampered, into.device_is_tampered);
}

bool is_digits(std::string_view text) {
  return text.find_first_not_of("0123456789") == std::string_view::npos;
}

/// X.Y.Z with X, Y 0..255 and Z 0..65535.
bool is_client_version(std::string_view text) {
  for (const std::uint64_t max : {255U, 255U, 65535U}) {
    const std::size_t size = max == 65535U ? text.size() : text.find('.');
    std::uint64_t number = 0;
    if (size > (max == 255U ? 3U : 5U) || !parse_digits(head(text, size), max, number)) {
      return false;
    }
    text = after(text, size + 1);
  }
  return true;
}

/// E.164.
bool is_phone_number(std::string_view text) {
  return text.size() >= 3 && text.size() <= 16 && text[0] == '+' && text[1] != '0' &&
         is_digits(after(text, 1));
}

Status check_sim(SampleWriter& writer, const SimIdentity& sim) {
  constexpr const char* scope = "system";
  if (!sim.imsi.empty() && (sim.imsi.size() > 15 || !is_digits(sim.imsi))) {
    return writer.refuse_text(scope, "imsi", sim.imsi, Rule::imsi, false);
  }
  const std::optional<std::size_t> iccid = count_characters(sim.iccid);
  if (!sim.iccid.empty() && (!iccid || *iccid < 18 || *iccid > 22)) {
    return writer.refuse_text(scope, "iccid", sim.iccid, Rule::iccid, false);
  }
  if (!sim.phone_number.empty() && !is_phone_number(sim.phone_number)) {
    return writer.refuse_text(scope, "phoneNumber", sim.phone_number, Rule::phone_number, false);
  }
  return {};
}

Status check_client(SampleWriter& writer, const ClientInfo& client) {
  constexpr const char* scope = "system.client";
  Status status = writer.check(client_rules, &client);
  if (status.ok()) {
    status = writer.check(module_rules, scope, client.modules.data(), client.modules.size());
  }
  if (status.ok()) {
    status =
        writer.check(network_rules, scope, client.homenetwork.data(), client.homenetwork.size());
  }
  if (!status.ok()) return status;
  if (!client.version.empty() && !is_client_version(client.version)) {
    return writer.refuse_text(scope, "version", client.version, Rule::client_version);
  }
  if (client.diskquota_kb && *client.diskquota_kb < 0) {
    return writer.refuse(scope, "diskquota", *client.diskquota_kb, Rule::not_negative);
  }
  for (std::size_t i = 0; i < client.homenetwork.size(); ++i) {
    const HomeNetwork& network = client.homenetwork[i];
    if (network.mcc || network.sid) continue;
    status = writer.refuse(network_rules.item.scope, "", 0, Rule::network_pair);
    writer.set_index(i);
    return status;
  }
  const Span<const std::int32_t> ranges = client.accelerometer_sensor_range_g;
  constexpr const char* name = "accelerometerSensorRange";
  if (ranges.size() > max_sensor_ranges) {
    return writer.refuse_range(scope, name, static_cast<std::int64_t>(ranges.size()), 0,
                               max_sensor_ranges, Unit::items);
  }
  for (std::size_t i = 0; i < ranges.size(); ++i) {
    if (ranges[i] >= -1000 && ranges[i] <= 1000) continue;
    status =
        writer.refuse_range("system.client.accelerometerSensorRange", "", ranges[i], -1000, 1000);
    writer.set_index(i);
    return status;
  }
  return {};
}

void write_client(SampleWriter& writer, const ClientInfo& client) {
  JsonWriter& json = writer.json();
  writer.write(client_rules, &client);
  writer.write(module_rules, client.modules.data(), client.modules.size());
  writer.write(network_rules, client.homenetwork.data(), client.homenetwork.size());
  if (client.accelerometer_sensor_range_g.empty()) return;
  json.key("accelerometerSensorRange");
  json.begin_array();
  for (const std::int32_t range : client.accelerometer_sensor_range_g)
    json.element(range);
  json.end_array();
}

}  // namespace

Status Sample::add(const SensorReadings& measured) {
  SensorReadings readings;
  std::uint16_t withheld = 0;
  for_each_reading(measured, readings, [&](SensorData name, const auto& from, auto& into) {
    if (!withholds(name)) {
      into = from;
    } else if (from) {
      ++withheld;
    }
  });
  SampleWriter writer(*this);
  Status status = writer.check(sensor_rules, &readings);
  if (!status.ok()) return status;
  const std::uint32_t given = SampleWriter::given_fields(sensor_rules, &readings);
  for (std::size_t i = 0; i < sensor_rules.fields.size(); ++i) {
    if ((given & given_ & 1U << i) == 0) continue;
    return writer.refuse(sensor_rules.scope, sensor_rules.fields[i].name, 2, Rule::given_once);
  }
  if (given != 0) {
    writer.begin_members(sensors, "reportedSensorData");
    writer.write(sensor_rules, &readings);
    status = writer.commit(given);
    if (!status.ok()) return status;
    for_each_reading(readings, readings_, [](SensorData, const auto& from, auto& into) {
      if (from) into = from;
    });
  }
  withheld_ = static_cast<std::uint16_t>(withheld_ + withheld);
  return {};
}

Status Sample::set_state_version(std::uint64_t state_version) {
  SampleWriter writer(*this);
  const Status status = writer.once(given_state_version, "system", "stateVersion");
  if (!status.ok()) return status;
  if (state_version > std::uint64_t{std::numeric_limits<std::int64_t>::max()}) {
    return writer.refuse("system", "stateVersion", std::numeric_limits<std::int64_t>::max(),
                         Rule::state_version);
  }
  writer.begin_members(system, "system");
  writer.json().integer("stateVersion", static_cast<std::int64_t>(state_version));
  return writer.commit(given_state_version);
}

Status Sample::set_mode(DeviceMode mode) {
  constexpr std::array<const char*, 6> names = {"unknown",   "normal", "flight",
                                                "transport", "sleep",  "powerSave"};
  SampleWriter writer(*this);
  const Status status = writer.once(given_mode, "system", "mode");
  if (!status.ok()) return status;
  const auto index = static_cast<std::size_t>(mode);
  if (index >= names.size()) {
    return writer.refuse("system", "mode", static_cast<std::int64_t>(index), Rule::mode);
  }
  writer.begin_members(system, "system");
  writer.json().string("mode", names[index]);
  return writer.commit(given_mode);
}

Status Sample::set_sim(const SimIdentity& sim, Reported* reported) {
  SampleWriter writer(*this);
  if (reported != nullptr) reported->written_ = reported->confirmed_;
  Status status = writer.once(given_sim, "system", "imsi");
  if (status.ok()) status = check_sim(writer, sim);
  if (!status.ok()) return status;
  writer.begin_members(system, "system");
  if (!sim.imsi.empty()) writer.json().string("imsi", sim.imsi);
  if (!sim.iccid.empty()) writer.json().string("iccid", sim.iccid);
  if (!sim.phone_number.empty()) writer.json().string("phoneNumber", sim.phone_number);
  return commit_reported(writer, given_sim, "", reported);
}

Status Sample::set_client(const ClientInfo& client, Reported* reported) {
  SampleWriter writer(*this);
  if (reported != nullptr) reported->written_ = reported->confirmed_;
  Status status = writer.once(given_client, "system", "client");
  if (status.ok()) status = check_client(writer, client);
  if (!status.ok()) return status;
  writer.begin_members(system, "system");
  writer.json().key("client");
  writer.json().begin_object();
  write_client(writer, client);
  writer.json().end_object();
  return commit_reported(writer, given_client, "\"client\":{}", reported);
}

Status Sample::commit_reported(SampleWriter& writer, Given given, std::string_view empty,
                               Reported* reported) {
  const std::string_view members = writer.members();
  if (members == empty) return {};
  const std::uint64_t fingerprint = fnv1a(members);
  if (reported != nullptr && reported->confirmed_ == fingerprint) return {};
  const Status status = writer.commit(given);
  if (reported != nullptr && status.ok()) reported->written_ = fingerprint;
  return status;
}

}  // namespace here_tracking
