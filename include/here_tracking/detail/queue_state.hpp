// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace here_tracking::detail {

struct QueueRecord;

/// Which samples left a queue: all below a cursor, and some intervals above it.
class LeftIds {
 public:
  struct Interval {
    std::uint32_t first = 0;
    std::uint32_t last = 0;
  };
  static constexpr std::size_t max_intervals = 4;

  /// The first one from `id` on that did not leave.
  [[nodiscard]] std::uint32_t first_waiting(std::uint32_t id) const;
  /// The first one from `id` on that did leave; `end` at most.
  [[nodiscard]] std::uint32_t first_left(std::uint32_t id, std::uint32_t end) const;
  /// How many of first..end-1 wait.
  [[nodiscard]] std::uint32_t waiting(std::uint32_t first, std::uint32_t end) const;
  /// What lies behind all that left.
  [[nodiscard]] std::uint32_t end() const;
  [[nodiscard]] bool valid() const;
  /// False, and nothing is changed: it would take one interval too many.
  bool insert(std::uint32_t first, std::uint32_t last);

  std::uint32_t cursor = 1;
  std::array<Interval, max_intervals> intervals{};  ///< Ascending, apart; last == 0: none
};

}  // namespace here_tracking::detail
