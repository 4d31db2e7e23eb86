// SPDX-License-Identifier: Apache-2.0
// The schema is the list of what a desired shadow can hold; the reading is compared with it, so
// that no member can be forgotten.
#include "here_tracking/shadow.hpp"

#include "core/shadow_reader.hpp"
#include "schemas.hpp"
#include "support/catch.hpp"
#include "validation.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

using here_tracking::DesiredShadow;
using nlohmann::json;
using Pointer = json::json_pointer;

namespace {

// ---- what the library reads, in the shape of the document ----

const std::array positions{"bt",  "country", "gsm",  "wcdma", "tdscdma",
                           "lte", "cdma",    "wlan", "gps"};
const std::array sensors{
    "accelerationG", "deviceIsAttached", "deviceIsStationary", "batteryIsCharging", "batteryLevel",
    "pressureHpa",   "relativeHumidity", "deviceIsTampered",   "temperatureC",      "tiltDegree"};
const std::array logging_types{"acceleration", "pressure", "temperature", "humidity", "gnss"};

template <typename T>
void put(json& into, const char* name, const std::optional<T>& value) {
  if (value) into[name] = *value;
}

template <typename Name, std::size_t size>
void put_names(json& into, const char* member, const here_tracking::NameSet<Name>& set,
               const std::array<const char*, size>& names) {
  if (set.all()) into[member] = "all";
  if (set.all() || set.empty()) return;
  for (std::size_t i = 0; i < size; ++i) {
    if (set.covers(static_cast<Name>(i))) into[member].push_back(names[i]);
  }
}

json wlans_of(const DesiredShadow& shadow, std::size_t& skipped) {
  json all;
  here_tracking::WlanConfigurations reader(shadow.wlan_configurations);
  here_tracking::WlanConfiguration wlan;
  while (reader.next(wlan)) {
    json item = {{"ssid", wlan.ssid()}, {"ssidIsHidden", wlan.ssid_is_hidden()}};
    item["securityMode"] =
        wlan.security() == here_tracking::WlanSecurity::none ? "none" : "wpa2psk";
    if (!wlan.password().empty()) item["password"] = wlan.password();
    all.push_back(item);
  }
  skipped = reader.skipped();
  return all;
}

struct Reading {
  json document;
  std::string first_rejected;  ///< "system.rate.sendMs"
  std::size_t rejected = 0;
  std::size_t skipped_wlans = 0;
};

Reading read(const std::string& body) {
  DesiredShadow shadow;
  REQUIRE(here_tracking::read_shadow(body, shadow));
  Reading reading;
  json root = json::object();
  json system = json::object();
  put(root, "timestamp", shadow.timestamp_ms);
  if (!shadow.payload.empty()) root["payload"] = json::parse(shadow.payload);
  put(system, "stateVersion", shadow.state_version);
  put(system, "lastModifiedGeofenceTimestamp", shadow.last_modified_geofence_timestamp_ms);
  put(system["rate"], "sampleMs", shadow.rate.sample_ms);
  put(system["rate"], "sendMs", shadow.rate.send_ms);
  put(system["rate"], "distanceM", shadow.rate.distance_m);
  put(system["powerSave"], "sendMs", shadow.power_save_send_ms);
  put(system, "syncGeofences", shadow.sync_geofences);
  put(system, "detectOutliers", shadow.detect_outliers);
  put(system, "wlanConnectivityEnabled", shadow.wlan_connectivity_enabled);
  put(system, "sensorLoggingEnabled", shadow.sensor_logging_enabled);

  json& disable = system["disableTracking"];
  if (shadow.disable_tracking.has_period) {
    json period = json::object();
    put(period, "begin", shadow.disable_tracking.begin_ms);
    put(period, "end", shadow.disable_tracking.end_ms);
    disable["periods"].push_back(period);
  }
  put_names(disable, "position", shadow.disable_tracking.position, positions);
  put_names(disable, "sensors", shadow.disable_tracking.sensors, sensors);

  const auto& alarms = shadow.sensor_alarms;
  json& alarm = system["sensorAlarmConfig"];
  const auto limits = [&alarm](const std::string& name, const here_tracking::Limits& both) {
    put(alarm, (name + "Min").c_str(), both.min);
    put(alarm, (name + "Max").c_str(), both.max);
  };
  limits("alertTemperatureC", alarms.temperature_c_e2);
  limits("alertRelativeHumidity", alarms.relative_humidity_percent_e2);
  limits("alertPressureHpa", alarms.pressure_hpa_e4);
  limits("alertAccelerationG", alarms.acceleration_g_e6);
  limits("alertTiltDegree", alarms.tilt_degree_e2);
  limits("alertBatteryLevelP", alarms.battery_level_percent);
  put(alarm, "isAttachAlertEnabled", alarms.is_attach_alert_enabled);
  put(alarm, "isTamperAlertEnabled", alarms.is_tamper_alert_enabled);

  for (const auto& item : shadow.sensor_logging_configurations) {
    json one = {{"type", logging_types[static_cast<std::size_t>(item.type)]}};
    put(one, "samplingFrequency", item.sampling_period_ms);
    system["sensorLoggingConfigurations"].push_back(one);
  }
  if (!shadow.sensor_logging_tag.empty()) {
    std::array<char, 200> tag{};
    system["sensorLoggingTag"] = here_tracking::decode_json_text(shadow.sensor_logging_tag, tag);
  }
  system["wlanConfigurations"] = wlans_of(shadow, reading.skipped_wlans);
  for (auto member = system.begin(); member != system.end();)
    member = member->is_null() ? system.erase(member) : std::next(member);
  if (!system.empty()) root["system"] = system;

  reading.document = root;
  reading.rejected = shadow.rejected_members;
  if (reading.rejected != 0) {
    std::array<char, 160> memory{};
    const std::string message(memory.data(), format(shadow.rejected, memory));
    reading.first_rejected = message.substr(0, message.find(" = "));
  }
  return reading;
}

// ---- what it must read ----

std::int64_t scaled(const json& number, double factor) {
  return std::llround(number.get<double>() * factor);
}
std::int64_t rounded_up(const json& number) {
  return static_cast<std::int64_t>(std::ceil(number.get<double>()));
}

/// The numbers in the library's units, names in order; without what says nothing.
json normal(json root) {
  if (!root.contains("system")) return root;
  json& system = root["system"];
  for (const char* name : {"rate", "powerSave"}) {
    if (!system.contains(name)) continue;
    for (json& value : system[name])
      value = rounded_up(value);
  }
  if (system.contains("sensorAlarmConfig")) {
    for (auto& [name, value] : system["sensorAlarmConfig"].items()) {
      if (!value.is_number()) continue;
      const bool is_percent = name.find("Battery") != std::string::npos;
      const bool is_pressure = name.find("Pressure") != std::string::npos;
      const bool is_acceleration = name.find("Acceleration") != std::string::npos;
      value = scaled(value, is_percent ? 1 : is_pressure ? 1e4 : is_acceleration ? 1e6 : 1e2);
    }
  }
  if (system.contains("disableTracking")) {
    json& disable = system["disableTracking"];
    const auto sort = [&disable](const char* member, const auto& names) {
      if (!disable.contains(member)) return;
      if (disable[member] == "") disable.erase(member);
      if (!disable.contains(member) || !disable[member].is_array()) return;
      json sorted = json::array();
      for (const char* name : names) {
        const json& given = disable[member];
        if (std::find(given.begin(), given.end(), name) != given.end()) sorted.push_back(name);
      }
      disable[member] = sorted;
    };
    sort("position", positions);
    sort("sensors", sensors);
    if (disable.contains("periods") && disable["periods"].empty()) disable.erase("periods");
  }
  if (system.contains("sensorLoggingConfigurations")) {
    for (json& item : system["sensorLoggingConfigurations"]) {
      if (item.contains("samplingFrequency")) {
        item["samplingFrequency"] = rounded_up(item["samplingFrequency"]);
      }
    }
  }
  if (system.contains("wlanConfigurations")) {
    for (json& item : system["wlanConfigurations"])
      item.emplace("ssidIsHidden", false);
  }
  for (auto member = system.begin(); member != system.end();)
    member = !member->is_primitive() && member->empty() ? system.erase(member) : std::next(member);
  if (system.empty()) root.erase("system");
  return root;
}

// ---- documents from the schema ----

const json& root_schema() {
  static const json schema = json::parse(emulator::shadow_schema_text);
  return schema;
}

const json& resolved(const json& schema) {
  if (!schema.contains("$ref")) return schema;
  return root_schema().at(Pointer(schema["$ref"].get<std::string>().substr(1)));
}

class Generator {
 public:
  /// @param maximal every member, every list full, every text as long as it may be.
  Generator(unsigned seed, bool maximal) : random_(seed), maximal_(maximal) {}

