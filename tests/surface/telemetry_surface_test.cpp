// SPDX-License-Identifier: Apache-2.0
#include "here_tracking/restamp.hpp"
#include "here_tracking/telemetry.hpp"

#include "local_service.hpp"
#include "said.hpp"
#include "support/catch.hpp"
#include "support/seed.hpp"
#include "telemetry_rules.hpp"
#include "telemetry_schema.hpp"

#include <cstdlib>
#include <random>
#include <set>
#include <string>
#include <vector>

namespace ht = here_tracking;
using nlohmann::json;

namespace {

constexpr int objects = 2000;
constexpr int batch = 50;

class Buffer {
 public:
  /// All that the service takes.
  static constexpr ht::SampleOptions options{true, true};

  ht::Sample& sample() { return sample_; }

 private:
  std::vector<char> memory_ = std::vector<char>(4UL * 1024 * 1024);
  ht::Sample sample_{{memory_.data(), memory_.size()}, options};
};

/// Of a telemetry object the part that a path leads to, and the time.
json only(const json& telemetry, const std::string& path) {
  const std::size_t end = path.find_first_of(".[");
  const std::string part = path.substr(0, end);
  if (part.empty()) return telemetry;
  json some = {{"timestamp", telemetry.at("timestamp")}, {part, telemetry.at(part)}};
  if (part != "scan" || end == std::string::npos) return some;
  const std::string technology = path.substr(end + 1, path.find_first_of(".[", end + 1) - end - 1);
  some[part] = {{technology, telemetry[part].at(technology)}};
  return some;
}

/// "[0].scan.gsm[0].cid"
std::string in_first_item(const std::string& path) {
  std::string text = "[0]";
  if (!path.empty()) text += ".";
  for (const char c : path)
    text.append(c == ']' ? "0]" : std::string(1, c));
  return text;
}

std::string without_brackets(const std::string& path) {
  std::string text;
  for (const char c : path) {
    if (c != '[' && c != ']') text += c;
  }
  return text;
}

/// The field that a FieldError names.
std::string named(const ht::FieldError& error) {
  const bool both = *error.scope != '\0' && *error.field != '\0';
  return std::string(error.scope) + (both ? "." : "") + error.field;
}

/// Whether the library names the field of a rule, or where the rule is about an object, a member of
/// it.
bool names_field(const ht::FieldError& error, const Rule& rule) {
  const std::string name = named(error);
  return name == without_brackets(rule.field) ||
         (rule.field == rule.path && name.rfind(without_brackets(rule.path) + ".", 0) == 0);
}

}  // namespace

TEST_CASE("whatever the service takes can be said, is written as it was meant, and is accepted") {
  CAPTURE(seed());
  std::mt19937 random(seed());
  const TelemetrySchema schema;
  Generator generator(schema, random);
  Coverage coverage(schema);
  LocalService service;
  Buffer buffer;
  ht::Sample& sample = buffer.sample();

  std::string body;
  // What chance has left out after so many comes with some more.
  const auto go_on = [&](int done) {
    return done < objects || (done < 4 * objects && !coverage.missing().empty());
  };
  for (int i = 1; go_on(i - 1); ++i) {
    const json telemetry = generator.telemetry();
    INFO("object " << i << ": " << telemetry.dump().substr(0, 4000));
    sample.clear();
    const Said said = say(telemetry, sample, random);
    INFO(said.why_not);
    char memory[160];
    INFO(std::string(memory, ht::format(sample.field_error(), memory)));
    REQUIRE(said.sayable);
    REQUIRE(said.status.ok());
    REQUIRE(sample.clamped() == 0);
    const std::string written(sample.json());
    const json parsed = json::parse(written);
    if (parsed != telemetry) FAIL(json::diff(telemetry, parsed).dump(1).substr(0, 1000));
    coverage.add(parsed);

    body.append(body.empty() ? "[" : ",").append(written);
    if (i % batch != 0 && go_on(i)) continue;
    const LocalService::Answer answer = service.post(body + "]");
    INFO(answer.body);
    REQUIRE(answer.status == 200);
    body.clear();
  }
  CHECK(coverage.missing() == std::set<std::string>{});
  CHECK(coverage.size() > 500);
}

