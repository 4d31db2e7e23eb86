// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bus_value.hpp"
#include "wlan_backend.hpp"

#include <optional>

namespace here_tracking {

/// wpa_supplicant, through D-Bus (fi.w1.wpa_supplicant1).
class WpaSupplicantWlan final : public WlanBackend {
 public:
  [[nodiscard]] const char* name() const override { return "wpa_supplicant"; }
  WlanReport scan(const std::string& interface, AccessPointList& list, Time deadline) override;

  /// @param bss the properties of fi.w1.wpa_supplicant1.BSS. Signal is in dBm where it is negative;
  ///        drivers without dBm have a quality of their own there, which is left out.
  /// @return nothing unless it is an access point.
  static std::optional<HeardAccessPoint> access_point(const BusValue& bss);
};

}  // namespace here_tracking
