// SPDX-License-Identifier: Apache-2.0
#include "here_tracking/status.hpp"

#include "words.hpp"

#include <cstddef>
#include <string_view>

namespace here_tracking {
namespace {

constexpr std::size_t count(std::string_view words) {
  std::size_t words_seen = 0;
  for (const char c : words)
    words_seen += c == '\0' ? 1 : 0;
  return words_seen;
}

// In the order of Rule, from the second one on. So is that of Unit.
constexpr char rules[] =
    "given with\0"
    "given once a sample\0"
    "UTF-8\0"
    "2..4102448400000 ms since 1970\0"
    "left out unless the type is gnss\0"
    "left out unless the type is wlan\0"
    "2.4, 3.65 or 5 GHz\0"
    "identified by mac, eddystoneId or iBeaconId\0"
    "nested at most 12 levels deep\0"
    "a valid JSON object in UTF-8\0"
    "at most 1000 bytes of compact JSON\0"
    "at most 2^63 - 1\0"
    "a DeviceMode\0"
    "1..15 digits\0"
    "18..22 characters in UTF-8\0"
    "E.164: + and 2..15 digits, the first not 0\0"
    "X.Y.Z with X and Y 0..255 and Z 0..65535\0"
    "0 or more\0"
    "a pair of mcc and mnc, or of sid and nid\0"
    "https://host[:port]\0"
    "https://host[:port], without user, path or query\0"
    "a host of at most 128 characters\0"
    "https://host[:port] with a port of 1..65535\0"
    "https:// for every host but this machine itself\0"
    "1..2147483647\0"
    "one or more, each with a timestamp\0"
    "1..50 characters\0"
    "1..128 characters\0"
    "empty: a device sends for itself\0"
    "letters, digits and -._~+/, with = at its end\0"
    "1 or more\0"
    "1..50 characters\0"
    "8 characters or more\0"
    "a whole number 0..9223372036854775807\0"
    "a whole number of ms up to 4102448400000\0"
    "a number, 0 or more\0"
    "a number\0"
    "a number, 1 or more\0"
    "true or false\0"
    "a text of 1..50 characters\0"
    "\"all\", \"\" or a list of names\0"
    "one of the documented names\0"
    "acceleration, pressure, temperature, humidity or gnss\0"
    "an object\0"
    "a list\0"
    "nested at most 32 levels deep\0";

constexpr char units[] =
    " characters\0 bytes\0 items\0 cells\0 access points\0 beacons\0 levels\0 ms\0 s\0";
static_assert(count({rules, sizeof(rules) - 1}) == static_cast<std::size_t>(Rule::shadow_depth));
static_assert(count({units, sizeof(units) - 1}) == static_cast<std::size_t>(Unit::s));

}  // namespace

const char* to_string(Rule rule) {
  return word_at(rules, static_cast<std::size_t>(rule) - 1);
}

std::size_t format(const FieldError& error, Span<char> into) {
  const bool is_text = error.text[0] != '\0';
  const char* const unit = word_at(units, static_cast<std::size_t>(error.unit) - 1);
  TextBuilder text(into);
  append_words(text, error.scope);
  if (error.index >= 0) {
    text.append('[');
    text.append_integer(error.index);
    text.append(']');
  }
  if (*error.scope != '\0' && *error.field != '\0') text.append('.');
  append_words(text, error.field, " = ");
  if (is_text) {
    text.append('"');
    for (const char* at = error.text.data(); *at != '\0'; ++at)
      text.append(*at < ' ' || *at > '~' ? '?' : *at);
    text.append('"');
  } else {
    text.append_decimal(error.value, error.decimals);
    append_words(text, unit);
  }
  append_words(text, ": must be ", to_string(error.rule));
  if (error.rule != Rule::range) {
    append_words(text, *error.partner != '\0' ? " " : nullptr, error.partner);
  } else {
    text.append_decimal(error.min, error.decimals);
    append_words(text, "..");
    text.append_decimal(error.max, error.decimals);
    if (is_text) append_words(text, unit);
  }
  return text.size();
}

}  // namespace here_tracking
