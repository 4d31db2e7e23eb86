// SPDX-License-Identifier: Apache-2.0
#pragma once

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

enum class SourceKind : std::uint8_t { nmea, gpsd, scan, system, payload };

struct SourceSetting {
  SourceKind kind;
  Setting setting;
};

struct Settings {
  std::optional<Setting> url;
  std::optional<Setting> ca_file;
  std::optional<Setting> state_dir;
  std::optional<Setting> credentials;
  std::vector<SourceSetting> sources;  ///< In the order given
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

inline constexpr const char* default_gpsd = "localhost:2947";

/// "ORIGIN = VALUE: must be RULE".
[[nodiscard]] std::string describe(const Setting& setting, std::string_view rule);

/// Reads a file of `key = value` lines. Relative paths are taken relative to `file`.
/// @throws Failure (configuration) naming file and line.
[[nodiscard]] Settings parse_config(std::string_view text, const std::string& file);

/// @throws Failure (credentials) naming file and line, never the secret.
[[nodiscard]] Credentials parse_credentials(std::string_view text, const std::string& file);

[[nodiscard]] Settings environment_settings(const Environment& environment);

/// `stronger`, completed by `weaker`. The sources of one are never mixed with those of the other.
[[nodiscard]] Settings overlay(Settings stronger, Settings weaker);

/// Reads a credentials file that nobody but its owner can read.
/// @throws Failure (credentials).
[[nodiscard]] Credentials read_credentials(const Setting& file);

/// From the flag, else the environment, else the config file; nothing when none of them has any.
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

/// The whole file, at most 1 MiB.
/// @throws Failure with `exit`.
[[nodiscard]] std::string read_file(const Setting& file, Exit exit);

}  // namespace here_tracking::cli
