// SPDX-License-Identifier: Apache-2.0
#include "semihosting.hpp"

#include <cstring>

namespace semihosting {
namespace {

enum class Call : std::uint32_t {
  open = 0x01,
  write0 = 0x04,
  write = 0x05,
  read = 0x06,
  seek = 0x0a,
  exit_extended = 0x20
};

std::int32_t ask(Call call, const void* arguments) {
  // NOLINTNEXTLINE(modernize-use-auto): a register has its type
  register std::uint32_t r0 asm("r0") = static_cast<std::uint32_t>(call);
  register const void* r1 asm("r1") = arguments;
  asm volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
  return static_cast<std::int32_t>(r0);
}

std::uint32_t address(const void* pointer) {
  return reinterpret_cast<std::uint32_t>(pointer);
}

}  // namespace

File::File(const char* name, Mode mode) {
  const std::uint32_t arguments[] = {address(name), static_cast<std::uint32_t>(mode),
                                     static_cast<std::uint32_t>(std::strlen(name))};
  handle_ = ask(Call::open, arguments);
}

bool File::seek(std::uint32_t offset) {
  const std::uint32_t arguments[] = {static_cast<std::uint32_t>(handle_), offset};
  return ask(Call::seek, arguments) == 0;
}

bool File::read(std::uint32_t offset, here_tracking::Span<std::uint8_t> into) {
  return seek(offset) && read(into) == into.size();
}

std::size_t File::read(here_tracking::Span<std::uint8_t> into) {
  const std::uint32_t arguments[] = {static_cast<std::uint32_t>(handle_), address(into.data()),
                                     static_cast<std::uint32_t>(into.size())};
  return into.size() - static_cast<std::size_t>(ask(Call::read, arguments));
}

bool File::write(std::uint32_t offset, here_tracking::Span<const std::uint8_t> bytes) {
  const std::uint32_t arguments[] = {static_cast<std::uint32_t>(handle_), address(bytes.data()),
                                     static_cast<std::uint32_t>(bytes.size())};
  return seek(offset) && ask(Call::write, arguments) == 0;
}

void print(const char* text) {
  (void)ask(Call::write0, text);
}

void exit(std::uint32_t code) {
  constexpr std::uint32_t application_exit = 0x20026;
  const std::uint32_t arguments[] = {application_exit, code};
  for (;;)
    (void)ask(Call::exit_extended, arguments);
}

}  // namespace semihosting