  json value(const json& unresolved) {
    const json& schema = resolved(unresolved);
    if (schema.contains("oneOf")) {
      const json& choices = schema["oneOf"];
      const auto is_list = [](const json& choice) { return resolved(choice)["type"] == "array"; };
      if (maximal_) return value(*std::find_if(choices.begin(), choices.end(), is_list));
      return value(choices[below(choices.size())]);
    }
    if (schema.contains("enum")) return schema["enum"][below(schema["enum"].size())];
    const std::string type = schema["type"];
    if (type == "object") return object(schema);
    if (type == "array") return list(schema);
    if (type == "boolean") return maximal_ || below(2) == 1;
    if (type == "string") return text(schema);
    const bool is_integer = type == "integer";
    const std::int64_t min = schema.value("minimum", std::int64_t{-2000});
    const std::int64_t max = schema.value("maximum", min + (is_integer ? 4000000000 : 4000));
    std::uniform_int_distribution<std::int64_t> whole(min, max);
    const std::int64_t number = whole(random_);
    if (is_integer || number == max || below(2) == 0) return number;
    return static_cast<double>(number) + static_cast<double>(below(8)) / 8;
  }

  std::size_t below(std::size_t end) {
    return std::uniform_int_distribution<std::size_t>(0, end - 1)(random_);
  }

