// SPDX-License-Identifier: Apache-2.0
#include "message.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <ctime>
#include <stdexcept>

#include <openssl/rand.h>

namespace emulator {
namespace {

template <std::size_t size>
std::array<unsigned char, size> random_bytes() {
  std::array<unsigned char, size> bytes{};
  if (RAND_bytes(bytes.data(), static_cast<int>(size)) != 1) {
    throw std::runtime_error("no random numbers from OpenSSL");
  }
  return bytes;
}

const char* phrase(int status) {
  switch (status) {
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 412:
      return "Precondition Failed";
    case 413:
      return "Payload Too Large";
    case 414:
      return "URI Too Long";
    case 429:
      return "Too Many Requests";
    case 500:
      return "Internal Server Error";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    default:
      return "Error";
  }
}

bool has_here_error_code(int status) {
  return status == 400 || status == 401 || status == 403 || status == 404 || status == 413;
}

}  // namespace

bool equal_ignoring_case(std::string_view left, std::string_view right) {
  return std::equal(left.begin(), left.end(), right.begin(), right.end(), [](char a, char b) {
    return std::tolower(static_cast<unsigned char>(a)) ==
           std::tolower(static_cast<unsigned char>(b));
  });
}

std::vector<std::string> header_values(const Request& request, std::string_view name) {
  std::vector<std::string> values;
  for (const auto& [key, value] : request.headers) {
    if (equal_ignoring_case(key, name)) values.push_back(value);
  }
  return values;
}

std::string header_value(const Request& request, std::string_view name) {
  const auto values = header_values(request, name);
  return values.empty() ? "" : values.front();
}

std::string random_uuid() {
  constexpr std::string_view hex = "0123456789abcdef";
  auto bytes = random_bytes<16>();
  bytes[6] = static_cast<unsigned char>((bytes[6] & 0x0FU) | 0x40U);
  bytes[8] = static_cast<unsigned char>((bytes[8] & 0x3FU) | 0x80U);
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    text += hex[bytes[i] >> 4U];
    text += hex[bytes[i] & 0x0FU];
  }
  return text;
}

std::string random_token() {
  constexpr std::string_view alphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string token = "h1.";
  for (const unsigned char byte : random_bytes<837>())
    token += alphabet[byte & 0x3FU];
  for (const std::size_t dot : {std::size_t{120}, std::size_t{480}, std::size_t{796}}) {
    token[dot] = '.';
  }
  return token;
}

std::string to_text(const nlohmann::json& value) {
  return value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string http_date(std::int64_t time_s) {
  const auto time = static_cast<std::time_t>(time_s);
  std::tm utc{};
  gmtime_r(&time, &utc);
  std::array<char, 40> text{};
  // The process never leaves the "C" locale, so day and month are the English ones HTTP wants.
  const std::size_t size =
      std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &utc);
  return {text.data(), size};
}

Reply json_reply(const nlohmann::json& body) {
  Reply reply;
  reply.body = to_text(body);
  return reply;
}

nlohmann::json error_body(int status, const std::string& message, const std::string& error) {
  nlohmann::json body = {
      {"error", error.empty() ? phrase(status) : error}, {"code", status}, {"id", random_uuid()}};
  if (!message.empty() && message != error) body["message"] = message;
  if (error.empty() && has_here_error_code(status)) {
    body["details"] = {{"hereErrorCode", status * 1000 + 306}};
  }
  return body;
}

Reply error_reply(int status, const std::string& reason, const std::string& error) {
  Reply reply;
  reply.status = status;
  reply.reason = reason;
  reply.body = to_text(error_body(status, reason, error));
  return reply;
}

}  // namespace emulator
