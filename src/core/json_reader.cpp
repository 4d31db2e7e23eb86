// SPDX-License-Identifier: Apache-2.0
#include "json_reader.hpp"

#include "text.hpp"

#include <limits>

namespace here_tracking {
namespace {

/// RFC 8259, without recursion: a level is a bit.
class JsonReader {
 public:
  JsonReader(std::string_view json, Span<char> decoded) : json_(json), decoded_(decoded) {}

  JsonResult read(std::size_t max_depth, JsonHandler& handler);

 private:
  /// '\0', which is valid nowhere, at the end. So whoever goes on behind what is valid alone stays
  /// within the text.
  [[nodiscard]] char peek() const { return at_ < json_.size() ? json_[at_] : '\0'; }
  bool take(char c) {
    if (peek() != c || at_ == json_.size()) return false;
    ++at_;
    return true;
  }
  bool take(std::string_view word) {
    if (slice(json_, at_, word.size()) != word) return false;
    at_ += word.size();
    return true;
  }
  void skip_space() {
    while (peek() == ' ' || peek() == '\n' || peek() == '\r' || peek() == '\t')
      ++at_;
  }
  bool digits() {
    if (!is_digit(peek())) return false;
    while (is_digit(peek()))
      ++at_;
    return true;
  }
  bool number();
  bool hex4(std::uint32_t& unit);
  bool escape();
  bool string(JsonString& string);
  JsonResult scalar(JsonHandler& handler);
  JsonResult key(JsonHandler& handler);

  void put(std::uint32_t byte) {
    if (count_ < decoded_.size()) decoded_[count_] = static_cast<char>(byte);
    ++count_;
  }