 private:
  json object(const json& schema) {
    if (!schema.contains("properties")) return {{"a", below(1000)}, {"b", {{"c", {1, nullptr}}}}};
    json result = json::object();
    const json required = schema.value("required", json::array());
    for (const auto& [name, property] : schema["properties"].items()) {
      const bool must = std::find(required.begin(), required.end(), name) != required.end();
      if (must || maximal_ || below(3) != 0) result[name] = value(property);
    }
    if (schema.contains("if")) {
      const auto condition = schema["if"]["properties"].begin();
      if (result[condition.key()] != condition.value()["const"]) {
        for (const json& other : schema["else"]["required"]) {
          const std::string key = other;
          if (!result.contains(key)) result[key] = value(schema["properties"][key]);
        }
      }
    }
    return result;
  }

  json list(const json& schema) {
    json result = json::array();
    const json& item = resolved(schema["items"]);
    if (maximal_ && item.contains("enum")) return item["enum"];
    const std::size_t min = schema.value("minItems", std::size_t{0});
    const std::size_t max = schema.value("maxItems", std::size_t{12});
    const std::size_t size = maximal_ ? max : min + below(max - min + 1);
    for (std::size_t i = 0; i < size; ++i)
      result.push_back(value(item));
    return result;
  }

  std::string text(const json& schema) {
    static const std::vector<std::string> characters = {"a",
                                                        "Z",
                                                        "0",
                                                        " ",
                                                        "\"",
                                                        "\\",
                                                        "/",
                                                        "\n",
                                                        "\x01",
                                                        "\x7f",
                                                        "\xc3\xa4",
                                                        "\xe2\x82\xac",
                                                        "\xf0\x9f\x98\x80"};
    const std::size_t min = schema.value("minLength", std::size_t{0});
    const std::size_t max = schema.value("maxLength", std::size_t{20});
    const std::size_t length = maximal_ ? max : min + below(max - min + 1);
    std::string result;
    for (std::size_t i = 0; i < length; ++i)
      result += characters[below(characters.size())];
    return result;
  }

