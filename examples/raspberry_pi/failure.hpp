// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "text.hpp"

#include <stdexcept>
#include <string>

namespace here_tracking::cli {

/// The exit codes of the program; `--help` and README.md explain them.
enum class Exit : int {
  ok = 0,
  local = 1,
  usage = 2,
  configuration = 3,
  credentials = 4,
  not_claimed = 5,
  network = 6,
  refused = 7,
  rate_limited = 8,
  server = 9,
  queued = 10,
};

/// Ends the program with one line on standard error.
class Failure : public std::runtime_error {
 public:
  Failure(Exit exit, const std::string& text)
      : std::runtime_error(printable(text, text.size())), exit_(exit) {}

  [[nodiscard]] Exit exit() const { return exit_; }

 private:
  Exit exit_;
};

}  // namespace here_tracking::cli
