// SPDX-License-Identifier: Apache-2.0
#include "text.hpp"

namespace here_tracking {

void TextBuilder::append(std::string_view piece) {
  for (const char c : piece)
    Put(c);
}

void TextBuilder::append_hex(std::uint8_t byte) {
  constexpr std::string_view hex = "0123456789abcdef";
  append(hex[byte >> 4U]);
  append(hex[byte & 15U]);
}

void TextBuilder::append_integer(std::int64_t value) {
  append_decimal(value, 0);
}

void TextBuilder::append_decimal(std::int64_t value, std::uint8_t decimals) {
  auto magnitude = static_cast<std::uint64_t>(value);
  if (value < 0) magnitude = 0 - magnitude;
  if (decimals > 19) decimals = 19;
  while (decimals > 0 && magnitude % 10 == 0) {
    magnitude /= 10;
    --decimals;
  }
  char digits[20];
  std::uint8_t count = 0;
  do {
    digits[count++] = static_cast<char>('0' + magnitude % 10);
    magnitude /= 10;
  } while (magnitude != 0 || count <= decimals);
  if (value < 0) Put('-');
  while (count > 0) {
    Put(digits[--count]);
    if (count == decimals && decimals != 0) Put('.');
  }
}

bool parse_digits(std::string_view text, std::uint64_t max, std::uint64_t& value) {
  if (text.empty()) return false;
  std::uint64_t result = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return false;
    const auto digit = static_cast<std::uint64_t>(c - '0');
    if (digit > max || result > (max - digit) / 10) return false;
    result = result * 10 + digit;
  }
  value = result;
  return true;
}

std::optional<std::size_t> count_characters(std::string_view text) {
  std::size_t count = 0;
  for (std::size_t at = 0; at < text.size(); ++count) {
    const auto first = static_cast<unsigned char>(text[at++]);
    if (first < 0x80) continue;
    const std::size_t more = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : 1;
    if (first < 0xc2 || first > 0xf4 || text.size() - at < more) return std::nullopt;
    std::uint32_t point = first & (0x3fU >> more);
    for (std::size_t i = 0; i < more; ++i) {
      const auto byte = static_cast<unsigned char>(text[at++]);
      if ((byte & 0xc0U) != 0x80U) return std::nullopt;
      point = point << 6U | (byte & 0x3fU);
    }
    // Longer than it need be, a surrogate, or beyond Unicode.
    if (point < (more == 3   ? 0x10000U
                 : more == 2 ? 0x800U
                             : 0x80U) ||
        point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) {
      return std::nullopt;
    }
  }
  return count;
}

void wipe(Span<char> memory) {
  volatile char* const bytes = memory.data();
  for (std::size_t i = 0; i < memory.size(); ++i)
    bytes[i] = 0;
}

bool equals_ignoring_case(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (to_lower(a[i]) != to_lower(b[i])) return false;
  }
  return true;
}

}  // namespace here_tracking
