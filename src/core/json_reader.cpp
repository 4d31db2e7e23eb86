// SPDX-License-Identifier: Apache-2.0
#include "json_reader.hpp"

#include "rapidjson.hpp"
#include "text.hpp"

#include <limits>

#include <rapidjson/reader.h>

namespace here_tracking {
namespace {

namespace rj = here_tracking_rapidjson;

// In-situ parsing makes RapidJSON write decoded strings back through the stream instead of onto its
// growing stack. This stream sends them to a buffer of a fixed size, so that the text stays as it
// is and no length of string needs memory. NOLINTBEGIN(readability-identifier-naming): RapidJSON's
// stream concept
class Stream {
 public:
  using Ch = char;

  Stream(std::string_view json, Span<char> decoded) : json_(json), decoded_(decoded) {}

  [[nodiscard]] Ch Peek() const { return offset_ < json_.size() ? json_[offset_] : '\0'; }
  Ch Take() { return offset_ < json_.size() ? json_[offset_++] : '\0'; }
  [[nodiscard]] std::size_t Tell() const { return offset_; }

  Ch* PutBegin() {
    begin_ = offset_;
    count_ = 0;
    return decoded_.data();
  }
  void Put(Ch c) {
    if (count_ < decoded_.size()) decoded_[count_] = c;
    ++count_;
  }
  void Flush() {}
  std::size_t PutEnd(Ch*) { return count_; }

  [[nodiscard]] JsonString string() const {
    const std::size_t length = count_ - 1;  // a terminator was put
    const bool complete = length <= decoded_.size();
    return {{decoded_.data(), complete ? length : decoded_.size()},
            complete,
            slice(json_, begin_, offset_ - begin_ - 1)};
  }
  [[nodiscard]] std::string_view before(std::size_t length) const {
    return slice(json_, offset_ - length, length);
  }
  [[nodiscard]] bool at_end() const { return offset_ == json_.size(); }

 private:
  std::string_view json_;
  Span<char> decoded_;
  std::size_t offset_ = 0;
  std::size_t begin_ = 0;
  std::size_t count_ = 0;
};

class Adapter {
 public:
  using Ch = char;

  Adapter(Stream& stream, JsonHandler& handler, std::size_t max_depth)
      : stream_(stream), handler_(handler), max_depth_(max_depth) {}

  bool Null() { return handler_.on_null(); }
  bool Bool(bool value) { return handler_.on_bool(value); }
  bool RawNumber(const Ch*, rj::SizeType length, bool) {
    return handler_.on_number(stream_.before(length));
  }
  bool String(const Ch*, rj::SizeType, bool) { return handler_.on_string(stream_.string()); }
  bool Key(const Ch*, rj::SizeType, bool) { return handler_.on_key(stream_.string()); }
  bool StartObject() { return begin(true); }
  bool EndObject(rj::SizeType) { return end(true); }
  bool StartArray() { return begin(false); }
  bool EndArray(rj::SizeType) { return end(false); }

  // Numbers come as text; RapidJSON names these all the same.
  bool Int(int) { return false; }
  bool Uint(unsigned) { return false; }
  bool Int64(std::int64_t) { return false; }
  bool Uint64(std::uint64_t) { return false; }
  bool Double(double) { return false; }

  [[nodiscard]] bool too_deep() const { return depth_ > max_depth_; }

 private:
  bool begin(bool object) {
    ++depth_;
    return !too_deep() && handler_.on_begin(object, depth_, stream_.Tell());
  }
  bool end(bool object) { return handler_.on_end(object, depth_--, stream_.Tell()); }

  Stream& stream_;
  JsonHandler& handler_;
  std::size_t max_depth_;
  std::size_t depth_ = 0;
};
// NOLINTEND(readability-identifier-naming)

// RapidJSON keeps a count and a state for each level, and enters a level before it asks the
// handler.
constexpr std::size_t level_bytes = 2 * sizeof(rj::SizeType);
using Levels = FixedAllocator<(max_json_depth + 1) * level_bytes>;

}  // namespace

JsonResult parse_json(std::string_view json, std::size_t max_depth, JsonHandler& handler,
                      Span<char> decoded) {
  Stream stream(json, decoded);
  Adapter adapter(stream, handler, max_depth < max_json_depth ? max_depth : max_json_depth);
  Levels levels;
  rj::GenericReader<rj::UTF8<>, rj::UTF8<>, Levels> reader(&levels, sizeof(Levels));
  constexpr unsigned flags = rj::kParseIterativeFlag | rj::kParseInsituFlag |
                             rj::kParseNumbersAsStringsFlag | rj::kParseValidateEncodingFlag;
  const rj::ParseResult result = reader.Parse<flags>(stream, adapter);
  if (adapter.too_deep()) return JsonResult::too_deep;
  if (result.Code() == rj::kParseErrorTermination) return JsonResult::stopped;
  if (result.IsError() || !stream.at_end()) return JsonResult::invalid;
  return JsonResult::ok;
}

JsonResult parse_json(std::string_view json, std::size_t max_depth, JsonHandler& handler) {
  char decoded[64];
  const JsonResult result = parse_json(json, max_depth, handler, decoded);
  wipe(decoded);
  return result;
}

std::size_t count_json_characters(std::string_view raw) {
  std::size_t count = 0;
  while (!raw.empty()) {
    std::size_t bytes = 1;
    if (raw[0] == '\\') {
      const std::string_view digits = slice(raw, 2, 2);
      const bool is_half = digits.size() == 2 && to_lower(digits[0]) == 'd' && digits[1] > '7';
      if (slice(raw, 1, 1) != "u") {
        bytes = 2;
      } else if (!is_half) {
        bytes = 6;
      } else if (to_lower(digits[1]) < 'c') {
        bytes = 12;
      } else {
        return 0;  // RapidJSON sees to it that a first half has its second, but not the reverse
      }
    } else {
      while (bytes < raw.size() && (static_cast<unsigned char>(raw[bytes]) & 0xc0U) == 0x80U)
        ++bytes;
    }
    raw = after(raw, bytes);
    ++count;
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
    limited = limited || result > (max - digit) / 10;
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
