// SPDX-License-Identifier: Apache-2.0
#include "here_tracking/platform/gpsd.hpp"

#include "core/json_reader.hpp"
#include "file_descriptor.hpp"
#include "gpsd_reports.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cmath>
#include <memory>
#include <string_view>
#include <system_error>

#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>

namespace here_tracking {

namespace {

constexpr std::size_t max_depth = 8;
constexpr double m_per_hdop = 5;
constexpr std::uint32_t unknown_accuracy_mm = 25000;
constexpr double max_length_m = 1e6;
constexpr double max_altitude_m = 1e5;
constexpr double slowest_m_s = 0.5;

enum Number : std::uint8_t {
  mode,
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
    "mode", "lat", "lon", "altHAE", "track", "speed", "eph", "epx", "epy", "epv", "hdop", "uSat"};

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

  bool on_key(const JsonString& key) override {
    if (depth_ == 1) {
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
    key_is_used_ = depth_ == 3 && key.text == "used";
    return true;
  }

  bool on_string(const JsonString& value) override {
    if (depth_ == 1 && member_ == Member::name_of_class) report_.kind = to_class(value.text);
    return true;
  }

  bool on_number(std::string_view text) override {
    if (depth_ == 1 && member_ == Member::number) {
      double value = 0;
      const auto end = std::from_chars(text.data(), text.data() + text.size(), value);
      if (end.ec == std::errc{} && std::isfinite(value)) report_.numbers[number_] = value;
    }
    return true;
  }

  bool on_bool(bool value) override {
    if (value && key_is_used_ && member_ == Member::satellites) ++report_.used_satellites;
    return true;
  }

  bool on_begin(bool object, std::size_t depth, std::size_t) override {
    if (depth == 1 && !object) return false;
    depth_ = depth;
    if (depth == 2 && member_ == Member::satellites && !object) report_.has_satellites = true;
    if (depth == 3 && member_ == Member::devices) report_.has_devices = true;
    return true;
  }

  bool on_end(bool, std::size_t depth, std::size_t) override {
    depth_ = depth - 1;
    key_is_used_ = false;
    return true;
  }

 private:
  enum class Member : std::uint8_t { other, name_of_class, devices, satellites, number };

  static Report::Class to_class(std::string_view name) {
    if (name == "TPV") return Report::Class::tpv;
    if (name == "SKY") return Report::Class::sky;
    if (name == "VERSION") return Report::Class::version;
    if (name == "DEVICES") return Report::Class::devices;
    return Report::Class::other;
  }

  Report& report_;
  std::size_t depth_ = 0;
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
      return take_position(report) ? Kind::position : Kind::other;
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

bool GpsdReports::take_position(const Report& report) {
  const auto& numbers = report.numbers;
  const bool three_dimensional = numbers[mode] == 3.0;
  if (!three_dimensional && numbers[mode] != 2.0) return false;
  if (!numbers[lat] || !numbers[lon]) return false;
  if (std::abs(*numbers[lat]) > 90 || std::abs(*numbers[lon]) > 180) return false;

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
  return true;
}

std::optional<Fix> GpsdReports::fix() const {
  std::optional<Fix> fix = position_;
  if (fix) {
    if (!accuracy_known_) fix->accuracy_mm = hdop_accuracy_mm_.value_or(unknown_accuracy_mm);
    if (satellite_count_.value_or(0) > 0) fix->satellite_count = satellite_count_;
  }
  return fix;
}

namespace {

using std::chrono::milliseconds;
using Time = std::chrono::steady_clock::time_point;

// gpsd's own limit for a report is 10240 bytes.
constexpr std::size_t max_line_bytes = 16384;
// gpsd reports once a second, the satellites a little after the position.
constexpr milliseconds satellites_wait{1500};
constexpr std::string_view watch = "?WATCH={\"enable\":true,\"json\":true};\n";

using Addresses = std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)>;

/// False when `deadline` came first.
bool wait_for(int fd, short events, Time deadline) {
  for (;;) {
    const auto left = std::chrono::ceil<milliseconds>(deadline - std::chrono::steady_clock::now());
    const auto limit = std::clamp<std::int64_t>(left.count(), 0, 60000);
    pollfd waiting = {fd, events, 0};
    const int ready = ::poll(&waiting, 1, static_cast<int>(limit));
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR) return false;
    if (left.count() <= limit && ready == 0) return false;
  }
}

/// 0 or an errno.
int connect_to(const FileDescriptor& connection, const addrinfo& address, Time deadline) {
  if (!connection.valid()) return errno;
  if (::connect(connection.get(), address.ai_addr, address.ai_addrlen) == 0) return 0;
  if (errno != EINPROGRESS && errno != EINTR) return errno;
  if (!wait_for(connection.get(), POLLOUT, deadline)) return ETIMEDOUT;
  int error = 0;
  socklen_t size = sizeof(error);
  if (::getsockopt(connection.get(), SOL_SOCKET, SO_ERROR, &error, &size) != 0) return errno;
  return error;
}

FileDescriptor connect_to_any(const addrinfo* addresses, Time deadline, int& error) {
  error = EADDRNOTAVAIL;
  std::int64_t left = 0;
  for (const addrinfo* address = addresses; address != nullptr; address = address->ai_next) {
    ++left;
  }
  for (const addrinfo* address = addresses; address != nullptr; address = address->ai_next) {
    // One that does not answer leaves its share of the time to the others.
    const Time now = std::chrono::steady_clock::now();
    const Time share = now + (deadline - now) / left--;
    FileDescriptor connection(::socket(address->ai_family,
                                       address->ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC,
                                       address->ai_protocol));
    error = connect_to(connection, *address, share);
    if (error == 0) return connection;
  }
  return FileDescriptor(-1);
}

/// Cuts what arrives into lines. Lines that are too long are left out.
class Lines {
 public:
  void append(std::string_view bytes) { text_.append(bytes); }

