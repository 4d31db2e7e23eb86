// SPDX-License-Identifier: Apache-2.0
#include "queue_format.hpp"

#include "little_endian.hpp"

#include <algorithm>

namespace here_tracking {
namespace {

constexpr std::uint32_t checked_bytes = detail::QueueRecord::bytes - 4;

}  // namespace

std::uint32_t crc32(Span<const std::uint8_t> bytes, std::uint32_t crc) {
  static constexpr std::uint32_t table[16] = {0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac,
                                              0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c,
                                              0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
                                              0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c};
  crc = ~crc;
  for (const std::uint8_t byte : bytes) {
    crc ^= byte;
    crc = table[crc & 15U] ^ (crc >> 4U);
    crc = table[crc & 15U] ^ (crc >> 4U);
  }
  return ~crc;
}

namespace detail {

std::array<std::uint8_t, QueueRecord::bytes> encode(const QueueRecord& record) {
  std::array<std::uint8_t, QueueRecord::bytes> bytes{};
  ByteWriter writer(bytes.data());
  writer.put(record.type);
  writer.put(record.note_size);
  writer.put(record.flags);
  writer.put(record.fate);
  writer.put(record.id);
  writer.put(record.size);
  writer.put(record.body_crc);
  writer.put(record.time_ms);
  writer.put(crc32({bytes.data(), checked_bytes}));
  return bytes;
}

bool decode(const std::array<std::uint8_t, QueueRecord::bytes>& bytes, QueueRecord& record) {
  std::uint32_t crc = 0;
  ByteReader reader(bytes.data());
  reader.get(record.type);
  reader.get(record.note_size);
  reader.get(record.flags);
  reader.get(record.fate);
  reader.get(record.id);
  reader.get(record.size);
  reader.get(record.body_crc);
  reader.get(record.time_ms);
  reader.get(crc);
  return crc == crc32({bytes.data(), checked_bytes}) &&
         record.size >= record.text_offset() + record.note_size;
}

std::uint32_t LeftIds::first_waiting(std::uint32_t id) const {
  id = std::max(id, cursor);
  for (const Interval& interval : intervals)
    if (interval.first <= id && id <= interval.last) id = interval.last + 1;
  return id;
}

std::uint32_t LeftIds::first_left(std::uint32_t id, std::uint32_t end) const {
  if (id < cursor) return id;
  for (const Interval& interval : intervals)
    if (interval.last >= id) return std::min(std::max(interval.first, id), end);
  return end;
}

std::uint32_t LeftIds::waiting(std::uint32_t first, std::uint32_t end) const {
  std::uint32_t count = 0;
  for (std::uint32_t id = first_waiting(first); id < end;) {
    const std::uint32_t left = first_left(id, end);
    count += left - id;
    id = first_waiting(left);
  }
  return count;
}

std::uint32_t LeftIds::end() const {
  std::uint32_t id = cursor;
  for (const Interval& interval : intervals)
    if (interval.last != 0) id = interval.last + 1;
  return id;
}

bool LeftIds::valid() const {
  std::uint32_t before = cursor;
  if (before == 0) return false;
  for (const Interval& interval : intervals) {
    if (interval.last == 0) continue;
    if (interval.first <= before || interval.last < interval.first || interval.last == 0xffffffff)
      return false;
    before = interval.last;
  }
  return true;
}

bool LeftIds::insert(std::uint32_t first, std::uint32_t last) {
  if (last < first || last < cursor) return true;
  std::array<Interval, max_intervals> kept{};
  std::size_t size = 0;
  std::uint32_t new_cursor = cursor;
  const auto keep = [&](Interval interval) {
    // What begins where the cursor stands moves it.
    if (interval.first <= new_cursor) {
      new_cursor = std::max(new_cursor, interval.last + 1);
      return true;
    }
    if (size == max_intervals) return false;
    kept[size++] = interval;
    return true;
  };
  bool inserted = false;
  for (const Interval& interval : intervals) {
    if (interval.last == 0) break;
    if (inserted || interval.last + 1 < first) {
      if (!keep(interval)) return false;
    } else if (last + 1 < interval.first) {
      inserted = true;
      if (!keep({first, last}) || !keep(interval)) return false;
    } else {
      first = std::min(first, interval.first);
      last = std::max(last, interval.last);
    }
  }
  if (!inserted && !keep({first, last})) return false;
  intervals = kept;
  cursor = new_cursor;
  return true;
}

}  // namespace detail
}  // namespace here_tracking
