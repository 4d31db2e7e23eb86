// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "here_tracking/span.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace board {

/// The board's Ethernet controller. Its interrupt wakes the processor and is not handled.
class Lan9118 {
 public:
  using Address = std::array<std::uint8_t, 6>;
  static constexpr std::uint16_t max_frame_bytes = 1518;

  /// False: there is none.
  bool start(const Address& address);

  /// Neither takes nor sends, nor interrupts, until start().
  void stop();

  /// Clears the interrupt: then receive() until there is nothing more, before going to sleep.
  void clear_interrupt();

  /// Takes a frame that has arrived. Returns its length; 0: there is none.
  std::size_t receive(here_tracking::Span<std::uint8_t> into);

  /// False: it is busy.
  bool send(here_tracking::Span<const std::uint8_t> frame);
};

}  // namespace board
