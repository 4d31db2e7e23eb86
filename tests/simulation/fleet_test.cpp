// SPDX-License-Identifier: Apache-2.0
#include "fleet.hpp"

#include "support/catch.hpp"

#include <algorithm>
#include <numeric>

TEST_CASE("After an outage a fleet spreads out within the longest wait, and stays so") {
  simulation::Fleet fleet;
  fleet.seed = GENERATE(1U, 2U, 3U);
  const simulation::Arrivals arrivals = simulation::run_with_policy(fleet);
  CHECK(simulation::peak_over_mean(fleet, arrivals) < 1.5);
}

TEST_CASE("When the service comes back it meets less than three times its steady load") {
  const simulation::Fleet fleet;
  const simulation::Arrivals arrivals = simulation::run_with_policy(fleet);
  const double steady = static_cast<double>(fleet.devices) / fleet.report_every_s;
  const auto peak = *std::max_element(arrivals.begin() + fleet.outage_s, arrivals.end());
  CHECK(peak < 3 * steady);
}

TEST_CASE("Every device reports again within the longest wait, and at its interval from then on") {
  simulation::Fleet fleet;
  fleet.devices = 1000;
  const simulation::Arrivals arrivals = simulation::run_with_policy(fleet);
  const std::size_t from_s = simulation::settled_s(fleet) + fleet.report_every_s;
  for (std::size_t at = from_s; at + fleet.report_every_s <= arrivals.size();
       at += fleet.report_every_s) {
    const auto begin = arrivals.begin() + static_cast<std::ptrdiff_t>(at);
    const auto reports = std::accumulate(begin, begin + fleet.report_every_s, 0U);
    CHECK(reports >= fleet.devices - 10);
    CHECK(reports <= fleet.devices + 10);
  }
}

TEST_CASE("A fixed retry keeps a fleet together for ever") {
  const simulation::Fleet fleet;
  const simulation::Arrivals arrivals = simulation::run_with_fixed_retry(fleet, 60);
  CHECK(simulation::peak_over_mean(fleet, arrivals) > 50);
}
