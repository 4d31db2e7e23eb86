// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "here_tracking/client.hpp"
#include "here_tracking/retry.hpp"
#include "here_tracking/status.hpp"
#include "here_tracking/telemetry.hpp"

#include <cstdint>
#include <string_view>

namespace here_tracking {

namespace detail {
class Sender;
struct Attempt;
}  // namespace detail

/// Sends a sample with the present time, and its own in position and scan: restamp() of
/// restamp.hpp.
using Restamp = Status (*)(detail::Sender& sender, detail::Attempt& attempt);

/// See restamp.hpp.
Status restamp(detail::Sender& sender, detail::Attempt& attempt);

/// How a queue is sent.
struct SendConfig {
  /// A request starts with up to 16 samples or 16 kB, whichever is less. 413 and a time limit that
  /// ran out halve that, success makes it grow slowly up to these.
  std::uint32_t max_samples = 64;
  std::uint32_t max_bytes = 64 * 1024;
  /// For a service that takes no samples older than seconds: restamp sends them with the present
  /// time and their own in position and scan. nullptr: such samples are dropped, as too_old.
  Restamp restamp = nullptr;
  /// Whether the last request of a report asks for the desired shadow.
  Delivery delivery = Delivery::synchronous;
  std::string_view id = {};      ///< Ingestion::id. Borrowed.
  std::string_view app_id = {};  ///< Ingestion::app_id. Borrowed.
};

/// A device's own pace and limits. The desired shadow's wishes go before those marked (*).
struct TrackerConfig {
  std::uint32_t sample_ms = 60 * 1000;  ///< Measure that often (*)
  std::uint32_t send_ms =
      10 * 60 * 1000;            ///< Send that often (*); 15 min without a report: offline
  std::uint32_t distance_m = 0;  ///< Send when moved farther than this (*); 0: never
  /// No wish goes below these, nor do moves farther than distance_m. Both are read as at least
  /// 100 ms.
  std::uint32_t min_sample_ms = 1000;
  std::uint32_t min_send_ms = 10 * 1000;
  SendConfig send;
  SampleOptions sample;
  RetryConfig retry;
};

}  // namespace here_tracking
