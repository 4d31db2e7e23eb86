// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <nlohmann/json.hpp>

namespace emulator {

// The last known value of each field that a device reported. Newer is what has the later device
// timestamp: telemetry that arrives late fills gaps and overwrites nothing newer.
class ReportedShadow {
 public:
  // `item` is valid telemetry. With `detects_outliers` a position that could be reached from the
  // one before at no less than 300 m/s is marked as an outlier.
  void add(const nlohmann::json& item, bool detects_outliers);

  // "unknown" as long as the device has told none.
  std::string mode() const;

  nlohmann::json complete(bool is_online) const;

 private:
  void add_position(const nlohmann::json& position, std::int64_t time_ms, bool detects_outliers);

  nlohmann::json values_ = nlohmann::json::object();
  nlohmann::json times_ms_ = nlohmann::json::object();  // of the same shape
  bool is_moving_ = false;
  bool is_outlier_ = false;
  std::optional<std::int64_t> last_moved_ms_;
};

}  // namespace emulator
