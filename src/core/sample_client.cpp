// SPDX-License-Identifier: Apache-2.0
#include "here_tracking/telemetry.hpp"

#include "sample_writer.hpp"

namespace here_tracking {
namespace {

#define FIELD(member) HERE_TRACKING_FIELD(ClientModule, member)
constexpr FieldRule module_fields[] = {
    limited("manufacturer", FIELD(manufacturer), 2, 50),
    limited("model", FIELD(model), 1, 50),
    limited("firmwareVersion", FIELD(firmware_version), 3, 60),
};
#undef FIELD

#define FIELD(member) HERE_TRACKING_FIELD(HomeNetwork, member)
constexpr FieldRule network_fields[] = {
    needs_next(limited("mcc", FIELD(mcc), 200, 999)),
    needs_previous(limited("mnc", FIELD(mnc), 0, 999)),
    needs_next(limited("sid", FIELD(sid), 1, 32767)),
    needs_previous(limited("nid", FIELD(nid), 0, 65535)),
};
#undef FIELD
constexpr FieldRule network_pair = any("", {});

#define FIELD(member) HERE_TRACKING_FIELD(ClientInfo, member)
constexpr FieldRule client_fields[] = {
    limited("manufacturer", FIELD(manufacturer), 2, 50),
    limited("model", FIELD(model), 1, 50),
    limited("firmware", FIELD(firmware), 1, 150),
    limited("name", FIELD(name), 3, 50),
    limited("version", FIELD(version), 3, 60),
    limited("platform", FIELD(platform), 3, 50),
    any("diskquota", FIELD(diskquota_kb)),
    any("diagnosticscode", FIELD(diagnosticscode)),
    any("hasTemperatureSensor", FIELD(has_temperature_sensor)),
    any("hasHumiditySensor", FIELD(has_humidity_sensor)),
    any("hasPressureSensor", FIELD(has_pressure_sensor)),
    any("hasAccelerometerSensor", FIELD(has_accelerometer_sensor)),
    any("hasAttachSensor", FIELD(has_attach_sensor)),
    any("hasTamperSensor", FIELD(has_tamper_sensor)),
    any("hasNoBattery", FIELD(has_no_battery)),
    at_most(10, "modules", FIELD(modules)),
};
constexpr FieldRule networks_fields[] = {
    at_most(2, "homenetwork", FIELD(homenetwork)),
};
#undef FIELD
constexpr ObjectRules client_rules[] = {{"system.client", client_fields, sizeof(ClientModule)},
                                        {"system.client.modules", module_fields}};
constexpr ObjectRules networks_rules[] = {{"system.client", networks_fields, sizeof(HomeNetwork)},
                                          {"system.client.homenetwork", network_fields}};
constexpr const FieldRule& version = client_fields[4];
constexpr const FieldRule& diskquota = client_fields[6];

constexpr FieldRule ranges = at_most(5, "accelerometerSensorRange", {0, FieldType::list});
constexpr FieldRule range = limited("", {}, -1000, 1000);

/// X.Y.Z with X, Y 0..255 and Z 0..65535.
bool is_client_version(std::string_view text) {
  std::uint32_t part = 0;
  std::uint32_t digits = 0;
  std::uint32_t number = 0;
  for (const char c : text) {
    if (is_digit(c)) {
      number = number * 10 + static_cast<std::uint32_t>(c - '0');
      if (++digits > (part < 2 ? 3 : 5) || number > (part < 2 ? 255 : 65535)) return false;
    } else {
      if (c != '.' || digits == 0 || ++part > 2) return false;
      digits = number = 0;
    }
  }
  return part == 2 && digits != 0;
}

void write_ranges(SampleWriter& writer, Span<const std::int32_t> values) {
  if (values.empty() || !writer.check(ranges, static_cast<std::int64_t>(values.size()))) return;
  writer.json().key(ranges.name);
  writer.json().begin('[');
  writer.set_scope("system.client.accelerometerSensorRange");
  for (std::size_t i = 0; i < values.size(); ++i) {
    writer.set_index(i);
    writer.check(range, values[i]);
    writer.json().number(values[i]);
  }
  writer.json().end(']');
}

}  // namespace

Status Sample::set_client(const ClientInfo& client, Reported* reported) {
  static constexpr FieldRule member = once("client", system, given_client);
  SampleWriter writer(*this);
  writer.begin(member);
  writer.json().begin_object(member.name);
  writer.write(*client_rules, &client);
  writer.write(*networks_rules, &client);
  writer.set_scope(client_rules->scope);
  if (writer.is_open() && !client.version.empty() && !is_client_version(client.version)) {
    writer.refuse(version, static_cast<std::int64_t>(client.version.size()), Rule::client_version);
    writer.show(client.version);
  }
  if (client.diskquota_kb.value_or(0) < 0) {
    writer.refuse(diskquota, *client.diskquota_kb, Rule::not_negative);
  }
  for (std::size_t i = 0; i < client.homenetwork.size() && writer.is_open(); ++i) {
    const HomeNetwork& network = client.homenetwork[i];
    if (network.mcc || network.sid) continue;
    writer.set_scope(networks_rules[1].scope);
    writer.set_index(i);
    writer.refuse(network_pair, 0, Rule::network_pair);
  }
  if (writer.is_open()) write_ranges(writer, client.accelerometer_sensor_range_g);
  writer.json().end('}');
  return commit_reported(writer, "\"client\":{}", reported);
}

}  // namespace here_tracking
