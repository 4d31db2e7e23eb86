// SPDX-License-Identifier: Apache-2.0
#include "queue_format.hpp"

#include <algorithm>

namespace here_tracking {

std::uint32_t crc32(Span<const std::uint8_t> bytes, std::uint32_t crc) {
  crc = ~crc;
  for (const std::uint8_t byte : bytes) {
    crc ^= byte;
    for (int bit = 0; bit < 8; ++bit)
      crc = (crc >> 1U) ^ (0xedb88320U & (0U - (crc & 1U)));
  }
  return ~crc;
}

namespace detail {

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
  while ((first = first_waiting(first)) < end) {
    const std::uint32_t left = first_left(first, end);
    count += left - first;
    first = left;
  }
  return count;
}

std::uint32_t LeftIds::end() const {
  std::uint32_t id = cursor;
  for (const Interval& interval : intervals) {
    if (interval.last == 0) continue;
    if (id == 0 || interval.first <= id || interval.last < interval.first) return 0;
    id = interval.last + 1;
  }
  return id;
}

bool LeftIds::insert(std::uint32_t first, std::uint32_t last) {
  if (last < first) return true;
  // The cursor ends an interval, too; there is room for one too many.
  std::array<Interval, max_intervals + 2> merged{};
  merged[0].last = cursor - 1;
  std::size_t top = 0;
  Interval added{first, last};
  for (std::size_t i = 0; i <= max_intervals; ++i) {
    Interval next;
    if (i < max_intervals) next = intervals[i];
    if (next.last == 0 || added.first < next.first) std::swap(next, added);
    if (next.last == 0) break;
    if (next.first <= merged[top].last + 1)
      merged[top].last = std::max(merged[top].last, next.last);
    else
      merged[++top] = next;
  }
  if (top > max_intervals) return false;
  cursor = merged[0].last + 1;
  std::copy_n(&merged[1], max_intervals, intervals.data());
  return true;
}

}  // namespace detail
}  // namespace here_tracking
