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
[[nodiscard]] std::uint32_t crc32(const void* bytes, std::size_t size, std::uint32_t crc = 0);
/// The CRC-32 of all that ends with its own.
constexpr std::uint32_t crc_residue = 0x2144df1c;

namespace detail {

/// As it stands in a sector.
struct QueueRecord {
  static constexpr std::uint32_t bytes = 28;

  static constexpr std::uint8_t sample = 1;
  static constexpr std::uint8_t release = 2;
  static constexpr std::uint8_t time_base = 3;

  /// In flags: the body begins with the boot that `time_ms` belongs to.
  static constexpr std::uint8_t has_boot = 1;

  std::uint8_t type;
  std::uint8_t note_size;  ///< The end of the body
  std::uint8_t flags;
  std::uint8_t fate;
  std::uint32_t id;
  std::uint32_t size;  ///< Of the body
  std::uint32_t body_crc;
  TwoWords time_ms;
  std::uint32_t crc;
  std::array<std::uint32_t, 3> body;  ///< Its beginning, if it is that long

  [[nodiscard]] std::uint32_t text_offset() const { return (flags & has_boot) != 0 ? 8 : 0; }
  [[nodiscard]] std::uint32_t text_size() const { return size - text_offset() - note_size; }
  /// Of its body, how much stands in `body`.
  [[nodiscard]] std::uint32_t start_size() const {
    return type == release ? sizeof(body) : text_offset();
  }
  /// 0: `time_ms` is server time.
  [[nodiscard]] std::uint64_t boot_id() const {
    if (text_offset() == 0) return 0;
    return std::uint64_t{body[1]} << 32U | body[0];
  }
  void set_boot_id(std::uint64_t boot_id) {
    flags = has_boot;
    body[0] = static_cast<std::uint32_t>(boot_id);
    body[1] = static_cast<std::uint32_t>(boot_id >> 32U);
  }
};
static_assert(sizeof(QueueRecord) == QueueRecord::bytes + 12);

}  // namespace detail

static_assert(std::tuple_size_v<decltype(detail::QueueState::counts)> == fate_count);

/// As it stands in a sector.
struct SampleQueue::SectorHeader {
  static constexpr std::uint32_t bytes = 192;
  static constexpr std::uint32_t this_magic = 0x31515448;  // "HTQ1"
  static constexpr std::uint32_t this_version = 1;

  std::uint32_t magic;
  std::uint32_t version_and_size;
  std::uint32_t sector_bytes;
  std::uint32_t program_bytes;
  detail::SectorNumbers numbers;
  detail::QueueState state;
  std::uint32_t crc;
};

// States of a QueueSector.
constexpr std::uint16_t sector_free = 0;
constexpr std::uint16_t sector_plain = 1;
constexpr std::uint16_t sector_thinned = 2;
/// Free, and the first one that is thinned out into: another would make it valid otherwise.
constexpr std::uint16_t sector_uncommitted = 3;

constexpr std::uint16_t no_sector = 0xffff;

/// Goes through the samples that wait.
struct SampleQueue::Walk : Place {
  [[gnu::noinline]] explicit Walk(std::uint32_t in) : Place{in, 0, 0} {}
  explicit Walk(const Place& place) : Place(place) {}

  bool bad = false;    // something unreadable was passed since the last sample
  bool blank = false;  // there is no record, nor anything else
  // What was found: a sample, or ids of samples that are not there any more.
  bool damaged;
  std::uint32_t first;
  std::uint32_t last;
  std::uint32_t count;
  std::uint32_t offset;
  // Of a sample:
  Record record;
  Time time;  // server time, where it is known

  /// Writes what follows its text in the body of a request. Returns how much that is, with one
  /// more character to divide it from the next sample.
  std::size_t stamp(Span<char> into) const;
  [[nodiscard]] std::size_t size_in_body() const { return record.text_size() + stamp({}); }
  /// Where the part of its record's body is that begins with `from`.
  [[nodiscard]] std::uint32_t body(std::uint32_t from) const {
    return offset + Record::bytes + from;
  }
};

/// What a part of a sector has in it.
struct SampleQueue::Scan {
  std::uint32_t crc = 0;
  std::uint8_t all = 0xff;  // the bits that are set in each byte
};

struct SampleQueue::Leaving {
  std::uint32_t first;
  std::uint32_t last;
  std::uint32_t count;
};

[[nodiscard]] constexpr std::uint32_t smaller(std::uint32_t a, std::uint32_t b) {
  return a < b ? a : b;
}

}  // namespace here_tracking
