// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "here_tracking/hooks/bluetooth.hpp"
#include "here_tracking/hooks/log.hpp"

#include <cstdint>
#include <memory>
#include <string>

namespace here_tracking {

struct BluezOptions {
  std::string adapter;           ///< "hci0"; empty: the first that is switched on
  std::uint32_t scan_ms = 5000;  ///< How long to listen. Beacons advertise every 0.1 to 10 s.
};

/// Bluetooth Low Energy beacons, from BlueZ over D-Bus.
///
/// Asks `org.bluez.Adapter1` for a discovery of transport `le` with duplicate data, listens, and
/// ends it. What others do with the adapter goes on meanwhile, their discovery too. The adapter is
/// never switched on: who switched it off meant it.
///
/// A beacon is what was heard in that time; its signal strength is the mean of what was heard,
/// in dBm. Its identities are
/// - the Eddystone-UID (namespace and instance) in the service data of 0xFEAA,
/// - the iBeacon (UUID, major, minor) in the manufacturer data of 0x004C,
/// - the address, if it is public or random static. Private addresses (resolvable or not) change
///   within minutes: they say nothing about a place, and are somebody's phone as a rule. Who has no
///   other identity is left out.
///
/// Left out is also what is paired or connected with this device, as it goes where the device goes,
/// and what answers inquiries of classic Bluetooth, which another program may be making. Of more
/// than 128 beacons the strongest are given.
class BluezBeacons final : public BluetoothSource {
 public:
  /// @param log borrowed, may be nullptr; told why there is no scan, once a change.
  explicit BluezBeacons(BluezOptions options = {}, Log* log = nullptr);
  ~BluezBeacons();

  /// Listens for BluezOptions::scan_ms, less if `timeout_ms` is less. What was heard before BlueZ
  /// went away in the midst of it counts.
  /// @return ok; no_data (no beacon was heard); hook_failed (no bus, no BlueZ, no such adapter, the
  ///         adapter is switched off, not allowed, no answer within the time); invalid_value or
  ///         buffer_too_small from Sample::add(); not_provided when the library was built without
  ///         D-Bus (HERE_TRACKING_DBUS).
  Status scan(Sample& sample, std::uint32_t timeout_ms) override;

 private:
  struct State;

  std::unique_ptr<State> state_;
};

}  // namespace here_tracking
