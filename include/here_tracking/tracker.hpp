// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "here_tracking/client.hpp"
#include "here_tracking/detail/sender.hpp"
#include "here_tracking/gather.hpp"
#include "here_tracking/hooks.hpp"
#include "here_tracking/queue.hpp"
#include "here_tracking/retry.hpp"
#include "here_tracking/shadow.hpp"
#include "here_tracking/telemetry.hpp"
#include "here_tracking/tracker_config.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

/// Tracker: measures, queues and sends, at the pace that the cloud asks for.

namespace here_tracking {

/// Memory that a Tracker works in. Borrowed: it must outlive the Tracker.
struct TrackerMemory {
  /// A sample is written here, and what goes into quarantine is read into it. As long as the
  /// longest sample. With SendConfig::restamp twice that and 80 bytes for each of its cells, access
  /// points and beacons: what does not fit restamped leaves as too_old. A quarantine takes
  /// SampleQueue::max_note_bytes more, for the reason of a refusal.
  Span<char> sample;
  /// Keeps the text of the desired shadow, and 20 bytes. 4.3 kB hold every one; what does not fit
  /// is obeyed all the same, but forgotten at a restart, and its texts come empty as the old
  /// shadow.
  Span<char> shadow;
};

/// What a Tracker tells, from within step(). Override what is of interest. None of them may call
/// the Tracker, but for measure_now() and send_now().
class TrackerObserver {
 public:
  TrackerObserver() = default;
  TrackerObserver(const TrackerObserver&) = delete;
  TrackerObserver& operator=(const TrackerObserver&) = delete;

  /// The sources have been asked. The time for what no source measures: client, SIM, payload, mode.
  virtual void on_sample(Sample& sample) { (void)sample; }

  /// That sample is in the queue, where a power cut does not reach it: Reported::confirm().
  virtual void on_queued() {}

  /// The desired shadow is another one. Rates, alarms and disabled periods are the Tracker's own
  /// affair; what else the owner wants is yours. Views in `before` and `now` are valid during the
  /// call only.
  /// @return whether it was taken over: only then is its stateVersion reported. After false the
  ///         call comes again with the next answer.
  virtual bool on_shadow(const DesiredShadow& before, const DesiredShadow& now) {
    (void)before;
    (void)now;
    return true;
  }

  /// Samples left the queue undelivered. What they told for the first time has to be told again:
  /// Reported::forget(); the Tracker itself does so with the stateVersion.
  virtual void on_dropped(Fate fate, std::uint32_t count) {
    (void)fate;
    (void)count;
  }

  /// How the device stands with the service has changed: one call a change.
  /// @param detail of the last call; its status is ok when the connection is online.
  virtual void on_connection(Connection connection, const ErrorDetail& detail) {
    (void)connection;
    (void)detail;
  }

  /// A request with samples is over, well or not.
  virtual void on_report(const Report& report) { (void)report; }

 protected:
  ~TrackerObserver() = default;
};

/// How a Tracker stands. Times are those of Clock::now_ms().
struct TrackerState {
  std::int64_t next_sample_ms = 0;
  std::int64_t next_send_ms = 0;  ///< The next request, if nothing urgent comes before
  Connection connection = Connection::unknown;
  std::uint8_t failures = 0;  ///< In a row
  bool waiting = false;       ///< A failed request is to be tried again at next_send_ms
  bool draining = false;      ///< More is to be sent at once
  bool is_stationary = false;
  std::uint32_t sample_ms = 0;  ///< The pace in force
  std::uint32_t send_ms = 0;
  std::uint32_t not_stored = 0;  ///< Samples since start() that the storage did not take
  std::optional<std::int64_t> last_success_ms;  ///< Server time
};

/// The device's main loop, without the loop:
///
///     for (;;) {
///       sleep_until(tracker.step());
///     }
///
/// A step measures, or sends one request, or finds nothing to do. It blocks for as long as the
/// sources (Sources::total_timeout_ms) or the requests of one Client::ingest() may take.
///
/// - A sample is in the queue before anything else happens to it. What was measured before server
///   time was known gets it when it is sent.
/// - Samples leave the queue when the service has taken them, or when it refused one by one; then
///   they go to quarantine with its reason. See detail/sender.hpp for how a refusal is read.
/// - RetryPolicy says when to try again. Nothing urgent goes before it.
/// - The pace is that of the desired shadow, with the limits of TrackerConfig; where sampleMs is
///   larger than sendMs, sendMs holds. A report is due every sendMs, or powerSave.sendMs while the
///   device does not move, and at once when it moved farther than distanceM, when a reading crosses
///   an alarm limit, and when the attachment or tampering changes and the owner wants to know.
/// - A device does not move while its sensors say so; without such a sensor, while its positions
///   differ by no more than their accuracies and 100 m. Without either it is taken to move.
/// - In a period of disableTracking nothing of what is meant is measured or written.
/// - stateVersion is reported in the next sample once the shadow was taken over. The shadow is kept
///   through the storage hook (record "shadow", at most the size of TrackerMemory::shadow), so the
///   pace survives a restart. It may hold WLAN passwords. A storage serves one Tracker.
///
/// One thread at a time; no call from an interrupt but where it is said. Nothing is allocated.
class Tracker {
 public:
  /// All is borrowed but hooks and config, which are copied. The queue is opened by start().
  /// @param hooks the Client's.
  /// @param quarantine keeps what the service refuses, with its reason as the note; without one it
  ///        is counted and gone.
  Tracker(Client& client, SampleQueue& queue, const Sources& sources, const Hooks& hooks,
          TrackerMemory memory, const TrackerConfig& config = {},
          TrackerObserver* observer = nullptr, SampleQueue* quarantine = nullptr);
  /// No temporary: the sources are borrowed.
  Tracker(Client& client, SampleQueue& queue, Sources&& sources, const Hooks& hooks,
          TrackerMemory memory, const TrackerConfig& config = {},
          TrackerObserver* observer = nullptr, SampleQueue* quarantine = nullptr) = delete;
  Tracker(const Tracker&) = delete;
  Tracker& operator=(const Tracker&) = delete;

