// SPDX-License-Identifier: Apache-2.0
#include "here_tracking/tracker.hpp"

#include "distance.hpp"
#include "records.hpp"
#include "shadow_reader.hpp"
#include "text.hpp"

#include <algorithm>
#include <cstring>

namespace here_tracking {
namespace {

constexpr std::uint32_t least_interval_ms = 100;
// What the service takes for a move, beside the accuracies of both positions.
constexpr std::uint32_t moved_m = 100;

class NoObserver final : public TrackerObserver {};
NoObserver no_observer;

/// A wish in the limits of its type; 0 is none.
template <typename T>
std::uint32_t wish_or(const std::optional<T>& wish, std::uint32_t otherwise) {
  if (!wish || *wish == 0) return otherwise;
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(*wish, 0xffffffffU));
}

std::uint32_t least_send_ms(const TrackerConfig& config) {
  return std::max(config.min_send_ms, least_interval_ms);
}

bool is_outside(const std::optional<std::int32_t>& reading, const Limits& limits) {
  return reading &&
         ((limits.min && *reading < *limits.min) || (limits.max && *reading > *limits.max));
}

}  // namespace

Tracker::Tracker(Client& client, SampleQueue& queue, const Sources& sources, const Hooks& hooks,
                 TrackerMemory memory, const TrackerConfig& config, TrackerObserver* observer,
                 SampleQueue* quarantine)
    : client_(client),
      queue_(queue),
      quarantine_(quarantine),
      sources_(sources),
      hooks_(hooks),
      memory_(memory),
      config_(config),
      observer_(observer != nullptr ? *observer : no_observer),
      sender_(client, queue, quarantine, config_.send, config_.retry) {}

std::uint32_t Tracker::random() {
  std::array<std::uint8_t, 4> bytes{};
  if (!hooks_.entropy->fill(bytes).ok()) return static_cast<std::uint32_t>(hooks_.clock->now_ms());
  std::uint32_t value = 0;
  std::memcpy(&value, bytes.data(), sizeof(value));
  return value;
}

void Tracker::warn(std::string_view what, Status status) {
  char memory[120];
  TextBuilder text(memory);
  text.append(what);
  text.append(": ");
  text.append(to_string(status.code()));
  hooks_.log->write(LogLevel::error, text.text());
}

// ---- start ----

Status Tracker::start() {
  const std::int64_t now_ms = hooks_.clock->now_ms();
  if (now_ms < 0) return Code::not_provided;
  if (!Sample(memory_.sample).status().ok()) return Code::buffer_too_small;
  const Status status = queue_.open();
  if (!status.ok()) return status;
  if (quarantine_ != nullptr) {
    const Status opened = quarantine_->open();
    if (!opened.ok()) warn("quarantine", opened);
  }
  if (run_id_ == 0) {
    run_id_ = hooks_.clock->boot_id();
    // Without one this run is all that the clock's times hold for.
    if (run_id_ == 0) run_id_ = (std::uint64_t{random()} << 32U | random()) | 1U;
    load_shadow();
  }
  for (std::size_t fate = 0; fate < fate_count; ++fate)
    told_[fate] = queue_.left(static_cast<Fate>(fate));
  next_sample_ms_ = next_report_ms_ = now_ms;
  set_pace(now_ms);
  started_ = true;
  return {};
}

void Tracker::set_config(const TrackerConfig& config) {
  config_ = config;
  sender_.policy().set_config(config.retry);
  if (started_) set_pace(hooks_.clock->now_ms());
}

// ---- pace ----

void Tracker::set_pace(std::int64_t now_ms) {
  const std::uint32_t least_sample_ms = std::max(config_.min_sample_ms, least_interval_ms);
  send_ms_ = std::max(wish_or(shadow_.rate.send_ms, config_.send_ms), least_send_ms(config_));
  sample_ms_ = wish_or(shadow_.rate.sample_ms, config_.sample_ms);
  if (shadow_.rate.sample_ms && !shadow_.rate.send_ms) send_ms_ = std::max(send_ms_, sample_ms_);
  if (sample_ms_ > send_ms_) sample_ms_ = config_.sample_ms;
  sample_ms_ = std::max(std::min(sample_ms_, send_ms_), least_sample_ms);
  next_sample_ms_ = std::min(next_sample_ms_, now_ms + sample_ms_);
  next_report_ms_ = std::min(next_report_ms_, now_ms + send_interval_ms());
}

