// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "here_tracking/status.hpp"
#include "here_tracking/telemetry.hpp"

#include <cstdint>

namespace here_tracking {

/// Hook: the Bluetooth beacons in sight.
///
/// Called by gather() from the thread that calls it, once a sample. May block up to `timeout_ms`.
class BluetoothSource {
 public:
  BluetoothSource() = default;
  BluetoothSource(const BluetoothSource&) = delete;
  BluetoothSource& operator=(const BluetoothSource&) = delete;

  /// Hands each beacon to `sample` with Sample::add(), stronger ones first. As with
  /// CellSource::scan(), go on after a refusal and return the first one.
  /// @return as CellSource::scan().
  virtual Status scan(Sample& sample, std::uint32_t timeout_ms) {
    (void)sample;
    (void)timeout_ms;
    return Code::not_provided;
  }

 protected:
  ~BluetoothSource() = default;
};

/// The "not provided" default.
class NoBluetooth final : public BluetoothSource {};

}  // namespace here_tracking
