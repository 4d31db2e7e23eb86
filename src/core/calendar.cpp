// SPDX-License-Identifier: Apache-2.0
#include "calendar.hpp"

#include "division.hpp"

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
  constexpr std::string_view months = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec";
  if (text.size() != form.size()) return false;
  std::uint32_t numbers[5] = {};  // day, year, hour, minute, second
  std::uint32_t* number = numbers;
  for (std::size_t i = 3; i < form.size(); ++i) {
    if (is_digit(form[i])) {
      if (!is_digit(text[i])) return false;
      *number = *number * 10 + static_cast<std::uint32_t>(text[i] - '0');
      if (!is_digit(form[i + 1])) ++number;
    } else if (text[i] != form[i] && (i < 8 || i > 10)) {
      return false;
    }
  }
  const std::uint8_t month = index_in(months, slice(text, 8, 3));
  const std::optional<std::int32_t> days = days_since_1970(numbers[1], month + 1U, numbers[0]);
  if (!days || numbers[2] > 23 || numbers[3] > 59 || numbers[4] > 60) return false;
  const std::uint32_t second_of_day = (numbers[2] * 60 + numbers[3]) * 60 + numbers[4];
  epoch_s = std::int64_t{*days} * 86400 + second_of_day;
  return true;
}

void write_utc(std::int64_t epoch_ms, TextBuilder& out) {
  const auto two_digits = [&out](std::uint32_t number) {
    out.append(static_cast<char>('0' + number / 10 % 10));
    out.append(static_cast<char>('0' + number % 10));
  };
  auto time = static_cast<std::uint64_t>(epoch_ms);
  const std::uint32_t fraction_ms = divide(time, 1000);
  const auto epoch_s = static_cast<std::uint32_t>(time);
  const std::uint32_t second = epoch_s % 86400;
  // Days since 1 March of year 0, so that the leap day is a year's last, in eras of 400 years.
  const std::uint32_t days = epoch_s / 86400 + 719468;
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
