// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "here_tracking/status.hpp"

#include <cstdint>
#include <optional>

namespace here_tracking {

/// How a device stands with the service, as the outcome of its last call shows it.
enum class Connection : std::uint8_t {
  unknown,              ///< Nothing was tried yet.
  online,               ///< The service answers and takes this device's word.
  unreachable,          ///< No name, no connection, no answer in time, or none that can be used.
  tls_failed,           ///< The server did not prove who it is.
  clock_not_set,        ///< Nor could it: the clock that judges certificates is not set.
  rate_limited,         ///< 429: the project sends too much.
  service_failed,       ///< 5xx
  not_claimed,          ///< 412: waits for its owner.
  credentials_refused,  ///< 401, also with a new token, or after the clock was corrected.
  forbidden,            ///< 403, or 404 on ingestion, also with a new token.
  unknown_device,       ///< 404: no licence of that id.
  data_refused,         ///< 400 for every sample, also for fresh ones.
  not_set_up,           ///< The device itself: configuration, memory, a hook that is missing.
};

/// The state's name, as it is spelled above. Static text.
[[nodiscard]] const char* to_string(Connection connection);

/// Waiting times. What contradicts itself is read so that the floor holds: a cap below the floor is
/// the floor.
struct RetryConfig {
  std::uint32_t floor_ms = 1000;      ///< No wait is shorter; 1 or more.
  std::uint32_t first_ms = 5000;      ///< The range that the wait after a first failure lies in
  std::uint32_t cap_ms = 15 * 60000;  ///< The range doubles with each failure up to this.
  /// The same, first and cap, for what only a person can put right: a claim, a licence, a secret.
  std::uint32_t slow_first_ms = 5 * 60000;
  std::uint32_t slow_cap_ms = 60 * 60000;
  /// The service's Retry-After is obeyed up to this; 0 is read as the floor.
  std::uint32_t max_retry_after_ms = 60 * 60000;
};

/// What to do after a call.
enum class Advice : std::uint8_t {
  go_on,  ///< It succeeded.
  wait,   ///< Keep the data; the same again after RetryVerdict::wait_ms.
  /// 400: never the same again. Halve the batch to find the sample that is meant; what stands alone
  /// is bad.
  split,
  shrink,  ///< 413: halve the batch. What stands alone is too large.
};

struct RetryVerdict {
  Advice advice = Advice::go_on;
  std::uint32_t wait_ms = 0;  ///< From now, by a monotonic clock; 0 unless `advice` is wait
  bool changed = false;       ///< The connection's state is another one: the time to say so, once
};

namespace detail {

/// How the device then stands with the service.
[[nodiscard]] Connection connection_after(Code code);

/// What a RetryPolicy remembers, apart from its configuration.
class RetryState {
 public:
  /// @param verdict a default one: go_on where the service answers, else wait.
  void after(const RetryConfig& config, Connection connection,
             const std::optional<std::uint32_t>& retry_after_s, std::uint32_t random,
             RetryVerdict& verdict);
  [[nodiscard]] std::uint32_t next_report_ms(const RetryConfig& config, std::uint32_t interval_ms,
                                             std::uint32_t random);

  [[nodiscard]] Connection connection() const { return connection_; }
  [[nodiscard]] std::uint8_t failures() const { return failures_; }

 private:
  Connection connection_ = Connection::unknown;
  std::uint8_t failures_ = 0;
  bool recovered_ = false;
};

}  // namespace detail

/// When to try again: what a device does after each outcome of Client::ingest(), as the one place
/// that knows. It has no clock, no randomness and no hook of its own, so the same code runs on a
/// device, in a test and in a simulation of a fleet (tests/simulation).
///
/// | outcome                                          | advice                                    |
/// |--------------------------------------------------|-------------------------------------------|
/// | ok                                               | go_on; the next failure is a first one    |
/// | rejected (400)                                   | split                                     |
/// | too_large (413)                                  | shrink                                    |
/// | rate_limited (429), server_error (5xx)           | wait for Retry-After and up to a fifth    |
/// |                                                  | more; without one as below                |
/// | network and TLS codes, clock_not_set, a response | wait, at random up to a range that        |
/// | that cannot be used, no_data, hook_failed        | doubles: first_ms .. cap_ms               |
/// | not_claimed (412), credentials_refused and       | wait, in the upper half of a range that   |
/// | clock_refused (401), forbidden (403),            | doubles: slow_first_ms .. slow_cap_ms     |
/// | unknown_device (404), invalid_value,             |                                           |
/// | buffer_too_small, not_provided                   |                                           |
///
/// The Client itself has by then corrected the clock once and replaced a refused token once.
///
/// Waits are random over their whole range ("full jitter"), so that devices which failed together
/// do not come back together. They are durations: a step of the time of day changes none.
///
/// 24 bytes of configuration and 3 of state; no allocation, no lock. May be used from anywhere, by
/// one thread at a time.
class RetryPolicy {
 public:
  explicit RetryPolicy(const RetryConfig& config = {}) : config_(config) {}

  /// Takes an outcome.
  /// @param retry_after_s ErrorDetail::retry_after_s of that call, which has both forms of it in
  ///        seconds.
  /// @param random 32 bits, each value as likely as any other. Not a secret.
  RetryVerdict after(Status status, std::optional<std::uint32_t> retry_after_s,
                     std::uint32_t random);

  /// Takes it that a 400 was no sample's fault: one after the other was refused alone. Instead of
  /// after(), for the last of them. Waits as for not_claimed.
  RetryVerdict after_all_refused(std::uint32_t random);

  /// How long to wait for the next regular report, asked once after each success: the interval, but
  /// after a recovery a random part of it, from the floor on. So a fleet that came back together
  /// does not report together from then on.
  /// @param interval_ms Rate::send_ms, or the device's own.
  [[nodiscard]] std::uint32_t next_report_ms(std::uint32_t interval_ms, std::uint32_t random) {
    return state_.next_report_ms(config_, interval_ms, random);
  }

  /// What was learned stays.
  void set_config(const RetryConfig& config) { config_ = config; }

  [[nodiscard]] Connection connection() const { return state_.connection(); }

  /// Failures of the kind `wait` since the last success, or since their waits went over from the
  /// one range to the other; stops at 255.
  [[nodiscard]] std::uint8_t failures() const { return state_.failures(); }

 private:
  RetryConfig config_;
  detail::RetryState state_;
};

}  // namespace here_tracking
