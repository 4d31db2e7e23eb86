// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "board_hooks.hpp"
#include "lan9118.hpp"

#include <array>
#include <cstdint>

#include <lwip/netif.h>

namespace board {

/// lwIP on the Ethernet controller. It lives by wait(): call it to wait for anything.
class Network {
 public:
  Network(TimerClock& clock, HostEntropy& entropy);

  /// Begins to ask for an address. hook_failed: no controller.
  ht::Status start();

  /// Sleeps until something has arrived or is due, or until then, and does what there is to do.
  void wait(std::int64_t until_ms);
  [[nodiscard]] bool has_address() const;

  /// Sleeps as deep as the board can, with the controller off, and asks for its address again.
  void sleep_deep(std::int64_t until_ms);

 private:
  bool start_controller();
  void poll();
  static err_t set_up(netif* interface);
  static err_t send(netif* interface, pbuf* packet);

  TimerClock& clock_;
  Lan9118 controller_;
  netif interface_{};
  std::array<std::uint8_t, Lan9118::max_frame_bytes> frame_;
};

}  // namespace board
