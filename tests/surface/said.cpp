// SPDX-License-Identifier: Apache-2.0
#include "said.hpp"

#include "failure.hpp"
#include "measurement_file.hpp"

#include <cmath>
#include <deque>
#include <functional>
#include <limits>
#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

namespace ht = here_tracking;
namespace cli = here_tracking::cli;
using nlohmann::json;

namespace {

/// There is no C++ value of that meaning.
class Unsayable : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

template <typename T>
T scaled(const json& value, int decimals) {
  const double number =
      value.is_number() ? std::round(value.get<double>() * std::pow(10, decimals)) : std::nan("");
  if (!(number >= static_cast<double>(std::numeric_limits<T>::min()) &&
        number <= static_cast<double>(std::numeric_limits<T>::max()))) {
    throw Unsayable(value.dump() + " does not fit the C++ type");
  }
  return static_cast<T>(number);
}

template <typename T>
T whole(const json& value, int decimals = 0) {
  if (!value.is_number_integer()) throw Unsayable(value.dump() + " is no integer");
  return scaled<T>(value, decimals);
}

template <typename T, typename Read, typename... Rest>
void read(const json& object, const char* name, std::optional<T>& into, Read from, Rest... rest) {
  if (object.contains(name)) into = from(object[name], rest...);
}

std::string_view text(const json& object, const char* name) {
  if (!object.contains(name) || !object[name].is_string()) throw Unsayable(std::string(name));
  return object[name].get_ref<const std::string&>();
}

const json& required(const json& object, const char* name) {
  if (!object.contains(name)) throw Unsayable(std::string(name) + " is no optional");
  return object[name];
}

const json& object(const json& value) {
  if (!value.is_object()) throw Unsayable(value.dump() + " is no object");
  return value;
}

ht::Status say_position(const json& position, ht::Sample& sample) {
  ht::Fix fix;
  fix.lat_deg_e7 = scaled<std::int32_t>(required(object(position), "lat"), 7);
  fix.lng_deg_e7 = scaled<std::int32_t>(required(position, "lng"), 7);
  fix.accuracy_mm = scaled<std::uint32_t>(required(position, "accuracy"), 3);
  read(position, "confidence", fix.confidence_percent, whole<std::uint8_t>, 0);
  read(position, "alt", fix.alt_mm, scaled<std::int32_t>, 3);
  read(position, "altaccuracy", fix.altaccuracy_mm, scaled<std::uint32_t>, 3);
  read(position, "heading", fix.heading_cdeg, whole<std::uint16_t>, 2);
  read(position, "speed", fix.speed_mm_s, whole<std::uint32_t>, 3);
  read(position, "satellitecount", fix.satellite_count, whole<std::uint8_t>, 0);
  read(position, "wlancount", fix.wlan_count, whole<std::uint8_t>, 0);
  read(position, "timestamp", fix.timestamp_ms, whole<std::int64_t>, 0);
  if (position.contains("type")) {
    const std::string_view type = text(position, "type");
    fix.type = type == "gnss"   ? ht::PositionType::gnss
               : type == "cell" ? ht::PositionType::cell
               : type == "wlan" ? ht::PositionType::wlan
                                : throw Unsayable("no such PositionType");
  }
  if (position.contains("floor")) {
    const json& floor = object(position["floor"]);
    fix.floor = ht::Floor{text(floor, "id"), text(floor, "name"),
                          scaled<std::int32_t>(required(floor, "level"), 2)};
  }
  return sample.set_position(fix);
}

using Call = std::function<ht::Status()>;

/// The calls that say an object, those that have to keep their order in a queue of their own.
std::vector<std::deque<Call>> calls(const json& telemetry, ht::Sample& sample) {
  std::vector<std::deque<Call>> queues;
  const auto add = [&queues](Call call) { queues.push_back({std::move(call)}); };
  const auto add_system = [&](json part) {
    add([part = cli::MeasurementFile{"system", std::move(part)}, &sample] {
      const ht::Status status = cli::add_device(part, sample);
      return status.ok() && part.json.contains("reportedSensorData")
                 ? cli::add_sensors(part, sample)
                 : status;
    });
  };
  add([&] { return sample.set_timestamp(whole<std::int64_t>(required(telemetry, "timestamp"))); });
  for (const auto& [name, part] : object(telemetry).items()) {
    if (name == "position") {
      add([&part = part, &sample] { return say_position(part, sample); });
    } else if (name == "payload") {
      add([&part = part, &sample] { return sample.set_payload(object(part).dump()); });
    } else if (name == "scan") {
      for (const auto& [technology, items] : object(part).items()) {
        if (technology == "country" || technology == "gps") {
          add([name = technology, &item = items, &sample] {
            return cli::add_measurement(name, item, sample);
          });
          continue;
        }
        if (!items.is_array()) throw Unsayable(technology + " is no list");
        queues.emplace_back();
        for (const json& item : items) {
          queues.back().push_back([name = technology, &item, &sample] {
            return cli::add_measurement(name, item, sample);
          });
        }
      }
    } else if (name == "system") {
      json sim;
      for (const auto& [member, value] : object(part).items()) {
        if (member == "imsi" || member == "iccid" || member == "phoneNumber") {
          sim[member] = value;
        } else if (member == "reportedSensorData") {
          for (const auto& [sensor, reading] : object(value).items())
            add_system({{member, {{sensor, reading}}}});
        } else {
          add_system({{member, value}});
        }
      }
      if (!sim.is_null()) add_system(std::move(sim));
    }
  }
  return queues;
}

}  // namespace

Said say(const json& telemetry, ht::Sample& sample, std::mt19937& random) {
  Said said;
  if (!sample.set_timestamp(ht::min_timestamp_ms).ok()) return said;
  try {
    std::vector<std::deque<Call>> queues = calls(telemetry, sample);
    while (!queues.empty()) {
      const std::size_t chosen = random() % queues.size();
      if (queues[chosen].empty()) {
        queues.erase(queues.begin() + static_cast<std::ptrdiff_t>(chosen));
        continue;
      }
      const std::string before(sample.json());
      said.status = queues[chosen].front()();
      queues[chosen].pop_front();
      if (said.status.ok()) continue;
      said.unchanged = sample.json() == before;
      break;
    }
  } catch (const Unsayable& error) {
    said.sayable = false;
    said.why_not = error.what();
  } catch (const cli::Failure& error) {
    said.sayable = false;
    said.why_not = error.what();
  }
  return said;
}
