// SPDX-License-Identifier: Apache-2.0
#include "here_tracking/telemetry.hpp"

#include "crypto.hpp"
#include "sample_writer.hpp"

namespace here_tracking {
namespace {

#define FIELD(member) HERE_TRACKING_FIELD(BluetoothBeacon, member)
constexpr FieldRule bt_mac_fields[] = {any("mac", FIELD(mac))};
constexpr FieldRule bt_fields[] = {
    clamped("rss", FIELD(rss_dbm), -128, 0),
    utc_text("timestamp", FIELD(timestamp_ms)),
};
#undef FIELD
constexpr ObjectRules bt_mac_rules = {"scan.bt", bt_mac_fields};
constexpr ObjectRules bt_rules = {"scan.bt", bt_fields};

void write_base64(JsonWriter& json, const char* name, Span<const std::uint8_t> bytes) {
  char memory[base64_bytes(std::tuple_size_v<IBeaconId>)];
  json.key(name);
  json.string({memory, base64(bytes, memory)});
}

}  // namespace

Status Sample::add(const BluetoothBeacon& beacon) {
  static constexpr FieldRule beacons =
      in(Unit::beacons, scan_list(max_bluetooth_beacons, "bt", bt));
  static constexpr FieldRule any_of_them = in(Unit::none, beacons);
  SampleWriter writer(*this);
  writer.begin_item(beacons);
  writer.write(bt_mac_rules, &beacon);
  if (beacon.eddystone_id) write_base64(writer.json(), "eddystoneId", *beacon.eddystone_id);
  if (beacon.ibeacon_id) write_base64(writer.json(), "iBeaconId", *beacon.ibeacon_id);
  writer.write(bt_rules, &beacon);
  if (!beacon.mac && !beacon.eddystone_id && !beacon.ibeacon_id) {
    writer.set_scope("scan");
    writer.refuse(any_of_them, 0, Rule::beacon_identity);
  }
  return writer.commit();
}

}  // namespace here_tracking
