// SPDX-License-Identifier: Apache-2.0
#include "commands.hpp"
#include "console.hpp"
#include "service_manager.hpp"
#include "state_lock.hpp"
#include "status_file.hpp"
#include "text.hpp"
#include "track.hpp"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <poll.h>
#include <unistd.h>

namespace here_tracking::cli {
namespace {

// A clock that stands still in suspend measures the sleep, so it must not be long.
constexpr std::int64_t max_sleep_ms = 30000;
constexpr unsigned hard_end_s = 1;
constexpr std::int64_t memory_interval_ms = 1000;
constexpr std::int64_t storage_interval_ms = 15 * 60 * 1000;

volatile std::sig_atomic_t stop = 0;
volatile std::sig_atomic_t reload = 0;
std::atomic<CurlTransport*> transport = nullptr;

/// What ends the program breaks off what it waits for: a service, a receiver, a disk. Should that
/// not be enough, it ends all the same: the queue is made for power cuts.
void on_signal(int signal) {
  if (signal == SIGALRM) _exit(static_cast<int>(Exit::ok));
  if (signal == SIGHUP) {
    reload = 1;
    return;
  }
  stop = 1;
  if (CurlTransport* const current = transport.load()) current->cancel();
  alarm(hard_end_s);
}

sigset_t handled_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP})
    sigaddset(&set, signal);
  return set;
}

void handle_signals() {
  struct sigaction action {};
  action.sa_handler = on_signal;
  action.sa_mask = handled_signals();
  for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGALRM})
    sigaction(signal, &action, nullptr);
}

/// Sleeps until then, or until there is something to do.
void sleep_until(Clock& clock, std::int64_t until_ms, std::int64_t max_ms) {
  const sigset_t handled = handled_signals();
  sigset_t before;
  // A signal between the question and the sleep must end the sleep.
  sigprocmask(SIG_BLOCK, &handled, &before);
  const std::int64_t ms = std::clamp<std::int64_t>(until_ms - clock.now_ms(), 0, max_ms);
  if (stop == 0 && reload == 0 && ms > 0) {
    const timespec time{static_cast<time_t>(ms / 1000), static_cast<long>(ms % 1000 * 1000000)};
    ppoll(nullptr, 0, &time, &before);
  }
  sigprocmask(SIG_SETMASK, &before, nullptr);
}

class Run final : public Track {
 public:
  /// @param last_success_ms of the run before.
  Run(const Options& options, const TrackerConfig& config,
      std::optional<std::int64_t> last_success_ms)
      : Track(options, config, false), success_before_ms_(last_success_ms) {
    transport = &session().transport();
  }
  ~Run() { transport = nullptr; }
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;

  void on_report(const Report& report) override {
    reported_ = true;
    if (!report.status.ok()) return;  // on_connection() or on_dropped() tells
    const std::optional<std::uint64_t>& version = tracker().shadow().state_version;
    std::string text = utc_time(session().client().server_time_ms().value_or(system_time_ms())) +
                       " " + describe_report(report);
    if (report.has_shadow && version && version != version_) {
      text += ", shadow state version " + std::to_string(*version);
      version_ = version;
    }
    if (report.pending != 0 && isatty(STDERR_FILENO) != 0) return show_backlog(report);
    backlog_begin_ms_.reset();
    note(text);
  }

  void on_connection(Connection connection, const ErrorDetail& detail) override {
    const bool was_troubled = trouble().has_value();
    Track::on_connection(connection, detail);
    connection_changed_ = true;
    if (stop != 0) return;
    if (trouble()) {
      warn(trouble()->line());
    } else if (was_troubled) {
      note("online again");
    } else {
      note("online: " + session().url());
    }
  }

  [[nodiscard]] std::optional<std::int64_t> last_success_ms() {
    const std::optional<std::int64_t> ms = tracker().state().last_success_ms;
    return ms ? ms : success_before_ms_;
  }