std::uint32_t Tracker::send_interval_ms() const {
  if (!is_stationary_) return send_ms_;
  return std::max(send_ms_, wish_or(shadow_.power_save_send_ms, 0));
}

// ---- measure ----

bool Tracker::crosses_alarm(const SensorReadings& readings) {
  const SensorAlarms& alarms = shadow_.sensor_alarms;
  const struct {
    const std::optional<std::int32_t>& reading;
    const Limits& limits;
  } watched[] = {
      {readings.temperature_c_e2, alarms.temperature_c_e2},
      {readings.relative_humidity_percent_e2, alarms.relative_humidity_percent_e2},
      {readings.pressure_hpa_e4, alarms.pressure_hpa_e4},
      {readings.acceleration_g_e6, alarms.acceleration_g_e6},
      {readings.tilt_degree_e2, alarms.tilt_degree_e2},
      {readings.battery_level_percent, alarms.battery_level_percent},
  };
  bool crossed = false;
  std::uint8_t bit = 1;
  for (const auto& each : watched) {
    if (is_outside(each.reading, each.limits)) {
      crossed = crossed || (alarms_ & bit) == 0;
      alarms_ = static_cast<std::uint8_t>(alarms_ | bit);
    } else if (each.reading) {
      alarms_ = static_cast<std::uint8_t>(alarms_ & ~bit);
    }
    bit = static_cast<std::uint8_t>(bit << 1U);
  }
  const auto changed = [](const std::optional<bool>& now, std::optional<bool>& before) {
    const bool differs = now && before && *now != *before;
    if (now) before = now;
    return differs;
  };
  const bool attachment = changed(readings.device_is_attached, is_attached_);
  const bool tampering = changed(readings.device_is_tampered, is_tampered_);
  return crossed || (attachment && alarms.is_attach_alert_enabled.value_or(false)) ||
         (tampering && alarms.is_tamper_alert_enabled.value_or(false));
}

void Tracker::look_at(const Sample& sample, std::int64_t now_ms) {
  if (crosses_alarm(sample.readings())) urgent_ = true;

  const std::optional<Place>& place = sample.place();
  if (place) {
    const std::uint32_t limit_m = wish_or(shadow_.rate.distance_m, config_.distance_m);
    const std::uint32_t since_ms = static_cast<std::uint32_t>(now_ms) - reported_at_ms_;
    if (limit_m != 0 && reported_place_ && since_ms >= least_send_ms(config_) &&
        distance_m(*place, *reported_place_) > limit_m) {
      urgent_ = true;
    }
    place_ = place;
  }

  bool is_stationary = is_stationary_;
  if (sample.readings().device_is_stationary) {
    is_stationary = *sample.readings().device_is_stationary;
  } else if (place) {
    is_stationary = rest_ && distance_m(*place, *rest_) <=
                                 place->accuracy_mm / 1000 + rest_->accuracy_mm / 1000 + moved_m;
    if (!is_stationary) rest_ = place;
  }
  if (is_stationary == is_stationary_) return;
  is_stationary_ = is_stationary;
  set_pace(now_ms);
}

void Tracker::withhold(Sample& sample) {
  const DisableTracking& disabled = shadow_.disable_tracking;
  const std::optional<std::int64_t> server_ms = client_.server_time_ms();
  // Without a time nothing speaks against the period.
  if (server_ms ? disabled.applies_at(*server_ms) : disabled.has_period) {
    sample.withhold(disabled.position, disabled.sensors);
  }
}

