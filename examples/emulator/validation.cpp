// SPDX-License-Identifier: Apache-2.0
#include "validation.hpp"

#include "schemas.hpp"

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <limits>
#include <regex>
#include <set>

#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validator.hpp>

namespace emulator {
namespace {

using nlohmann::json;

constexpr std::size_t max_payload_bytes = 1000;
constexpr std::size_t max_depth = 64;
constexpr const char* utc_time_rule = "must be an RFC 3339 UTC time such as 2026-01-01T00:00:00Z";
constexpr std::size_t max_violations = 50;

std::string child(const std::string& path, const std::string& key) {
  return path.empty() ? key : path + "." + key;
}

std::string child(const std::string& path, std::size_t index) {
  return path + "[" + std::to_string(index) + "]";
}

std::string shown(const json& value) {
  if (value.is_object()) return "{...}";
  if (value.is_array()) return "[" + std::to_string(value.size()) + " items]";
  std::string text = value.dump(-1, ' ', false, json::error_handler_t::replace);
  constexpr std::size_t max_shown = 60;
  if (text.size() > max_shown) {
    text.resize(max_shown);
    while (!text.empty() && (static_cast<unsigned char>(text.back()) & 0x80U) != 0)
      text.pop_back();
    text += "...";
  }
  return text;
}

std::string violation(const std::string& path, const json& value, const std::string& rule) {
  const std::string subject = path.empty() ? "body" : path;
  if (value.is_object()) return subject + ": " + rule;
  return subject + " = " + shown(value) + ": " + rule;
}

std::size_t json_text_size(const std::string& text) {
  return json(text).dump(-1, ' ', false, json::error_handler_t::replace).size();
}

// Reads the text a second time for what a parsed document no longer shows: members that appear
// twice, and the size of each payload with its numbers as they were written.
class TextCheck : public nlohmann::json_sax<json> {
 public:
  // `list` is the path of the array that holds the telemetry objects.
  explicit TextCheck(std::string list) : list_(std::move(list)) {}

  std::vector<std::string> violations;

  bool null() override { return scalar(4); }
  bool boolean(bool value) override { return scalar(value ? 4 : 5); }
  bool number_integer(number_integer_t value) override {
    return scalar(std::to_string(value).size());
  }
  bool number_unsigned(number_unsigned_t value) override {
    if (value > static_cast<number_unsigned_t>(std::numeric_limits<std::int64_t>::max())) {
      violations.push_back(value_path() + " = " + std::to_string(value) +
                           ": must fit a signed 64-bit integer");
      return false;
    }
    return scalar(std::to_string(value).size());
  }
  bool number_float(number_float_t, const string_t& text) override { return scalar(text.size()); }
  bool string(string_t& text) override { return scalar(json_text_size(text)); }
  bool binary(binary_t&) override { return false; }

  bool start_object(std::size_t) override { return open(false); }
  bool start_array(std::size_t) override { return open(true); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }

  bool key(string_t& name) override {
    Frame& frame = frames_.back();
    if (!frame.names.insert(name).second) {
      violations.push_back(child(frame.path, name) + ": must not appear twice");
      return false;
    }
    frame.name = name;
    bytes_ += (frame.members == 0 ? 1 : 2) + json_text_size(name);
    return true;
  }

  bool parse_error(std::size_t position, const std::string&,
                   const nlohmann::detail::exception& error) override {
    std::string reason = error.what();
    const auto colon = reason.rfind(": ");
    if (colon != std::string::npos) reason = reason.substr(colon + 2);
    violations.push_back("body: is no JSON text at byte " + std::to_string(position) + ": " +
                         reason);
    return false;
  }

 private:
  struct Frame {
    bool is_array;
    std::string path;
    std::size_t bytes_before;
    std::size_t members = 0;
    std::string name = {};
    std::set<std::string> names = {};
  };