  [[nodiscard]] RunStatus status(std::int64_t started_ms) {
    const TrackerState state = tracker().state();
    RunStatus status;
    status.pid = getpid();
    status.boot_id = clock_.boot_id();
    status.started_ms = started_ms;
    status.last_success_ms = last_success_ms();
    status.shadow_version = tracker().shadow().state_version;
    status.next_sample_ms = state.next_sample_ms;
    status.next_send_ms = std::max(state.next_send_ms, clock_.now_ms());
    status.sample_ms = state.sample_ms;
    status.send_ms = state.send_ms;
    status.not_stored = state.not_stored;
    status.connection = to_string(state.connection);
    if (trouble()) status.trouble = trouble()->line();
    return status;
  }

  /// A line for who asks systemd.
  [[nodiscard]] std::string summary(std::uint32_t pending) {
    std::string text =
        trouble() ? "in trouble: " + trouble()->line() : to_string(tracker().state().connection);
    text += "; " + count(pending, "sample waits", "samples wait");
    if (last_success_ms()) text += "; last report " + utc_time(*last_success_ms());
    return printable(text, text.size());
  }

  /// Whether something has happened since that is worth a write to memory, or to storage.
  [[nodiscard]] bool take_news(bool for_memory) {
    const bool reported = std::exchange(reported_, false);
    return std::exchange(connection_changed_, false) || (reported && for_memory);
  }

 private:
  void show_backlog(const Report& report) {
    const std::int64_t now_ms = clock_.now_ms();
    std::string text = "here-tracking: ";
    if (!backlog_begin_ms_) {
      backlog_begin_ms_ = now_ms;
      backlog_sent_ = 0;
    } else {
      backlog_sent_ += report.samples;
      const auto taken_ms = static_cast<std::uint64_t>(now_ms - *backlog_begin_ms_);
      text +=
          "done in " +
          duration(static_cast<std::uint32_t>(taken_ms * report.pending / backlog_sent_ / 1000)) +
          ": ";
    }
    show_progress(text + count(report.pending, "sample waits", "samples wait"));
  }

  SystemClock clock_;
  std::optional<std::int64_t> success_before_ms_;
  std::optional<std::uint64_t> version_;
  std::optional<std::int64_t> backlog_begin_ms_;
  std::uint64_t backlog_sent_ = 0;  // since then
  bool reported_ = false;
  bool connection_changed_ = false;
};

TrackerConfig tracker_config(const Tracking& tracking) {
  TrackerConfig config;
  config.sample_ms = tracking.sample_s * 1000;
  config.send_ms = tracking.send_s * 1000;
  config.distance_m = tracking.distance_m;
  // Who wants it faster has reasons; the cloud may want that, too.
  config.min_send_ms = std::min(config.min_send_ms, config.send_ms);
  return config;
}

Options checked(Options options) {
  require_credentials(options);
  check_files(options);
  for (const SourceSetting& source : options.settings.sources) {
    if (source.kind == SourceKind::nmea && source.setting.value == "-") {
      throw Failure(Exit::usage,
                    describe(source.setting,
                             "a file, which run reads each time that it has changed; for a "
                             "receiver give --gpsd"));
    }
  }
  return options;
}

std::string value_of(const std::optional<Setting>& setting) {
  return setting ? setting->value : std::string();
}

std::string certificates(const Options& options) {
  const std::optional<Setting>& file = options.settings.ca_file;
  return file ? read_file(*file, Exit::configuration) : std::string();
}

bool same(const SourceSetting& a, const SourceSetting& b) {
  return a.kind == b.kind && a.setting.value == b.setting.value;
}

/// The configuration and what was made of it.
struct Plan {
  Plan(Options from, std::optional<std::int64_t> last_success_ms)
      : options(std::move(from)),
        trusted(certificates(options)),
        run(options, tracker_config(options.tracking), last_success_ms) {}

