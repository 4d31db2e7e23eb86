// SPDX-License-Identifier: Apache-2.0
#include "sources.hpp"

#include "here_tracking/hooks.hpp"

#include "failure.hpp"
#include "text.hpp"

#include <array>
#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace here_tracking::cli {
namespace {

std::string error_text() {
  return std::strerror(errno);
}

void replay(int fd, const Setting& setting, NmeaReplay& into) {
  std::array<char, 65536> bytes{};
  for (;;) {
    const ssize_t size = read(fd, bytes.data(), bytes.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) {
      throw Failure(Exit::usage, describe(setting, "a readable file (" + error_text() + ")"));
    }
    if (size == 0) break;
    into.feed({bytes.data(), static_cast<std::size_t>(size)});
  }
  into.finish();
}

template <typename Item>
void append(std::vector<Item>& to, std::vector<Item>&& items, std::size_t most, const char* rule) {
  if (to.size() + items.size() > most) {
    throw Failure(Exit::usage, "--scan: " + std::to_string(to.size() + items.size()) +
                                   " in all files together: must be " + rule);
  }
  for (Item& item : items)
    to.push_back(std::move(item));
}

}  // namespace

void NmeaReplay::feed(std::string_view bytes) {
  parser_.feed(bytes);
  if (std::optional<Fix> fix = parser_.take_fix()) fix_ = fix;
}

void NmeaReplay::finish() {
  parser_.finish();
  feed({});
  if (parser_.stats().sentences == 0) {
    throw Failure(Exit::usage, name_ + ": no NMEA sentence in it (" +
                                   count(parser_.stats().checksums_wrong, "checksum", "checksums") +
                                   " wrong): must hold the text of a GNSS receiver, lines such as "
                                   "$GPRMC,...*hh");
  }
}

Status NmeaReplay::read(Fix& fix, std::uint32_t /*timeout_ms*/) {
  if (!fix_) {
    warn(name_ + ": no valid fix in " + count(parser_.stats().sentences, "sentence", "sentences") +
         ", and " + count(parser_.stats().checksums_wrong, "checksum", "checksums") + " wrong");
    return Code::no_data;
  }
  fix = *fix_;
  return {};
}

GpsdReceiver::GpsdReceiver(HostAndPort address, Log& log)
    : name_("gpsd at " + address.host + ", port " + address.port),
      log_(log),
      source_(std::move(address.host), std::move(address.port), &log_) {}

Status GpsdReceiver::read(Fix& fix, std::uint32_t timeout_ms) {
  const Status status = source_.read(fix, timeout_ms);
  if (status == Code::no_data) {
    warn(name_ + ": no fix within " + std::to_string(timeout_ms / 1000) + " s");
  } else if (!status.ok()) {
    warn(name_ + ": " +
         printable(log_.reason().empty() ? to_string(status.code()) : log_.reason().c_str()));
  }
  return status;
}

Status ScannedCells::scan(Sample& sample, std::uint32_t /*timeout_ms*/) {
  if (scan_.gsm.empty()) return Code::no_data;
  Status first;
  for (const Scan::Cell& item : scan_.gsm) {
    GsmCell cell = item.cell;
    cell.nmr = {item.nmr.data(), item.nmr.size()};
    const Status status = sample.add(cell);
    if (first.ok()) first = status;
  }
  return first;
}

Status ScannedAccessPoints::scan(Sample& sample, std::uint32_t /*timeout_ms*/) {
  if (scan_.wlan.empty()) return Code::no_data;
  Status first;
  for (const Scan::AccessPoint& item : scan_.wlan) {
    WlanAccessPoint access_point = item.access_point;
    access_point.ssid = item.ssid;
    const Status status = sample.add(access_point);
    if (first.ok()) first = status;
  }
  return first;
}

