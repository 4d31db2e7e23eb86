// SPDX-License-Identifier: Apache-2.0
#include "service.hpp"

#include "oauth.hpp"
#include "support/catch.hpp"

#include <string>
#include <vector>

namespace {

using emulator::Reply;
using nlohmann::json;
using Lines = std::vector<std::string>;

constexpr const char* host = "localhost:8443";
constexpr const char* project_token = "project-token";
constexpr const char* app_id = "app-0001";
constexpr double minute_s = 60;

// A service with the claimed device "licensed", the virtual device "truck-7" and a project token.
class Fixture {
 public:
  emulator::RequestLog log{true};
  emulator::Service service{{}, log};

  Fixture() {
    REQUIRE(service.put_device("licensed", "secret", true).empty());
    REQUIRE(service.put_virtual_device("truck-7", app_id, true).empty());
    REQUIRE(service.add_project_token(project_token).empty());
  }

  Reply ask_token(const std::string& id, const std::string& secret) {
    emulator::OAuthParameters p;
    p.consumer_key = id;
    p.nonce = "nonce" + std::to_string(++nonces_);
    p.signature_method = "HMAC-SHA256";
    p.timestamp = std::to_string(service.now_ms() / 1000);
    p.version = "1.0";
    p.signature = emulator::hmac_sha256_base64(
        emulator::oauth_key(secret, emulator::KeyForm::encoded),
        emulator::oauth_base_string(std::string("https://") + host, p));
    emulator::Request request;
    request.method = "POST";
    request.path = "/v2/token";
    request.headers = {
        {"Host", host},
        {"Authorization", "OAuth oauth_consumer_key=\"" + p.consumer_key + "\",oauth_nonce=\"" +
                              p.nonce +
                              "\",oauth_signature_method=\"HMAC-SHA256\""
                              ",oauth_timestamp=\"" +
                              p.timestamp + "\",oauth_version=\"1.0\",oauth_signature=\"" +
                              emulator::percent_encode(p.signature) + "\""}};
    return service.handle(request);
  }

  std::string device_token() {
    const Reply reply = ask_token("licensed", "secret");
    REQUIRE(reply.status == 200);
    return json::parse(reply.body).at("accessToken");
  }

  Reply post(const std::string& path, const std::string& token, const std::string& body,
             const std::string& query = "") {
    emulator::Request request;
    request.method = "POST";
    request.path = path;
    request.query = query;
    request.headers = {{"Authorization", "Bearer " + token}, {"Content-Type", "application/json"}};
    request.body = body;
    return service.handle(request);
  }

  Reply post_v3(const std::string& token, json body) {
    if (!body.contains("data")) body["data"] = {{{"timestamp", 2}}};
    return post("/v3/", token, body.dump());
  }

  // As the virtual device.
  void report(json items) {
    const Reply reply =
        post_v3(project_token, {{"id", "truck-7"}, {"appId", app_id}, {"data", std::move(items)}});
    REQUIRE(reply.status == 200);
  }

  json device(const std::string& id) const {
    for (const json& each : service.devices()) {
      if (each.at("id") == id) return each;
    }
    return {};
  }

  std::string tracking_id() const {
    return device("licensed").at("tracking_id").get<std::string>();
  }

  bool is_online() const {
    return service.reported("truck-7")->at("system").at("computed").at("online").get<bool>();
  }

 private:
  int nonces_ = 0;
};

}  // namespace

TEST_CASE("a device token sends for its own device through /v3/, without an id") {
  Fixture f;
  const std::string token = f.device_token();
  const Reply reply = f.post_v3(token, json::object());
  CHECK(reply.status == 200);
  CHECK(reply.device_id == "licensed");
  CHECK(json::parse(reply.body).at("system").at("stateVersion") == 0);
  CHECK(f.device("licensed").at("telemetry") == 1);

  CHECK(f.post("/v3/", token, R"({"data":[{"timestamp":2}]})", "async=true").status == 204);
  CHECK(f.post_v3(token, {{"id", f.tracking_id()}}).violations ==
        Lines{"id = \"" + f.tracking_id() + "\": must be absent with a device token"});
  CHECK(f.post_v3(token, {{"appId", app_id}}).violations ==
        Lines{"appId = \"app-0001\": must be absent with a device token"});
  CHECK(f.device("licensed").at("telemetry") == 2);
}

TEST_CASE("a project token sends for a claimed device by its tracking id") {
  Fixture f;
  const Reply reply = f.post_v3(project_token, {{"id", f.tracking_id()}});
  CHECK(reply.status == 200);
  CHECK(reply.device_id == "licensed");
  CHECK(f.device("licensed").at("telemetry") == 1);

  CHECK(f.post_v3(project_token, {{"id", "licensed"}}).status == 404);
  CHECK(f.post_v3(project_token, {{"id", f.tracking_id()}, {"appId", app_id}}).status == 404);
  CHECK(f.post_v3(project_token, json::object()).violations ==
        Lines{"body: must have the member id, since the token is a project's"});
}

