// SPDX-License-Identifier: Apache-2.0
#include "telemetry_rules.hpp"

#include "support/catch.hpp"

#include <algorithm>
#include <array>
#include <set>

using nlohmann::json;

namespace {

// What stands here is exactly what the C++ types make impossible. "*" is any place.
struct Entry {
  const char* rule;
  const char* why;
};
constexpr std::array unsayable{
    Entry{"* type", "the type of a member is fixed"},
    Entry{"* required", "a member that is required is no optional"},
    Entry{" timestamp required", "Sample::json() is empty without it"},
    Entry{"* format", "a time is a number of milliseconds"},
    Entry{"* a day that exists", "a time is a number of milliseconds"},
    Entry{"scan.wlan[].mac pattern", "six bytes"},
    Entry{"scan.bt[].mac pattern", "six bytes"},
    Entry{"scan.bt[].eddystoneId minLength", "sixteen bytes"},
    Entry{"scan.bt[].eddystoneId maxLength", "sixteen bytes"},
    Entry{"scan.bt[].eddystoneId base64", "sixteen bytes"},
    Entry{"scan.bt[].iBeaconId minLength", "twenty bytes"},
    Entry{"scan.bt[].iBeaconId maxLength", "twenty bytes"},
    Entry{"scan.bt[].iBeaconId base64", "twenty bytes"},
    Entry{"position.accuracy minimum", "unsigned"},
    Entry{"position.altaccuracy minimum", "unsigned"},
    Entry{"position.speed minimum", "unsigned"},
    Entry{"position.heading minimum", "unsigned"},
    Entry{"scan.gps.accuracy minimum", "unsigned"},
    Entry{"scan.gps.altaccuracy minimum", "unsigned"},
    Entry{"scan.gps.speed minimum", "unsigned"},
    Entry{"scan.gps.heading minimum", "unsigned"},
    Entry{"system.stateVersion minimum", "unsigned"},
    Entry{"position.type one of gnss, cell, wlan", "an enumeration"},
    Entry{"system.mode enum", "an enumeration"},
    Entry{"system.client.model minLength", "an empty text is one that is not given"},
    Entry{"system.client.firmware minLength", "an empty text is one that is not given"},
    Entry{"system.client.modules[].model minLength", "an empty text is one that is not given"},
};

// Signal levels: the service wants them clamped.
const std::set<std::string> levels = {"rxlevel", "rscp",  "pathloss",   "rsrp",  "rsrq",
                                      "nrsrp",   "nrsrq", "pilotpower", "powrx", "rss"};

std::string last_name(const std::string& path) {
  return path.substr(path.rfind('.') + 1);
}

std::string child(const std::string& path, const std::string& name) {
  return path.empty() ? name : path + "." + name;
}

/// The value at a place, in the first item of each list.
json& at(json& telemetry, const std::string& path) {
  json* value = &telemetry;
  for (std::size_t begin = 0; begin < path.size();) {
    const std::size_t end = std::min(path.find('.', begin), path.size());
    std::string name = path.substr(begin, end - begin);
    const std::size_t bracket = name.find('[');
    value = &(*value)[name.substr(0, bracket)];
    if (bracket != std::string::npos) value = &(*value)[0];
    begin = end + 1;
  }
  return *value;
}

/// What there can only be one of with the type of the position.
void choose_type(json& telemetry, const std::string& path) {
  if (path != "position.wlancount") return;
  telemetry["position"]["type"] = "wlan";
  telemetry["position"].erase("satellitecount");
  telemetry["position"]["wlancount"] = 7;
}

json wrong_type(const std::string& type) {
  if (type == "integer") return 1.5;
  if (type == "number" || type == "boolean" || type == "object") return "text";
  return 7;
}

class Rules {
 public:
  explicit Rules(const TelemetrySchema& schema) : schema_(schema) {}

  std::vector<Rule> all() {
    schema_.for_each_place([this](const std::string& path, const json& place) {
      for (const auto& [keyword, value] : place.items())
        add_schema_rule(path, place, keyword, value);
    });
    add_prose_rules();
    Unsayable list;
    for (Rule& rule : rules_) {
      if (!list.why(rule.name).empty()) rule.ending = Ending::unsayable;
    }
    return std::move(rules_);
  }

 private:
  /// A rule about the value at `path`.
  void add_value(const std::string& path, const std::string& rule, json broken,
                 Ending ending = Ending::refused) {
    add(path + " " + rule, path, path, ending, [path, broken = std::move(broken)](json& telemetry) {
      choose_type(telemetry, path);
      at(telemetry, path) = broken;
    });
  }

  void add(std::string name, std::string path, std::string field, Ending ending,
           std::function<void(json&)> break_it) {
    Rule rule;
    rule.name = std::move(name);
    rule.path = std::move(path);
    rule.field = std::move(field);
    rule.ending = ending;
    rule.break_it = std::move(break_it);
    rules_.push_back(std::move(rule));
  }

