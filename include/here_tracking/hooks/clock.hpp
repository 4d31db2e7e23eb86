// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace here_tracking {

/// Hook: a monotonic clock.
///
/// Called by Client from the thread that calls Client, several times a request; never from an
/// interrupt. Must be quick and must not block.
///
/// Contract: now_ms() never decreases and is not affected by anybody setting the time of day. It
/// should go on while the device sleeps (CLOCK_BOOTTIME on Linux, an RTC or low-power timer on a
/// microcontroller); where it stops in sleep, call Client::sync_time() after waking. An error of
/// 100 ppm is 8.6 s a day, and the service refuses a token request that is 10 s off.
class Clock {
 public:
  Clock() = default;
  Clock(const Clock&) = delete;
  Clock& operator=(const Clock&) = delete;

  /// Milliseconds since an arbitrary start, 0 or more; negative means that there is no clock, and
  /// every call that needs one returns Code::not_provided.
  [[nodiscard]] virtual std::int64_t now_ms() { return -1; }

  /// A number that is different after each restart of now_ms(), so that a time offset stored before
  /// is used again only while it still holds. 0 (the default) means unknown: a restarted program
  /// asks the service for the time again.
  [[nodiscard]] virtual std::uint64_t boot_id() { return 0; }

 protected:
  ~Clock() = default;
};

/// The "not provided" default.
class NoClock final : public Clock {};

}  // namespace here_tracking