void Tracker::measure(std::int64_t now_ms) {
  measure_now_ = false;
  has_measured_ = true;
  const bool was_due = now_ms >= next_sample_ms_ && now_ms - next_sample_ms_ < sample_ms_;
  next_sample_ms_ = (was_due ? next_sample_ms_ : now_ms) + sample_ms_;
  measured_at_ms_ = now_ms;

  Sample sample(memory_.sample, config_.sample);
  withhold(sample);
  (void)gather(sources_, sample, *hooks_.clock, *hooks_.log);  // logged there
  look_at(sample, now_ms);

  std::optional<std::uint64_t> version = shadow_.state_version;
  if (!is_shadow_taken_ || version == reported_version_) version.reset();
  if (version && !sample.set_state_version(*version).ok()) version.reset();
  observer_.on_sample(sample);
  if (is_stationary_ && wish_or(shadow_.power_save_send_ms, 0) != 0) {
    // Unless the observer knows better.
    (void)sample.set_mode(DeviceMode::power_save);
  }

  // The place and the time belong together, so the time is that of the beginning.
  const std::int64_t ago_ms = hooks_.clock->now_ms() - now_ms;
  const std::optional<std::int64_t> server_ms = client_.server_time_ms();
  const SampleTime time =
      server_ms ? SampleTime{*server_ms - ago_ms, 0} : SampleTime{now_ms, run_id_};
  const std::string_view text = sample.untimed_json();
  Status status = queue_.append(text, time);
  // The queue leaves a place where writing failed, so a second try is made elsewhere.
  if (status == Code::hook_failed) status = queue_.append(text, time);
  if (status.ok()) {
    if (version) reported_version_ = version;
    observer_.on_queued();
  }
  const bool is_broken = !status.ok() && status != Code::queue_full;
  if (is_broken) ++not_stored_;
  if (is_broken && !storage_failed_) warn("a sample was not stored", status);
  storage_failed_ = is_broken;
  tell_drops();
}

void Tracker::tell_drops() {
  for (std::size_t i = 0; i < fate_count; ++i) {
    const auto fate = static_cast<Fate>(i);
    const std::uint32_t count = queue_.left(fate) - told_[i];
    if (count == 0) continue;
    told_[i] += count;
    if (fate == Fate::delivered) continue;
    reported_version_.reset();
    observer_.on_dropped(fate, count);
  }
}

// ---- send ----

void Tracker::send() {
  is_fresh_ = false;
  has_measured_ = false;
  std::string_view answer;
  const detail::Sender::Outcome outcome =
      sender_.send(*hooks_.clock, run_id_, random(), memory_.sample, answer);
  const std::int64_t now_ms = hooks_.clock->now_ms();
  const RetryPolicy& policy = sender_.policy();
  if (outcome.has_report && outcome.report.status.ok()) last_success_ms_ = client_.server_time_ms();
  if (outcome.report.has_shadow) take(answer, now_ms);
  if (outcome.has_report) {
    reported_at_ms_ = static_cast<std::uint32_t>(now_ms);
    observer_.on_report(outcome.report);
  }
  if (outcome.verdict.changed) observer_.on_connection(policy.connection(), client_.last_error());
  tell_drops();

  is_waiting_ = outcome.verdict.advice == Advice::wait;
  if (is_waiting_) {
    not_before_ms_ = now_ms + outcome.verdict.wait_ms;
    return;
  }
  is_draining_ = outcome.more;
  if (is_draining_) return;
  urgent_ = false;
  reported_place_ = place_;
  const std::uint32_t interval_ms = send_interval_ms();
  const std::uint32_t next_ms = sender_.policy().next_report_ms(interval_ms, random());
  // On time the pace is kept; after an early report, or a recovery, it starts anew.
  const bool on_time = now_ms >= next_report_ms_ && now_ms - next_report_ms_ < interval_ms / 2;
  next_report_ms_ = (on_time && next_ms == interval_ms ? next_report_ms_ : now_ms) + next_ms;
}

std::int64_t Tracker::next_send_ms() const {
  if (is_waiting_) return not_before_ms_;
  if (is_draining_ || urgent_) return 0;
  return next_report_ms_;
}