  void add_schema_rule(const std::string& path, const json& place, const std::string& keyword,
                       const json& value) {
    const std::string name = last_name(path);
    const Ending at_limit = levels.count(name) != 0 ? Ending::clamped : Ending::refused;
    if (keyword == "type") {
      if (path.empty())
        return add(" type", "", "", Ending::refused, [](json& it) { it = json::array(); });
      return add_value(path, keyword, wrong_type(value));
    }
    if (keyword == "minimum" || keyword == "maximum") {
      const NumberGrid grid = number_grid(path, place);
      if (keyword == "minimum")
        return add_value(path, keyword, grid.number(grid.min - 1), at_limit);
      // In C++ a heading of 360 degrees is north.
      const int steps = name == "heading" ? 2 : 1;
      return add_value(path, keyword, grid.number(grid.max + steps), at_limit);
    }
    if (keyword == "enum") {
      return add_value(path, keyword, value[0].is_string() ? json("other") : json(6));
    }
    if (keyword == "minLength") {
      return add_value(path, keyword, std::string(value.get<std::size_t>() - 1, 'a'));
    }
    if (keyword == "maxLength") {
      return add_value(path, keyword, std::string(value.get<std::size_t>() + 1, 'a'));
    }
    if (keyword == "pattern") {
      const bool is_mac = name == "mac";
      return add_value(path, keyword,
                       is_mac           ? "00:11:22:33:44-55"
                       : name == "imsi" ? "26201a"
                                        : "+0123");
    }
    if (keyword == "format") return add_value(path, keyword, "2026-01-01T00:00:00+01:00");
    if (keyword == "x-maxBytes") {
      const std::size_t frame = std::string(R"({"k":""})").size();
      return add_value(path, keyword,
                       {{"k", std::string(value.get<std::size_t>() + 1 - frame, 'x')}});
    }
    if (keyword == "maxItems") {
      return add(path + " " + keyword, path, path, Ending::refused,
                 [path, count = value.get<std::size_t>() + 1](json& telemetry) {
                   json& list = at(telemetry, path);
                   const json item = list[0];
                   list = json::array();
                   for (std::size_t i = 0; i < count; ++i)
                     list.push_back(item);
                 });
    }
    if (keyword == "required") {
      for (const json& member : value) {
        const auto missing = member.get<std::string>();
        add(path + " " + missing + " required", path, child(path, missing), Ending::refused,
            [path, missing](json& telemetry) { at(telemetry, path).erase(missing); });
      }
      return;
    }
    if (keyword == "dependencies") {
      for (const auto& [member, needed] : value.items()) {
        REQUIRE(needed.size() == 1);
        const auto missing = needed[0].get<std::string>();
        const bool motion = missing == "heading" || missing == "speed";
        add(path + " " + member + " needs " + missing, path, child(path, member),
            motion ? Ending::left_out : Ending::refused,
            [path, missing](json& telemetry) { at(telemetry, path).erase(missing); });
      }
      return;
    }
    if (keyword == "anyOf") {
      return add(path + " anyOf", path, path, Ending::refused, [path, value](json& telemetry) {
        for (const json& one : value)
          at(telemetry, path).erase(one.at("required").back().get<std::string>());
      });
    }
    REQUIRE((keyword == "properties" || keyword == "items"));
  }

  void add_prose_rules() {
    for (const char* member : {"satellitecount", "wlancount"}) {
      const std::string path = child("position", member);
      const std::string type = path == "position.wlancount" ? "wlan" : "gnss";
      add(path + " only with " + type, path, path, Ending::refused, [path](json& telemetry) {
        choose_type(telemetry, path);
        telemetry["position"]["type"] = "cell";
      });
    }
    add("position.type one of gnss, cell, wlan", "position.type", "position.type", Ending::refused,
        [](json& telemetry) {
          telemetry["position"].erase("satellitecount");
          telemetry["position"]["type"] = "other";
        });
    rules_.back().enforced = false;
    add_value("scan.bt[].eddystoneId", "base64", "!!!!!!!!!!!!!!!!!!!!!!==");
    add_value("scan.bt[].iBeaconId", "base64", "!!!!!!!!!!!!!!!!!!!!!!!!!!!=");
    for (const char* version :
         {"1.2", "1.2.3.4", "256.0.0", "0.256.0", "0.0.65536", "a.b.c", "1..2"})
      add_value("system.client.version", std::string("X.Y.Z, not ") + version, version);
    schema_.for_each_place([this](const std::string& path, const json& place) {
      if (place.contains("format")) add_value(path, "a day that exists", "2026-02-30T00:00:00Z");
    });
  }

  const TelemetrySchema& schema_;
  std::vector<Rule> rules_;
};

bool matches(const std::string& pattern, const std::string& rule) {
  if (pattern.front() != '*') return pattern == rule;
  const std::string end = pattern.substr(1);
  return rule.size() >= end.size() && rule.compare(rule.size() - end.size(), end.size(), end) == 0;
}

}  // namespace

std::vector<Rule> telemetry_rules(const TelemetrySchema& schema) {
  return Rules(schema).all();
}

std::size_t count_schema_rules(const TelemetrySchema& schema) {
  std::size_t count = 0;
  schema.for_each_place([&count](const std::string&, const json& place) {
    for (const auto& [keyword, value] : place.items()) {
      if (keyword == "properties" || keyword == "items") continue;
      count += keyword == "required" || keyword == "dependencies" ? value.size() : 1;
    }
  });
  return count;
}

std::string Unsayable::why(const std::string& rule) {
  used_.resize(unsayable.size());
  // The last one says most about it.
  for (std::size_t i = unsayable.size(); i > 0; --i) {
    if (!matches(unsayable[i - 1].rule, rule)) continue;
    used_[i - 1] = true;
    return unsayable[i - 1].why;
  }
  return {};
}

std::vector<std::string> Unsayable::unused() const {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < unsayable.size(); ++i) {
    if (i >= used_.size() || !used_[i]) names.emplace_back(unsayable[i].rule);
  }
  return names;
}
