// SPDX-License-Identifier: Apache-2.0
#include "telemetry_schema.hpp"

#include "here_tracking/measurements.hpp"

#include "support/catch.hpp"

#include <algorithm>
#include <cmath>
#include <ctime>
#include <fstream>
#include <limits>

using nlohmann::json;

namespace {

std::string child(const std::string& path, const std::string& name) {
  return path.empty() ? name : path + "." + name;
}

std::string last_name(const std::string& path) {
  return path.substr(path.rfind('.') + 1);
}

bool contains(const json& list, const std::string& name) {
  return std::find(list.begin(), list.end(), name) != list.end();
}

/// Code points of a text in UTF-8.
std::size_t length(const std::string& text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xc0U) != 0x80;
  }));
}

std::string decimal(std::int64_t steps, int decimals) {
  const std::uint64_t magnitude =
      steps < 0 ? ~static_cast<std::uint64_t>(steps) + 1 : static_cast<std::uint64_t>(steps);
  std::string digits = std::to_string(magnitude);
  const auto point = static_cast<std::size_t>(decimals);
  if (digits.size() <= point) digits.insert(0, point + 1 - digits.size(), '0');
  if (point != 0) digits.insert(digits.size() - point, ".");
  return (steps < 0 ? "-" : "") + digits;
}

std::string base64(const std::vector<std::uint8_t>& bytes) {
  const std::string digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const auto byte = [&](std::size_t at) { return at < bytes.size() ? bytes[at] : 0U; };
    const unsigned bits = byte(i) << 16U | byte(i + 1) << 8U | byte(i + 2);
    for (unsigned shift : {18U, 12U, 6U, 0U})
      text += digits[bits >> shift & 63U];
  }
  const std::size_t padding = (3 - bytes.size() % 3) % 3;
  return text.replace(text.size() - padding, padding, padding, '=');
}

std::string utc_text(std::int64_t time_ms) {
  const auto seconds = static_cast<std::time_t>(time_ms / 1000);
  std::tm parts{};
  REQUIRE(gmtime_r(&seconds, &parts) != nullptr);
  char text[40];
  const std::size_t size = std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
  std::string fraction = std::to_string(1000 + time_ms % 1000).substr(1);
  while (!fraction.empty() && fraction.back() == '0')
    fraction.pop_back();
  return std::string(text, size) + (fraction.empty() ? "" : "." + fraction) + "Z";
}

}  // namespace

// ---- schema ----

TelemetrySchema::TelemetrySchema() {
  std::ifstream file(SCHEMA_DIRECTORY "/telemetry.schema.json");
  root_ = json::parse(file);
  item_ = root_.at("items");
}

const json& TelemetrySchema::resolved(const json& schema) const {
  const auto reference = schema.find("$ref");
  if (reference == schema.end()) return schema;
  return root_.at(json::json_pointer(reference->get<std::string>().substr(1)));
}

void TelemetrySchema::for_each_place(const Visit& visit) const {
  visit_place("", item_, visit);
}

void TelemetrySchema::visit_place(const std::string& path, const json& schema,
                                  const Visit& visit) const {
  visit(path, schema);
  if (schema.contains("items")) visit_place(path + "[]", resolved(schema["items"]), visit);
  const json members = schema.value("properties", json::object());
  for (const auto& [name, member] : members.items())
    visit_place(child(path, name), resolved(member), visit);
}

bool is_leaf(const json& schema) {
  return !schema.contains("properties") && !schema.contains("items");
}

json NumberGrid::number(std::int64_t steps) const {
  return json::parse(decimal(steps, decimals));
}

NumberGrid number_grid(const std::string& path, const json& schema) {
  static const std::map<std::string, int> decimals = {
      {"lat", 7},         {"lng", 7},        {"baselat", 7},       {"baselng", 7},
      {"accuracy", 3},    {"alt", 3},        {"altaccuracy", 3},   {"level", 2},
      {"rsrq", 1},        {"nrsrq", 1},      {"temperatureC", 2},  {"relativeHumidity", 2},
      {"pressureHpa", 4}, {"tiltDegree", 2}, {"accelerationG", 6}, {"band", 2}};
  constexpr auto int64_min = std::numeric_limits<std::int64_t>::min();
  constexpr auto int64_max = std::numeric_limits<std::int64_t>::max();
  constexpr auto int32_min = std::numeric_limits<std::int32_t>::min();
  constexpr auto int32_max = std::numeric_limits<std::int32_t>::max();
  constexpr auto uint32_max = std::numeric_limits<std::uint32_t>::max();
  static const std::map<std::string, std::pair<std::int64_t, std::int64_t>> types = {
      {"accuracy", {0, uint32_max}},          {"altaccuracy", {0, uint32_max}},
      {"alt", {int32_min, int32_max}},        {"speed", {0, uint32_max / 1000}},
      {"tiltDegree", {int32_min, int32_max}}, {"stateVersion", {0, int64_max}},
      {"diskquota", {0, int64_max}},          {"diagnosticscode", {int64_min, int64_max}}};
  NumberGrid grid;
  const std::string name = last_name(path);
  if (const auto found = decimals.find(name); found != decimals.end()) {
    grid.decimals = found->second;
  }
  if (const auto found = types.find(name); found != types.end()) {
    grid.min = found->second.first;
    grid.max = found->second.second;
  }
  const auto steps = [&grid](const json& limit) {
    return grid.decimals == 0 ? limit.get<std::int64_t>()
                              : std::llround(limit.get<double>() * std::pow(10, grid.decimals));
  };
  if (schema.contains("minimum")) grid.min = steps(schema["minimum"]);
  if (schema.contains("maximum")) grid.max = steps(schema["maximum"]);
  return grid;
}