  std::string_view json_;
  Span<char> decoded_;
  std::size_t at_ = 0;
  std::size_t count_ = 0;  // of the present string's bytes, decoded
};

bool JsonReader::number() {
  take('-');
  if (!take('0') && !digits()) return false;
  if (take('.') && !digits()) return false;
  if (take('e') || take('E')) {
    if (!take('+')) take('-');
    return digits();
  }
  return true;
}

bool JsonReader::hex4(std::uint32_t& unit) {
  unit = 0;
  for (int i = 0; i < 4; ++i) {
    const int digit = hex_value(peek());
    if (digit < 0) return false;
    unit = unit << 4U | static_cast<std::uint32_t>(digit);
    ++at_;
  }
  return true;
}

/// What follows a backslash.
bool JsonReader::escape() {
  constexpr std::string_view names = "\"\\/bfnrt";
  constexpr std::string_view meant = "\"\\/\b\f\n\r\t";
  if (!take('u')) {
    const std::size_t which = names.find(peek());
    if (which == std::string_view::npos) return false;
    ++at_;
    put(static_cast<unsigned char>(meant[which]));
    return true;
  }
  std::uint32_t point = 0;
  if (!hex4(point)) return false;
  if (point >= 0xd800 && point <= 0xdfff) {
    const std::size_t behind = at_;
    std::uint32_t low = 0;
    if (point < 0xdc00 && take("\\u") && hex4(low) && low >= 0xdc00 && low <= 0xdfff) {
      point = 0x10000 + ((point - 0xd800) << 10U) + (low - 0xdc00);
    } else {
      at_ = behind;
      point = 0xfffd;
    }
  }
  if (point < 0x80) {
    put(point);
    return true;
  }
  const std::uint32_t more = point < 0x800 ? 1 : point < 0x10000 ? 2 : 3;
  put((0xff00U >> (more + 1) & 0xffU) | point >> 6 * more);
  for (std::uint32_t left = more; left-- > 0;)
    put(0x80U | (point >> 6 * left & 0x3fU));
  return true;
}

/// What follows the opening quote.
bool JsonReader::string(JsonString& string) {
  const std::size_t begin = at_;
  count_ = 0;
  while (!take('"')) {
    if (take('\\')) {
      if (!escape()) return false;
      continue;
    }
    const std::size_t bytes = utf8_bytes(after(json_, at_));
    if (bytes == 0 || static_cast<unsigned char>(json_[at_]) < 0x20) return false;
    for (const std::size_t end = at_ + bytes; at_ < end; ++at_)
      put(static_cast<unsigned char>(json_[at_]));
  }
  string.complete = count_ <= decoded_.size();
  string.text = {decoded_.data(), string.complete ? count_ : decoded_.size()};
  string.raw = slice(json_, begin, at_ - 1 - begin);
  return true;
}

constexpr JsonResult go_on(bool wanted) {
  return wanted ? JsonResult::ok : JsonResult::stopped;
}

JsonResult JsonReader::scalar(JsonHandler& handler) {
  const std::size_t begin = at_;
  if (take('"')) {
    JsonString text;
    return string(text) ? go_on(handler.on_string(text)) : JsonResult::invalid;
  }
  if (take("true")) return go_on(handler.on_bool(true));
  if (take("false")) return go_on(handler.on_bool(false));
  if (take("null")) return go_on(handler.on_null());
  return number() ? go_on(handler.on_number(slice(json_, begin, at_ - begin)))
                  : JsonResult::invalid;
}

JsonResult JsonReader::key(JsonHandler& handler) {
  skip_space();
  JsonString name;
  if (!take('"') || !string(name)) return JsonResult::invalid;
  if (!handler.on_key(name)) return JsonResult::stopped;
  skip_space();
  return take(':') ? JsonResult::ok : JsonResult::invalid;
}

JsonResult JsonReader::read(std::size_t max_depth, JsonHandler& handler) {
  std::uint32_t objects = 0;  // the innermost level is the lowest bit
  static_assert(max_json_depth <= 32);
  std::size_t depth = 0;
  for (;;) {
    // A value begins, or the container that was just opened ends.
    skip_space();
    const bool object = peek() == '{';
    JsonResult result = JsonResult::ok;
    bool is_empty = false;
    if (object || peek() == '[') {
      if (depth == max_depth) return JsonResult::too_deep;
      objects = objects << 1U | (object ? 1U : 0U);
      result = go_on(handler.on_begin(object, ++depth, at_++));
      skip_space();
      is_empty = peek() == (object ? '}' : ']');
      if (result == JsonResult::ok && !is_empty) {
        if (object) result = key(handler);
        if (result == JsonResult::ok) continue;
      }
    } else {
      result = scalar(handler);
    }
    if (result != JsonResult::ok) return result;

    // It has ended, and with it perhaps what it stands in.
    for (;; is_empty = false) {
      skip_space();
      if (depth == 0) return at_ == json_.size() ? JsonResult::ok : JsonResult::invalid;
      const bool in_object = (objects & 1U) != 0;
      if (!is_empty && take(',')) {
        if (in_object) result = key(handler);
        if (result != JsonResult::ok) return result;
        break;
      }
      if (peek() != (in_object ? '}' : ']')) return JsonResult::invalid;
      objects >>= 1U;
      if (!handler.on_end(in_object, depth--, at_++)) return JsonResult::stopped;
    }
  }
}

}  // namespace

JsonResult parse_json(std::string_view json, std::size_t max_depth, JsonHandler& handler,
                      Span<char> decoded) {
  return JsonReader(json, decoded)
      .read(max_depth < max_json_depth ? max_depth : max_json_depth, handler);
}

JsonResult parse_json(std::string_view json, std::size_t max_depth, JsonHandler& handler) {
  char decoded[64];
  const JsonResult result = parse_json(json, max_depth, handler, decoded);
  wipe(decoded);
  return result;
}

std::size_t count_json_characters(std::string_view raw) {
  // 'h' and 'l' for the halves of a surrogate pair.
  const auto half = [&raw](std::size_t at) {
    const std::string_view digits = slice(raw, at + 2, 2);
    if (slice(raw, at, 2) != "\\u" || to_lower(digits[0]) != 'd' || digits[1] < '8') return ' ';
    return digits[1] <= '9' || to_lower(digits[1]) <= 'b' ? 'h' : 'l';
  };
  std::size_t count = 0;
  for (; !raw.empty(); ++count) {
    std::size_t bytes = 1;
    if (raw[0] != '\\') {
      while (bytes < raw.size() && (static_cast<unsigned char>(raw[bytes]) & 0xc0U) == 0x80U)
        ++bytes;
    } else if (slice(raw, 1, 1) != "u") {
      bytes = 2;
    } else {
      const char kind = half(0);
      if (kind == 'l' || (kind == 'h' && half(6) != 'l')) return 0;
      bytes = kind == 'h' ? 12 : 6;
    }
    raw = after(raw, bytes);
  }
  return count;
}

ScaledNumber scale_json_number(std::string_view number, std::uint8_t decimals, Rounding rounding) {
  const bool negative = !number.empty() && number[0] == '-';
  if (negative) number.remove_prefix(1);

  std::int32_t exponent = 0;
  const std::size_t e = number.find_first_of("eE");
  if (e != std::string_view::npos) {
    std::string_view digits = after(number, e + 1);
    const bool is_fraction = !digits.empty() && digits[0] == '-';
    if (!digits.empty() && (digits[0] == '-' || digits[0] == '+')) digits.remove_prefix(1);
    constexpr std::int32_t enough = 1000000;  // more than there can be digits
    std::uint64_t magnitude = enough;
    parse_digits(digits, enough, magnitude);
    exponent = static_cast<std::int32_t>(magnitude);
    if (is_fraction) exponent = -exponent;
  }

  // The digits without their point, and how many of them stand before it, once it is shifted.
  const std::string_view mantissa = head(number, e);
  const std::size_t point = mantissa.find('.');
  auto integer_digits =
      static_cast<std::int32_t>(point == std::string_view::npos ? mantissa.size() : point) +
      exponent + decimals;
  constexpr std::uint64_t max = std::numeric_limits<std::int64_t>::max();
  std::uint64_t result = 0;
  bool is_rest = false;
  bool round = false;
  bool limited = false;
  const auto append = [&](std::uint64_t digit) {
    limited = limited || result > max / 10 || (result == max / 10 && digit > max % 10);
    if (!limited) result = result * 10 + digit;
  };
  for (const char c : mantissa) {
    if (c == '.') continue;
    const auto digit = static_cast<std::uint64_t>(c - '0');
    if (integer_digits > 0) {
      append(digit);
    } else {
      is_rest = is_rest || digit != 0;
      if (rounding == Rounding::away_from_zero) round = is_rest;
      if (rounding == Rounding::nearest && integer_digits == 0) round = digit >= 5;
    }
    --integer_digits;
  }
  for (; integer_digits > 0 && result != 0 && !limited; --integer_digits)
    append(0);
  if (round) {
    limited = limited || result == max;
    ++result;
  }
  if (limited) result = max;
  const auto value = static_cast<std::int64_t>(result);
  return {negative ? -value : value, !is_rest && !limited};
}

}  // namespace here_tracking
