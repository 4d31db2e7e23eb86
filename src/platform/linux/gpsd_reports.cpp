// SPDX-License-Identifier: Apache-2.0
#include "gpsd_reports.hpp"

#include "core/json_reader.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <system_error>

namespace here_tracking {

namespace {

constexpr std::size_t max_depth = 8;
constexpr double m_per_hdop = 5;
constexpr std::uint32_t unknown_accuracy_mm = 25000;
constexpr double max_length_m = 1e6;
constexpr double max_altitude_m = 1e5;
constexpr double slowest_m_s = 0.5;

constexpr double dead_reckoning = 5;
constexpr double surveyed = 7;
constexpr double simulation = 8;

enum Number : std::uint8_t {
  mode,
  status,
  lat,
  lon,
  alt_hae,
  track,
  speed,
  eph,
  epx,
  epy,
  epv,
  hdop,
  used_satellites,
  number_count
};

constexpr std::array<std::string_view, number_count> number_names = {
    "mode", "status", "lat", "lon", "altHAE", "track", "speed",
    "eph",  "epx",    "epy", "epv", "hdop",   "uSat"};

std::uint32_t to_mm(double metres) {
  return static_cast<std::uint32_t>(std::lround(std::min(metres, max_length_m) * 1000));
}

}  // namespace

struct GpsdReports::Report {
  enum class Class : std::uint8_t { none, version, devices, tpv, sky, other };

  Class kind = Class::none;
  std::array<std::optional<double>, number_count> numbers;
  bool has_devices = false;
  bool has_satellites = false;
  std::uint32_t used_satellites = 0;

  [[nodiscard]] std::optional<double> positive(Number number) const {
    const std::optional<double> value = numbers[number];
    return value && *value > 0 ? value : std::nullopt;
  }
};

/// Members of the outermost object, the number of `devices`, and `used` of each of `satellites`.
class GpsdReports::Reader final : public JsonHandler {
 public:
  explicit Reader(Report& report) : report_(report) {}

  bool on_part(const JsonPart& part) override {
    if (part.depth == 0) return part.type >= JsonType::object;
    if (part.type == JsonType::key) {
      take_key(part);
    } else if (part.type == JsonType::end) {
      key_is_used_ = false;
    } else if (part.depth == 1) {
      take_member(part);
    } else if (part.depth == 2 && member_ == Member::devices && part.type >= JsonType::list) {
      report_.has_devices = true;
    } else if (part.depth == 3 && member_ == Member::satellites && key_is_used_ &&
               part.text == "true") {
      ++report_.used_satellites;
    }
    return true;
  }

 private:
  enum class Member : std::uint8_t { other, name_of_class, devices, satellites, number };

  void take_key(const JsonPart& key) {
    key_is_used_ = key.depth == 3 && key.text == "used";
    if (key.depth != 1) return;
    member_ = Member::other;
    if (key.text == "class") {
      member_ = Member::name_of_class;
    } else if (key.text == "devices") {
      member_ = Member::devices;
    } else if (key.text == "satellites") {
      member_ = Member::satellites;
    } else {
      const auto* const found = std::find(number_names.begin(), number_names.end(), key.text);
      if (found != number_names.end()) {
        member_ = Member::number;
        number_ = static_cast<std::size_t>(found - number_names.begin());
      }
    }
  }

  void take_member(const JsonPart& part) {
    if (member_ == Member::name_of_class && part.type == JsonType::text) {
      report_.kind = to_class(part.text);
    }
    if (member_ == Member::satellites && part.type == JsonType::list) report_.has_satellites = true;
    if (member_ == Member::number && part.type == JsonType::number) {
      double value = 0;
      const auto end =
          std::from_chars(part.text.data(), part.text.data() + part.text.size(), value);
      if (end.ec == std::errc{} && std::isfinite(value)) report_.numbers[number_] = value;
    }
  }

