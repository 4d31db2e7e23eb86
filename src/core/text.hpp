// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "here_tracking/span.hpp"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace here_tracking {

/// Builds text in memory that somebody else owns. What does not fit is dropped and remembered.
class TextBuilder final {
 public:
  explicit TextBuilder(Span<char> into) : into_(into) {}
  TextBuilder(const TextBuilder&) = delete;
  TextBuilder& operator=(const TextBuilder&) = delete;

  void append(std::string_view piece);
  void append(char c);
  void append(const char* text);
  /// Takes back what was put last.
  void drop(std::size_t count) { wanted_ -= count; }
  void cut(std::size_t size) { wanted_ = size; }
  void append_hex(std::uint8_t byte);  // lower case
  void append_integer(std::int64_t value) { append_number(0, value); }
  /// value / 10^decimals without trailing zeros: 525200066, 7 is "52.5200066". At most 19 decimals.
  void append_decimal(std::int64_t value, std::uint8_t decimals) { append_number(decimals, value); }

  [[nodiscard]] bool overflow() const { return wanted_ > into_.size(); }
  [[nodiscard]] std::size_t size() const { return overflow() ? into_.size() : wanted_; }
  /// What size() would be if there were room for all.
  [[nodiscard]] std::size_t wanted() const { return wanted_; }
  [[nodiscard]] std::string_view text(std::size_t from = 0) const;

 private:
  // In this order, all of it stays in registers.
  void append_number(std::uint32_t decimals, std::int64_t value);

  Span<char> into_;
  std::size_t wanted_ = 0;
};

// Parts of a text, cut to what there is. Those of std::string_view can throw, which a linker would
// have to provide for.
[[nodiscard]] constexpr std::string_view head(std::string_view text, std::size_t size) {
  return {text.data(), size < text.size() ? size : text.size()};
}
[[nodiscard]] constexpr std::string_view after(std::string_view text, std::size_t size) {
  text.remove_prefix(size < text.size() ? size : text.size());
  return text;
}
[[nodiscard]] constexpr std::string_view slice(std::string_view text, std::size_t offset,
                                               std::size_t size) {
  return head(after(text, offset), size);
}

/// As much of `text` as there is room for. Returns its size.
inline std::size_t copy_text(std::string_view text, Span<char> into) {
  const std::string_view fitting = head(text, into.size());
  if (!fitting.empty()) std::memcpy(into.data(), fitting.data(), fitting.size());
  return fitting.size();
}

// Of ASCII. Its letters differ from their other case in one bit.
inline constexpr char case_bit = 0x20;
[[nodiscard]] constexpr bool is_letter(char c) {
  const char lower = static_cast<char>(c | case_bit);
  return lower >= 'a' && lower <= 'z';
}
[[nodiscard]] constexpr char to_lower(char c) {
  return is_letter(c) ? static_cast<char>(c | case_bit) : c;
}
[[nodiscard]] constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// -1 for what is no hexadecimal digit.
[[nodiscard]] int hex_value(char c);

/// Decimal digits alone; a number above `max` counts as that. False for anything else, an empty
/// text among it.
bool parse_digits(std::string_view text, std::uint32_t max, std::uint64_t& value);

/// How many bytes the first character of a text has; 0 when it is not UTF-8, or the text is empty.
[[nodiscard]] std::size_t utf8_bytes(const char* at, const char* end);

/// How many characters a text in UTF-8 has; not_utf8 for any other.
inline constexpr std::size_t not_utf8 = static_cast<std::size_t>(-1);
[[nodiscard]] std::size_t count_characters(std::string_view text);

/// Overwrites memory in a way that no compiler leaves out.
void wipe(Span<char> memory);

/// To the first character that is no white space as JSON has it.
[[nodiscard]] const char* skip_space(const char* at, const char* end);
[[nodiscard]] inline bool is_blank(std::string_view text) {
  const char* const end = text.data() + text.size();
  return skip_space(text.data(), end) == end;
}

/// Which of the words in `names`, which one space divides, `name` is, from 0 on; not_there: none.
inline constexpr std::uint8_t not_there = 255;
[[nodiscard]] std::uint8_t index_in(const char* names, std::string_view name);

/// Of ASCII; `lower` is in lower case.
[[nodiscard]] bool equals_ignoring_case(std::string_view text, const char* lower);

}  // namespace here_tracking
