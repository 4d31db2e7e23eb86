// SPDX-License-Identifier: Apache-2.0
#include "queue_format.hpp"

#include <algorithm>

namespace here_tracking {

std::uint32_t crc32(const void* bytes, std::size_t size, std::uint32_t crc) {
  const auto* at = static_cast<const std::uint8_t*>(bytes);
  crc = ~crc;
  for (; size != 0; --size) {
    crc ^= *at++;
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
  // It takes in all that it touches.
  std::size_t size = 0;
  for (Interval& place : intervals) {
    const Interval interval = place;
    place = {};
    if (interval.last == 0) continue;
    if (interval.first <= last + 1 && first <= interval.last + 1) {
      first = std::min(first, interval.first);
      last = std::max(last, interval.last);
    } else {
      intervals[size++] = interval;
    }
  }
  if (first <= cursor) {
    cursor = std::max(cursor, last + 1);
  } else {
    if (size == max_intervals) return false;
    std::size_t at = size;
    for (; at > 0 && intervals[at - 1].first > first; --at)
      intervals[at] = intervals[at - 1];
    intervals[at] = {first, last};
  }
  return true;
}

}  // namespace detail
}  // namespace here_tracking
