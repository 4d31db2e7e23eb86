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
    put_bits(static_cast<std::uint64_t>(value), sizeof(T));
  }
  [[nodiscard]] std::uint8_t* at() const { return at_; }

 private:
  void put_bits(std::uint64_t bits, std::size_t size) {
    for (; size != 0; --size, bits >>= 8U)
      *at_++ = static_cast<std::uint8_t>(bits & 0xffU);
  }

  std::uint8_t* at_;
};

class ByteReader {
 public:
  explicit ByteReader(const std::uint8_t* from) : at_(from) {}

  template <typename T>
  void get(T& value) {
    value = static_cast<T>(get_bits(sizeof(T)));
  }
  [[nodiscard]] const std::uint8_t* at() const { return at_; }

 private:
  std::uint64_t get_bits(std::size_t size) {
    std::uint64_t bits = 0;
    for (std::size_t i = 0; i < size; ++i)
      bits |= std::uint64_t{*at_++} << (8 * i);
    return bits;
  }

  const std::uint8_t* at_;
};

/// Words of a storage become those of this processor, or the other way round.
inline void convert_words(std::uint32_t* words, std::size_t count) {
  constexpr bool little_endian = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__;
  for (std::size_t i = 0; i < count && !little_endian; ++i)
    words[i] = __builtin_bswap32(words[i]);
}

}  // namespace here_tracking
