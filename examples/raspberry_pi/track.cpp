// SPDX-License-Identifier: Apache-2.0
#include "track.hpp"

#include "here_tracking/restamp.hpp"

#include "console.hpp"
#include "text.hpp"

#include <algorithm>
#include <array>
#include <cstring>

namespace here_tracking::cli {
namespace {

constexpr std::size_t shadow_bytes = 16384 + 64;  // as long as any answer that a Session takes

/// What an owner of a device wants to know when samples leave undelivered.
std::string describe_drop(Fate fate, std::uint32_t number) {
  const std::string samples = count(number, "sample", "samples");
  switch (fate) {
    case Fate::dropped_oldest:
      return samples + " dropped, the oldest: the queue is full: see queue_mb and when_full";
    case Fate::dropped_newest:
      return samples + " dropped, the newest: the queue is full: see queue_mb and when_full";
    case Fate::thinned_out:
      return samples + " dropped, every second one: the queue is full: see queue_mb and when_full";
    case Fate::quarantined:
      return samples + " refused by the service: see here-tracking queue quarantine";
    case Fate::too_old:
      return samples + " too old for the service: old_samples = restamp sends such";
    case Fate::time_unknown:
      return samples + " measured at nobody knows what time: see here-tracking queue quarantine";
    case Fate::corrupted:
      return samples + " lost: the storage did not keep what was written: check it";
    case Fate::purged:
    case Fate::delivered:
      break;
  }
  return samples + " removed";
}

TrackerConfig complete(TrackerConfig config, const Options& options) {
  config.sample = options.sample;
  config.send.delivery = options.async ? Delivery::asynchronous : Delivery::synchronous;
  if (options.tracking.restamp) config.send.restamp = restamp;
  return config;
}

}  // namespace

Track::Track(const Options& options, const TrackerConfig& config, bool tells)
    : session_(options),
      sources_(options.settings.sources, session_.log()),
      static_data_(session_.static_data()),
      config_(complete(config, options)),
      tells_(tells),
      sample_memory_(2 * SourceSet::sample_bytes + SampleQueue::max_note_bytes),
      shadow_memory_(shadow_bytes) {}

void Track::start(QueueStore& queue, QueueStore& quarantine) {
  queue_ = &queue;
  Hooks hooks = session_.hooks();
  hooks.log = &log_;
  list_ = sources_.sources();
  tracker_.emplace(session_.client(), *queue, list_, hooks,
                   TrackerMemory{{sample_memory_.data(), sample_memory_.size()},
                                 {shadow_memory_.data(), shadow_memory_.size()}},
                   config_, this, &*quarantine);
  const Status status = tracker_->start();
  if (!status.ok()) {
    throw Failure(Exit::local, std::string("the tracker cannot start: ") +
                                   to_string(status.code()) + ": see here-tracking doctor");
  }
}

void Track::set_config(const Options& options, const TrackerConfig& config) {
  config_ = complete(config, options);
  tracker_->set_config(config_);
}

void Track::TrackerLog::write(LogLevel level, std::string_view text) {
  if (level == LogLevel::warning) {
    // A source of ours that has nothing says so itself, if it was asked.
    if (text.find("no time left") == 0) about_time_.about(std::string(text));
    if (text.find("must be") != std::string_view::npos) {
      complaint_.about("left out: " + std::string(text));
    }
    return;
  }
  if (level != LogLevel::error) return track_.session_.log().write(level, text);
  const int error = track_.queue_->sectors().last_errno();
  warn(std::string(text) +
       (error != 0 ? std::string(" (the queue's last error: ") + std::strerror(error) + ")" : ""));
}

void Track::on_sample(Sample& sample) {
  sources_.complete(sample, static_data_.client(), static_data_.sim(), tells_);
}

void Track::on_queued() {
  queued_ = true;
  if (static_data_.confirm().ok() || warned_of_static_data_) return;
  warned_of_static_data_ = true;
  warn("cannot keep what was sent: client and SIM will go out again");
}

bool Track::on_shadow(const DesiredShadow& /*before*/, const DesiredShadow& now) {
  if (now.rejected_members == 0) return true;
  std::array<char, 160> memory{};
  std::string text = "desired shadow: ";
  text.append(memory.data(), format(now.rejected, memory));
  const std::size_t more = now.rejected_members - 1U;
  if (more != 0) text += "; and " + count(more, "more member", "more members");
  warn(text);
  return true;
}

void Track::on_dropped(Fate fate, std::uint32_t number) {
  static_data_.forget();
  warn(describe_drop(fate, number));
}

void Track::on_connection(Connection connection, const ErrorDetail& detail) {
  if (connection == Connection::online) {
    trouble_.reset();
    return;
  }
  trouble_ = detail.status.ok()
                 ? Trouble{Exit::local, "the queue cannot be used", "see here-tracking doctor"}
                 : session_.explain(detail.status);
}

std::string Track::describe_report(const Report& report) {
  return "sent " + count(report.samples, "sample", "samples") + ", " +
         std::to_string(report.bytes) + " bytes: " +
         (report.status.http_status() != 0 ? std::to_string(report.status.http_status())
                                           : to_string(report.status.code())) +
         ", " + count(report.pending, "waits", "wait");
}

}  // namespace here_tracking::cli
