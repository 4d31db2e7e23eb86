// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "here_tracking/hooks/log.hpp"

#include <string>
#include <string_view>
#include <utility>

namespace here_tracking {

/// Why a source cannot be read, said once a change rather than once an attempt.
class SourceLog {
 public:
  /// @param name of the source, which each line begins with. @param log borrowed, may be nullptr.
  SourceLog(std::string name, Log* log) : name_(std::move(name)), log_(log) {}

  /// A warning, "NAME: WHAT", unless it was the last one.
  /// @param kind what makes two the same where `what` has a number in it; empty: `what`.
  void trouble(std::string_view what, std::string_view kind = {}) {
    if (kind.empty()) kind = what;
    if (last_ == kind) return;
    last_ = kind;
    write(LogLevel::warning, what);
  }

  /// The trouble is over.
  void settled() {
    if (last_.empty()) return;
    last_.clear();
    write(LogLevel::info, "works again");
  }

 private:
  void write(LogLevel level, std::string_view what) {
    if (log_ == nullptr) return;
    constexpr std::size_t most = 160;
    std::string text = name_.substr(0, 60) + ": ";
    text.append(what.substr(0, most - text.size()));
    log_->write(level, text);
  }

  std::string name_;
  Log* log_;
  std::string last_;
};

}  // namespace here_tracking
