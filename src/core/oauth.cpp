// SPDX-License-Identifier: Apache-2.0
#include "oauth.hpp"

#include "url.hpp"

namespace here_tracking {

void write_parameters(const OAuthRequest& request, TextBuilder& out) {
  out.append(R"(oauth_consumer_key=")");
  write_encoded(request.consumer_key, out);
  out.append(R"(",oauth_nonce=")");
  write_encoded(request.nonce, out);
  out.append(R"(",oauth_signature_method="HMAC-SHA256",oauth_timestamp=")");
  out.append_integer(request.timestamp_s);
  out.append(R"(",oauth_version="1.0")");
}

void write_address(const Origin& origin, TextBuilder& out) {
  write_origin(origin, out);
  out.append(token_target);
}

void write_base_string(const std::string_view& address, const std::string_view& parameters,
                       TextBuilder& out) {
  out.append("POST&");
  write_encoded(address, out);
  out.append('&');
  // name=value&name=value. No name and no encoded value has a quotation mark or a comma.
  for (const char c : parameters) {
    if (c != '"') write_encoded(c == ',' ? '&' : c, out);
  }
}

void write_key(const std::string_view& consumer_secret, TextBuilder& out) {
  write_encoded(consumer_secret, out);
  out.append('&');
}

std::string_view write_authorization(const OAuthRequest& request, Span<char> memory) {
  constexpr std::size_t parameters_at = 6;
  char* const start = memory.data();
  TextBuilder text(memory);
  text.append("OAuth ");
  write_parameters(request, text);
  const std::size_t end = text.wanted();
  write_address(request.origin, text);
  const std::size_t block_at = text.wanted();
  char* const block = start + block_at;

  write_key(request.consumer_secret, text);
  make_hmac_block(block, text.wanted() - block_at);
  text.cut(block_at + hmac_block_bytes);
  write_base_string({start + end, block_at - end}, {start + parameters_at, end - parameters_at},
                    text);
  const std::uint8_t* const digest = hmac_sha256(block, text.wanted() - block_at);
  char signature[base64_bytes(sha256_bytes)];
  const std::size_t signature_size = base64({digest, sha256_bytes}, signature);
  wipe({block, memory.size() - block_at});  // the secret was there
  text.cut(end);
  text.append(R"(,oauth_signature=")");
  write_encoded({signature, signature_size}, text);
  text.append('"');
  return {start, text.wanted()};
}

}  // namespace here_tracking
