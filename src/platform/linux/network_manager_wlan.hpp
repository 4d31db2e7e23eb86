// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bus_value.hpp"
#include "wlan_backend.hpp"

#include <optional>

namespace here_tracking {

/// NetworkManager, through D-Bus (org.freedesktop.NetworkManager).
class NetworkManagerWlan final : public WlanBackend {
 public:
  [[nodiscard]] const char* name() const override { return "NetworkManager"; }
  WlanReport scan(const std::string& interface, AccessPointList& list, Time deadline) override;

  /// Strength is a percentage. NetworkManager makes it of dBm, -100 and below being 0 % and -40 and
  /// above 100 %, evenly in between (nm_wifi_utils_level_to_quality()); the inverse gives back each
  /// whole dBm of -99..-41. Where that is not so, power is left out: at 0 % and 100 %, which stand
  /// for all beyond, and of the access point that is connected, whose strength it takes from
  /// elsewhere, by another scale.
  ///
  /// @param properties of org.freedesktop.NetworkManager.AccessPoint.
  /// @param connected whether the device is connected to it.
  /// @param now_s of CLOCK_BOOTTIME.
  /// @return nothing unless it is an access point that a scan has found.
  static std::optional<HeardAccessPoint> access_point(const BusValue& properties, bool connected,
                                                      std::int64_t now_s);
};

}  // namespace here_tracking
