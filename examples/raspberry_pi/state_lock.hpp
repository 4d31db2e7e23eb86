// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "settings.hpp"

#include <optional>
#include <string>

namespace here_tracking::cli {

/// Who works with a state directory.
struct LockHolder {
  int pid = 0;  ///< 0: nobody does now
  std::string command;
  std::string status_file;  ///< Of `run`, the last one that there was
};

/// A state directory is written to by one of run, send and queue at a time. The lock ends with the
/// process, however that ends.
class StateLock {
 public:
  /// @param state_dir must exist. @param command that wants it.
  /// @throws Failure (configuration), saying who has it and what helps.
  StateLock(const Setting& state_dir, const std::string& command,
            const std::string& status_file = {});
  ~StateLock();
  StateLock(const StateLock&) = delete;
  StateLock& operator=(const StateLock&) = delete;

 private:
  int fd_;
};

/// Takes nothing, so it is in nobody's way. Not for a process that has the lock: it would lose it.
[[nodiscard]] LockHolder lock_holder(const std::string& state_dir);

}  // namespace here_tracking::cli
