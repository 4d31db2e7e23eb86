// SPDX-License-Identifier: Apache-2.0
#include "little_endian.hpp"
#include "queue_format.hpp"
#include "sample_end.hpp"
#include "text.hpp"

#include <algorithm>

namespace here_tracking {
namespace {

/// What follows the text of a sample in a body.
std::string_view stamp(std::uint32_t text_size, std::int64_t time_ms, bool last, Span<char> into) {
  TextBuilder out(into);
  append_sample_end(out, text_size, time_ms);
  if (last) out.append(']');
  return out.text();
}

std::int64_t plus(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
}

Span<std::uint8_t> bytes_of(Span<char> text) {
  return {reinterpret_cast<std::uint8_t*>(text.data()), text.size()};
}

constexpr std::size_t max_stamp = 40;

}  // namespace

SampleQueue::Found SampleQueue::read_record(std::uint32_t sector, std::uint32_t offset,
                                            Record& record) {
  std::array<std::uint8_t, Record::bytes> bytes{};
  if (offset > geometry_.sector_bytes - Record::bytes) return Found::nothing;
  if (!storage_.read(sector, offset, bytes).ok()) return Found::failed;
  const std::uint32_t behind = geometry_.sector_bytes - offset - Record::bytes;
  return decode(bytes, record) && record.size <= behind ? Found::record : Found::nothing;
}

SampleQueue::Found SampleQueue::read_body(std::uint32_t sector, std::uint32_t offset,
                                          const Record& record) {
  std::array<std::uint8_t, 64> piece{};
  std::uint32_t crc = 0;
  for (std::uint32_t at = 0; at < record.size;) {
    const std::uint32_t size = smaller(static_cast<std::uint32_t>(piece.size()), record.size - at);
    const Span<std::uint8_t> part(piece.data(), size);
    if (!storage_.read(sector, offset + Record::bytes + at, part).ok()) return Found::failed;
    crc = crc32(part, crc);
    at += size;
  }
  return crc == record.body_crc ? Found::record : Found::nothing;
}

// `record`: nothing was programmed from there on.
SampleQueue::Found SampleQueue::erased(std::uint32_t sector, std::uint32_t offset) {
  std::array<std::uint8_t, 64> piece{};
  while (offset < geometry_.sector_bytes) {
    const std::uint32_t size =
        smaller(static_cast<std::uint32_t>(piece.size()), geometry_.sector_bytes - offset);
    if (!storage_.read(sector, offset, {piece.data(), size}).ok()) return Found::failed;
    for (std::uint32_t i = 0; i < size; ++i)
      if (piece[i] != 0xff) return Found::nothing;
    offset += size;
  }
  return Found::record;
}

// The next one behind `offset`, where there is none.
SampleQueue::Found SampleQueue::search_record(std::uint32_t sector, std::uint32_t& offset,
                                              Record& record) {
  Found found = Found::nothing;
  while (found == Found::nothing && offset <= geometry_.sector_bytes - Record::bytes) {
    offset += geometry_.program_bytes;
    found = read_record(sector, offset, record);
  }
  return found;
}

std::uint32_t SampleQueue::end_id(std::uint32_t sector) const {
  const std::uint32_t next = sectors_[sector].next;
  return next == no_sector ? state_.next_id : sectors_[next].first_id;
}

void SampleQueue::enter(Walk& walk, std::uint32_t sector) const {
  walk.sector = sector;
  walk.at = header_end();
  walk.expected = sector == no_sector ? 0 : sectors_[sector].first_id;
  walk.bad = false;
}

void SampleQueue::walk_to(Walk& walk, std::uint32_t id) const {
  std::uint32_t sector = oldest_;
  for (std::uint32_t i = oldest_; i != no_sector && sectors_[i].first_id <= id;
       i = sectors_[i].next)
    sector = i;
  enter(walk, sector);
}

// The next sample of the sector, whether it waits or not.
SampleQueue::Found SampleQueue::find_sample(Walk& walk, std::uint32_t end) {
  for (;;) {
    walk.offset = walk.at;
    Found found = read_record(walk.sector, walk.offset, walk.record);
    if (found == Found::nothing) {
      found = erased(walk.sector, walk.offset);
      if (found == Found::failed) return found;
      if (found == Found::record) return Found::nothing;
      walk.bad = true;
      found = search_record(walk.sector, walk.offset, walk.record);
    }
    if (found != Found::record) return found;
    const std::uint32_t id = walk.record.id;
    if (walk.record.type == Record::sample && id >= walk.expected && id < end) return found;
    walk.at = walk.offset + padded(Record::bytes + walk.record.size);
  }
}

bool SampleQueue::advance(Walk& walk) {
  while (walk.sector != no_sector) {
    const QueueSector& sector = sectors_[walk.sector];
    const bool plain = sector.state == sector_plain;
    const std::uint32_t end = end_id(walk.sector);
    while (sector.pending != 0 && walk.expected < end) {
      const Found found = find_sample(walk, end);
      if (found == Found::failed) {
        walk.failed = true;
        return false;
      }
      // A sample that is missing was thinned out, or cannot be read.
      const std::uint32_t reached = found == Found::record ? walk.record.id : end;
      const std::uint32_t missing = state_.left.first_waiting(walk.expected);
      if (missing < reached && (plain || walk.bad)) {
        const std::uint32_t behind = state_.left.first_left(missing, reached);
        walk.first = missing;
        walk.last = behind - 1;
        walk.count = plain ? behind - missing : 1;
        walk.damaged = true;
        walk.expected = plain ? behind : reached;
        return true;
      }
      if (found == Found::nothing) break;
      walk.bad = false;
      walk.at = walk.offset + padded(Record::bytes + walk.record.size);
      walk.expected = reached + 1;
      if (state_.left.first_waiting(reached) == reached) {
        walk.first = walk.last = reached;
        walk.count = 1;
        walk.damaged = false;
        return true;
      }
    }
    enter(walk, sector.next);
  }
  return false;
}

Status SampleQueue::count_waiting(std::uint32_t sector) {
  QueueSector& counted = sectors_[sector];
  counted.pending = state_.left.waiting(counted.first_id, end_id(sector));
  if (counted.state == sector_plain || counted.pending == 0) return {};
  // Not all that are missing wait.
  std::uint32_t count = 0;
  Walk walk;
  enter(walk, sector);
  while (advance(walk) && walk.sector == sector)
    count += walk.count;
  if (walk.failed) return Code::hook_failed;
  counted.pending = count;
  return {};
}

const TimeBase* SampleQueue::base_of(std::uint64_t boot_id) const {
  for (const TimeBase& base : state_.bases)
    if (base.boot_id == boot_id) return &base;
  return nullptr;
}

// 0: its time is server time.
Status SampleQueue::boot_of(const Walk& walk, std::uint64_t& boot_id) {
  boot_id = 0;
  if (walk.record.text_offset() == 0) return {};
  std::array<std::uint8_t, sizeof(boot_id)> boot{};
  if (!storage_.read(walk.sector, walk.offset + Record::bytes, boot).ok()) return Code::hook_failed;
  ByteReader(boot.data()).get(boot_id);
  return {};
}

// Server time, where it is known.
Status SampleQueue::time_of(const Walk& walk, SampleTime& time) {
  time = {walk.record.time_ms, 0};
  const Status status = boot_of(walk, time.boot_id);
  if (!status.ok() || time.boot_id == 0) return status;
  const TimeBase* const base = base_of(time.boot_id);
  if (base != nullptr) time = {plus(time.ms, base->offset_ms), 0};
  return {};
}

// Oldest first, it ends where samples no longer belong together; live, it begins anew there.
Status SampleQueue::choose(Window& window, const BatchLimits& limits, bool live) {
  std::uint32_t first_id = limits.first_id;
  Walk walk;
  if (live) {
    first_id = std::max(first_id, state_.left.end());
    walk_to(walk, first_id);
    std::uint32_t behind = 0;
    for (std::uint32_t i = walk.sector; i != no_sector; i = sectors_[i].next)
      behind += sectors_[i].pending;
    if (limits.last_id >= state_.next_id - 1) {
      while (walk.sector != no_sector && behind - sectors_[walk.sector].pending >=
                                             std::max<std::uint32_t>(limits.max_samples, 1)) {
        behind -= sectors_[walk.sector].pending;
        enter(walk, sectors_[walk.sector].next);
      }
    }
  } else {
    walk_to(walk, first_id);
  }

  const auto size_of = [](const Walk& found, std::int64_t ms) {
    std::array<char, max_stamp> memory{};
    const std::uint32_t text = found.record.text_size();
    return text + stamp(text, ms, false, memory).size() + 1;
  };
  while (advance(walk) && walk.first <= limits.last_id) {
    if (walk.last < first_id) continue;
    SampleTime time;
    if (!walk.damaged) {
      const Found body = read_body(walk.sector, walk.offset, walk.record);
      if (body == Found::failed || !time_of(walk, time).ok()) return Code::hook_failed;
      walk.damaged = body == Found::nothing;
    }
    if (walk.damaged) {
      if (!live && window.count != 0) break;
      if (limits.only_to_read) continue;
      window = {};
      window.damaged_first = walk.first;
      window.damaged_last = walk.last;
      if (!live) break;
      continue;
    }
    const bool known = time.boot_id == 0;
    const std::size_t size = known ? size_of(walk, time.ms) : 0;
    const bool belongs =
        window.count != 0 && known && window.time_known && time.ms > window.last_ms;
    const bool full =
        window.count + 1 > limits.max_samples || window.bytes + size + 1 > limits.max_bytes;
    if (!live && window.count != 0 && (!belongs || full)) break;
    if (!belongs) {
      window = {};
      window.start = walk;
      window.first_ms = time.ms;
      window.time_known = known;
    }
    ++window.count;
    window.bytes += size;
    window.last_id = walk.last;
    window.last_ms = time.ms;
    while (window.count > 1 &&
           (window.count > limits.max_samples || window.bytes + 1 > limits.max_bytes)) {
      if (!time_of(window.start, time).ok()) return Code::hook_failed;
      window.bytes -= size_of(window.start, time.ms);
      --window.count;
      if (!advance(window.start) || !time_of(window.start, time).ok()) return Code::hook_failed;
      window.first_ms = time.ms;
    }
  }
  return walk.failed ? Code::hook_failed : Code::ok;
}

Status SampleQueue::next(QueueBatch& batch, const BatchLimits& limits) {
  batch.size_ = 0;
  batch.count_ = 0;
  batch.was_read_ = false;
  if (!open_) return Code::no_data;
  // While no sector is free, what leaves must soon free one.
  bool live =
      config_.order == DrainOrder::live_first && free_sectors() != 0 && !limits.only_to_read;
  for (;;) {
    Window window;
    Status status = choose(window, limits, live);
    if (!status.ok()) return status;
    const bool found = window.count != 0;
    const std::uint32_t first = found ? window.start.first : window.damaged_first;
    const std::uint32_t last = found ? window.last_id : window.damaged_last;
    bool fits = found && limits.only_to_read;
    if (last != 0 && !fits) {
      Leaving range;
      status = leaving(first, last, range);
      if (!status.ok()) return status;
      detail::LeftIds left = state_.left;
      fits = left.insert(range.first, range.last);
    }
    if (!fits) {
      if (!live) return Code::no_data;
      live = false;
      continue;
    }
    if (!found) {
      if (!leave(first, last, Fate::corrupted).ok()) return Code::hook_failed;
      continue;
    }
    batch.queue_ = this;
    batch.start_ = {window.start.sector, window.start.offset, first, 0};
    batch.reached_ = batch.start_;
    batch.count_ = window.count;
    batch.first_id_ = first;
    batch.last_id_ = last;
    batch.time_known_ = window.time_known;
    batch.first_ms_ = window.first_ms;
    batch.last_ms_ = window.last_ms;
    batch.size_ = window.time_known ? window.bytes + 1 : 0;
    return {};
  }
}

std::size_t QueueBatch::read(std::size_t offset, Span<char> into) {
  was_read_ = true;
  return offset < size_ ? queue_->read(*this, offset, into) : 0;
}

std::size_t SampleQueue::read(QueueBatch& batch, std::size_t offset, Span<char> into) {
  if (offset < batch.reached_.at) batch.reached_ = batch.start_;
  QueueBatch::Place& place = batch.reached_;
  std::size_t done = 0;
  while (done < into.size()) {
    Walk walk;
    walk.sector = place.sector;
    walk.at = place.offset;
    walk.expected = place.id;
    SampleTime time;
    if (!advance(walk) || walk.damaged || !time_of(walk, time).ok()) break;

    // Before the text one character, behind it the time.
    std::array<char, max_stamp> memory{};
    const bool last = walk.first == batch.last_id_;
    const std::uint32_t text = walk.record.text_size();
    const std::string_view end = stamp(text, time.ms, last, memory);
    const std::size_t part = 1 + text + end.size();
    std::size_t at = offset + done - place.at;
    if (at == 0) {
      into[done++] = walk.first == batch.first_id_ ? '[' : ',';
      ++at;
    }
    if (at <= text && done < into.size()) {
      const std::size_t size = std::min<std::size_t>(into.size() - done, text + 1 - at);
      const auto from = static_cast<std::uint32_t>(walk.offset + Record::bytes +
                                                   walk.record.text_offset() + at - 1);
      if (!storage_.read(walk.sector, from, bytes_of({into.data() + done, size})).ok()) break;
      done += size;
      at += size;
    }
    if (at > text)
      done += copy_text(after(end, at - text - 1), {into.data() + done, into.size() - done});
    if (offset + done < place.at + part) break;
    if (last) break;
    place.at += part;
    place.sector = walk.sector;
    place.offset = walk.at;
    place.id = walk.expected;
  }
  return done;
}

// What goes with them: ids of samples that are not there any more, up to the neighbours that wait.
Status SampleQueue::leaving(std::uint32_t first, std::uint32_t last, Leaving& range) {
  std::uint32_t containing = oldest_;
  std::uint32_t from = no_sector;
  for (std::uint32_t i = oldest_; i != no_sector && sectors_[i].first_id <= first;
       i = sectors_[i].next) {
    if (i != containing && sectors_[containing].pending != 0) from = containing;
    containing = i;
  }
  Walk walk;
  enter(walk, from != no_sector ? from : containing);
  range = {state_.left.cursor, state_.next_id - 1, 0};
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
  return walk.failed ? Code::hook_failed : Code::ok;
}

Status SampleQueue::text(std::uint32_t id, Span<char> into, std::size_t& size, Span<char> note_into,
                         std::size_t& note_size, SampleTime* time) {
  size = 0;
  note_size = 0;
  if (!open_) return Code::no_data;
  Walk walk;
  walk_to(walk, id);
  while (advance(walk) && walk.last < id) {
  }
  if (walk.failed) return Code::hook_failed;
  if (walk.sector == no_sector || walk.first > id) return Code::no_data;
  if (walk.damaged) return Code::hook_failed;
  const Record& record = walk.record;
  size = record.text_size();
  if (size > into.size()) return Code::buffer_too_small;
  const std::uint32_t at = walk.offset + Record::bytes + record.text_offset();
  const std::size_t note = std::min<std::size_t>(note_into.size(), record.note_size);
  const bool ok =
      read_body(walk.sector, walk.offset, record) == Found::record &&
      storage_.read(walk.sector, at, bytes_of({into.data(), size})).ok() &&
      storage_.read(walk.sector, at + record.text_size(), bytes_of({note_into.data(), note})).ok();
  if (!ok) return Code::hook_failed;
  note_size = note;
  return time == nullptr ? Status() : time_of(walk, *time);
}

QueueStats SampleQueue::stats() {
  QueueStats stats;
  if (!open_) return stats;
  stats.pending = pending_;
  stats.used_bytes = std::uint64_t{used_} * geometry_.sector_bytes;
  stats.capacity_bytes = std::uint64_t{geometry_.sector_count} * geometry_.sector_bytes;
  stats.last_id = state_.next_id - 1;
  stats.left = state_.counts;
  if (pending_ == 0) return stats;

  const auto find = [&](Walk& walk, std::optional<SampleTime>& found, bool first) {
    while (!(first && found) && advance(walk)) {
      SampleTime time;
      if (!walk.damaged && time_of(walk, time).ok()) found = time;
    }
  };
  Walk walk;
  enter(walk, oldest_);
  find(walk, stats.oldest, true);
  std::uint32_t newest = oldest_;
  for (std::uint32_t i = oldest_; i != no_sector; i = sectors_[i].next)
    if (sectors_[i].pending != 0) newest = i;
  enter(walk, newest);
  find(walk, stats.newest, false);
  return stats;
}

}  // namespace here_tracking
