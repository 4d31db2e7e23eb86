// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "here_tracking/queue.hpp"
#include "here_tracking/span.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

// What stands in a sector: docs/queue-format.md.

namespace here_tracking {

/// CRC-32 as in zlib. Chain calls by passing the result on.
[[nodiscard]] std::uint32_t crc32(Span<const std::uint8_t> bytes, std::uint32_t crc = 0);

namespace detail {

struct QueueRecord {
  static constexpr std::uint32_t bytes = 28;

  static constexpr std::uint8_t sample = 1;
  static constexpr std::uint8_t release = 2;
  static constexpr std::uint8_t time_base = 3;

  /// In flags: the body begins with the boot that `time_ms` belongs to.
  static constexpr std::uint8_t has_boot = 1;

  std::uint8_t type = 0;
  std::uint8_t note_size = 0;  ///< The end of the body
  std::uint8_t flags = 0;
  std::uint8_t fate = 0;
  std::uint32_t id = 0;
  std::uint32_t size = 0;  ///< Of the body
  std::uint32_t body_crc = 0;
  std::int64_t time_ms = 0;

  [[nodiscard]] std::uint32_t text_offset() const { return (flags & has_boot) != 0 ? 8 : 0; }
  [[nodiscard]] std::uint32_t text_size() const { return size - text_offset() - note_size; }
};

[[nodiscard]] std::array<std::uint8_t, QueueRecord::bytes> encode(const QueueRecord& record);
/// False: the checksum is wrong, or the lengths contradict.
bool decode(const std::array<std::uint8_t, QueueRecord::bytes>& bytes, QueueRecord& record);

}  // namespace detail

struct SampleQueue::SectorHeader {
  static constexpr std::uint32_t bytes = 192;
  static constexpr std::uint32_t magic_number = 0x31515448;  // "HTQ1"
  static constexpr std::uint16_t this_version = 1;

  std::uint32_t magic = magic_number;
  std::uint16_t version = this_version;
  std::uint16_t size = bytes;
  std::uint32_t sector_bytes = 0;
  std::uint32_t program_bytes = 0;
  std::uint32_t sequence = 0;
  std::uint32_t first_sequence = 0;
  std::uint32_t compaction = 0;  ///< Which thinning out made it; 0: none
};

// States of a QueueSector.
constexpr std::uint16_t sector_free = 0;
constexpr std::uint16_t sector_plain = 1;
constexpr std::uint16_t sector_thinned = 2;
/// Free, and the first one to be used for a thinning out, which would make it valid otherwise.
constexpr std::uint16_t sector_uncommitted = 3;

constexpr std::uint32_t no_sector = 0xffff;

/// Goes through the samples that wait.
struct SampleQueue::Walk {
  std::uint32_t sector = no_sector;
  std::uint32_t at = 0;        // the next record
  std::uint32_t expected = 0;  // the next id, if none is missing
  bool bad = false;            // something unreadable was passed since the last sample
  bool failed = false;

  // What was found: a sample, or ids of samples that are not there any more.
  std::uint32_t first = 0;
  std::uint32_t last = 0;
  std::uint32_t count = 0;
  bool damaged = false;
  std::uint32_t offset = 0;
  detail::QueueRecord record;
};

/// Samples that may be sent together.
struct SampleQueue::Window {
  Walk start;
  std::uint32_t count = 0;
  std::size_t bytes = 0;
  std::uint32_t last_id = 0;
  std::int64_t first_ms = 0;
  std::int64_t last_ms = 0;
  bool time_known = true;
  // Samples that cannot be read, and that it ended at.
  std::uint32_t damaged_first = 0;
  std::uint32_t damaged_last = 0;
};

struct SampleQueue::Leaving {
  std::uint32_t first = 0;
  std::uint32_t last = 0;
  std::uint32_t count = 0;
};

[[nodiscard]] constexpr std::uint32_t smaller(std::uint32_t a, std::uint32_t b) {
  return a < b ? a : b;
}

}  // namespace here_tracking
