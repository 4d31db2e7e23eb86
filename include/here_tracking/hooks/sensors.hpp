// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "here_tracking/status.hpp"
#include "here_tracking/telemetry.hpp"

#include <cstdint>

namespace here_tracking {

/// Hook: temperature, battery and the other sensors of the device.
///
/// Called by gather() from the thread that calls it, once a sample. May block up to `timeout_ms`.
class SensorSource {
 public:
  SensorSource() = default;
  SensorSource(const SensorSource&) = delete;
  SensorSource& operator=(const SensorSource&) = delete;

  /// Hands the readings to `sample` with Sample::add(SensorReadings). Where one sensor's fault must
  /// not cost the readings of the others, call add() for each sensor; go on after a refusal and
  /// return the first one. Several sources may each give some of the readings.
  /// @return ok, no_data (nothing to report), invalid_value or buffer_too_small from add(),
  ///         hook_failed, not_provided.
  virtual Status read(Sample& sample, std::uint32_t timeout_ms) {
    (void)sample;
    (void)timeout_ms;
    return Code::not_provided;
  }

 protected:
  ~SensorSource() = default;
};

/// The "not provided" default.
class NoSensors final : public SensorSource {};

}  // namespace here_tracking
