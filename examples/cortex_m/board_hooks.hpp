// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "here_tracking/hooks/clock.hpp"
#include "here_tracking/hooks/entropy.hpp"
#include "here_tracking/hooks/log.hpp"

#include "semihosting.hpp"

#include <cstdint>
#include <string_view>

namespace board {

namespace ht = here_tracking;

/// Lines on the UART, "warning: text".
class UartLog final : public ht::Log {
 public:
  UartLog();
  void write(ht::LogLevel level, std::string_view text) override;
  void put(std::string_view text);
};

/// The host's generator: QEMU's board has none.
class HostEntropy final : public ht::Entropy {
 public:
  HostEntropy() : file_("/dev/urandom", semihosting::Mode::read) {}
  ht::Status fill(ht::Span<std::uint8_t> into) override;

 private:
  semihosting::File file_;
};

/// A timer of 32 bits that runs freely, over which software counts on. Ticks may be missed, so they
/// are not what is counted. It overflows in 171 s: the loop that waits for time asks it often.
class TimerClock final : public ht::Clock {
 public:
  explicit TimerClock(ht::Entropy& entropy);
  [[nodiscard]] std::int64_t now_ms() override;
  [[nodiscard]] std::uint64_t boot_id() override { return boot_id_; }

 private:
  std::uint64_t boot_id_ = 0;
  std::uint64_t cycles_ = 0;
  std::uint32_t last_ = 0;
};

}  // namespace board
