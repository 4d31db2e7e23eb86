// SPDX-License-Identifier: Apache-2.0
#include "machine.hpp"
#include "semihosting.hpp"

#include <algorithm>
#include <cstdint>

int main();

extern "C" {
extern std::uint32_t data_load;
extern std::uint32_t data_begin;
extern std::uint32_t data_end;
extern std::uint32_t bss_begin;
extern std::uint32_t bss_end;
extern std::uint32_t stack_begin;
extern std::uint32_t stack_end;
extern void (*const init_array_begin)();
extern void (*const init_array_end)();

[[noreturn]] void reset() {
  constexpr std::uint32_t full_access_to_fpu = 0xfU << 20U;
  machine::write(machine::system_control + 0x88, full_access_to_fpu);
  asm volatile("dsb\n isb" ::: "memory");
  machine::paint_stack();

  const std::uint32_t* from = &data_load;
  for (std::uint32_t* to = &data_begin; to != &data_end; ++to)
    *to = *from++;
  for (std::uint32_t* to = &bss_begin; to != &bss_end; ++to)
    *to = 0;
  for (auto* constructor = &init_array_begin; constructor != &init_array_end; ++constructor)
    (*constructor)();
  main();
  machine::fail("main() returned");
}

void fault() {
  machine::fail("fault");
}

// For mbedTLS.
void board_exit(int code) {
  (void)code;
  machine::fail("mbedTLS: memory overwritten");
}
}

using Vector = void (*)();

[[gnu::section(".vectors"), gnu::used]] static const Vector vectors[] = {
    reinterpret_cast<Vector>(&stack_end),
    &reset,
    &fault,  // NMI
    &fault,
    &fault,  // memory
    &fault,  // bus
    &fault,  // usage
    nullptr,
    nullptr,
    nullptr,
    nullptr,
    &fault,  // SVC
    &fault,  // debug monitor
    nullptr,
    &fault,  // PendSV
    &fault,  // SysTick
};

static constexpr std::uint32_t paint = 0x5aa55aa5;

static std::uint32_t depth(const std::uint32_t* from) {
  return static_cast<std::uint32_t>(&stack_end - from) * sizeof(std::uint32_t);
}

namespace machine {

void sleep(Sleep how, std::int64_t ms) {
  if (ms <= 0) return;
  constexpr std::uint32_t sleep_deep = 4;
  constexpr std::uint32_t of_alarm_and_ethernet = 1U << 9U | 1U << 13U;
  constexpr std::uint32_t count_and_interrupt = 1U << 0U | 1U << 3U;
  const auto cycles =
      static_cast<std::uint32_t>(std::min<std::int64_t>(ms, 60000)) * (clock_hz / 1000);
  write(alarm + 0x08, cycles);
  write(alarm + 0x04, cycles);
  write(alarm, count_and_interrupt);
  write(system_control + 0x10, how == Sleep::deep ? sleep_deep : 0);
  // One that is masked wakes as well, and none can come between a look and the sleep unnoticed.
  asm volatile("cpsid i" ::: "memory");
  write(interrupts, of_alarm_and_ethernet);
  write(interrupts + 0x180, of_alarm_and_ethernet);  // not pending, unless its line is still high
  asm volatile("dsb\n wfi" ::: "memory");
  write(alarm, 0);
  write(alarm + 0x0c, 1);
}

std::uint32_t stack_now() {
  const std::uint32_t* here = nullptr;
  asm volatile("mov %0, sp" : "=r"(here));
  return depth(here);
}

void paint_stack() {
  const std::uint32_t* const here = &stack_end - stack_now() / sizeof(std::uint32_t);
  // No memset(), which would stand on what it paints.
  for (volatile std::uint32_t* free = &stack_begin; free < here - 16; ++free)
    *free = paint;
}

std::uint32_t stack_used() {
  const std::uint32_t* deepest = &stack_begin;
  while (deepest != &stack_end && *deepest == paint)
    ++deepest;
  return depth(deepest);
}

std::uint32_t stack_bytes() {
  return depth(&stack_begin);
}

void fail(const char* why) {
  semihosting::print("machine: ");
  semihosting::print(why);
  semihosting::print("\n");
  semihosting::exit(1);
}

}  // namespace machine
