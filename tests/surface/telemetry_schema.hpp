// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

/// The description of one telemetry object. Paths name a place in it: "scan.gsm[].nmr[].cid".
class TelemetrySchema {
 public:
  TelemetrySchema();

  /// Of a telemetry object.
  [[nodiscard]] const nlohmann::json& item() const { return item_; }
  /// With its $ref followed.
  [[nodiscard]] const nlohmann::json& resolved(const nlohmann::json& schema) const;

  using Visit = std::function<void(const std::string& path, const nlohmann::json& schema)>;
  /// Every place of a telemetry object, from the outside to the inside; "" is the object.
  void for_each_place(const Visit& visit) const;

 private:
  void visit_place(const std::string& path, const nlohmann::json& schema, const Visit& visit) const;

  nlohmann::json root_;
  nlohmann::json item_;
};

/// Whether it is a value, and neither object nor list. The payload is one.
bool is_leaf(const nlohmann::json& schema);

/// The numbers that C++ can say at a place, times 10^decimals: the schema's range, or where that
/// has no end, that of the C++ type.
struct NumberGrid {
  int decimals = 0;
  std::int64_t min = 0;
  std::int64_t max = 0;

  [[nodiscard]] nlohmann::json number(std::int64_t steps) const;
};
NumberGrid number_grid(const std::string& path, const nlohmann::json& schema);

/// Makes random telemetry that keeps every rule, of values on the grid that C++ can say.
class Generator {
 public:
  Generator(const TelemetrySchema& schema, std::mt19937& random)
      : schema_(schema), random_(random) {}

  [[nodiscard]] nlohmann::json telemetry() { return value("", schema_.item()); }
  /// Every member at every place, in lists of one item. Of the counts that belong to a type of
  /// position, that of the satellites.
  [[nodiscard]] nlohmann::json whole_telemetry();

 private:
  nlohmann::json value(const std::string& path, const nlohmann::json& schema);
  nlohmann::json object(const std::string& path, const nlohmann::json& schema);
  nlohmann::json text(const std::string& path, const nlohmann::json& schema);
  nlohmann::json payload();
  std::uint64_t below(std::uint64_t limit);
  /// The limits as often as what lies between them.
  std::int64_t between(std::int64_t min, std::int64_t max);
  std::string characters(std::size_t count);
  std::string from(const std::string& alphabet, std::size_t count);

  const TelemetrySchema& schema_;
  std::mt19937& random_;
  bool whole_ = false;
};

/// Which places were seen in telemetry, and which of their limits.
class Coverage {
 public:
  explicit Coverage(const TelemetrySchema& schema);

  void add(const nlohmann::json& telemetry) { add("", telemetry); }

  /// "PATH", "PATH at its minimum", ... of what was not seen, and "PATH is not in the schema".
  [[nodiscard]] std::set<std::string> missing() const;
  [[nodiscard]] std::size_t size() const { return wanted_.size(); }

 private:
  void add(const std::string& path, const nlohmann::json& value);

  std::set<std::string> wanted_;
  std::set<std::string> seen_;
  std::map<std::string, std::vector<std::pair<std::string, nlohmann::json>>> limits_;
};
