// SPDX-License-Identifier: Apache-2.0
#include "url.hpp"

namespace here_tracking {

bool is_alphanumeric(char c) {
  return is_digit(c) || is_letter(c);
}

void write_origin(const Origin& origin, TextBuilder& out) {
  out.append(origin.tls ? "https://" : "http://");
  for (const char c : origin.host)
    out.append(to_lower(c));
  if (origin.port == default_port(origin)) return;
  out.append(':');
  out.append_integer(origin.port);
}

void write_encoded(char c, TextBuilder& out) {
  constexpr std::string_view hex = "0123456789ABCDEF";
  if (is_alphanumeric(c) || c == '-' || c == '.' || c == '_' || c == '~') {
    out.append(c);
  } else {
    const auto byte = static_cast<unsigned char>(c);
    out.append('%');
    out.append(hex[byte >> 4U]);
    out.append(hex[byte & 15U]);
  }
}

void write_encoded(const std::string_view& text, TextBuilder& out) {
  for (const char c : text)
    write_encoded(c, out);
}

}  // namespace here_tracking
