// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

/// The processor, and where the board has what.

namespace machine {

inline constexpr std::uint32_t clock_hz = 25000000;

inline constexpr std::uintptr_t timer = 0x40000000;
inline constexpr std::uintptr_t uart = 0x40004000;
inline constexpr std::uintptr_t ethernet = 0x40200000;
inline constexpr std::uintptr_t system_control = 0xe000ed00;
inline constexpr std::uintptr_t sys_tick = 0xe000e010;

inline std::uint32_t read(std::uintptr_t address) {
  return *reinterpret_cast<volatile std::uint32_t*>(address);  // NOLINT(performance-no-int-to-ptr)
}

inline void write(std::uintptr_t address, std::uint32_t value) {
  *reinterpret_cast<volatile std::uint32_t*>(address) = value;  // NOLINT(performance-no-int-to-ptr)
}

/// Wakes a sleeping processor every millisecond.
void start_tick();

enum class Sleep : std::uint8_t { light, deep };

/// Until the next interrupt.
void sleep(Sleep how);

/// Ends the emulator with exit code 1.
[[noreturn]] void fail(const char* why);

}  // namespace machine
