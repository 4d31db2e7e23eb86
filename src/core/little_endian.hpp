// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

namespace here_tracking {

/// Writes integers one behind the other. The caller has seen to the room.
class ByteWriter {
 public:
  explicit ByteWriter(std::uint8_t* into) : at_(into) {}

  template <typename T>
  void put(T value) {
    auto bits = static_cast<std::uint64_t>(value);
    for (std::size_t i = 0; i < sizeof(T); ++i, bits >>= 8U) {
      *at_++ = static_cast<std::uint8_t>(bits & 0xffU);
    }
  }
  [[nodiscard]] std::uint8_t* at() const { return at_; }

 private:
  std::uint8_t* at_;
};

class ByteReader {
 public:
  explicit ByteReader(const std::uint8_t* from) : at_(from) {}

  template <typename T>
  void get(T& value) {
    std::uint64_t bits = 0;
    for (std::size_t i = 0; i < sizeof(T); ++i)
      bits |= std::uint64_t{*at_++} << (8 * i);
    value = static_cast<T>(bits);
  }
  [[nodiscard]] const std::uint8_t* at() const { return at_; }

 private:
  const std::uint8_t* at_;
};

}  // namespace here_tracking
