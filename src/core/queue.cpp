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
  log_.open = false;
  for (std::uint32_t i = 0; i < log_.geometry.sector_count; ++i)
    if (!storage_.erase(i).ok()) return Code::hook_failed;
  return open();
}

std::uint32_t SampleQueue::padded(std::uint32_t size) const {
  return (size + log_.geometry.program_bytes - 1) & ~(log_.geometry.program_bytes - 1);
}

std::uint32_t SampleQueue::release_size() const {
  return padded(release_bytes);
}

bool SampleQueue::room(std::uint32_t bytes) const {
  return log_.writable && bytes <= log_.geometry.sector_bytes - log_.end;
}

// In turn, so that all wear alike; and the next try after a failure is made elsewhere.
std::uint32_t SampleQueue::free_sector() const {
  std::uint32_t sector = log_.last_started;
  for (std::uint32_t i = 0; i < log_.geometry.sector_count; ++i) {
    sector = sector + 1 < log_.geometry.sector_count ? sector + 1 : 0;
    const std::uint16_t state = sectors_[sector].state;
    if (state == sector_free || state == sector_uncommitted) return sector;
  }
  return no_sector;
}

// The newest one itself begins anew: a new header repeats its releases.
bool SampleQueue::start_sector(std::uint32_t sector) {
  QueueSector& started = sectors_[sector];
  // One that was started in vain before is replaced with it.
  if (sector != log_.newest)
    started.first_sequence =
        (log_.newest == no_sector ? log_.sequence : sectors_[log_.newest].sequence) + 1;
  started.sequence = ++log_.sequence;
  started.first_id = log_.next_id;
  started.pending = 0;
  log_.last_started = sector;
  if (!write_header(sector)) return false;

  started.next = no_sector;
  started.state = sector_plain;
  if (log_.newest == no_sector)
    log_.oldest = static_cast<std::uint16_t>(sector);
  else if (sector != log_.newest)
    sectors_[log_.newest].next = static_cast<std::uint16_t>(sector);
  log_.end = SectorHeader::bytes;
  log_.writable = true;
  log_.uncounted = 0;
  settle(1, 0);
  return true;
}

bool SampleQueue::program(std::uint32_t sector, std::uint32_t offset, const void* from,
                          std::uint32_t size) {
  return storage_.program(sector, offset, {static_cast<const std::uint8_t*>(from), size}).ok();
}

// What follows when it fails is not written either, until another sector is begun. sync() says so.
void SampleQueue::put(Record& record, Span<const std::string_view> texts) {
  const std::uint32_t start_size = record.start_size();
  record.size = start_size;
  convert_words(record.body.data(), record.body.size());
  record.body_crc = crc32(record.body.data(), start_size);
  for (const std::string_view& text : texts) {
    record.size += static_cast<std::uint32_t>(text.size());
    record.body_crc = crc32(text.data(), text.size(), record.body_crc);
  }
  const std::uint32_t size = padded(Record::bytes + record.size);
  convert_words(&record.id, 5);
  record.crc = crc32(&record, Record::bytes - sizeof(record.crc));
  convert_words(&record.crc, 1);

  std::array<std::uint8_t, 128> buffer;
  std::uint32_t filled = 0;
  std::string_view piece(reinterpret_cast<const char*>(&record), Record::bytes + start_size);
  const std::string_view* next = texts.begin();
  for (std::uint32_t i = 0; i < size;) {
    while (piece.empty() && next != texts.end())
      piece = *next++;
    std::uint8_t byte = 0xff;
    if (!piece.empty()) {
      byte = static_cast<std::uint8_t>(piece.front());
      piece.remove_prefix(1);
    }
    buffer[filled++] = byte;
    if (++i == size || filled == buffer.size()) {
      log_.writable = log_.writable && program(log_.newest, log_.end, buffer.data(), filled);
      log_.end += filled;
      filled = 0;
    }
  }
}

void SampleQueue::put_release(const Leaving& range, Fate fate) {
  Record record{};
  record.type = Record::release;
  record.fate = static_cast<std::uint8_t>(fate);
  record.id = range.first;
  record.body = {range.last, range.count, log_.state.generation};
  put(record);
}

// Nothing is known about what was programmed when this fails, so nothing is put behind it.
bool SampleQueue::sync() {
  log_.writable = log_.writable && storage_.sync().ok();
  return log_.writable;
}

