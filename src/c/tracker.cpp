// SPDX-License-Identifier: Apache-2.0
#include "here_tracking/tracker.hpp"

#include "c/convert.hpp"
#include "c/objects.hpp"
#include "c/restamping.hpp"
#include "c/settings.hpp"

using namespace here_tracking;
using namespace here_tracking::c;

namespace {

Tracker& cpp(ht_tracker_t* tracker) {
  return find<CTracker>(tracker).tracker;
}
const Tracker& cpp(const ht_tracker_t* tracker) {
  return find<CTracker>(tracker).tracker;
}

const ht_shadow_t* shadow_to_c(const DesiredShadow& shadow) {
  return reinterpret_cast<const ht_shadow_t*>(&shadow);
}

TrackerConfig settings(const ht_tracker_config_t& from) {
  TrackerConfig config;
  replace(config.sample_ms, from.sample_ms);
  replace(config.send_ms, from.send_ms);
  config.distance_m = from.distance_m;
  replace(config.min_sample_ms, from.min_sample_ms);
  replace(config.min_send_ms, from.min_send_ms);
  replace(config.send.max_samples, from.max_samples);
  replace(config.send.max_bytes, from.max_bytes);
  if (from.restamping != nullptr) config.send.restamp = from.restamping->function;
  config.send.delivery = delivery_of(from.delivery);
  config.send.id = from_c(from.delivery.id);
  config.send.app_id = from_c(from.delivery.app_id);
  config.sample = from_c(from.sample);
  config.retry = from_c(from.retry);
  return config;
}

}  // namespace

namespace here_tracking::c {

void CObserver::on_sample(Sample& sample) {
  if (hook_ == nullptr || hook_->on_sample == nullptr) return;
  hook_->on_sample(hook_->context, reinterpret_cast<ht_sample_t*>(&sample));
}

void CObserver::on_queued() {
  if (hook_ == nullptr || hook_->on_queued == nullptr) return;
  hook_->on_queued(hook_->context);
}

bool CObserver::on_shadow(const DesiredShadow& before, const DesiredShadow& now) {
  if (hook_ == nullptr || hook_->on_shadow == nullptr) return true;
  return hook_->on_shadow(hook_->context, shadow_to_c(before), shadow_to_c(now));
}

void CObserver::on_dropped(Fate fate, std::uint32_t count) {
  if (hook_ == nullptr || hook_->on_dropped == nullptr) return;
  hook_->on_dropped(hook_->context, static_cast<ht_fate_t>(fate), count);
}

void CObserver::on_connection(Connection connection, const ErrorDetail& detail) {
  if (hook_ == nullptr || hook_->on_connection == nullptr) return;
  const ht_error_detail_t to = to_c(detail);
  hook_->on_connection(hook_->context, static_cast<ht_connection_t>(connection), &to);
}

void CObserver::on_report(const Report& report) {
  if (hook_ == nullptr || hook_->on_report == nullptr) return;
  const ht_report_t to = {to_c(report.status), report.status.http_status(),
                          report.samples,      report.bytes,
                          report.pending,      report.has_shadow};
  hook_->on_report(hook_->context, &to);
}

CTracker::CTracker(const ht_tracker_setup_t& setup)
    : sources(*setup.sources),
      list(sources.sources()),
      observer(setup.observer),
      tracker(find<CClient>(setup.client).client, find<CQueue>(setup.queue).queue, list,
              find<CClient>(setup.client).hooks.hooks(),
              {from_c(setup.sample), from_c(setup.shadow)}, settings(setup.config), &observer,
              setup.quarantine != nullptr ? &find<CQueue>(setup.quarantine).queue : nullptr) {}

}  // namespace here_tracking::c

void ht_tracker_init(ht_tracker_t* tracker, const ht_tracker_setup_t* setup) {
  make<CTracker>(*tracker, *setup);
}

ht_code_t ht_tracker_start(ht_tracker_t* tracker) {
  return to_c(cpp(tracker).start());
}

int64_t ht_tracker_step(ht_tracker_t* tracker) {
  return cpp(tracker).step();
}

void ht_tracker_measure_now(ht_tracker_t* tracker) {
  cpp(tracker).measure_now();
}

void ht_tracker_send_now(ht_tracker_t* tracker) {
  cpp(tracker).send_now();
}

void ht_tracker_set_config(ht_tracker_t* tracker, const ht_tracker_config_t* config) {
  cpp(tracker).set_config(settings(*config));
}

ht_tracker_state_t ht_tracker_state(const ht_tracker_t* tracker) {
  const TrackerState from = cpp(tracker).state();
  return {from.next_sample_ms,
          from.next_send_ms,
          static_cast<ht_connection_t>(from.connection),
          from.failures,
          from.waiting,
          from.draining,
          from.is_stationary,
          from.sample_ms,
          from.send_ms,
          from.not_stored,
          to_c(from.last_success_ms)};
}

const ht_shadow_t* ht_tracker_shadow(const ht_tracker_t* tracker) {
  return shadow_to_c(cpp(tracker).shadow());
}
