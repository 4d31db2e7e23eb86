// SPDX-License-Identifier: Apache-2.0
#include "text.hpp"

#include <algorithm>
#include <ctime>

namespace here_tracking::cli {
namespace {

/// Bytes of the UTF-8 character at the front; 0 when there is none.
std::size_t character_size(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text[0]);
  const std::size_t size = lead < 0x80                   ? 1
                           : lead >= 0xc2 && lead < 0xe0 ? 2
                           : lead >= 0xe0 && lead < 0xf0 ? 3
                           : lead >= 0xf0 && lead < 0xf5 ? 4
                                                         : 0;
  if (size > text.size()) return 0;
  for (std::size_t i = 1; i < size; ++i) {
    if ((static_cast<unsigned char>(text[i]) & 0xc0U) != 0x80) return 0;
  }
  return size;
}

}  // namespace

std::string utc_time(std::int64_t time_ms) {
  std::int64_t seconds = time_ms / 1000;
  std::int64_t rest_ms = time_ms % 1000;
  if (rest_ms < 0) {
    rest_ms += 1000;
    --seconds;
  }
  const auto time = static_cast<std::time_t>(seconds);
  std::tm parts{};
  char date[64] = "";
  if (gmtime_r(&time, &parts) == nullptr ||
      std::strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &parts) == 0) {
    return std::to_string(time_ms) + " ms";
  }
  return std::string(date) + "." + std::to_string(1000 + rest_ms).substr(1) + "Z";
}

std::optional<std::int64_t> parse_utc_time(std::string_view text) {
  constexpr std::string_view form = "0000-00-00T00:00:00";
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  if (text.size() <= form.size() || text.back() != 'Z') return std::nullopt;
  for (std::size_t i = 0; i < form.size(); ++i) {
    if (form[i] == '0' ? !is_digit(text[i]) : text[i] != form[i]) return std::nullopt;
  }
  const auto number = [text](std::size_t at, std::size_t digits) {
    int value = 0;
    for (const char c : text.substr(at, digits))
      value = value * 10 + (c - '0');
    return value;
  };
  std::string_view fraction = text.substr(form.size(), text.size() - form.size() - 1);
  std::int64_t rest_ms = 0;
  if (!fraction.empty()) {
    fraction.remove_prefix(1);
    if (text[form.size()] != '.' || fraction.empty() ||
        !std::all_of(fraction.begin(), fraction.end(), is_digit)) {
      return std::nullopt;
    }
    for (std::size_t i = 0; i < 3; ++i)
      rest_ms = rest_ms * 10 + (i < fraction.size() ? fraction[i] - '0' : 0);
  }
  std::tm parts{};
  parts.tm_year = number(0, 4) - 1900;
  parts.tm_mon = number(5, 2) - 1;
  parts.tm_mday = number(8, 2);
  parts.tm_hour = number(11, 2);
  parts.tm_min = number(14, 2);
  parts.tm_sec = number(17, 2);
  const std::tm given = parts;
  if (given.tm_hour > 23 || given.tm_min > 59 || given.tm_sec > 60) return std::nullopt;
  const std::int64_t seconds = timegm(&parts);
  // timegm() makes the 1st of March of the 30th of February; 60 s are a leap second.
  parts = {};
  const std::time_t midnight = seconds - (given.tm_hour * 60 + given.tm_min) * 60 - given.tm_sec;
  if (gmtime_r(&midnight, &parts) == nullptr || parts.tm_mon != given.tm_mon ||
      parts.tm_mday != given.tm_mday) {
    return std::nullopt;
  }
  return seconds * 1000 + rest_ms;
}

std::string clock_difference(std::int64_t behind_ms) {
  const std::int64_t magnitude_ms = behind_ms < 0 ? -behind_ms : behind_ms;
  const std::int64_t tenths = (magnitude_ms + 50) / 100;
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) +
         (behind_ms < 0 ? " s ahead" : " s behind");
}

std::string duration(std::uint32_t seconds) {
  std::string text = std::to_string(seconds) + " s";
  if (seconds < 60) return text;
  const std::uint32_t minutes = seconds / 60;
  text += " (";
  if (minutes >= 60) text += std::to_string(minutes / 60) + " h ";
  return text + std::to_string(minutes % 60) + " min)";
}

std::string without_login(std::string_view text) {
  const std::size_t begin = text.find("//");
  const std::size_t end = text.rfind('@');
  if (begin == std::string_view::npos || end == std::string_view::npos || end < begin) {
    return std::string(text);
  }
  return std::string(text.substr(0, begin + 2)) + "..." + std::string(text.substr(end));
}

std::string printable(std::string_view text, std::size_t most) {
  const bool cut = text.size() > most;
  text = text.substr(0, most);
  std::string line;
  while (!text.empty()) {
    const std::size_t size = character_size(text);
    const bool control =
        text[0] == '\x7f' || static_cast<unsigned char>(text[0]) < 0x20 ||
        // C1 controls: terminals obey them like an escape.
        (size == 2 && text[0] == '\xc2' && static_cast<unsigned char>(text[1]) < 0xa0);
    line.append(size == 0 || control ? "?" : text.substr(0, size));
    text.remove_prefix(std::max<std::size_t>(size, 1));
  }
  return cut ? line + "..." : line;
}

std::string count(std::size_t number, std::string_view singular, std::string_view plural) {
  return std::to_string(number).append(" ").append(number == 1 ? singular : plural);
}

std::string wrapped(std::string_view text, std::size_t indent, std::size_t width) {
  const auto columns = [](std::string_view word) {
    return static_cast<std::size_t>(std::count_if(word.begin(), word.end(), [](char c) {
      return (static_cast<unsigned char>(c) & 0xc0U) != 0x80;
    }));
  };
  std::string lines;
  std::size_t column = 0;
  std::size_t begin = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find(' ', at + 1), text.size());
    std::string_view word = text.substr(at, end - at);  // with the blanks before it
    at = end;
    if (column > begin && column + columns(word) > width) {
      lines.append("\n").append(indent, ' ');
      column = begin = indent;
      word.remove_prefix(std::min(word.find_first_not_of(' '), word.size()));
    }
    lines.append(word);
    column += columns(word);
  }
  return lines;
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blanks = " \t\r\n";
  const std::size_t begin = text.find_first_not_of(blanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(blanks) - begin + 1);
}

}  // namespace here_tracking::cli
