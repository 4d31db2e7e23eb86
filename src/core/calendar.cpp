// SPDX-License-Identifier: Apache-2.0
#include "calendar.hpp"

namespace here_tracking {

std::optional<std::int32_t> days_since_1970(std::uint32_t year, std::uint32_t month,
                                            std::uint32_t day) {
  constexpr std::uint8_t month_days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const auto is_leap = [](std::uint32_t y) { return y % 4 == 0 && (y % 100 != 0 || y % 400 == 0); };
  if (year < 1970 || month < 1 || month > 12 || day < 1) return std::nullopt;
  if (day > month_days[month - 1] + (month == 2 && is_leap(year) ? 1U : 0U)) return std::nullopt;

  const std::uint32_t years = year - 1;
  std::uint32_t days = (year - 1970) * 365 + (years / 4 - years / 100 + years / 400) - 477;
  for (std::uint32_t m = 1; m < month; ++m)
    days += month_days[m - 1];
  if (month > 2 && is_leap(year)) ++days;
  return static_cast<std::int32_t>(days + day - 1);
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
      !parse_digits(slice(text, 5, 2), 31, day) || !parse_digits(slice(text, 12, 4), 9999, year) ||
      !parse_digits(slice(text, 17, 2), 23, hour) ||
      !parse_digits(slice(text, 20, 2), 59, minute) ||
      !parse_digits(slice(text, 23, 2), 60, second)) {
    return false;
  }
  const std::optional<std::int32_t> days =
      days_since_1970(static_cast<std::uint32_t>(year), static_cast<std::uint32_t>(month / 3 + 1),
                      static_cast<std::uint32_t>(day));
  if (!days) return false;
  const std::uint64_t second_of_day = (hour * 60 + minute) * 60 + second;
  epoch_s = std::int64_t{*days} * 86400 + static_cast<std::int64_t>(second_of_day);
  return true;
}

void write_utc(std::int64_t epoch_ms, TextBuilder& out) {
  const auto two_digits = [&out](std::uint32_t number) {
    out.append(static_cast<char>('0' + number / 10 % 10));
    out.append(static_cast<char>('0' + number % 10));
  };
  const auto epoch_s = static_cast<std::uint64_t>(epoch_ms) / 1000;
  const auto fraction_ms = static_cast<std::uint32_t>(static_cast<std::uint64_t>(epoch_ms) % 1000);
  const auto second = static_cast<std::uint32_t>(epoch_s % 86400);
  // Days since 1 March of year 0, so that the leap day is a year's last, in eras of 400 years.
  const std::uint32_t days = static_cast<std::uint32_t>(epoch_s / 86400) + 719468;
  const std::uint32_t era = days / 146097;
  const std::uint32_t day_of_era = days % 146097;
  const std::uint32_t year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  const std::uint32_t day_of_year =
      day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const std::uint32_t month_from_march = (5 * day_of_year + 2) / 153;
  const std::uint32_t day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
  const std::uint32_t month = month_from_march < 10 ? month_from_march + 3 : month_from_march - 9;
  const std::uint32_t year = era * 400 + year_of_era + (month <= 2 ? 1 : 0);

  two_digits(year / 100);
  two_digits(year % 100);
  out.append('-');
  two_digits(month);
  out.append('-');
  two_digits(day);
  out.append('T');
  two_digits(second / 3600);
  out.append(':');
  two_digits(second / 60 % 60);
  out.append(':');
  two_digits(second % 60);
  if (fraction_ms != 0) {
    out.append('.');
    for (std::uint32_t rest = fraction_ms; rest != 0; rest = rest % 100 * 10)
      out.append(static_cast<char>('0' + rest / 100));
  }
  out.append('Z');
}

}  // namespace here_tracking
