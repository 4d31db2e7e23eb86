// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

/// The processor, and where the board has what.

namespace machine {

inline constexpr std::uint32_t clock_hz = 25000000;

inline constexpr std::uintptr_t timer = 0x40000000;
inline constexpr std::uintptr_t alarm = 0x40001000;
inline constexpr std::uintptr_t uart = 0x40004000;
inline constexpr std::uintptr_t ethernet = 0x40200000;
inline constexpr std::uintptr_t system_control = 0xe000ed00;
inline constexpr std::uintptr_t interrupts = 0xe000e100;

inline std::uint32_t read(std::uintptr_t address) {
  return *reinterpret_cast<volatile std::uint32_t*>(address);  // NOLINT(performance-no-int-to-ptr)
}

inline void write(std::uintptr_t address, std::uint32_t value) {
  *reinterpret_cast<volatile std::uint32_t*>(address) = value;  // NOLINT(performance-no-int-to-ptr)
}

enum class Sleep : std::uint8_t { light, deep };

/// Until the Ethernet controller has something, or the time is over; a minute at most. Interrupts
/// wake the processor and do nothing else: what came before this call ends it at once.
void sleep(Sleep how, std::int64_t ms);

/// Marks what is free of the stack, so that stack_used() tells how deep it went since, in bytes.
void paint_stack();
[[nodiscard]] std::uint32_t stack_used();
[[nodiscard]] std::uint32_t stack_now();  ///< How deep it is where this is called.
[[nodiscard]] std::uint32_t stack_bytes();

/// Ends the emulator with exit code 1.
[[noreturn]] void fail(const char* why);

}  // namespace machine
