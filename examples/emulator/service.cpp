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
constexpr std::int64_t minute_ms = 60000;
constexpr std::int64_t trace_window_ms = 18 * 24 * 60 * minute_ms;

json initial_desired() {
  return {{"system", {{"stateVersion", 0}, {"lastModifiedGeofenceTimestamp", 0}}}};
}

struct Route {
  const char* path;
  const char* method;
};
constexpr Route routes[] = {{"/v2/timestamp", "GET"}, {"/v2/health", "GET"}, {"/v2/version", "GET"},
                            {"/v2/token", "POST"},    {"/v2/", "POST"},      {"/v3/", "POST"}};

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

// Silence that does not make a device offline yet.
double tolerated_silence_ms(const json& desired, const std::string& mode) {
  const json& system = desired.at("system");
  const double rate_ms = system.value(json::json_pointer("/rate/sendMs"), 0.0);
  const double saving_ms = system.value(json::json_pointer("/powerSave/sendMs"), 0.0);
  const double interval_ms = mode == "powerSave" && saving_ms > 0 ? saving_ms : rate_ms;
  return interval_ms > 0 ? interval_ms + 5 * minute_ms : 15 * minute_ms;
}

std::string refused_id(const std::string& id) {
  return id.empty() || id.size() > 50 ? "id: must have 1 to 50 characters" : "";
}

}  // namespace

Service::Device::Device() : desired(initial_desired()) {}

void Service::Device::set_claimed(bool is_claimed) {
  if (is_claimed != claimed) {
    tracking_id = is_claimed ? (is_virtual() ? "VRTR-" : "HERE-") + random_uuid() : "";
  }
  claimed = is_claimed;
}

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
    const bool lacks_slash = request.path == "/v2" || request.path == "/v3";
    const std::string hint =
        lacks_slash ? "; ingestion is " + request.path + "/ with the slash" : "";
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
  if (found == devices_.end() || found->second.is_virtual()) {
    const std::string text = "No license for device " + parameters.consumer_key +
                             (found == devices_.end() ? "" : ": it is virtual and has no secret");
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
    return error_reply(401, "Authorization: must be there once, as Bearer and a token");
  }
  bool is_async = false;
  if (request.query == "async=true") {
    is_async = true;
  } else if (request.query.find("async=") != std::string::npos && request.query != "async=false") {
    return error_reply(400, "query = " + request.query + ": async must be true or false");
  }

  const std::string credential = authorizations.front().substr(scheme.size());
  const std::lock_guard<std::mutex> lock(mutex_);
  if (project_tokens_.count(credential) == 1) {
    if (request.path == "/v2/") {
      return error_reply(403, "a project token is not for POST /v2/: use a device token or /v3/");
    }
    return ingest_for(nullptr, request, is_async);
  }
  const auto token = tokens_.find(credential);
  if (token == tokens_.end()) return error_reply(401, "token is unknown or was revoked");
  const std::string device_id = token->second.device_id;
  const auto answer = [&]() -> Reply {
    if (now_ms() >= token->second.expires_ms) return error_reply(401, "token has expired");
    const auto device = devices_.find(device_id);
    if (device == devices_.end()) return error_reply(403, "device was removed");
    if (!device->second.claimed) return error_reply(403, "device is not claimed any more");
    return ingest_for(&*device, request, is_async);
  };
  Reply reply = answer();
  reply.device_id = device_id;
  return reply;
}

// Without a device the body has to name one.
Reply Service::ingest_for(Devices::value_type* device, const Request& request, bool is_async) {
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
  const bool is_wrapped = request.path == "/v3/";
  const std::string list = is_wrapped ? "data" : "";
  json body;
  const std::vector<std::string> violations = is_wrapped
                                                  ? validator_.check_wrapped(request.body, body)
                                                  : validator_.check_telemetry(request.body, body);
  json items;
  if (!is_wrapped) {
    items = std::move(body);
  } else if (body.is_object() && body.contains("data")) {
    items = std::move(body["data"]);
  }
  if (items.is_array() && items.size() > options_.max_items) {
    return error_reply(413, (is_wrapped ? list : "body") + " = " + std::to_string(items.size()) +
                                " items: must be at most " + std::to_string(options_.max_items));
  }
  if (!violations.empty()) return refuse_body(violations);
  const auto late = check_timestamps(items, list);
  if (!late.empty()) return refuse_body(late);

  if (is_wrapped && device != nullptr) {
    for (const char* name : {"id", "appId"}) {
      if (!body.contains(name)) continue;
      return refuse_body(
          {std::string(name) + " = " + body[name].dump() + ": must be absent with a device token"});
    }
  }
  if (device == nullptr) {
    if (!body.contains("id")) {
      return refuse_body({"body: must have the member id, since the token is a project's"});
    }
    const std::string id = body["id"];
    const std::string app_id = body.value("appId", std::string());
    device = addressed(id, app_id);
    if (device == nullptr) {
      return error_reply(
          404, app_id.empty()
                   ? "id = " + id +
                         ": is no tracking id of a claimed device; a virtual "
                         "device's external id needs appId too"
                   : "id = " + id + ", appId = " + app_id + ": is no claimed virtual device");
    }
  }
  Reply reply = accept(std::move(items), request, device->second, is_async);
  reply.device_id = device->first;
  return reply;
}