TEST_CASE("a project token sends for a virtual device by its external id and app id") {
  Fixture f;
  const Reply reply = f.post_v3(project_token, {{"id", "truck-7"}, {"appId", app_id}});
  CHECK(reply.status == 200);
  CHECK(reply.device_id == "truck-7");
  CHECK(f.device("truck-7").at("telemetry") == 1);

  const Reply unknown = f.post_v3(project_token, {{"id", "truck-8"}, {"appId", app_id}});
  CHECK(unknown.status == 404);
  CHECK(unknown.reason == "id = truck-8, appId = app-0001: is no claimed virtual device");
  CHECK(f.post_v3(project_token, {{"id", "truck-7"}, {"appId", "app-0002"}}).status == 404);
  CHECK(f.post_v3(project_token, {{"id", "truck-7"}}).reason ==
        "id = truck-7: is no tracking id of a claimed device; a virtual device's external id "
        "needs appId too");
  CHECK(f.post_v3(project_token, {{"appId", app_id}}).status == 400);
  f.service.set_claimed("truck-7", false);
  CHECK(f.post_v3(project_token, {{"id", "truck-7"}, {"appId", app_id}}).status == 404);
}

TEST_CASE("what breaks a rule in a wrapped body is 400, before the device is looked for") {
  Fixture f;
  const Reply reply = f.post_v3(project_token, {{"id", "nobody"}, {"data", {{{"timestamp", 1}}}}});
  CHECK(reply.status == 400);
  CHECK(reply.violations == Lines{"data[0].timestamp = 1: must be at least 2"});
  const json late = {{"id", "nobody"}, {"data", {{{"timestamp", f.service.now_ms() + 60000}}}}};
  CHECK(f.post_v3(project_token, late).reason.compare(0, 20, "data[0].timestamp = ") == 0);
}

TEST_CASE("the limits of a request hold for a wrapped body") {
  emulator::RequestLog log{true};
  emulator::ServiceOptions options;
  options.max_items = 2;
  options.max_body_bytes = 200;
  emulator::Service service{options, log};
  service.add_project_token(project_token);
  service.put_virtual_device("truck-7", app_id, true);
  emulator::Request request;
  request.method = "POST";
  request.path = "/v3/";
  request.headers = {{"Authorization", "Bearer project-token"},
                     {"Content-Type", "application/json"}};
  const auto status_with = [&](const std::string& data) {
    request.body = R"({"id":"truck-7","appId":"app-0001","data":)" + data + "}";
    return service.handle(request).status;
  };
  CHECK(status_with(R"([{"timestamp":2},{"timestamp":3}])") == 200);
  CHECK(status_with(R"([{"timestamp":2},{"timestamp":3},{"timestamp":4}])") == 413);
  CHECK(status_with("[" + std::string(200, ' ') + R"({"timestamp":2}])") == 413);
}

TEST_CASE("a project token is not for /v2/, and gives 401 once it is revoked") {
  Fixture f;
  const std::string list = R"([{"timestamp":2}])";
  CHECK(f.post("/v2/", project_token, list).status == 403);
  CHECK(f.post("/v2/", "other", list).status == 401);
  CHECK(f.post_v3("other", {{"id", "truck-7"}, {"appId", app_id}}).status == 401);

  CHECK(f.service.project_tokens() == 1);
  CHECK(f.service.revoke_project_token(project_token));
  CHECK_FALSE(f.service.revoke_project_token(project_token));
  CHECK(f.service.project_tokens() == 0);
  CHECK(f.post_v3(project_token, {{"id", "truck-7"}, {"appId", app_id}}).status == 401);
  CHECK(f.post("/v2/", project_token, list).status == 401);

  CHECK_FALSE(f.service.add_project_token("").empty());
  CHECK_FALSE(f.service.add_project_token("two words").empty());
}

TEST_CASE("a device has a tracking id while it is claimed, another one after each claim") {
  Fixture f;
  const std::string first = f.tracking_id();
  CHECK(first.substr(0, 5) == "HERE-");
  CHECK(emulator::is_uuid_v4(first.substr(5)));
  CHECK(f.device("truck-7").at("tracking_id").get<std::string>().substr(0, 5) == "VRTR-");

  f.service.set_claimed("licensed", true);
  f.service.put_device("licensed", "another secret", true);
  CHECK(f.tracking_id() == first);

  f.service.set_claimed("licensed", false);
  CHECK(f.device("licensed").at("tracking_id").is_null());
  CHECK(f.post_v3(project_token, {{"id", first}}).status == 404);
  f.service.set_claimed("licensed", true);
  CHECK(f.tracking_id() != first);
  CHECK(f.post_v3(project_token, {{"id", first}}).status == 404);
  CHECK(f.post_v3(project_token, {{"id", f.tracking_id()}}).status == 200);
}