  /// Opens the queue and the quarantine, takes up the desired shadow of before the restart. The
  /// first step() does it, if nobody else; call it to see what is wrong.
  /// @return as SampleQueue::open(); not_provided (no clock); buffer_too_small (no room for a
  ///         sample).
  Status start();

  /// Does what is due.
  /// @return when to call again, by Clock::now_ms(): not later, and earlier does no harm. Without a
  ///         clock -1: nothing can be done.
  std::int64_t step();

  /// The next step measures, or sends as soon as RetryPolicy allows. May be called from an
  /// interrupt or another thread, which has to wake the one that steps.
  void measure_now() { measure_now_ = true; }
  void send_now() { send_now_ = true; }

  /// Replaces the configuration, from the next step on. The desired shadow stays in force.
  void set_config(const TrackerConfig& config);

  [[nodiscard]] TrackerState state() const;

  /// What the cloud wants, as it is obeyed now. Its views are valid until the next step().
  [[nodiscard]] const DesiredShadow& shadow() const { return run_.shadow; }

 private:
  void measure();
  void look_at(const Sample& sample);
  void look_at(const SensorReadings& readings);
  void send();
  void tell_drops();
  void take(std::string_view answer);
  void load_shadow();
  [[nodiscard]] std::uint64_t identity() const;
  void set_pace();
  void warn(const char* what, Code code);
  [[nodiscard]] std::int64_t next_send_ms() const;
  [[nodiscard]] std::uint32_t random();
  std::int64_t read_clock();

  /// What changes while it runs. All but a few texts is zero at the beginning, so this is one
  /// memset().
  struct Run {
    bool started;
    bool urgent;
    bool is_fresh;      // a sample was measured for the request that comes next
    bool has_measured;  // since the last request
    bool is_shadow_taken;
    bool storage_failed;
    bool has_reported_version;
    bool saves_power;     // does not move, where the owner wants that
    std::uint8_t alarms;  // a bit for each reading that is outside its limits
    std::optional<bool> is_attached;
    std::optional<bool> is_tampered;
    std::uint32_t reported_at_ms;  // the lower half
    std::uint32_t measured_at_ms;  // the lower half
    TrackerState state;   // what RetryState knows is missing; next_send_ms is the next regular one
    std::int64_t now_ms;  // when the clock was read last
    std::uint64_t id;     // says whose the monotonic times are
    std::uint64_t shadow_hash;
    std::uint64_t reported_version;       // if has_reported_version
    std::optional<Place> place;           // the last one
    std::optional<Place> reported_place;  // the last one at the last report
    std::optional<Place> rest;            // where the device stands, or the last one on its way
    std::array<std::uint32_t, fate_count> told;
    DesiredShadow shadow;
  };

  volatile bool measure_now_ = false;
  volatile bool send_now_ = false;
  TrackerObserver* observer_;
  Run run_ = {};
  Span<char> shadow_memory_;
  Hooks hooks_;
  const Sources& sources_;
  detail::Sender sender_;  // has the configuration and what else both work with
};

}  // namespace here_tracking
