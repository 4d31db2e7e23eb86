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

std::uint32_t SampleQueue::header_end() const {
  return padded(SectorHeader::bytes);
}

std::uint32_t SampleQueue::release_room() const {
  return reserved_releases * padded(release_bytes);
}

bool SampleQueue::room(std::uint32_t bytes) const {
  return writable_ && bytes <= geometry_.sector_bytes - end_;
}

// In turn, so that all wear alike; and the next try after a failure is made elsewhere.
std::uint32_t SampleQueue::free_sector() const {
  std::uint32_t sector = last_started_;
  for (std::uint32_t i = 0; i < geometry_.sector_count; ++i) {
    sector = sector + 1 < geometry_.sector_count ? sector + 1 : 0;
    const std::uint16_t state = sectors_[sector].state;
    if (state == sector_free || state == sector_uncommitted) return sector;
  }
  return no_sector;
}

bool SampleQueue::start_sector(std::uint32_t sector) {
  const std::uint32_t before = newest_;
  last_started_ = sector;
  SectorHeader header;
  // One that was started in vain before is replaced with it.
  header.first_sequence = (before == no_sector ? sequence_ : sectors_[before].sequence) + 1;
  header.sequence = ++sequence_;
  if (!write_header(sector, header, state_.next_id)) return false;

  QueueSector& started = sectors_[sector];
  started.sequence = header.sequence;
  started.first_sequence = header.first_sequence;
  started.first_id = state_.next_id;
  started.pending = 0;
  started.next = no_sector;
  started.state = sector_plain;
  ++used_;
  newest_ = sector;
  end_ = header_end();
  writable_ = true;
  uncounted_ = 0;
  if (before == no_sector) {
    oldest_ = sector;
  } else {
    sectors_[before].next = static_cast<std::uint16_t>(sector);
    if (sectors_[before].pending == 0) unlink(before);
  }
  return true;
}

void SampleQueue::unlink(std::uint32_t sector) {
  std::uint32_t before = no_sector;
  for (std::uint32_t i = oldest_; i != sector; i = sectors_[i].next)
    before = i;
  const std::uint32_t next = sectors_[sector].next;
  if (before == no_sector)
    oldest_ = next;
  else
    sectors_[before].next = static_cast<std::uint16_t>(next);
  if (newest_ == sector) {
    newest_ = before;
    writable_ = false;
  }
  sectors_[sector].state = sector_free;
  --used_;
}

bool SampleQueue::put(Record& record, Span<const std::uint8_t> start, std::string_view text,
                      std::string_view note) {
  record.size = static_cast<std::uint32_t>(start.size() + text.size() + note.size());
  record.note_size = static_cast<std::uint8_t>(note.size());
  record.body_crc = crc32(bytes_of(note), crc32(bytes_of(text), crc32(start)));
  const std::array<std::uint8_t, Record::bytes> header = encode(record);

  std::array<std::uint8_t, 128> buffer;
  buffer.fill(0xff);
  std::size_t filled = 0;
  const auto program = [&]() {
    const std::uint32_t size = padded(static_cast<std::uint32_t>(filled));
    writable_ = writable_ && storage_.program(newest_, end_, {buffer.data(), size}).ok();
    end_ += size;
    filled = 0;
    buffer.fill(0xff);
  };
  const Span<const std::uint8_t> pieces[] = {header, start, bytes_of(text), bytes_of(note)};
  for (const Span<const std::uint8_t>& piece : pieces) {
    for (const std::uint8_t byte : piece) {
      buffer[filled++] = byte;
      if (filled == buffer.size()) program();
    }
  }
  if (filled != 0) program();
  return writable_;
}

bool SampleQueue::put_release(std::uint32_t first, std::uint32_t last, std::uint32_t count,
                              Fate fate, std::uint32_t generation) {
  Record record;
  record.type = Record::release;
  record.fate = static_cast<std::uint8_t>(fate);
  record.id = first;
  std::array<std::uint8_t, release_bytes - Record::bytes> body{};
  ByteWriter writer(body.data());
  writer.put(last);
  writer.put(count);
  writer.put(generation);
  return put(record, body, {}, {});
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

  SampleTime at = time;
  const TimeBase* const base = at.boot_id != 0 ? base_of(at.boot_id) : nullptr;
  if (base != nullptr) at = {at.ms + base->offset_ms, 0};
  const SampleTime& last = state_.last_time;
  if (state_.next_id != 1 && at.boot_id == last.boot_id && at.ms <= last.ms &&
      static_cast<std::uint64_t>(last.ms) - static_cast<std::uint64_t>(at.ms) <= max_correction_ms)
    at.ms = last.ms + 1;

  Record record;
  record.type = Record::sample;
  record.time_ms = at.ms;
  std::array<std::uint8_t, sizeof(at.boot_id)> boot{};
  ByteWriter(boot.data()).put(at.boot_id);
  Span<const std::uint8_t> start;
  if (at.boot_id != 0) {
    record.flags = Record::has_boot;
    start = boot;
  }
  note = head(head(note, max_note_bytes), max - untimed_json.size());
  const std::uint32_t size = padded(
      static_cast<std::uint32_t>(Record::bytes + start.size() + untimed_json.size() + note.size()));

  Status status;
  if (!room_for_sample(size, status)) return status;
  record.id = state_.next_id;
  if (!put(record, start, untimed_json, note) || !sync()) return Code::hook_failed;
  ++state_.next_id;
  state_.last_time = at;
  ++sectors_[newest_].pending;
  ++pending_;
  return {};
}

