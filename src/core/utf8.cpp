// SPDX-License-Identifier: Apache-2.0
#include "utf8.hpp"

#include <cstdint>

namespace here_tracking {

std::optional<std::size_t> count_characters(std::string_view text) {
  std::size_t count = 0;
  std::uint32_t code_point = 0;
  std::uint32_t smallest = 0;
  unsigned missing = 0;
  for (const char c : text) {
    const auto byte = static_cast<std::uint8_t>(c);
    if (missing > 0) {
      if ((byte & 0xc0U) != 0x80U) return std::nullopt;
      code_point = code_point << 6U | (byte & 0x3fU);
      if (--missing > 0) continue;
      const bool is_surrogate = (code_point & 0xfffff800U) == 0xd800U;
      if (code_point < smallest || code_point > 0x10ffffU || is_surrogate) return std::nullopt;
      continue;
    }
    ++count;
    if (byte < 0x80U) continue;
    // The number of leading ones says how many bytes there are.
    if ((byte & 0xe0U) == 0xc0U) {
      missing = 1;
    } else if ((byte & 0xf0U) == 0xe0U) {
      missing = 2;
    } else if ((byte & 0xf8U) == 0xf0U) {
      missing = 3;
    } else {
      return std::nullopt;
    }
    code_point = byte & (0x3fU >> missing);
    smallest = missing == 1 ? 0x80U : missing == 2 ? 0x800U : 0x10000U;
  }
  if (missing > 0) return std::nullopt;
  return count;
}

}  // namespace here_tracking
