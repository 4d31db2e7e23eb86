// SPDX-License-Identifier: Apache-2.0
#include "fleet.hpp"

#include <algorithm>
#include <functional>
#include <numeric>
#include <queue>
#include <random>
#include <utility>

namespace simulation {
namespace {

using here_tracking::Code;

struct Attempt {
  std::int64_t at_ms;
  std::uint32_t device;

  bool operator>(const Attempt& other) const {
    return std::pair(at_ms, device) > std::pair(other.at_ms, other.device);
  }
};

/// `next_ms` is asked after each attempt how long its device waits for the next one.
Arrivals run(const Fleet& fleet,
             const std::function<std::uint32_t(std::uint32_t device, bool served)>& next_ms) {
  Arrivals arrivals(fleet.end_s);
  std::priority_queue<Attempt, std::vector<Attempt>, std::greater<>> attempts;
  for (std::uint32_t device = 0; device < fleet.devices; ++device)
    attempts.push({0, device});
  while (!attempts.empty()) {
    const Attempt attempt = attempts.top();
    attempts.pop();
    const auto second = static_cast<std::size_t>(attempt.at_ms / 1000);
    if (second >= arrivals.size()) continue;
    ++arrivals[second];
    const bool served = second >= fleet.outage_s;
    attempts.push({attempt.at_ms + next_ms(attempt.device, served), attempt.device});
  }
  return arrivals;
}

}  // namespace

Arrivals run_with_policy(const Fleet& fleet) {
  std::mt19937 random(fleet.seed);
  std::vector<here_tracking::RetryPolicy> policies(fleet.devices,
                                                   here_tracking::RetryPolicy(fleet.retry));
  return run(fleet, [&](std::uint32_t device, bool served) {
    here_tracking::RetryPolicy& policy = policies[device];
    const auto number = [&random] { return static_cast<std::uint32_t>(random()); };
    const auto verdict = policy.after(served ? Code::ok : Code::server_error, {}, number());
    return served ? policy.next_report_ms(fleet.report_every_s * 1000, number()) : verdict.wait_ms;
  });
}

Arrivals run_with_fixed_retry(const Fleet& fleet, std::uint32_t retry_every_s) {
  return run(fleet, [&](std::uint32_t, bool served) {
    return (served ? fleet.report_every_s : retry_every_s) * 1000;
  });
}

std::vector<double> binned(const Arrivals& arrivals, std::size_t from_s) {
  std::vector<double> bins;
  for (std::size_t at = from_s; at + bin_s <= arrivals.size(); at += bin_s) {
    const auto begin = arrivals.begin() + static_cast<std::ptrdiff_t>(at);
    bins.push_back(std::accumulate(begin, begin + bin_s, 0.0));
  }
  return bins;
}

std::size_t settled_s(const Fleet& fleet) {
  return fleet.outage_s + fleet.retry.cap_ms / 1000;
}

double peak_over_mean(const Fleet& fleet, const Arrivals& arrivals) {
  const std::vector<double> bins = binned(arrivals, settled_s(fleet));
  const double sum = std::accumulate(bins.begin(), bins.end(), 0.0);
  const double peak = *std::max_element(bins.begin(), bins.end());
  return peak * static_cast<double>(bins.size()) / sum;
}

}  // namespace simulation
