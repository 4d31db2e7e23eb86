// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "board_hooks.hpp"
#include "lan9118.hpp"

#include <cstdint>

#include <lwip/netif.h>

namespace board {

/// lwIP on the Ethernet controller. It lives by poll(): call it while waiting for anything.
class Network {
 public:
  Network(TimerClock& clock, HostEntropy& entropy, UartLog& log);

  /// Begins to ask for an address. hook_failed: no controller.
  ht::Status start();

  void poll();
  [[nodiscard]] bool has_address() const;

 private:
  static err_t set_up(netif* interface);
  static err_t send(netif* interface, pbuf* packet);

  UartLog& log_;
  Lan9118 controller_;
  netif interface_{};
};

}  // namespace board
