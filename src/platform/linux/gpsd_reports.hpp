// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "here_tracking/telemetry.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace here_tracking {

/// What gpsd has said in the lines of one connection.
class GpsdReports {
 public:
  enum class Kind : std::uint8_t {
    invalid,     ///< No JSON object with a class
    version,     ///< gpsd's greeting
    no_devices,  ///< gpsd has no receiver
    position,    ///< A TPV report with a fix
    unmeasured,  ///< A TPV report with a position that is no fix: see GpsdSource
    satellites,  ///< A SKY report that says how many satellites are used
    other
  };

  /// @param simulated whether a simulated position is a fix.
  explicit GpsdReports(bool simulated = false) : simulated_(simulated) {}

  /// A line without its end.
  Kind take_line(std::string_view line);

  /// The newest position so far, with what is known of the satellites.
  [[nodiscard]] std::optional<Fix> fix() const;

  [[nodiscard]] bool satellites_known() const { return satellite_count_.has_value(); }

 private:
  struct Report;
  class Reader;
  Kind take_position(const Report& report);

  bool simulated_;
  std::optional<Fix> position_;
  bool accuracy_known_ = false;
  std::optional<std::uint32_t> hdop_accuracy_mm_;
  std::optional<std::uint8_t> satellite_count_;
};

}  // namespace here_tracking
