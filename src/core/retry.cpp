// SPDX-License-Identifier: Apache-2.0
#include "here_tracking/retry.hpp"

#include <algorithm>

namespace here_tracking {
namespace {

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

bool needs_a_person(Connection connection) {
  return connection >= Connection::not_claimed;
}

/// 0..range, each as likely.
std::uint32_t random_up_to(std::uint32_t range, std::uint32_t random) {
  return static_cast<std::uint32_t>(((std::uint64_t{range} + 1) * random) >> 32U);
}

/// first, doubled with each failure after the first one, at most cap.
std::uint32_t doubled(std::uint32_t first, std::uint32_t cap, std::uint8_t failures) {
  std::uint64_t range = first;
  for (std::uint8_t n = 1; n < failures && range < cap; ++n)
    range *= 2;
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(range, cap));
}

}  // namespace

const char* to_string(Connection connection) {
  switch (connection) {
    case Connection::unknown:
      return "unknown";
    case Connection::online:
      return "online";
    case Connection::unreachable:
      return "unreachable";
    case Connection::tls_failed:
      return "tls_failed";
    case Connection::clock_not_set:
      return "clock_not_set";
    case Connection::rate_limited:
      return "rate_limited";
    case Connection::service_failed:
      return "service_failed";
    case Connection::not_claimed:
      return "not_claimed";
    case Connection::credentials_refused:
      return "credentials_refused";
    case Connection::forbidden:
      return "forbidden";
    case Connection::unknown_device:
      return "unknown_device";
    case Connection::data_refused:
      return "data_refused";
    case Connection::not_set_up:
      return "not_set_up";
  }
  return "";
}

RetryVerdict RetryPolicy::after(Status status, std::optional<std::uint32_t> retry_after_s,
                                std::uint32_t random) {
  const Connection connection = connection_after(status.code());
  if (connection != Connection::online) return wait(connection, retry_after_s, random);
  RetryVerdict verdict;
  verdict.changed = connection != connection_;
  connection_ = connection;
  if (failures_ != 0) recovered_ = true;
  failures_ = 0;
  if (status == Code::rejected) verdict.advice = Advice::split;
  if (status == Code::too_large) verdict.advice = Advice::shrink;
  return verdict;
}

RetryVerdict RetryPolicy::after_all_refused(std::uint32_t random) {
  return wait(Connection::data_refused, {}, random);
}

RetryVerdict RetryPolicy::wait(Connection connection, std::optional<std::uint32_t> retry_after_s,
                               std::uint32_t random) {
  RetryVerdict verdict;
  const bool slow = needs_a_person(connection);
  const bool was_slow = needs_a_person(connection_);
  verdict.changed = connection != connection_;
  connection_ = connection;
  verdict.advice = Advice::wait;
  if (slow != was_slow) failures_ = 0;
  if (failures_ < 255) ++failures_;

  std::uint64_t wait_ms = 0;
  const bool may_say_when =
      connection == Connection::rate_limited || connection == Connection::service_failed;
  if (may_say_when && retry_after_s) {
    const auto asked_ms = static_cast<std::uint32_t>(
        std::clamp<std::uint64_t>(std::uint64_t{*retry_after_s} * 1000, config_.floor_ms,
                                  std::max(config_.floor_ms, config_.max_retry_after_ms)));
    wait_ms = std::uint64_t{asked_ms} + random_up_to(asked_ms / 5, random);
  } else if (slow) {
    const std::uint32_t range = doubled(config_.slow_first_ms, config_.slow_cap_ms, failures_);
    wait_ms = range - random_up_to(range / 2, random);
  } else {
    const std::uint32_t range =
        std::max(config_.floor_ms, doubled(config_.first_ms, config_.cap_ms, failures_));
    wait_ms = config_.floor_ms + random_up_to(range - config_.floor_ms, random);
  }
  verdict.wait_ms = static_cast<std::uint32_t>(std::clamp<std::uint64_t>(
      wait_ms, std::max<std::uint32_t>(config_.floor_ms, 1), 0xffffffffU));
  return verdict;
}

std::uint32_t RetryPolicy::next_report_ms(std::uint32_t interval_ms, std::uint32_t random) {
  if (!recovered_ || interval_ms <= config_.floor_ms)
    return std::max(interval_ms, config_.floor_ms);
  recovered_ = false;
  return config_.floor_ms + random_up_to(interval_ms - config_.floor_ms, random);
}

}  // namespace here_tracking
