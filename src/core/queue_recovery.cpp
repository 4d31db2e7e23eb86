// SPDX-License-Identifier: Apache-2.0
#include "little_endian.hpp"
#include "queue_format.hpp"

#include <algorithm>

namespace here_tracking {
namespace {

class Encoder {
 public:
  explicit Encoder(std::uint8_t* into) : writer_(into) {}
  template <typename... T>
  void operator()(T&... values) {
    (writer_.put(values), ...);
  }

 private:
  ByteWriter writer_;
};

class Decoder {
 public:
  explicit Decoder(const std::uint8_t* from) : reader_(from) {}
  template <typename... T>
  void operator()(T&... values) {
    (reader_.get(values), ...);
  }

 private:
  ByteReader reader_;
};

constexpr std::uint32_t crc_bytes = 4;
/// No device lives to count so far, and counting on must not begin anew.
constexpr std::uint32_t too_high = 0xf0000000;

}  // namespace

template <typename Io>
void SampleQueue::transfer(Io io, SectorHeader& header, State& state) {
  io(header.magic, header.version, header.size, header.sector_bytes, header.program_bytes,
     header.sequence, header.first_sequence, header.compaction);
  io(state.next_id, state.left.cursor);
  for (detail::LeftIds::Interval& interval : state.left.intervals)
    io(interval.first, interval.last);
  io(state.generation);
  for (std::uint32_t& count : state.counts)
    io(count);
  for (TimeBase& base : state.bases)
    io(base.boot_id, base.offset_ms);
  io(state.last_time.ms, state.last_time.boot_id);
}

bool SampleQueue::write_header(std::uint32_t sector, SectorHeader& header, std::uint32_t first_id) {
  std::array<std::uint8_t, SectorHeader::bytes> bytes{};
  header.sector_bytes = geometry_.sector_bytes;
  header.program_bytes = geometry_.program_bytes;
  // For a moment the state is what the header says, which spares the stack a second one.
  const std::uint32_t next_id = state_.next_id;
  const auto bases = state_.bases;
  state_.next_id = first_id;
  for (std::size_t i = 0; i < bases.size(); ++i)
    if ((written_bases_ >> i & 1U) == 0) state_.bases[i] = {};
  transfer(Encoder(bytes.data()), header, state_);
  state_.next_id = next_id;
  state_.bases = bases;
  std::uint8_t* const crc = bytes.data() + bytes.size() - crc_bytes;
  ByteWriter(crc).put(crc32({bytes.data(), bytes.size() - crc_bytes}));
  return storage_.erase(sector).ok() && storage_.program(sector, 0, bytes).ok();
}

// no_data: there is none.
Status SampleQueue::read_header(std::uint32_t sector, SectorHeader& header, State& state) {
  std::array<std::uint8_t, SectorHeader::bytes> bytes{};
  if (!storage_.read(sector, 0, bytes).ok()) return Code::hook_failed;
  transfer(Decoder(bytes.data()), header, state);
  if (header.magic != SectorHeader::magic_number || header.size < 16 ||
      header.size > geometry_.sector_bytes)
    return Code::no_data;

  // The header of a later version may be longer.
  std::uint32_t crc = 0;
  std::uint32_t at = 0;
  std::array<std::uint8_t, 32> piece{};
  while (at < header.size - crc_bytes) {
    const std::uint32_t size =
        smaller(static_cast<std::uint32_t>(piece.size()), header.size - crc_bytes - at);
    if (!storage_.read(sector, at, {piece.data(), size}).ok()) return Code::hook_failed;
    crc = crc32({piece.data(), size}, crc);
    at += size;
  }
  std::uint32_t stored_crc = 0;
  if (!storage_.read(sector, at, {piece.data(), crc_bytes}).ok()) return Code::hook_failed;
  ByteReader(piece.data()).get(stored_crc);
  if (crc != stored_crc) return Code::no_data;
  if (header.version > SectorHeader::this_version) return Code::queue_foreign;
  if (header.version != SectorHeader::this_version || header.size != SectorHeader::bytes ||
      header.first_sequence > header.sequence || header.sequence > too_high ||
      header.compaction > too_high || state.generation > too_high || state.next_id == 0 ||
      state.next_id > too_high || !state.left.valid() || state.left.end() > too_high ||
      (header.compaction == 0 && state.left.end() > state.next_id))
    return Code::no_data;
  if (header.sector_bytes != geometry_.sector_bytes ||
      header.program_bytes != geometry_.program_bytes)
    return Code::queue_foreign;
  return {};
}

Status SampleQueue::open() {
  open_ = false;
  writable_ = false;
  state_ = {};
  pending_ = used_ = sequence_ = end_ = uncounted_ = 0;
  written_bases_ = unwritten_bases_ = 0;
  oldest_ = newest_ = last_started_ = no_sector;

  geometry_ = storage_.geometry();
  const SectorGeometry& g = geometry_;
  if (g.sector_bytes == 0 && g.sector_count == 0) return Code::not_provided;
  if (g.sector_bytes < 512 || g.sector_bytes > 16U * 1024 * 1024 || g.sector_count < 3 ||
      g.sector_count > 65535 || g.program_bytes == 0 || g.program_bytes > 64 ||
      (g.program_bytes & (g.program_bytes - 1)) != 0 || g.sector_bytes % g.program_bytes != 0)
    return Code::invalid_value;
  if (sectors_.size() < g.sector_count) return Code::buffer_too_small;

  std::uint32_t head = no_sector;
  Status status = find_sectors(head);
  if (status.ok() && head != no_sector) status = replay(head);
  if (!status.ok()) return status;

  // `pending` holds which thinning out made a sector, until it is known which one was the last.
  for (std::uint32_t i = 0; i < g.sector_count; ++i) {
    QueueSector& sector = sectors_[i];
    if (sector.state == sector_thinned && sector.pending > state_.generation)
      sector.state = sector_uncommitted;
    else if (sector.state != sector_free)
      link(i);
  }
  drop_replaced();
  writable_ = writable_ && newest_ == head;
  last_started_ = newest_ == no_sector ? g.sector_count - 1 : newest_;
  status = count_pending();
  open_ = status.ok();
  return status;
}

// What counts is what the newest sector says, unless only thinned ones are left.
Status SampleQueue::find_sectors(std::uint32_t& head) {
  bool head_is_plain = false;
  for (std::uint32_t i = 0; i < geometry_.sector_count; ++i) {
    QueueSector& sector = sectors_[i];
    sector = {};
    SectorHeader header;
    State state;
    const Status status = read_header(i, header, state);
    if (status == Code::no_data) continue;
    if (!status.ok()) return status;
    const bool plain = header.compaction == 0;
    sector.state = plain ? sector_plain : sector_thinned;
    sector.sequence = header.sequence;
    sector.first_sequence = header.first_sequence;
    sector.first_id = state.next_id;
    sector.pending = header.compaction;
    const bool newer = head == no_sector ||
                       (plain == head_is_plain ? sector.sequence > sectors_[head].sequence : plain);
    if (newer) {
      head = i;
      head_is_plain = plain;
      state_ = state;
      state_.next_id = std::max(state.next_id, state.left.end());
    }
    sequence_ = std::max(sequence_, header.sequence);
  }
  for (std::size_t i = 0; i < state_.bases.size(); ++i)
    if (state_.bases[i].boot_id != 0) written_bases_ |= static_cast<std::uint8_t>(1U << i);
  return {};
}

// Of the newest sector alone: it repeats what those before it said.
Status SampleQueue::replay(std::uint32_t sector) {
  if (sectors_[sector].state != sector_plain) return {};
  Record held;  // A torn one is only taken back as long as nothing follows.
  std::uint32_t held_at = 0;
  bool holds = false;
  std::uint32_t at = header_end();
  while (!writable_) {
    Record record;
    std::uint32_t found_at = at;
    Found found = read_record(sector, at, record);
    if (found == Found::nothing) {
      found = erased(sector, at);
      if (found == Found::failed) return Code::hook_failed;
      writable_ = found == Found::record;
      if (writable_) break;
      found = search_record(sector, found_at, record);
    }
    if (found == Found::failed) return Code::hook_failed;
    if (found == Found::nothing) break;
    if (holds) {
      const Status status = apply(held, sector, held_at);
      if (!status.ok()) return status;
    }
    held = record;
    held_at = found_at;
    holds = true;
    at = found_at + padded(Record::bytes + record.size);
  }
  end_ = at;
  if (!holds) return {};
  const Found body = read_body(sector, held_at, held);
  if (body == Found::failed) return Code::hook_failed;
  if (body == Found::record) return apply(held, sector, held_at);
  end_ = held_at;
  writable_ = false;
  return {};
}

Status SampleQueue::apply(const Record& record, std::uint32_t sector, std::uint32_t offset) {
  std::array<std::uint8_t, 12> body{};
  const std::uint32_t wanted = record.type == Record::release ? 12 : record.text_offset();
  if (wanted > record.size) return {};
  if (!storage_.read(sector, offset + Record::bytes, {body.data(), wanted}).ok())
    return Code::hook_failed;
  ByteReader reader(body.data());
  if (record.type == Record::sample) {
    if (record.id < state_.next_id || record.id > too_high) return {};
    state_.next_id = record.id + 1;
    state_.last_time = {record.time_ms, 0};
    if (wanted != 0) reader.get(state_.last_time.boot_id);
    return {};
  }
  if (record.type != Record::release && record.type != Record::time_base) return {};
  const Found intact = read_body(sector, offset, record);
  if (intact == Found::failed) return Code::hook_failed;
  if (intact == Found::nothing) return {};
  if (record.type == Record::release) {
    std::uint32_t last = 0;
    std::uint32_t count = 0;
    std::uint32_t generation = 0;
    reader.get(last);
    reader.get(count);
    reader.get(generation);
    if (last >= state_.next_id || record.id == 0 || generation > too_high) return {};
    if (record.fate < fate_count) state_.counts[record.fate] += count;
    state_.generation = std::max(state_.generation, generation);
    state_.left.insert(record.id, last);
  } else if (wanted == 8) {
    TimeBase base;
    reader.get(base.boot_id);
    base.offset_ms = record.time_ms;
    if (record.id < state_.bases.size()) {
      state_.bases[record.id] = base;
      written_bases_ |= static_cast<std::uint8_t>(1U << record.id);
    }
  }
  return {};
}

void SampleQueue::link(std::uint32_t sector) {
  QueueSector& added = sectors_[sector];
  const auto older = [&](std::uint32_t index) {
    const QueueSector& other = sectors_[index];
    return other.sequence != added.sequence ? other.sequence < added.sequence
                                            : other.pending <= added.pending;
  };
  // Sectors are used in turn, so most belong behind the one that was linked before.
  std::uint32_t before = no_sector;
  std::uint32_t behind = oldest_;
  if (last_started_ != no_sector && older(last_started_)) {
    before = last_started_;
    behind = sectors_[before].next;
  }
  while (behind != no_sector && older(behind)) {
    before = behind;
    behind = sectors_[behind].next;
  }
  added.next = static_cast<std::uint16_t>(behind);
  if (before == no_sector)
    oldest_ = sector;
  else
    sectors_[before].next = static_cast<std::uint16_t>(sector);
  last_started_ = sector;
}

void SampleQueue::drop_replaced() {
  std::uint32_t newest_first = no_sector;
  for (std::uint32_t i = oldest_; i != no_sector;) {
    const std::uint32_t next = sectors_[i].next;
    sectors_[i].next = static_cast<std::uint16_t>(newest_first);
    newest_first = i;
    i = next;
  }
  oldest_ = no_sector;
  for (std::uint32_t i = newest_first; i != no_sector;) {
    const std::uint32_t next = sectors_[i].next;
    if (oldest_ != no_sector && sectors_[i].sequence >= sectors_[oldest_].first_sequence) {
      sectors_[i].state = sector_free;
    } else {
      // Ids ascend from sector to sector. Where they do not, it is not the work of this class.
      const std::uint32_t end = oldest_ == no_sector ? state_.next_id : sectors_[oldest_].first_id;
      sectors_[i].first_id = smaller(sectors_[i].first_id, end);
      if (oldest_ == no_sector) newest_ = i;
      sectors_[i].next = static_cast<std::uint16_t>(oldest_);
      oldest_ = i;
      ++used_;
    }
    i = next;
  }
}

Status SampleQueue::count_pending() {
  if (oldest_ == no_sector) {
    state_.counts[static_cast<std::size_t>(Fate::corrupted)] +=
        state_.left.waiting(state_.left.cursor, state_.next_id);
    state_.left = {};
    state_.left.cursor = state_.next_id;
  }
  // The oldest answers for all that wait and that no sector has.
  if (oldest_ != no_sector && sectors_[oldest_].state == sector_plain)
    sectors_[oldest_].first_id = smaller(sectors_[oldest_].first_id, state_.left.cursor);
  for (std::uint32_t i = oldest_; i != no_sector;) {
    const std::uint32_t next = sectors_[i].next;
    const Status status = count_waiting(i);
    if (!status.ok()) return status;
    pending_ += sectors_[i].pending;
    if (sectors_[i].pending == 0 && i != newest_) unlink(i);
    i = next;
  }
  return {};
}

}  // namespace here_tracking
