// SPDX-License-Identifier: Apache-2.0
#include "reported_shadow.hpp"

#include "support/catch.hpp"

#include <cstdint>

namespace {

using emulator::ReportedShadow;
using nlohmann::json;

json shadow_after(std::initializer_list<const char*> items) {
  ReportedShadow shadow;
  for (const char* item : items)
    shadow.add(json::parse(item), false);
  json complete = shadow.complete(true);
  complete["system"].erase("computed");
  if (complete["system"].empty()) complete.erase("system");
  return complete;
}

// On the equator, where 0.001 degrees are 111.2 m.
json fix(std::int64_t timestamp_ms, double lng, double accuracy_m) {
  return {{"timestamp", timestamp_ms},
          {"position", {{"lat", 0}, {"lng", lng}, {"accuracy", accuracy_m}}}};
}

json computed(const ReportedShadow& shadow) {
  return shadow.complete(true).at("system").at("computed");
}

}  // namespace

TEST_CASE("before any telemetry the reported shadow has the computed values alone") {
  CHECK(ReportedShadow().complete(false) ==
        json::parse(R"({"system":{"computed":{"online":false,"moving":false,"outlier":false}}})"));
}

TEST_CASE("a field that newer telemetry does not have stays as it was") {
  CHECK(shadow_after({R"({"timestamp":2,"payload":{"a":1},"system":{"imsi":"1"}})",
                      R"({"timestamp":3,"system":{"iccid":"123456789012345678"}})"}) ==
        json::parse(R"({"timestamp":3,"payload":{"a":1},
                        "system":{"imsi":"1","iccid":"123456789012345678"}})"));
}

TEST_CASE("position, scan and payload are replaced as a whole") {
  CHECK(shadow_after({R"({"timestamp":2,"payload":{"a":1},"scan":{"country":{"mcc":262}},
                          "position":{"lat":1,"lng":1,"accuracy":1,"alt":1}})",
                      R"({"timestamp":3,"payload":{"b":2},"scan":{"wlan":[]},
                          "position":{"lat":1,"lng":1,"accuracy":2}})"}) ==
        json::parse(R"({"timestamp":3,"payload":{"b":2},"scan":{"wlan":[]},
                        "position":{"lat":1,"lng":1,"accuracy":2}})"));
}

TEST_CASE("client and sensor data merge member by member, lists are replaced") {
  CHECK(shadow_after({R"({"timestamp":2,"system":{"stateVersion":1,
                          "client":{"name":"abc","modules":[{"model":"m"},{"model":"n"}]},
                          "reportedSensorData":{"batteryLevel":50}}})",
                      R"({"timestamp":3,"system":{"stateVersion":2,
                          "client":{"version":"1.2.3","modules":[{"model":"o"}]},
                          "reportedSensorData":{"temperatureC":20}}})"}) ==
        json::parse(R"({"timestamp":3,"system":{"stateVersion":2,
                        "client":{"name":"abc","version":"1.2.3","modules":[{"model":"o"}]},
                        "reportedSensorData":{"batteryLevel":50,"temperatureC":20}}})"));
}

TEST_CASE("telemetry that arrives late fills gaps and overwrites nothing newer") {
  CHECK(shadow_after({R"({"timestamp":9,"payload":{"new":1},
                          "system":{"reportedSensorData":{"batteryLevel":50}}})",
                      R"({"timestamp":5,"payload":{"old":1},"scan":{"country":{"mcc":262}},
                          "system":{"mode":"sleep",
                          "reportedSensorData":{"batteryLevel":90,"temperatureC":20}}})"}) ==
        json::parse(R"({"timestamp":9,"payload":{"new":1},"scan":{"country":{"mcc":262}},
                        "system":{"mode":"sleep",
                        "reportedSensorData":{"batteryLevel":50,"temperatureC":20}}})"));
}

TEST_CASE("of two objects with the same timestamp the later one counts") {
  CHECK(shadow_after(
            {R"({"timestamp":2,"payload":{"a":1}})", R"({"timestamp":2,"payload":{"b":1}})"}) ==
        json::parse(R"({"timestamp":2,"payload":{"b":1}})"));
}

TEST_CASE("a device moves when two positions are farther apart than both accuracies and 100 m") {
  ReportedShadow shadow;
  shadow.add(fix(1000, 13, 5), false);
  CHECK_FALSE(computed(shadow).at("moving").get<bool>());
  shadow.add(fix(2000, 13.001, 7), false);  // 111 m
  CHECK_FALSE(computed(shadow).at("moving").get<bool>());
  CHECK_FALSE(computed(shadow).contains("lastMovedTimestamp"));
  shadow.add(fix(3000, 13.002, 4), false);
  CHECK(computed(shadow).at("moving").get<bool>());
  CHECK(computed(shadow).at("lastMovedTimestamp") == 3000);
  shadow.add(fix(4000, 13.002, 4), false);
  CHECK_FALSE(computed(shadow).at("moving").get<bool>());
  CHECK(computed(shadow).at("lastMovedTimestamp") == 3000);
}

TEST_CASE("a position that arrives late moves nothing") {
  ReportedShadow shadow;
  shadow.add(fix(2000, 13, 5), false);
  shadow.add(fix(1000, 14, 5), false);
  CHECK_FALSE(computed(shadow).at("moving").get<bool>());
  CHECK(shadow.complete(true).at("position").at("lng") == 13);
}

TEST_CASE("a position across the antimeridian is near") {
  ReportedShadow shadow;
  shadow.add(fix(1000, 179.9999, 5), false);
  shadow.add(fix(2000, -179.9999, 5), false);
  CHECK_FALSE(computed(shadow).at("moving").get<bool>());
}

TEST_CASE("a position too far to be reached is an outlier, where that is looked for") {
  const auto is_outlier = [](std::int64_t elapsed_ms, bool detects_outliers) {
    ReportedShadow shadow;
    shadow.add(fix(1000, 13, 5), detects_outliers);
    shadow.add(fix(1000 + elapsed_ms, 14, 5), detects_outliers);  // 111 km
    return computed(shadow).at("outlier").get<bool>();
  };
  CHECK(is_outlier(369000, true));
  CHECK_FALSE(is_outlier(372000, true));
  CHECK_FALSE(is_outlier(1000, false));
  CHECK(is_outlier(0, true));
}
