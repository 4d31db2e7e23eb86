// SPDX-License-Identifier: Apache-2.0
#include "network.hpp"

#include "machine.hpp"

#include <algorithm>
#include <array>

#include <lwip/dhcp.h>
#include <lwip/etharp.h>
#include <lwip/init.h>
#include <lwip/timeouts.h>
#include <netif/ethernet.h>

namespace {

// lwIP calls functions, not objects.
board::TimerClock* lwip_clock;
board::HostEntropy* lwip_entropy;

}  // namespace

extern "C" {
u32_t sys_now() {
  return static_cast<u32_t>(lwip_clock->now_ms());
}

unsigned int board_random() {
  std::array<std::uint8_t, sizeof(unsigned int)> bytes{};
  if (!lwip_entropy->fill(bytes).ok()) machine::fail("no random numbers");
  return bytes[0] | bytes[1] << 8U | bytes[2] << 16U | static_cast<unsigned int>(bytes[3]) << 24U;
}

void board_assert(const char* what) {
  machine::fail(what);
}
}

namespace board {

Network::Network(TimerClock& clock, HostEntropy& entropy) : clock_(clock) {
  lwip_clock = &clock;
  lwip_entropy = &entropy;
  lwip_init();
}

bool Network::start_controller() {
  // Of those that anyone may give.
  constexpr Lan9118::Address address = {0x02, 0x00, 0x00, 0x12, 0x34, 0x56};
  std::copy(address.begin(), address.end(), interface_.hwaddr);
  return controller_.start(address);
}

ht::Status Network::start() {
  if (!start_controller()) return ht::Code::hook_failed;
  netif_add_noaddr(&interface_, this, &set_up, &ethernet_input);
  netif_set_default(&interface_);
  netif_set_up(&interface_);
  netif_set_link_up(&interface_);
  return dhcp_start(&interface_) == ERR_OK ? ht::Code::ok : ht::Code::hook_failed;
}

err_t Network::set_up(netif* interface) {
  interface->name[0] = 'e';
  interface->name[1] = 'n';
  interface->mtu = 1500;
  interface->hwaddr_len = ETH_HWADDR_LEN;
  interface->flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_ETHERNET;
  interface->output = &etharp_output;
  interface->linkoutput = &send;
  return ERR_OK;
}

err_t Network::send(netif* interface, pbuf* packet) {
  auto& network = *static_cast<Network*>(interface->state);
  auto& frame = network.frame_;
  const std::size_t size = pbuf_copy_partial(packet, frame.data(), Lan9118::max_frame_bytes, 0);
  return network.controller_.send({frame.data(), size}) ? ERR_OK : ERR_BUF;
}

void Network::poll() {
  controller_.clear_interrupt();
  for (;;) {
    const std::size_t size = controller_.receive(frame_);
    if (size == 0) break;
    pbuf* const packet = pbuf_alloc(PBUF_RAW, static_cast<u16_t>(size), PBUF_POOL);
    if (packet == nullptr) continue;  // lost: TCP sends it again
    pbuf_take(packet, frame_.data(), static_cast<u16_t>(size));
    if (interface_.input(packet, &interface_) != ERR_OK) pbuf_free(packet);
  }
  sys_check_timeouts();
}

void Network::wait(std::int64_t until_ms) {
  const std::int64_t left_ms = until_ms - clock_.now_ms();
  machine::sleep(machine::Sleep::light, std::min<std::int64_t>(left_ms, sys_timeouts_sleeptime()));
  poll();
}

void Network::sleep_deep(std::int64_t until_ms) {
  // TCP says goodbye first.
  constexpr std::int64_t goodbye_ms = 200;
  const std::int64_t gone_ms = clock_.now_ms() + goodbye_ms;
  while (clock_.now_ms() < gone_ms)
    wait(gone_ms);
  netif_set_link_down(&interface_);
  controller_.stop();
  for (;;) {
    const std::int64_t left_ms = until_ms - clock_.now_ms();
    if (left_ms <= 0) break;
    machine::sleep(machine::Sleep::deep, left_ms);
  }
  sys_restart_timeouts();
  if (!start_controller()) machine::fail("no Ethernet controller");
  netif_set_link_up(&interface_);
}

bool Network::has_address() const {
  return dhcp_supplied_address(&interface_) != 0;
}

}  // namespace board
