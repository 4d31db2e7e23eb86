// SPDX-License-Identifier: Apache-2.0
#include "calendar.hpp"

#include "division.hpp"

namespace here_tracking {
namespace {

/// From 1970-01-01 to the first day of a year.
std::uint32_t days_before(std::uint32_t year) {
  const std::uint32_t years = year - 1;
  return years * 365 + years / 4 - years / 100 + years / 400 - 719162;
}

std::uint32_t days_in(std::uint32_t year, std::uint32_t month) {
  // A year that 100 divides is a leap year where 16 divides it as well, and so 400.
  if (month == 2) return (year & (year % 100 != 0 ? 3U : 15U)) == 0 ? 29 : 28;
  return 30 + ((month + month / 8) & 1U);
}

}  // namespace

std::optional<std::int32_t> days_since_1970(std::uint32_t year, std::uint32_t month,
                                            std::uint32_t day) {
  if (year < 1970 || month - 1 > 11 || day - 1 >= days_in(year, month)) return std::nullopt;
  std::uint32_t days = days_before(year) + day - 1;
  while (--month > 0)
    days += days_in(year, month);
  return static_cast<std::int32_t>(days);
}

bool parse_http_date(std::string_view text, std::int64_t& epoch_s) {
  constexpr std::string_view form = "???, 00 ??? 0000 00:00:00 GMT";
  constexpr const char* months = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec";
  if (text.size() != form.size()) return false;
  std::uint32_t numbers[6] = {};  // none, day, year, hour, minute, second
  std::uint32_t* number = numbers;
  for (std::size_t i = 0; i < form.size(); ++i) {
    if (form[i] == '0') {
      if (!is_digit(text[i])) return false;
      if (form[i - 1] != '0') ++number;
      *number = *number * 10 + static_cast<std::uint32_t>(text[i] - '0');
    } else if (form[i] != '?' && text[i] != form[i]) {
      return false;
    }
  }
  const std::uint8_t month = index_in(months, slice(text, 8, 3));
  const std::optional<std::int32_t> days = days_since_1970(numbers[2], month + 1U, numbers[1]);
  if (!days || numbers[3] > 23 || numbers[4] > 59 || numbers[5] > 60) return false;
  const std::uint32_t second_of_day = (numbers[3] * 60 + numbers[4]) * 60 + numbers[5];
  epoch_s = std::int64_t{*days} * 86400 + second_of_day;
  return true;
}

void write_utc(std::int64_t epoch_ms, TextBuilder& out) {
  auto time = static_cast<std::uint64_t>(epoch_ms);
  const std::uint32_t ms = divide(time, 60000);
  const auto minutes = static_cast<std::uint32_t>(time);
  std::uint32_t day = minutes / 1440;
  std::uint32_t year = 1970 + day / 366;
  while (days_before(year + 1) <= day)
    ++year;
  day -= days_before(year);
  std::uint32_t month = 1;
  for (; day >= days_in(year, month); ++month)
    day -= days_in(year, month);

  out.append_integer(year);
  const auto two_digits = [&out](char before, std::uint32_t number) {
    out.append(before);
    if (number < 10) out.append('0');
    out.append_integer(number);
  };
  two_digits('-', month);
  two_digits('-', day + 1);
  two_digits('T', minutes / 60 % 24);
  two_digits(':', minutes % 60);
  out.append(':');
  if (ms < 10000) out.append('0');
  out.append_decimal(ms, 3);
  out.append('Z');
}

}  // namespace here_tracking
