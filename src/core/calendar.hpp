// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "text.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace here_tracking {

/// Days from 1970-01-01 to a date of the Gregorian calendar from 1970 on, months and days counted
/// from 1; no_day for a date that does not exist.
inline constexpr std::int32_t no_day = -1;
[[nodiscard]] std::int32_t days_since_1970(std::uint32_t year, std::uint32_t month,
                                           std::uint32_t day);

/// Reads an HTTP date in its fixed form, "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110, 5.6.7), as
/// seconds since 1970. False for anything else.
bool parse_http_date(std::string_view text, std::int64_t& epoch_s);

/// "2026-01-01T00:00:00.123Z"
inline constexpr std::size_t utc_text_bytes = 24;

/// A time from 1970 to 9999 as RFC 3339 UTC text; a fraction only where there is one.
void write_utc(std::int64_t epoch_ms, TextBuilder& out);

}  // namespace here_tracking