Status SampleQueue::append(std::string_view untimed_json, const SampleTime& time,
                           std::string_view note) {
  if (!log_.open) return Code::no_data;
  if (untimed_json.empty()) return Code::invalid_value;
  const std::size_t max = max_sample_bytes();
  if (untimed_json.size() > max) return Code::buffer_too_small;

  log_.failed = false;
  Time at = {static_cast<std::uint64_t>(time.ms), time.boot_id};
  resolve(at);
  const Time& last = log_.state.last_time;
  if (log_.next_id != 1 && at.boot_id == last.boot_id && last.ms - at.ms <= max_correction_ms)
    at.ms = last.ms + 1;

  Record record{};
  record.type = Record::sample;
  record.time_ms = at.ms;
  if (at.boot_id != 0) record.set_boot_id(at.boot_id);
  note = head(head(note, max_note_bytes), max - untimed_json.size());
  const Status status =
      room_for_sample(padded(Record::bytes + record.start_size() +
                             static_cast<std::uint32_t>(untimed_json.size() + note.size())));
  if (!status.ok()) return status;
  record.id = log_.next_id;
  record.note_size = static_cast<std::uint8_t>(note.size());
  const std::string_view texts[] = {untimed_json, note};
  put(record, texts);
  if (!sync()) return Code::hook_failed;
  ++log_.next_id;
  log_.state.last_time = at;
  ++sectors_[log_.newest].pending;
  ++log_.pending;
  return {};
}

std::size_t SampleQueue::max_sample_bytes() const {
  if (!log_.open) return 0;
  return log_.geometry.sector_bytes - SectorHeader::bytes - reserved_releases * release_size() -
         Record::bytes - sizeof(SampleTime::boot_id);
}

// One sector stays free, so that releases can always be written.
Status SampleQueue::room_for_sample(std::uint32_t bytes) {
  bytes += reserved_releases * release_size();
  while (free_sectors() == 0 || !room(bytes)) {
    Status status;
    if (free_sectors() >= 2) {
      if (!start_sector(free_sector())) status = Code::hook_failed;
    } else if (config_.when_full == DropPolicy::newest) {
      ++log_.state.counts[static_cast<std::size_t>(Fate::dropped_newest)];
      ++log_.uncounted;
      status = Code::queue_full;
    } else {
      // All but one sector are in use, or all: two at least.
      const bool thin = config_.when_full == DropPolicy::thin_out && free_sectors() != 0 &&
                        sectors_[log_.oldest].next != log_.newest && room(release_size());
      status = thin ? thin_out() : drop_oldest();
    }
    if (!status.ok()) return status;
  }
  return {};
}

bool SampleQueue::room_to_release() {
  if (room(release_size())) return true;
  std::uint32_t sector = free_sector();
  if (sector == no_sector) {
    sector = log_.newest;
    if (sectors_[sector].pending != 0) {
      // Only what is not the work of this class looks so.
      sector = log_.oldest;
      log_.state.counts[static_cast<std::size_t>(Fate::dropped_oldest)] += sectors_[sector].pending;
      log_.state.left.insert(log_.state.left.cursor, end_id(sector) - 1);
      drop(sector);
    }
  }
  return start_sector(sector);
}

Status SampleQueue::leave(std::uint32_t first, std::uint32_t last, Fate fate) {
  log_.failed = false;
  Leaving range;
  const Code code = leaving(first, last, range);
  if (code != Code::ok) return code;
  if (!room_to_release()) return Code::hook_failed;
  put_release(range, fate);
  const std::uint32_t told = room(release_size()) ? log_.uncounted : 0;
  if (told != 0) put_release({1, 0, told}, Fate::dropped_newest);
  if (!sync()) return Code::hook_failed;
  log_.uncounted -= told;
  log_.state.left.insert(range.first, range.last);
  log_.state.counts[static_cast<std::size_t>(fate)] += range.count;
  settle(range.first, range.last);
  log_.failed = false;
  return {};
}

Status SampleQueue::release(const QueueBatch& batch, Fate fate) {
  if (!log_.open || batch.count_ == 0) return Code::no_data;
  return leave(batch.first_id_, batch.last_id_, fate);
}

Status SampleQueue::release_all(Fate fate) {
  if (!log_.open) return Code::no_data;
  return leave(log_.state.left.cursor, log_.next_id - 1, fate);
}

void SampleQueue::drop(std::uint32_t sector) {
  sectors_[sector].pending = 0;
  settle(1, 0);
}

