// SPDX-License-Identifier: Apache-2.0
#include "calendar.hpp"

#include "division.hpp"

namespace here_tracking {
namespace {

/// From 1970-01-01 to the first day of a month; months are counted from January of the year 0.
std::uint32_t days_before(std::uint32_t month) {
  // A year that begins in March ends with its leap day, and its months have 153 days in five.
  const std::uint32_t months = month - 2;
  const std::uint32_t years = months / 12;
  const std::uint32_t centuries = years / 100;
  return years * 1461 / 4 - centuries + centuries / 4 + (months % 12 * 153 + 2) / 5 - 719468;
}

}  // namespace

std::int32_t days_since_1970(std::uint32_t year, std::uint32_t month, std::uint32_t day) {
  const std::uint32_t months = year * 12 + month - 1;
  const std::uint32_t first = days_before(months);
  const bool exists = year >= 1970 && month - 1 < 12 && day - 1 < days_before(months + 1) - first;
  return exists ? static_cast<std::int32_t>(first + day - 1) : no_day;
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
  const std::int32_t days = days_since_1970(numbers[2], month + 1U, numbers[1]);
  if (days == no_day || numbers[3] > 23 || numbers[4] > 59 || numbers[5] > 60) return false;
  const std::uint32_t second_of_day = (numbers[3] * 60 + numbers[4]) * 60 + numbers[5];
  epoch_s = std::int64_t{days} * 86400 + second_of_day;
  return true;
}

void write_utc(std::int64_t epoch_ms, TextBuilder& out) {
  auto time = static_cast<std::uint64_t>(epoch_ms);
  const std::uint32_t ms = divide(time, 60000);
  const auto minutes = static_cast<std::uint32_t>(time);
  const std::uint32_t day = minutes / 1440;
  std::uint32_t month =
      1970 * 12 + day * 2 / 61;  // or a later one: they are shorter than 30.5 days
  while (days_before(month + 1) <= day)
    ++month;

  const std::uint32_t thousandths[] = {
      month / 12 * 1000,        (month % 12 + 1) * 1000, (day - days_before(month) + 1) * 1000,
      minutes / 60 % 24 * 1000, minutes % 60 * 1000,     ms};
  const char* behind = "--T::Z";
  for (const std::uint32_t number : thousandths) {
    if (number < 10000) out.append('0');
    out.append_decimal(number, 3);
    out.append(*behind++);
  }
}

}  // namespace here_tracking
