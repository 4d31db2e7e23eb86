// SPDX-License-Identifier: Apache-2.0
#include "url.hpp"

namespace here_tracking {

bool is_alphanumeric(char c) {
  return is_digit(c) || (to_lower(c) >= 'a' && to_lower(c) <= 'z');
}

void write_origin(const Origin& origin, ByteSink& out) {
  out.append(origin.tls ? "https://" : "http://");
  for (const char c : origin.host) {
    const char lower = to_lower(c);
    out.append({&lower, 1});
  }
  if (origin.port == default_port(origin)) return;
  char digits[8];
  TextBuilder text(digits);
  text.append(':');
  text.append_integer(origin.port);
  out.append(text.text());
}

void PercentEncoder::append(std::string_view piece) {
  constexpr std::string_view hex = "0123456789ABCDEF";
  for (const char c : piece) {
    if (is_alphanumeric(c) || c == '-' || c == '.' || c == '_' || c == '~') {
      out_.append({&c, 1});
    } else {
      const auto byte = static_cast<unsigned char>(c);
      const char encoded[] = {'%', hex[byte >> 4U], hex[byte & 15U]};
      out_.append({encoded, sizeof(encoded)});
    }
  }
}

}  // namespace here_tracking
