// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "here_tracking/hooks/transport.hpp"

#include "crypto.hpp"
#include "text.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace here_tracking {

/// `POST /v2/token`, signed with OAuth 1.0, HMAC-SHA256, without token and token secret: RFC 5849,
/// section 3.4, with the service's SHA-256 in place of SHA-1.
struct OAuthRequest {
  const Origin& origin;
  std::string_view consumer_key;
  std::string_view consumer_secret;
  std::string_view nonce;
  std::int64_t timestamp_s;
};

inline constexpr char token_target[] = "/v2/token";
inline constexpr std::size_t max_key_bytes = 50;
inline constexpr std::size_t max_secret_bytes = 128;
inline constexpr std::size_t oauth_nonce_bytes = 20;

/// Section 3.5.1: the parameters as the Authorization header has them, sorted as section 3.4.1.3.2
/// wants them.
void write_parameters(const OAuthRequest& request, TextBuilder& out);

/// What is signed beside them: `https://host/v2/token`, section 3.4.1.2.
void write_address(const Origin& origin, TextBuilder& out);

/// Section 3.4.1.1, of what write_address() and write_parameters() wrote, which may lie in `out`.
void write_base_string(const std::string_view& address, const std::string_view& parameters,
                       TextBuilder& out);

/// Section 3.4.2: the percent-encoded secret and one "&". Some implementations do not encode it;
/// the two agree for secrets made of A-Z a-z 0-9 - . _ ~.
void write_key(const std::string_view& consumer_secret, TextBuilder& out);

/// What write_authorization() needs at most.
inline constexpr std::size_t signing_bytes = 1500;

/// Section 3.5.1: the value of the Authorization header, with base64 of the HMAC-SHA256.
/// @param memory has signing_bytes.
/// @return points into it.
[[nodiscard]] std::string_view write_authorization(const OAuthRequest& request, Span<char> memory);

}  // namespace here_tracking
