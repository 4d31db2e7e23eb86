// SPDX-License-Identifier: Apache-2.0
#include "request_log.hpp"

#include <array>
#include <cctype>
#include <cstdio>
#include <ctime>
#include <regex>

namespace emulator {
namespace {

constexpr std::size_t max_entries = 10000;

// Scheme and parameter names: enough to see what a client does, nothing to log in with.
std::string redacted(const std::string& authorization) {
  if (authorization.compare(0, 6, "OAuth ") != 0) {
    return authorization.compare(0, 7, "Bearer ") == 0 ? "Bearer" : "(redacted)";
  }
  static const std::regex parameter(R"re(([A-Za-z0-9_]{1,40})="[^"]*")re");
  std::string result = "OAuth";
  const auto begin = std::sregex_iterator(authorization.begin(), authorization.end(), parameter);
  for (auto match = begin; match != std::sregex_iterator(); ++match) {
    result += (match == begin ? " " : ", ") + (*match)[1].str();
  }
  return result;
}

std::string one_line(const std::string& text) {
  std::string result = text;
  for (char& c : result) {
    if (std::iscntrl(static_cast<unsigned char>(c)) != 0) c = '?';
  }
  return result;
}

nlohmann::json text_or_null(const std::string& text) {
  return text.empty() ? nlohmann::json() : nlohmann::json(text);
}

}  // namespace

struct RequestLog::Entry {
  std::uint64_t n;
  Request request;
  std::string fault;
  Reply reply;
};

void RequestLog::connection_opened() {
  const std::lock_guard<std::mutex> lock(mutex_);
  ++connections_;
}

void RequestLog::handshake_done(bool resumed) {
  const std::lock_guard<std::mutex> lock(mutex_);
  ++tls_handshakes_;
  if (resumed) ++tls_resumed_;
}

void RequestLog::telemetry_accepted(std::size_t count) {
  const std::lock_guard<std::mutex> lock(mutex_);
  telemetry_ += count;
}

std::shared_ptr<RequestLog::Entry> RequestLog::begin(const Request& request,
                                                     const std::string& fault) {
  auto entry = std::make_shared<Entry>(Entry{0, request, fault, {}});
  for (auto& [name, value] : entry->request.headers) {
    if (equal_ignoring_case(name, "Authorization")) value = redacted(value);
  }
  entry->reply.status = 0;
  const std::lock_guard<std::mutex> lock(mutex_);
  entry->n = ++requests_;
  entries_.push_back(entry);
  if (entries_.size() > max_entries) entries_.pop_front();
  return entry;
}

void RequestLog::set_body(const std::shared_ptr<Entry>& entry, const std::string& body) {
  const std::lock_guard<std::mutex> lock(mutex_);
  entry->request.body = body;
}

void RequestLog::finish(const std::shared_ptr<Entry>& entry, const Reply& reply,
                        std::int64_t time_ms) {
  const std::lock_guard<std::mutex> lock(mutex_);
  entry->reply = reply;
  if (quiet_) return;
  const auto time = static_cast<std::time_t>(time_ms / 1000);
  std::tm utc{};
  gmtime_r(&time, &utc);
  std::array<char, 16> clock{};
  (void)std::strftime(clock.data(), clock.size(), "%H:%M:%S", &utc);
  const std::string query = entry->request.query.empty() ? "" : "?" + entry->request.query;
  std::string reason = reply.reason;
  if (!entry->fault.empty()) reason = "fault: " + entry->fault;
  std::printf("%s  %-6s %-13s %4d  %-36s %6zu%s%s\n", clock.data(),
              one_line(entry->request.method).c_str(),
              one_line(entry->request.path + query).c_str(), reply.status,
              reply.device_id.empty() ? "-" : one_line(reply.device_id).c_str(),
              entry->request.body.size(), reason.empty() ? "" : "  ", one_line(reason).c_str());
}

void RequestLog::print_header() const {
  if (quiet_) return;
  std::printf("%-8s  %-6s %-13s %4s  %-36s %6s  %s\n", "UTC", "method", "path", "code", "device",
              "bytes", "reason");
}

nlohmann::json RequestLog::counters() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return {{"connections", connections_},
          {"tls_handshakes", tls_handshakes_},
          {"tls_resumed", tls_resumed_},
          {"requests", requests_},
          {"telemetry", telemetry_}};
}

nlohmann::json RequestLog::requests() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  nlohmann::json list = nlohmann::json::array();
  for (const auto& entry : entries_) {
    const Request& request = entry->request;
    nlohmann::json headers = nlohmann::json::object();
    for (const auto& [name, value] : request.headers) {
      headers[name] =
          headers.contains(name) ? headers[name].get<std::string>() + ", " + value : value;
    }
    list.push_back({{"n", entry->n},
                    {"connection", request.connection},
                    {"tls_resumed", request.tls_resumed},
                    {"http", request.http_version},
                    {"method", request.method},
                    {"path", request.path},
                    {"query", request.query},
                    {"status", entry->reply.status},
                    {"device_id", entry->reply.device_id},
                    {"request_id", header_value(request, "X-Request-Id")},
                    {"headers", headers},
                    {"body", request.body},
                    {"fault", text_or_null(entry->fault)},
                    {"reason", entry->reply.reason},
                    {"signing_key", text_or_null(entry->reply.signing_key)},
                    {"violations", entry->reply.violations}});
  }
  return list;
}

void RequestLog::clear() {
  const std::lock_guard<std::mutex> lock(mutex_);
  entries_.clear();
  connections_ = tls_handshakes_ = tls_resumed_ = requests_ = telemetry_ = 0;
}

}  // namespace emulator
