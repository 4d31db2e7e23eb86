// SPDX-License-Identifier: Apache-2.0
#include "little_endian.hpp"
#include "queue_format.hpp"

#include <algorithm>

namespace here_tracking {
namespace {

/// No device lives to count so far, and counting on must not begin anew.
constexpr std::uint32_t too_high = 0xf0000000;

}  // namespace

bool SampleQueue::write_header(std::uint32_t sector) {
  static_assert(sizeof(SectorHeader) == SectorHeader::bytes);
  SectorHeader header;
  header.sector_bytes = geometry_.sector_bytes;
  header.program_bytes = geometry_.program_bytes;
  header.numbers = sectors_[sector];
  header.state = state_;
  for (std::size_t i = 0; i < state_.bases.size(); ++i)
    if ((written_bases_ >> i & 1U) == 0) header.state.bases[i] = {};
  constexpr std::size_t words = SectorHeader::bytes / sizeof(std::uint32_t) - 1;
  convert_words(&header.magic, words);
  header.crc = crc32(
      {reinterpret_cast<const std::uint8_t*>(&header), SectorHeader::bytes - sizeof(header.crc)});
  convert_words(&header.crc, 1);
  return storage_.erase(sector).ok() && program(sector, 0, &header, SectorHeader::bytes);
}

// no_data: there is none.
Code SampleQueue::read_header(std::uint32_t sector, SectorHeader& header) {
  if (!read(sector, 0, &header, SectorHeader::bytes)) return Code::hook_failed;
  convert_words(&header.magic, SectorHeader::bytes / sizeof(std::uint32_t));
  // The header of a later version may be longer.
  const std::uint32_t version = header.version_and_size & 0xffffU;
  const std::uint32_t size = header.version_and_size >> 16U;
  if (header.magic != SectorHeader::this_magic || size < 16 || size > geometry_.sector_bytes ||
      scan(sector, 0, size).crc != crc_residue)
    return failed_ ? Code::hook_failed : Code::no_data;
  if (version > SectorHeader::this_version) return Code::queue_foreign;
  const detail::SectorNumbers& numbers = header.numbers;
  const std::uint32_t end = header.state.left.end();
  if (version != SectorHeader::this_version || size != SectorHeader::bytes ||
      numbers.first_sequence > numbers.sequence || numbers.sequence > too_high ||
      numbers.pending > too_high || header.state.generation > too_high || numbers.first_id == 0 ||
      numbers.first_id > too_high || end == 0 || end > too_high ||
      (numbers.pending == 0 && end > numbers.first_id))
    return Code::no_data;
  if (header.sector_bytes != geometry_.sector_bytes ||
      header.program_bytes != geometry_.program_bytes)
    return Code::queue_foreign;
  return Code::ok;
}

// What counts is what the newest sector says, unless only thinned ones are left.
Code SampleQueue::find_sectors() {
  for (std::uint32_t i = 0; i < geometry_.sector_count; ++i) {
    QueueSector& sector = sectors_[i];
    sector = {};
    SectorHeader header;
    const Code code = read_header(i, header);
    if (code == Code::no_data) continue;
    if (code != Code::ok) return code;
    static_cast<detail::SectorNumbers&>(sector) = header.numbers;
    sector.state = sector.pending == 0 ? sector_plain : sector_thinned;
    sequence_ = std::max(sequence_, sector.sequence);
    const QueueSector& head = sectors_[newest_ == no_sector ? i : newest_];
    if (newest_ == no_sector || sector.state < head.state ||
        (sector.state == head.state && sector.sequence > head.sequence)) {
      newest_ = i;
      state_ = header.state;
      next_id_ = std::max(sector.first_id, state_.left.end());
    }
  }
  for (std::size_t i = 0; i < state_.bases.size(); ++i)
    if (state_.bases[i].boot_id != 0) written_bases_ |= static_cast<std::uint8_t>(1U << i);
  return Code::ok;
}

Status SampleQueue::open() {
  open_ = writable_ = failed_ = false;
  state_ = {};
  next_id_ = state_.left.cursor = 1;
  pending_ = sequence_ = uncounted_ = 0;
  written_bases_ = unwritten_bases_ = 0;
  oldest_ = no_sector;
  newest_ = last_started_ = no_sector;

  geometry_ = storage_.geometry();
  const SectorGeometry& g = geometry_;
  if (g.sector_bytes == 0 && g.sector_count == 0) return Code::not_provided;
  if (g.sector_bytes < 512 || g.sector_bytes > 16U * 1024 * 1024 || g.sector_count < 3 ||
      g.sector_count > 65535 || g.program_bytes == 0 || 64 % g.program_bytes != 0 ||
      g.sector_bytes % g.program_bytes != 0)
    return Code::invalid_value;
  if (sectors_.size() < g.sector_count) return Code::buffer_too_small;

  const Code code = find_sectors();
  if (code != Code::ok) return code;
  replay();
  // `pending` holds which thinning out made a sector, until it is known which one was the last.
  for (std::uint32_t i = 0; i < g.sector_count; ++i) {
    QueueSector& sector = sectors_[i];
    if (sector.state == sector_thinned && sector.pending > state_.generation)
      sector.state = sector_uncommitted;
    else if (sector.state != sector_free)
      link(i);
  }

  detail::LeftIds& left = state_.left;
  if (oldest_ == no_sector) {
    state_.counts[static_cast<std::size_t>(Fate::corrupted)] += left.waiting(left.cursor, next_id_);
    left = {};
    left.cursor = next_id_;
  } else if (sectors_[oldest_].state == sector_plain) {
    // The oldest answers for all that wait and that no sector has.
    sectors_[oldest_].first_id = smaller(sectors_[oldest_].first_id, left.cursor);
  }
  // Ids ascend from sector to sector. Where they do not, it is not the work of this class.
  std::uint32_t first_id = 0;
  for (std::uint32_t i = oldest_; i != no_sector; i = sectors_[i].next) {
    first_id = smaller(std::max(sectors_[i].first_id, first_id), next_id_);
    sectors_[i].first_id = first_id;
  }
  const std::uint32_t head = newest_;
  settle(0, next_id_);
  writable_ = writable_ && newest_ == head;
  last_started_ = newest_ == no_sector ? g.sector_count - 1 : newest_;
  open_ = !failed_;
  if (open_) return {};
  pending_ = 0;
  return Code::hook_failed;
}

// Of the newest sector alone: it repeats what those before it said.
void SampleQueue::replay() {
  if (newest_ == no_sector || sectors_[newest_].state != sector_plain) return;
  Walk walk = enter(newest_);
  bool more = find_record(walk);
  while (more) {
    const Walk held = walk;
    pass(walk);
    more = find_record(walk);
    // A torn one is only taken back as long as nothing follows.
    if ((more && held.record.type == Record::sample) || intact(held))
      apply(held.record);
    else if (!more)
      walk.blank = false;
  }
  end_ = walk.at;
  writable_ = walk.blank;
}

void SampleQueue::apply(const Record& record) {
  if (record.type == Record::sample) {
    if (record.id < next_id_ || record.id > too_high) return;
    next_id_ = record.id + 1;
    state_.last_ms = record.time_ms;
    state_.last_boot_id = record.boot_id();
  } else if (record.type == Record::release) {
    const auto [last, count, generation] = record.body;
    if (record.size < sizeof(record.body) || last >= next_id_ || record.id == 0 ||
        generation > too_high)
      return;
    if (record.fate < fate_count) state_.counts[record.fate] += count;
    state_.generation = std::max(state_.generation, generation);
    state_.left.insert(record.id, last);
  } else if (record.type == Record::time_base && record.text_offset() != 0 &&
             record.id < state_.bases.size()) {
    state_.bases[record.id] = {record.boot_id(), record.time_ms};
    written_bases_ |= static_cast<std::uint8_t>(1U << record.id);
  }
}

// Into the list, which is in order, in place of those that it stands for.
void SampleQueue::link(std::uint32_t sector) {
  QueueSector& added = sectors_[sector];
  std::uint16_t* place = &oldest_;
  // Sectors are used in turn, so most belong behind the one that was linked before.
  if (last_started_ != no_sector) {
    QueueSector& before = sectors_[last_started_];
    if (before.state != sector_free && before.sequence < added.first_sequence) place = &before.next;
  }
  while (*place != no_sector && sectors_[*place].sequence < added.first_sequence)
    place = &sectors_[*place].next;
  last_started_ = sector;
  while (*place != no_sector) {
    QueueSector& other = sectors_[*place];
    if (other.sequence > added.sequence ||
        (other.sequence == added.sequence && other.pending > added.pending)) {
      if (other.first_sequence > added.sequence) break;
      added.state = sector_free;
      return;
    }
    other.state = sector_free;
    *place = other.next;
  }
  added.next = *place;
  *place = static_cast<std::uint16_t>(sector);
}

}  // namespace here_tracking
