// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "here_tracking/hooks/log.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace here_tracking::cli {

/// One line on standard error: "here-tracking: KIND: TEXT"; for the journal with its priority in
/// front, as in "<4>".
void complain(const char* kind, const std::string& text);
void note(const std::string& text);
void warn(const std::string& text);

/// A warning that is the same each time is told once, and once when it is over.
class Complaint {
 public:
  void about(const std::string& text);
  /// @param text what to note when there was something to complain about.
  void settled(const std::string& text);

 private:
  std::string last_;
};

/// A line on standard error that the next one overwrites; only where that is a terminal.
/// @param text empty: the line goes.
void show_progress(const std::string& text);

/// For as long as it lives, such lines go in here, without "here-tracking: ".
class CapturedLines {
 public:
  CapturedLines();
  ~CapturedLines();
  CapturedLines(const CapturedLines&) = delete;
  CapturedLines& operator=(const CapturedLines&) = delete;

  std::vector<std::string> lines;
};

/// A hook's log: those lines, up to a level.
class ConsoleLog final : public Log {
 public:
  explicit ConsoleLog(LogLevel most) : most_(most) {}
  void write(LogLevel level, std::string_view text) override;

 private:
  LogLevel most_;
};

/// The result, on standard output, ending in a line end.
/// @throws Failure (local) when it cannot be written.
void print(std::string_view result);

/// The log of a source that says itself what it lacks, once: warnings and notes for the user.
class NoticeLog final : public Log {
 public:
  /// @param more borrowed; gets what is less than a note.
  explicit NoticeLog(Log& more) : more_(more) {}

  void write(LogLevel level, std::string_view text) override;

 private:
  Log& more_;
};

/// A hook's log: shows what the user asked to see, and keeps the last reason for an error of ours.
class ReasonLog final : public Log {
 public:
  /// @param shown borrowed.
  explicit ReasonLog(Log& shown) : shown_(shown) {}

  void write(LogLevel level, std::string_view text) override {
    if (level <= LogLevel::warning) {
      reason_ = text;
    } else {
      shown_.write(level, text);
    }
  }

  [[nodiscard]] const std::string& reason() const { return reason_; }

 private:
  Log& shown_;
  std::string reason_;
};

}  // namespace here_tracking::cli