  bool is_in_telemetry() const {
    const std::size_t depth = list_.empty() ? 2 : 3;
    return frames_.size() == depth && frames_[depth - 2].is_array &&
           frames_[depth - 2].path == list_;
  }

  std::string value_path() const {
    if (frames_.empty()) return "";
    const Frame& frame = frames_.back();
    return frame.is_array ? child(frame.path, frame.members) : child(frame.path, frame.name);
  }

  void count_member() {
    if (frames_.empty()) return;
    if (frames_.back().is_array && frames_.back().members > 0) ++bytes_;
    ++frames_.back().members;
  }

  bool scalar(std::size_t bytes) {
    count_member();
    bytes_ += bytes;
    return true;
  }

  bool open(bool is_array) {
    const std::string path = value_path();
    if (frames_.size() == max_depth) {
      violations.push_back(path + ": must not be nested deeper than " + std::to_string(max_depth));
      return false;
    }
    count_member();
    frames_.push_back({is_array, path, bytes_});
    ++bytes_;
    return true;
  }

  bool close() {
    ++bytes_;
    const std::size_t bytes = bytes_ - frames_.back().bytes_before;
    const std::string path = frames_.back().path;
    const bool is_array = frames_.back().is_array;
    frames_.pop_back();
    if (!is_array && bytes > max_payload_bytes && is_in_telemetry() &&
        frames_.back().name == "payload") {
      violations.push_back(path + " = " + std::to_string(bytes) + " bytes: must be at most " +
                           std::to_string(max_payload_bytes) + " bytes as compact JSON text");
    }
    return true;
  }

