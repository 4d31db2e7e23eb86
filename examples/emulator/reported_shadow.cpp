// SPDX-License-Identifier: Apache-2.0
#include "reported_shadow.hpp"

#include <algorithm>
#include <cmath>

namespace emulator {
namespace {

using nlohmann::json;

constexpr double earth_radius_m = 6371008.8;
constexpr double moving_threshold_m = 100;
constexpr double max_plausible_m_per_s = 300;

double number(const json& object, const char* name) {
  return object.at(name).get<double>();
}

double distance_m(const json& from, const json& to) {
  constexpr double radians = 3.14159265358979323846 / 180;
  const double lat1 = number(from, "lat") * radians;
  const double lat2 = number(to, "lat") * radians;
  const double half_lat = std::sin((lat2 - lat1) / 2);
  const double half_lng = std::sin((number(to, "lng") - number(from, "lng")) * radians / 2);
  const double a = half_lat * half_lat + std::cos(lat1) * std::cos(lat2) * half_lng * half_lng;
  return 2 * earth_radius_m * std::asin(std::min(1.0, std::sqrt(a)));
}

void keep(json& values, json& times_ms, const std::string& name, const json& value,
          std::int64_t time_ms) {
  json& known_ms = times_ms[name];
  if (known_ms.is_number() && time_ms < known_ms.get<std::int64_t>()) return;
  known_ms = time_ms;
  values[name] = value;
}

}  // namespace

void ReportedShadow::add(const json& item, bool detects_outliers) {
  const auto time_ms = item.at("timestamp").get<std::int64_t>();
  keep(values_, times_ms_, "timestamp", time_ms, time_ms);
  const auto position = item.find("position");
  if (position != item.end()) add_position(*position, time_ms, detects_outliers);
  for (const char* unit : {"scan", "payload"}) {
    const auto value = item.find(unit);
    if (value != item.end()) keep(values_, times_ms_, unit, *value, time_ms);
  }
  const auto system = item.find("system");
  if (system == item.end()) return;
  for (const auto& [name, value] : system->items()) {
    if (name == "client" || name == "reportedSensorData") {
      for (const auto& [part, part_value] : value.items()) {
        keep(values_["system"][name], times_ms_["system"][name], part, part_value, time_ms);
      }
    } else {
      keep(values_["system"], times_ms_["system"], name, value, time_ms);
    }
  }
}

void ReportedShadow::add_position(const json& position, std::int64_t time_ms,
                                  bool detects_outliers) {
  const auto known = values_.find("position");
  if (known != values_.end()) {
    const std::int64_t elapsed_ms = time_ms - times_ms_.at("position").get<std::int64_t>();
    if (elapsed_ms < 0) return;
    const double moved_m =
        distance_m(*known, position) - number(*known, "accuracy") - number(position, "accuracy");
    is_moving_ = moved_m > moving_threshold_m;
    if (is_moving_) last_moved_ms_ = time_ms;
    is_outlier_ = detects_outliers && moved_m > 0 &&
                  moved_m >= max_plausible_m_per_s * static_cast<double>(elapsed_ms) / 1000;
  }
  keep(values_, times_ms_, "position", position, time_ms);
}

std::string ReportedShadow::mode() const {
  return values_.value(json::json_pointer("/system/mode"), std::string("unknown"));
}

json ReportedShadow::complete(bool is_online) const {
  json shadow = values_;
  json& computed = shadow["system"]["computed"];
  computed = {{"online", is_online}, {"moving", is_moving_}, {"outlier", is_outlier_}};
  if (last_moved_ms_) computed["lastMovedTimestamp"] = *last_moved_ms_;
  return shadow;
}

}  // namespace emulator
