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
  header.magic = SectorHeader::this_magic;
  header.version_and_size = SectorHeader::this_version | SectorHeader::bytes << 16U;
  header.sector_bytes = log_.geometry.sector_bytes;
  header.program_bytes = log_.geometry.program_bytes;
  header.numbers = sectors_[sector];
  header.state = log_.state;
  for (std::size_t i = 0; i < log_.state.bases.size(); ++i)
    if ((log_.unwritten_bases >> i & 1U) != 0) header.state.bases[i] = {};
  constexpr std::size_t words = SectorHeader::bytes / sizeof(std::uint32_t) - 1;
  convert_words(&header.magic, words);
  header.crc = crc32(&header, SectorHeader::bytes - sizeof(header.crc));
  convert_words(&header.crc, 1);
  return storage_.erase(sector).ok() && program(sector, 0, &header, SectorHeader::bytes);
}

// What counts is what the newest sector says, unless only thinned ones are left.
Code SampleQueue::find_sectors() {
  const SectorGeometry& geometry = log_.geometry;
  for (std::uint32_t i = 0; i < geometry.sector_count; ++i) {
    QueueSector& sector = sectors_[i];
    sector = {};
    SectorHeader header;
    if (!read(i, 0, &header, SectorHeader::bytes)) break;
    convert_words(&header.magic, SectorHeader::bytes / sizeof(std::uint32_t));
    // The header of a later version may be longer.
    const std::uint32_t size = header.version_and_size >> 16U;
    if (header.magic != SectorHeader::this_magic || size > geometry.sector_bytes ||
        scan(i, 0, size).crc != crc_residue)
      continue;
    if ((header.version_and_size & 0xffffU) > SectorHeader::this_version)
      return Code::queue_foreign;
    const detail::SectorNumbers& numbers = header.numbers;
    const std::uint32_t end = header.state.left.end();
    if (header.version_and_size != (SectorHeader::this_version | SectorHeader::bytes << 16U) ||
        numbers.first_sequence > numbers.sequence || numbers.sequence > too_high ||
        numbers.pending > too_high || header.state.generation > too_high || numbers.first_id == 0 ||
        numbers.first_id > too_high || end == 0 || end > too_high ||
        (numbers.pending == 0 && end > numbers.first_id))
      continue;
    if (header.sector_bytes != geometry.sector_bytes ||
        header.program_bytes != geometry.program_bytes)
      return Code::queue_foreign;

    static_cast<detail::SectorNumbers&>(sector) = header.numbers;
    sector.state = sector.pending == 0 ? sector_plain : sector_thinned;
    log_.sequence = std::max(log_.sequence, sector.sequence);
    const QueueSector& head = sectors_[log_.newest == no_sector ? i : log_.newest];
    if (log_.newest == no_sector || sector.state < head.state ||
        (sector.state == head.state && sector.sequence > head.sequence)) {
      log_.newest = i;
      log_.state = header.state;
      log_.next_id = std::max(sector.first_id, end);
    }
  }
  return log_.failed ? Code::hook_failed : Code::ok;
}

Status SampleQueue::open() {
  log_ = {};
  log_.next_id = log_.state.left.cursor = 1;
  log_.oldest = no_sector;
  log_.newest = log_.last_started = no_sector;

  log_.geometry = storage_.geometry();
  const SectorGeometry& g = log_.geometry;
  if (g.sector_bytes == 0 && g.sector_count == 0) return Code::not_provided;
  // A power of two, which divides the size of a sector.
  const std::uint32_t below = g.program_bytes - 1;
  if (g.sector_bytes < 512 || g.sector_bytes > 16U * 1024 * 1024 || g.sector_count < 3 ||
      g.sector_count > 65535 || below > 63 || ((g.program_bytes | g.sector_bytes) & below) != 0)
    return Code::invalid_value;
  if (sectors_.size() < g.sector_count) return Code::buffer_too_small;

  const Code code = find_sectors();
  if (code != Code::ok) return code;
  replay();
  // `pending` holds which thinning out made a sector, until it is known which one was the last.
  for (std::uint32_t i = 0; i < g.sector_count; ++i) {
    QueueSector& sector = sectors_[i];
    if (sector.state == sector_thinned && sector.pending > log_.state.generation)
      sector.state = sector_uncommitted;
    else if (sector.state != sector_free)
      link(i);
  }

  detail::LeftIds& left = log_.state.left;
  if (log_.oldest == no_sector) {
    log_.state.counts[static_cast<std::size_t>(Fate::corrupted)] +=
        left.waiting(left.cursor, log_.next_id);
    left = {};
    left.cursor = log_.next_id;
  }
  // Ids ascend from sector to sector. Where they do not, it is not the work of this class. The
  // oldest answers for all that wait and that no sector has.
  std::uint32_t first_id = 0;
  for (std::uint32_t i = log_.oldest; i != no_sector; i = sectors_[i].next) {
    first_id = smaller(std::max(sectors_[i].first_id, first_id),
                       i == log_.oldest ? left.cursor : log_.next_id);
    sectors_[i].first_id = first_id;
  }
  const std::uint32_t head = log_.newest;
  settle(0, log_.next_id);
  if (log_.newest != head) log_.writable = false;
  log_.last_started = log_.newest == no_sector ? g.sector_count - 1 : log_.newest;
  log_.open = !log_.failed;
  if (log_.open) return {};
  log_.pending = 0;
  return Code::hook_failed;
}

// Of the newest sector alone: it repeats what those before it said.
void SampleQueue::replay() {
  if (log_.newest == no_sector || sectors_[log_.newest].state != sector_plain) return;
  Walk walk({log_.newest, SectorHeader::bytes});
  bool more = find_record(walk);
  while (more) {
    const Walk held = walk;
    pass(walk);
    more = find_record(walk);
    // A torn one is only taken back as long as nothing follows.
    const bool taken = (more && held.record.type == Record::sample) || intact(held);
    if (taken) apply(held.record);
    walk.blank = walk.blank && taken;
  }
  log_.end = walk.at;
  log_.writable = walk.blank;
}

void SampleQueue::apply(const Record& record) {
  if (record.type == Record::sample) {
    if (record.id < log_.next_id || record.id > too_high) return;
    log_.next_id = record.id + 1;
    log_.state.last_time = {record.time_ms, record.boot_id()};
  } else if (record.type == Record::release) {
    const auto [last, count, generation] = record.body;
    if (record.size < sizeof(record.body) || last >= log_.next_id || record.id == 0 ||
        generation > too_high)
      return;
    if (record.fate < fate_count) log_.state.counts[record.fate] += count;
    log_.state.generation = std::max(log_.state.generation, generation);
    log_.state.left.insert(record.id, last);
  } else if (record.type == Record::time_base && record.text_offset() != 0 &&
             record.id < log_.state.bases.size()) {
    log_.state.bases[record.id] = {record.boot_id(), record.time_ms};
  }
}

// Into the list, which is in order, in place of those that it stands for.
void SampleQueue::link(std::uint32_t sector) {
  QueueSector& added = sectors_[sector];
  std::uint16_t* place = &log_.oldest;
  // Sectors are used in turn, so most belong behind the one that was linked before.
  if (log_.last_started != no_sector) {
    QueueSector& before = sectors_[log_.last_started];
    if (before.state != sector_free && before.sequence < added.first_sequence) place = &before.next;
  }
  while (*place != no_sector && sectors_[*place].sequence < added.first_sequence)
    place = &sectors_[*place].next;
  log_.last_started = sector;
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
