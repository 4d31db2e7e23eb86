// SPDX-License-Identifier: Apache-2.0
#include "here_tracking/platform/sysfs.hpp"

#include "file_descriptor.hpp"
#include "source_log.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <optional>
#include <string_view>
#include <system_error>
#include <tuple>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

namespace here_tracking {

namespace {

namespace fs = std::filesystem;

constexpr double standard_gravity_m_s2 = 9.80665;
constexpr const char* kind_names[] = {"battery", "temperature", "humidity", "pressure",
                                      "acceleration"};

/// Why a sensor is left out, for people.
struct Trouble {
  std::string what;
  std::string kind = {};  // as of SourceLog
};

bool begins_with(std::string_view text, std::string_view begin) {
  return text.substr(0, begin.size()) == begin;
}

/// Takes the end off.
bool remove_end(std::string_view& text, std::string_view end) {
  if (text.size() < end.size() || text.substr(text.size() - end.size()) != end) return false;
  text.remove_suffix(end.size());
  return true;
}

bool is_number(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

/// The text of a file without its line end, or the errno.
std::optional<std::string> read_text(const fs::path& path, int& error) {
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  std::array<char, 4096> memory{};
  const ssize_t size = file.valid() ? ::read(file.get(), memory.data(), memory.size()) : -1;
  error = size < 0 ? errno : 0;
  if (size < 0) return std::nullopt;
  std::string_view text(memory.data(), static_cast<std::size_t>(size));
  while (!text.empty() && (text.back() == '\n' || text.back() == ' '))
    text.remove_suffix(1);
  return std::string(text);
}

std::optional<std::string> read_text(const fs::path& path) {
  int error = 0;
  return read_text(path, error);
}

double read_number(const fs::path& path) {
  int error = 0;
  const auto text = read_text(path, error);
  if (!text) throw Trouble{path.string() + ": " + std::generic_category().message(error)};
  double number = 0;
  const char* const end = text->data() + text->size();
  const auto result = std::from_chars(text->data(), end, number);
  if (result.ec != std::errc{} || result.ptr != end || !std::isfinite(number))
    throw Trouble{path.string() + " holds no number"};
  return number;
}

/// In the order of the names.
std::vector<fs::path> entries(const fs::path& directory) {
  std::vector<fs::path> paths;
  std::error_code error;
  for (fs::directory_iterator each(directory, error), end; !error && each != end;
       each.increment(error))
    paths.push_back(each->path());
  std::sort(paths.begin(), paths.end());
  return paths;
}

/// Whether a file of that name is a channel that measures this kind.
bool measures(SensorKind kind, std::string_view file) {
  std::string_view channel = file;
  const bool is_input = remove_end(channel, "_input");
  const bool is_iio = is_input || remove_end(channel, "_raw");
  for (const char* const past : {"_peak", "_trough", "_mean"}) {
    std::string_view base = channel;
    if (remove_end(base, past)) return false;
  }
  switch (kind) {
    case SensorKind::battery:
      return file == "capacity" || file == "status";
    case SensorKind::temperature:
      return file == "temp" || (is_iio && begins_with(channel, "in_temp")) ||
             (is_input && begins_with(channel, "temp") && is_number(channel.substr(4)));
    case SensorKind::humidity:
      return (is_iio && begins_with(channel, "in_humidityrelative")) ||
             (is_input && begins_with(channel, "humidity") && is_number(channel.substr(8)));
    case SensorKind::pressure:
      return is_iio && begins_with(channel, "in_pressure");
    case SensorKind::acceleration:
      return is_iio && channel == "in_accel_x";
  }
  return false;
}

/// A channel's value in its documented unit.
double read_channel(const fs::path& file, std::string_view kind_of_channel) {
  const double value = read_number(file);
  const std::string name = file.filename().string();
  std::string_view channel = name;
  if (!remove_end(channel, "_raw")) return value;
  const auto calibration = [&](const char* what, double otherwise) {
    for (const std::string_view base : {channel, kind_of_channel}) {
      const fs::path path = file.parent_path() / std::string(base).append(what);
      std::error_code error;
      if (fs::exists(path, error)) return read_number(path);
    }
    return otherwise;
  };
  return (value + calibration("_offset", 0)) * calibration("_scale", 1);
}

/// Far outside of every range rather than beyond the type.
std::int32_t rounded(double value) {
  return static_cast<std::int32_t>(std::lround(std::clamp(value, -2e9, 2e9)));
}

fs::path find_battery(const fs::path& supplies) {
  for (const fs::path& supply : entries(supplies)) {
    // Scope Device: the battery of a mouse or a headset.
    if (read_text(supply / "type") == "Battery" && read_text(supply / "scope") != "Device")
      return supply;
  }
  throw Trouble{"there is none in " + supplies.string()};
}

fs::path find_device(const fs::path& root, SensorKind kind, const std::string& name) {
  if (kind == SensorKind::battery) return root / "class/power_supply" / name;
  // A driver may show the same sensor in several of them, under the same name.
  for (const auto& [directory, file] :
       {std::pair("bus/iio/devices", "name"), std::pair("class/hwmon", "name"),
        std::pair("class/thermal", "type")}) {
    std::vector<fs::path> found;
    for (const fs::path& device : entries(root / directory)) {
      if (read_text(device / file) != name && read_text(device / "label") != name) continue;
      const auto files = entries(device);
      if (std::any_of(files.begin(), files.end(), [kind](const fs::path& each) {
            return measures(kind, each.filename().string());
          }))
        found.push_back(device);
    }
    if (found.size() > 1) {
      throw Trouble{std::to_string(found.size()) + " devices have that name, " +
                    found.front().string() + " and others; give a label or a path"};
    }
    if (!found.empty()) return found.front();
  }
  throw Trouble{
      "no device of that name measures it; see /sys/class/hwmon/*/name and "
      "/sys/bus/iio/devices/*/name"};
}

/// The file to read; of a battery its directory.
fs::path find(const fs::path& root, const SysfsSensor& sensor) {
  fs::path path;
  if (sensor.where.empty()) {
    if (sensor.kind == SensorKind::battery) return find_battery(root / "class/power_supply");
    throw Trouble{"must name a device or a path"};
  }
  if (sensor.where.front() == '/') {
    path = sensor.where;
  } else {
    const std::size_t slash = sensor.where.find('/');
    path = find_device(root, sensor.kind, sensor.where.substr(0, slash));
    if (slash != std::string::npos) path /= sensor.where.substr(slash + 1);
  }
  std::error_code error;
  if (fs::is_directory(path, error)) {
    if (sensor.kind == SensorKind::battery) return path;
    const fs::path* best = nullptr;
    const auto key = [](const fs::path& each) {
      const std::string name = each.filename().string();
      std::string_view rest = name;
      return std::tuple(remove_end(rest, "_raw"), name.size(), name);
    };
    const auto files = entries(path);
    for (const fs::path& each : files) {
      if (measures(sensor.kind, each.filename().string()) &&
          (best == nullptr || key(each) < key(*best)))
        best = &each;
    }
    if (best == nullptr) throw Trouble{path.string() + " has no file for it"};
    return *best;
  }
  if (!fs::exists(path, error)) throw Trouble{path.string() + " is not there"};
  if (!measures(sensor.kind, path.filename().string()))
    throw Trouble{path.string() + " is none of the kernel's files for it"};
  return sensor.kind == SensorKind::battery ? path.parent_path() : path;
}

SensorReadings read_battery(const fs::path& supply) {
  SensorReadings readings;
  if (read_text(supply / "present") == "0") throw Trouble{"the battery is not in its place"};
  std::error_code error;
  if (fs::exists(supply / "capacity", error))
    readings.battery_level_percent = rounded(read_number(supply / "capacity"));
  const auto status = read_text(supply / "status");
  if (status == "Charging") {
    readings.battery_is_charging = true;
  } else if (status == "Discharging" || status == "Not charging" || status == "Full") {
    readings.battery_is_charging = false;
  }
  if (!readings.battery_level_percent && !readings.battery_is_charging)
    throw Trouble{supply.string() + " tells neither capacity nor status"};
  return readings;
}

SensorReadings measure(const fs::path& root, const SysfsSensor& sensor) {
  const fs::path path = find(root, sensor);
  SensorReadings readings;
  switch (sensor.kind) {
    case SensorKind::battery:
      return read_battery(path);
    case SensorKind::temperature:
      readings.temperature_c_e2 = rounded(read_channel(path, "in_temp") / 10);
      break;
    case SensorKind::humidity:
      readings.relative_humidity_percent_e2 =
          rounded(read_channel(path, "in_humidityrelative") / 10);
      break;
    case SensorKind::pressure:
      readings.pressure_hpa_e4 = rounded(read_channel(path, "in_pressure") * 1e5);
      break;
    case SensorKind::acceleration: {
      std::string file = path.filename().string();
      std::array<double, 3> m_s2{};
      for (std::size_t i = 0; i < m_s2.size(); ++i) {
        file[std::string_view("in_accel_").size()] = "xyz"[i];
        m_s2[i] = read_channel(path.parent_path() / file, "in_accel");
      }
      readings.acceleration_g_e6 =
          rounded(std::hypot(m_s2[0], m_s2[1], m_s2[2]) / standard_gravity_m_s2 * 1e6);
    }
  }
  return readings;
}

}  // namespace

struct SysfsSensors::State {
  struct Entry {
    SysfsSensor sensor;
    SourceLog log;
  };

