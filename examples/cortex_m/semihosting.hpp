// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "here_tracking/span.hpp"

#include <cstddef>
#include <cstdint>

/// Files of the machine that QEMU runs on, in its working directory. They stand for what QEMU's
/// board does not have: flash for data, random numbers, what was put into the device in production.

namespace semihosting {

enum class Mode : std::uint8_t { read = 1, update = 3, create = 7 };

/// A file, opened once and never closed.
class File {
 public:
  File() = default;
  /// @param name with a terminator.
  File(const char* name, Mode mode);

  [[nodiscard]] bool is_open() const { return handle_ >= 0; }
  /// False: not all of it was there.
  bool read(std::uint32_t offset, here_tracking::Span<std::uint8_t> into);
  /// Reads on. Returns how many bytes.
  std::size_t read(here_tracking::Span<std::uint8_t> into);
  bool write(std::uint32_t offset, here_tracking::Span<const std::uint8_t> bytes);

 private:
  bool seek(std::uint32_t offset);

  std::int32_t handle_ = -1;
};

/// On the debugger's console. @param text with a terminator.
void print(const char* text);

[[noreturn]] void exit(std::uint32_t code);

}  // namespace semihosting