  static Report::Class to_class(std::string_view name) {
    if (name == "TPV") return Report::Class::tpv;
    if (name == "SKY") return Report::Class::sky;
    if (name == "VERSION") return Report::Class::version;
    if (name == "DEVICES") return Report::Class::devices;
    return Report::Class::other;
  }

  Report& report_;
  Member member_ = Member::other;
  std::size_t number_ = 0;
  bool key_is_used_ = false;
};

GpsdReports::Kind GpsdReports::take_line(std::string_view line) {
  while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) {
    line.remove_suffix(1);
  }
  Report report;
  Reader reader(report);
  if (parse_json(line, max_depth, reader) != JsonResult::ok) return Kind::invalid;

  switch (report.kind) {
    case Report::Class::none:
      return Kind::invalid;
    case Report::Class::version:
      return Kind::version;
    case Report::Class::devices:
      return report.has_devices ? Kind::other : Kind::no_devices;
    case Report::Class::tpv:
      return take_position(report);
    case Report::Class::sky:
      if (const auto value = report.positive(hdop)) hdop_accuracy_mm_ = to_mm(*value * m_per_hdop);
      if (const auto count = report.numbers[used_satellites]; count || report.has_satellites) {
        const double used = count.value_or(report.used_satellites);
        satellite_count_ = static_cast<std::uint8_t>(std::clamp(used, 0.0, 50.0));
        return Kind::satellites;
      }
      return Kind::other;
    case Report::Class::other:
      break;
  }
  return Kind::other;
}

GpsdReports::Kind GpsdReports::take_position(const Report& report) {
  const auto& numbers = report.numbers;
  const bool three_dimensional = numbers[mode] == 3.0;
  if (!three_dimensional && numbers[mode] != 2.0) return Kind::other;
  if (!numbers[lat] || !numbers[lon]) return Kind::other;
  if (std::abs(*numbers[lat]) > 90 || std::abs(*numbers[lon]) > 180) return Kind::other;
  const auto how = numbers[status];
  if (how == dead_reckoning || how == surveyed || (how == simulation && !simulated_))
    return Kind::unmeasured;

  Fix fix;
  fix.type = PositionType::gnss;
  fix.lat_deg_e7 = static_cast<std::int32_t>(std::lround(*numbers[lat] * 1e7));
  fix.lng_deg_e7 = static_cast<std::int32_t>(std::lround(*numbers[lon] * 1e7));
  if (const auto radius = report.positive(eph)) {
    fix.accuracy_mm = to_mm(*radius);
  } else if (report.positive(epx) && report.positive(epy)) {
    fix.accuracy_mm = to_mm(std::hypot(*numbers[epx], *numbers[epy]));
  }
  accuracy_known_ = fix.accuracy_mm != 0;
  if (three_dimensional && numbers[alt_hae] && std::abs(*numbers[alt_hae]) <= max_altitude_m) {
    fix.alt_mm = static_cast<std::int32_t>(std::lround(*numbers[alt_hae] * 1000));
    if (const auto deviation = report.positive(epv)) fix.altaccuracy_mm = to_mm(*deviation);
  }
  const auto heading = numbers[track];
  if (heading && *heading >= 0 && *heading <= 360 && numbers[speed].value_or(0) >= slowest_m_s) {
    fix.heading_cdeg = static_cast<std::uint16_t>(std::lround(*heading * 100));
    fix.speed_mm_s = to_mm(*numbers[speed]);
  }
  position_ = fix;
  return Kind::position;
}

std::optional<Fix> GpsdReports::fix() const {
  std::optional<Fix> fix = position_;
  if (fix) {
    if (!accuracy_known_) fix->accuracy_mm = hdop_accuracy_mm_.value_or(unknown_accuracy_mm);
    if (satellite_count_.value_or(0) > 0) fix->satellite_count = satellite_count_;
  }
  return fix;
}

}  // namespace here_tracking
