// SPDX-License-Identifier: Apache-2.0
#include "here_tracking/retry.hpp"

#include "words.hpp"

#include <algorithm>

namespace here_tracking {
namespace {

bool needs_a_person(Connection connection) {
  return connection >= Connection::not_claimed;
}

/// 0..range, each as likely.
[[gnu::noinline]] std::uint32_t random_up_to(std::uint32_t range, std::uint32_t random) {
  return static_cast<std::uint32_t>((std::uint64_t{range} * random + random) >> 32U);
}

/// first, doubled with each failure after the first one, at most cap.
std::uint32_t doubled(std::uint32_t first, std::uint32_t cap, std::uint32_t failures) {
  while (--failures != 0 && first < cap)
    first = first > cap / 2 ? cap : first * 2;
  return std::min(first, cap);
}

}  // namespace

const char* to_string(Connection connection) {
  // In the order of Connection.
  return word_at(
      "unknown\0online\0unreachable\0tls_failed\0clock_not_set\0rate_limited\0service_failed\0"
      "not_claimed\0credentials_refused\0forbidden\0unknown_device\0data_refused\0not_set_up\0",
      static_cast<std::size_t>(connection));
}

RetryVerdict RetryPolicy::after(Status status, std::optional<std::uint32_t> retry_after_s,
                                std::uint32_t random) {
  RetryVerdict verdict;
  state_.after(config_, detail::connection_after(status.code()), retry_after_s, random, verdict);
  if (status == Code::rejected) verdict.advice = Advice::split;
  if (status == Code::too_large) verdict.advice = Advice::shrink;
  return verdict;
}

RetryVerdict RetryPolicy::after_all_refused(std::uint32_t random) {
  RetryVerdict verdict;
  state_.after(config_, Connection::data_refused, {}, random, verdict);
  return verdict;
}

namespace detail {

Connection connection_after(Code code) {
  switch (code) {
    case Code::ok:
    case Code::rejected:
    case Code::too_large:
      return Connection::online;
    case Code::tls_failed:
      return Connection::tls_failed;
    case Code::clock_not_set:
      return Connection::clock_not_set;
    case Code::rate_limited:
      return Connection::rate_limited;
    case Code::server_error:
      return Connection::service_failed;
    case Code::not_claimed:
      return Connection::not_claimed;
    case Code::credentials_refused:
    case Code::clock_refused:
      return Connection::credentials_refused;
    case Code::forbidden:
      return Connection::forbidden;
    case Code::unknown_device:
      return Connection::unknown_device;
    case Code::invalid_value:
    case Code::buffer_too_small:
    case Code::not_provided:
    case Code::queue_full:
    case Code::queue_foreign:
      return Connection::not_set_up;
    // A SuppliedToken has none now; a modem or an entropy source failed: like a bad network.
    case Code::no_data:
    case Code::hook_failed:
    case Code::dns_failed:
    case Code::connect_failed:
    case Code::timeout:
    case Code::connection_lost:
    case Code::response_too_large:
    case Code::response_invalid:
      return Connection::unreachable;
  }
  return Connection::unreachable;
}

void RetryState::after(const RetryConfig& config, Connection connection,
                       const std::optional<std::uint32_t>& retry_after_s, std::uint32_t random,
                       RetryVerdict& verdict) {
  const bool slow = needs_a_person(connection);
  const bool was_slow = needs_a_person(connection_);
  verdict.changed = connection != connection_;
  connection_ = connection;
  if (connection == Connection::online) {
    if (failures_ != 0) recovered_ = true;
    failures_ = 0;
    return;
  }
  if (slow != was_slow) failures_ = 0;
  if (failures_ < 255) ++failures_;

  std::uint32_t least_ms = config.floor_ms;
  std::uint32_t most_ms = doubled(slow ? config.slow_first_ms : config.first_ms,
                                  slow ? config.slow_cap_ms : config.cap_ms, failures_);
  const bool may_say_when =
      connection == Connection::rate_limited || connection == Connection::service_failed;
  if (slow) {
    least_ms = most_ms - most_ms / 2;
  } else if (may_say_when && retry_after_s) {
    most_ms = std::max(least_ms, config.max_retry_after_ms);
    if (*retry_after_s <= most_ms / 1000) most_ms = std::max(least_ms, *retry_after_s * 1000);
    least_ms = most_ms;
    most_ms += std::min(least_ms / 5, ~least_ms);
  } else if (most_ms < least_ms) {
    most_ms = least_ms;
  }
  const std::uint32_t part_ms = random_up_to(most_ms - least_ms, random);
  verdict.advice = Advice::wait;
  verdict.wait_ms = std::max(slow ? most_ms - part_ms : least_ms + part_ms, config.floor_ms);
  if (verdict.wait_ms == 0) verdict.wait_ms = 1;
}

std::uint32_t RetryState::next_report_ms(const RetryConfig& config, std::uint32_t interval_ms,
                                         std::uint32_t random) {
  if (!recovered_ || interval_ms <= config.floor_ms) return std::max(interval_ms, config.floor_ms);
  recovered_ = false;
  return config.floor_ms + random_up_to(interval_ms - config.floor_ms, random);
}

}  // namespace detail
}  // namespace here_tracking
