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
  static constexpr std::uint32_t invalid = 0xffffffff;

  /// '\0', which is valid nowhere, at the end. So whoever goes on behind what is valid alone stays
  /// within the text.
  [[nodiscard]] char peek() const { return at_ != end_ ? *at_ : '\0'; }
  /// The first character that is no white space: what is told next begins there.
  char next() {
    begin_ = at_ = skip_space(at_, end_);
    return peek();
  }
  bool take(char c) {
    if (peek() != c) return false;
    ++at_;
    return true;
  }
  bool take_next(char c) {
    next();
    return take(c);
  }
  /// All that are from `first` to `last`. Whether there is one.
  bool take_all(char first, char last) {
    const char* const begin = at_;
    while (peek() >= first && peek() <= last)
      ++at_;
    return at_ != begin;
  }
  bool digits() { return take_all('0', '9'); }
  bool number();
  [[nodiscard]] std::string_view raw() const {
    return {begin_, static_cast<std::size_t>(at_ - begin_)};
  }
  std::uint32_t hex4();
  bool escape();
  bool string(JsonType type);
  bool scalar();
  bool tell(JsonType type);

  const char* at_;
  const char* end_;
  const char* begin_ = nullptr;
  JsonHandler& handler_;
  TextBuilder decoded_;
  JsonPart part_;
  std::uint32_t high_ = 0;             // the last high half of a surrogate pair
  const char* behind_high_ = nullptr;  // where its other half would begin
  std::size_t halves_ = 0;             // without the other, in the present string
  JsonResult result_ = JsonResult::invalid;
};

bool JsonReader::tell(JsonType type) {
  part_.type = type;
  part_.raw = raw();
  if (type > JsonType::text) part_.text = part_.raw;
  if (handler_.on_part(part_)) return true;
  result_ = JsonResult::stopped;
  return false;
}

bool JsonReader::number() {
  take('-');
  if (!take('0') && !digits()) return false;
  part_.point = at_;
  if (take('.') && !digits()) return false;
  part_.exponent = at_;
  if ((peek() | case_bit) != 'e') return true;
  ++at_;
  if (!take('+')) take('-');
  return digits();
}

/// `invalid`: not four hexadecimal digits.
std::uint32_t JsonReader::hex4() {
  std::uint32_t unit = 1;  // shifted out of the lower 16 bits by the fourth
  do {
    const int digit = hex_value(peek());
    if (digit < 0) return invalid;
    unit = unit << 4U | static_cast<std::uint32_t>(digit);
    ++at_;
  } while (unit >> 16U == 0);
  return unit & 0xffff;
}

/// What follows a backslash.
bool JsonReader::escape() {
  std::uint32_t point = invalid;
  if (take('u')) {
    point = hex4();
  } else {
    const char* known = "\"\"\\\\//b\bf\fn\nr\rt\t";
    while (*known != '\0' && !take(*known))
      known += 2;
    if (*known == '\0') return false;
    point = static_cast<unsigned char>(known[1]);
  }
  if (point == invalid) return false;
  if ((point & 0xf800U) == 0xd800) {
    constexpr std::ptrdiff_t escape_bytes = 6;
    if (point >= 0xdc00 && behind_high_ == at_ - escape_bytes) {
      point = 0x10000 + ((high_ - 0xd800) << 10U) + (point - 0xdc00);
      decoded_.drop(3);
      --part_.characters;
      --halves_;
    } else {
      if (point < 0xdc00) {
        high_ = point;
        behind_high_ = at_;
      }
      point = 0xfffd;
      ++halves_;
    }
  }
  std::uint32_t shift = 0;
  std::uint32_t mark = 0;  // how a first byte says how many there are
  if (point >= 0x80) {
    std::uint32_t more = 1;
    while (point >> (5 * more + 6) != 0)
      ++more;
    mark = 0xff80U >> more;
    shift = 6 * more;
  }
  decoded_.append(static_cast<char>(mark | point >> shift));
  while (shift != 0) {
    shift -= 6;
    decoded_.append(static_cast<char>(0x80U | (point >> shift & 0x3fU)));
  }
  return true;
}

