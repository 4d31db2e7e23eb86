// SPDX-License-Identifier: Apache-2.0
#include "here_tracking/queue.hpp"

#include "little_endian.hpp"
#include "queue_format.hpp"
#include "text.hpp"

#include <cstring>

namespace here_tracking {
namespace {

constexpr std::uint32_t release_bytes = detail::QueueRecord::bytes + 12;
/// Kept at the end of each sector, so that a full queue can be sent.
constexpr std::uint32_t reserved_releases = 4;
// Half of what the service takes from the future: samples that come faster than one a millisecond
// must not run away from their time.
constexpr std::uint64_t max_correction_ms = 5000;
/// Not worth looking for samples that a written base holds for.
constexpr std::uint64_t max_base_drift_ms = 1000;

Span<const std::uint8_t> bytes_of(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

}  // namespace

const char* to_string(Fate fate) {
  switch (fate) {
    case Fate::delivered:
      return "delivered";
    case Fate::dropped_oldest:
      return "dropped_oldest";
    case Fate::dropped_newest:
      return "dropped_newest";
    case Fate::thinned_out:
      return "thinned_out";
    case Fate::quarantined:
      return "quarantined";
    case Fate::too_old:
      return "too_old";
    case Fate::time_unknown:
      return "time_unknown";
    case Fate::purged:
      return "purged";
    case Fate::corrupted:
      return "corrupted";
  }
  return "";
}

SampleQueue::SampleQueue(SectorStorage& storage, Span<QueueSector> sectors,
                         const QueueConfig& config)
    : storage_(storage), sectors_(sectors), config_(config) {}

Status SampleQueue::clear() {
  const Status status = open();
  if (status == Code::not_provided || status == Code::invalid_value ||
      status == Code::buffer_too_small)
    return status;
  open_ = false;
  for (std::uint32_t i = 0; i < geometry_.sector_count; ++i)
    if (!storage_.erase(i).ok()) return Code::hook_failed;
  return open();
}

std::uint32_t SampleQueue::padded(std::uint32_t size) const {
  return (size + geometry_.program_bytes - 1) & ~(geometry_.program_bytes - 1);
}

bool SampleQueue::room(std::uint32_t bytes) const {
  return writable_ && bytes <= geometry_.sector_bytes - end_;
}

// In turn, so that all wear alike; and the next try after a failure is made elsewhere.
std::uint32_t SampleQueue::free_sector() const {
  std::uint32_t found = no_sector;
  std::uint32_t sector = last_started_;
  for (std::uint32_t i = 0; i < geometry_.sector_count; ++i) {
    sector = sector + 1 < geometry_.sector_count ? sector + 1 : 0;
    const std::uint16_t state = sectors_[sector].state;
    if (state == sector_uncommitted) return sector;
    if (state == sector_free && found == no_sector) found = sector;
  }
  return found;
}

// The newest one itself begins anew: a new header repeats its releases.
bool SampleQueue::start_sector(std::uint32_t sector) {
  QueueSector& started = sectors_[sector];
  // One that was started in vain before is replaced with it.
  if (sector != newest_)
    started.first_sequence = (newest_ == no_sector ? sequence_ : sectors_[newest_].sequence) + 1;
  started.sequence = ++sequence_;
  started.first_id = next_id_;
  started.pending = 0;
  last_started_ = sector;
  if (!write_header(sector)) return false;

  started.next = no_sector;
  started.state = sector_plain;
  if (newest_ == no_sector)
    oldest_ = static_cast<std::uint16_t>(sector);
  else if (sector != newest_)
    sectors_[newest_].next = static_cast<std::uint16_t>(sector);
  end_ = SectorHeader::bytes;
  writable_ = true;
  uncounted_ = 0;
  settle(1, 0);
  return true;
}

bool SampleQueue::program(std::uint32_t sector, std::uint32_t offset, const void* from,
                          std::uint32_t size) {
  return storage_.program(sector, offset, {static_cast<const std::uint8_t*>(from), size}).ok();
}

// What follows when it fails is not written either, until another sector is begun. sync() says so.
void SampleQueue::put(Record& record, std::uint32_t start_size, std::string_view text,
                      std::string_view note) {
  const auto* const bytes = reinterpret_cast<const std::uint8_t*>(&record);
  record.size = start_size + static_cast<std::uint32_t>(text.size() + note.size());
  record.note_size = static_cast<std::uint8_t>(note.size());
  convert_words(record.body.data(), record.body.size());
  record.body_crc = crc32({bytes + Record::bytes, start_size});
  record.body_crc = crc32(bytes_of(note), crc32(bytes_of(text), record.body_crc));
  convert_words(&record.id, 5);
  record.crc = crc32({bytes, Record::bytes - sizeof(record.crc)});
  convert_words(&record.crc, 1);

  std::array<std::uint8_t, 128> buffer;
  std::uint32_t filled = 0;
  const auto flush = [&]() {
    for (; filled % geometry_.program_bytes != 0; ++filled)
      buffer[filled] = 0xff;
    writable_ = writable_ && program(newest_, end_, buffer.data(), filled);
    end_ += filled;
    filled = 0;
  };
  const Span<const std::uint8_t> pieces[] = {
      {bytes, Record::bytes + start_size}, bytes_of(text), bytes_of(note)};
  for (const Span<const std::uint8_t>& piece : pieces) {
    for (const std::uint8_t byte : piece) {
      buffer[filled++] = byte;
      if (filled == buffer.size()) flush();
    }
  }
  if (filled != 0) flush();
}

void SampleQueue::put_release(const Leaving& range, Fate fate) {
  Record record;
  record.type = Record::release;
  record.fate = static_cast<std::uint8_t>(fate);
  record.id = range.first;
  record.body = {range.last, range.count, state_.generation};
  put(record, sizeof(record.body));
}

// Nothing is known about what was programmed when this fails, so nothing is put behind it.
bool SampleQueue::sync() {
  writable_ = writable_ && storage_.sync().ok();
  return writable_;
}

Status SampleQueue::append(std::string_view untimed_json, const SampleTime& time,
                           std::string_view note) {
  if (!open_) return Code::no_data;
  if (untimed_json.empty()) return Code::invalid_value;
  const std::size_t max = max_sample_bytes();
  if (untimed_json.size() > max) return Code::buffer_too_small;

  failed_ = false;
  SampleTime at = time;
  resolve(at);
  const std::uint64_t last_ms = state_.last_ms;
  if (next_id_ != 1 && at.boot_id == state_.last_boot_id &&
      last_ms - static_cast<std::uint64_t>(at.ms) <= max_correction_ms)
    at.ms = static_cast<std::int64_t>(last_ms + 1);

  Record record;
  record.type = Record::sample;
  record.time_ms = static_cast<std::uint64_t>(at.ms);
  if (at.boot_id != 0) record.set_boot_id(at.boot_id);
  const std::uint32_t start_size = record.text_offset();
  note = head(head(note, max_note_bytes), max - untimed_json.size());
  const Status status = room_for_sample(padded(
      Record::bytes + start_size + static_cast<std::uint32_t>(untimed_json.size() + note.size())));
  if (!status.ok()) return status;
  record.id = next_id_;
  put(record, start_size, untimed_json, note);
  if (!sync()) return Code::hook_failed;
  ++next_id_;
  state_.last_ms = static_cast<std::uint64_t>(at.ms);
  state_.last_boot_id = at.boot_id;
  ++sectors_[newest_].pending;
  ++pending_;
  return {};
}

std::size_t SampleQueue::max_sample_bytes() const {
  if (!open_) return 0;
  return geometry_.sector_bytes - SectorHeader::bytes - reserved_releases * padded(release_bytes) -
         Record::bytes - sizeof(SampleTime::boot_id);
}

// One sector stays free, so that releases can always be written.
Status SampleQueue::room_for_sample(std::uint32_t bytes) {
  bytes += reserved_releases * padded(release_bytes);
  while (free_sectors() == 0 || !room(bytes)) {
    Status status;
    if (free_sectors() >= 2) {
      if (!start_sector(free_sector())) status = Code::hook_failed;
    } else if (config_.when_full == DropPolicy::newest) {
      ++state_.counts[static_cast<std::size_t>(Fate::dropped_newest)];
      ++uncounted_;
      status = Code::queue_full;
    } else {
      status = config_.when_full == DropPolicy::thin_out ? thin_out() : drop_oldest();
    }
    if (!status.ok()) return status;
  }
  return {};
}

bool SampleQueue::room_to_release() {
  if (room(padded(release_bytes))) return true;
  std::uint32_t sector = free_sector();
  if (sector == no_sector) {
    sector = newest_;
    if (sectors_[sector].pending != 0) {
      // Only what is not the work of this class looks so.
      sector = oldest_;
      state_.counts[static_cast<std::size_t>(Fate::dropped_oldest)] += sectors_[sector].pending;
      state_.left.insert(state_.left.cursor, end_id(sector) - 1);
      drop(sector);
    }
  }
  return start_sector(sector);
}

Status SampleQueue::leave(std::uint32_t first, std::uint32_t last, Fate fate) {
  const Leaving range = leaving(first, last);
  if (!failed_ && range.count == 0) return Code::no_data;
  if (!range.fits || !room_to_release()) return Code::hook_failed;
  put_release(range, fate);
  const std::uint32_t told = room(padded(release_bytes)) ? uncounted_ : 0;
  if (told != 0) put_release({1, 0, told}, Fate::dropped_newest);
  if (!sync()) return Code::hook_failed;
  uncounted_ -= told;
  state_.left.insert(range.first, range.last);
  state_.counts[static_cast<std::size_t>(fate)] += range.count;
  settle(range.first, range.last);
  failed_ = false;
  return {};
}

Status SampleQueue::release(const QueueBatch& batch, Fate fate) {
  if (!open_ || batch.count_ == 0) return Code::no_data;
  failed_ = false;
  return leave(batch.first_id_, batch.last_id_, fate);
}

Status SampleQueue::release_all(Fate fate) {
  if (!open_) return Code::no_data;
  failed_ = false;
  return leave(state_.left.cursor, next_id_ - 1, fate);
}

void SampleQueue::drop(std::uint32_t sector) {
  sectors_[sector].pending = 0;
  settle(1, 0);
}

Status SampleQueue::drop_oldest() {
  const std::uint32_t sector = oldest_;
  if (sector == newest_) return Code::hook_failed;
  const Status status = leave(sectors_[sector].first_id, end_id(sector) - 1, Fate::dropped_oldest);
  if (status != Code::no_data) return status;
  drop(sector);
  return {};
}

// Nothing changes until the record that says so is written behind the newest sample.
Status SampleQueue::thin_out() {
  const std::uint32_t a = oldest_;
  const std::uint32_t b = a == no_sector ? no_sector : sectors_[a].next;
  if (b == no_sector || b == newest_ || free_sectors() == 0 || !room(padded(release_bytes)))
    return drop_oldest();
  const std::uint32_t into = free_sector();
  QueueSector& thinned = sectors_[into];
  thinned.sequence = sectors_[b].sequence;
  thinned.first_sequence = sectors_[a].first_sequence;
  thinned.first_id = sectors_[a].first_id;
  thinned.pending = state_.generation + 1;
  thinned.state = sector_uncommitted;
  if (!write_header(into)) return Code::hook_failed;

  std::uint32_t end = SectorHeader::bytes;
  std::uint32_t gone = 0;
  std::uint32_t kept = 0;
  bool keep = true;
  Walk walk = enter(a);
  while (advance(walk) && (walk.sector == a || walk.sector == b)) {
    gone += walk.count;
    if (walk.damaged) continue;
    if (keep && walk.at - walk.offset <= geometry_.sector_bytes - end) {
      std::array<std::uint8_t, 128> buffer;
      while (walk.offset < walk.at) {
        const std::uint32_t size =
            smaller(static_cast<std::uint32_t>(buffer.size()), walk.at - walk.offset);
        if (!read(walk.sector, walk.offset, buffer.data(), size) ||
            !program(into, end, buffer.data(), size))
          return Code::hook_failed;
        walk.offset += size;
        end += size;
      }
      --gone;
      ++kept;
    }
    keep = !keep;
  }
  if (failed_ || !sync()) return Code::hook_failed;
  ++state_.generation;
  put_release({1, 0, gone}, Fate::thinned_out);
  if (!sync()) {
    --state_.generation;
    return Code::hook_failed;
  }

  state_.counts[static_cast<std::size_t>(Fate::thinned_out)] += gone;
  thinned.pending = kept;
  thinned.next = sectors_[b].next;
  thinned.state = sector_thinned;
  sectors_[a].state = sectors_[b].state = sector_free;
  oldest_ = static_cast<std::uint16_t>(into);
  last_started_ = into;
  settle(1, 0);
  return {};
}

Status SampleQueue::set_time_base(const TimeBase& base) {
  if (!open_) return Code::no_data;
  if (base.boot_id == 0) return Code::invalid_value;
  failed_ = false;
  const std::size_t slots = state_.bases.size();
  std::size_t slot = slot_of(base.boot_id);
  const auto offset_ms = static_cast<std::uint64_t>(base.offset_ms);
  const std::uint32_t bit = 1U << slot;
  if ((unwritten_bases_ & bit) != 0) return write_base(slot);
  const bool written = (written_bases_ & bit) != 0;
  bool waits = false;
  if (slot == slots || written) {
    if (written &&
        offset_ms - state_.bases[slot].offset_ms + max_base_drift_ms <= 2 * max_base_drift_ms)
      return {};
    std::uint32_t in_use = 0;
    Walk walk = enter(oldest_);
    while (advance(walk)) {
      const std::uint64_t boot_id = walk.record.boot_id();
      if (walk.damaged || boot_id == 0) continue;
      waits = waits || boot_id == base.boot_id;
      in_use |= 1U << slot_of(boot_id);
    }
    if (failed_) return Code::hook_failed;
    // Samples that have been told it have their times.
    if (written && waits) return {};
    if (!written) {
      slot = 0;
      while (slot + 1 < slots && (in_use >> slot & 1U) != 0)
        ++slot;
    }
  }
  state_.bases[slot] = {base.boot_id, offset_ms};
  written_bases_ &= static_cast<std::uint8_t>(~(1U << slot));
  unwritten_bases_ &= static_cast<std::uint8_t>(~(1U << slot));
  return waits ? write_base(slot) : Status();
}

Status SampleQueue::write_base(std::size_t slot) {
  const detail::QueueState::Base& base = state_.bases[slot];
  const auto bit = static_cast<std::uint8_t>(1U << slot);
  unwritten_bases_ |= bit;
  if (!room_to_release()) return Code::hook_failed;
  Record record;
  record.type = Record::time_base;
  record.set_boot_id(base.boot_id);
  record.id = static_cast<std::uint32_t>(slot);
  record.time_ms = base.offset_ms;
  put(record, record.text_offset());
  if (!sync()) return Code::hook_failed;
  written_bases_ |= bit;
  unwritten_bases_ &= static_cast<std::uint8_t>(~bit);
  return {};
}

}  // namespace here_tracking
