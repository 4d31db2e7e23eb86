// SPDX-License-Identifier: Apache-2.0
#include "url.hpp"

namespace here_tracking {
namespace {

bool starts_with(std::string_view text, std::string_view prefix) {
  return head(text, prefix.size()) == prefix;
}

bool is_alphanumeric(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

std::uint16_t default_port(bool tls) {
  return tls ? 443 : 80;
}

}  // namespace

const char* parse_base_url(std::string_view url, Origin& origin) {
  constexpr const char* form = "https://host[:port]";
  const std::size_t scheme_end = url.find("://");
  if (scheme_end == std::string_view::npos) return form;
  const std::string_view scheme = head(url, scheme_end);
  if (equals_ignoring_case(scheme, "https")) {
    origin.tls = true;
  } else if (equals_ignoring_case(scheme, "http")) {
    origin.tls = false;
  } else {
    return form;
  }
  std::string_view authority = after(url, scheme_end + 3);
  if (!authority.empty() && authority.back() == '/') authority.remove_suffix(1);

  if (authority.find_first_of("@/?#") != std::string_view::npos) {
    return "https://host[:port], without user, path or query";
  }
  const bool bracketed = starts_with(authority, "[");
  const std::size_t bracket = bracketed ? authority.find(']') : 0;
  if (bracket == std::string_view::npos) return form;
  const std::size_t colon = authority.find(':', bracket);
  const std::string_view name = head(authority, colon);
  if (name.empty() || name == "[]") return form;
  if (name.size() > max_host_bytes) return "a host of at most 128 characters";
  for (std::size_t i = 0; i < name.size(); ++i) {
    const char c = name[i];
    const bool allowed = bracketed ? is_alphanumeric(c) || c == ':' || c == '.' ||
                                         (c == '[' && i == 0) || (c == ']' && i + 1 == name.size())
                                   : is_alphanumeric(c) || c == '-' || c == '.' || c == '_';
    if (!allowed) return "https://host[:port], without user, path or query";
  }
  origin.host = name;

  origin.port = default_port(origin.tls);
  if (colon != std::string_view::npos) {
    std::uint64_t port = 0;
    if (!parse_digits(after(authority, colon + 1), 65535, port) || port == 0) {
      return "https://host[:port] with a port of 1..65535";
    }
    origin.port = static_cast<std::uint16_t>(port);
  }
  return nullptr;
}

bool is_loopback(std::string_view host) {
  if (equals_ignoring_case(host, "localhost") || host == "[::1]") return true;
  // A name such as 127.example.org must not pass, so all four numbers are read.
  for (int i = 0; i < 4; ++i) {
    const std::size_t end = host.find('.');
    const std::string_view part = head(host, end);
    std::uint64_t number = 0;
    if ((end == std::string_view::npos) != (i == 3) || !parse_digits(part, 255, number) ||
        (i == 0 && number != 127) ||
        (part.size() > 1 && part[0] == '0')) {  // which some resolvers read as octal
      return false;
    }
    if (i < 3) host.remove_prefix(end + 1);
  }
  return true;
}

void write_origin(const Origin& origin, ByteSink& out) {
  out.append(origin.tls ? "https://" : "http://");
  for (const char c : origin.host) {
    const char lower = to_lower(c);
    out.append({&lower, 1});
  }
  if (origin.port == default_port(origin.tls)) return;
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
