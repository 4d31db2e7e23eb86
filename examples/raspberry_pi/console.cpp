// SPDX-License-Identifier: Apache-2.0
#include "console.hpp"

#include "failure.hpp"
#include "service_manager.hpp"
#include "text.hpp"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <unistd.h>

namespace here_tracking::cli {
namespace {

CapturedLines* captured = nullptr;
bool has_progress = false;

/// sd-daemon(3): of a line for the journal.
const char* priority(std::string_view kind) {
  static const bool for_journal =
      is_journal(STDERR_FILENO, [](const char* name) { return std::getenv(name); });
  if (!for_journal) return "";
  return kind == "error" ? "<3>" : kind == "warning" ? "<4>" : kind == "debug" ? "<7>" : "<6>";
}

}  // namespace

void Complaint::about(const std::string& text) {
  if (text != last_) warn(text);
  last_ = text;
}

void Complaint::settled(const std::string& text) {
  if (!last_.empty()) note(text);
  last_.clear();
}

void NoticeLog::write(LogLevel level, std::string_view text) {
  const std::string line = printable(text, text.size());
  if (level <= LogLevel::warning) return warn(line);
  if (level == LogLevel::info) return note(line);
  more_.write(level, text);
}

void show_progress(const std::string& text) {
  if (text.empty() ? !has_progress : isatty(STDERR_FILENO) == 0) return;
  static_cast<void>(std::fprintf(stderr, "\r%s\x1b[K", text.c_str()));
  has_progress = !text.empty();
}

CapturedLines::CapturedLines() {
  captured = this;
}

CapturedLines::~CapturedLines() {
  captured = nullptr;
}

void note(const std::string& text) {
  complain("note", text);
}

void warn(const std::string& text) {
  complain("warning", text);
}

void complain(const char* kind, const std::string& text) {
  if (captured != nullptr) {
    captured->lines.push_back(std::string(kind) + ": " + text);
    return;
  }
  show_progress({});
  // Where standard error cannot be written there is nobody left to tell.
  static_cast<void>(std::fprintf(stderr, "%shere-tracking: %s: %s\n", priority(kind), kind,
                                 printable(text, text.size()).c_str()));
}

void ConsoleLog::write(LogLevel level, std::string_view text) {
  if (level > most_) return;
  const char* const kind = level == LogLevel::error     ? "error"
                           : level == LogLevel::warning ? "warning"
                           : level == LogLevel::info    ? "info"
                                                        : "debug";
  complain(kind, std::string(text));
}

void print(std::string_view result) {
  if (std::fwrite(result.data(), 1, result.size(), stdout) != result.size() ||
      std::fputc('\n', stdout) == EOF || std::fflush(stdout) != 0) {
    throw Failure(Exit::local, std::string("standard output: ") + std::strerror(errno) +
                                   ": the result was not written");
  }
}

}  // namespace here_tracking::cli
