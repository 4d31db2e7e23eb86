// SPDX-License-Identifier: Apache-2.0
#include "service.hpp"

#include "oauth.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdlib>

namespace emulator {
namespace {

using nlohmann::json;

constexpr std::int64_t max_skew_s = 10;

json initial_desired() {
  return {{"system", {{"stateVersion", 0}, {"lastModifiedGeofenceTimestamp", 0}}}};
}

struct Route {
  const char* path;
  const char* method;
};
constexpr Route routes[] = {{"/v2/timestamp", "GET"},
                            {"/v2/health", "GET"},
                            {"/v2/version", "GET"},
                            {"/v2/token", "POST"},
                            {"/v2/", "POST"}};

bool is_json_content_type(const std::string& content_type) {
  std::string type = content_type.substr(0, content_type.find(';'));
  while (!type.empty() && type.back() == ' ')
    type.pop_back();
  std::transform(type.begin(), type.end(), type.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return type == "application/json";
}

Reply refuse_body(const std::vector<std::string>& violations) {
  Reply reply;
  reply.status = 400;
  reply.reason = violations.front();
  reply.violations = violations;
  json body = error_body(400, violations.front());
  body["details"]["violations"] = violations;
  reply.body = to_text(body);
  return reply;
}

// What the owner has disabled is removed from telemetry whose timestamp lies in a period.
void withhold_disabled(json& item, const json& desired) {
  const json disabled = desired.at("system").value("disableTracking", json::object());
  const auto timestamp_ms = item.at("timestamp").get<std::int64_t>();
  const json periods = disabled.value("periods", json::array());
  const bool applies = std::any_of(periods.begin(), periods.end(), [&](const json& period) {
    return (!period.contains("begin") || timestamp_ms >= period["begin"].get<std::int64_t>()) &&
           (!period.contains("end") || timestamp_ms <= period["end"].get<std::int64_t>());
  });
  if (!applies) return;
  const json position = disabled.value("position", json());
  if (position == "all") {
    item.erase("position");
    item.erase("scan");
  } else if (position.is_array() && item.contains("scan")) {
    for (const json& name : position)
      item["scan"].erase(name.get<std::string>());
  }
  const json sensors = disabled.value("sensors", json());
  if (!item.contains("system") || !item["system"].contains("reportedSensorData")) return;
  if (sensors == "all") {
    item["system"].erase("reportedSensorData");
  } else if (sensors.is_array()) {
    for (const json& name : sensors) {
      item["system"]["reportedSensorData"].erase(name.get<std::string>());
    }
  }
}

}  // namespace

Service::Device::Device() : desired(initial_desired()) {}

Service::Service(ServiceOptions options, RequestLog& log)
    : options_(std::move(options)), log_(log) {}

std::int64_t Service::now_ms() const {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(now).count() + clock_offset_ms_;
}

double Service::clock_offset_s() const {
  return static_cast<double>(clock_offset_ms_) / 1000;
}

void Service::set_clock_offset_s(double offset_s) {
  clock_offset_ms_ = std::llround(offset_s * 1000);
}

std::optional<Reply> Service::refuse_unknown_route(const Request& request) const {
  const auto known = std::find_if(std::begin(routes), std::end(routes),
                                  [&](const Route& route) { return request.path == route.path; });
  if (known == std::end(routes)) {
    const std::string hint = request.path == "/v2" ? "; ingestion is /v2/ with the slash" : "";
    return error_reply(404, "path " + request.path + " is not known" + hint);
  }
  if (request.method != known->method) {
    Reply reply = error_reply(405, "method " + request.method + " is not allowed on " +
                                       known->path + ": must be " + known->method);
    reply.headers.emplace_back("Allow", known->method);
    return reply;
  }
  return std::nullopt;
}

Reply Service::handle(const Request& request) {
  if (auto refused = refuse_unknown_route(request)) return *refused;
  for (const std::string& id : header_values(request, "X-Request-Id")) {
    if (!is_uuid_v4(id)) {
      return error_reply(400, "X-Request-Id = " + id + ": must be a UUID version 4");
    }
  }
  if (request.path == "/v2/timestamp") return json_reply({{"timestamp", now_ms() / 1000}});
  if (request.path == "/v2/health") return json_reply({{"message", "healthy"}});
  if (request.path == "/v2/version") {
    return json_reply({{"name", "here-tracking-emulator"}, {"version", EMULATOR_VERSION}});
  }
  return request.path == "/v2/token" ? issue_token(request) : ingest(request);
}

Reply Service::issue_token(const Request& request) {
  const auto authorizations = header_values(request, "Authorization");
  const auto hosts = header_values(request, "Host");
  if (authorizations.size() > 1) return error_reply(400, "Authorization header appears twice");
  const OAuthForm form =
      parse_oauth_header(authorizations.empty() ? std::string_view() : authorizations.front());
  if (form.status != 200) return error_reply(form.status, form.reason);
  if (!request.body.empty()) {
    return error_reply(400, "body = " + std::to_string(request.body.size()) +
                                " bytes: must be empty, all is in the Authorization header");
  }
  if (!request.query.empty())
    return error_reply(400, "query = " + request.query + ": must be empty");
  const auto called_url = hosts.size() == 1
                              ? normalise_base_url(options_.scheme + "://" + hosts.front())
                              : std::nullopt;
  if (!called_url) return error_reply(400, "Host header: must be there once, as host[:port]");

  const OAuthParameters& parameters = form.parameters;
  const std::int64_t now_s = now_ms() / 1000;
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto found = devices_.find(parameters.consumer_key);
  const auto refuse = [&](Reply reply) {
    reply.device_id = parameters.consumer_key;
    return reply;
  };
  if (found == devices_.end()) {
    const std::string text = "No license for device " + parameters.consumer_key;
    return refuse(error_reply(404, text, text));
  }
  Device& device = found->second;
  if (std::abs(now_s - parameters.timestamp_s) > max_skew_s) {
    Reply reply = error_reply(401, "oauth_timestamp = " + parameters.timestamp +
                                       ": must be within " + std::to_string(max_skew_s) +
                                       " s of service time " + std::to_string(now_s));
    reply.headers.emplace_back("x-here-timestamp", std::to_string(now_s));
    return refuse(reply);
  }
  auto key_form = matching_key_form(parameters, *called_url, device.secret);
  if (!key_form && !options_.public_url.empty()) {
    key_form = matching_key_form(parameters, options_.public_url, device.secret);
  }
  if (!key_form) {
    return refuse(error_reply(
        401, "oauth_signature does not match, verified for " + *called_url + "/v2/token"));
  }
  if (!device.used_nonces.insert(parameters.nonce).second) {
    return refuse(error_reply(401, "oauth_nonce = " + parameters.nonce + ": was used before"));
  }
  device.signing_key = *key_form;
  if (!device.claimed) {
    const std::string text = "Device " + parameters.consumer_key + " is not claimed";
    return refuse(error_reply(412, text, text));
  }
  const std::string token = random_token();
  tokens_[token] = {parameters.consumer_key, now_ms() + options_.token_lifetime_s * 1000};
  Reply reply = json_reply({{"accessToken", token}, {"expiresIn", options_.token_lifetime_s}});
  reply.signing_key = *key_form;
  return refuse(reply);
}

Reply Service::ingest(const Request& request) {
  const auto authorizations = header_values(request, "Authorization");
  constexpr std::string_view scheme = "Bearer ";
  if (authorizations.size() != 1 || authorizations.front().substr(0, scheme.size()) != scheme) {
    return error_reply(401, "Authorization: must be there once, as Bearer and a device token");
  }
  bool is_async = false;
  if (request.query == "async=true") {
    is_async = true;
  } else if (request.query.find("async=") != std::string::npos && request.query != "async=false") {
    return error_reply(400, "query = " + request.query + ": async must be true or false");
  }

  const std::lock_guard<std::mutex> lock(mutex_);
  const auto token = tokens_.find(authorizations.front().substr(scheme.size()));
  if (token == tokens_.end()) return error_reply(401, "token is unknown or was revoked");
  const std::string device_id = token->second.device_id;
  const auto answer = [&]() -> Reply {
    if (now_ms() >= token->second.expires_ms) return error_reply(401, "token has expired");
    const auto device = devices_.find(device_id);
    if (device == devices_.end()) return error_reply(403, "device was removed");
    if (!device->second.claimed) return error_reply(403, "device is not claimed any more");
    return accept(request, device->second, is_async);
  };
  Reply reply = answer();
  reply.device_id = device_id;
  return reply;
}

Reply Service::accept(const Request& request, Device& device, bool is_async) {
  if (request.body.size() > options_.max_body_bytes) {
    return error_reply(413, "body = " + std::to_string(request.body.size()) +
                                " bytes: must be at most " +
                                std::to_string(options_.max_body_bytes));
  }
  const auto content_types = header_values(request, "Content-Type");
  if (content_types.size() != 1 || !is_json_content_type(content_types.front())) {
    return error_reply(400, "Content-Type = " + header_value(request, "Content-Type") +
                                ": must be application/json");
  }
  if (!header_values(request, "Content-Encoding").empty()) {
    return error_reply(400, "Content-Encoding: must be absent, plain JSON is expected");
  }
  json items;
  const std::vector<std::string> violations = validator_.check_telemetry(request.body, items);
  if (items.is_array() && items.size() > options_.max_items) {
    return error_reply(413, "body = " + std::to_string(items.size()) + " items: must be at most " +
                                std::to_string(options_.max_items));
  }
  if (!violations.empty()) return refuse_body(violations);
  const auto late = check_timestamps(items);
  if (!late.empty()) return refuse_body(late);

  const std::int64_t received_ms = now_ms();
  for (json item : items) {
    withhold_disabled(item, device.desired);
    device.telemetry.push_back({{"received_ms", received_ms},
                                {"request_id", header_value(request, "X-Request-Id")},
                                {"data", std::move(item)}});
  }
  log_.telemetry_accepted(items.size());
  if (is_async) {
    Reply reply;
    reply.status = 204;
    return reply;
  }
  return json_reply(device.desired);
}

std::vector<std::string> Service::check_timestamps(const json& items) const {
  const std::int64_t now = now_ms();
  std::vector<std::string> violations;
  for (std::size_t i = 0; i < items.size(); ++i) {
    const auto timestamp_ms = items[i].at("timestamp").get<std::int64_t>();
    const bool is_late = timestamp_ms > now + max_skew_s * 1000;
    const bool is_early = options_.strict_timestamps && timestamp_ms < now - max_skew_s * 1000;
    if (!is_late && !is_early) continue;
    violations.push_back("[" + std::to_string(i) + "].timestamp = " + std::to_string(timestamp_ms) +
                         ": must be at most " + std::to_string(max_skew_s) + " s " +
                         (is_late ? "ahead of" : "behind") + " service time " +
                         std::to_string(now));
  }
  return violations;
}

void Service::put_device(const std::string& id, const std::string& secret, bool claimed) {
  const std::lock_guard<std::mutex> lock(mutex_);
  Device& device = devices_[id];
  device.secret = secret;
  device.claimed = claimed;
}

bool Service::has_device(const std::string& id) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return devices_.count(id) == 1;
}

bool Service::remove_device(const std::string& id) {
  const std::lock_guard<std::mutex> lock(mutex_);
  return devices_.erase(id) == 1;
}

bool Service::set_claimed(const std::string& id, bool claimed) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto device = devices_.find(id);
  if (device == devices_.end()) return false;
  device->second.claimed = claimed;
  return true;
}

