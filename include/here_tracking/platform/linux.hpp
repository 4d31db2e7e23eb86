// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "here_tracking/hooks/clock.hpp"
#include "here_tracking/hooks/entropy.hpp"
#include "here_tracking/hooks/log.hpp"
#include "here_tracking/hooks/storage.hpp"

#include <cstdint>
#include <string>

/// Hooks for Linux. They may use the heap, and each is used by one thread at a time.

namespace here_tracking {

/// CLOCK_BOOTTIME, which goes on in suspend, and the kernel's boot id.
class SystemClock final : public Clock {
 public:
  std::int64_t now_ms() override;
  std::uint64_t boot_id() override;
};

/// getrandom(2).
class SystemEntropy final : public Entropy {
 public:
  Status fill(Span<std::uint8_t> into) override;
};

/// A directory with a file a record, readable by its owner alone. A record is replaced by writing a
/// temporary file, fsync, rename, fsync of the directory, so several processes may share it.
class FileStorage final : public Storage {
 public:
  /// The directory (and its missing parents) is made with mode 0700 at the first store().
  explicit FileStorage(std::string directory) : directory_(std::move(directory)) {}

  Status load(std::string_view name, Span<std::uint8_t> into, std::size_t& size) override;
  Status store(std::string_view name, Span<const std::uint8_t> record) override;
  Status erase(std::string_view name) override;

  /// errno of the last hook_failed.
  [[nodiscard]] int last_errno() const { return last_errno_; }

 private:
  std::string directory_;
  int last_errno_ = 0;
};

/// Lines on standard error, "warning: text", up to and including `most`.
class StderrLog final : public Log {
 public:
  explicit StderrLog(LogLevel most = LogLevel::warning) : most_(most) {}
  void write(LogLevel level, std::string_view text) override;

 private:
  LogLevel most_;
};

}  // namespace here_tracking
