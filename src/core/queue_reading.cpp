// SPDX-License-Identifier: Apache-2.0
#include "little_endian.hpp"
#include "queue_format.hpp"
#include "sample_end.hpp"
#include "text.hpp"

#include <algorithm>

namespace here_tracking {
namespace {

constexpr std::size_t max_stamp = 40;

SampleTime to_public(const detail::QueueTime& time) {
  return {static_cast<std::int64_t>(time.ms), time.boot_id};
}

}  // namespace

std::size_t SampleQueue::Walk::stamp(Span<char> into) const {
  TextBuilder out(into);
  append_sample_end(out, record.text_size(), static_cast<std::int64_t>(time.ms));
  return out.wanted() + 1;
}

// After one that failed, those that follow fail, too: whoever began to read asks at the end.
bool SampleQueue::read(std::uint32_t sector, std::uint32_t offset, void* into, std::size_t size) {
  log_.failed =
      log_.failed || !storage_.read(sector, offset, {static_cast<std::uint8_t*>(into), size}).ok();
  return !log_.failed;
}

SampleQueue::Scan SampleQueue::scan(std::uint32_t sector, std::uint32_t offset,
                                    std::uint32_t size) {
  Scan found;
  std::array<std::uint8_t, 64> memory;
  while (size != 0) {
    const std::uint32_t piece = smaller(sizeof(memory), size);
    if (!read(sector, offset, memory.data(), piece)) break;
    found.crc = crc32(memory.data(), piece, found.crc);
    for (std::uint32_t i = 0; i < piece; ++i)
      found.all &= memory[i];
    offset += piece;
    size -= piece;
  }
  return found;
}

bool SampleQueue::intact(const Walk& walk) {
  return scan(walk.sector, walk.body(0), walk.record.size).crc == walk.record.body_crc;
}

// The next record of the sector, past what is none.
bool SampleQueue::find_record(Walk& walk) {
  Record& record = walk.record;
  for (walk.offset = walk.at; !log_.failed; walk.offset += log_.geometry.program_bytes) {
    const std::uint32_t left = log_.geometry.sector_bytes - walk.offset;
    if (left < Record::bytes) break;
    if (read(walk.sector, walk.offset, &record, smaller(sizeof(record), left)) &&
        crc32(&record, Record::bytes) == crc_residue) {
      convert_words(&record.id, sizeof(record) / sizeof(record.id) - 1);
      if (record.size <= left - Record::bytes &&
          record.size >= record.text_offset() + record.note_size)
        return true;
    }
    walk.blank = walk.offset == walk.at && scan(walk.sector, walk.offset, left).all == 0xff;
    if (walk.blank) break;
    walk.bad = true;
  }
  return false;
}

void SampleQueue::pass(Walk& walk) const {
  walk.at = walk.offset + padded(Record::bytes + walk.record.size);
}

std::uint32_t SampleQueue::end_id(std::uint32_t sector) const {
  const std::uint32_t next = sectors_[sector].next;
  return next == no_sector ? log_.next_id : sectors_[next].first_id;
}

// Where a sample is, and on while `newest` samples wait from the next sector on.
std::uint32_t SampleQueue::sector_of(std::uint32_t id, std::uint32_t newest) const {
  std::uint32_t sector = log_.oldest;
  std::uint32_t waiting = log_.pending;
  for (std::uint32_t i = sector;
       i != no_sector && (sectors_[i].first_id <= id || waiting >= newest); i = sectors_[i].next) {
    sector = i;
    waiting -= sectors_[i].pending;
  }
  return sector;
}

// False: there is no more, or it failed.
bool SampleQueue::advance(Walk& walk) {
  while (walk.sector != no_sector) {
    const QueueSector& sector = sectors_[walk.sector];
    const bool plain = sector.state == sector_plain;
    if (walk.at == 0) {
      walk.at = SectorHeader::bytes;
      walk.id = sector.first_id;
      walk.bad = false;
    }
    const std::uint32_t end = end_id(walk.sector);
    while (sector.pending != 0 && walk.id < end) {
      // The next sample of the sector, whether it waits or not.
      const Record& record = walk.record;
      const bool found = find_record(walk);
      if (log_.failed) return false;
      if (found && (record.type != Record::sample || record.id < walk.id || record.id >= end)) {
        pass(walk);
        continue;
      }
      // A sample that is missing was thinned out, or cannot be read.
      const std::uint32_t reached = found ? record.id : end;
      walk.first = log_.state.left.first_waiting(walk.id);
      walk.damaged = walk.first < reached && (plain || walk.bad);
      if (walk.damaged) {
        // Of a sector that was thinned out it is not known how many; there is one at least.
        const std::uint32_t behind = log_.state.left.first_left(walk.first, reached);
        walk.last = behind - 1;
        walk.count = plain ? behind - walk.first : 1;
        walk.id = plain ? behind : reached;
        return true;
      }
      if (!found) break;
      pass(walk);
      walk.bad = false;
      walk.id = reached + 1;
      // What is missing in front of it does not wait, if anything is.
      walk.first = walk.last = reached;
      walk.count = 1;
      if (log_.state.left.first_waiting(reached) == reached) {
        walk.time = {record.time_ms, record.boot_id()};
        resolve(walk.time);
        return true;
      }
    }
    walk.sector = sector.next;
    walk.at = 0;
  }
  return false;
}

// Frees the sectors in which nothing waits any more, after samples of first..last left.
void SampleQueue::settle(std::uint32_t first, std::uint32_t last) {
  log_.pending = log_.used = 0;
  log_.newest = no_sector;
  for (std::uint16_t* place = &log_.oldest; *place != no_sector;) {
    QueueSector& sector = sectors_[*place];
    const std::uint32_t end = end_id(*place);
    if (sector.first_id <= last && end > first) {
      sector.pending = log_.state.left.waiting(sector.first_id, end);
      if (sector.state == sector_thinned && sector.pending != 0) {
        // Not all that are missing wait.
        std::uint32_t count = 0;
        Walk walk(*place);
        while (advance(walk) && walk.sector == *place)
          ++count;
        // Where that fails, the sector stays a while longer.
        if (!log_.failed) sector.pending = count;
      }
    }
    log_.pending += sector.pending;
    if (sector.pending == 0 && sector.next != no_sector) {
      sector.state = sector_free;
      *place = sector.next;
    } else {
      ++log_.used;
      log_.newest = *place;
      place = &sector.next;
    }
  }
}

std::size_t SampleQueue::slot_of(std::uint64_t boot_id) const {
  std::size_t slot = 0;
  while (slot < log_.state.bases.size() && log_.state.bases[slot].boot_id != boot_id)
    ++slot;
  return slot;
}

// Server time, where it is known.
void SampleQueue::resolve(Time& time) const {
  const std::size_t slot = slot_of(time.boot_id);
  if (time.boot_id == 0 || slot == log_.state.bases.size()) return;
  time = {time.ms + log_.state.bases[slot].offset_ms, 0};
}

void SampleQueue::begin(QueueBatch& batch, const Walk& walk) {
  batch.start_ = {walk.sector, walk.offset, walk.first};
  batch.first_id_ = walk.first;
  batch.first_ms_ = static_cast<std::int64_t>(walk.time.ms);
}

// Oldest first, it ends where samples no longer belong together; live, it begins anew there.
// Without any, the batch names those that cannot be read, and that it ended at.
void SampleQueue::choose(QueueBatch& batch, const BatchLimits& limits, bool live) {
  batch.count_ = batch.last_id_ = 0;
  std::uint32_t first_id = limits.first_id;
  std::uint32_t newest = 0xffffffff;
  if (live) {
    first_id = std::max(first_id, log_.state.left.end());
    if (limits.last_id >= log_.next_id - 1) newest = std::max<std::uint32_t>(limits.max_samples, 1);
  }
  Walk walk(sector_of(first_id, newest));
  while (advance(walk) && walk.first <= limits.last_id) {
    if (walk.last < first_id) continue;
    const bool damaged = walk.damaged || !intact(walk);
    const bool belongs = !damaged && walk.time.boot_id == 0 && batch.time_known_ &&
                         static_cast<std::int64_t>(walk.time.ms) > batch.last_ms_;
    if (batch.count_ != 0 && !belongs) {
      if (!live) break;
      batch.count_ = 0;
    }
    if (damaged) {
      if (limits.only_to_read) continue;
      batch.first_id_ = walk.first;
      batch.last_id_ = walk.last;
      if (!live) break;
      continue;
    }
    const std::size_t size = walk.size_in_body();
    while (batch.count_ != 0 &&
           (batch.count_ >= limits.max_samples || batch.size_ + size > limits.max_bytes)) {
      if (!live) return;
      Walk first(batch.start_);
      if (!advance(first)) return;
      batch.size_ -= first.size_in_body();
      --batch.count_;
      if (!advance(first)) return;
      begin(batch, first);
    }
    if (batch.count_ == 0) {
      begin(batch, walk);
      batch.size_ = 1;
      batch.time_known_ = walk.time.boot_id == 0;
    }
    ++batch.count_;
    batch.size_ += size;
    batch.last_id_ = walk.last;
    batch.last_ms_ = static_cast<std::int64_t>(walk.time.ms);
  }
}

Status SampleQueue::next(QueueBatch& batch, const BatchLimits& limits) {
  log_.failed = false;
  // While no sector is free, what leaves must soon free one.
  bool live =
      config_.order == DrainOrder::live_first && free_sectors() != 0 && !limits.only_to_read;
  Status status = Code::no_data;
  while (log_.open) {
    choose(batch, limits, live);
    const bool found = batch.count_ != 0;
    bool fits = found && limits.only_to_read;
    if (batch.last_id_ != 0 && !fits) {
      Leaving range;
      fits = leaving(batch.first_id_, batch.last_id_, range) == Code::ok;
    }
    if (!log_.failed && fits && found) {
      batch.queue_ = this;
      if (!batch.time_known_) batch.size_ = 0;
      batch.reached_at_ = batch.size_;
      batch.was_read_ = false;
      return {};
    }
    if (log_.failed || (fits && !leave(batch.first_id_, batch.last_id_, Fate::corrupted).ok())) {
      status = Code::hook_failed;
      break;
    }
    if (fits) continue;
    if (!live) break;
    live = false;
  }
  batch.count_ = 0;
  batch.size_ = 0;
  return status;
}

std::size_t QueueBatch::read(std::size_t offset, Span<char> into) {
  was_read_ = true;
  if (offset >= size_) return 0;
  SampleQueue& queue = *queue_;
  queue.log_.failed = false;
  if (offset < reached_at_) {
    reached_ = start_;
    reached_at_ = 1;
  }
  std::size_t done = 0;
  if (offset == 0 && !into.empty()) into[done++] = '[';
  while (done < into.size() && offset + done < size_) {
    SampleQueue::Walk walk(reached_);
    if (!queue.advance(walk) || walk.damaged) break;
    const std::uint32_t text = walk.record.text_size();
    std::size_t at = offset + done - reached_at_;
    if (at < text) {
      const std::size_t size = std::min<std::size_t>(into.size() - done, text - at);
      const std::uint32_t from =
          walk.body(walk.record.text_offset() + static_cast<std::uint32_t>(at));
      if (!queue.read(walk.sector, from, into.data() + done, size)) break;
      done += size;
      at += size;
    }
    std::array<char, max_stamp> stamp;
    const std::size_t stamp_size = walk.stamp(stamp);
    stamp[stamp_size - 1] = walk.first == last_id_ ? ']' : ',';
    for (; at < text + stamp_size && done < into.size(); ++at)
      into[done++] = stamp[at - text];
    if (at < text + stamp_size) break;
    reached_at_ += text + stamp_size;
    reached_ = walk;
  }
  return done;
}

// What goes with them: ids of samples that are not there any more, up to the neighbours that wait.
// hook_failed: also where it would be one gap too many.
Code SampleQueue::leaving(std::uint32_t first, std::uint32_t last, Leaving& range) {
  std::uint32_t from = log_.oldest;
  std::uint32_t sector = log_.oldest;
  for (std::uint32_t i = log_.oldest; i != no_sector && sectors_[i].first_id <= first;
       i = sectors_[i].next) {
    from = sector;
    sector = i;
  }
  Walk walk(from);
  range = {from == log_.oldest ? log_.state.left.cursor : sectors_[from].first_id, log_.next_id - 1,
           0};
  while (advance(walk)) {
    if (walk.last < first) {
      range.first = walk.last + 1;
    } else if (walk.first <= last) {
      range.count += walk.count;
    } else {
      range.last = walk.first - 1;
      break;
    }
  }
  detail::LeftIds left = log_.state.left;
  if (log_.failed) return Code::hook_failed;
  if (range.count == 0) return Code::no_data;
  return left.insert(range.first, range.last) ? Code::ok : Code::hook_failed;
}

Status SampleQueue::text(std::uint32_t id, Span<char> into, std::size_t& size, Span<char> note_into,
                         std::size_t& note_size, SampleTime* time) {
  size = 0;
  note_size = 0;
  if (!log_.open) return Code::no_data;
  log_.failed = false;
  Walk walk(sector_of(id, 0xffffffff));
  while (advance(walk) && walk.last < id) {
  }
  if (!log_.failed && (walk.sector == no_sector || walk.first > id)) return Code::no_data;
  if (log_.failed || walk.damaged) return Code::hook_failed;
  const Record& record = walk.record;
  size = record.text_size();
  if (size > into.size()) return Code::buffer_too_small;
  const std::uint32_t at = walk.body(record.text_offset());
  const std::size_t note = std::min<std::size_t>(note_into.size(), record.note_size);
  if (!intact(walk) || !read(walk.sector, at, into.data(), size) ||
      !read(walk.sector, at + static_cast<std::uint32_t>(size), note_into.data(), note))
    return Code::hook_failed;
  note_size = note;
  if (time != nullptr) *time = to_public(walk.time);
  return {};
}

QueueStats SampleQueue::stats() {
  QueueStats stats;
  if (!log_.open) return stats;
  log_.failed = false;
  stats.pending = log_.pending;
  stats.used_bytes = std::uint64_t{log_.used} * log_.geometry.sector_bytes;
  stats.capacity_bytes = std::uint64_t{log_.geometry.sector_count} * log_.geometry.sector_bytes;
  stats.last_id = log_.next_id - 1;
  stats.left = log_.state.counts;

  Walk walk(log_.oldest);
  while (!stats.oldest && advance(walk))
    if (!walk.damaged) stats.oldest = to_public(walk.time);
  log_.failed = false;
  Walk last(sector_of(0, 1));
  while (advance(last))
    if (!last.damaged) stats.newest = to_public(last.time);
  return stats;
}

}  // namespace here_tracking