bool Service::revoke_tokens(const std::string& id) {
  const std::lock_guard<std::mutex> lock(mutex_);
  for (auto token = tokens_.begin(); token != tokens_.end();) {
    token = token->second.device_id == id ? tokens_.erase(token) : std::next(token);
  }
  return devices_.count(id) == 1;
}

json Service::devices() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  json list = json::array();
  for (const auto& [id, device] : devices_) {
    const auto tokens =
        std::count_if(tokens_.begin(), tokens_.end(),
                      [&id = id](const auto& token) { return token.second.device_id == id; });
    list.push_back({{"id", id},
                    {"claimed", device.claimed},
                    {"signing_key", device.signing_key.empty() ? json() : json(device.signing_key)},
                    {"tokens", tokens},
                    {"state_version", device.desired.at("system").at("stateVersion")},
                    {"telemetry", device.telemetry.size()}});
  }
  return list;
}

std::optional<json> Service::desired(const std::string& id) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto device = devices_.find(id);
  if (device == devices_.end()) return std::nullopt;
  return device->second.desired;
}

std::optional<json> Service::telemetry(const std::string& id) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto device = devices_.find(id);
  if (device == devices_.end()) return std::nullopt;
  return json(device->second.telemetry);
}

std::optional<Service::Merged> Service::merge_desired(const std::string& id, const json& update) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto device = devices_.find(id);
  if (device == devices_.end()) return std::nullopt;
  json& desired = device->second.desired;
  const json version = desired["system"]["stateVersion"];

  json merged = desired;
  merged.merge_patch(update);
  if (!merged.contains("system")) merged["system"] = initial_desired()["system"];
  merged["timestamp"] = now_ms();
  if (merged["system"].is_object()) {
    merged["system"]["stateVersion"] = version.get<std::int64_t>() + 1;
  }
  std::vector<std::string> violations = validator_.check_shadow(merged);
  if (violations.empty()) desired = merged;
  return Merged{desired, std::move(violations)};
}

}  // namespace emulator
