// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "here_tracking/telemetry.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace here_tracking::cli {

/// What a scan file holds, every value within the rules of the service.
struct Scan {
  struct Cell {
    GsmCell cell;  ///< Without `nmr`
    std::vector<GsmNeighbour> nmr;
  };
  struct AccessPoint {
    WlanAccessPoint access_point;  ///< Without `ssid`
    std::string ssid;
  };

  std::vector<Cell> gsm;
  std::vector<AccessPoint> wlan;
};

/// Reads JSON in the shape of the service's `scan` object, of which this version knows `gsm` and
/// `wlan`. An access point may have a `ssid` beside it.
/// @throws Failure (usage), naming `file`, the path in it, the value and the rule.
[[nodiscard]] Scan parse_scan(std::string_view json, const std::string& file);

}  // namespace here_tracking::cli
