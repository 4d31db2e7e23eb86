// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "telemetry_schema.hpp"

#include <functional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

/// What breaking a rule comes to when it is tried through the library.
enum class Ending {
  refused,   ///< invalid_value, naming the field
  clamped,   ///< Written at the limit
  left_out,  ///< Written without the field
  unsayable  ///< There are no C++ values that break it
};

/// One rule of the service for telemetry.
struct Rule {
  std::string name;   ///< "scan.lte[].nmr[].pci maximum"
  std::string path;   ///< Where the service finds it broken
  std::string field;  ///< What the library names: path, or a member of it
  Ending ending = Ending::refused;
  bool enforced = true;  ///< false: stated in prose, and not enforced by the service
  /// Breaks this rule alone in Generator::whole_telemetry().
  std::function<void(nlohmann::json& telemetry)> break_it;
};

/// Those of the schema and those that only the prose states.
std::vector<Rule> telemetry_rules(const TelemetrySchema& schema);

/// How many the schema states, counted without knowing what they mean.
std::size_t count_schema_rules(const TelemetrySchema& schema);

/// Why no C++ value breaks a rule; empty for one that is not listed. Each entry that was asked for
/// is marked as used.
class Unsayable {
 public:
  std::string why(const std::string& rule);
  [[nodiscard]] std::vector<std::string> unused() const;

 private:
  std::vector<bool> used_;
};
