// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "here_tracking/hooks/log.hpp"

#include "support/catch.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// Keeps what it is told, "warning: TEXT" and "info: TEXT", and sees that no line is too long for a
/// log of a fixed size.
class RecordingLog final : public here_tracking::Log {
 public:
  void write(here_tracking::LogLevel level, std::string_view text) override {
    CHECK(text.size() <= 160);
    const bool is_warning = level == here_tracking::LogLevel::warning;
    lines.push_back((is_warning ? "warning: " : "info: ") + std::string(text));
  }

  /// Since the last call.
  std::vector<std::string> take() { return std::exchange(lines, {}); }
  /// The same, a line end behind each.
  std::string take_text() {
    std::string text;
    for (const std::string& line : take())
      text += line + "\n";
    return text;
  }

  std::vector<std::string> lines;
};
