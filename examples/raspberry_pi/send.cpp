// SPDX-License-Identifier: Apache-2.0
#include "commands.hpp"
#include "console.hpp"
#include "shadow_text.hpp"
#include "state_lock.hpp"
#include "text.hpp"
#include "track.hpp"

#include <cstring>
#include <optional>
#include <string>

namespace here_tracking::cli {
namespace {

class Once final : public Track {
 public:
  Once(const Options& options, const TrackerConfig& config) : Track(options, config, true) {}

  void on_report(const Report& report) override {
    last_ = report;
    if (!report.status.ok()) return;
    const std::optional<std::uint64_t>& version = tracker().shadow().state_version;
    note(describe_report(report) + (!report.has_shadow ? ""
                                    : version ? ", shadow state version " + std::to_string(*version)
                                              : ", no shadow in the answer"));
  }

  /// Measures once, and sends all that waits.
  void run() {
    std::uint32_t steps = 0;
    TrackerState state;
    do {
      tracker().step();
      state = tracker().state();
    } while (!state.waiting && (state.draining || ++steps < 2));
  }

  [[nodiscard]] const std::optional<Report>& last() const { return last_; }

 private:
  std::optional<Report> last_;
};

bool is_passing(Exit exit) {
  return exit == Exit::network || exit == Exit::rate_limited || exit == Exit::server;
}

}  // namespace

void send(const Options& options) {
  require_credentials(options);
  check_files(options);
  // There is one sample; the others have been measured before.
  TrackerConfig config;
  config.sample_ms = config.send_ms = 24 * 60 * 60 * 1000;
  Once once(options, config);
  const StateLock lock(options.state_dir, "send");
  QueueStore queue = QueueStore::queue(options.state_dir, options.tracking);
  QueueStore quarantine = QueueStore::quarantine(options.state_dir);
  once.start(queue, quarantine);
  once.run();

  const std::uint32_t pending = queue->pending();
  if (pending != 0) {
    note("queued: " + count(pending, "sample waits", "samples wait") + " for the next send or run");
  }
  if (const std::optional<Trouble>& trouble = once.trouble()) {
    throw Failure(is_passing(trouble->exit) ? Exit::queued : trouble->exit, trouble->line());
  }
  if (once.last() && !once.last()->status.ok()) once.session().require(once.last()->status);
  if (!once.has_queued()) {
    throw Failure(Exit::local,
                  "the sample was not stored, so it was not sent: see here-tracking "
                  "doctor");
  }
  const DesiredShadow& shadow = once.tracker().shadow();
  if (options.async || shadow.json.empty()) {
    print("{}");
  } else if (options.show_passwords) {
    print(shadow.json);
  } else {
    print(without_passwords(shadow.json));
  }
}

}  // namespace here_tracking::cli