Status SampleQueue::drop_oldest() {
  const std::uint32_t sector = log_.oldest;
  const Status status = leave(sectors_[sector].first_id, end_id(sector) - 1, Fate::dropped_oldest);
  if (status != Code::no_data) return status;
  drop(sector);
  return {};
}

// Nothing changes until the record that says so is written behind the newest sample.
Status SampleQueue::thin_out() {
  const std::uint32_t a = log_.oldest;
  const std::uint32_t b = sectors_[a].next;
  std::uint32_t into = free_sector();
  for (std::uint32_t i = 0; i < log_.geometry.sector_count; ++i)
    if (sectors_[i].state == sector_uncommitted) into = i;
  QueueSector& thinned = sectors_[into];
  static_cast<detail::SectorNumbers&>(thinned) = sectors_[a];
  thinned.sequence = sectors_[b].sequence;
  thinned.pending = log_.state.generation + 1;
  thinned.state = sector_uncommitted;
  if (!write_header(into)) return Code::hook_failed;

  std::uint32_t end = SectorHeader::bytes;
  std::uint32_t gone = 0;
  std::uint32_t kept = 0;
  bool keep = true;
  Walk walk(a);
  while (advance(walk) && (walk.sector == a || walk.sector == b)) {
    gone += walk.count;
    if (walk.damaged) continue;
    if (keep && walk.at - walk.offset <= log_.geometry.sector_bytes - end) {
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
  if (log_.failed || !sync()) return Code::hook_failed;
  ++log_.state.generation;
  put_release({1, 0, gone}, Fate::thinned_out);
  if (!sync()) {
    --log_.state.generation;
    return Code::hook_failed;
  }

  log_.state.counts[static_cast<std::size_t>(Fate::thinned_out)] += gone;
  thinned.pending = kept;
  thinned.next = static_cast<std::uint16_t>(a);
  thinned.state = sector_thinned;
  sectors_[a].pending = sectors_[b].pending = 0;
  log_.oldest = static_cast<std::uint16_t>(into);
  log_.last_started = into;
  settle(1, 0);
  return {};
}

Status SampleQueue::set_time_base(const TimeBase& base) {
  if (!log_.open) return Code::no_data;
  if (base.boot_id == 0) return Code::invalid_value;
  log_.failed = false;
  detail::QueueState::Base added = {base.boot_id, static_cast<std::uint64_t>(base.offset_ms)};
  auto& bases = log_.state.bases;
  std::size_t slot = slot_of(base.boot_id);
  if ((log_.wanted_bases >> slot & 1U) == 0) {
    const bool known = slot < bases.size();
    bool waits = false;
    if (!known || (log_.unwritten_bases >> slot & 1U) == 0) {
      if (known &&
          added.offset_ms - bases[slot].offset_ms + max_base_drift_ms <= 2 * max_base_drift_ms)
        return {};
      std::uint32_t in_use = 0;
      Walk walk(log_.oldest);
      while (advance(walk)) {
        const std::uint64_t boot_id = walk.record.boot_id();
        if (walk.damaged || boot_id == 0) continue;
        waits = waits || boot_id == base.boot_id;
        in_use |= 1U << slot_of(boot_id);
      }
      if (log_.failed) return Code::hook_failed;
      // Samples that have been told it have their times.
      if (known && waits) return {};
      if (!known) {
        slot = 0;
        while (slot + 1 < bases.size() && (in_use >> slot & 1U) != 0)
          ++slot;
      }
    }
    bases[slot] = added;
    log_.unwritten_bases |= static_cast<std::uint8_t>(1U << slot);
    log_.wanted_bases &= static_cast<std::uint8_t>(~(1U << slot));
    if (!waits) return {};
  }

  log_.wanted_bases |= static_cast<std::uint8_t>(1U << slot);
  if (!room_to_release()) return Code::hook_failed;
  Record record{};
  record.type = Record::time_base;
  record.set_boot_id(bases[slot].boot_id);
  record.id = static_cast<std::uint32_t>(slot);
  record.time_ms = bases[slot].offset_ms;
  put(record);
  if (!sync()) return Code::hook_failed;
  log_.unwritten_bases &= static_cast<std::uint8_t>(~(1U << slot));
  log_.wanted_bases &= static_cast<std::uint8_t>(~(1U << slot));
  return {};
}

}  // namespace here_tracking
