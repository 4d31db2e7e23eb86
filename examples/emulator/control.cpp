// SPDX-License-Identifier: Apache-2.0
#include "control.hpp"

#include "oauth.hpp"

#include <cmath>
#include <map>
#include <optional>
#include <utility>
#include <vector>

namespace emulator {
namespace {

using nlohmann::json;

constexpr std::size_t max_update_bytes = 1000;
constexpr double max_offset_s = 4e9;

Reply no_content() {
  Reply reply;
  reply.status = 204;
  return reply;
}

Reply not_found(const std::string& target) {
  return error_reply(404, target + ": is no address of the control interface, see README.md");
}

Reply wrong_method(const std::string& method, const std::string& allowed) {
  Reply reply = error_reply(405, "method " + method + " is not allowed: must be " + allowed);
  reply.headers.emplace_back("Allow", allowed);
  return reply;
}

Reply no_device(const std::string& id) {
  return error_reply(404, "device " + id + " does not exist: make it with PUT");
}

json parse_object(const std::string& body) {
  const json parsed = json::parse(body, nullptr, false);
  return parsed.is_object() ? parsed : json();
}

Reply not_an_object() {
  return error_reply(400, "body: must be a JSON object");
}

// The first member of `object` that is not one of `known`.
std::string unknown_member(const json& object, const std::vector<std::string>& known) {
  for (const auto& [name, value] : object.items()) {
    bool is_known = false;
    for (const std::string& each : known)
      is_known = is_known || each == name;
    if (!is_known) return name;
  }
  return "";
}

std::optional<std::vector<std::string>> segments_of(const std::string& target) {
  std::vector<std::string> segments;
  std::size_t start = 1;
  while (start <= target.size()) {
    const auto slash = std::min(target.find('/', start), target.size());
    auto segment = percent_decode(target.substr(start, slash - start));
    if (!segment) return std::nullopt;
    segments.push_back(std::move(*segment));
    start = slash + 1;
  }
  return segments;
}

}  // namespace

Reply Control::handle(const std::string& method, const std::string& target,
                      const std::string& body) {
  const auto segments = segments_of(target);
  if (!segments || segments->size() < 2 || segments->at(0) != "control") return not_found(target);
  const std::string& topic = segments->at(1);
  if (topic == "devices" && (segments->size() == 3 || segments->size() == 4)) {
    return handle_device(method, segments->at(2), segments->size() == 4 ? segments->at(3) : "",
                         body);
  }
  if (topic == "project-tokens" && segments->size() == 3) {
    return handle_project_token(method, segments->at(2));
  }
  if (segments->size() != 2) return not_found(target);
  if (topic == "state") {
    if (method != "GET") return wrong_method(method, "GET");
    json state = log_.counters();
    state["clock_offset_s"] = service_.clock_offset_s();
    state["devices"] = service_.devices();
    state["project_tokens"] = service_.project_tokens();
    return json_reply(state);
  }
  if (topic == "requests") {
    if (method == "GET") return json_reply(log_.requests());
    if (method != "DELETE") return wrong_method(method, "GET, DELETE");
    log_.clear();
    return no_content();
  }
  if (topic == "clock") {
    return method == "PUT" ? put_clock(body) : wrong_method(method, "PUT");
  }
  if (topic == "faults") {
    if (method == "GET") return json_reply(faults_.list());
    if (method == "DELETE") {
      faults_.clear();
      return no_content();
    }
    if (method != "POST") return wrong_method(method, "GET, POST, DELETE");
    const json faults = json::parse(body, nullptr, false);
    if (faults.is_discarded()) return error_reply(400, "body: is no JSON text");
    const std::string refused = faults_.add(faults);
    return refused.empty() ? json_reply(faults_.list()) : error_reply(400, refused);
  }
  return not_found(target);
}

Reply Control::handle_device(const std::string& method, const std::string& id,
                             const std::string& what, const std::string& body) {
  if (what.empty()) {
    if (method == "PUT") return put_device(id, body);
    if (method != "DELETE") return wrong_method(method, "PUT, DELETE");
    return service_.remove_device(id) ? no_content() : no_device(id);
  }
  if (what == "claim" || what == "unclaim" || what == "revoke") {
    if (method != "POST") return wrong_method(method, "POST");
    const bool exists =
        what == "revoke" ? service_.revoke_tokens(id) : service_.set_claimed(id, what == "claim");
    return exists ? no_content() : no_device(id);
  }
  if (what == "desired" && method == "PUT") return put_desired(id, body);
  using Getter = std::optional<json> (Service::*)(const std::string&) const;
  static const std::map<std::string, Getter> getters = {{"desired", &Service::desired},
                                                        {"reported", &Service::reported},
                                                        {"telemetry", &Service::telemetry},
                                                        {"traces", &Service::traces}};
  const auto getter = getters.find(what);
  if (getter == getters.end()) {
    return error_reply(404, what + ": is nothing a device has; known are claim, unclaim, revoke, " +
                                "desired, reported, telemetry, traces");
  }
  if (method != "GET") return wrong_method(method, what == "desired" ? "GET, PUT" : "GET");
  const auto found = (service_.*getter->second)(id);
  return found ? json_reply(*found) : no_device(id);
}

Reply Control::handle_project_token(const std::string& method, const std::string& token) {
  if (method == "PUT") {
    const std::string refused = service_.add_project_token(token);
    return refused.empty() ? no_content() : error_reply(400, refused);
  }
  if (method != "DELETE") return wrong_method(method, "PUT, DELETE");
  return service_.revoke_project_token(token)
             ? no_content()
             : error_reply(404, "project token: does not exist or was revoked before");
}

Reply Control::put_device(const std::string& id, const std::string& body) {
  const json device = parse_object(body);
  if (device.is_null()) return not_an_object();
  const std::string unknown = unknown_member(device, {"secret", "app_id", "claimed"});
  if (!unknown.empty()) return error_reply(400, unknown + ": must be secret, app_id or claimed");
  const json claimed = device.value("claimed", json(true));
  if (!claimed.is_boolean()) {
    return error_reply(400, "claimed = " + claimed.dump() + ": must be true or false");
  }
  const bool is_virtual = device.contains("app_id");
  if (is_virtual == device.contains("secret")) {
    return error_reply(400, "body: must have either secret or app_id");
  }
  const json& value = device[is_virtual ? "app_id" : "secret"];
  if (!value.is_string()) {
    return error_reply(400, std::string(is_virtual ? "app_id" : "secret") + ": must be a string");
  }
  const std::string refused = is_virtual ? service_.put_virtual_device(id, value, claimed)
                                         : service_.put_device(id, value, claimed);
  return refused.empty() ? no_content() : error_reply(400, refused);
}

Reply Control::put_desired(const std::string& id, const std::string& body) {
  if (!service_.has_device(id)) return no_device(id);
  if (body.size() > max_update_bytes) {
    return error_reply(400, "body = " + std::to_string(body.size()) + " bytes: must be at most " +
                                std::to_string(max_update_bytes) + " in one update");
  }
  const json update = parse_object(body);
  if (update.is_null()) return not_an_object();
  if (update.contains("timestamp") || (update.contains("system") && update["system"].is_object() &&
                                       update["system"].contains("stateVersion"))) {
    return error_reply(400,
                       "timestamp, system.stateVersion: must be absent, the service sets them");
  }
  const auto merged = service_.merge_desired(id, update);
  if (!merged) return no_device(id);
  if (merged->violations.empty()) return json_reply(merged->desired);
  Reply reply = error_reply(400, merged->violations.front());
  json error = error_body(400, merged->violations.front());
  error["details"]["violations"] = merged->violations;
  reply.body = to_text(error);
  return reply;
}

Reply Control::put_clock(const std::string& body) {
  const json clock = parse_object(body);
  if (clock.is_null()) return not_an_object();
  const json offset = clock.value("offset_s", json());
  if (!offset.is_number() || clock.size() != 1 || std::abs(offset.get<double>()) > max_offset_s) {
    return error_reply(
        400, "offset_s = " + offset.dump() + ": must be the only member and a number of seconds");
  }
  service_.set_clock_offset_s(offset);
  return json_reply({{"offset_s", service_.clock_offset_s()}});
}

}  // namespace emulator
