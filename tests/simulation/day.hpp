// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "here_tracking/queue.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace simulation {

/// What a day of bad network came to.
struct Day {
  int measured = 0;
  int arrived = 0;     ///< At the service, each sample once
  int duplicates = 0;  ///< Sent again, since the answer got lost
  int out_of_order = 0;
  int never_measured = 0;
  std::vector<int> missing;  ///< Neither arrived nor in quarantine nor waiting
  std::array<std::uint32_t, here_tracking::fate_count> left{};
  std::uint32_t pending = 0;
  std::int64_t worst_time_error_ms = 0;  ///< Of a timestamp, beside those near a step of the clock
  int requests = 0;
  int failed_requests = 0;
  std::size_t body_bytes = 0;
  std::size_t connection_changes = 0;
  std::uint64_t erases = 0;
  std::uint64_t programmed_bytes = 0;
  std::vector<std::string> log;  ///< When the connection changed, and to what
};

/// 24 hours at a report a minute, and a quiet hour to catch up: a claim that comes late, outages of
/// every kind, lost answers, 413, 429 and revoked tokens, steps of the clock, and reboots, two of
/// them within an outage.
[[nodiscard]] Day run_day(std::uint32_t seed);

}  // namespace simulation
