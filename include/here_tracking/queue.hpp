// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "here_tracking/detail/queue_state.hpp"
#include "here_tracking/hooks/sector_storage.hpp"
#include "here_tracking/hooks/transport.hpp"
#include "here_tracking/span.hpp"
#include "here_tracking/status.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

/// SampleQueue: samples that wait to be sent, kept over power cuts.

namespace here_tracking {

/// When a sample was measured: in server time or, before that was known, by the monotonic clock of
/// one boot.
struct SampleTime {
  std::int64_t ms = 0;        ///< Server time, or Clock::now_ms() if boot_id is not 0
  std::uint64_t boot_id = 0;  ///< Of that clock; 0: `ms` is server time
};

/// What server time is ahead of the monotonic clock of one boot.
struct TimeBase {
  std::uint64_t boot_id = 0;  ///< Not 0
  std::int64_t offset_ms = 0;
};

/// Which sample gives way when the queue is full.
enum class DropPolicy : std::uint8_t {
  oldest,   ///< The oldest, a sector at a time
  newest,   ///< The one that comes
  thin_out  ///< Every second one of the oldest two sectors: the track stays, with less detail
};

enum class DrainOrder : std::uint8_t {
  oldest_first,
  live_first  ///< The newest first; what waited longer follows, oldest first
};

/// How a sample left the queue.
enum class Fate : std::uint8_t {
  delivered,       ///< The service has it.
  dropped_oldest,  ///< The queue was full.
  dropped_newest,  ///< The queue was full: it never got in.
  thinned_out,     ///< The queue was full.
  quarantined,     ///< The service refused it and no other.
  too_old,         ///< The service refuses samples of that age.
  time_unknown,    ///< Measured before a restart, with a clock that was never synchronised.
  purged,          ///< Somebody removed it.
  corrupted        ///< The storage did not keep it.
};
inline constexpr std::size_t fate_count = 9;

/// The name, as it is spelled above. Static text.
[[nodiscard]] const char* to_string(Fate fate);

struct QueueConfig {
  DropPolicy when_full = DropPolicy::oldest;
  DrainOrder order = DrainOrder::oldest_first;
};

struct QueueStats {
  std::uint32_t pending = 0;         ///< Samples that wait
  std::uint64_t used_bytes = 0;      ///< Of the storage, in whole sectors
  std::uint64_t capacity_bytes = 0;  ///< Of the storage
  std::optional<SampleTime> oldest;  ///< Of what waits
  std::optional<SampleTime> newest;  ///< Of what waits
  std::uint32_t last_id = 0;         ///< Of the newest sample ever appended; 0: none
  /// How many samples left, by Fate. They survive restarts; they start anew at 2^32. Those of
  /// dropped_newest are written down with what leaves next: a restart before that forgets them.
  std::array<std::uint32_t, fate_count> left{};

  [[nodiscard]] std::uint32_t count(Fate fate) const {
    return left[static_cast<std::size_t>(fate)];
  }
};

/// What next() may choose from.
struct BatchLimits {
  std::uint32_t max_samples = 16;
  std::uint32_t max_bytes = 16 * 1024;  ///< Of the request's body. A single sample may be longer.
  std::uint32_t first_id = 1;           ///< No sample before this one
  std::uint32_t last_id = 0xffffffff;   ///< No sample after this one
  /// To read what waits, not to send it: oldest first whatever the configuration says, past any
  /// number of gaps, and past what cannot be read, which stays. release() of such a batch may be
  /// one gap too many: hook_failed.
  bool only_to_read = false;
};

class SampleQueue;

/// Samples that stand in a queue one behind the other, as the text of a JSON array: the body of a
/// request, read from the storage while it is sent. Valid until the queue's next append(),
/// release(), purge() or clear(); may be used again.
class QueueBatch final : public BodySource {
 public:
  QueueBatch() = default;

  [[nodiscard]] std::size_t size() const override { return size_; }
  /// @return as BodySource::read(). next() has seen that the checksums are right.
  std::size_t read(std::size_t offset, Span<char> into) override;

  [[nodiscard]] std::uint32_t count() const { return count_; }
  [[nodiscard]] std::uint32_t first_id() const { return first_id_; }
  [[nodiscard]] std::uint32_t last_id() const { return last_id_; }
  /// Server time of the first and of the last sample.
  [[nodiscard]] std::int64_t first_ms() const { return first_ms_; }
  [[nodiscard]] std::int64_t last_ms() const { return last_ms_; }
  /// false: this is a single sample whose boot has no TimeBase, and no body: read() gives nothing.
  [[nodiscard]] bool time_known() const { return time_known_; }
  /// Whether any of it was read since next().
  [[nodiscard]] bool was_read() const { return was_read_; }

 private:
  friend class SampleQueue;

  /// A sample, and where its part of the body begins.
  struct Place {
    std::uint32_t sector = 0;
    std::uint32_t offset = 0;
    std::uint32_t id = 0;
    std::size_t at = 0;
  };