// ---- generator ----

std::uint64_t Generator::below(std::uint64_t limit) {
  const std::uint64_t high = random_();
  const std::uint64_t low = random_();
  return limit == 0 ? (high << 32U | low) : (high << 32U | low) % limit;
}

std::int64_t Generator::between(std::int64_t min, std::int64_t max) {
  switch (whole_ ? 2 : below(4)) {
    case 0:
      return min;
    case 1:
      return max;
    default:
      const std::uint64_t span = static_cast<std::uint64_t>(max) - static_cast<std::uint64_t>(min);
      return static_cast<std::int64_t>(static_cast<std::uint64_t>(min) + below(span + 1));
  }
}

std::string Generator::from(const std::string& alphabet, std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i)
    text += alphabet[below(alphabet.size())];
  return text;
}

std::string Generator::characters(std::size_t count) {
  static const std::vector<std::string> odd = {"\"",
                                               "\\",
                                               "/",
                                               "\n",
                                               "\x01",
                                               "\x1f",
                                               "\x7f",
                                               "\xc2\x80",
                                               "\xc3\xa9",
                                               "\xe2\x82\xac",
                                               "\xef\xbf\xbf",
                                               "\xf0\x9f\x9a\x9a",
                                               "\xf4\x8f\xbf\xbf"};
  std::string text;
  for (std::size_t i = 0; i < count; ++i)
    text += below(4) == 0 ? odd[below(odd.size())] : from("abcXYZ 019.-_", 1);
  return text;
}

json Generator::payload() {
  json object = json::object();
  if (!whole_ && below(8) == 0) {
    object["k"] = std::string(1000 - std::string(R"({"k":""})").size(), 'x');
    return object;
  }
  for (std::uint64_t i = below(4); i > 0; --i) {
    json value = i == 1 ? json(between(-5, 5)) : json(characters(below(10)));
    for (std::uint64_t depth = below(10); depth > 0; --depth)
      value = depth % 2 == 0 ? json{{"a", value}} : json::array({value, nullptr, 0.5, true});
    object[characters(below(5))] = value;
  }
  return object.dump().size() <= 1000 ? object : json::object();
}

json Generator::text(const std::string& path, const json& schema) {
  const std::string name = last_name(path);
  const std::string digits = "0123456789";
  const auto count = [this](std::int64_t min, std::int64_t max) {
    return static_cast<std::size_t>(between(min, max));
  };
  if (schema.contains("enum")) return schema["enum"][below(schema["enum"].size())];
  if (name == "type") return json::array({"gnss", "cell", "wlan"})[below(3)];
  if (schema.contains("format")) {
    return utc_text(between(here_tracking::min_timestamp_ms, here_tracking::max_timestamp_ms));
  }
  if (name == "mac") {
    std::string mac = from("0123456789abcdef", 17);
    for (std::size_t i = 2; i < mac.size(); i += 3)
      mac[i] = ':';
    return mac;
  }
  if (name == "eddystoneId" || name == "iBeaconId") {
    std::vector<std::uint8_t> bytes(name == "iBeaconId" ? 20 : 16);
    for (std::uint8_t& byte : bytes)
      byte = static_cast<std::uint8_t>(below(256));
    return base64(bytes);
  }
  if (name == "imsi") return from(digits, count(1, 15));
  if (name == "phoneNumber") return "+" + from("123456789", 1) + from(digits, count(1, 14));
  if (name == "version") {
    return std::to_string(between(0, 255)) + "." + std::to_string(between(0, 255)) + "." +
           std::to_string(between(0, 65535));
  }
  return characters(count(schema.at("minLength").get<std::int64_t>(),
                          schema.at("maxLength").get<std::int64_t>()));
}

