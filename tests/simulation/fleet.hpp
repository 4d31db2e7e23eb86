// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "here_tracking/retry.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace simulation {

/// A fleet in simulated time. Power comes back for all of it at once, and the service is away: the
/// worst start that there is.
struct Fleet {
  std::uint32_t devices = 100000;
  std::uint32_t outage_s = 600;
  std::uint32_t report_every_s = 600;
  std::uint32_t end_s = 7200;
  std::uint32_t seed = 1;
  here_tracking::RetryConfig retry;
};

/// Requests that arrive at the service in each second.
using Arrivals = std::vector<std::uint32_t>;

/// Each device asks its own RetryPolicy.
[[nodiscard]] Arrivals run_with_policy(const Fleet& fleet);

/// Each device tries again after a fixed time, and reports at a fixed interval.
[[nodiscard]] Arrivals run_with_fixed_retry(const Fleet& fleet, std::uint32_t retry_every_s);

inline constexpr std::size_t bin_s = 10;

/// Requests in each whole bin, from a second on.
[[nodiscard]] std::vector<double> binned(const Arrivals& arrivals, std::size_t from_s);

/// The most requests in a bin over the mean of all bins, once the longest wait that began in the
/// outage is over.
[[nodiscard]] double peak_over_mean(const Fleet& fleet, const Arrivals& arrivals);

/// When that is.
[[nodiscard]] std::size_t settled_s(const Fleet& fleet);

}  // namespace simulation