TEST_CASE("a virtual device has no secret and cannot log in") {
  Fixture f;
  const Reply reply = f.ask_token("truck-7", "");
  CHECK(reply.status == 404);
  CHECK(reply.reason == "No license for device truck-7: it is virtual and has no secret");
  CHECK(f.device("truck-7").at("app_id") == app_id);
  CHECK(f.device("licensed").at("app_id").is_null());
}

TEST_CASE("a device is licensed or virtual, with an id and an app id of the right length") {
  Fixture f;
  CHECK(f.service.put_device("truck-7", "secret", true) ==
        "secret: must be absent, truck-7 is a virtual device");
  CHECK(f.service.put_virtual_device("licensed", app_id, true) ==
        "app_id: must be absent, licensed is a licensed device");
  CHECK(f.service.put_virtual_device("x", "app-001", true) ==
        "app_id = app-001: must have at least 8 characters");
  CHECK_FALSE(f.service.put_virtual_device("", app_id, true).empty());
  CHECK_FALSE(f.service.put_virtual_device(std::string(51, 'x'), app_id, true).empty());
  CHECK(f.service.devices().size() == 2);
}

TEST_CASE("a virtual device gets its own desired shadow") {
  Fixture f;
  f.service.merge_desired("truck-7", {{"system", {{"rate", {{"sendMs", 60000}}}}}});
  const Reply reply = f.post_v3(project_token, {{"id", "truck-7"}, {"appId", app_id}});
  CHECK(json::parse(reply.body).at("system").at("rate").at("sendMs") == 60000);
}

TEST_CASE("traces are newest first by the device's time, and reach 18 days back") {
  Fixture f;
  const std::int64_t now = f.service.now_ms();
  const std::int64_t day_ms = 86400000;
  f.report({{{"timestamp", now - 1000}},
            {{"timestamp", now - 19 * day_ms}},
            {{"timestamp", now - 3000}},
            {{"timestamp", now - 17 * day_ms}},
            {{"timestamp", now - 1000}, {"payload", {{"later", true}}}}});
  const json traces = *f.service.traces("truck-7");
  std::vector<std::int64_t> ages_ms;
  for (const json& each : traces)
    ages_ms.push_back(now - each.at("timestamp_ms").get<std::int64_t>());
  CHECK(ages_ms == std::vector<std::int64_t>{1000, 1000, 3000, 17 * day_ms});
  CHECK(traces[0].at("data").contains("payload"));
  CHECK(traces[0].at("received_ms").get<std::int64_t>() >= now);
  CHECK(f.service.telemetry("truck-7")->size() == 5);
  CHECK_FALSE(f.service.traces("nobody").has_value());
}

TEST_CASE("what the owner has disabled is in no trace and in no reported shadow") {
  Fixture f;
  f.service.merge_desired(
      "truck-7",
      {{"system", {{"disableTracking", {{"position", "all"}, {"periods", {json::object()}}}}}}});
  f.report({{{"timestamp", f.service.now_ms()},
             {"position", {{"lat", 1}, {"lng", 2}, {"accuracy", 3}}}}});
  CHECK_FALSE(f.service.traces("truck-7")->at(0).at("data").contains("position"));
  CHECK_FALSE(f.service.reported("truck-7")->contains("position"));
}

TEST_CASE("without a configured rate a device is online for 15 minutes") {
  Fixture f;
  CHECK_FALSE(f.is_online());
  f.report({{{"timestamp", 2}}});
  CHECK(f.is_online());
  f.service.set_clock_offset_s(14 * minute_s);
  CHECK(f.is_online());
  f.service.set_clock_offset_s(16 * minute_s);
  CHECK_FALSE(f.is_online());
  f.report({{{"timestamp", 3}}});
  CHECK(f.is_online());
}

TEST_CASE("with a configured rate a device is online for that and 5 minutes") {
  Fixture f;
  f.service.merge_desired("truck-7", {{"system", {{"rate", {{"sendMs", 3600000}}}}}});
  f.report({{{"timestamp", 2}}});
  f.service.set_clock_offset_s(64 * minute_s);
  CHECK(f.is_online());
  f.service.set_clock_offset_s(66 * minute_s);
  CHECK_FALSE(f.is_online());
}

TEST_CASE("a device that reports power saving is given the interval of power saving") {
  Fixture f;
  f.service.merge_desired(
      "truck-7",
      {{"system", {{"rate", {{"sendMs", 60000}}}, {"powerSave", {{"sendMs", 7200000}}}}}});
  f.report({{{"timestamp", 2}, {"system", {{"mode", "powerSave"}}}}});
  f.service.set_clock_offset_s(124 * minute_s);
  CHECK(f.is_online());
  f.service.set_clock_offset_s(126 * minute_s);
  CHECK_FALSE(f.is_online());
  f.report({{{"timestamp", 3}, {"system", {{"mode", "normal"}}}}});
  f.service.set_clock_offset_s(133 * minute_s);
  CHECK_FALSE(f.is_online());
}
