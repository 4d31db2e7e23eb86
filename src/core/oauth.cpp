// SPDX-License-Identifier: Apache-2.0
#include "oauth.hpp"

#include "url.hpp"

namespace here_tracking {
namespace {

/// Calls visit(name, value) for each signed parameter, in the order of their names.
template <typename Visit>
void for_each_parameter(const OAuthRequest& request, Visit visit) {
  char digits[20];
  TextBuilder timestamp(digits);
  timestamp.append_integer(request.timestamp_s);
  visit("oauth_consumer_key", request.consumer_key);
  visit("oauth_nonce", request.nonce);
  visit("oauth_signature_method", std::string_view("HMAC-SHA256"));
  visit("oauth_timestamp", timestamp.text());
  visit("oauth_version", std::string_view("1.0"));
}

}  // namespace

void write_parameters(const OAuthRequest& request, ByteSink& out) {
  PercentEncoder encoder(out);
  bool first = true;
  for_each_parameter(request, [&](std::string_view name, std::string_view value) {
    if (!first) out.append("&");
    first = false;
    encoder.append(name);
    out.append("=");
    encoder.append(value);
  });
}

void write_base_string(const OAuthRequest& request, ByteSink& out) {
  PercentEncoder encoder(out);
  out.append("POST&");
  write_origin(request.origin, encoder);
  encoder.append(request.target);
  out.append("&");
  write_parameters(request, encoder);
}

void write_key(std::string_view consumer_secret, ByteSink& out) {
  PercentEncoder encoder(out);
  encoder.append(consumer_secret);
  out.append("&");
}

std::array<char, 44> sign(const OAuthRequest& request, Span<char> scratch) {
  TextBuilder key(scratch);
  write_key(request.consumer_secret, key);
  HmacSha256 hmac(key.text());
  wipe(scratch);
  write_base_string(request, hmac);
  return base64(hmac.finish());
}

void write_authorization(const OAuthRequest& request, Span<char> scratch, ByteSink& out) {
  PercentEncoder encoder(out);
  const auto write = [&](std::string_view name, std::string_view value) {
    out.append(name);
    out.append("=\"");
    encoder.append(value);
    out.append("\"");
  };
  out.append("OAuth ");
  for_each_parameter(request, [&](std::string_view name, std::string_view value) {
    write(name, value);
    out.append(",");
  });
  const std::array<char, 44> signature = sign(request, scratch);
  write("oauth_signature", {signature.data(), signature.size()});
}

}  // namespace here_tracking
