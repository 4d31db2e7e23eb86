// SPDX-License-Identifier: Apache-2.0
#include "here_tracking/client.hpp"

#include "url.hpp"

namespace here_tracking {
namespace {

Rule parse(std::string_view url, Origin& origin) {
  const std::size_t scheme_end = url.find("://");
  if (scheme_end == std::string_view::npos) return Rule::url;
  const std::string_view scheme = head(url, scheme_end);
  if (equals_ignoring_case(scheme, "https")) {
    origin.tls = true;
  } else if (equals_ignoring_case(scheme, "http")) {
    origin.tls = false;
  } else {
    return Rule::url;
  }
  std::string_view authority = after(url, scheme_end + 3);
  if (!authority.empty() && authority.back() == '/') authority.remove_suffix(1);

  if (authority.find_first_of("@/?#") != std::string_view::npos) {
    return Rule::url_host;
  }
  const bool bracketed = !authority.empty() && authority[0] == '[';
  const std::size_t bracket = bracketed ? authority.find(']') : 0;
  if (bracket == std::string_view::npos) return Rule::url;
  const std::size_t colon = authority.find(':', bracket);
  const std::string_view name = head(authority, colon);
  if (name.empty() || name == "[]") return Rule::url;
  if (name.size() > max_host_bytes) return Rule::url_host_size;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const char c = name[i];
    const bool allowed = bracketed ? is_alphanumeric(c) || c == ':' || c == '.' ||
                                         (c == '[' && i == 0) || (c == ']' && i + 1 == name.size())
                                   : is_alphanumeric(c) || c == '-' || c == '.' || c == '_';
    if (!allowed) return Rule::url_host;
  }
  origin.host = name;

  origin.port = default_port(origin);
  if (colon != std::string_view::npos) {
    std::uint64_t port = 0;
    if (!parse_digits(after(authority, colon + 1), 65536, port) || port == 0 || port == 65536) {
      return Rule::url_port;
    }
    origin.port = static_cast<std::uint16_t>(port);
  }
  return origin.tls || is_loopback(name) ? Rule::range : Rule::url_tls;
}

}  // namespace

BaseUrl::BaseUrl(std::string_view text) : text_(text), rule_(parse(text, origin_)) {}

bool is_loopback(std::string_view host) {
  if (equals_ignoring_case(host, "localhost") || host == "[::1]") return true;
  // A name such as 127.example.org must not pass, so all four numbers are read.
  for (int i = 0; i < 4; ++i) {
    const std::size_t end = host.find('.');
    const std::string_view part = head(host, end);
    std::uint64_t number = 0;
    if ((end == std::string_view::npos) != (i == 3) || !parse_digits(part, 256, number) ||
        number == 256 || (i == 0 && number != 127) ||
        (part.size() > 1 && part[0] == '0')) {  // which some resolvers read as octal
      return false;
    }
    if (i < 3) host.remove_prefix(end + 1);
  }
  return true;
}

}  // namespace here_tracking