std::int64_t Tracker::step() {
  std::int64_t now_ms = hooks_.clock->now_ms();
  if (now_ms < 0) return -1;
  if (!started_) {
    const Status status = start();
    if (!status.ok()) {
      if (!storage_failed_) warn("the tracker cannot start", status);
      storage_failed_ = true;
      return now_ms + std::max(config_.sample_ms, least_interval_ms);
    }
    storage_failed_ = false;
  }
  if (send_now_) {
    send_now_ = false;
    urgent_ = true;
  }
  // Sources that take longer than the interval must not keep reports back for ever.
  const bool is_senders_turn = has_measured_ && now_ms >= next_send_ms();
  if (measure_now_ || (now_ms >= next_sample_ms_ && !is_senders_turn)) {
    measure(now_ms);
  } else if (now_ms >= next_send_ms()) {
    // A report tells the present, and never nothing.
    const bool is_regular = !is_waiting_ && !is_draining_ && !urgent_;
    const bool is_stale = is_regular && now_ms - measured_at_ms_ > sample_ms_ / 2;
    if (!is_fresh_ && (sender_.wants_fresh() || is_stale || queue_.pending() == 0)) {
      measure(now_ms);
      is_fresh_ = true;
    } else {
      send();
    }
  }
  now_ms = hooks_.clock->now_ms();
  if (measure_now_ || send_now_) return now_ms;
  return std::max(now_ms, std::min(next_sample_ms_, next_send_ms()));
}

TrackerState Tracker::state() const {
  TrackerState state;
  state.next_sample_ms = next_sample_ms_;
  state.next_send_ms = next_send_ms();
  state.connection = sender_.policy().connection();
  state.failures = sender_.policy().failures();
  state.waiting = is_waiting_;
  state.draining = is_draining_;
  state.is_stationary = is_stationary_;
  state.sample_ms = sample_ms_;
  state.send_ms = send_interval_ms();
  state.not_stored = not_stored_;
  state.last_success_ms = last_success_ms_;
  return state;
}

// ---- the desired shadow ----

void Tracker::take(std::string_view answer, std::int64_t now_ms) {
  const std::uint64_t hash = fnv1a(answer);
  if (is_shadow_taken_ && hash == shadow_hash_) return;
  DesiredShadow shadow;
  (void)read_shadow(answer, shadow);  // the Client saw that it can be read
  is_shadow_taken_ = observer_.on_shadow(shadow_, shadow);
  shadow_hash_ = hash;

  const Span<char> text = ShadowRecord::text_in(memory_.shadow);
  if (shadow.json.size() <= text.size()) {
    const std::size_t size = copy_text(shadow.json, text);
    (void)read_shadow({text.data(), size}, shadow_);  // it was read before
    if (is_shadow_taken_) keep_shadow(size);
  } else {
    shadow_ = shadow;
    shadow_.sensor_logging_tag = shadow_.wlan_configurations = shadow_.payload = shadow_.json = {};
    if (!memory_.shadow.empty()) warn("the desired shadow is not kept", Code::buffer_too_small);
    (void)hooks_.storage->erase(ShadowRecord::name);
  }
  set_pace(now_ms);
}

std::uint64_t Tracker::identity() const {
  return fnv1a(config_.send.app_id, fnv1a(config_.send.id, client_.identity()));
}

void Tracker::keep_shadow(std::size_t text_size) {
  const Span<const std::uint8_t> record =
      ShadowRecord::encode(identity(), text_size, memory_.shadow);
  const Status status = hooks_.storage->store(ShadowRecord::name, record);
  if (!status.ok() && status != Code::not_provided) warn("store the desired shadow", status);
}

void Tracker::load_shadow() {
  if (memory_.shadow.empty()) return;
  const Span<std::uint8_t> memory(reinterpret_cast<std::uint8_t*>(memory_.shadow.data()),
                                  memory_.shadow.size());
  std::size_t size = 0;
  if (!hooks_.storage->load(ShadowRecord::name, memory, size).ok()) return;
  const std::string_view text = ShadowRecord::decode({memory.data(), size}, identity());
  if (text.empty() || !read_shadow(text, shadow_)) {
    shadow_ = {};
    return;
  }
  shadow_hash_ = fnv1a(text);
  is_shadow_taken_ = true;
}

}  // namespace here_tracking
