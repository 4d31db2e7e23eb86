// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "settings.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace here_tracking::cli {

/// What `run` tells `status`. Times but that of the start and the last success are those of
/// SystemClock, of the boot that is named.
struct RunStatus {
  int pid = 0;
  std::uint64_t boot_id = 0;
  std::int64_t started_ms = 0;                  ///< System time
  std::optional<std::int64_t> last_success_ms;  ///< Server time
  std::optional<std::uint64_t> shadow_version;
  std::int64_t next_sample_ms = 0;
  std::int64_t next_send_ms = 0;
  std::uint32_t sample_ms = 0;  ///< The pace in force
  std::uint32_t send_ms = 0;
  std::uint32_t not_stored = 0;  ///< Samples that the storage did not take
  std::string connection;
  std::string trouble;  ///< Empty while online
};

[[nodiscard]] std::string to_json(const RunStatus& status);

/// Nothing for what is none.
[[nodiscard]] std::optional<RunStatus> parse_run_status(std::string_view json);

/// What stands in that file; nothing when it is gone.
[[nodiscard]] std::optional<RunStatus> read_run_status(const std::string& path);

/// Where `run` puts it: in memory, where the system offers a place, else in the state directory.
[[nodiscard]] std::string status_path(const Environment& environment, const Setting& state_dir);

/// A file that is replaced as a whole.
class StatusFile {
 public:
  /// @param min_interval_ms between two that are not urgent.
  StatusFile(std::string path, std::int64_t min_interval_ms)
      : path_(std::move(path)), min_interval_ms_(min_interval_ms) {}

  /// Writes what has changed, at once or when its time has come.
  /// @param urgent whether it must not wait.
  void update(const RunStatus& status, std::int64_t now_ms, bool urgent);

 private:
  std::string path_;
  std::int64_t min_interval_ms_;
  std::int64_t written_ms_ = 0;
  std::string written_;
  bool failed_ = false;
};

}  // namespace here_tracking::cli