std::size_t SampleQueue::max_sample_bytes() const {
  if (!open_) return 0;
  return geometry_.sector_bytes - header_end() - release_room() - Record::bytes -
         sizeof(SampleTime::boot_id);
}

// One sector stays free, so that releases can always be written.
bool SampleQueue::room_for_sample(std::uint32_t bytes, Status& status) {
  status = Code::ok;
  while (free_sectors() == 0 || !room(bytes + release_room())) {
    if (free_sectors() >= 2) {
      if (!start_sector(free_sector())) status = Code::hook_failed;
    } else if (config_.when_full == DropPolicy::newest) {
      ++state_.counts[static_cast<std::size_t>(Fate::dropped_newest)];
      ++uncounted_;
      status = Code::queue_full;
    } else {
      status = config_.when_full == DropPolicy::thin_out ? thin_out() : drop_oldest();
    }
    if (!status.ok()) return false;
  }
  return true;
}

bool SampleQueue::room_to_release() {
  if (room(padded(release_bytes))) return true;
  std::uint32_t sector = free_sector();
  if (sector == no_sector && sectors_[newest_].pending == 0) {
    // It was started for releases, when nothing else was free; a new header repeats them.
    sector = newest_;
    unlink(sector);
  } else if (sector == no_sector) {
    // Only what is not the work of this class looks so.
    sector = oldest_;
    pending_ -= sectors_[sector].pending;
    state_.counts[static_cast<std::size_t>(Fate::dropped_oldest)] += sectors_[sector].pending;
    state_.left.insert(state_.left.cursor, end_id(sector) - 1);
    unlink(sector);
  }
  return start_sector(sector);
}

Status SampleQueue::leave(std::uint32_t first, std::uint32_t last, Fate fate) {
  Leaving range;
  Status status = leaving(first, last, range);
  if (!status.ok()) return status;
  if (range.count == 0) return Code::no_data;
  if (!room_to_release()) return Code::hook_failed;
  detail::LeftIds left = state_.left;
  if (!left.insert(range.first, range.last)) return Code::hook_failed;

  const std::uint32_t uncounted = uncounted_;
  bool ok = put_release(range.first, range.last, range.count, fate, state_.generation);
  if (ok && uncounted != 0 && room(padded(release_bytes))) {
    ok = put_release(1, 0, uncounted, Fate::dropped_newest, state_.generation);
    uncounted_ = 0;
  }
  if (!ok || !sync()) {
    uncounted_ = uncounted;
    return Code::hook_failed;
  }
  state_.left = left;
  state_.counts[static_cast<std::size_t>(fate)] += range.count;
  settle(range.first, range.last);
  return {};
}

void SampleQueue::settle(std::uint32_t first, std::uint32_t last) {
  pending_ = 0;
  for (std::uint32_t i = oldest_; i != no_sector;) {
    QueueSector& sector = sectors_[i];
    const std::uint32_t next = sector.next;
    // Where a count fails, the sector stays a while longer.
    if (sector.first_id <= last && end_id(i) > first) (void)count_waiting(i);
    pending_ += sector.pending;
    if (sector.pending == 0 && i != newest_) unlink(i);
    i = next;
  }
}

Status SampleQueue::release(const QueueBatch& batch, Fate fate) {
  if (!open_ || batch.count_ == 0) return Code::no_data;
  return leave(batch.first_id_, batch.last_id_, fate);
}

Status SampleQueue::release_all(Fate fate) {
  if (!open_) return Code::no_data;
  return leave(state_.left.cursor, state_.next_id - 1, fate);
}

Status SampleQueue::drop_oldest() {
  const std::uint32_t sector = oldest_;
  if (sector == newest_) return Code::hook_failed;
  const Status status = leave(sectors_[sector].first_id, end_id(sector) - 1, Fate::dropped_oldest);
  if (status == Code::no_data) unlink(sector);
  return status == Code::no_data ? Status() : status;
}

