// SPDX-License-Identifier: Apache-2.0
#include "board_hooks.hpp"

#include "machine.hpp"

#include <array>
#include <cstring>

namespace board {
namespace {

using machine::read;

std::string_view name(ht::LogLevel level) {
  switch (level) {
    case ht::LogLevel::error:
      return "error: ";
    case ht::LogLevel::warning:
      return "warning: ";
    case ht::LogLevel::info:
      return "info: ";
    case ht::LogLevel::debug:
      break;
  }
  return "debug: ";
}

}  // namespace

// ---- log ----

UartLog::UartLog() {
  constexpr std::uint32_t baud = 115200;
  constexpr std::uint32_t transmit = 1;
  machine::write(machine::uart + 0x10, machine::clock_hz / baud);
  machine::write(machine::uart + 0x08, transmit);
}

void UartLog::put(std::string_view text) {
  constexpr std::uint32_t full = 1;
  for (const char c : text) {
    while ((read(machine::uart + 0x04) & full) != 0) {
    }
    machine::write(machine::uart, static_cast<std::uint8_t>(c));
  }
}

void UartLog::write(ht::LogLevel level, std::string_view text) {
  put(name(level));
  put(text);
  put("\n");
}

// ---- entropy ----

ht::Status HostEntropy::fill(ht::Span<std::uint8_t> into) {
  return file_.is_open() && file_.read(into) == into.size() ? ht::Code::ok : ht::Code::hook_failed;
}

// ---- clock ----

TimerClock::TimerClock(ht::Entropy& entropy) {
  constexpr std::uint32_t enable = 1;
  machine::write(machine::timer + 0x08, ~0U);
  machine::write(machine::timer + 0x04, ~0U);
  machine::write(machine::timer, enable);
  std::array<std::uint8_t, sizeof(boot_id_)> random{};
  if (entropy.fill(random).ok()) std::memcpy(&boot_id_, random.data(), random.size());
}

std::int64_t TimerClock::now_ms() {
  const std::uint32_t now = ~read(machine::timer + 0x04);  // it counts down
  cycles_ += now - last_;
  last_ = now;
  return static_cast<std::int64_t>(cycles_ / (machine::clock_hz / 1000));
}

}  // namespace board