TEST_CASE("a sample with its time moved inside is taken, and tells all that it told before") {
  CAPTURE(seed());
  constexpr std::int64_t measured_ms = 1767225600120;
  std::mt19937 random(seed());
  const TelemetrySchema schema;
  Generator generator(schema, random);
  LocalService service;
  Buffer buffer;
  ht::Sample& sample = buffer.sample();
  std::vector<char> memory(8UL * 1024 * 1024);

  std::string body;
  for (int i = 1; i <= objects / 4; ++i) {
    const json telemetry = generator.telemetry();
    INFO("object " << i << ": " << telemetry.dump().substr(0, 4000));
    sample.clear();
    REQUIRE(say(telemetry, sample, random).status.ok());
    std::size_t size = 0;
    REQUIRE(
        ht::restamp(sample.untimed_json(), measured_ms, {memory.data(), memory.size()}, size).ok());
    std::string written(memory.data(), size);
    written += written.size() == 1 ? "" : ",";
    written += "\"timestamp\":" + telemetry.at("timestamp").dump() + "}";

    json expected = telemetry;
    const auto put = [](json& object, const json& time) {
      if (!object.contains("timestamp")) object["timestamp"] = time;
    };
    if (expected.contains("position")) put(expected["position"], measured_ms);
    if (expected.contains("scan")) {
      for (const auto& [name, part] : expected["scan"].items()) {
        if (name == "gps") put(part, measured_ms);
        if (!part.is_array()) continue;
        for (json& measurement : part)
          put(measurement, "2026-01-01T00:00:00.12Z");
      }
    }
    const json parsed = json::parse(written);
    if (parsed != expected) FAIL(json::diff(expected, parsed).dump(1).substr(0, 1000));

    body.append(body.empty() ? "[" : ",").append(written);
    if (i % batch != 0) continue;
    const LocalService::Answer answer = service.post(body + "]");
    INFO(answer.body);
    REQUIRE(answer.status == 200);
    body.clear();
  }
}

TEST_CASE("each rule of the service, broken alone, is caught by the service and by the library") {
  CAPTURE(seed());
  std::mt19937 random(seed());
  const TelemetrySchema schema;
  Generator generator(schema, random);
  LocalService service;
  Buffer buffer;
  ht::Sample& sample = buffer.sample();
  Unsayable unsayable;

  const std::vector<Rule> rules = telemetry_rules(schema);
  std::set<std::string> names;
  for (const Rule& rule : rules) {
    INFO(rule.name);
    CHECK(names.insert(rule.name).second);
    json telemetry = only(generator.whole_telemetry(), rule.path);
    rule.break_it(telemetry);

    const LocalService::Answer raw = service.post("[" + telemetry.dump() + "]");
    INFO(raw.body.substr(0, 2000));
    CHECK(raw.status == (rule.enforced ? 400 : 200));
    const std::string place = in_first_item(rule.path);
    for (const std::string& violation : raw.violations) {
      CHECK((violation.rfind(place + " = ", 0) == 0 || violation.rfind(place + ": ", 0) == 0));
    }

    sample.clear();
    const Said said = say(telemetry, sample, random);
    char memory[160];
    INFO(std::string(memory, ht::format(sample.field_error(), memory)));
    INFO(said.why_not);
    const std::string why = unsayable.why(rule.name);
    CHECK(said.sayable == why.empty());
    if (!said.sayable) continue;
    if (rule.ending == Ending::refused) {
      CHECK(said.status == ht::Code::invalid_value);
      CHECK(said.unchanged);
      CHECK(names_field(sample.field_error(), rule));
      continue;
    }
    CHECK(said.status.ok());
    CHECK(sample.clamped() == (rule.ending == Ending::clamped ? 1 : 0));
    const std::string written(sample.json());
    CHECK(service.post("[" + written + "]").status == 200);
    const json difference = json::diff(telemetry, json::parse(written));
    CHECK(difference.size() == 1);
    INFO(difference.dump());
    CHECK(difference[0]["op"] == (rule.ending == Ending::clamped ? "replace" : "remove"));
  }
  CHECK(unsayable.unused() == std::vector<std::string>{});
  CHECK(rules.size() > count_schema_rules(schema));
  CHECK(count_schema_rules(schema) > 500);
}
