// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "here_tracking/hooks/transport.hpp"

#include "crypto.hpp"
#include "text.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace here_tracking {

/// A POST request signed with OAuth 1.0, HMAC-SHA256, without token and token secret: RFC 5849,
/// section 3.4, with the service's SHA-256 in place of SHA-1.
struct OAuthRequest {
  Origin origin;
  std::string_view target;
  std::string_view consumer_key;
  std::string_view consumer_secret;
  std::string_view nonce;
  std::int64_t timestamp_s = 0;
};

/// What is signed: `POST /v2/token`.
inline constexpr std::string_view token_target = "/v2/token";
inline constexpr std::size_t max_secret_bytes = 128;
inline constexpr std::size_t oauth_nonce_bytes = 20;

/// Section 3.4.1.3.2: the five parameters, sorted.
void write_parameters(const OAuthRequest& request, ByteSink& out);

/// Section 3.4.1.1.
void write_base_string(const OAuthRequest& request, ByteSink& out);

/// Section 3.4.2: the percent-encoded secret and one "&". Some implementations do not encode it;
/// the two agree for secrets made of A-Z a-z 0-9 - . _ ~.
void write_key(std::string_view consumer_secret, ByteSink& out);

/// What signing takes, for the key: the secret, percent-encoded.
inline constexpr std::size_t signing_bytes = 3 * max_secret_bytes + 1;

/// Base64 of the HMAC-SHA256. `scratch` has signing_bytes, and is wiped.
[[nodiscard]] std::array<char, 44> sign(const OAuthRequest& request, Span<char> scratch);

/// Section 3.5.1: the value of the Authorization header.
void write_authorization(const OAuthRequest& request, Span<char> scratch, ByteSink& out);

}  // namespace here_tracking
