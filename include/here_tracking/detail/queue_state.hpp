// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace here_tracking::detail {

// Nothing here has initial values, so that all of it is set to zero at once: `{}`.

struct QueueRecord;

/// A number of 64 bits as two words, so that what holds it has no gaps.
struct TwoWords {
  TwoWords() = default;
  constexpr TwoWords(std::uint64_t value)  // NOLINT(google-explicit-constructor)
      : low(static_cast<std::uint32_t>(value)), high(static_cast<std::uint32_t>(value >> 32U)) {}
  constexpr operator std::uint64_t() const {  // NOLINT(google-explicit-constructor)
    return std::uint64_t{high} << 32U | low;
  }

  std::uint32_t low;
  std::uint32_t high;
};

/// A SampleTime.
struct QueueTime {
  TwoWords ms;
  TwoWords boot_id;
};

/// Which samples left a queue: all below a cursor, and some intervals above it.
class LeftIds {
 public:
  struct Interval {
    std::uint32_t first;
    std::uint32_t last;
  };
  static constexpr std::size_t max_intervals = 4;

  /// The first one from `id` on that did not leave.
  [[nodiscard]] std::uint32_t first_waiting(std::uint32_t id) const;
  /// The first one from `id` on that did leave; `end` at most.
  [[nodiscard]] std::uint32_t first_left(std::uint32_t id, std::uint32_t end) const;
  /// How many of first..end-1 wait.
  [[nodiscard]] std::uint32_t waiting(std::uint32_t first, std::uint32_t end) const;
  /// What lies behind all that left; 0 where that contradicts itself.
  [[nodiscard]] std::uint32_t end() const;
  /// False, and nothing is changed: it would take one interval too many.
  bool insert(std::uint32_t first, std::uint32_t last);

  std::uint32_t cursor;
  std::array<Interval, max_intervals> intervals;  ///< Ascending, apart; last == 0: none
};

/// What a sector is, as its header has it.
struct SectorNumbers {
  std::uint32_t sequence = 0;
  std::uint32_t first_sequence = 0;  ///< It stands for first_sequence..sequence.
  std::uint32_t pending = 0;         ///< In a header: which thinning out made it; 0: none
  std::uint32_t first_id = 0;
};

/// What a new sector repeats, so that those before it may go, in the order in which it stands
/// there.
struct QueueState {
  struct Base {
    TwoWords boot_id;
    TwoWords offset_ms;
  };

  LeftIds left;
  std::uint32_t generation;             ///< Of the last sector that was thinned out
  std::array<std::uint32_t, 9> counts;  ///< By Fate
  std::array<Base, 4> bases;
  QueueTime last_time;
};

/// Where the search for a sample goes on.
struct QueuePlace {
  std::uint32_t sector = 0;
  std::uint32_t at = 0;  ///< The next record; 0: the first one, and so the first id
  std::uint32_t id = 0;  ///< The next one, if none is missing
};

}  // namespace here_tracking::detail
