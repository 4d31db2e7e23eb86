// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "here_tracking/hooks/bluetooth.hpp"
#include "here_tracking/hooks/cell.hpp"
#include "here_tracking/hooks/log.hpp"
#include "here_tracking/hooks/position.hpp"
#include "here_tracking/hooks/sensors.hpp"
#include "here_tracking/hooks/wlan.hpp"
#include "here_tracking/span.hpp"
#include "here_tracking/telemetry.hpp"

#include <cstdint>

namespace here_tracking {

/// The sources of one device, each list in the order of preference. Borrowed.
struct Sources {
  Span<PositionSource* const> position;
  Span<CellSource* const> cell;
  Span<WlanSource* const> wlan;
  Span<BluetoothSource* const> bluetooth;
  Span<SensorSource* const> sensors;
  std::uint32_t timeout_ms = 10000;  ///< For each source
};

/// Asks the sources and writes what they have into `sample`: the first position that one of the
/// position sources has, and what all of the others have. A source that fails or has nothing
/// does not keep the others from being asked.
/// @return ok if no source failed (no_data is no failure); else the first failure, with whatever
///         the other sources had in the sample. Each failure is logged.
Status gather(const Sources& sources, Sample& sample, Log& log);

}  // namespace here_tracking