json Generator::object(const std::string& path, const json& schema) {
  std::set<std::string> chosen;
  const json required = schema.value("required", json::array());
  for (const auto& [name, member] : schema.at("properties").items()) {
    (void)member;
    const bool rare = path == "scan" || path.empty();  // else all samples are large
    if (whole_ || contains(required, name) || below(rare ? 3 : 2) == 0) chosen.insert(name);
  }
  const json alternatives = schema.value("anyOf", json::array());
  if (!alternatives.empty()) {
    for (const json& name : alternatives[below(alternatives.size())].at("required"))
      chosen.insert(name.get<std::string>());
  }
  json dependencies = schema.value("dependencies", json::object());
  if (path == "system.client.homenetwork[]") {
    // One complete pair is enough for the service; C++ asks for no half of the other.
    dependencies = {{"mcc", {"mnc"}}, {"mnc", {"mcc"}}, {"sid", {"nid"}}, {"nid", {"sid"}}};
  }
  for (const auto& [name, needed] : dependencies.items()) {
    if (chosen.count(name) == 0) continue;
    for (const json& other : needed)
      chosen.insert(other.get<std::string>());
  }
  json object = json::object();
  for (const std::string& name : chosen) {
    const json& member = schema_.resolved(schema["properties"][name]);
    json part = value(child(path, name), member);
    // What is empty is not written.
    if (is_leaf(member) || !part.empty()) object[name] = std::move(part);
  }
  if (path == "position") {
    if (whole_) object["type"] = "gnss";
    const json type = object.value("type", json());
    if (type != "gnss") object.erase("satellitecount");
    if (type != "wlan") object.erase("wlancount");
  }
  return object;
}

json Generator::value(const std::string& path, const json& schema) {
  if (path == "payload") return payload();
  const std::string type = schema.at("type").get<std::string>();
  if (type == "object") return object(path, schema);
  if (type == "boolean") return below(2) == 0;
  if (type == "string") return text(path, schema);
  if (type == "array") {
    const auto max = schema.at("maxItems").get<std::uint64_t>();
    const std::uint64_t count = whole_           ? 1
                                : below(60) == 0 ? max
                                                 : 1 + below(std::min(max, UINT64_C(3)));
    json list = json::array();
    for (std::uint64_t i = 0; i < count; ++i)
      list.push_back(value(path + "[]", schema_.resolved(schema["items"])));
    return list;
  }
  if (schema.contains("enum")) return schema["enum"][below(schema["enum"].size())];
  const NumberGrid grid = number_grid(path, schema);
  return grid.number(between(grid.min, grid.max));
}

json Generator::whole_telemetry() {
  whole_ = true;
  json telemetry = value("", schema_.item());
  whole_ = false;
  return telemetry;
}

// ---- coverage ----

Coverage::Coverage(const TelemetrySchema& schema) {
  schema.for_each_place([this](const std::string& path, const json& place) {
    if (!is_leaf(place)) {
      if (place.contains("maxItems")) {
        limits_[path].emplace_back(path + " with all its items", place["maxItems"]);
      }
    } else {
      wanted_.insert(path);
      const std::string type = place.at("type").get<std::string>();
      auto& limits = limits_[path];
      if (type == "boolean") limits = {{path + " = true", true}, {path + " = false", false}};
      for (const json& one : place.value("enum", json::array()))
        limits.emplace_back(path + " = " + one.dump(), one);
      if (place.contains("minimum"))
        limits.emplace_back(path + " at its minimum", place["minimum"]);
      if (place.contains("maximum"))
        limits.emplace_back(path + " at its maximum", place["maximum"]);
      // The shortest version of the form X.Y.Z is longer, the longest shorter than the schema's.
      if (path == "system.client.version") {
        limits = {{path + " at its minimum", 5}, {path + " at its maximum", 13}};
      } else if (place.contains("minLength")) {
        limits.emplace_back(path + " at its shortest", place["minLength"]);
        limits.emplace_back(path + " at its longest", place["maxLength"]);
      }
    }
    for (const auto& [name, limit] : limits_[path])
      wanted_.insert(name);
  });
  for (const auto& [path, limits] : std::map<std::string, std::pair<int, int>>{
           {"system.imsi", {1, 15}}, {"system.phoneNumber", {3, 16}}}) {
    limits_[path] = {{path + " at its shortest", limits.first},
                     {path + " at its longest", limits.second}};
    wanted_.insert({path + " at its shortest", path + " at its longest"});
  }
}

void Coverage::add(const std::string& path, const json& value) {
  const auto limits = limits_.find(path);
  const bool is_payload = path == "payload";
  if (value.is_object() && !is_payload) {
    for (const auto& [name, member] : value.items())
      add(child(path, name), member);
    return;
  }
  if (value.is_array()) {
    for (const json& item : value)
      add(path + "[]", item);
  } else {
    seen_.insert(path);
  }
  if (limits == limits_.end()) return;
  const bool by_length =
      value.is_string() && (limits->second.empty() || limits->second[0].second.is_number());
  const json measure = value.is_array() ? json(value.size())
                       : by_length      ? json(length(value.get<std::string>()))
                                        : value;
  for (const auto& [name, limit] : limits->second) {
    if (measure == limit) seen_.insert(name);
  }
}

std::set<std::string> Coverage::missing() const {
  std::set<std::string> missing;
  for (const std::string& name : wanted_) {
    if (seen_.count(name) == 0) missing.insert(name);
  }
  for (const std::string& name : seen_) {
    if (wanted_.count(name) == 0) missing.insert(name + " is not in the schema");
  }
  return missing;
}
