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

/// `scheme://host[:port]` in lower case, the port only where it is not the scheme's own (RFC 5849,
/// 3.4.1.2).
void write_origin(const Origin& origin, ByteSink& out);

/// RFC 3986: all but A-Z a-z 0-9 - . _ ~ becomes %XX, in upper case.
class PercentEncoder final : public ByteSink {
 public:
  explicit PercentEncoder(ByteSink& out) : out_(out) {}
  void append(std::string_view piece) override;

 private:
  ByteSink& out_;
};

}  // namespace here_tracking
