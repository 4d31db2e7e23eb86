// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace here_tracking::cli {

/// Milliseconds since 1970 as "2026-01-01T00:00:00.000Z".
[[nodiscard]] std::string utc_time(std::int64_t time_ms);

/// Milliseconds since 1970 of an RFC 3339 time in UTC, "2026-01-01T00:00:00.5Z", its fraction cut
/// to milliseconds; nothing for what is none.
[[nodiscard]] std::optional<std::int64_t> parse_utc_time(std::string_view text);

/// A clock's offset to another one: "3601.2 s behind", "0.4 s ahead".
[[nodiscard]] std::string clock_difference(std::int64_t behind_ms);

/// "86398 s (23 h 59 min)"; the part in brackets from a minute on.
[[nodiscard]] std::string duration(std::uint32_t seconds);

/// Foreign text, fit for one line on a terminal: control characters and what is no UTF-8 become
/// '?', and what is longer than `most` bytes is cut.
[[nodiscard]] std::string printable(std::string_view text, std::size_t most = 100);

/// The user and password of a URL become "...".
[[nodiscard]] std::string without_login(std::string_view text);

/// "1 cell", "2 cells".
[[nodiscard]] std::string count(std::size_t number, std::string_view singular,
                                std::string_view plural);

/// Text on lines of at most `width` columns, broken at blanks; from the second line on behind
/// `indent` blanks. A word that is longer stands on a line of its own. No line end at the end.
[[nodiscard]] std::string wrapped(std::string_view text, std::size_t indent,
                                  std::size_t width = 80);

[[nodiscard]] std::string_view trimmed(std::string_view text);

}  // namespace here_tracking::cli
