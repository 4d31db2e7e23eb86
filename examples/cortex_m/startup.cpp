// SPDX-License-Identifier: Apache-2.0
#include "machine.hpp"
#include "semihosting.hpp"

#include <cstdint>

int main();

extern "C" {
extern std::uint32_t data_load;
extern std::uint32_t data_begin;
extern std::uint32_t data_end;
extern std::uint32_t bss_begin;
extern std::uint32_t bss_end;
extern std::uint32_t stack_end;
extern void (*const init_array_begin)();
extern void (*const init_array_end)();

[[noreturn]] void reset() {
  constexpr std::uint32_t full_access_to_fpu = 0xfU << 20U;
  machine::write(machine::system_control + 0x88, full_access_to_fpu);
  asm volatile("dsb\n isb" ::: "memory");

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

void tick() {}

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
    &tick,
};

namespace machine {

void start_tick() {
  write(sys_tick + 4, clock_hz / 1000 - 1);
  write(sys_tick + 8, 0);
  constexpr std::uint32_t processor_clock_interrupt_enable = 7;
  write(sys_tick, processor_clock_interrupt_enable);
}

void sleep(Sleep how) {
  constexpr std::uint32_t sleep_deep = 4;
  write(system_control + 0x10, how == Sleep::deep ? sleep_deep : 0);
  asm volatile("dsb\n wfi" ::: "memory");
}

void fail(const char* why) {
  semihosting::print("machine: ");
  semihosting::print(why);
  semihosting::print("\n");
  semihosting::exit(1);
}

}  // namespace machine