SourceSet::SourceSet(const std::vector<SourceSetting>& settings, Log& log)
    : any_(!settings.empty()) {
  for (const SourceSetting& source : settings) {
    switch (source.kind) {
      case SourceKind::nmea:
        add_nmea(source.setting);
        break;
      case SourceKind::gpsd:
        positions_.push_back(&receivers_.emplace_back(parse_gpsd(source.setting), log));
        break;
      case SourceKind::scan:
        add_scan(source.setting);
        break;
      case SourceKind::payload:
        set_payload(source.setting);
        break;
    }
  }
}

void SourceSet::add_nmea(const Setting& setting) {
  const bool is_stdin = setting.value == "-";
  NmeaReplay& into = replays_.emplace_back(is_stdin ? "standard input" : setting.value);
  positions_.push_back(&into);
  if (is_stdin) {
    if (stdin_used_) throw Failure(Exit::usage, describe(setting, "given once"));
    stdin_used_ = true;
    replay(STDIN_FILENO, setting, into);
    return;
  }
  struct stat info {};
  if (stat(setting.value.c_str(), &info) == 0 && S_ISCHR(info.st_mode)) {
    throw Failure(Exit::usage, describe(setting,
                                        "a file or a pipe, which has an end; let gpsd read the "
                                        "receiver and give --gpsd"));
  }
  const int fd = open(setting.value.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY);
  if (fd < 0) {
    throw Failure(Exit::usage, describe(setting, "a readable file (" + error_text() + ")"));
  }
  try {
    replay(fd, setting, into);
  } catch (const Failure&) {
    close(fd);
    throw;
  }
  close(fd);
}

void SourceSet::add_scan(const Setting& setting) {
  Scan scan = parse_scan(read_file(setting, Exit::usage), setting.value);
  if (scan.gsm.empty() && scan.wlan.empty()) {
    warn(setting.value + ": no cell and no access point in it");
  }
  append(scan_.gsm, std::move(scan.gsm), Sample::max_cells, "at most 16 cells");
  append(scan_.wlan, std::move(scan.wlan), Sample::max_wlan_access_points,
         "at most 128 access points");
}

void SourceSet::set_payload(const Setting& setting) {
  if (!payload_.empty()) {
    throw Failure(Exit::usage, setting.origin +
                                   ": must be given once: put all members in one "
                                   "object");
  }
  std::array<char, 2048> buffer{};
  Sample sample(buffer);
  if (!sample.set_payload(setting.value).ok()) {
    throw Failure(Exit::usage, describe(setting, sample.field_error().rule));
  }
  payload_ = setting.value;
}

void SourceSet::gather_into(Sample& sample) {
  if (!any_) note("no source was given: only the time is in it");
  CellSource* const cells = &cells_;
  WlanSource* const access_points = &access_points_;
  Sources sources;
  sources.position = {positions_.data(), positions_.size()};
  sources.cell = {&cells, 1};
  sources.wlan = {&access_points, 1};
  // Each source of ours has said itself what it misses; what is left is a value that breaks a rule.
  if (gather(sources, sample, not_provided::log) == Code::invalid_value) {
    std::array<char, 160> memory{};
    warn("left out: " + std::string(memory.data(), format(sample.field_error(), memory)));
  }
  Status payload;
  if (!payload_.empty()) payload = sample.set_payload(payload_);
  if (!payload.ok() || !sample.status().ok()) {
    throw Failure(Exit::local, "the sample does not fit in " + std::to_string(sample_bytes) +
                                   " bytes: give fewer sources");
  }
  if (any_ && sample.empty()) warn("the sources have nothing: only the time is in it");
  if (sample.clamped() != 0) {
    note(count(sample.clamped(), "signal level was", "signal levels were") +
         " out of the service's range and set to the nearest value in it");
  }
  if (sample.withheld() != 0) {
    note(count(sample.withheld(), "access point was", "access points were") +
         " left out: the owner opted out with _nomap");
  }
}

}  // namespace here_tracking::cli
