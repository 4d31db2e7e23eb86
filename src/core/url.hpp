// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "here_tracking/hooks/transport.hpp"

#include "text.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace here_tracking {

inline constexpr std::size_t max_host_bytes = 128;

/// localhost, 127.0.0.0/8 and [::1].
[[nodiscard]] bool is_loopback(std::string_view host);

/// Of ASCII.
[[nodiscard]] bool is_alphanumeric(char c);

[[nodiscard]] constexpr std::uint16_t default_port(const Origin& origin) {
  return origin.tls ? 443 : 80;
}

/// What write_origin() writes at most.
inline constexpr std::size_t max_origin_bytes = 8 + max_host_bytes + 6;

/// `scheme://host[:port]` in lower case, the port only where it is not the scheme's own (RFC 5849,
/// 3.4.1.2).
void write_origin(const Origin& origin, TextBuilder& out);

/// RFC 3986: all but A-Z a-z 0-9 - . _ ~ becomes %XX, in upper case.
void write_encoded(char c, TextBuilder& out);
void write_encoded(const std::string_view& text, TextBuilder& out);

}  // namespace here_tracking
