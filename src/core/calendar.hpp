// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace here_tracking {

/// Days from 1970-01-01 to a date of the Gregorian calendar from 1970 on, months and days counted
/// from 1; nothing for a date that does not exist.
[[nodiscard]] std::optional<std::int32_t> days_since_1970(std::uint32_t year, std::uint32_t month,
                                                          std::uint32_t day);

/// Reads an HTTP date in its fixed form, "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110, 5.6.7), as
/// seconds since 1970. False for anything else.
bool parse_http_date(std::string_view text, std::int64_t& epoch_s);

}  // namespace here_tracking
