// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "here_tracking/platform/linux.hpp"
#include "here_tracking/queue.hpp"

#include "settings.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace here_tracking::cli {

/// A queue in a directory below the state directory, and all that it borrows.
class QueueStore {
 public:
  /// For `run` and `send`. Opens it, and makes it if need be.
  /// @throws Failure (configuration).
  static QueueStore queue(const Setting& state_dir, const Tracking& tracking);
  static QueueStore quarantine(const Setting& state_dir);
  /// For a look, beside one that uses it. nullopt: there is none yet.
  /// @throws Failure (configuration).
  static std::optional<QueueStore> look_at_queue(const Setting& state_dir);
  static std::optional<QueueStore> look_at_quarantine(const Setting& state_dir);

  [[nodiscard]] SampleQueue& operator*() { return *queue_; }
  [[nodiscard]] SampleQueue* operator->() { return queue_.get(); }
  [[nodiscard]] const FileSectors& sectors() const { return *sectors_; }

  /// Begins anew with another configuration; the samples stay.
  /// @throws Failure (configuration).
  void configure(const QueueConfig& config);

 private:
  QueueStore(std::string directory, std::uint32_t mb, bool read_only);

  std::string directory_;
  std::unique_ptr<FileSectors> sectors_;
  std::vector<QueueSector> table_;
  std::unique_ptr<SampleQueue> queue_;
};

/// Warns of samples that wait and were not found.
void warn_of_unreadable(std::uint32_t number);

/// Calls `take(batch)` for each sample that waits, oldest first, and warns of those that cannot be
/// read. Not for a release: see put_back().
/// @throws Failure (local) when the queue cannot be read.
template <typename Take>
void for_each_sample(SampleQueue& queue, Take take) {
  BatchLimits limits;
  limits.max_samples = 1;
  limits.only_to_read = true;
  QueueBatch batch;
  std::uint32_t taken = 0;
  for (Status status; (status = queue.next(batch, limits)) != Code::no_data;) {
    if (!status.ok()) throw Failure(Exit::local, "the queue cannot be read");
    take(batch);
    ++taken;
    limits.first_id = batch.last_id() + 1;
  }
  // Who writes beside it may put in the place of some what makes it find more.
  if (taken < queue.pending()) warn_of_unreadable(queue.pending() - taken);
}

/// A sample and its note.
struct StoredSample {
  std::string untimed_json;
  std::string note;
  SampleTime time;
};

/// @throws Failure (local) when it cannot be read.
[[nodiscard]] StoredSample stored_sample(SampleQueue& queue, std::uint32_t id);

/// Moves what waits in the quarantine into the queue, but for samples that nobody knows the time
/// of: the clock of their boot is gone.
/// @return how many were moved.
/// @throws Failure (local) when one cannot be read, or not be put into the queue.
std::uint32_t put_back(QueueStore& quarantine, SampleQueue& queue);

}  // namespace here_tracking::cli
