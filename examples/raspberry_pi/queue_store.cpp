// SPDX-License-Identifier: Apache-2.0
#include "queue_store.hpp"

#include "console.hpp"
#include "text.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <memory>
#include <thread>

namespace here_tracking::cli {
namespace {

// The largest scan that the service takes fits in a sector.
constexpr std::uint32_t sector_bytes = 512 * 1024;
constexpr std::uint32_t sectors_a_mb = 2;
constexpr std::uint32_t quarantine_mb = 2;
constexpr int looks = 5;

/// A queue stays as large as it became: what is in its last sectors must not be lost.
std::uint32_t sector_count(const std::string& directory, std::uint32_t mb) {
  std::error_code error;
  std::uint32_t files = 0;
  for (std::filesystem::directory_iterator at(directory, error), end; !error && at != end;
       at.increment(error)) {
    ++files;
  }
  return std::max(files, mb * sectors_a_mb);
}

}  // namespace

QueueStore::QueueStore(std::string directory, std::uint32_t mb, bool read_only)
    : directory_(std::move(directory)) {
  FileSectorsOptions options;
  options.sector_bytes = sector_bytes;
  options.sector_count = sector_count(directory_, mb);
  options.read_only = read_only;
  sectors_ = std::make_unique<FileSectors>(directory_, options);
  table_.resize(options.sector_count);
  const Status status = sectors_->open();
  if (status.ok() || status == Code::no_data) return;
  const int error = sectors_->last_errno();
  throw Failure(Exit::configuration,
                printable(directory_) + ": cannot open the queue: must be " +
                    (error == EPERM ? "its owner's alone, and all files in it: see ls -la"
                     : error == EWOULDBLOCK
                         ? "used by one program at a time"
                         : std::string("readable and writable (") + std::strerror(error) + ")"));
}

void QueueStore::configure(const QueueConfig& config) {
  queue_ = std::make_unique<SampleQueue>(*sectors_, Span<QueueSector>(table_.data(), table_.size()),
                                         config);
  Status status = queue_->open();
  // Who looks beside one that writes may see what is only half there.
  for (int look = 1; status == Code::hook_failed && look < looks; ++look) {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    status = queue_->open();
  }
  if (status.ok()) return;
  throw Failure(
      Exit::configuration,
      printable(directory_) + (status == Code::queue_foreign
                                   ? ": a queue of a later version: must be read by that one"
                                   : std::string(": cannot open the queue: must be readable (") +
                                         std::strerror(sectors_->last_errno()) + ")"));
}

QueueStore QueueStore::queue(const Setting& state_dir, const Tracking& tracking) {
  QueueStore store(state_dir.value + "/queue", tracking.queue_mb, false);
  store.configure(tracking.queue);
  return store;
}

QueueStore QueueStore::quarantine(const Setting& state_dir) {
  QueueStore store(state_dir.value + "/quarantine", quarantine_mb, false);
  store.configure({});
  return store;
}

namespace {

template <typename Make>
std::optional<QueueStore> look_at(const Setting& state_dir, const char* name, Make make) {
  const std::string directory = state_dir.value + name;
  std::error_code error;
  if (!std::filesystem::is_directory(directory, error)) {
    if (error && error.value() != ENOENT) {
      throw Failure(Exit::configuration,
                    describe(state_dir, "a directory that you can read (" + error.message() + ")"));
    }
    return std::nullopt;
  }
  QueueStore store = make(directory);
  store.configure({});
  return store;
}

}  // namespace

std::optional<QueueStore> QueueStore::look_at_queue(const Setting& state_dir) {
  return look_at(state_dir, "/queue", [](const std::string& directory) {
    return QueueStore(directory, Tracking().queue_mb, true);
  });
}

std::optional<QueueStore> QueueStore::look_at_quarantine(const Setting& state_dir) {
  return look_at(state_dir, "/quarantine", [](const std::string& directory) {
    return QueueStore(directory, quarantine_mb, true);
  });
}

void warn_of_unreadable(std::uint32_t number) {
  warn(count(number, "sample", "samples") +
       " left out: the storage did not keep what was written, or it has been sent meanwhile");
}

StoredSample stored_sample(SampleQueue& queue, std::uint32_t id) {
  StoredSample sample;
  std::array<char, SampleQueue::max_note_bytes> note{};
  std::size_t note_size = 0;
  std::size_t size = 0;
  sample.untimed_json.resize(queue.max_sample_bytes());
  const Status status = queue.text(id, {sample.untimed_json.data(), sample.untimed_json.size()},
                                   size, note, note_size, &sample.time);
  if (!status.ok()) throw Failure(Exit::local, "the queue cannot be read");
  sample.untimed_json.resize(size);
  sample.note.assign(note.data(), std::min(note_size, note.size()));
  return sample;
}

std::uint32_t put_back(QueueStore& quarantine, SampleQueue& queue) {
  // Nothing in it may give way to what is moved within it.
  quarantine.configure({DropPolicy::newest, DrainOrder::oldest_first});
  BatchLimits limits;
  limits.max_samples = 1;
  limits.last_id = 0;
  for_each_sample(*quarantine, [&](const QueueBatch& batch) {
    if (batch.time_known()) limits.last_id = batch.last_id();
  });

  // A queue remembers few gaps. So a sample that stays goes to the end if one behind it leaves, as
  // long as there is room, and what leaves is always the first.
  std::uint32_t moved = 0;
  QueueBatch batch;
  Status status;
  while ((status = quarantine->next(batch, limits)).ok()) {
    const StoredSample stored = stored_sample(*quarantine, batch.first_id());
    const bool leaves = batch.time_known();
    SampleQueue& into = leaves ? queue : *quarantine;
    const Status appended = into.append(stored.untimed_json, stored.time, stored.note);
    if (appended == Code::queue_full && !leaves) {
      limits.first_id = batch.last_id() + 1;
      continue;
    }
    status = appended.ok() ? quarantine->next(batch, limits) : appended;  // it became invalid
    if (!status.ok() || !quarantine->release(batch, Fate::purged).ok()) {
      throw Failure(Exit::local, "a sample cannot be put into the queue: see here-tracking doctor");
    }
    if (leaves) ++moved;
  }
  if (status != Code::no_data) throw Failure(Exit::local, "the queue cannot be read");
  return moved;
}

}  // namespace here_tracking::cli