Service::Devices::value_type* Service::addressed(const std::string& id, const std::string& app_id) {
  const auto found =
      app_id.empty() ? std::find_if(devices_.begin(), devices_.end(),
                                    [&](const auto& each) { return each.second.tracking_id == id; })
                     : devices_.find(id);
  if (found == devices_.end() || !found->second.claimed) return nullptr;
  return app_id.empty() || found->second.app_id == app_id ? &*found : nullptr;
}

Reply Service::accept(json items, const Request& request, Device& device, bool is_async) {
  const std::int64_t received_ms = now_ms();
  const bool detects_outliers = device.desired.at("system").value("detectOutliers", false);
  log_.telemetry_accepted(items.size());
  for (json& item : items) {
    withhold_disabled(item, device.desired);
    device.reported.add(item, detects_outliers);
    device.telemetry.push_back({{"received_ms", received_ms},
                                {"request_id", header_value(request, "X-Request-Id")},
                                {"data", std::move(item)}});
  }
  if (is_async) {
    Reply reply;
    reply.status = 204;
    return reply;
  }
  return json_reply(device.desired);
}

std::vector<std::string> Service::check_timestamps(const json& items,
                                                   const std::string& list) const {
  const std::int64_t now = now_ms();
  std::vector<std::string> violations;
  for (std::size_t i = 0; i < items.size(); ++i) {
    const auto timestamp_ms = items[i].at("timestamp").get<std::int64_t>();
    const bool is_late = timestamp_ms > now + max_skew_s * 1000;
    const bool is_early = options_.strict_timestamps && timestamp_ms < now - max_skew_s * 1000;
    if (!is_late && !is_early) continue;
    violations.push_back(list + "[" + std::to_string(i) +
                         "].timestamp = " + std::to_string(timestamp_ms) + ": must be at most " +
                         std::to_string(max_skew_s) + " s " + (is_late ? "ahead of" : "behind") +
                         " service time " + std::to_string(now));
  }
  return violations;
}

std::string Service::put_device(const std::string& id, const std::string& secret, bool claimed) {
  if (const std::string refused = refused_id(id); !refused.empty()) return refused;
  if (secret.empty() || secret.size() > 128) return "secret: must have 1 to 128 bytes";
  const std::lock_guard<std::mutex> lock(mutex_);
  Device& device = devices_[id];
  if (device.is_virtual()) return "secret: must be absent, " + id + " is a virtual device";
  device.secret = secret;
  device.set_claimed(claimed);
  return "";
}

std::string Service::put_virtual_device(const std::string& external_id, const std::string& app_id,
                                        bool claimed) {
  if (const std::string refused = refused_id(external_id); !refused.empty()) return refused;
  if (app_id.size() < 8) return "app_id = " + app_id + ": must have at least 8 characters";
  const std::lock_guard<std::mutex> lock(mutex_);
  Device& device = devices_[external_id];
  if (!device.secret.empty()) {
    return "app_id: must be absent, " + external_id + " is a licensed device";
  }
  device.app_id = app_id;
  device.set_claimed(claimed);
  return "";
}

std::string Service::add_project_token(const std::string& token) {
  const bool is_printable =
      std::all_of(token.begin(), token.end(), [](char c) { return c > ' ' && c <= '~'; });
  if (token.empty() || !is_printable) {
    return "project token: must be printable ASCII without white space";
  }
  const std::lock_guard<std::mutex> lock(mutex_);
  project_tokens_.insert(token);
  return "";
}

bool Service::revoke_project_token(const std::string& token) {
  const std::lock_guard<std::mutex> lock(mutex_);
  return project_tokens_.erase(token) == 1;
}

std::size_t Service::project_tokens() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return project_tokens_.size();
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
  device->second.set_claimed(claimed);
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
                    {"app_id", device.is_virtual() ? json(device.app_id) : json()},
                    {"tracking_id", device.claimed ? json(device.tracking_id) : json()},
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

std::optional<json> Service::traces(const std::string& id) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto device = devices_.find(id);
  if (device == devices_.end()) return std::nullopt;
  const std::int64_t oldest_ms = now_ms() - trace_window_ms;
  std::vector<std::pair<std::int64_t, const json*>> found;
  const std::vector<json>& kept = device->second.telemetry;
  for (auto entry = kept.rbegin(); entry != kept.rend(); ++entry) {
    const auto timestamp_ms = entry->at("data").at("timestamp").get<std::int64_t>();
    if (timestamp_ms >= oldest_ms) found.emplace_back(timestamp_ms, &*entry);
  }
  std::stable_sort(found.begin(), found.end(),
                   [](const auto& left, const auto& right) { return left.first > right.first; });
  json list = json::array();
  for (const auto& [timestamp_ms, entry] : found) {
    list.push_back({{"timestamp_ms", timestamp_ms},
                    {"received_ms", entry->at("received_ms")},
                    {"data", entry->at("data")}});
  }
  return list;
}

std::optional<json> Service::reported(const std::string& id) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto found = devices_.find(id);
  if (found == devices_.end()) return std::nullopt;
  const Device& device = found->second;
  bool is_online = false;
  if (!device.telemetry.empty()) {
    const auto silence_ms =
        now_ms() - device.telemetry.back().at("received_ms").get<std::int64_t>();
    is_online = static_cast<double>(silence_ms) <=
                tolerated_silence_ms(device.desired, device.reported.mode());
  }
  return device.reported.complete(is_online);
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