  const std::string list_;
  std::vector<Frame> frames_;
  std::size_t bytes_ = 0;
};

const json& resolve(const json& schema, const json& root) {
  const auto reference = schema.find("$ref");
  if (reference == schema.end()) return schema;
  return root.at(json::json_pointer(reference->get<std::string>().substr(1)));
}

std::string listed(const json& names) {
  std::string text;
  for (const json& name : names)
    text += (text.empty() ? "" : ", ") + name.dump();
  return text;
}

std::string one_of_members(const json& alternatives) {
  std::string text;
  for (const json& alternative : alternatives) {
    std::string members;
    for (const json& name : alternative.value("required", json::array())) {
      members += (members.empty() ? "" : " + ") + name.get<std::string>();
    }
    text += (text.empty() ? "" : ", ") + members;
  }
  return "must have at least one of: " + text;
}

bool starts_with(const std::string& text, std::string_view prefix) {
  return text.compare(0, prefix.size(), prefix) == 0;
}

// The last text in single quotes.
std::string quoted_name(const std::string& text) {
  const auto last = text.rfind('\'');
  if (last == std::string::npos || last == 0) return text;
  const auto first = text.rfind('\'', last - 1);
  return first == std::string::npos ? text : text.substr(first + 1, last - first - 1);
}

std::string requiring_member(const json& schema, const json& value, const std::string& missing) {
  const json dependencies = schema.value("dependencies", json::object());
  for (const auto& [name, needed] : dependencies.items()) {
    if (!value.contains(name)) continue;
    if (std::find(needed.begin(), needed.end(), missing) != needed.end()) return name;
  }
  return "another member";
}

// The rule of `schema` that the validator reports as broken, in words. Empty for reports that only
// say that some child is wrong, since the child has its own report.
std::string rule_text(const std::string& report, const json& schema, const json& value) {
  const bool is_alternative = report.find("allowed by") != std::string::npos;
  if (starts_with(report, "Failed to validate") && !is_alternative) return "";
  if (starts_with(report, "Missing required")) {
    return "must have the member " + quoted_name(report);
  }
  if (starts_with(report, "Missing dependency")) {
    const std::string missing = quoted_name(report);
    return "must have the member " + missing + ", since " +
           requiring_member(schema, value, missing) + " is present";
  }
  if (starts_with(report, "Object contains a property")) {
    if (!schema.contains("additionalProperties")) return "";
    return "must not have the member " + quoted_name(report);
  }
  if (starts_with(report, "Value type not permitted")) {
    return "must be of type " + schema.value("type", std::string("of the schema"));
  }
  if (starts_with(report, "Expected number greater")) {
    return "must be at least " + schema.at("minimum").dump();
  }
  if (starts_with(report, "Expected number less")) {
    return "must be at most " + schema.at("maximum").dump();
  }
  if (starts_with(report, "String should be no more")) {
    return "must have at most " + schema.at("maxLength").dump() + " characters";
  }
  if (starts_with(report, "String should be no fewer")) {
    return "must have at least " + schema.at("minLength").dump() + " characters";
  }
  if (starts_with(report, "Array should contain no more")) {
    return "must have at most " + schema.at("maxItems").dump() + " items";
  }
  if (starts_with(report, "Array should contain no fewer")) {
    return "must have at least " + schema.at("minItems").dump() + " items";
  }
  if (starts_with(report, "Failed to match against any enum")) {
    return "must be one of " + listed(schema.at("enum"));
  }
  if (starts_with(report, "Failed to match regex")) {
    return "must match " + schema.at("pattern").get<std::string>();
  }
  if (starts_with(report, "Failed to validate against any schemas allowed by anyOf")) {
    return one_of_members(schema.at("anyOf"));
  }
  if (starts_with(report, "Failed to validate against any child schemas")) {
    std::string text = R"(must be "all", "" or a list of: )";
    return text + listed(schema.at("oneOf").at(1).at("items").at("enum"));
  }
  return report;
}

struct Place {
  std::string path;
  const json* value;
  const json* schema;
};

// The validator names a place as a list of bracketed keys and indices.
Place place_of(const std::vector<std::string>& context, const json& document, const json& root) {
  Place place{"", &document, &root};
  for (const std::string& step : context) {
    if (step.size() < 2 || step.front() != '[') continue;
    const std::string name = step.substr(1, step.size() - 2);
    if (place.value->is_array()) {
      const std::size_t index = std::stoul(name);
      place.path = child(place.path, index);
      place.value = &place.value->at(index);
      if (place.schema->contains("items")) {
        place.schema = &resolve(place.schema->at("items"), root);
      }
    } else {
      place.path = child(place.path, name);
      place.value = &place.value->at(name);
      const auto properties = place.schema->find("properties");
      if (properties != place.schema->end() && properties->contains(name)) {
        place.schema = &resolve(properties->at(name), root);
      }
    }
  }
  return place;
}

class Schema {
 public:
  explicit Schema(json root) : root_(std::move(root)) {
    const valijson::adapters::NlohmannJsonAdapter adapter(root_);
    valijson::SchemaParser parser(valijson::SchemaParser::kDraft7);
    parser.populateSchema(adapter, schema_);
  }

  std::vector<std::string> check(const json& document) const {
    // It keeps the patterns that it has compiled, and is not for several threads.
    static thread_local valijson::Validator validator(valijson::Validator::kStrongTypes);
    valijson::ValidationResults results;
    const valijson::adapters::NlohmannJsonAdapter adapter(document);
    std::vector<std::string> violations;
    if (validator.validate(schema_, adapter, &results)) return violations;

    std::set<std::string> alternatives;
    for (const auto& error : results) {
      if (error.description.find("allowed by") != std::string::npos) {
        alternatives.insert(place_of(error.context, document, root_).path);
      }
    }
    for (const auto& error : results) {
      const Place place = place_of(error.context, document, root_);
      const bool is_alternative = error.description.find("allowed by") != std::string::npos;
      const bool below_alternative =
          std::any_of(alternatives.begin(), alternatives.end(), [&](const std::string& path) {
            return place.path == path || starts_with(place.path, path + "[");
          });
      if (below_alternative && !is_alternative &&
          (place.schema->contains("oneOf") || starts_with(error.description, "Missing required"))) {
        const auto required = place.schema->value("required", json::array());
        const std::string name = quoted_name(error.description);
        if (std::find(required.begin(), required.end(), name) == required.end()) continue;
      }
      const std::string rule = rule_text(error.description, *place.schema, *place.value);
      if (rule.empty()) continue;
      const std::string line = violation(place.path, *place.value, rule);
      if (std::find(violations.begin(), violations.end(), line) == violations.end()) {
        violations.push_back(line);
      }
      if (violations.size() == max_violations) break;
    }
    if (violations.empty()) violations.emplace_back("body: breaks the schema");
    return violations;
  }

