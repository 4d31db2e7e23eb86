// SPDX-License-Identifier: Apache-2.0
#include "here_tracking/platform/linux.hpp"

#include <cstdio>

namespace here_tracking {

namespace {

const char* name(LogLevel level) {
  switch (level) {
    case LogLevel::error:
      return "error";
    case LogLevel::warning:
      return "warning";
    case LogLevel::info:
      return "info";
    case LogLevel::debug:
      return "debug";
  }
  return "error";
}

}  // namespace

void StderrLog::write(LogLevel level, std::string_view text) {
  if (level > most_) return;
  std::string line = name(level);
  line.append(": ").append(text);
  // Words of the service may be among it, and a terminal would obey them.
  for (char& c : line) {
    if (static_cast<unsigned char>(c) < ' ' || c == '\x7f') c = '?';
  }
  line.push_back('\n');
  // Nobody is left to be told when this fails.
  (void)std::fwrite(line.data(), 1, line.size(), stderr);
}

}  // namespace here_tracking
