// SPDX-License-Identifier: Apache-2.0
#include "lan9118.hpp"

#include "machine.hpp"

#include <algorithm>
#include <cstring>

namespace board {
namespace {

enum class Register : std::uint32_t {
  rx_data = 0x00,
  tx_data = 0x20,
  rx_status = 0x40,
  interrupt_configuration = 0x54,
  interrupt_status = 0x58,
  interrupt_enable = 0x5c,
  byte_test = 0x64,
  tx_configuration = 0x70,
  hardware_configuration = 0x74,
  rx_fifo_info = 0x7c,
  tx_fifo_info = 0x80,
  mac_command = 0xa4,
  mac_data = 0xa8
};

enum class MacRegister : std::uint32_t { control = 1, address_high = 2, address_low = 3 };

std::uint32_t get(Register place) {
  return machine::read(machine::ethernet + static_cast<std::uint32_t>(place));
}

void set(Register place, std::uint32_t value) {
  machine::write(machine::ethernet + static_cast<std::uint32_t>(place), value);
}

void set(MacRegister place, std::uint32_t value) {
  constexpr std::uint32_t busy = 1U << 31U;
  set(Register::mac_data, value);
  set(Register::mac_command, busy | static_cast<std::uint32_t>(place));
  while ((get(Register::mac_command) & busy) != 0) {
  }
}

constexpr std::uint32_t frame_received = 1U << 3U;

}  // namespace

bool Lan9118::start(const Address& address) {
  if (get(Register::byte_test) != 0x87654321) return false;
  constexpr std::uint32_t reset = 1;
  constexpr std::uint32_t tx_fifo_5_kb = 5U << 16U;
  constexpr std::uint32_t must_be_one = 1U << 20U;
  set(Register::hardware_configuration, reset);
  while ((get(Register::hardware_configuration) & reset) != 0) {
  }
  set(Register::hardware_configuration, must_be_one | tx_fifo_5_kb);
  std::uint32_t low = 0;
  std::uint16_t high = 0;
  std::memcpy(&low, address.data(), sizeof(low));
  std::memcpy(&high, address.data() + sizeof(low), sizeof(high));
  set(MacRegister::address_low, low);
  set(MacRegister::address_high, high);
  constexpr std::uint32_t transmitter_on = 1U << 1U;
  set(Register::tx_configuration, transmitter_on);
  constexpr std::uint32_t full_duplex_transmit_receive = 1U << 20U | 1U << 3U | 1U << 2U;
  set(MacRegister::control, full_duplex_transmit_receive);
  constexpr std::uint32_t on_and_high_when_active = 1U << 8U | 1U << 4U | 1U << 0U;
  set(Register::interrupt_configuration, on_and_high_when_active);
  set(Register::interrupt_enable, frame_received);
  return true;
}

void Lan9118::stop() {
  set(Register::interrupt_enable, 0);
  set(MacRegister::control, 0);
}

void Lan9118::clear_interrupt() {
  set(Register::interrupt_status, frame_received);
}

std::size_t Lan9118::receive(here_tracking::Span<std::uint8_t> into) {
  constexpr std::uint32_t errors = 1U << 15U;
  constexpr std::size_t checksum = 4;
  if ((get(Register::rx_fifo_info) >> 16U & 0xffU) == 0) return 0;
  const std::uint32_t status = get(Register::rx_status);
  const std::size_t size = status >> 16U & 0x3fffU;
  for (std::size_t i = 0; i < size; i += 4) {
    const std::uint32_t word = get(Register::rx_data);
    if (i < into.size()) {
      std::memcpy(into.data() + i, &word, std::min<std::size_t>(sizeof(word), into.size() - i));
    }
  }
  if ((status & errors) != 0 || size > into.size() || size <= checksum) return 0;
  return size - checksum;
}

bool Lan9118::send(here_tracking::Span<const std::uint8_t> frame) {
  constexpr std::uint32_t first_and_last = 3U << 12U;
  const auto size = static_cast<std::uint32_t>(frame.size());
  if ((get(Register::tx_fifo_info) & 0xffffU) < size + 12) return false;
  set(Register::tx_data, first_and_last | size);
  set(Register::tx_data, size);
  for (std::size_t i = 0; i < frame.size(); i += 4) {
    std::uint32_t word = 0;
    std::memcpy(&word, frame.data() + i, std::min<std::size_t>(sizeof(word), frame.size() - i));
    set(Register::tx_data, word);
  }
  return true;
}

}  // namespace board
