// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

namespace emulator {

using Headers = std::vector<std::pair<std::string, std::string>>;

struct Request {
  std::string method;
  std::string path;   // percent-decoded
  std::string query;  // as received, without '?'
  std::string http_version;
  Headers headers;
  std::string body;
  std::uint64_t connection = 0;
  bool tls_resumed = false;
};

struct Reply {
  int status = 200;
  std::string body;
  Headers headers;

  // For the log only.
  std::string device_id;
  std::string reason;
  std::string signing_key;
  std::vector<std::string> violations;
};

bool equal_ignoring_case(std::string_view left, std::string_view right);
std::vector<std::string> header_values(const Request& request, std::string_view name);
std::string header_value(const Request& request, std::string_view name);

std::string random_uuid();
std::string random_token();
std::string to_text(const nlohmann::json& value);
std::string http_date(std::int64_t time_s);

Reply json_reply(const nlohmann::json& body);

// The service's error object. An empty `error` stands for the usual phrase of the status.
Reply error_reply(int status, const std::string& reason, const std::string& error = "");
nlohmann::json error_body(int status, const std::string& message, const std::string& error = "");

}  // namespace emulator
