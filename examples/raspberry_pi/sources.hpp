// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "here_tracking/gather.hpp"
#include "here_tracking/nmea.hpp"
#include "here_tracking/platform/bluez.hpp"
#include "here_tracking/platform/gpsd.hpp"
#include "here_tracking/platform/modem_manager.hpp"
#include "here_tracking/platform/serial_nmea.hpp"
#include "here_tracking/platform/sysfs.hpp"
#include "here_tracking/platform/wlan.hpp"

#include "console.hpp"
#include "measurement_file.hpp"
#include "settings.hpp"

#include <array>
#include <cstdint>
#include <deque>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace here_tracking::cli {

/// The last valid fix of a recorded NMEA log.
class NmeaReplay final : public PositionSource {
 public:
  /// @param name of the log, for messages.
  explicit NmeaReplay(std::string name) : name_(std::move(name)) {}

  void feed(std::string_view bytes);
  /// The end of the log.
  /// @throws Failure (usage) when there was not one NMEA sentence in it.
  void finish();

  /// Forgets what was fed.
  void clear();

  /// @return ok; no_data, with a warning.
  Status read(Fix& fix, std::uint32_t timeout_ms) override;

 private:
  std::string name_;
  NmeaParser parser_;
  std::optional<Fix> fix_;
  Complaint complaint_;
};

/// A receiver, with a warning when it has nothing.
template <typename Source>
class Receiver final : public PositionSource {
 public:
  /// @param name for messages. @param log borrowed. @param settings what stands before the log in
  ///        the source's constructor.
  template <typename... Settings>
  Receiver(std::string name, Log& log, Settings... settings)
      : name_(std::move(name)), log_(log), source_(std::move(settings)..., &log_) {}

  Status read(Fix& fix, std::uint32_t timeout_ms) override {
    const Status status = source_.read(fix, timeout_ms);
    if (status == Code::no_data) {
      complaint_.about(name_ + ": no fix within " + std::to_string(timeout_ms / 1000) + " s");
    } else if (status.ok()) {
      complaint_.settled(name_ + ": has a fix again");
    }
    return status;
  }

 private:
  std::string name_;
  NoticeLog log_;
  Source source_;
  Complaint complaint_;
};

/// The cells that the modems see, and who modem and SIM are, with a warning for what they have not.
class Modems final : public CellSource {
 public:
  /// @param log borrowed.
  explicit Modems(Log& log) : log_(log), modems_(&log_) {}

  /// What scan() asks for.
  void want_cells() { wants_cells_ = true; }
  void want_identity() { wants_identity_ = true; }
  Status scan(Sample& sample, std::uint32_t timeout_ms) override;

  /// What has been found out about modem and SIM, as a system object, empty before that.
  [[nodiscard]] const MeasurementFile& system() const { return system_; }

 private:
  Status identify(std::uint32_t timeout_ms);

  NoticeLog log_;
  ModemManagerCells modems_;
  bool wants_cells_ = false;
  bool wants_identity_ = false;
  MeasurementFile system_{"modem", nlohmann::json::object()};
  Complaint about_provision_;
  Complaint about_identity_;
};

/// The access points in sight, with a warning when there are none, or nobody can scan.
class AirScan final : public WlanSource, private Log {
 public:
  /// @param log borrowed.
  AirScan(const std::string& interface, Log& log);
  Status scan(Sample& sample, std::uint32_t timeout_ms) override;

 private:
  void write(LogLevel level, std::string_view text) override;

  std::string name_;
  Log& log_;
  WlanScanner scanner_;
  Complaint about_sight_;
  Complaint about_scanning_;
};

/// Another source of this machine, with a warning when it has nothing.
template <typename Source>
struct Announced {
  template <typename Settings>
  Announced(Settings settings, Log& more) : log(more), source(std::move(settings), &log) {}

  NoticeLog log;
  Source source;
};

// What the files of --scan and --system hold, all of them together. The lists are borrowed.

class ScannedCells final : public CellSource {
 public:
  explicit ScannedCells(const std::deque<MeasurementFile>& scans) : scans_(scans) {}
  Status scan(Sample& sample, std::uint32_t timeout_ms) override;

 private:
  const std::deque<MeasurementFile>& scans_;
};

