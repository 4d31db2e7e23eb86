// SPDX-License-Identifier: Apache-2.0
#include "here_tracking/status.hpp"

#include "text.hpp"

#include <cstddef>
#include <iterator>

namespace here_tracking {
namespace {

// In the order of Rule.
constexpr const char* rules[] = {
    "",
    "given with",
    "given once a sample",
    "UTF-8",
    "2..4102448400000 ms since 1970",

    "left out unless the type is gnss",
    "left out unless the type is wlan",
    "2.4, 3.65 or 5 GHz",
    "identified by mac, eddystoneId or iBeaconId",
    "nested at most 12 levels deep",
    "a valid JSON object in UTF-8",
    "at most 1000 bytes of compact JSON",
    "at most 2^63 - 1",
    "a DeviceMode",
    "1..15 digits",
    "18..22 characters in UTF-8",
    "E.164: + and 2..15 digits, the first not 0",
    "X.Y.Z with X and Y 0..255 and Z 0..65535",
    "0 or more",
    "a pair of mcc and mnc, or of sid and nid",

    "https://host[:port]",
    "https://host[:port], without user, path or query",
    "a host of at most 128 characters",
    "https://host[:port] with a port of 1..65535",
    "https:// for every host but this machine itself",
    "1..2147483647",
    "one or more, each with a timestamp",
    "1..50 characters",
    "1..128 characters",
    "empty: a device sends for itself",
    "letters, digits and -._~+/, with = at its end",
    "1 or more",
    "1..50 characters",
    "8 characters or more",

    "a whole number 0..9223372036854775807",
    "a whole number of ms up to 4102448400000",
    "a number, 0 or more",
    "a number",
    "a number, 1 or more",
    "true or false",
    "a text of 1..50 characters",
    R"("all", "" or a list of names)",
    "one of the documented names",
    "acceleration, pressure, temperature, humidity or gnss",
    "an object",
    "a list",
    "nested at most 32 levels deep",
};
static_assert(std::size(rules) == static_cast<std::size_t>(Rule::shadow_depth) + 1);

// In the order of Unit.
constexpr const char* units[] = {
    "",         " characters", " bytes", " items", " cells", " access points",
    " beacons", " levels",     " ms",    " s",
};
static_assert(std::size(units) == static_cast<std::size_t>(Unit::s) + 1);

}  // namespace

const char* to_string(Rule rule) {
  const auto index = static_cast<std::size_t>(rule);
  return index < std::size(rules) ? rules[index] : "";
}

std::size_t format(const FieldError& error, Span<char> into) {
  TextBuilder text(into);
  text.append(error.scope);
  if (error.index >= 0) {
    text.append('[');
    text.append_integer(error.index);
    text.append(']');
  }
  if (*error.scope != '\0' && *error.field != '\0') text.append('.');
  text.append(error.field);
  const char* const unit = units[static_cast<std::size_t>(error.unit)];
  text.append(" = ");
  if (error.text[0] != '\0') {
    text.append('"');
    for (const char* at = error.text.data(); *at != '\0'; ++at)
      text.append(*at < ' ' || *at > '~' ? '?' : *at);
    text.append('"');
  } else {
    text.append_decimal(error.value, error.decimals);
    text.append(unit);
  }
  text.append(": must be ");
  if (error.rule != Rule::range) {
    text.append(to_string(error.rule));
    if (*error.partner != '\0') text.append(' ');
    text.append(error.partner);
  } else {
    text.append_decimal(error.min, error.decimals);
    text.append("..");
    text.append_decimal(error.max, error.decimals);
    if (error.text[0] != '\0') text.append(unit);
  }
  return text.size();
}

}  // namespace here_tracking