  std::mt19937 random_;
  bool maximal_;
};

using Visitor = std::function<void(const Pointer&, const json& schema)>;

/// Each value of the document with its schema, the innermost first.
void visit(const json& unresolved, const json& value, const Pointer& at, const Visitor& visitor) {
  const json* schema = &resolved(unresolved);
  if (schema->contains("oneOf") && value.is_array()) {
    for (const json& choice : (*schema)["oneOf"]) {
      if (resolved(choice)["type"] == "array")
        visit(resolved(choice)["items"], value[0], at / std::size_t{0}, visitor);
    }
  } else if (value.is_array()) {
    for (std::size_t i = 0; i < value.size(); ++i)
      visit((*schema)["items"], value[i], at / i, visitor);
  } else if (schema->contains("properties")) {
    for (const auto& [name, property] : (*schema)["properties"].items()) {
      if (value.contains(name)) visit(property, value[name], at / name, visitor);
    }
  }
  visitor(at, *schema);
}

json without(json document, const Pointer& at) {
  json& parent = document[at.parent_pointer()];
  if (parent.is_array()) {
    parent.erase(std::stoul(at.back()));
  } else {
    parent.erase(at.back());
  }
  return document;
}

json with(json document, const Pointer& at, const json& value) {
  document[at] = value;
  return document;
}

/// "/system/disableTracking/periods/0/begin" as "system.disableTracking.periods[0].begin".
std::string in_words(Pointer at) {
  if (at.empty()) return "";
  const std::string last = at.back();
  at.pop_back();
  const std::string before = in_words(at);
  if (last.find_first_not_of("0123456789") == std::string::npos) return before + "[" + last + "]";
  return before.empty() ? last : before + "." + last;
}

/// Values that break one rule of the schema.
std::vector<json> broken(const json& schema, const json& value) {
  std::vector<json> all;
  const bool is_choice = schema.contains("oneOf");
  const std::string type = schema.value("type", "");
  const bool is_number = type == "number" || type == "integer";
  all.emplace_back(nullptr);
  if (!is_number) all.emplace_back(12345678);
  if (type == "integer") all.emplace_back(1234.5);
  if (type != "boolean") all.emplace_back(true);
  if (type != "string" || schema.contains("enum")) all.emplace_back("a wrong one");
  if (type != "array") all.push_back(json::array());
  if (type != "object") all.push_back(json::object());
  if (is_choice) all.emplace_back("gps");
  if (schema.contains("minimum")) {
    all.emplace_back(schema["minimum"].get<std::int64_t>() - 1);
    if (type == "number") all.emplace_back(schema["minimum"].get<double>() - 0.25);
  }
  if (schema.contains("maximum")) all.emplace_back(schema["maximum"].get<std::int64_t>() + 1);
  if (schema.contains("minLength")) {
    all.emplace_back(std::string(schema["minLength"].get<std::size_t>() - 1, 'x'));
  }
  if (schema.contains("maxLength")) {
    all.emplace_back(std::string(schema["maxLength"].get<std::size_t>() + 1, 'x'));
  }
  if (schema.contains("maxItems")) {
    json longer = value;
    while (longer.size() <= schema["maxItems"].get<std::size_t>())
      longer.push_back(value[0]);
    all.push_back(longer);
  }
  return all;
}

/// Another value that the schema allows.
std::vector<json> others(const json& schema, const json& value, Generator& generator) {
  if (schema.contains("oneOf")) return {"all", ""};
  if (schema.contains("enum")) {
    std::vector<json> all = schema["enum"];
    all.erase(std::remove(all.begin(), all.end(), value), all.end());
    return all;
  }
  if (value.is_boolean()) return {!value.get<bool>()};
  if (value.is_number()) {
    const bool is_top = schema.contains("maximum") && value == schema["maximum"];
    return {value.get<std::int64_t>() + (is_top ? -1 : 1) * 2};
  }
  json other = value;
  while (other == value)
    other = generator.value(schema);
  return {other};
}

}  // namespace