  SampleQueue* queue_ = nullptr;
  Place start_;
  Place reached_;
  std::size_t size_ = 0;
  std::uint32_t count_ = 0;
  std::uint32_t first_id_ = 0;
  std::uint32_t last_id_ = 0;
  std::int64_t first_ms_ = 0;
  std::int64_t last_ms_ = 0;
  bool time_known_ = false;
  bool was_read_ = false;
};

/// What a queue knows about a sector, in RAM: 20 bytes a sector, to be handed over.
struct QueueSector {
  std::uint32_t sequence = 0;
  std::uint32_t first_sequence = 0;  ///< It stands for first_sequence..sequence.
  std::uint32_t first_id = 0;
  std::uint32_t pending = 0;
  std::uint16_t next = 0;  ///< The next newer one
  std::uint16_t state = 0;
};

/// A bounded queue of samples on sectors of storage; docs/queue-format.md describes what stands
/// there.
///
/// - A sample is durable once append() returned ok, and stays until release().
/// - Whatever was cut off is put right by open(), in a time that is bounded by the size of the
///   storage, and loses nothing that append() or release() had acknowledged.
/// - What leaves is counted, by Fate.
///
/// One thread at a time; no call from an interrupt. Nothing is allocated.
class SampleQueue {
 public:
  /// The longest note of append().
  static constexpr std::size_t max_note_bytes = 160;

  /// @param storage borrowed. @param sectors borrowed: one for each sector of the storage.
  SampleQueue(SectorStorage& storage, Span<QueueSector> sectors, const QueueConfig& config = {});
  SampleQueue(const SampleQueue&) = delete;
  SampleQueue& operator=(const SampleQueue&) = delete;

  /// Finds what is there. Writes nothing, so that another program may look into a queue in use.
  /// Required before all else but clear(); may be called again.
  /// @return ok; not_provided; invalid_value (a geometry out of SectorStorage's ranges);
  ///         buffer_too_small (fewer `sectors` than the storage has); hook_failed; queue_foreign
  ///         (made by a later version or for another geometry; nothing was changed, and clear()
  ///         would empty it).
  Status open();

  /// Empties the storage and forgets all counts.
  /// @return as open().
  Status clear();

  /// Takes a sample, durably.
  /// @param untimed_json Sample::untimed_json().
  /// @param time of measurement; becomes server time where the TimeBase of its boot is known. Of
  ///        samples with the same kind of time, one that is not later than the one before is set
  ///        1 ms behind that, when it is at most 5 s earlier.
  /// @param note about the sample, not sent; cut to max_note_bytes and to what a sector takes.
  /// @return ok; queue_full (it was counted as dropped_newest; only with DropPolicy::newest);
  ///         buffer_too_small (too long for a sector: max_sample_bytes()); invalid_value (no text);
  ///         hook_failed (the sample is not in the queue, unless power is cut before the next one
  ///         is); no_data when open() did not succeed.
  Status append(std::string_view untimed_json, const SampleTime& time, std::string_view note = {});

  /// The longest untimed_json that a sector takes.
  [[nodiscard]] std::size_t max_sample_bytes() const;

  /// Tells the server time of a boot. Where samples of that boot wait, it is written down, so that
  /// a restart before they are sent does not leave them without a time. It stays while one of them
  /// waits, so a sample that is sent twice has the same time twice. Nothing is written if there are
  /// none. Four boots are kept, those that samples wait for before others.
  /// @return ok, invalid_value (boot_id is 0), no_data; hook_failed: it holds until a restart, and
  ///         the next call writes it.
  Status set_time_base(const TimeBase& base);

  /// Chooses the samples to send next: in the configured order, strictly ascending in time, as many
  /// as the limits allow and at least one. Changes nothing, but for samples at their turn that
  /// cannot be read: they leave as corrupted.
  /// @return ok; no_data (nothing waits within the limits, or open() did not succeed, or `limits`
  ///         would leave a fifth gap among what waits and are not only to read); hook_failed.
  Status next(QueueBatch& batch, const BatchLimits& limits = {});

  /// The text of one sample, as it was appended, and its note.
  /// @param size of the text. @param note_size likewise; the note is cut to the space given.
  /// @param time if not nullptr: of measurement, in server time where it is known.
  /// @return ok; no_data (it does not wait); buffer_too_small (`size` says what it takes);
  ///         hook_failed (or its checksum is wrong).
  Status text(std::uint32_t id, Span<char> into, std::size_t& size, Span<char> note_into,
              std::size_t& note_size, SampleTime* time = nullptr);

  /// Lets samples go, durably.
  /// @return ok, hook_failed (they may come again), no_data.
  Status release(const QueueBatch& batch, Fate fate);
  /// All that wait.
  Status release_all(Fate fate);

