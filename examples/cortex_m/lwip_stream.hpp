// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "here_tracking/hooks/byte_stream.hpp"

#include "network.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

#include <lwip/ip_addr.h>
#include <lwip/tcp.h>

namespace board {

/// TCP by lwIP's raw interface, which calls back from within Network::wait(). IPv4.
class LwipStream final : public ht::ByteStream {
 public:
  LwipStream(Network& network, TimerClock& clock) : network_(network), clock_(clock) {}

  ht::Status connect(std::string_view host, std::uint16_t port, std::uint32_t timeout_ms) override;
  ht::Status read(ht::Span<char> into, std::size_t& size, std::uint32_t timeout_ms) override;
  ht::Status write(std::string_view bytes, std::size_t& size, std::uint32_t timeout_ms) override;
  void close() override;

 private:
  /// Waits until `done()`, or the time is over: false.
  template <typename Done>
  bool wait(std::int64_t deadline_ms, Done done);
  ht::Status resolve(std::string_view host, std::int64_t deadline_ms, ip_addr_t& address);

  static void on_name(const char* name, const ip_addr_t* address, void* self);
  static err_t on_connected(void* self, tcp_pcb* connection, err_t error);
  static err_t on_received(void* self, tcp_pcb* connection, pbuf* packet, err_t error);
  static void on_error(void* self, err_t error);

  Network& network_;
  TimerClock& clock_;
  tcp_pcb* connection_ = nullptr;  // null as well after an error: lwIP has freed it
  pbuf* received_ = nullptr;
  ip_addr_t address_{};
  bool name_answered_ = false;
  bool name_found_ = false;
  bool connected_ = false;
  bool ended_ = false;
};

}  // namespace board
