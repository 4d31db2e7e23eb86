// SPDX-License-Identifier: Apache-2.0
#include "json_reader.hpp"

#include "text.hpp"

#include <limits>

namespace here_tracking {
namespace {

/// RFC 8259, without recursion: a level is a bit. What returns a bool leaves in `result_` why it is
/// false.
class JsonReader {
 public:
  JsonReader(std::string_view json, JsonHandler& handler, Span<char> decoded)
      : at_(json.data()), end_(at_ + json.size()), handler_(handler), decoded_(decoded) {}

  JsonResult read(std::size_t max_depth);

 private:
  /// '\0', which is valid nowhere, at the end. So whoever goes on behind what is valid alone stays
  /// within the text.
  [[nodiscard]] char peek() const { return at_ != end_ ? *at_ : '\0'; }
  /// The first character that is no white space.
  char next() {
    at_ = skip_space(at_, end_);
    return peek();
  }
  bool take(char c) {
    if (peek() != c) return false;
    ++at_;
    return true;
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
  bool string(JsonType type);
  bool scalar();
  bool tell(JsonType type, const char* begin);

  const char* at_;
  const char* end_;
  JsonHandler& handler_;
  TextBuilder decoded_;
  JsonPart part_;
  bool has_half_ = false;  // of a surrogate pair, in the present string
  JsonResult result_ = JsonResult::invalid;
};

bool JsonReader::tell(JsonType type, const char* begin) {
  part_.type = type;
  part_.raw = {begin, static_cast<std::size_t>(at_ - begin)};
  if (type > JsonType::text) part_.text = part_.raw;
  if (handler_.on_part(part_)) return true;
  result_ = JsonResult::stopped;
  return false;
}

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
    decoded_.append(meant[which]);
    return true;
  }
  std::uint32_t point = 0;
  if (!hex4(point)) return false;
  if (point >= 0xd800 && point <= 0xdfff) {
    const char* const behind = at_;
    std::uint32_t low = 0;
    if (point < 0xdc00 && take('\\') && take('u') && hex4(low) && low >= 0xdc00 && low <= 0xdfff) {
      point = 0x10000 + ((point - 0xd800) << 10U) + (low - 0xdc00);
    } else {
      at_ = behind;
      point = 0xfffd;
      has_half_ = true;
    }
  }
  if (point < 0x80) {
    decoded_.append(static_cast<char>(point));
    return true;
  }
  std::uint32_t more = point < 0x800 ? 1 : point < 0x10000 ? 2 : 3;
  decoded_.append(static_cast<char>(0xff00U >> (more + 1) | point >> 6 * more));
  while (more-- > 0)
    decoded_.append(static_cast<char>(0x80U | (point >> 6 * more & 0x3fU)));
  return true;
}

bool JsonReader::string(JsonType type) {
  const char* const begin = at_;
  if (!take('"')) return false;
  decoded_.clear();
  part_.characters = 0;
  has_half_ = false;
  for (; !take('"'); ++part_.characters) {
    if (take('\\')) {
      if (!escape()) return false;
      continue;
    }
    const std::size_t bytes = utf8_bytes({at_, static_cast<std::size_t>(end_ - at_)});
    if (bytes == 0 || static_cast<unsigned char>(*at_) < 0x20) return false;
    decoded_.append({at_, bytes});
    at_ += bytes;
  }
  if (has_half_) part_.characters = 0;
  part_.text = decoded_.text();
  part_.complete = !decoded_.overflow();
  return tell(type, begin);
}

bool JsonReader::scalar() {
  const char* const begin = at_;
  if (peek() == '"') return string(JsonType::text);
  while (peek() >= 'a' && peek() <= 'z')
    ++at_;
  if (at_ == begin) return number() && tell(JsonType::number, begin);
  const std::uint8_t word =
      index_in("null true false", {begin, static_cast<std::size_t>(at_ - begin)});
  return word != not_there && tell(word == 0 ? JsonType::null : JsonType::boolean, begin);
}

JsonResult JsonReader::read(std::size_t max_depth) {
  std::uint32_t objects = 0;  // the innermost level is the lowest bit
  static_assert(max_json_depth <= 32);
  const auto closing = [&objects] { return (objects & 1U) != 0 ? '}' : ']'; };
  bool is_open = false;  // what was just opened may end at once
  do {
    if (!is_open || next() != closing()) {
      // A member or an item begins.
      if ((objects & 1U) != 0) {
        next();
        if (!string(JsonType::key) || next() != ':') return result_;
        ++at_;
      }
      const char first = next();
      is_open = first == '{' || first == '[';
      if (is_open) {
        if (part_.depth == max_depth) return JsonResult::too_deep;
        const char* const begin = at_++;
        if (!tell(first == '{' ? JsonType::object : JsonType::list, begin)) return result_;
        objects = objects << 1U | (first == '{' ? 1U : 0U);
        ++part_.depth;
        continue;
      }
      if (!scalar()) return result_;
    }
    // It has ended, and with it perhaps what it stands in.
    is_open = false;
    while (part_.depth != 0 && next() != ',') {
      if (next() != closing()) return JsonResult::invalid;
      const char* const begin = at_++;
      objects >>= 1U;
      --part_.depth;
      if (!tell(JsonType::end, begin)) return result_;
    }
  } while (is_open || (part_.depth != 0 && take(',')));
  next();
  return at_ == end_ ? JsonResult::ok : JsonResult::invalid;
}

}  // namespace

