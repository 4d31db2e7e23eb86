// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "here_tracking/span.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace here_tracking {

/// The deepest nesting that is read.
inline constexpr std::size_t max_json_depth = 32;

enum class JsonType : std::uint8_t { key, text, number, boolean, null, list, object, end };

/// A part of a JSON text. A list or an object is two: the bracket that begins it, and its end.
struct JsonPart {
  /// A key or a text decoded; only its beginning unless `complete`. Half a surrogate pair, which
  /// JSON allows and UTF-8 cannot say, comes as U+FFFD. Of what is neither, as `raw`.
  std::string_view text;
  std::string_view raw;  ///< As it stands in the text, with the quotes
  /// Of a key or a text; 0 also when one of them is half a surrogate pair, so that it cannot be
  /// UTF-8.
  std::size_t characters = 0;
  std::size_t depth = 0;  ///< How many lists and objects it stands in
  JsonType type = JsonType::key;
  bool complete = true;  ///< Whether all of a key or a text was decoded
  // Of a number, where its digits before the point end, and those before the exponent.
  const char* point = nullptr;
  const char* exponent = nullptr;
};

/// Receives the parts of a JSON text in order.
class JsonHandler {
 public:
  JsonHandler() = default;
  JsonHandler(const JsonHandler&) = delete;
  JsonHandler& operator=(const JsonHandler&) = delete;

  /// Returns whether to go on.
  virtual bool on_part(const JsonPart& part) = 0;

 protected:
  ~JsonHandler() = default;
};

enum class JsonResult : std::uint8_t {
  ok,
  too_deep,  ///< More than `max_depth` levels; what came before is valid
  stopped,   ///< The handler did not want to go on
  invalid    ///< Not one JSON value in UTF-8
};

/// Reads `json` piece by piece. Strings are decoded into `decoded`; longer ones come cut.
/// @param max_depth at most max_json_depth.
JsonResult parse_json(std::string_view json, std::size_t max_depth, JsonHandler& handler,
                      Span<char> decoded);
/// Decodes strings into 64 bytes of stack, and wipes them.
JsonResult parse_json(std::string_view json, std::size_t max_depth, JsonHandler& handler);

enum class Rounding : std::uint8_t {
  away_from_zero,
  nearest  ///< Half-way cases away from zero
};

struct ScaledNumber {
  std::int64_t value = 0;
  bool exact = true;  ///< Neither rounded nor limited
};

/// A JSON number times 10^decimals, as an integer. What is beyond 64 bits comes as +-(2^63 - 1).
[[nodiscard]] ScaledNumber scale_json_number(const JsonPart& number, std::uint8_t decimals,
                                             Rounding rounding);

}  // namespace here_tracking
