// SPDX-License-Identifier: Apache-2.0
#include "sources.hpp"

#include "here_tracking/hooks.hpp"
#include "here_tracking/platform/linux.hpp"

#include "failure.hpp"
#include "text.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <initializer_list>

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

/// no_data when none of the files has anything, else the first refusal.
template <typename AddFile>
Status add_files(const std::deque<MeasurementFile>& files, AddFile add) {
  Status first = Code::no_data;
  for (const MeasurementFile& file : files) {
    const Status status = add(file);
    if (status != Code::no_data && (first.ok() || first == Code::no_data)) first = status;
  }
  return first;
}

Status add_scans(const std::deque<MeasurementFile>& scans, ScanPart part, Sample& sample) {
  return add_files(scans,
                   [&](const MeasurementFile& scan) { return add_scan(scan, part, sample); });
}

[[noreturn]] void fail_too_large() {
  throw Failure(Exit::local, "the sample does not fit in " +
                                 std::to_string(SourceSet::sample_bytes) +
                                 " bytes: give fewer sources");
}

bool has_any(const MeasurementFile& file, std::initializer_list<const char*> members) {
  return std::any_of(members.begin(), members.end(),
                     [&file](const char* name) { return file.json.contains(name); });
}

constexpr std::initializer_list<const char*> client_members = {"client"};
constexpr std::initializer_list<const char*> sim_members = {"imsi", "iccid", "phoneNumber"};

