// SPDX-License-Identifier: Apache-2.0
#include "text.hpp"

#include "division.hpp"

namespace here_tracking {

void TextBuilder::append(char c) {
  if (wanted_ < into_.size()) into_[wanted_] = c;
  ++wanted_;
}

std::string_view TextBuilder::text(std::size_t from) const {
  return after({into_.data(), size()}, from);
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

void TextBuilder::append_number(std::uint32_t decimals, std::int64_t value) {
  auto magnitude = static_cast<std::uint64_t>(value);
  if (value < 0) magnitude = 0 - magnitude;
  char text[22];
  const char* const end = text + sizeof(text);
  char* begin = text + sizeof(text);
  std::uint32_t count = 0;
  do {
    const std::uint32_t digit = divide(magnitude, 10);
    // Not what is zero at the end of a fraction.
    if (digit != 0 || begin != end || count >= decimals) *--begin = static_cast<char>('0' + digit);
    if (++count == decimals && begin != end) *--begin = '.';
  } while (magnitude != 0 || count <= decimals);
  if (value < 0) *--begin = '-';
  append({begin, static_cast<std::size_t>(end - begin)});
}

int hex_value(char c) {
  if (is_digit(c)) return c - '0';
  const char lower = static_cast<char>(c | case_bit);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

bool parse_digits(std::string_view text, std::uint32_t max, std::uint64_t& value) {
  if (text.empty()) return false;
  std::uint64_t result = 0;
  for (const char c : text) {
    const auto digit = static_cast<std::uint32_t>(c - '0');
    if (digit > 9) return false;
    result = result * 10 + digit;
    if (result > max) result = max;
  }
  value = result;
  return true;
}

std::size_t utf8_bytes(const char* at, const char* end) {
  if (at == end) return 0;
  const auto first = static_cast<unsigned char>(*at);
  if (first < 0x80) return 1;
  const std::ptrdiff_t more = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : 1;
  if (first < 0xc2 || first > 0xf4 || end - at <= more) return 0;
  std::uint32_t point = first & (0x3fU >> more);
  for (std::ptrdiff_t i = 1; i <= more; ++i) {
    const auto byte = static_cast<unsigned char>(at[i]);
    if ((byte & 0xc0U) != 0x80U) return 0;
    point = point << 6U | (byte & 0x3fU);
  }
  // Longer than it need be, which two bytes are not from C2 on; a surrogate; or beyond Unicode.
  if (point >> (5 * more + 1) == 0 || point >> 11U == 0xd800U >> 11U || point > 0x10ffff) return 0;
  return static_cast<std::size_t>(more + 1);
}

std::size_t count_characters(std::string_view text) {
  const char* at = text.data();
  const char* const end = at + text.size();
  std::size_t count = 0;
  for (; at != end; ++count) {
    const std::size_t bytes = utf8_bytes(at, end);
    if (bytes == 0) return not_utf8;
    at += bytes;
  }
  return count;
}

void wipe(Span<char> memory) {
  volatile char* const bytes = memory.data();
  for (std::size_t i = 0; i < memory.size(); ++i)
    bytes[i] = 0;
}

const char* skip_space(const char* at, const char* end) {
  while (at != end && (*at == ' ' || *at == '\t' || *at == '\r' || *at == '\n'))
    ++at;
  return at;
}

std::uint8_t index_in(const char* names, std::string_view name) {
  for (std::uint8_t index = 0;; ++index) {
    std::size_t size = 0;
    while (names[size] != ' ' && names[size] != '\0')
      ++size;
    if (size == name.size() && std::memcmp(names, name.data(), size) == 0) return index;
    if (names[size] == '\0') return not_there;
    names += size + 1;
  }
}

bool equals_ignoring_case(std::string_view text, const char* lower) {
  for (const char c : text) {
    if (*lower == '\0' || to_lower(c) != *lower) return false;
    ++lower;
  }
  return *lower == '\0';
}

}  // namespace here_tracking
