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

/// Calls `take(batch)` for each sample that waits, oldest first.
/// @throws Failure (local) when it cannot be read.
template <typename Take>
void for_each_sample(SampleQueue& queue, Take take) {
  BatchLimits limits;
  limits.max_samples = 1;
  QueueBatch batch;
  for (;;) {
    const Status status = queue.next(batch, limits);
    if (status == Code::no_data) return;
    if (!status.ok()) throw Failure(Exit::local, "the queue cannot be read");
    take(batch);
    if (batch.last_id() == 0xffffffff) return;
    limits.first_id = batch.last_id() + 1;
  }
}

/// A sample and its note.
struct StoredSample {
  std::string untimed_json;
  std::string note;
};

/// @throws Failure (local) when it cannot be read.
[[nodiscard]] StoredSample stored_sample(SampleQueue& queue, std::uint32_t id);

}  // namespace here_tracking::cli