 private:
  json root_;
  valijson::Schema schema_;
};

bool is_base64(const std::string& text, std::size_t padding) {
  if (text.size() % 4 != 0 || text.size() < padding) return false;
  const auto digits = text.size() - padding;
  return std::all_of(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(digits),
                     [](unsigned char c) {
                       return c < 0x80 && (std::isalnum(c) != 0 || c == '+' || c == '/');
                     }) &&
         text.substr(digits) == std::string(padding, '=');
}

bool is_client_version(const std::string& text) {
  static const std::regex form("([0-9]{1,3})\\.([0-9]{1,3})\\.([0-9]{1,5})");
  std::smatch parts;
  return std::regex_match(text, parts, form) && std::stoi(parts[1]) <= 255 &&
         std::stoi(parts[2]) <= 255 && std::stoi(parts[3]) <= 65535;
}

const json& member(const json& object, const char* name) {
  static const json none;
  if (!object.is_object()) return none;
  const auto found = object.find(name);
  return found == object.end() ? none : *found;
}

// The rules that the documentation states in prose only. Runs on schema-valid documents.
class ProseCheck {
 public:
  std::vector<std::string> violations;

  void check_item(const json& item, const std::string& path) {
    check_position(member(item, "position"), child(path, "position"));
    const json& scan = member(item, "scan");
    if (scan.is_object()) {
      for (const auto& [name, list] : scan.items()) {
        if (!list.is_array()) continue;
        for (std::size_t i = 0; i < list.size(); ++i) {
          check_measurement(list[i], child(child(child(path, "scan"), name), i));
        }
      }
    }
    const json& version = member(member(member(item, "system"), "client"), "version");
    if (version.is_string() && !is_client_version(version)) {
      add(child(path, "system.client.version"), version,
          "must be X.Y.Z with X and Y 0..255 and Z 0..65535");
    }
  }

 private:
  void add(const std::string& path, const json& value, const std::string& rule) {
    violations.push_back(violation(path, value, rule));
  }

  void check_position(const json& position, const std::string& path) {
    const json& type = member(position, "type");
    const json& satellites = member(position, "satellitecount");
    if (!satellites.is_null() && type != "gnss") {
      add(child(path, "satellitecount"), satellites, "must come with type \"gnss\" only");
    }
    const json& access_points = member(position, "wlancount");
    if (!access_points.is_null() && type != "wlan") {
      add(child(path, "wlancount"), access_points, "must come with type \"wlan\" only");
    }
  }

  void check_measurement(const json& item, const std::string& path) {
    const json& timestamp = member(item, "timestamp");
    if (timestamp.is_string() && !is_rfc3339_utc(timestamp.get_ref<const std::string&>())) {
      add(child(path, "timestamp"), timestamp, utc_time_rule);
    }
    const json& eddystone = member(item, "eddystoneId");
    if (eddystone.is_string() && !is_base64(eddystone, 2)) {
      add(child(path, "eddystoneId"), eddystone, "must be base64 of 16 bytes");
    }
    const json& i_beacon = member(item, "iBeaconId");
    if (i_beacon.is_string() && !is_base64(i_beacon, 1)) {
      add(child(path, "iBeaconId"), i_beacon, "must be base64 of 20 bytes");
    }
  }
};

std::vector<std::string> check_text(const std::string& text, const std::string& list,
                                    json& parsed) {
  parsed = json();
  TextCheck check(list);
  if (json::sax_parse(text, &check) && check.violations.empty()) parsed = json::parse(text);
  return check.violations;
}

std::vector<std::string> check_prose(const json& items, const std::string& list) {
  ProseCheck check;
  for (std::size_t i = 0; i < items.size(); ++i)
    check.check_item(items[i], child(list, i));
  if (check.violations.size() > max_violations) check.violations.resize(max_violations);
  return check.violations;
}

}  // namespace

struct Validator::Schemas {
  // Times as text are left to the ProseCheck: valijson takes milliseconds for each.
  static json telemetry_schema() {
    json schema = json::parse(telemetry_schema_text);
    schema["definitions"]["utcText"].erase("format");
    return schema;
  }

