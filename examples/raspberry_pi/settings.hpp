// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "here_tracking/platform/sysfs.hpp"
#include "here_tracking/queue.hpp"

#include "failure.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace here_tracking::cli {

/// A value, and where it was given in words for an error: "--url", "HERE_TRACKING_URL",
/// "/etc/here-tracking.conf:3: url".
struct Setting {
  std::string value;
  std::string origin;
};

enum class SourceKind : std::uint8_t {
  nmea,
  gpsd,
  modem,
  modem_identity,
  wlan,
  serial,
  bluetooth,
  sensor,
  scan,
  system,
  payload
};

struct SourceSetting {
  SourceKind kind;
  Setting setting;
};

struct Settings {
  std::optional<Setting> url;
  std::optional<Setting> ca_file;
  std::optional<Setting> state_dir;
  std::optional<Setting> credentials;
  std::optional<Setting> sample_s;
  std::optional<Setting> send_s;
  std::optional<Setting> distance_m;
  std::optional<Setting> queue_mb;
  std::optional<Setting> when_full;
  std::optional<Setting> drain;
  std::optional<Setting> old_samples;
  std::vector<SourceSetting> sources;  ///< In the order given
};

/// A setting with one value: the name of its key; its flag is the same with hyphens.
struct Key {
  const char* name;
  std::optional<Setting> Settings::*setting;
  bool is_path;
};

inline constexpr Key keys[] = {
    {"url", &Settings::url, false},
    {"ca_file", &Settings::ca_file, true},
    {"state_dir", &Settings::state_dir, true},
    {"credentials", &Settings::credentials, true},
    {"sample_s", &Settings::sample_s, false},
    {"send_s", &Settings::send_s, false},
    {"distance_m", &Settings::distance_m, false},
    {"queue_mb", &Settings::queue_mb, false},
    {"when_full", &Settings::when_full, false},
    {"drain", &Settings::drain, false},
    {"old_samples", &Settings::old_samples, false},
};

/// "--state-dir" for "state_dir".
[[nodiscard]] std::string flag_of(const Key& key);

/// The device's own pace, and what becomes of samples that wait.
struct Tracking {
  std::uint32_t sample_s = 60;
  std::uint32_t send_s = 600;
  std::uint32_t distance_m = 0;
  std::uint32_t queue_mb = 8;
  QueueConfig queue;
  bool restamp = false;
};

/// Who the device is. The secret is wiped at the end.
struct Credentials {
  Setting device_id;
  Setting device_secret;

  Credentials() = default;
  Credentials(const Credentials&) = delete;
  Credentials& operator=(const Credentials&) = delete;
  Credentials(Credentials&&) = default;
  Credentials& operator=(Credentials&&) = default;
  ~Credentials();
};

/// getenv(3), or what a test puts in its place. An empty variable counts as missing.
using Environment = std::function<const char*(const char*)>;

/// The one of the machine's tracker, read where no other is given.
inline constexpr const char* default_config = "/etc/here-tracking/here-tracking.conf";

inline constexpr const char* default_gpsd = "localhost:2947";

/// "ORIGIN = VALUE".
[[nodiscard]] std::string quote(const Setting& setting);

/// "ORIGIN = VALUE: must be RULE".
[[nodiscard]] std::string describe(const Setting& setting, std::string_view rule);

/// Reads a file of `key = value` lines. Relative paths are taken relative to `file`.
/// @throws Failure (configuration) naming file and line.
[[nodiscard]] Settings parse_config(std::string_view text, const std::string& file);

/// @throws Failure (credentials) naming file and line, never the secret.
[[nodiscard]] Credentials parse_credentials(std::string_view text, const std::string& file);

[[nodiscard]] Settings environment_settings(const Environment& environment);

/// @throws Failure (configuration) for what is no number of the range, or no word of the list.
[[nodiscard]] Tracking tracking(const Settings& settings);

/// `stronger`, completed by `weaker`. The sources of one are never mixed with those of the other.
[[nodiscard]] Settings overlay(Settings stronger, Settings weaker);

/// Reads a credentials file that nobody but its owner can read.
/// @param kept whether it lies where a service manager keeps it, who gives more rights than a mode
///             tells of.
/// @throws Failure (credentials).
[[nodiscard]] Credentials read_credentials(const Setting& file, bool kept = false);

/// From the flag, else the environment, else what systemd hands over
/// (LoadCredential=credentials:...), else the config file; nothing when none of them has any.
/// @throws Failure (credentials).
[[nodiscard]] std::optional<Credentials> find_credentials(const Settings& flags,
                                                          const Environment& environment,
                                                          const Settings& config_file);

/// @throws Failure (configuration) when the environment does not even name a home.
[[nodiscard]] Setting default_state_dir(const Environment& environment);

struct HostAndPort {
  std::string host;
  std::string port;
};

/// "host", "host:port", "[::1]:port"; an empty text is default_gpsd.
/// @throws Failure (usage).
[[nodiscard]] HostAndPort parse_gpsd(const Setting& setting);

/// The name of a network interface; an empty text is the first one.
/// @throws Failure (usage).
[[nodiscard]] std::string parse_wlan(const Setting& setting);

struct SerialPort {
  std::string device;
  std::uint32_t speed_baud = 9600;
};

/// "/dev/ttyACM0", "/dev/serial0:115200".
/// @throws Failure (usage).
[[nodiscard]] SerialPort parse_serial(const Setting& setting);

/// "battery", "temperature=bme280".
/// @throws Failure (usage).
[[nodiscard]] SysfsSensor parse_sensor(const Setting& setting);

/// The whole file, at most 1 MiB.
/// @throws Failure with `exit`.
[[nodiscard]] std::string read_file(const Setting& file, Exit exit);

}  // namespace here_tracking::cli