  std::string root;
  std::vector<Entry> entries;
};

SysfsSensors::SysfsSensors(std::vector<SysfsSensor> sensors, Log* log, std::string root)
    : state_(std::make_unique<State>()) {
  state_->root = std::move(root);
  for (SysfsSensor& sensor : sensors) {
    std::string name = kind_names[static_cast<std::size_t>(sensor.kind)];
    if (!sensor.where.empty()) name += " " + sensor.where;
    state_->entries.push_back({std::move(sensor), SourceLog(std::move(name), log)});
  }
}

SysfsSensors::~SysfsSensors() = default;

Status SysfsSensors::read(Sample& sample, std::uint32_t /*timeout_ms*/) {
  Status status = Code::no_data;
  for (State::Entry& entry : state_->entries) {
    try {
      const Status added = sample.add(measure(state_->root, entry.sensor));
      if (added == Code::invalid_value) {
        const FieldError& error = sample.field_error();
        std::array<char, 160> memory{};
        throw Trouble{std::string(memory.data(), format(error, memory)), error.field};
      }
      if (!added.ok()) return added;
      entry.log.settled();
      status = {};
    } catch (const Trouble& trouble) {
      entry.log.trouble(trouble.what, trouble.kind);
      if (!status.ok()) status = Code::hook_failed;
    }
  }
  return status;
}

}  // namespace here_tracking
