// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace here_tracking::detail {

/// Server time as a monotonic clock plus an offset.
class ServerTime {
 public:
  /// Corrections up to this size never make at() run backwards: it stands still until caught up.
  static constexpr std::int64_t max_hold_ms = 10000;

  [[nodiscard]] bool known() const { return synced_at_ms_ >= 0; }
  [[nodiscard]] std::int64_t offset_ms() const { return offset_ms_; }
  /// Longer ago than any age while it is not known.
  [[nodiscard]] std::int64_t synced_at_ms() const { return synced_at_ms_; }

  void set(std::int64_t offset_ms, std::int64_t monotonic_ms) {
    offset_ms_ = offset_ms;
    synced_at_ms_ = monotonic_ms;
  }
  void forget() { synced_at_ms_ = never; }

  [[nodiscard]] std::int64_t at(std::int64_t monotonic_ms) {
    const std::int64_t now_ms = monotonic_ms + offset_ms_;
    if (now_ms < latest_ms_ && latest_ms_ - now_ms <= max_hold_ms) return latest_ms_;
    latest_ms_ = now_ms;
    return now_ms;
  }

 private:
  static constexpr std::int64_t never = -(std::int64_t{1} << 62U);

  std::int64_t offset_ms_ = 0;
  std::int64_t synced_at_ms_ = never;
  std::int64_t latest_ms_ = 0;
};

/// Of a token, in server time. 0: there is none.
struct TokenTimes {
  std::int64_t expires_ms = 0;
  std::int64_t renew_ms = 0;
};

}  // namespace here_tracking::detail
