// SPDX-License-Identifier: Apache-2.0
#include "text.hpp"

#include "division.hpp"

namespace here_tracking {

void TextBuilder::append(char c) {
  if (wanted_ < into_.size()) into_[wanted_] = c;
  ++wanted_;
}

void TextBuilder::append(std::string_view piece) {
  for (const char c : piece)
    append(c);
}

void TextBuilder::append(const char* text) {
  while (*text != '\0')
    append(*text++);
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
  char digits[20];
  std::uint8_t count = 0;
  std::uint8_t zeros = 0;  // at the end of the fraction, and left out
  do {
    digits[count] = static_cast<char>('0' + divide(magnitude, 10));
    if (zeros == count && zeros < decimals && digits[count] == '0') ++zeros;
    ++count;
  } while (magnitude != 0 || count <= decimals);
  if (value < 0) append('-');
  while (count > zeros) {
    append(digits[--count]);
    if (count == decimals && count > zeros) append('.');
  }
}

bool parse_digits(std::string_view text, std::uint64_t max, std::uint64_t& value) {
  if (text.empty()) return false;
  std::uint64_t result = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return false;
    result = result * 10 + static_cast<std::uint64_t>(c - '0');
    if (result > max) return false;
  }
  value = result;
  return true;
}

std::size_t utf8_bytes(std::string_view text) {
  if (text.empty()) return 0;
  const auto first = static_cast<unsigned char>(text[0]);
  if (first < 0x80) return 1;
  const std::size_t more = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : 1;
  if (first < 0xc2 || first > 0xf4 || text.size() <= more) return 0;
  std::uint32_t point = first & (0x3fU >> more);
  for (std::size_t i = 1; i <= more; ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if ((byte & 0xc0U) != 0x80U) return 0;
    point = point << 6U | (byte & 0x3fU);
  }
  // Longer than it need be, a surrogate, or beyond Unicode.
  const std::uint32_t least = more == 3 ? 0x10000 : more == 2 ? 0x800 : 0x80;
  if (point < least || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) return 0;
  return more + 1;
}

std::optional<std::size_t> count_characters(std::string_view text) {
  std::size_t count = 0;
  for (; !text.empty(); ++count) {
    const std::size_t bytes = utf8_bytes(text);
    if (bytes == 0) return std::nullopt;
    text.remove_prefix(bytes);
  }
  return count;
}

void wipe(Span<char> memory) {
  volatile char* const bytes = memory.data();
  for (std::size_t i = 0; i < memory.size(); ++i)
    bytes[i] = 0;
}

std::uint8_t index_in(std::string_view names, std::string_view name) {
  for (std::uint8_t index = 0; !names.empty(); ++index) {
    const std::string_view first = head(names, names.find(' '));
    if (name == first) return index;
    names = after(names, first.size() + 1);
  }
  return not_there;
}

bool equals_ignoring_case(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (to_lower(a[i]) != to_lower(b[i])) return false;
  }
  return true;
}

}  // namespace here_tracking
