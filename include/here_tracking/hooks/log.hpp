// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

namespace here_tracking {

enum class LogLevel : std::uint8_t { error, warning, info, debug };

/// Hook: lines for people.
///
/// Called from the thread that calls the library, at most a few times a request. Text is UTF-8
/// without a line end and without a terminator, at most 160 bytes, and valid only during the call.
/// Secrets (device secret, token, signature) never appear in it.
class Log {
 public:
  Log() = default;
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  virtual void write(LogLevel level, std::string_view text) {
    (void)level;
    (void)text;
  }

 protected:
  ~Log() = default;
};

/// The "not provided" default: silence.
class NoLog final : public Log {};

}  // namespace here_tracking
