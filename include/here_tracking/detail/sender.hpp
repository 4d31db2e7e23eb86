// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "here_tracking/client.hpp"
#include "here_tracking/queue.hpp"
#include "here_tracking/retry.hpp"
#include "here_tracking/span.hpp"
#include "here_tracking/status.hpp"
#include "here_tracking/telemetry.hpp"
#include "here_tracking/tracker_config.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace here_tracking {

class Tracker;

/// A request with samples, when it is over.
struct Report {
  Status status;
  std::uint32_t samples = 0;  ///< In that request
  std::uint32_t bytes = 0;    ///< Of its body
  std::uint32_t pending = 0;  ///< Samples that wait now
  bool has_shadow = false;    ///< The answer was a desired shadow.
};

namespace detail {

/// Sends a queue, one request a call, and reads what a refusal means.
///
/// A 400 has no index, so the batch is halved until a sample stands alone. Alone it may be refused
/// for three reasons, and what else the service takes tells them apart. Another sample that waited
/// as well is sent, and if that is refused, a fresh one:
///
/// - The other one was taken, or the fresh one and the sample is fresh itself: it is bad, and goes
///   to quarantine.
/// - The fresh one alone was taken: the sample is too old for the service. It is sent restamped;
///   or goes to quarantine as too_old, also where the memory does not hold it restamped.
/// - None was taken: it is as good as any, and stays. The next try comes with the next fresh
///   sample, minutes to hours later.
///
/// Where no fresh sample can be had (the queue is full and drops the newest), the last holds for
/// three tries and the one before it from then on.
class Sender {
 public:
  /// What one call came to.
  struct Outcome {
    RetryVerdict verdict;
    Report report;
    bool has_report = false;  ///< A request with samples was made.
    bool more = false;        ///< Call again at once.
  };

  /// All is borrowed but the configuration; what changes in it holds from the next call on.
  /// @param memory for a sample or two and, with a quarantine, for max_note_bytes behind them.
  Sender(Client& client, SampleQueue& queue, SampleQueue* quarantine, Span<char> memory,
         const TrackerConfig& config);

  /// @param boot_id of the clock, not 0. @param random 32 bits. @param answer receives a desired
  /// shadow as text, see Report::has_shadow.
  Outcome send(std::uint64_t boot_id, std::uint32_t random, std::string_view& answer);

  /// Whether a sample should be measured before the next call.
  [[nodiscard]] bool wants_fresh() const { return check_ == Check::fresh; }

 private:
  /// Which sample is sent to learn why another one is refused.
  enum class Check : std::uint8_t { none, sibling, fresh };
  /// The oldest sample that the service took since one is suspected.
  enum class Taken : std::uint8_t { none, recent, old };
  /// What the policy is told of a call, beside a failure.
  enum class Told : std::uint8_t { nothing, outcome, all_refused };

  friend class here_tracking::Tracker;
  friend Status here_tracking::restamp(detail::Sender& sender, detail::Attempt& attempt);

  Status try_to_send(Attempt& attempt);
  Status choose(QueueBatch& batch);
  Status post(Attempt& attempt, BodySource& body);
  // From here on a batch has been sent, and is a place for another one.
  Status accepted(QueueBatch& batch);
  Status refused(QueueBatch& batch);
  Status nothing_taken(QueueBatch& batch, bool was_fresh);
  Status judge(QueueBatch& batch);
  Status set_aside(const QueueBatch& batch, Fate fate);
  Status set_suspect_aside(QueueBatch& batch, Fate fate);
  void note_reason();
  void clear_suspicion();
  [[nodiscard, gnu::noinline]] bool is_old(std::int64_t measured_ms) const;

  Check check_ = Check::none;
  Taken taken_ = Taken::none;
  Told told_ = Told::nothing;
  std::uint8_t rounds_ = 0;        // in which nothing was taken and nothing fresh was there
  bool is_doubtful_ = false;       // all was refused, so the suspect has to be tried again
  bool restamp_ = false;           // the suspect is sent with the present time
  std::uint8_t old_budget_ = 0;    // this many may still be too old without a new proof
  std::uint8_t full_batches_ = 0;  // in a row, taken at this size
  std::uint8_t reason_size_ = 0;
  RetryState policy_;
  Client& client_;
  SampleQueue& queue_;
  SampleQueue* quarantine_;
  Span<char> memory_;  // for samples; reason_size_ bytes of the reason stand behind it
  std::uint32_t max_samples_ = 16;
  std::uint32_t max_bytes_ = 16 * 1024;
  // The smallest known range of ids that holds a sample which was refused.
  std::uint32_t suspect_count_ = 0;  // 0: none
  std::uint32_t suspect_first_ = 0;
  std::uint32_t suspect_last_ = 0;
  std::int64_t suspect_ms_ = 0;  // when the one that stands alone was measured
  std::int64_t now_ms_ = 0;      // server time of the call
  TrackerConfig config_;
};

/// What a call of Sender::send() has.
struct Attempt {
  Sender::Outcome& outcome;
  std::string_view& answer;
  QueueBatch batch;
};

}  // namespace detail
}  // namespace here_tracking
