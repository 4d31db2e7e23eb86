// SPDX-License-Identifier: Apache-2.0
#include "http_date.hpp"

#include "text.hpp"

namespace here_tracking {

std::int32_t days_from_civil(std::int32_t year, std::uint32_t month, std::uint32_t day) {
  // Years that begin in March put the leap day at their end.
  const std::int32_t y = month <= 2 ? year - 1 : year;
  const std::int32_t era = (y >= 0 ? y : y - 399) / 400;
  const auto year_of_era = static_cast<std::uint32_t>(y - era * 400);
  const std::uint32_t day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
  const std::uint32_t day_of_era =
      year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146097 + static_cast<std::int32_t>(day_of_era) - 719468;
}

bool parse_http_date(std::string_view text, std::int64_t& epoch_s) {
  constexpr std::string_view form = "Sun, 06 Nov 1994 08:49:37 GMT";
  constexpr std::string_view months = "JanFebMarAprMayJunJulAugSepOctNovDec";
  if (text.size() != form.size() || slice(text, 3, 2) != ", " || after(text, 25) != " GMT" ||
      text[7] != ' ' || text[11] != ' ' || text[16] != ' ' || text[19] != ':' || text[22] != ':') {
    return false;
  }
  const std::size_t month = months.find(slice(text, 8, 3));
  std::uint64_t day = 0;
  std::uint64_t year = 0;
  std::uint64_t hour = 0;
  std::uint64_t minute = 0;
  std::uint64_t second = 0;
  if (month == std::string_view::npos || month % 3 != 0 ||
      !parse_digits(slice(text, 5, 2), 31, day) || day == 0 ||
      !parse_digits(slice(text, 12, 4), 9999, year) || year < 1970 ||
      !parse_digits(slice(text, 17, 2), 23, hour) ||
      !parse_digits(slice(text, 20, 2), 59, minute) ||
      !parse_digits(slice(text, 23, 2), 60, second)) {
    return false;
  }
  const std::int64_t days =
      days_from_civil(static_cast<std::int32_t>(year), static_cast<std::uint32_t>(month / 3 + 1),
                      static_cast<std::uint32_t>(day));
  epoch_s =
      ((days * 24 + static_cast<std::int64_t>(hour)) * 60 + static_cast<std::int64_t>(minute)) *
          60 +
      static_cast<std::int64_t>(second);
  return true;
}

}  // namespace here_tracking