class ScannedAccessPoints final : public WlanSource {
 public:
  explicit ScannedAccessPoints(const std::deque<MeasurementFile>& scans) : scans_(scans) {}
  Status scan(Sample& sample, std::uint32_t timeout_ms) override;

 private:
  const std::deque<MeasurementFile>& scans_;
};

class ScannedBeacons final : public BluetoothSource {
 public:
  explicit ScannedBeacons(const std::deque<MeasurementFile>& scans) : scans_(scans) {}
  Status scan(Sample& sample, std::uint32_t timeout_ms) override;

 private:
  const std::deque<MeasurementFile>& scans_;
};

class RecordedSensors final : public SensorSource {
 public:
  explicit RecordedSensors(const std::deque<MeasurementFile>& systems) : systems_(systems) {}
  Status read(Sample& sample, std::uint32_t timeout_ms) override;

 private:
  const std::deque<MeasurementFile>& systems_;
};

/// A file that somebody else replaces or writes on.
class WatchedFile {
 public:
  explicit WatchedFile(Setting setting);

  [[nodiscard]] const Setting& setting() const { return setting_; }
  /// Whether it is another one than at the last call.
  [[nodiscard]] bool changed();

  Complaint complaint;

 private:
  Setting setting_;
  std::array<std::int64_t, 5> seen_{};  // what stat(2) says
};

/// What the user named with --nmea, --gpsd and the like. Files are read at once, so that what is
/// wrong with them shows before anything is sent.
class SourceSet {
 public:
  /// What all sources together can have at most fits in a sample of that size.
  static constexpr std::size_t sample_bytes = 1024UL * 1024;

  /// @param log borrowed; gets what the sources have to say beyond warnings.
  /// @throws Failure (usage).
  SourceSet(const std::vector<SourceSetting>& settings, Log& log);

  /// Reads anew the files that have changed. One that is wrong now counts as empty, with a warning.
  void refresh();

  /// What gather() asks. Valid as long as this object.
  [[nodiscard]] Sources sources();

  /// Adds to a sample what no source measures. Of client and SIM what is given as reported already
  /// stays out.
  /// @param tells whether a line on standard error says what is missing, and why.
  void complete(Sample& sample, Reported* client, Reported* sim, bool tells);

  /// Fills `sample`, with a line on standard error for each source that has nothing.
  void gather_into(Sample& sample);

 private:
  void add_nmea(const Setting& setting);
  static void read_nmea(const Setting& setting, NmeaReplay& into);
  void add_scan(const Setting& setting, Sample& all);
  void add_system(const Setting& setting, Sample& all);
  void set_payload(const Setting& setting);
  Modems& modems(Log& log);
  [[nodiscard]] bool is_given(std::initializer_list<const char*> members) const;

  std::deque<NmeaReplay> replays_;
  std::deque<WatchedFile> nmea_files_;  // of the replays, but for standard input
  std::deque<NmeaReplay*> nmea_of_files_;
  std::deque<WatchedFile> scan_files_;
  std::deque<WatchedFile> system_files_;
  std::deque<Receiver<GpsdSource>> gpsd_;
  std::deque<Receiver<SerialNmeaSource>> serial_;
  std::deque<Announced<BluezBeacons>> bluetooth_;
  std::deque<Announced<SysfsSensors>> sysfs_;
  std::vector<SourceSlot<PositionSource>> positions_;
  std::deque<MeasurementFile> scans_;
  std::deque<MeasurementFile> systems_;
  ScannedCells cells_{scans_};
  ScannedAccessPoints access_points_{scans_};
  std::deque<AirScan> air_scans_;
  ScannedBeacons beacons_{scans_};
  RecordedSensors sensors_{systems_};
  std::optional<Modems> modems_;
  std::vector<SourceSlot<CellSource>> cell_slots_{cells_};
  std::vector<SourceSlot<WlanSource>> wlans_{access_points_};
  std::vector<SourceSlot<BluetoothSource>> bluetooth_slots_{beacons_};
  std::vector<SourceSlot<SensorSource>> sensor_slots_{sensors_};
  std::string payload_;
  bool stdin_used_ = false;
  bool any_ = false;
};

}  // namespace here_tracking::cli
