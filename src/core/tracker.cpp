// SPDX-License-Identifier: Apache-2.0
#include "here_tracking/tracker.hpp"

#include "distance.hpp"
#include "records.hpp"
#include "sample_end.hpp"
#include "shadow_reader.hpp"
#include "words.hpp"

#include <algorithm>
#include <cstddef>
#include <cstring>

namespace here_tracking {
namespace {

constexpr std::uint32_t least_interval_ms = 100;
// What the service takes for a move, beside the accuracies of both positions.
constexpr std::uint32_t moved_m = 100;

/// A reading, in SensorReadings, and its Limits, in SensorAlarms.
struct Watched {
  std::uint8_t reading;
  std::uint8_t limits;
};
#define HERE_TRACKING_WATCHED(member) \
  { offsetof(SensorReadings, member), offsetof(SensorAlarms, member) }
constexpr Watched watched_readings[] = {
    HERE_TRACKING_WATCHED(temperature_c_e2), HERE_TRACKING_WATCHED(relative_humidity_percent_e2),
    HERE_TRACKING_WATCHED(pressure_hpa_e4),  HERE_TRACKING_WATCHED(acceleration_g_e6),
    HERE_TRACKING_WATCHED(tilt_degree_e2),   HERE_TRACKING_WATCHED(battery_level_percent),
};

/// A wish in the limits of its type; 0 is none.
[[gnu::noinline]] std::uint32_t wish_or(const std::optional<std::uint64_t>& wish,
                                        std::uint32_t otherwise) {
  const std::uint64_t wanted = wish.value_or(0);
  if (wanted == 0) return otherwise;
  return wanted > 0xffffffffU ? 0xffffffffU : static_cast<std::uint32_t>(wanted);
}

std::uint32_t least_send_ms(const TrackerConfig& config) {
  return std::max(config.min_send_ms, least_interval_ms);
}

template <typename T>
const T& member(const void* object, std::size_t offset) {
  return *reinterpret_cast<const T*>(static_cast<const std::uint8_t*>(object) + offset);
}

bool is_outside(std::int32_t reading, const Limits& limits) {
  return (limits.min && reading < *limits.min) || (limits.max && reading > *limits.max);
}

/// Whether the owner wants to know that it is another one than before.
[[gnu::noinline]] bool alerts(const std::optional<bool>& now, std::optional<bool>& before,
                              const std::optional<bool>& is_wanted) {
  if (!now) return false;
  const bool has_changed = before && *before != *now;
  before = now;
  return has_changed && is_wanted.value_or(false);
}

/// Without a server time nothing speaks against the period.
[[gnu::noinline]] bool is_in_force(const DisableTracking& disabled,
                                   const std::optional<std::int64_t>& server_ms) {
  return server_ms ? disabled.applies_at(*server_ms) : disabled.has_period;
}

/// From a deadline to the next one; from now on where it is later than is tolerated, or early.
[[gnu::noinline]] void advance(std::int64_t& deadline_ms, std::uint32_t tolerated_ms,
                               std::int64_t now_ms, std::uint32_t interval_ms) {
  const auto late_ms = static_cast<std::uint64_t>(now_ms - deadline_ms);
  deadline_ms = (late_ms < tolerated_ms ? deadline_ms : now_ms) + interval_ms;
}

}  // namespace

Tracker::Tracker(Client& client, SampleQueue& queue, const Sources& sources, const Hooks& hooks,
                 TrackerMemory memory, const TrackerConfig& config, TrackerObserver* observer,
                 SampleQueue* quarantine)
    : observer_(observer),
      shadow_memory_(memory.shadow),
      hooks_(hooks),
      sources_(sources),
      sender_(client, queue, quarantine, memory.sample, config) {}

std::uint32_t Tracker::random() {
  std::uint32_t value = 0;
  const Span<std::uint8_t> bytes(reinterpret_cast<std::uint8_t*>(&value), sizeof(value));
  return hooks_.entropy->fill(bytes).ok() ? value : static_cast<std::uint32_t>(read_clock());
}

std::int64_t Tracker::read_clock() {
  run_.now_ms = hooks_.clock->now_ms();
  return run_.now_ms;
}

void Tracker::warn(const char* what, Code code) {
  char memory[120];
  TextBuilder text(memory);
  append_words(text, what, ": ", to_string(code));
  hooks_.log->write(LogLevel::error, text.text());
}

// ---- start ----

Status Tracker::start() {
  if (read_clock() < 0) return Code::not_provided;
  if (sender_.memory_.size() < sample_end_bytes) return Code::buffer_too_small;
  const Status status = sender_.queue_.open();
  if (!status.ok()) return status;
  if (sender_.quarantine_ != nullptr) {
    const Status opened = sender_.quarantine_->open();
    if (!opened.ok()) warn("quarantine", opened.code());
  }
  if (run_.id == 0) {
    run_.id = hooks_.clock->boot_id();
    // Without one this run is all that the clock's times hold for.
    if (run_.id == 0) run_.id = (std::uint64_t{random()} << 32U | random()) | 1U;
    load_shadow();
  }
  for (std::size_t fate = 0; fate < fate_count; ++fate)
    run_.told[fate] = sender_.queue_.left(static_cast<Fate>(fate));
  run_.state.next_sample_ms = run_.state.next_send_ms = run_.now_ms;
  set_pace();
  run_.started = true;
  return {};
}

void Tracker::set_config(const TrackerConfig& config) {
  sender_.config_ = config;
  (void)read_clock();
  if (run_.started) set_pace();
}

// ---- pace ----

void Tracker::set_pace() {
  const Rate& rate = run_.shadow.rate;
  std::uint32_t send_ms =
      std::max(wish_or(rate.send_ms, sender_.config_.send_ms), least_send_ms(sender_.config_));
  std::uint32_t sample_ms = wish_or(rate.sample_ms, sender_.config_.sample_ms);
  if (rate.sample_ms && !rate.send_ms) send_ms = std::max(send_ms, sample_ms);
  if (sample_ms > send_ms) sample_ms = sender_.config_.sample_ms;
  sample_ms = std::max(std::min(sample_ms, send_ms), sender_.config_.min_sample_ms);
  sample_ms = std::max(sample_ms, least_interval_ms);
  std::uint32_t power_save_ms = 0;
  if (run_.state.is_stationary) power_save_ms = wish_or(run_.shadow.power_save_send_ms, 0);
  run_.saves_power = power_save_ms != 0;
  send_ms = std::max(send_ms, power_save_ms);
  run_.state.sample_ms = sample_ms;
  run_.state.send_ms = send_ms;
  run_.state.next_sample_ms = std::min(run_.state.next_sample_ms, run_.now_ms + sample_ms);
  if (!run_.state.waiting)
    run_.state.next_send_ms = std::min(run_.state.next_send_ms, run_.now_ms + send_ms);
}

// ---- measure ----

void Tracker::look_at(const SensorReadings& readings) {
  const SensorAlarms& alarms = run_.shadow.sensor_alarms;
  std::uint32_t known = 0;
  std::uint32_t outside = 0;
  std::uint32_t bit = 1;
  for (const Watched& each : watched_readings) {
    const auto& reading = member<std::optional<std::int32_t>>(&readings, each.reading);
    if (reading) {
      known |= bit;
      if (is_outside(*reading, member<Limits>(&alarms, each.limits))) outside |= bit;
    }
    bit <<= 1U;
  }
  if ((outside & ~run_.alarms) != 0) run_.urgent = true;
  run_.alarms = static_cast<std::uint8_t>((run_.alarms & ~known) | outside);
  if (alerts(readings.device_is_attached, run_.is_attached, alarms.is_attach_alert_enabled))
    run_.urgent = true;
  if (alerts(readings.device_is_tampered, run_.is_tampered, alarms.is_tamper_alert_enabled))
    run_.urgent = true;
}

void Tracker::look_at(const Sample& sample) {
  look_at(sample.readings());

  const std::optional<Place>& place = sample.place();
  bool is_stationary = run_.state.is_stationary;
  if (place) {
    std::uint32_t limit_m = run_.shadow.rate.distance_m.value_or(0);
    if (limit_m == 0) limit_m = sender_.config_.distance_m;
    const std::uint32_t since_ms = static_cast<std::uint32_t>(run_.now_ms) - run_.reported_at_ms;
    if (limit_m != 0 && run_.reported_place && since_ms >= least_send_ms(sender_.config_) &&
        distance_m(*place, *run_.reported_place) > limit_m) {
      run_.urgent = true;
    }
    run_.place = place;
  }

  const std::optional<bool>& says = sample.readings().device_is_stationary;
  if (says) {
    is_stationary = *says;
  } else if (place) {
    is_stationary =
        run_.rest && distance_m(*place, *run_.rest) <=
                         place->accuracy_mm / 1000 + run_.rest->accuracy_mm / 1000 + moved_m;
    if (!is_stationary) run_.rest = place;
  }
  if (is_stationary == run_.state.is_stationary) return;
  run_.state.is_stationary = is_stationary;
  set_pace();
}

void Tracker::measure() {
  measure_now_ = false;
  run_.has_measured = true;
  advance(run_.state.next_sample_ms, run_.state.sample_ms, run_.now_ms, run_.state.sample_ms);
  run_.measured_at_ms = static_cast<std::uint32_t>(run_.now_ms);
  // The place and the time belong together, so the time is that of the beginning.
  SampleTime time = {run_.now_ms, run_.id};
  const std::optional<std::int64_t> server_ms = sender_.client_.server_time_ms();
  if (server_ms) time = {*server_ms, 0};

  Sample sample(sender_.memory_, sender_.config_.sample);
  const DisableTracking& disabled = run_.shadow.disable_tracking;
  if (is_in_force(disabled, server_ms)) sample.withhold(disabled.position, disabled.sensors);
  (void)gather(sources_, sample, *hooks_.clock, *hooks_.log);  // logged there
  look_at(sample);

  const std::optional<std::uint64_t>& version = run_.shadow.state_version;
  const bool tells_version = run_.is_shadow_taken && version &&
                             !(run_.has_reported_version && *version == run_.reported_version) &&
                             sample.set_state_version(*version).ok();
  if (observer_ != nullptr) observer_->on_sample(sample);
  // Unless the observer knows better.
  if (run_.saves_power) (void)sample.set_mode(DeviceMode::power_save);

  // The queue leaves a place where writing failed, so a second try is made elsewhere.
  int tries = 2;
  Code code = Code::ok;
  do {
    code = sender_.queue_.append(sample.untimed_json(), time).code();
  } while (code == Code::hook_failed && --tries != 0);
  if (code == Code::ok) {
    if (tells_version) {
      run_.reported_version = *version;
      run_.has_reported_version = true;
    }
    if (observer_ != nullptr) observer_->on_queued();
  }
  const bool is_broken = code != Code::ok && code != Code::queue_full;
  if (is_broken) {
    ++run_.state.not_stored;
    if (!run_.storage_failed) warn("a sample was not stored", code);
  }
  run_.storage_failed = is_broken;
  tell_drops();
}

void Tracker::tell_drops() {
  for (std::size_t i = 0; i < fate_count; ++i) {
    const auto fate = static_cast<Fate>(i);
    const std::uint32_t count = sender_.queue_.left(fate) - run_.told[i];
    if (count == 0) continue;
    run_.told[i] += count;
    if (fate == Fate::delivered) continue;
    run_.has_reported_version = false;
    if (observer_ != nullptr) observer_->on_dropped(fate, count);
  }
}

// ---- send ----

void Tracker::send() {
  run_.is_fresh = false;
  run_.has_measured = false;
  std::string_view answer;
  const detail::Sender::Outcome outcome = sender_.send(run_.id, random(), answer);
  const std::int64_t now_ms = read_clock();
  if (outcome.has_report) {
    if (outcome.report.status.ok()) run_.state.last_success_ms = sender_.client_.server_time_ms();
    if (outcome.report.has_shadow) take(answer);
    run_.reported_at_ms = static_cast<std::uint32_t>(now_ms);
    if (observer_ != nullptr) observer_->on_report(outcome.report);
  }
  if (outcome.verdict.changed && observer_ != nullptr) {
    observer_->on_connection(sender_.policy_.connection(), sender_.client_.last_error());
  }
  tell_drops();

  run_.state.waiting = outcome.verdict.advice == Advice::wait;
  if (run_.state.waiting) {
    run_.state.next_send_ms = now_ms + outcome.verdict.wait_ms;
    return;
  }
  run_.state.draining = outcome.more;
  if (run_.state.draining) return;
  run_.urgent = false;
  run_.reported_place = run_.place;
  const std::uint32_t interval_ms = run_.state.send_ms;
  const std::uint32_t next_ms =
      sender_.policy_.next_report_ms(sender_.config_.retry, interval_ms, random());
  // On time the pace is kept; after an early report, or a recovery, it starts anew.
  advance(run_.state.next_send_ms, next_ms == interval_ms ? interval_ms / 2 : 0, now_ms, next_ms);
}

std::int64_t Tracker::next_send_ms() const {
  const bool at_once = !run_.state.waiting && (run_.state.draining || run_.urgent);
  return at_once ? 0 : run_.state.next_send_ms;
}

std::int64_t Tracker::step() {
  if (read_clock() < 0) return -1;
  if (!run_.started) {
    const Status status = start();
    const bool was_told = run_.storage_failed;
    run_.storage_failed = !status.ok();
    if (!status.ok()) {
      if (!was_told) warn("the tracker cannot start", status.code());
      return run_.now_ms + std::max(sender_.config_.sample_ms, least_interval_ms);
    }
  }
  if (send_now_) {
    send_now_ = false;
    run_.urgent = true;
  }
  const bool may_send = run_.now_ms >= next_send_ms();
  const auto is_sample_due = [this, may_send] {
    // Sources that take longer than the interval must not keep reports back for ever.
    const bool is_senders_turn = run_.has_measured && may_send;
    if (measure_now_) return true;
    if (run_.now_ms >= run_.state.next_sample_ms && !is_senders_turn) return true;
    if (!may_send || run_.is_fresh) return false;
    // A report tells the present, and never nothing.
    const bool is_regular = !run_.state.waiting && !run_.state.draining && !run_.urgent;
    const bool is_stale =
        is_regular &&
        static_cast<std::uint32_t>(run_.now_ms) - run_.measured_at_ms > run_.state.sample_ms / 2;
    run_.is_fresh = is_stale || sender_.wants_fresh() || sender_.queue_.pending() == 0;
    return run_.is_fresh;
  };
  if (is_sample_due()) {
    measure();
  } else if (may_send) {
    send();
  }
  const std::int64_t now_ms = read_clock();
  if (measure_now_ || send_now_) return now_ms;
  return std::max(now_ms, std::min(run_.state.next_sample_ms, next_send_ms()));
}

TrackerState Tracker::state() const {
  TrackerState state = run_.state;
  state.next_send_ms = next_send_ms();
  state.connection = sender_.policy_.connection();
  state.failures = sender_.policy_.failures();
  return state;
}

// ---- the desired shadow ----

std::uint64_t Tracker::identity() const {
  return fnv1a(sender_.config_.send.app_id,
               fnv1a(sender_.config_.send.id, sender_.client_.identity()));
}

void Tracker::take(std::string_view answer) {
  const std::uint64_t hash = fnv1a(answer);
  if (run_.is_shadow_taken && hash == run_.shadow_hash) return;
  const DesiredShadow before = run_.shadow;
  (void)read_shadow(answer, run_.shadow);  // the Client saw that it can be read
  run_.is_shadow_taken = observer_ == nullptr || observer_->on_shadow(before, run_.shadow);
  run_.shadow_hash = hash;

  const Span<char> text = ShadowRecord::text_in(shadow_memory_);
  const std::size_t size = copy_text(answer, text);
  if (size == answer.size()) {
    (void)read_shadow({text.data(), size}, run_.shadow);  // it was read before
    if (run_.is_shadow_taken) {
      const Status status = hooks_.storage->store(
          ShadowRecord::name, ShadowRecord::encode(identity(), size, shadow_memory_));
      if (!status.ok() && status != Code::not_provided)
        warn("store the desired shadow", status.code());
    }
  } else {
    run_.shadow.sensor_logging_tag = run_.shadow.wlan_configurations = run_.shadow.payload =
        run_.shadow.json = {};
    if (!shadow_memory_.empty()) warn("the desired shadow is not kept", Code::buffer_too_small);
    (void)hooks_.storage->erase(ShadowRecord::name);
  }
  set_pace();
}

void Tracker::load_shadow() {
  if (shadow_memory_.empty()) return;
  const Span<std::uint8_t> memory(reinterpret_cast<std::uint8_t*>(shadow_memory_.data()),
                                  shadow_memory_.size());
  std::size_t size = 0;
  if (!hooks_.storage->load(ShadowRecord::name, memory, size).ok()) return;
  const std::string_view text = ShadowRecord::decode({memory.data(), size}, identity());
  if (read_shadow(text, run_.shadow)) {
    run_.is_shadow_taken = !text.empty();
    run_.shadow_hash = fnv1a(text);
  } else {
    (void)read_shadow({}, run_.shadow);
  }
}

}  // namespace here_tracking