  /// Whether `next` is the same but for what set_tracking() takes.
  [[nodiscard]] bool goes_on_with(const Options& next) const {
    const Settings& now = options.settings;
    const QueueConfig& queue = options.tracking.queue;
    return value_of(now.url) == value_of(next.settings.url) &&
           value_of(now.ca_file) == value_of(next.settings.ca_file) &&
           trusted == certificates(next) &&
           options.credentials->device_id.value == next.credentials->device_id.value &&
           options.credentials->device_secret.value == next.credentials->device_secret.value &&
           std::equal(now.sources.begin(), now.sources.end(), next.settings.sources.begin(),
                      next.settings.sources.end(), same) &&
           queue.when_full == next.tracking.queue.when_full &&
           queue.order == next.tracking.queue.order;
  }

  void set_tracking(const Tracking& tracking) {
    options.tracking = tracking;
    run.set_config(options, tracker_config(tracking));
  }

  Options options;
  std::string trusted;
  Run run;
};

}  // namespace

void run(const Invocation& invocation) {
  handle_signals();
  ServiceManager service_manager(invocation.environment);
  Options options = checked(load_options(invocation));
  const Setting state_dir = options.state_dir;
  const std::string status_file = status_path(invocation.environment, state_dir);
  const std::optional<RunStatus> before = read_run_status(lock_holder(state_dir.value).status_file);
  auto plan =
      std::make_unique<Plan>(std::move(options), before ? before->last_success_ms : std::nullopt);
  const StateLock lock(state_dir, "run", status_file);
  QueueStore queue = QueueStore::queue(state_dir, plan->options.tracking);
  QueueStore quarantine = QueueStore::quarantine(state_dir);
  plan->run.start(queue, quarantine);

  const bool in_memory = status_file.rfind(state_dir.value + "/", 0) != 0;
  StatusFile file(status_file, in_memory ? memory_interval_ms : storage_interval_ms);
  const std::int64_t started_ms = system_time_ms();
  SystemClock clock;
  const std::int64_t max_pause_ms = std::min(max_sleep_ms, service_manager.max_pause_ms());
  service_manager.ready();
  note("run: " + count(queue->pending(), "sample waits", "samples wait") + " in " +
       printable(state_dir.value));
  while (stop == 0) {
    if (reload != 0) {
      reload = 0;
      service_manager.reloading();
      bool is_taken = false;
      std::unique_ptr<Plan> next;
      try {
        Options wanted = checked(load_options(invocation));
        if (wanted.state_dir.value != state_dir.value) {
          throw Failure(
              Exit::configuration,
              describe(wanted.state_dir, "the same as before, or run must be started anew"));
        }
        // Only who begins anew forgets what the service made it wait for.
        if (plan->goes_on_with(wanted)) {
          plan->set_tracking(wanted.tracking);
        } else {
          next = std::make_unique<Plan>(std::move(wanted), plan->run.last_success_ms());
        }
        is_taken = true;
      } catch (const std::exception& error) {
        complain("error", std::string(error.what()) + ": the configuration stays as it was");
      }
      if (next) {
        queue.configure(next->options.tracking.queue);
        plan = std::move(next);
        plan->run.start(queue, quarantine);
      }
      if (is_taken) note("the configuration was read anew");
      transport = &plan->run.session().transport();
      service_manager.ready();
    }
    service_manager.alive(plan->run.summary(queue->pending()));
    plan->run.sources().refresh();
    const std::int64_t next_ms = plan->run.tracker().step();
    file.update(plan->run.status(started_ms), clock.now_ms(), plan->run.take_news(in_memory));
    service_manager.alive(plan->run.summary(queue->pending()));
    sleep_until(clock, next_ms, max_pause_ms);
  }
  service_manager.stopping();
  file.update(plan->run.status(started_ms), clock.now_ms(), true);
  show_progress({});
  note("ended: " + count(queue->pending(), "sample waits", "samples wait"));
}

}  // namespace here_tracking::cli
