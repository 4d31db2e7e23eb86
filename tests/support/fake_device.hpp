// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "here_tracking/client.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// A device without hardware: hooks whose behaviour a test sets and whose use it sees.
namespace fake {

class Clock final : public here_tracking::Clock {
 public:
  std::int64_t now_ms() override { return now; }
  std::uint64_t boot_id() override { return boot; }

  std::int64_t now = 1000;
  std::uint64_t boot = 1;
};

class Entropy final : public here_tracking::Entropy {
 public:
  here_tracking::Status fill(here_tracking::Span<std::uint8_t> into) override {
    if (broken) return here_tracking::Code::hook_failed;
    for (std::uint8_t& byte : into)
      byte = static_cast<std::uint8_t>((state = state * 5 + 3) >> 8U);
    return {};
  }

  bool broken = false;
  std::uint32_t state = 7;
};

class Storage final : public here_tracking::Storage {
 public:
  here_tracking::Status load(std::string_view name, here_tracking::Span<std::uint8_t> into,
                             std::size_t& size) override {
    const auto found = records.find(std::string(name));
    if (found == records.end()) return here_tracking::Code::no_data;
    if (found->second.size() > into.size()) return here_tracking::Code::buffer_too_small;
    std::copy(found->second.begin(), found->second.end(), into.begin());
    size = found->second.size();
    return {};
  }
  here_tracking::Status store(std::string_view name,
                              here_tracking::Span<const std::uint8_t> record) override {
    if (broken) return here_tracking::Code::hook_failed;
    records[std::string(name)].assign(record.begin(), record.end());
    return {};
  }
  here_tracking::Status erase(std::string_view name) override {
    records.erase(std::string(name));
    return {};
  }

  bool broken = false;
  std::map<std::string, std::vector<std::uint8_t>> records;
};

class Log final : public here_tracking::Log {
 public:
  void write(here_tracking::LogLevel, std::string_view text) override {
    lines.append(text).append("\n");
  }
  std::string lines;
};

struct Request {
  std::string line;  // "POST /v2/token"
  std::string url;
  std::map<std::string, std::string> headers;
  std::string body;
};

struct Reply {
  std::uint16_t status = 200;
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;
  here_tracking::Code failure = here_tracking::Code::ok;  // of the transport
};

/// The service, as a function of each request. Knows a device's time from its clock.
class Transport final : public here_tracking::Transport {
 public:
  explicit Transport(Clock& clock) : clock_(clock) {}

  here_tracking::Status exchange(const here_tracking::HttpRequest& request,
                                 here_tracking::ResponseHandler& response) override {
    Request seen;
    seen.line = std::string(request.method) + " " + std::string(request.target);
    seen.url = (request.origin.tls ? "https://" : "http://") + std::string(request.origin.host) +
               ":" + std::to_string(request.origin.port);
    for (const auto& header : request.headers) {
      seen.headers[std::string(header.name)] = std::string(header.value);
    }
    if (request.body != nullptr && reads_body) {
      char piece[7];  // pieces that end anywhere
      for (std::size_t n = 0; (n = request.body->read(seen.body.size(), piece)) > 0;) {
        seen.body.append(piece, n);
      }
    }
    requests.push_back(seen);
    clock_.now += round_trip_ms / 2;
    const Reply reply = answer(seen);
    clock_.now += round_trip_ms - round_trip_ms / 2;
    if (reply.failure != here_tracking::Code::ok) return reply.failure;
    response.on_status(reply.status);
    for (const auto& [name, value] : reply.headers)
      response.on_header(name, value);
    const std::string_view body = reply.body;
    for (std::size_t at = 0; at < body.size(); at += 100) {
      if (!response.on_body(body.substr(at, 100))) return here_tracking::Code::response_too_large;
    }
    return {};
  }

  [[nodiscard]] std::string lines() const {
    std::string all;
    for (const Request& request : requests)
      all += request.line + "\n";
    return all;
  }

  /// What a healthy service answers.
  Reply healthy(const Request& request) {
    if (request.line == "GET /v2/timestamp") {
      return {200, "{\"timestamp\":" + std::to_string(server_ms() / 1000) + "}", {}, {}};
    }
    if (request.line == "POST /v2/token") {
      ++tokens;
      return {200,
              "{\"accessToken\":\"h1.token-" + std::to_string(tokens) +
                  "\",\"expiresIn\":" + std::to_string(token_life_s) + "}",
              {},
              {}};
    }
    if (request.line.find("?async=true") != std::string::npos) return {204, "", {}, {}};
    return {200, shadow, {}, {}};
  }
  [[nodiscard]] std::int64_t server_ms() const { return clock_.now + server_ahead_ms; }

  std::function<Reply(const Request&)> answer = [this](const Request& r) { return healthy(r); };
  std::vector<Request> requests;
  std::string shadow = R"({"system":{"stateVersion":3,"lastModifiedGeofenceTimestamp":0}})";
  std::int64_t server_ahead_ms = 1767225600000;
  std::int64_t round_trip_ms = 100;
  std::uint32_t token_life_s = 86399;
  bool reads_body = true;  ///< Else requests end before.
  int tokens = 0;

 private:
  Clock& clock_;
};

inline constexpr const char* device_id = "7c0f3d52-1e7a-4b7c-9a55-0d6a3b1f2c4e";
inline constexpr const char* device_secret = "k3Jx9Qv_0aB-7mNpR2sTuVwXyZ1c4D5e6F8gHhIiJjL";

struct Device {
  here_tracking::DeviceLicense license{device_id, device_secret};
  Clock clock;
  Entropy entropy;
  Storage storage;
  Log log;
  Transport transport{clock};
  char token[2048];
  char work[8192];

  [[nodiscard]] here_tracking::Hooks hooks() {
    return {&clock, &entropy, &storage, &transport, &log};
  }
  [[nodiscard]] here_tracking::ClientMemory memory() { return {token, work}; }
};

}  // namespace fake