  [[nodiscard]] QueueStats stats();
  /// The same as stats().pending, without a look at the storage.
  [[nodiscard]] std::uint32_t pending() const { return pending_; }
  /// The same as stats().last_id.
  [[nodiscard]] std::uint32_t last_id() const { return state_.next_id - 1; }
  /// The same as stats().count().
  [[nodiscard]] std::uint32_t left(Fate fate) const {
    return state_.counts[static_cast<std::size_t>(fate)];
  }

 private:
  friend class QueueBatch;

  using Record = detail::QueueRecord;
  struct Walk;
  struct Window;
  struct Leaving;
  struct SectorHeader;

  /// What a new sector repeats, so that those before it may go.
  struct State {
    std::uint32_t next_id = 1;
    detail::LeftIds left;
    std::uint32_t generation = 0;  // of the last sector that was thinned out
    std::array<std::uint32_t, fate_count> counts{};
    std::array<TimeBase, 4> bases{};
    SampleTime last_time;
  };

  // queue_recovery.cpp
  template <typename Io>
  static void transfer(Io io, SectorHeader& header, State& state);
  Status read_header(std::uint32_t sector, SectorHeader& header, State& state);
  Status find_sectors(std::uint32_t& head);
  Status replay(std::uint32_t sector);
  Status apply(const Record& record, std::uint32_t sector, std::uint32_t offset);
  void link(std::uint32_t sector);
  void drop_replaced();
  Status count_pending();
  bool write_header(std::uint32_t sector, SectorHeader& header, std::uint32_t first_id);

  // queue_reading.cpp
  enum class Found : std::uint8_t { record, nothing, failed };
  Found read_record(std::uint32_t sector, std::uint32_t offset, Record& record);
  Found read_body(std::uint32_t sector, std::uint32_t offset, const Record& record);
  Found erased(std::uint32_t sector, std::uint32_t offset);
  Found search_record(std::uint32_t sector, std::uint32_t& offset, Record& record);
  Found find_sample(Walk& walk, std::uint32_t end_id);
  bool advance(Walk& walk);
  void enter(Walk& walk, std::uint32_t sector) const;
  void walk_to(Walk& walk, std::uint32_t id) const;
  [[nodiscard]] std::uint32_t end_id(std::uint32_t sector) const;
  Status count_waiting(std::uint32_t sector);
  Status boot_of(const Walk& walk, std::uint64_t& boot_id);
  Status time_of(const Walk& walk, SampleTime& time);
  [[nodiscard]] const TimeBase* base_of(std::uint64_t boot_id) const;
  Status choose(Window& window, const BatchLimits& limits, bool live);
  Status leaving(std::uint32_t first, std::uint32_t last, Leaving& range);
  std::size_t read(QueueBatch& batch, std::size_t offset, Span<char> into);

  // queue.cpp
  [[nodiscard]] std::uint32_t padded(std::uint32_t size) const;
  [[nodiscard]] std::uint32_t header_end() const;
  [[nodiscard]] std::uint32_t release_room() const;
  [[nodiscard]] bool room(std::uint32_t bytes) const;
  [[nodiscard]] std::uint32_t free_sectors() const { return geometry_.sector_count - used_; }
  [[nodiscard]] std::uint32_t free_sector() const;
  bool start_sector(std::uint32_t sector);
  void unlink(std::uint32_t sector);
  bool put(Record& record, Span<const std::uint8_t> start, std::string_view text,
           std::string_view note);
  Status write_base(std::size_t slot);
  bool put_release(std::uint32_t first, std::uint32_t last, std::uint32_t count, Fate fate,
                   std::uint32_t generation);
  bool sync();
  bool room_to_release();
  bool room_for_sample(std::uint32_t bytes, Status& status);
  Status leave(std::uint32_t first, std::uint32_t last, Fate fate);
  void settle(std::uint32_t first, std::uint32_t last);
  Status drop_oldest();
  Status thin_out();
  bool copy(std::uint32_t from, std::uint32_t offset, std::uint32_t into, std::uint32_t at,
            std::uint32_t size);

  SectorStorage& storage_;
  Span<QueueSector> sectors_;
  QueueConfig config_;
  SectorGeometry geometry_;
  State state_;
  std::uint32_t pending_ = 0;
  std::uint32_t used_ = 0;
  std::uint32_t sequence_ = 0;      // the highest ever used
  std::uint32_t oldest_ = 0;        // sector
  std::uint32_t newest_ = 0;        // sector
  std::uint32_t last_started_ = 0;  // sector
  std::uint32_t end_ = 0;           // of the newest sector's records
  std::uint32_t uncounted_ = 0;     // refused samples that no record tells of yet
  // A bit for each of State::bases.
  std::uint8_t written_bases_ = 0;
  std::uint8_t unwritten_bases_ = 0;  // those that samples wait for and that could not be written
  bool writable_ = false;             // the newest sector, from end_ on
  bool open_ = false;
};

}  // namespace here_tracking