  static json wrapped_schema() {
    json list = telemetry_schema();
    json definitions = std::move(list["definitions"]);
    list.erase("definitions");
    list.erase("$schema");
    return {{"type", "object"},
            {"required", {"data"}},
            {"properties",
             {{"data", std::move(list)},
              {"id", {{"type", "string"}, {"minLength", 1}, {"maxLength", 50}}},
              {"appId", {{"type", "string"}, {"minLength", 8}}}}},
            {"definitions", std::move(definitions)}};
  }

  Schema telemetry{telemetry_schema()};
  Schema wrapped{wrapped_schema()};
  Schema shadow{json::parse(shadow_schema_text)};
};

Validator::Validator() : schemas_(std::make_unique<Schemas>()) {}
Validator::~Validator() = default;

std::vector<std::string> Validator::check_telemetry(const std::string& text, json& parsed) const {
  std::vector<std::string> violations = check_text(text, "", parsed);
  if (violations.empty()) violations = schemas_->telemetry.check(parsed);
  if (violations.empty()) violations = check_prose(parsed, "");
  return violations;
}

std::vector<std::string> Validator::check_wrapped(const std::string& text, json& parsed) const {
  std::vector<std::string> violations = check_text(text, "data", parsed);
  if (violations.empty()) violations = schemas_->wrapped.check(parsed);
  if (violations.empty()) violations = check_prose(parsed.at("data"), "data");
  return violations;
}

std::vector<std::string> Validator::check_shadow(const json& shadow) const {
  std::vector<std::string> violations = schemas_->shadow.check(shadow);
  const json& payload = member(shadow, "payload");
  if (payload.is_object()) {
    const std::size_t bytes = payload.dump().size();
    if (bytes > max_payload_bytes) {
      violations.push_back("payload = " + std::to_string(bytes) + " bytes: must be at most " +
                           std::to_string(max_payload_bytes) + " bytes as compact JSON text");
    }
  }
  return violations;
}

bool is_uuid_v4(std::string_view text) {
  if (text.size() != 36) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool is_dash_place = i == 8 || i == 13 || i == 18 || i == 23;
    if (is_dash_place ? text[i] != '-' : std::isxdigit(static_cast<unsigned char>(text[i])) == 0) {
      return false;
    }
  }
  return text[14] == '4' && std::string_view("89abAB").find(text[19]) != std::string_view::npos;
}

bool is_rfc3339_utc(std::string_view text) {
  static const std::regex form(
      "([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})(\\.[0-9]{1,9})?Z");
  const std::string copy(text.substr(0, 40));
  std::smatch parts;
  if (text.size() > copy.size() || !std::regex_match(copy, parts, form)) return false;
  const int year = std::stoi(parts[1]);
  const int month = std::stoi(parts[2]);
  const int day = std::stoi(parts[3]);
  const bool is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  constexpr int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  if (month < 1 || month > 12 || day < 1) return false;
  const int length = month == 2 && is_leap ? 29 : lengths[month - 1];
  return day <= length && std::stoi(parts[4]) <= 23 && std::stoi(parts[5]) <= 59 &&
         std::stoi(parts[6]) <= 60;
}

}  // namespace emulator