  bool next(std::string& line) {
    for (;;) {
      const std::size_t end = text_.find('\n', searched_);
      if (end == std::string::npos) {
        searched_ = text_.size();
        if (searched_ > max_line_bytes) {
          skipping_ = true;
          text_.clear();
          searched_ = 0;
        }
        return false;
      }
      line = text_.substr(0, end);
      text_.erase(0, end + 1);
      searched_ = 0;
      const bool whole = !skipping_ && line.size() <= max_line_bytes;
      skipping_ = false;
      if (whole) return true;
    }
  }

 private:
  std::string text_;
  std::size_t searched_ = 0;
  bool skipping_ = false;
};

void say(Log* log, LogLevel level, const std::string& server, std::string_view what) {
  if (log == nullptr) return;
  std::string text = "gpsd at " + server.substr(0, 60) + ": ";
  text.append(what.substr(0, 90));
  log->write(level, text);
}

}  // namespace

Status GpsdSource::read(Fix& fix, std::uint32_t timeout_ms) {
  const Time deadline = std::chrono::steady_clock::now() + milliseconds(timeout_ms);
  const bool bare_ipv6 = host_.find(':') != std::string::npos;
  const std::string server = (bare_ipv6 ? "[" + host_ + "]" : host_) + ":" + port_;

  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int lookup = ::getaddrinfo(host_.c_str(), port_.c_str(), &hints, &found);
  const Addresses addresses(found, &::freeaddrinfo);
  if (lookup != 0) {
    say(log_, LogLevel::warning, server, ::gai_strerror(lookup));
    return Code::hook_failed;
  }
  int error = 0;
  const FileDescriptor connection = connect_to_any(addresses.get(), deadline, error);
  if (!connection.valid()) {
    say(log_, LogLevel::warning, server,
        "cannot connect: " + std::generic_category().message(error));
    return Code::hook_failed;
  }

  GpsdReports reports;
  Lines lines;
  std::string line;
  bool greeted = false;
  Time until = deadline;
  while (wait_for(connection.get(), POLLIN, until)) {
    std::array<char, 4096> piece{};
    const ssize_t count = ::recv(connection.get(), piece.data(), piece.size(), 0);
    if (count < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (count <= 0) {
      if (reports.fix()) break;
      say(log_, LogLevel::warning, server, "closed the connection");
      return Code::hook_failed;
    }
    lines.append({piece.data(), static_cast<std::size_t>(count)});
    while (lines.next(line)) {
      const GpsdReports::Kind kind = reports.take_line(line);
      if (!greeted) {
        if (kind != GpsdReports::Kind::version) {
          say(log_, LogLevel::warning, server, "does not speak gpsd's JSON protocol");
          return Code::hook_failed;
        }
        greeted = true;
        if (::send(connection.get(), watch.data(), watch.size(), MSG_NOSIGNAL) !=
            static_cast<ssize_t>(watch.size())) {
          say(log_, LogLevel::warning, server, "closed the connection");
          return Code::hook_failed;
        }
      } else if (kind == GpsdReports::Kind::no_devices) {
        say(log_, LogLevel::warning, server,
            "it has no receiver; name one with gpsdctl add or in /etc/default/gpsd");
      } else if (kind == GpsdReports::Kind::position) {
        until = std::min(until, std::chrono::steady_clock::now() + satellites_wait);
      }
    }
    if (reports.satellites_known() && reports.fix()) break;
  }

  if (const auto newest = reports.fix()) {
    fix = *newest;
    return {};
  }
  if (!greeted) {
    say(log_, LogLevel::warning, server, "no greeting within the time limit");
    return Code::hook_failed;
  }
  return Code::no_data;
}

}  // namespace here_tracking