JsonResult parse_json(std::string_view json, std::size_t max_depth, JsonHandler& handler,
                      Span<char> decoded) {
  return JsonReader(json, handler, decoded).read(max_depth);
}

JsonResult parse_json(std::string_view json, std::size_t max_depth, JsonHandler& handler) {
  char decoded[64];
  const JsonResult result = parse_json(json, max_depth, handler, decoded);
  wipe(decoded);
  return result;
}

ScaledNumber scale_json_number(const JsonPart& part, std::uint8_t decimals, Rounding rounding) {
  std::string_view number = part.text;
  const bool negative = !number.empty() && number[0] == '-';
  if (negative) number.remove_prefix(1);

  // Of its digits, how many stand before the point, once it is shifted.
  std::int32_t places = decimals;
  std::size_t size = 0;
  for (bool is_fraction = false; size < number.size(); ++size) {
    if (to_lower(number[size]) == 'e') break;
    if (number[size] == '.') is_fraction = true;
    if (!is_fraction) ++places;
  }
  std::int32_t exponent = 0;
  for (const char c : after(number, size)) {
    constexpr std::int32_t enough = 100000000;  // more than there can be digits
    if (is_digit(c) && exponent < enough) exponent = exponent * 10 + (c - '0');
  }
  places += slice(number, size + 1, 1) == "-" ? -exponent : exponent;

  constexpr std::uint64_t max = std::numeric_limits<std::int64_t>::max();
  std::uint64_t result = 0;
  bool exact = true;
  bool round = false;
  for (std::size_t i = 0; i < size || (places > 0 && result != 0); ++i) {
    if (i < size && number[i] == '.') continue;
    const std::uint32_t digit = i < size ? static_cast<std::uint32_t>(number[i] - '0') : 0;
    if (places > 0) {
      const std::uint64_t next = result * 10 + digit;
      if (result >> 60U != 0 || next > max) {
        result = max;
        exact = false;
        break;
      }
      result = next;
    } else if (digit != 0) {
      exact = false;
      if (rounding == Rounding::away_from_zero || (places == 0 && digit >= 5)) round = true;
    }
    --places;
  }
  if (round && result != max) ++result;
  const auto value = static_cast<std::int64_t>(result);
  return {negative ? -value : value, exact};
}

}  // namespace here_tracking
