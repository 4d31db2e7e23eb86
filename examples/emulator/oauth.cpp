// SPDX-License-Identifier: Apache-2.0
#include "oauth.hpp"

#include <array>
#include <cctype>
#include <map>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

namespace emulator {
namespace {

bool is_unreserved(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_' || c == '~';
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result)
    c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return result;
}

OAuthForm refuse(int status, std::string reason) {
  return {status, std::move(reason), {}};
}

void skip_white_space(std::string_view& text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t'))
    text.remove_prefix(1);
}

}  // namespace

std::string percent_encode(std::string_view text) {
  constexpr std::string_view hex = "0123456789ABCDEF";
  std::string result;
  for (const char c : text) {
    if (is_unreserved(c)) {
      result += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    result += '%';
    result += hex[byte >> 4U];
    result += hex[byte & 0x0FU];
  }
  return result;
}

std::optional<std::string> percent_decode(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      result += text[i];
      continue;
    }
    if (i + 2 >= text.size()) return std::nullopt;
    const int high = hex_value(text[i + 1]);
    const int low = hex_value(text[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    result += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return result;
}

OAuthForm parse_oauth_header(std::string_view header) {
  constexpr std::string_view scheme = "OAuth ";
  if (header.empty()) return refuse(401, "Authorization header is missing: expected scheme OAuth");
  if (header.substr(0, scheme.size()) != scheme) {
    const std::string found(header.substr(0, header.find(' ')));
    return refuse(401, "Authorization scheme = " + found + ": must be OAuth");
  }
  std::string_view rest = header.substr(scheme.size());
  std::map<std::string, std::string, std::less<>> values;
  for (bool first = true; first || !rest.empty(); first = false) {
    skip_white_space(rest);
    const auto equals = rest.find('=');
    if (equals == std::string_view::npos || rest.substr(equals + 1, 1) != "\"") {
      return refuse(400, R"(Authorization: every parameter must be written name="value")");
    }
    const std::string name(rest.substr(0, equals));
    rest.remove_prefix(equals + 2);
    const auto quote = rest.find('"');
    if (quote == std::string_view::npos) {
      return refuse(400, "Authorization: " + name + " has no closing double quote");
    }
    const std::string_view encoded = rest.substr(0, quote);
    rest.remove_prefix(quote + 1);
    skip_white_space(rest);
    if (!rest.empty() && (rest.front() != ',' || rest.size() == 1)) {
      return refuse(400, "Authorization: parameters must be separated by one comma");
    }
    if (!rest.empty()) rest.remove_prefix(1);

    const std::optional<std::string> value =
        name == "realm" ? std::string(encoded) : percent_decode(encoded);
    if (!value || (name != "realm" && percent_encode(*value) != encoded)) {
      return refuse(400, "Authorization: " + name + " = " + std::string(encoded) +
                             ": must be percent-encoded with upper-case hex digits");
    }
    if (!values.emplace(name, *value).second) {
      return refuse(400, "Authorization: " + name + " appears twice");
    }
  }

  values.erase("realm");
  OAuthForm form;
  OAuthParameters& p = form.parameters;
  const std::array<std::pair<std::string_view, std::string*>, 6> wanted = {{
      {"oauth_consumer_key", &p.consumer_key},
      {"oauth_nonce", &p.nonce},
      {"oauth_signature_method", &p.signature_method},
      {"oauth_timestamp", &p.timestamp},
      {"oauth_version", &p.version},
      {"oauth_signature", &p.signature},
  }};
  for (const auto& [name, field] : wanted) {
    const auto found = values.find(name);
    if (found == values.end() || found->second.empty()) {
      return refuse(400, "Authorization: " + std::string(name) + " is missing");
    }
    *field = found->second;
    values.erase(found);
  }
  if (!values.empty()) {
    return refuse(400, "Authorization: " + values.begin()->first + " is no parameter of this form");
  }
  if (p.signature_method != "HMAC-SHA256") {
    return refuse(400, "Authorization: oauth_signature_method = " + p.signature_method +
                           ": must be HMAC-SHA256");
  }
  if (p.version != "1.0") {
    return refuse(400, "Authorization: oauth_version = " + p.version + ": must be 1.0");
  }
  if (p.timestamp.size() > 12 || p.timestamp.front() == '0' ||
      p.timestamp.find_first_not_of("0123456789") != std::string::npos) {
    return refuse(400, "Authorization: oauth_timestamp = " + p.timestamp +
                           ": must be seconds since 1970 in decimal digits");
  }
  p.timestamp_s = std::stoll(p.timestamp);
  return form;
}

std::optional<std::string> normalise_base_url(std::string_view url) {
  const auto separator = url.find("://");
  if (separator == std::string_view::npos) return std::nullopt;
  const std::string scheme = lower(url.substr(0, separator));
  if (scheme != "https" && scheme != "http") return std::nullopt;
  std::string authority = lower(url.substr(separator + 3));
  if (authority.empty() || authority.find_first_of("/?#@ ") != std::string::npos) {
    return std::nullopt;
  }
  const auto colon = authority.rfind(':');
  const bool has_port =
      colon != std::string::npos && authority.find(']', colon) == std::string::npos;
  if (has_port) {
    const std::string port = authority.substr(colon + 1);
    if (port.empty() || port.size() > 5 ||
        port.find_first_not_of("0123456789") != std::string::npos || colon == 0) {
      return std::nullopt;
    }
    if (port == (scheme == "https" ? "443" : "80")) authority.erase(colon);
  }
  return scheme + "://" + authority;
}

std::string oauth_parameter_string(const OAuthParameters& parameters) {
  return "oauth_consumer_key=" + percent_encode(parameters.consumer_key) +
         "&oauth_nonce=" + percent_encode(parameters.nonce) +
         "&oauth_signature_method=" + percent_encode(parameters.signature_method) +
         "&oauth_timestamp=" + percent_encode(parameters.timestamp) +
         "&oauth_version=" + percent_encode(parameters.version);
}

std::string oauth_base_string(const std::string& base_url, const OAuthParameters& parameters) {
  return "POST&" + percent_encode(base_url + "/v2/token") + "&" +
         percent_encode(oauth_parameter_string(parameters));
}

std::string oauth_key(std::string_view device_secret, KeyForm form) {
  return (form == KeyForm::encoded ? percent_encode(device_secret) : std::string(device_secret)) +
         "&";
}

std::string hmac_sha256_base64(std::string_view key, std::string_view message) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int digest_size = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
       reinterpret_cast<const unsigned char*>(message.data()), message.size(), digest.data(),
       &digest_size);
  std::array<unsigned char, 2 * EVP_MAX_MD_SIZE> text{};
  const int text_size = EVP_EncodeBlock(text.data(), digest.data(), static_cast<int>(digest_size));
  return {reinterpret_cast<const char*>(text.data()), static_cast<std::size_t>(text_size)};
}

bool equal_in_constant_time(std::string_view left, std::string_view right) {
  return left.size() == right.size() && CRYPTO_memcmp(left.data(), right.data(), left.size()) == 0;
}

std::optional<std::string> matching_key_form(const OAuthParameters& parameters,
                                             const std::string& base_url,
                                             std::string_view device_secret) {
  const std::string base_string = oauth_base_string(base_url, parameters);
  const auto matches = [&](KeyForm form) {
    return equal_in_constant_time(hmac_sha256_base64(oauth_key(device_secret, form), base_string),
                                  parameters.signature);
  };
  const bool encoded = matches(KeyForm::encoded);
  const bool raw = matches(KeyForm::raw);
  if (encoded && raw) return "either";
  if (encoded) return "encoded";
  if (raw) return "raw";
  return std::nullopt;
}

}  // namespace emulator
