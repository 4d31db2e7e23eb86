// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "here_tracking/span.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace here_tracking {

/// The deepest nesting that is read.
inline constexpr std::size_t max_json_depth = 32;

/// A string of a JSON text.
struct JsonString {
  /// Decoded; only its beginning unless `complete`. Half a surrogate pair, which JSON allows and
  /// UTF-8 cannot say, comes as U+FFFD.
  std::string_view text;
  bool complete = true;  ///< Whether all of it was decoded
  std::string_view raw;  ///< As it stands in the text, between the quotes
};

/// Receives the parts of a JSON text in order. Each function returns whether to go on.
class JsonHandler {
 public:
  JsonHandler() = default;
  JsonHandler(const JsonHandler&) = delete;
  JsonHandler& operator=(const JsonHandler&) = delete;

  virtual bool on_key(const JsonString&) { return true; }
  virtual bool on_string(const JsonString&) { return true; }
  virtual bool on_number(std::string_view /*text*/) { return true; }
  virtual bool on_bool(bool) { return true; }
  virtual bool on_null() { return true; }
  /// `depth` is that of the members: 1 in the outermost container. `offset` is that of the bracket.
  virtual bool on_begin(bool /*object*/, std::size_t /*depth*/, std::size_t /*offset*/) {
    return true;
  }
  virtual bool on_end(bool /*object*/, std::size_t /*depth*/, std::size_t /*offset*/) {
    return true;
  }

 protected:
  ~JsonHandler() = default;
};

enum class JsonResult : std::uint8_t {
  ok,
  stopped,  ///< The handler did not want to go on
  invalid,  ///< Not one JSON value in UTF-8
  too_deep  ///< More than `max_depth` levels
};

/// Reads `json` piece by piece. Strings are decoded into `decoded`; longer ones come cut.
JsonResult parse_json(std::string_view json, std::size_t max_depth, JsonHandler& handler,
                      Span<char> decoded);
/// Decodes strings into 64 bytes of stack, and wipes them.
JsonResult parse_json(std::string_view json, std::size_t max_depth, JsonHandler& handler);

/// How many characters, not bytes, the raw form of a JSON string stands for; 0 also when one of
/// them is half a surrogate pair, so that it cannot be UTF-8.
[[nodiscard]] std::size_t count_json_characters(std::string_view raw);

enum class Rounding : std::uint8_t {
  away_from_zero,
  nearest  ///< Half-way cases away from zero
};

struct ScaledNumber {
  std::int64_t value = 0;
  bool exact = true;  ///< Neither rounded nor limited
};

/// A JSON number times 10^decimals, as an integer. What is beyond 64 bits comes as +-(2^63 - 1).
[[nodiscard]] ScaledNumber scale_json_number(std::string_view number, std::uint8_t decimals,
                                             Rounding rounding);

}  // namespace here_tracking