bool JsonReader::string(JsonType type) {
  if (!take('"')) return false;
  decoded_.cut(0);
  part_.characters = 0;
  halves_ = 0;
  for (; !take('"'); ++part_.characters) {
    if (take('\\')) {
      if (!escape()) return false;
      continue;
    }
    const std::size_t bytes = utf8_bytes(at_, end_);
    if (bytes == 0 || static_cast<unsigned char>(*at_) < 0x20) return false;
    decoded_.append({at_, bytes});
    at_ += bytes;
  }
  if (halves_ != 0) part_.characters = 0;
  part_.text = decoded_.text();
  part_.complete = !decoded_.overflow();
  return tell(type);
}

bool JsonReader::scalar() {
  if (!take_all('a', 'z')) return number() && tell(JsonType::number);
  const std::uint8_t word = index_in("null true false", raw());
  return word != not_there && tell(word == 0 ? JsonType::null : JsonType::boolean);
}

JsonResult JsonReader::read(std::size_t max_depth) {
  std::uint32_t objects = 0;  // the innermost level is the lowest bit
  static_assert(max_json_depth <= 32);
  const auto closing = [&objects] { return (objects & 1U) != 0 ? '}' : ']'; };
  bool is_open = false;  // what was just opened may end at once
  for (;;) {
    if (!is_open || next() != closing()) {
      // A member or an item begins.
      if ((objects & 1U) != 0) {
        next();
        if (!string(JsonType::key) || !take_next(':')) return result_;
      }
      const char first = next();
      is_open = first == '{' || first == '[';
      if (is_open) {
        if (part_.depth == max_depth) return JsonResult::too_deep;
        ++at_;
        const std::uint32_t is_object = first == '{' ? 1 : 0;
        if (!tell(is_object != 0 ? JsonType::object : JsonType::list)) return result_;
        objects = objects << 1U | is_object;
        ++part_.depth;
        continue;
      }
      if (first == '"' ? !string(JsonType::text) : !scalar()) return result_;
    }
    // It has ended, and with it perhaps what it stands in.
    for (is_open = false; part_.depth == 0 || !take_next(',');) {
      if (part_.depth == 0) {
        next();
        return at_ == end_ ? JsonResult::ok : result_;
      }
      if (!take(closing())) return result_;
      objects >>= 1U;
      --part_.depth;
      if (!tell(JsonType::end)) return result_;
    }
  }
}

}  // namespace

JsonResult parse_json(std::string_view json, std::size_t max_depth, JsonHandler& handler,
                      Span<char> decoded) {
  return JsonReader(json, handler, decoded).read(max_depth);
}

JsonResult parse_json(std::string_view json, std::size_t max_depth, JsonHandler& handler) {
  char decoded[64];
  const JsonResult result = JsonReader(json, handler, decoded).read(max_depth);
  wipe(decoded);
  return result;
}

ScaledNumber scale_json_number(const JsonPart& part, std::uint8_t decimals, Rounding rounding) {
  const std::string_view number = part.text;
  const bool is_negative = number.front() == '-';
  const char* at = number.data() + (is_negative ? 1 : 0);
  // Of its digits before the point, once that is shifted.
  std::int32_t places = decimals + static_cast<std::int32_t>(part.point - at);
  std::int32_t exponent = 0;
  bool is_small = false;
  for (const char* c = part.exponent; c != number.data() + number.size(); ++c) {
    constexpr std::int32_t enough = 1 << 27;  // more than there can be digits
    if (*c == '-') is_small = true;
    if (is_digit(*c) && exponent < enough) exponent = exponent * 10 + (*c - '0');
  }
  places += is_small ? -exponent : exponent;

  constexpr std::uint64_t max = std::numeric_limits<std::int64_t>::max();
  constexpr std::uint64_t beyond = max + 1;
  std::uint64_t result = 0;
  bool exact = true;
  bool round = false;
  for (; at < part.exponent || (places > 0 && result != 0); ++at) {
    const std::uint32_t digit = at < part.exponent ? static_cast<std::uint32_t>(*at - '0') : 0;
    if (digit > 9) continue;
    if (places > 0) {
      result = result >> 60U == 0 ? result * 10 + digit : beyond;
      if (result > max) break;
    } else if (digit != 0) {
      exact = false;
      if (rounding == Rounding::away_from_zero || (places == 0 && digit >= 5)) round = true;
    }
    --places;
  }
  if (round) ++result;
  if (result > max) {
    result = max;
    exact = false;
  }
  const auto value = static_cast<std::int64_t>(result);
  return {is_negative ? -value : value, exact};
}

}  // namespace here_tracking