// Nothing changes until the record that says so is written behind the newest sample.
Status SampleQueue::thin_out() {
  const std::uint32_t a = oldest_;
  const std::uint32_t b = a == no_sector ? no_sector : sectors_[a].next;
  if (b == no_sector || b == newest_ || free_sectors() == 0 || !room(padded(release_bytes)))
    return drop_oldest();
  std::uint32_t into = free_sector();
  for (std::uint32_t i = 0; i < geometry_.sector_count; ++i)
    if (sectors_[i].state == sector_uncommitted) into = i;

  SectorHeader header;
  header.sequence = sectors_[b].sequence;
  header.first_sequence = sectors_[a].first_sequence;
  header.compaction = state_.generation + 1;
  const std::uint32_t first_id = sectors_[a].first_id;
  sectors_[into].state = sector_uncommitted;
  if (!write_header(into, header, first_id)) return Code::hook_failed;

  std::uint32_t at = header_end();
  std::uint32_t count = 0;
  std::uint32_t kept = 0;
  bool keep = true;
  Walk walk;
  enter(walk, a);
  while (advance(walk) && (walk.sector == a || walk.sector == b)) {
    count += walk.count;
    if (walk.damaged) continue;
    const std::uint32_t size = padded(Record::bytes + walk.record.size);
    if (keep && size <= geometry_.sector_bytes - at) {
      if (!copy(walk.sector, walk.offset, into, at, size)) return Code::hook_failed;
      at += size;
      ++kept;
    }
    keep = !keep;
  }
  if (walk.failed || !sync() ||
      !put_release(1, 0, count - kept, Fate::thinned_out, header.compaction) || !sync())
    return Code::hook_failed;

  ++state_.generation;
  state_.counts[static_cast<std::size_t>(Fate::thinned_out)] += count - kept;
  pending_ -= count - kept;
  QueueSector& thinned = sectors_[into];
  thinned.sequence = header.sequence;
  thinned.first_sequence = header.first_sequence;
  thinned.first_id = first_id;
  thinned.pending = kept;
  thinned.next = sectors_[b].next;
  thinned.state = sector_thinned;
  sectors_[a].state = sectors_[b].state = sector_free;
  --used_;
  oldest_ = into;
  last_started_ = into;
  if (kept == 0) unlink(into);
  return {};
}

bool SampleQueue::copy(std::uint32_t from, std::uint32_t offset, std::uint32_t into,
                       std::uint32_t at, std::uint32_t size) {
  std::array<std::uint8_t, 128> buffer{};
  for (std::uint32_t done = 0; done < size;) {
    const std::uint32_t piece = smaller(static_cast<std::uint32_t>(buffer.size()), size - done);
    const Span<std::uint8_t> bytes(buffer.data(), piece);
    if (!storage_.read(from, offset + done, bytes).ok() ||
        !storage_.program(into, at + done, bytes).ok())
      return false;
    done += piece;
  }
  return true;
}

Status SampleQueue::set_time_base(const TimeBase& base) {
  if (!open_) return Code::no_data;
  if (base.boot_id == 0) return Code::invalid_value;
  constexpr std::size_t slots = std::tuple_size_v<decltype(state_.bases)>;
  std::size_t slot = 0;
  while (slot < slots && state_.bases[slot].boot_id != base.boot_id)
    ++slot;
  const auto bit = [&slot] { return static_cast<std::uint8_t>(1U << slot); };
  if (slot < slots) {
    if ((unwritten_bases_ & bit()) != 0) return write_base(slot);
    if ((written_bases_ & bit()) == 0) {
      state_.bases[slot] = base;
      return {};
    }
    const std::uint64_t moved_ms = static_cast<std::uint64_t>(base.offset_ms) -
                                   static_cast<std::uint64_t>(state_.bases[slot].offset_ms);
    if (moved_ms + max_base_drift_ms <= 2 * max_base_drift_ms) return {};
  }

  bool waits = false;
  std::uint32_t in_use = 0;
  Walk walk;
  enter(walk, oldest_);
  while (advance(walk)) {
    if (walk.damaged) continue;
    std::uint64_t boot_id = 0;
    if (!boot_of(walk, boot_id).ok()) return Code::hook_failed;
    if (boot_id == 0) continue;
    if (boot_id == base.boot_id) waits = true;
    for (std::size_t i = 0; i < slots; ++i)
      if (state_.bases[i].boot_id == boot_id) in_use |= 1U << i;
  }
  if (walk.failed) return Code::hook_failed;

  // Samples that have been told it have their times.
  if (slot < slots && waits) return {};
  if (slot == slots) {
    slot = 0;
    while (slot + 1 < slots && (in_use >> slot & 1U) != 0)
      ++slot;
  }
  state_.bases[slot] = base;
  written_bases_ &= static_cast<std::uint8_t>(~bit());
  unwritten_bases_ &= static_cast<std::uint8_t>(~bit());
  return waits ? write_base(slot) : Status();
}

Status SampleQueue::write_base(std::size_t slot) {
  const TimeBase& base = state_.bases[slot];
  const auto bit = static_cast<std::uint8_t>(1U << slot);
  unwritten_bases_ |= bit;
  if (!room_to_release()) return Code::hook_failed;
  Record record;
  record.type = Record::time_base;
  record.flags = Record::has_boot;
  record.id = static_cast<std::uint32_t>(slot);
  record.time_ms = base.offset_ms;
  std::array<std::uint8_t, sizeof(base.boot_id)> boot{};
  ByteWriter(boot.data()).put(base.boot_id);
  if (!put(record, boot, {}, {}) || !sync()) return Code::hook_failed;
  written_bases_ |= bit;
  unwritten_bases_ &= static_cast<std::uint8_t>(~bit);
  return {};
}

}  // namespace here_tracking