TEST_CASE("Every member of the schema is read: without it, or with another value, less is known") {
  Generator generator(1, true);
  const emulator::Validator validator;
  const json document = generator.value(root_schema());
  REQUIRE(validator.check_shadow(document).empty());
  const json whole = read(document.dump()).document;
  CHECK(whole == normal(document));

  std::size_t leaves = 0;
  visit(root_schema(), document, Pointer(), [&](const Pointer& at, const json& schema) {
    if (at.empty()) return;
    CAPTURE(at.to_string());
    CHECK(read(without(document, at).dump()).document != whole);
    if (schema.contains("properties") || schema.value("type", "") == "array") return;
    ++leaves;
    for (const json& other : others(schema, document[at], generator)) {
      CAPTURE(other.dump());
      CHECK(read(with(document, at, other).dump()).document != whole);
    }
  });
  CHECK(leaves > 80);
}

TEST_CASE("A value that breaks a rule is rejected alone and named; all others hold") {
  Generator generator(2, true);
  const json document = generator.value(root_schema());
  const std::string wlan_item = "/system/wlanConfigurations/";
  visit(root_schema(), document, Pointer(), [&](const Pointer& at, const json& schema) {
    if (at.empty()) return;
    const std::string path = at.to_string();
    const bool is_in_wlan = path.rfind(wlan_item, 0) == 0;
    const bool is_item_type =
        path.rfind("/system/sensorLoggingConfigurations/", 0) == 0 && at.back() == "type";
    Pointer lost = is_item_type ? at.parent_pointer() : at;
    while (is_in_wlan && lost.parent_pointer().to_string() != "/system/wlanConfigurations")
      lost.pop_back();
    for (const json& value : broken(schema, document[at])) {
      CAPTURE(path, value.dump());
      const Reading reading = read(with(document, at, value).dump());
      CHECK(reading.document == normal(without(document, lost)));
      CHECK(reading.rejected == (is_in_wlan ? 0 : 1));
      CHECK(reading.skipped_wlans == (is_in_wlan ? 1 : 0));
      if (!is_in_wlan) CHECK(reading.first_rejected == in_words(at));
    }
  });
}

TEST_CASE("Whatever the schema allows is read as it is written") {
  const emulator::Validator validator;
  Generator generator(3, false);
  for (int i = 0; i < 4000; ++i) {
    const json document = generator.value(root_schema());
    const std::string body = document.dump(i % 3 == 0 ? 2 : -1, ' ', i % 2 == 0);
    CAPTURE(body);
    if (i < 200) REQUIRE(validator.check_shadow(document).empty());
    const Reading reading = read(body);
    REQUIRE(reading.document == normal(document));
    REQUIRE(reading.rejected == 0);
    REQUIRE(reading.skipped_wlans == 0);
  }
}

TEST_CASE("A shadow with every member at its maximum is read from about 4 kB") {
  Generator generator(4, true);
  json document = generator.value(root_schema());
  for (json& wlan : document["system"]["wlanConfigurations"]) {
    wlan["ssid"] = std::string(32, 's');
    wlan["password"] = std::string(63, 'p');
  }
  document["payload"] = {{"a", std::string(1000 - 8, 'x')}};
  const std::string body = document.dump(-1, ' ', true);
  CHECK(body.size() > 4000);
  CHECK(body.size() < 8192);
  CHECK(read(body).document == normal(document));
}
