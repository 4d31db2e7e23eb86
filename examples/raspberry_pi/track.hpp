// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "here_tracking/tracker.hpp"

#include "console.hpp"
#include "options.hpp"
#include "queue_store.hpp"
#include "session.hpp"
#include "sources.hpp"
#include "static_data.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace here_tracking::cli {

/// A Tracker and all that it borrows but its queues; tells on standard error what happens.
class Track : public TrackerObserver {
 public:
  /// @param options borrowed. @param tells of each sample what is missing.
  /// @throws Failure when something that the user gave is wrong.
  Track(const Options& options, const TrackerConfig& config, bool tells);

  /// Opens the queues. Required before tracker().
  /// @param queue, quarantine borrowed. @throws Failure (local).
  void start(QueueStore& queue, QueueStore& quarantine);

  /// What of both a Tracker takes while it runs. @param options not borrowed.
  void set_config(const Options& options, const TrackerConfig& config);

  [[nodiscard]] Tracker& tracker() { return *tracker_; }
  [[nodiscard]] Session& session() { return session_; }
  [[nodiscard]] SourceSet& sources() { return sources_; }

  /// Whether a sample was put into the queue.
  [[nodiscard]] bool has_queued() const { return queued_; }

  /// Why nothing can be sent; nothing while the service is online.
  [[nodiscard]] const std::optional<Trouble>& trouble() const { return trouble_; }

  void on_sample(Sample& sample) override;
  void on_queued() override;
  bool on_shadow(const DesiredShadow& before, const DesiredShadow& now) override;
  void on_dropped(Fate fate, std::uint32_t count) override;
  void on_connection(Connection connection, const ErrorDetail& detail) override;

 protected:
  ~Track() = default;

  /// "sent 3 samples, 812 bytes: 200, 0 wait".
  [[nodiscard]] static std::string describe_report(const Report& report);

 private:
  /// Of the Tracker's lines those that no source of ours has told itself.
  class TrackerLog final : public Log {
   public:
    explicit TrackerLog(Track& track) : track_(track) {}
    void write(LogLevel level, std::string_view text) override;

   private:
    Track& track_;
    Complaint complaint_;
    Complaint about_time_;
  };

  Session session_;
  SourceSet sources_;
  StaticData static_data_;
  TrackerLog log_{*this};
  TrackerConfig config_;
  bool tells_;
  QueueStore* queue_ = nullptr;
  std::vector<char> sample_memory_;
  std::vector<char> shadow_memory_;
  std::optional<Trouble> trouble_;
  bool queued_ = false;
  bool warned_of_static_data_ = false;
  Sources list_;  // of sources_
  std::optional<Tracker> tracker_;
};

}  // namespace here_tracking::cli
