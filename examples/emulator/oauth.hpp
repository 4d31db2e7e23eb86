// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace emulator {

// Percent-encoding over UTF-8 bytes: letters, digits and "-._~" stay, all else is %XX upper case.
std::string percent_encode(std::string_view text);
std::optional<std::string> percent_decode(std::string_view text);

struct OAuthParameters {
  std::string consumer_key;
  std::string nonce;
  std::string signature_method;
  std::string timestamp;
  std::string version;
  std::string signature;
  std::int64_t timestamp_s = 0;
};

struct OAuthForm {
  int status = 200;  // 200, or the HTTP status that refuses the header
  std::string reason;
  OAuthParameters parameters;
};

// Checks the form of an Authorization header alone: no device, clock or signature is consulted.
OAuthForm parse_oauth_header(std::string_view header);

// scheme://host[:port] in lower case and without the scheme's default port; nothing when `url` is
// no such base URL.
std::optional<std::string> normalise_base_url(std::string_view url);

std::string oauth_parameter_string(const OAuthParameters& parameters);
std::string oauth_base_string(const std::string& base_url, const OAuthParameters& parameters);

// The documentation and HERE's clients disagree on whether the secret is percent-encoded.
enum class KeyForm { encoded, raw };
std::string oauth_key(std::string_view device_secret, KeyForm form);

std::string hmac_sha256_base64(std::string_view key, std::string_view message);
bool equal_in_constant_time(std::string_view left, std::string_view right);

// "encoded", "raw", or "either" when both forms of the key are the same; nothing when wrong.
std::optional<std::string> matching_key_form(const OAuthParameters& parameters,
                                             const std::string& base_url,
                                             std::string_view device_secret);

}  // namespace emulator