/// Whether the last sample left out what is given because the service has it, as `reported` knows.
bool left_out(bool given, const Reported* reported) {
  if (!given || reported == nullptr) return false;
  Reported after = *reported;
  after.confirm();
  return after.confirmed() != 0 && after.confirmed() == reported->confirmed();
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

void NmeaReplay::clear() {
  parser_ = NmeaParser();
  fix_.reset();
}

Status NmeaReplay::read(Fix& fix, std::uint32_t /*timeout_ms*/) {
  if (!fix_) {
    complaint_.about(name_ + ": no valid fix in " +
                     count(parser_.stats().sentences, "sentence", "sentences") + ", and " +
                     count(parser_.stats().checksums_wrong, "checksum", "checksums") + " wrong");
    return Code::no_data;
  }
  complaint_.settled(name_ + ": has a valid fix again");
  fix = *fix_;
  return {};
}

Status Modems::scan(Sample& sample, std::uint32_t timeout_ms) {
  SystemClock clock;
  const std::int64_t end_ms = clock.now_ms() + timeout_ms;
  Status status = Code::no_data;
  // First, and not with all of the time: a modem that hangs takes all that its scan is given.
  if (wants_identity_) {
    status = identify(wants_cells_ ? timeout_ms / 2 : timeout_ms);
    if (status.ok()) status = Code::no_data;
  }
  if (wants_cells_) {
    const std::int64_t left_ms = std::max<std::int64_t>(end_ms - clock.now_ms(), 0);
    status = modems_.scan(sample, static_cast<std::uint32_t>(left_ms));
  }
  if (status == Code::not_provided) {
    about_provision_.about("modem: this program was built without D-Bus");
  }
  return status;
}

Status Modems::identify(std::uint32_t timeout_ms) {
  ModemIdentity identity;
  const Status status = modems_.identify(identity, timeout_ms);
  if (status == Code::no_data) about_identity_.about("modem: no SIM, so no identity; see mmcli -L");
  if (!status.ok()) return status;
  about_identity_.settled("modem: there is a SIM again");
  nlohmann::json json = nlohmann::json::object();
  const auto set = [](nlohmann::json& object, const char* name, const std::string& value) {
    if (!value.empty()) object[name] = value;
  };
  set(json, "imsi", identity.imsi);
  set(json, "iccid", identity.iccid);
  set(json, "phoneNumber", identity.phone_number);
  nlohmann::json module = nlohmann::json::object();
  set(module, "manufacturer", identity.manufacturer);
  set(module, "model", identity.model);
  set(module, "firmwareVersion", identity.firmware_version);
  if (!module.empty()) json["client"]["modules"].push_back(std::move(module));
  for (const HomeNetwork& network : identity.home_networks) {
    json["client"]["homenetwork"].push_back({{"mcc", *network.mcc}, {"mnc", *network.mnc}});
  }
  system_.json = std::move(json);
  return status;
}

AirScan::AirScan(const std::string& interface, Log& log)
    : name_(interface.empty() ? "WLAN" : "WLAN: " + interface),
      log_(log),
      scanner_({interface, WlanScannerSettings().max_age_ms}, this) {}

Status AirScan::scan(Sample& sample, std::uint32_t timeout_ms) {
  const Status status = scanner_.scan(sample, timeout_ms);
  if (status == Code::no_data) about_sight_.about(name_ + ": no access point in sight");
  if (status.ok()) about_sight_.settled(name_ + ": access points are in sight again");
  if (status == Code::not_provided) {
    about_scanning_.about(name_ + ": this program was built without it");
  }
  return status;
}

void AirScan::write(LogLevel level, std::string_view text) {
  const std::string line = printable(text, text.size());
  if (level <= LogLevel::warning) {
    about_scanning_.about(line);
  } else {
    about_scanning_.settled(line);
    log_.write(level, text);
  }
}

WatchedFile::WatchedFile(Setting setting) : setting_(std::move(setting)) {
  static_cast<void>(changed());
}

bool WatchedFile::changed() {
  struct stat info {};
  std::array<std::int64_t, 5> now{};
  if (stat(setting_.value.c_str(), &info) == 0) {
    now = {static_cast<std::int64_t>(info.st_dev), static_cast<std::int64_t>(info.st_ino),
           info.st_size, info.st_mtim.tv_sec, info.st_mtim.tv_nsec};
  }
  const bool changed = now != seen_;
  seen_ = now;
  return changed;
}

Status ScannedCells::scan(Sample& sample, std::uint32_t /*timeout_ms*/) {
  return add_scans(scans_, ScanPart::cells, sample);
}

Status ScannedAccessPoints::scan(Sample& sample, std::uint32_t /*timeout_ms*/) {
  return add_scans(scans_, ScanPart::access_points, sample);
}

Status ScannedBeacons::scan(Sample& sample, std::uint32_t /*timeout_ms*/) {
  return add_scans(scans_, ScanPart::beacons, sample);
}

Status RecordedSensors::read(Sample& sample, std::uint32_t /*timeout_ms*/) {
  return add_files(systems_,
                   [&](const MeasurementFile& file) { return add_sensors(file, sample); });
}

SourceSet::SourceSet(const std::vector<SourceSetting>& settings, Log& log)
    : any_(!settings.empty()) {
  // All files add up in one sample, so each is checked together with those before it.
  std::vector<char> memory(sample_bytes);
  SampleOptions options;
  options.contribute_gps = true;
  Sample all({memory.data(), memory.size()}, options);
  for (const SourceSetting& source : settings) {
    switch (source.kind) {
      case SourceKind::nmea:
        add_nmea(source.setting);
        break;
      case SourceKind::gpsd: {
        const HostAndPort at = parse_gpsd(source.setting);
        positions_.emplace_back(
            gpsd_.emplace_back("gpsd at " + at.host + ":" + at.port, log, at.host, at.port));
        break;
      }
      case SourceKind::serial: {
        const SerialPort port = parse_serial(source.setting);
        positions_.emplace_back(
            serial_.emplace_back(port.device, log, port.device, port.speed_baud));
        break;
      }
      case SourceKind::bluetooth: {
        BluezOptions bluez;
        bluez.adapter = source.setting.value;
        bluetooth_slots_.emplace_back(bluetooth_.emplace_back(bluez, log).source);
        break;
      }
      case SourceKind::sensor:
        sensor_slots_.emplace_back(
            sysfs_.emplace_back(std::vector<SysfsSensor>{parse_sensor(source.setting)}, log)
                .source);
        break;
      case SourceKind::modem:
        modems(log).want_cells();
        break;
      case SourceKind::modem_identity:
        modems(log).want_identity();
        break;
      case SourceKind::wlan:
        wlans_.emplace_back(air_scans_.emplace_back(parse_wlan(source.setting), log));
        break;
      case SourceKind::scan:
        add_scan(source.setting, all);
        break;
      case SourceKind::system:
        add_system(source.setting, all);
        break;
      case SourceKind::payload:
        set_payload(source.setting);
        break;
    }
  }
  if (!all.status().ok()) fail_too_large();
}

void SourceSet::add_nmea(const Setting& setting) {
  const bool is_stdin = setting.value == "-";
  NmeaReplay& into = replays_.emplace_back(is_stdin ? "standard input" : setting.value);
  positions_.emplace_back(into);
  if (is_stdin) {
    if (stdin_used_) throw Failure(Exit::usage, describe(setting, "given once"));
    stdin_used_ = true;
    replay(STDIN_FILENO, setting, into);
    return;
  }
  nmea_files_.emplace_back(setting);
  nmea_of_files_.push_back(&into);
  read_nmea(setting, into);
}

void SourceSet::read_nmea(const Setting& setting, NmeaReplay& into) {
  struct stat info {};
  if (stat(setting.value.c_str(), &info) == 0 && S_ISCHR(info.st_mode)) {
    throw Failure(Exit::usage, describe(setting,
                                        "a file or a pipe, which has an end; give a receiver "
                                        "with --serial, or let gpsd read it and give --gpsd"));
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

void SourceSet::add_scan(const Setting& setting, Sample& all) {
  scan_files_.emplace_back(setting);
  scans_.push_back(parse_measurements(read_file(setting, Exit::usage), setting.value));
  check_scan(scans_.back(), all);
  const nlohmann::json& json = scans_.back().json;
  if (std::all_of(json.begin(), json.end(), [](const auto& part) { return part.empty(); })) {
    warn(setting.value + ": no measurement in it");
  }
}

void SourceSet::add_system(const Setting& setting, Sample& all) {
  system_files_.emplace_back(setting);
  systems_.push_back(parse_measurements(read_file(setting, Exit::usage), setting.value));
  check_system(systems_.back(), all);
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
    throw Failure(Exit::usage, describe(setting, to_string(sample.field_error().rule)));
  }
  payload_ = setting.value;
}

Modems& SourceSet::modems(Log& log) {
  if (!modems_) {
    modems_.emplace(log);
    cell_slots_.emplace_back(*modems_);
  }
  return *modems_;
}

bool SourceSet::is_given(std::initializer_list<const char*> members) const {
  const auto has = [&members](const MeasurementFile& file) { return has_any(file, members); };
  return std::any_of(systems_.begin(), systems_.end(), has) || (modems_ && has(modems_->system()));
}

void SourceSet::refresh() {
  const auto read = [](WatchedFile& file, auto& content, auto clear, auto fill) {
    if (!file.changed()) return;
    const std::string& name = file.setting().value;
    try {
      fill(file.setting(), content);
      file.complaint.settled(name + ": can be used again");
    } catch (const Failure& failure) {
      clear(content);
      file.complaint.about(std::string("left out: ") + failure.what());
    }
  };
  const auto clear = [](auto& content) { content.clear(); };
  for (std::size_t i = 0; i < nmea_files_.size(); ++i) {
    read(nmea_files_[i], *nmea_of_files_[i], clear, [](const Setting& setting, NmeaReplay& replay) {
      replay.clear();
      read_nmea(setting, replay);
    });
  }
  const auto parse = [](auto check) {
    return [check](const Setting& setting, MeasurementFile& file) {
      MeasurementFile parsed = parse_measurements(read_file(setting, Exit::usage), setting.value);
      std::vector<char> memory(sample_bytes);
      SampleOptions options;
      options.contribute_gps = true;
      Sample sample({memory.data(), memory.size()}, options);
      check(parsed, sample);
      file = std::move(parsed);
    };
  };
  const auto empty = [](MeasurementFile& file) { file.json = nlohmann::json::object(); };
  for (std::size_t i = 0; i < scan_files_.size(); ++i)
    read(scan_files_[i], scans_[i], empty, parse(check_scan));
  for (std::size_t i = 0; i < system_files_.size(); ++i)
    read(system_files_[i], systems_[i], empty, parse(check_system));
}

Sources SourceSet::sources() {
  Sources sources;
  sources.position = {positions_.data(), positions_.size()};
  sources.cell = {cell_slots_.data(), cell_slots_.size()};
  sources.wlan = {wlans_.data(), wlans_.size()};
  sources.bluetooth = {bluetooth_slots_.data(), bluetooth_slots_.size()};
  sources.sensors = {sensor_slots_.data(), sensor_slots_.size()};
  // However long the first ones take, there must be time for the last.
  sources.total_timeout_ms = 0;
  const auto add = [&sources](const auto& slots) {
    for (const auto& slot : slots)
      sources.total_timeout_ms += slot.timeout_ms();
  };
  add(positions_);
  add(cell_slots_);
  add(wlans_);
  add(bluetooth_slots_);
  add(sensor_slots_);
  return sources;
}

void SourceSet::complete(Sample& sample, Reported* client, Reported* sim, bool tells) {
  const std::uint16_t opted_out = sample.withheld();
  // What no hook measures has been checked, so all that can be wrong is the room.
  (void)add_scans(scans_, ScanPart::place, sample);
  for (const MeasurementFile& file : systems_)
    (void)add_device(file, sample, client, sim);
  if (modems_) {
    // What a file says goes before.
    MeasurementFile own = modems_->system();
    for (const MeasurementFile& file : systems_) {
      if (has_any(file, client_members)) own.json.erase("client");
      if (!has_any(file, sim_members)) continue;
      for (const char* const member : sim_members)
        own.json.erase(member);
    }
    (void)add_device(own, sample, client, sim);
  }
  Status payload;
  if (!payload_.empty()) payload = sample.set_payload(payload_);
  if (!payload.ok() || !sample.status().ok()) fail_too_large();
  if (!tells) return;
  if (!any_) note("no source was given: only the time is in it");
  if (any_ && sample.empty()) {
    warn("the sources have nothing: only the time is in it");
  } else if (any_ && !sample.can_be_positioned()) {
    note(
        "the service cannot make a position of this: no fix, no cell, and not two of access points "
        "and beacons");
  }
  if (sample.clamped() != 0) {
    note(count(sample.clamped(), "signal level was", "signal levels were") +
         " out of the service's range and set to the nearest value in it");
  }
  if (opted_out != 0) {
    note(count(opted_out, "measurement was", "measurements were") +
         " left out, as the owner wishes: an SSID with _nomap, disableTracking");
  }
  if (sample.withheld() != opted_out) {
    note(
        "gps of the scan was left out: it is a contribution to HERE's radio map, which is made "
        "with "
        "--contribute-gps");
  }
  if (left_out(is_given(client_members), client)) {
    note("client was left out: the service has it, unchanged");
  }
  if (left_out(is_given(sim_members), sim)) {
    note("imsi, iccid and phoneNumber were left out: the service has them, unchanged");
  }
}

void SourceSet::gather_into(Sample& sample) {
  SystemClock clock;
  // Each source of ours has said itself what it misses; what is left is a value that breaks a rule.
  if (gather(sources(), sample, clock, not_provided::log) == Code::invalid_value) {
    std::array<char, 160> memory{};
    warn("left out: " + std::string(memory.data(), format(sample.field_error(), memory)));
  }
  complete(sample, nullptr, nullptr, true);
}

}  // namespace here_tracking::cli
