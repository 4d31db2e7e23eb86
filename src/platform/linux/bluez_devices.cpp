// SPDX-License-Identifier: Apache-2.0
#include "bluez_devices.hpp"

#include "advertisement.hpp"

#include <algorithm>

namespace here_tracking {

namespace {

constexpr std::string_view eddystone_service = "0000feaa-0000-1000-8000-00805f9b34fb";
constexpr std::string_view apple = "76";  // 0x004c
// What HCI can say; 127 is "not available".
constexpr std::int64_t weakest_dbm = -127;
constexpr std::int64_t strongest_dbm = 20;

}  // namespace

void BluezDevices::take(const std::string& path, const BusValue& properties, bool heard) {
  Device& device = devices_[path];
  if (const auto mac = parse_mac(properties.at("Address").text())) device.mac = mac;
  if (const auto type = properties.at("AddressType").text(); !type.empty())
    device.is_random = type != "public";
  device.is_paired = properties.at("Paired").boolean().value_or(device.is_paired);
  device.is_connected = properties.at("Connected").boolean().value_or(device.is_connected);
  device.is_classic = device.is_classic || !properties.at("Class").is_nothing();
  const BusValue::Bytes& service = properties.at("ServiceData").at(eddystone_service).bytes();
  if (const auto id = eddystone_uid({service.data(), service.size()})) device.eddystone_id = id;
  const BusValue::Bytes& maker = properties.at("ManufacturerData").at(apple).bytes();
  if (const auto id = ibeacon({maker.data(), maker.size()})) device.ibeacon_id = id;
  const auto rssi_dbm = properties.at("RSSI").integer();
  if (heard && rssi_dbm && *rssi_dbm >= weakest_dbm && *rssi_dbm <= strongest_dbm) {
    device.rssi_sum_dbm += *rssi_dbm;
    ++device.rssi_count;
  }
}

std::vector<BluetoothBeacon> BluezDevices::beacons() const {
  std::vector<BluetoothBeacon> beacons;
  for (const auto& [path, device] : devices_) {
    if (device.rssi_count == 0 || device.is_paired || device.is_connected || device.is_classic)
      continue;
    BluetoothBeacon beacon;
    // Half a dB towards 0, so that -60 and -61 are -60.
    beacon.rss_dbm = static_cast<std::int32_t>(device.rssi_sum_dbm / device.rssi_count);
    if (device.mac && (!device.is_random || is_random_static(*device.mac))) beacon.mac = device.mac;
    beacon.eddystone_id = device.eddystone_id;
    beacon.ibeacon_id = device.ibeacon_id;
    if (beacon.mac || beacon.eddystone_id || beacon.ibeacon_id) beacons.push_back(beacon);
  }
  std::stable_sort(beacons.begin(), beacons.end(),
                   [](const BluetoothBeacon& one, const BluetoothBeacon& other) {
                     return one.rss_dbm > other.rss_dbm;
                   });
  return beacons;
}

}  // namespace here_tracking
