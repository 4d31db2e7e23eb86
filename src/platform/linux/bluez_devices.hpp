// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "here_tracking/measurements.hpp"

#include "bus_value.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace here_tracking {

/// The devices that BlueZ knows, and how strongly each was heard.
class BluezDevices {
 public:
  /// What is known of it before the scan.
  /// @param properties of org.bluez.Device1, all or some of them.
  void know(const std::string& path, const BusValue& properties) { take(path, properties, false); }

  /// What was heard in the scan: as know(), and RSSI counts.
  void hear(const std::string& path, const BusValue& properties) { take(path, properties, true); }

  /// What was heard and has an identity that lasts, the strongest first.
  [[nodiscard]] std::vector<BluetoothBeacon> beacons() const;

 private:
  struct Device {
    std::optional<MacAddress> mac;
    bool is_random = true;  // as long as nobody says that it is public
    bool is_paired = false;
    bool is_connected = false;
    bool is_classic = false;  // answers BR/EDR inquiries
    std::optional<EddystoneId> eddystone_id;
    std::optional<IBeaconId> ibeacon_id;
    std::int64_t rssi_sum_dbm = 0;
    std::int64_t rssi_count = 0;
  };

  void take(const std::string& path, const BusValue& properties, bool heard);

  std::map<std::string, Device> devices_;
};

}  // namespace here_tracking
