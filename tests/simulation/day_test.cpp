// SPDX-License-Identifier: Apache-2.0
#include "day.hpp"

#include "support/catch.hpp"

#include <cstdint>

namespace ht = here_tracking;

TEST_CASE("After a day of bad network every sample has arrived, in order, or is counted") {
  const auto seed = static_cast<std::uint32_t>(GENERATE(range(1, 6)));
  CAPTURE(seed);
  const simulation::Day day = simulation::run_day(seed);
  CHECK(day.measured >= 25 * 60);
  CHECK(day.missing.empty());
  CHECK(day.out_of_order == 0);
  CHECK(day.never_measured == 0);
  CHECK(day.pending <= 1);
  CHECK(day.arrived + static_cast<int>(day.left[static_cast<std::size_t>(ht::Fate::time_unknown)] +
                                       day.pending) ==
        day.measured);
  // Half an hour between two reboots without a network.
  CHECK(day.left[static_cast<std::size_t>(ht::Fate::time_unknown)] <= 31);
  CHECK(day.worst_time_error_ms <= 2000);
  // A report a minute are 1500 requests; trouble must not make it more.
  CHECK(day.requests <= 1500);
  CHECK(day.duplicates <= 300);
}
