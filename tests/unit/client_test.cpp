// SPDX-License-Identifier: Apache-2.0
#include "here_tracking/client.hpp"

#include "support/catch.hpp"
#include "support/fake_device.hpp"

#include <algorithm>
#include <memory>
#include <optional>
#include <regex>
#include <set>
#include <string>
#include <utility>
#include <vector>

using here_tracking::Client;
using here_tracking::ClientConfig;
using here_tracking::Code;
using here_tracking::Delivery;
using here_tracking::DesiredShadow;
using here_tracking::DeviceLicense;
using here_tracking::DeviceLicenseV3;
using here_tracking::Span;
using here_tracking::Status;
using here_tracking::SuppliedToken;

namespace {

const std::string_view sample = R"({"timestamp":1767225600000})";

Status send(Client& client, Delivery delivery = Delivery::synchronous) {
  DesiredShadow shadow;
  return client.ingest({&sample, 1}, shadow, {delivery});
}

/// Has a token of its own making each time it is asked.
class Gateway final : public SuppliedToken {
 public:
  Status token(Span<char> into, std::size_t& size, std::uint32_t& life) override {
    if (answer != Code::ok) return answer;
    ++given;
    const std::string token = text ? *text : "project-" + std::to_string(given);
    REQUIRE(token.size() <= into.size());
    std::copy(token.begin(), token.end(), into.begin());
    size = token.size() + beyond;
    if (life_s) life = *life_s;
    return {};
  }

  std::optional<std::string> text;
  std::optional<std::uint32_t> life_s;
  std::size_t beyond = 0;
  Code answer = Code::ok;
  int given = 0;
};

Status send_for(Client& client, std::string_view id, std::string_view app_id = {}) {
  DesiredShadow shadow;
  return client.ingest({&sample, 1}, shadow, {Delivery::synchronous, id, app_id});
}

std::string message(const Client& client) {
  char text[160];
  return {text, here_tracking::format(client.field_error(), text)};
}

constexpr std::int64_t hour_ms = 3600 * 1000;

}  // namespace

TEST_CASE("The first report costs three requests, the next ones one each") {
  fake::Device device;
  Client client({}, device.license, device.hooks(), device.memory());
  REQUIRE(send(client).ok());
  CHECK(device.transport.lines() == "GET /v2/timestamp\nPOST /v2/token\nPOST /v2/\n");
  REQUIRE(send(client).ok());
  REQUIRE(send(client).ok());
  CHECK(device.transport.requests.size() == 5);
}

TEST_CASE("A restarted program needs one request, after a reboot two, without storage three") {
  fake::Device device;
  {
    Client client({}, device.license, device.hooks(), device.memory());
    REQUIRE(send(client).ok());
  }
  device.transport.requests.clear();
  device.clock.now += hour_ms / 2;

  SECTION("restart") {
    Client client({}, device.license, device.hooks(), device.memory());
    REQUIRE(send(client).ok());
    CHECK(device.transport.lines() == "POST /v2/\n");
    CHECK(device.transport.requests[0].headers["Authorization"] == "Bearer h1.token-1");
  }
  SECTION("reboot") {
    device.clock.boot = 2;
    device.transport.server_ahead_ms += device.clock.now - 10;
    device.clock.now = 10;
    Client client({}, device.license, device.hooks(), device.memory());
    REQUIRE(send(client).ok());
    CHECK(device.transport.lines() == "GET /v2/timestamp\nPOST /v2/\n");
  }
  SECTION("reboot, and the stored token is refused") {
    device.clock.boot = 2;
    bool refused = false;
    device.transport.answer = [&](const fake::Request& request) {
      if (request.line == "POST /v2/" && !std::exchange(refused, true)) {
        return fake::Reply{401, "{}", {}, {}};
      }
      return device.transport.healthy(request);
    };
    Client client({}, device.license, device.hooks(), device.memory());
    REQUIRE(send(client).ok());
    CHECK(device.transport.lines() == "GET /v2/timestamp\nPOST /v2/\nPOST /v2/token\nPOST /v2/\n");
  }
  SECTION("a clock that cannot tell reboots") {
    device.clock.boot = 0;
    Client client({}, device.license, device.hooks(), device.memory());
    REQUIRE(send(client).ok());
    CHECK(device.transport.lines() == "GET /v2/timestamp\nPOST /v2/\n");
  }
  SECTION("without storage") {
    here_tracking::Hooks hooks = device.hooks();
    hooks.storage = &here_tracking::not_provided::storage;
    Client client({}, device.license, hooks, device.memory());
    REQUIRE(send(client).ok());
    CHECK(device.transport.requests.size() == 3);
  }
  SECTION("records of another device or service are not used") {
    const char* id = fake::device_id;
    ClientConfig config;
    SECTION("device") {
      id = "another";
    }
    SECTION("service") {
      config.base_url = "https://localhost:8443";
    }
    DeviceLicense license(id, fake::device_secret);
    Client client(config, license, device.hooks(), device.memory());
    REQUIRE(send(client).ok());
    CHECK(device.transport.requests.size() == 3);
  }
  SECTION("damaged records are not used") {
    for (auto& [name, record] : device.storage.records)
      record[12] ^= 1U;
    Client client({}, device.license, device.hooks(), device.memory());
    REQUIRE(send(client).ok());
    CHECK(device.transport.requests.size() == 3);
  }
}

TEST_CASE("Server time takes half the round trip off and follows the monotonic clock") {
  fake::Device device;
  device.transport.round_trip_ms = 4000;
  Client client({}, device.license, device.hooks(), device.memory());
  CHECK_FALSE(client.server_time_ms());
  REQUIRE(client.sync_time().ok());
  REQUIRE(client.server_time_ms());
  CHECK(std::abs(*client.server_time_ms() - device.transport.server_ms()) <= 500);
  device.clock.now += 12345;
  CHECK(std::abs(*client.server_time_ms() - device.transport.server_ms()) <= 500);
}

TEST_CASE("An answer that took longer than 5 s sets no clock; the next one may") {
  fake::Device device;
  Client client({}, device.license, device.hooks(), device.memory());
  device.transport.round_trip_ms = 5001;
  SECTION("slow once: the handshake") {
    device.transport.answer = [&](const fake::Request& request) {
      if (device.transport.requests.size() == 2) device.transport.round_trip_ms = 1000;
      return device.transport.healthy(request);
    };
    CHECK(client.sync_time().ok());
  }
  SECTION("slow twice") {
    CHECK(client.sync_time() == Code::timeout);
    CHECK_FALSE(client.server_time_ms());
  }
  CHECK(device.transport.requests.size() == 2);
}

TEST_CASE("A time request is made without Authorization") {
  fake::Device device;
  Client client({}, device.license, device.hooks(), device.memory());
  REQUIRE(client.sync_time().ok());
  CHECK(device.transport.requests[0].headers.count("Authorization") == 0);
}

TEST_CASE("A time request that is answered 401 with x-here-timestamp is answered all the same") {
  fake::Device device;
  device.transport.answer = [&](const fake::Request&) {
    return fake::Reply{
        401, "", {{"X-Here-Timestamp", std::to_string(device.transport.server_ms() / 1000)}}, {}};
  };
  Client client({}, device.license, device.hooks(), device.memory());
  REQUIRE(client.sync_time().ok());
  CHECK(std::abs(*client.server_time_ms() - device.transport.server_ms()) <= 500);
}

TEST_CASE("A token request refused for its time is repeated once, corrected and with a new nonce") {
  fake::Device device;
  Client client({}, device.license, device.hooks(), device.memory());
  REQUIRE(client.sync_time().ok());
  device.transport.requests.clear();
  const std::int64_t offset_s = GENERATE(-3600, 3600);
  device.transport.server_ahead_ms += offset_s * 1000;
  bool never_satisfied = false;
  device.transport.answer = [&](const fake::Request& request) {
    std::smatch match;
    const std::string& header = request.headers.at("Authorization");
    REQUIRE(std::regex_search(header, match, std::regex("oauth_timestamp=\"([0-9]+)\"")));
    const std::int64_t server_s = device.transport.server_ms() / 1000;
    if (never_satisfied || std::abs(std::stoll(match[1]) - server_s) > 10) {
      return fake::Reply{401, "{}", {{"x-here-timestamp", std::to_string(server_s)}}, {}};
    }
    return device.transport.healthy(request);
  };
  SECTION("and then accepted") {
    CHECK(client.ensure_token().ok());
  }
  SECTION("and then given up") {
    never_satisfied = true;
    CHECK(client.ensure_token() == Status(Code::clock_refused, 401));
  }
  CHECK(device.transport.lines() == "POST /v2/token\nPOST /v2/token\n");
  CHECK(device.transport.requests[0].headers["Authorization"].substr(0, 110) !=
        device.transport.requests[1].headers["Authorization"].substr(0, 110));
}

TEST_CASE("A nonce and a request id are never used twice") {
  fake::Device device;
  Client client({}, device.license, device.hooks(), device.memory());
  std::set<std::string> nonces;
  std::set<std::string> request_ids;
  for (int i = 0; i < 50; ++i) {
    client.drop_token();
    REQUIRE(client.ensure_token().ok());
    const auto& headers = device.transport.requests.back().headers;
    std::smatch match;
    const std::string& authorization = headers.at("Authorization");
    REQUIRE(
        std::regex_search(authorization, match, std::regex("oauth_nonce=\"([0-9A-Za-z]{20})\"")));
    CHECK(nonces.insert(match[1]).second);
    const std::string& id = headers.at("X-Request-Id");
    CHECK(std::regex_match(
        id, std::regex("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")));
    CHECK(request_ids.insert(id).second);
  }
}

TEST_CASE("A token is renewed ten minutes before its end, or after nine tenths of a short life") {
  fake::Device device;
  Client client({}, device.license, device.hooks(), device.memory());
  std::int64_t good_for_ms = 0;
  SECTION("24 hours") {
    good_for_ms = (86399 - 600) * 1000;
  }
  SECTION("100 seconds") {
    device.transport.token_life_s = 100;
    good_for_ms = 90 * 1000;
  }
  REQUIRE(client.ensure_token().ok());
  CHECK(client.token_life_s() >= device.transport.token_life_s - 1);
  device.clock.now += good_for_ms - 1000;
  REQUIRE(client.ensure_token().ok());
  CHECK(device.transport.tokens == 1);
  device.clock.now += 1000;
  REQUIRE(client.ensure_token().ok());
  CHECK(device.transport.tokens == 2);
}

TEST_CASE("The time is asked for again with a new token when it is older than an hour") {
  fake::Device device;
  Client client({}, device.license, device.hooks(), device.memory());
  REQUIRE(client.ensure_token().ok());
  device.transport.requests.clear();
  SECTION("younger") {
    device.clock.now += hour_ms - 1000;
    client.drop_token();
    REQUIRE(client.ensure_token().ok());
    CHECK(device.transport.lines() == "POST /v2/token\n");
  }
  SECTION("older") {
    device.clock.now += hour_ms + 1000;
    client.drop_token();
    REQUIRE(client.ensure_token().ok());
    CHECK(device.transport.lines() == "GET /v2/timestamp\nPOST /v2/token\n");
  }
}

TEST_CASE("A token that the service refuses is dropped, replaced, and the report repeated once") {
  fake::Device device;
  Client client({}, device.license, device.hooks(), device.memory());
  REQUIRE(send(client).ok());
  device.transport.requests.clear();
  const std::uint16_t refusal = GENERATE(as<std::uint16_t>(), 401, 403, 404);
  int refusals = 1;
  device.transport.answer = [&](const fake::Request& request) {
    if (request.line == "POST /v2/" && refusals-- > 0) return fake::Reply{refusal, "{}", {}, {}};
    return device.transport.healthy(request);
  };
  SECTION("then taken") {
    CHECK(send(client).ok());
    CHECK(device.transport.requests[0].body == device.transport.requests[2].body);
    CHECK(device.transport.requests[2].headers["Authorization"] == "Bearer h1.token-2");
  }
  SECTION("then given up, the new token dropped as well") {
    refusals = 2;
    const Code expected = refusal == 401 ? Code::credentials_refused : Code::forbidden;
    CHECK(send(client) == Status(expected, refusal));
    CHECK(device.storage.records.count("token") == 0);
  }
  CHECK(device.transport.lines() == "POST /v2/\nPOST /v2/token\nPOST /v2/\n");
}

TEST_CASE("A fresh token that is refused is not replaced at once") {
  fake::Device device;
  Client client({}, device.license, device.hooks(), device.memory());
  device.transport.answer = [&](const fake::Request& request) {
    if (request.line == "POST /v2/") return fake::Reply{403, "{}", {}, {}};
    return device.transport.healthy(request);
  };
  CHECK(send(client) == Status(Code::forbidden, 403));
  CHECK(device.transport.requests.size() == 3);
  CHECK(client.token_life_s() == 0);
}

TEST_CASE("Each refusal of a token request has its own code") {
  fake::Device device;
  Client client({}, device.license, device.hooks(), device.memory());
  struct Case {
    std::uint16_t http_status;
    Code code;
  };
  const Case cases[] = {
      {400, Code::rejected},         {401, Code::credentials_refused},
      {403, Code::forbidden},        {404, Code::unknown_device},
      {412, Code::not_claimed},      {429, Code::rate_limited},
      {500, Code::server_error},     {503, Code::server_error},
      {302, Code::response_invalid}, {418, Code::response_invalid},
  };
  for (const Case& c : cases) {
    device.transport.answer = [&](const fake::Request& request) {
      if (request.line == "POST /v2/token") return fake::Reply{c.http_status, "no", {}, {}};
      return device.transport.healthy(request);
    };
    device.transport.requests.clear();
    CAPTURE(c.http_status);
    CHECK(client.ensure_token() == Status(c.code, c.http_status));
    CHECK(device.transport.requests.size() <= 2);
  }
}

TEST_CASE("An error carries code, HTTP status, the service's id and code, and the request id") {
  fake::Device device;
  Client client({}, device.license, device.hooks(), device.memory());
  device.transport.answer = [&](const fake::Request& request) {
    if (request.line != "POST /v2/") return device.transport.healthy(request);
    return fake::Reply{400,
                       R"({"error":"Bad Request","code":400,"id":"e-1-lds2",)"
                       R"("message":"[0].timestamp","details":{"hereErrorCode":400306}})",
                       {},
                       {}};
  };
  CHECK(send(client) == Status(Code::rejected, 400));
  const here_tracking::ErrorDetail& error = client.last_error();
  CHECK(error.status == Status(Code::rejected, 400));
  CHECK(error.here_error_code == 400306);
  CHECK(std::string(error.id.data()) == "e-1-lds2");
  CHECK(std::string(error.message.data()) == "[0].timestamp");
  CHECK(error.request_id.data() == device.transport.requests.back().headers["X-Request-Id"]);
}

TEST_CASE("Retry-After is told in seconds, whether given so or as a date") {
  fake::Device device;
  Client client({}, device.license, device.hooks(), device.memory());
  REQUIRE(send(client).ok());
  std::string value;
  std::optional<std::uint32_t> expected;
  SECTION("seconds") {
    value = "17";
    expected = 17;
  }
  SECTION("more seconds than can be told") {
    value = GENERATE("4294967296", "99999999999999999999");
    expected = 4294967295;
  }
  SECTION("date") {
    value = "Thu, 01 Jan 2026 01:00:00 GMT";  // the service's clock shows 00:00:01
    expected = 3599;
  }
  SECTION("a date in the past") {
    value = "Wed, 31 Dec 2025 01:00:00 GMT";
  }
  SECTION("nonsense") {
    value = "soon";
  }
  device.transport.answer = [&](const fake::Request&) {
    return fake::Reply{429, "", {{"retry-after", value}}, {}};
  };
  CHECK(send(client) == Status(Code::rate_limited, 429));
  CHECK(client.last_error().retry_after_s == expected);
}

TEST_CASE("A report carries the token, a request id and the objects in one array") {
  fake::Device device;
  Client client({}, device.license, device.hooks(), device.memory());
  const std::string_view samples[] = {R"({"timestamp":1})", R"({"timestamp":2})"};
  DesiredShadow shadow;
  REQUIRE(client.ingest(samples, shadow).ok());
  const fake::Request& request = device.transport.requests.back();
  CHECK(request.url == "https://tracking.api.here.com:443");
  CHECK(request.body == R"([{"timestamp":1},{"timestamp":2}])");
  CHECK(request.headers.at("Content-Type") == "application/json");
  CHECK(request.headers.at("Authorization") == "Bearer h1.token-1");
  CHECK(shadow.state_version == 3U);
  CHECK(shadow.json == device.transport.shadow);
}

TEST_CASE("An asynchronous report asks for it and has no shadow") {
  fake::Device device;
  Client client({}, device.license, device.hooks(), device.memory());
  DesiredShadow shadow;
  REQUIRE(client.ingest({&sample, 1}, shadow, {Delivery::asynchronous}).ok());
  CHECK(device.transport.requests.back().line == "POST /v2/?async=true");
  CHECK(shadow.json.empty());
}

TEST_CASE("A response that cannot be used is an error, and never more than its memory is taken") {
  fake::Device device;
  Client client({}, device.license, device.hooks(), device.memory());
  REQUIRE(client.ensure_token().ok());
  DesiredShadow shadow;
  shadow.state_version = 77;
  Code expected = Code::ok;
  fake::Reply reply;
  SECTION("garbage") {
    reply.body = "\x01\x02\xff";
    expected = Code::response_invalid;
  }
  SECTION("truncated") {
    reply.body = R"({"system":{)";
    expected = Code::response_invalid;
  }
  SECTION("oversized") {
    reply.body = "{\"a\":\"" + std::string(1000000, 'x') + "\"}";
    expected = Code::response_too_large;
  }
  SECTION("a redirect") {
    reply.status = 307;
    reply.headers = {{"Location", "https://example.org/"}};
    expected = Code::response_invalid;
  }
  SECTION("connection lost") {
    reply.failure = Code::connection_lost;
    expected = Code::connection_lost;
  }
  device.transport.requests.clear();
  device.transport.answer = [&](const fake::Request&) { return reply; };
  CHECK(client.ingest({&sample, 1}, shadow).code() == expected);
  CHECK(device.transport.requests.size() == 1);
  CHECK(shadow.state_version == 77U);
}

TEST_CASE("The status decides, however long the body below an error is") {
  fake::Device device;
  Client client({}, device.license, device.hooks(), device.memory());
  REQUIRE(client.ensure_token().ok());
  device.transport.answer = [&](const fake::Request&) {
    return fake::Reply{429, std::string(20000, '<'), {{"Retry-After", "7"}}, {}};
  };
  CHECK(send(client) == Status(Code::rate_limited, 429));
  CHECK(client.last_error().retry_after_s == 7U);
}

TEST_CASE(
    "The repeated token request has the corrected time, also where server time stands still") {
  fake::Device device;
  Client client({}, device.license, device.hooks(), device.memory());
  REQUIRE(client.sync_time().ok());
  REQUIRE(client.server_time_ms());
  device.clock.now += 60000;
  REQUIRE(client.server_time_ms());
  device.transport.server_ahead_ms -= 9000;  // what was told before was 9 s too late
  std::vector<std::int64_t> differences_s;
  device.transport.answer = [&](const fake::Request& request) {
    std::smatch match;
    const std::string& header = request.headers.at("Authorization");
    REQUIRE(std::regex_search(header, match, std::regex("oauth_timestamp=\"([0-9]+)\"")));
    const std::int64_t server_s = device.transport.server_ms() / 1000;
    differences_s.push_back(std::stoll(match[1]) - server_s);
    if (differences_s.size() == 1) {
      return fake::Reply{401, "{}", {{"x-here-timestamp", std::to_string(server_s)}}, {}};
    }
    return device.transport.healthy(request);
  };
  CHECK(client.ensure_token().ok());
  REQUIRE(differences_s.size() == 2);
  CHECK(differences_s[0] >= 8);
  CHECK(std::abs(differences_s[1]) <= 1);
}

TEST_CASE("A correction that took longer than 5 s sets no clock: the time is asked for") {
  fake::Device device;
  Client client({}, device.license, device.hooks(), device.memory());
  REQUIRE(client.sync_time().ok());
  device.transport.requests.clear();
  device.transport.answer = [&](const fake::Request& request) {
    if (device.transport.requests.size() == 1) {
      device.transport.round_trip_ms = 100;
      device.clock.now += 20000;
      return fake::Reply{
          401, "", {{"x-here-timestamp", std::to_string(device.transport.server_ms() / 1000)}}, {}};
    }
    return device.transport.healthy(request);
  };
  CHECK(client.ensure_token().ok());
  CHECK(device.transport.lines() == "POST /v2/token\nGET /v2/timestamp\nPOST /v2/token\n");
  CHECK(std::abs(*client.server_time_ms() - device.transport.server_ms()) <= 500);
}

TEST_CASE("A correction to no time at all is ignored") {
  fake::Device device;
  Client client({}, device.license, device.hooks(), device.memory());
  const char* value = GENERATE("0", "1", "-5", "4102448401", "noon", "");
  device.transport.answer = [&](const fake::Request&) {
    return fake::Reply{401, "", {{"x-here-timestamp", value}}, {}};
  };
  CHECK(client.sync_time() == Status(Code::credentials_refused, 401));
  CHECK_FALSE(client.server_time_ms());
}

TEST_CASE("A token that cannot be renewed now serves to its end") {
  fake::Device device;
  Client client({}, device.license, device.hooks(), device.memory());
  REQUIRE(send(client).ok());
  device.clock.now += (86399 - 300) * 1000LL;
  const std::uint16_t failure = GENERATE(as<std::uint16_t>(), 429, 503, 0);
  device.transport.answer = [&](const fake::Request& request) {
    if (request.line == "POST /v2/") return device.transport.healthy(request);
    return fake::Reply{failure, "", {}, failure == 0 ? Code::timeout : Code::ok};
  };
  CHECK(send(client).ok());
  CHECK(device.transport.requests.back().headers["Authorization"] == "Bearer h1.token-1");
  device.clock.now += 301 * 1000;
  CHECK_FALSE(send(client).ok());
}

TEST_CASE("A known time serves on when it cannot be asked for again") {
  fake::Device device;
  device.transport.token_life_s = 10 * 86400;
  Client client({}, device.license, device.hooks(), device.memory());
  REQUIRE(send(client).ok());
  device.transport.requests.clear();
  device.clock.now += 25 * hour_ms + 1000;
  device.transport.answer = [&](const fake::Request& request) {
    if (request.line == "GET /v2/timestamp") return fake::Reply{503, "", {}, {}};
    return device.transport.healthy(request);
  };
  CHECK(send(client).ok());
  CHECK(device.transport.lines() == "GET /v2/timestamp\nGET /v2/timestamp\nPOST /v2/\n");
}

TEST_CASE("last_error() is about the last call alone") {
  fake::Device device;
  Client client({}, device.license, device.hooks(), device.memory());
  REQUIRE(send(client).ok());
  device.transport.answer = [&](const fake::Request&) {
    return fake::Reply{429, R"({"error":"no","id":"x"})", {{"Retry-After", "60"}}, {}};
  };
  CHECK(send(client) == Code::rate_limited);
  CHECK(client.last_error().retry_after_s == 60U);
  DesiredShadow shadow;
  CHECK(client.ingest(here_tracking::Span<const std::string_view>(), shadow) ==
        Code::invalid_value);
  CHECK_FALSE(client.last_error().retry_after_s);
  CHECK(std::string(client.last_error().id.data()).empty());
  CHECK(client.last_error().status == Code::invalid_value);
}

TEST_CASE("A response that begins anew leaves nothing of the one before") {
  fake::Device device;
  struct Restarting final : here_tracking::Transport {
    Status exchange(const here_tracking::HttpRequest&,
                    here_tracking::ResponseHandler& response) override {
      response.on_status(401);
      response.on_header("x-here-timestamp", "1767225600");
      response.on_header("Retry-After", "9");
      response.on_body("{\"timestamp\":5}");
      response.on_status(503);
      response.on_body("");
      return {};
    }
  } transport;
  here_tracking::Hooks hooks = device.hooks();
  hooks.transport = &transport;
  Client client({}, device.license, hooks, device.memory());
  CHECK(client.sync_time() == Status(Code::server_error, 503));
  CHECK_FALSE(client.last_error().retry_after_s);
  CHECK_FALSE(client.server_time_ms());
}

TEST_CASE("A hostile or foolish storage is not believed") {
  fake::Device device;
  std::vector<std::uint8_t> clock_record;
  std::vector<std::uint8_t> token_record;
  {
    Client client({}, device.license, device.hooks(), device.memory());
    REQUIRE(send(client).ok());
    clock_record = device.storage.records["clock"];
    token_record = device.storage.records["token"];
  }
  // Replaces eight bytes of a record and mends its hash: FNV-1a keeps nobody out.
  const auto forge = [](std::vector<std::uint8_t>& record, std::size_t at, std::uint64_t value) {
    for (std::size_t i = 0; i < 8; ++i)
      record[at + i] = static_cast<std::uint8_t>(value >> 8 * i);
    std::uint64_t hash = 0xcbf29ce484222325U;
    for (std::size_t i = 0; i + 8 < record.size(); ++i)
      hash = (hash ^ record[i]) * 0x100000001b3U;
    for (std::size_t i = 0; i < 8; ++i) {
      record[record.size() - 8 + i] = static_cast<std::uint8_t>(hash >> 8 * i);
    }
  };
  const std::uint64_t value =
      GENERATE(as<std::uint64_t>(), 0x7fffffffffffffffU, 0x8000000000000000U, 0xffffffff00000000U);
  SECTION("offset") {
    forge(device.storage.records["clock"], 20, value);
  }
  SECTION("time of the synchronisation") {
    forge(device.storage.records["clock"], 28, value);
  }
  SECTION("expiry") {
    forge(device.storage.records["token"], 12, value);
  }
  SECTION("renewal") {
    forge(device.storage.records["token"], 20, value);
  }
  device.transport.requests.clear();
  Client client({}, device.license, device.hooks(), device.memory());
  CHECK(send(client).ok());
  CHECK(device.transport.requests.size() >= 2);
  CHECK(std::abs(*client.server_time_ms() - device.transport.server_ms()) <= 500);
  CHECK(client.token_life_s() <= 86399);
}

TEST_CASE("A storage that reports more than it was given room for is not read beyond") {
  fake::Device device;
  struct Lying final : here_tracking::Storage {
    Status load(std::string_view, here_tracking::Span<std::uint8_t> into,
                std::size_t& size) override {
      size = into.size() + 4096;
      return {};
    }
  } storage;
  here_tracking::Hooks hooks = device.hooks();
  hooks.storage = &storage;
  Client client({}, device.license, hooks, device.memory());
  CHECK(send(client).ok());
  CHECK(device.log.lines.find("storage: cannot read the token") != std::string::npos);
}

TEST_CASE("A dropped token is gone from memory and storage, also one that was never used") {
  fake::Device device;
  {
    Client client({}, device.license, device.hooks(), device.memory());
    REQUIRE(send(client).ok());
  }
  DeviceLicense license("another", fake::device_secret);
  Client client({}, license, device.hooks(), device.memory());
  client.drop_token();
  CHECK(device.storage.records.count("token") == 0);
  CHECK(std::string(device.token, sizeof(device.token)).find("h1.") == std::string::npos);
}

TEST_CASE("A clock that runs backwards during a request is an error, not a time") {
  fake::Device device;
  device.transport.round_trip_ms = -600;
  Client client({}, device.license, device.hooks(), device.memory());
  CHECK(client.sync_time() == Code::hook_failed);
  CHECK_FALSE(client.server_time_ms());
}

TEST_CASE("Token and time answers without their members, or beyond their range, are refused") {
  fake::Device device;
  Client client({}, device.license, device.hooks(), device.memory());
  REQUIRE(client.sync_time().ok());
  for (const char* body :
       {"", "[]", "{}", R"({"accessToken":"a"})", R"({"expiresIn":5})",
        R"({"accessToken":"a","expiresIn":0})", R"({"accessToken":"a","expiresIn":-1})",
        R"({"accessToken":"a","expiresIn":"5"})", R"({"accessToken":"","expiresIn":5})",
        R"({"accessToken":"a b","expiresIn":5})", R"({"accessToken":"a\r\nX: b","expiresIn":5})",
        R"({"accessToken":5,"expiresIn":5})", R"({"accessToken":"a","expiresIn":1e30})",
        R"({"timestamp":1})", R"({"timestamp":"5"})", R"({"timestamp":4102448401})"}) {
    device.transport.answer = [&](const fake::Request&) { return fake::Reply{200, body, {}, {}}; };
    CAPTURE(body);
    CHECK(client.ensure_token() == Status(Code::response_invalid, 200));
    CHECK(client.sync_time() == Status(Code::response_invalid, 200));
  }
  CHECK(device.storage.records.count("token") == 0);
}

TEST_CASE("A token longer than its memory is an error that says so") {
  fake::Device device;
  char memory[64];
  Client client({}, device.license, device.hooks(), {memory, device.work});
  device.transport.answer = [&](const fake::Request& request) {
    if (request.line != "POST /v2/token") return device.transport.healthy(request);
    return fake::Reply{
        200, "{\"accessToken\":\"" + std::string(58, 'x') + "\",\"expiresIn\":9}", {}, {}};
  };
  CHECK(client.ensure_token() == Status(Code::buffer_too_small, 200));
}

TEST_CASE("Each network failure comes through as it is, with no request repeated") {
  fake::Device device;
  Client client({}, device.license, device.hooks(), device.memory());
  for (const Code code :
       {Code::dns_failed, Code::connect_failed, Code::tls_failed, Code::clock_not_set,
        Code::timeout, Code::connection_lost, Code::response_too_large, Code::hook_failed}) {
    device.transport.requests.clear();
    device.transport.answer = [&](const fake::Request&) {
      fake::Reply reply;
      reply.failure = code;
      return reply;
    };
    CHECK(send(client) == code);
    CHECK(device.transport.requests.size() == 1);
  }
}

TEST_CASE(
    "A Date header that contradicts server time by more than ten seconds has it asked again") {
  fake::Device device;
  Client client({}, device.license, device.hooks(), device.memory());
  const char* const good = "Thu, 01 Jan 2026 00:00:01 GMT";
  const auto with_date = [&](const char* date) {
    device.transport.answer = [&device, date, good](const fake::Request& request) {
      fake::Reply reply = device.transport.healthy(request);
      reply.headers = {{"Date", request.line == "POST /v2/" ? date : good}};
      return reply;
    };
  };
  with_date("Thu, 01 Jan 2026 00:00:05 GMT");
  REQUIRE(send(client).ok());
  device.transport.requests.clear();
  SECTION("agreeing") {
    REQUIRE(send(client).ok());
    CHECK(device.transport.lines() == "POST /v2/\n");
  }
  SECTION("contradicting") {
    with_date("Thu, 01 Jan 2026 00:01:00 GMT");
    REQUIRE(send(client).ok());
    REQUIRE(send(client).ok());
    CHECK(device.transport.lines() == "POST /v2/\nGET /v2/timestamp\nPOST /v2/\n");
  }
  SECTION("contradicting after a restart") {
    with_date("Thu, 01 Jan 2026 00:01:00 GMT");
    Client restarted({}, device.license, device.hooks(), device.memory());
    REQUIRE(send(restarted).ok());
    REQUIRE(send(restarted).ok());
    CHECK(device.transport.lines() == "POST /v2/\nGET /v2/timestamp\nPOST /v2/\n");
  }
  SECTION("not trusted when the time service itself does not agree with its Date") {
    device.transport.answer = [&](const fake::Request& request) {
      fake::Reply reply = device.transport.healthy(request);
      reply.headers = {{"Date", "Thu, 01 Jan 2026 00:01:00 GMT"}};
      return reply;
    };
    REQUIRE(client.sync_time().ok());
    device.transport.requests.clear();
    REQUIRE(send(client).ok());
    REQUIRE(send(client).ok());
    CHECK(device.transport.lines() == "POST /v2/\nPOST /v2/\n");
  }
}

TEST_CASE("Storage that fails costs requests after a restart, nothing else") {
  fake::Device device;
  device.storage.broken = true;
  Client client({}, device.license, device.hooks(), device.memory());
  CHECK(send(client).ok());
  CHECK(send(client).ok());
  CHECK(device.transport.requests.size() == 4);
  CHECK(device.log.lines.find("storage: cannot keep the token") != std::string::npos);
}

TEST_CASE("A missing hook is named by the status, and nothing is sent") {
  fake::Device device;
  here_tracking::Hooks hooks = device.hooks();
  Code expected = Code::not_provided;
  SECTION("none at all") {
    hooks = {};
  }
  SECTION("clock") {
    hooks.clock = &here_tracking::not_provided::clock;
  }
  SECTION("entropy") {
    hooks.entropy = &here_tracking::not_provided::entropy;
  }
  SECTION("transport") {
    hooks.transport = &here_tracking::not_provided::transport;
  }
  SECTION("broken entropy") {
    device.entropy.broken = true;
    expected = Code::hook_failed;
  }
  Client client({}, device.license, hooks, device.memory());
  CHECK(send(client) == expected);
  CHECK(client.last_error().status == expected);
  CHECK(device.transport.requests.empty());
}

TEST_CASE("A configuration that cannot work is refused before any request, with its field") {
  fake::Device device;
  ClientConfig config;
  std::string_view id = fake::device_id;
  std::string_view secret = fake::device_secret;
  const std::string long_text(129, 'x');
  std::string expected;
  SECTION("URL") {
    config.base_url = "tracking.api.here.com";
    expected = "base_url = 21 characters: must be https://host[:port]";
  }
  SECTION("plain HTTP to another machine") {
    config.base_url = "http://tracking.api.here.com";
    expected = "base_url = 28 characters: must be https:// for every host but this machine itself";
  }
  SECTION("no device id") {
    id = "";
    expected = "device_id = 0 characters: must be 1..50 characters";
  }
  SECTION("long device id") {
    id = std::string_view(long_text).substr(0, 51);
    expected = "device_id = 51 characters: must be 1..50 characters";
  }
  SECTION("no time limit") {
    config.timeout_ms = 0;
    expected = "timeout_ms = 0 ms: must be 1..2147483647";
  }
  SECTION("no secret") {
    secret = "";
    expected = "device_secret = 0 characters: must be 1..128 characters";
  }
  SECTION("long secret") {
    secret = long_text;
    expected = "device_secret = 129 characters: must be 1..128 characters";
  }
  DeviceLicense license(id, secret);
  Client client(config, license, device.hooks(), device.memory());
  CHECK(client.check() == Code::invalid_value);
  CHECK(send(client) == Code::invalid_value);
  CHECK(message(client) == expected);
  CHECK(device.transport.requests.empty());
}

TEST_CASE("The time is public: it needs no credentials") {
  fake::Device device;
  Client client({}, here_tracking::not_provided::authorization, device.hooks(), device.memory());
  CHECK(client.sync_time().ok());
  CHECK(client.check() == Code::not_provided);
  CHECK(client.ensure_token() == Code::not_provided);
  CHECK(send(client) == Code::not_provided);
  CHECK(client.last_error().status == Code::not_provided);
  CHECK(device.transport.lines() == "GET /v2/timestamp\n");
}

TEST_CASE("The time limits are the transport's to keep") {
  fake::Device device;
  struct Seen final : here_tracking::Transport {
    Status exchange(const here_tracking::HttpRequest& request,
                    here_tracking::ResponseHandler&) override {
      connect_timeout_ms = request.connect_timeout_ms;
      timeout_ms = request.timeout_ms;
      return Code::timeout;
    }
    std::uint32_t connect_timeout_ms = 0;
    std::uint32_t timeout_ms = 0;
  } transport;
  here_tracking::Hooks hooks = device.hooks();
  hooks.transport = &transport;
  ClientConfig config;
  config.connect_timeout_ms = 111;
  config.timeout_ms = 222;
  Client client(config, device.license, hooks, device.memory());
  CHECK(client.sync_time() == Code::timeout);
  CHECK(transport.connect_timeout_ms == 111);
  CHECK(transport.timeout_ms == 222);
}

TEST_CASE("Plain HTTP to this machine itself is accepted") {
  fake::Device device;
  ClientConfig config;
  config.base_url = "http://127.0.0.1:8080";
  Client client(config, device.license, device.hooks(), device.memory());
  CHECK(send(client).ok());
}

TEST_CASE("Too little memory is refused before any request") {
  fake::Device device;
  char small[Client::min_work_bytes - 1];
  Client client({}, device.license, device.hooks(), {device.token, small});
  CHECK(send(client) == Code::buffer_too_small);
  Client other({}, device.license, device.hooks(), {{small, 63}, device.work});
  CHECK(send(other) == Code::buffer_too_small);
  CHECK(device.transport.requests.empty());
}

TEST_CASE("The least memory is enough for the longest id and secret and an ordinary token") {
  fake::Device device;
  const std::string id(50, '\xff');
  const std::string secret(128, '\xff');
  DeviceLicense license(id, secret);
  char work[Client::min_work_bytes];
  device.transport.answer = [&](const fake::Request& request) {
    if (request.line != "POST /v2/token") return device.transport.healthy(request);
    return fake::Reply{
        200, "{\"accessToken\":\"" + std::string(840, 'x') + "\",\"expiresIn\":86399}", {}, {}};
  };
  {
    Client client({}, license, device.hooks(), {device.token, work});
    REQUIRE(send(client).ok());
  }
  device.transport.requests.clear();
  Client client({}, license, device.hooks(), {device.token, work});
  REQUIRE(send(client).ok());
  CHECK(device.transport.requests.size() == 1);
}

TEST_CASE("Nothing or an unfinished sample is not sent") {
  fake::Device device;
  Client client({}, device.license, device.hooks(), device.memory());
  DesiredShadow shadow;
  CHECK(client.ingest(here_tracking::Span<const std::string_view>(), shadow) ==
        Code::invalid_value);
  const std::string_view samples[] = {sample, ""};
  CHECK(client.ingest(samples, shadow) == Code::invalid_value);
  CHECK(device.transport.requests.empty());
}

TEST_CASE("A device can send through POST /v3/: the array is in an object") {
  fake::Device device;
  DeviceLicenseV3 license(fake::device_id, fake::device_secret);
  {
    Client client({}, license, device.hooks(), device.memory());
    const std::string_view samples[] = {R"({"timestamp":1})", R"({"timestamp":2})"};
    DesiredShadow shadow;
    REQUIRE(client.ingest(samples, shadow).ok());
    CHECK(device.transport.lines() == "GET /v2/timestamp\nPOST /v2/token\nPOST /v3/\n");
    CHECK(device.transport.requests.back().body == R"({"data":[{"timestamp":1},{"timestamp":2}]})");
    CHECK(device.transport.requests.back().headers.at("Authorization") == "Bearer h1.token-1");
    CHECK(shadow.state_version == 3U);
    REQUIRE(send(client, Delivery::asynchronous).ok());
    CHECK(device.transport.requests.back().line == "POST /v3/?async=true");
  }
  device.transport.requests.clear();
  SECTION("its token is the same for both, and stored") {
    Client client({}, device.license, device.hooks(), device.memory());
    REQUIRE(send(client).ok());
    CHECK(device.transport.lines() == "POST /v2/\n");
  }
  SECTION("a refused token is replaced as well") {
    int refusals = 1;
    device.transport.answer = [&](const fake::Request& request) {
      if (request.line == "POST /v3/" && refusals-- > 0) return fake::Reply{401, "{}", {}, {}};
      return device.transport.healthy(request);
    };
    Client client({}, license, device.hooks(), device.memory());
    REQUIRE(send(client).ok());
    CHECK(device.transport.lines() == "POST /v3/\nPOST /v2/token\nPOST /v3/\n");
  }
}

TEST_CASE("A gateway sends for a virtual device with the token that it supplies") {
  fake::Device device;
  Gateway gateway;
  Client client({}, gateway, device.hooks(), device.memory());
  DesiredShadow shadow;
  REQUIRE(client.check().ok());
  REQUIRE(send_for(client, "truck 7", "app-0815").ok());
  CHECK(device.transport.lines() == "GET /v2/timestamp\nPOST /v3/\n");
  const fake::Request& request = device.transport.requests.back();
  CHECK(request.headers.at("Authorization") == "Bearer project-1");
  CHECK(request.body ==
        R"({"data":[{"timestamp":1767225600000}],"id":"truck 7","appId":"app-0815"})");
  SECTION("the same token for the next device, which may be a claimed one") {
    REQUIRE(send_for(client, "HERE-1", "").ok());
    CHECK(gateway.given == 1);
    CHECK(device.transport.requests.back().body ==
          R"({"data":[{"timestamp":1767225600000}],"id":"HERE-1"})");
  }
  SECTION("it is never stored, nor is another's touched") {
    device.storage.records["token"] = {1, 2, 3};
    client.drop_token();
    REQUIRE(send_for(client, "truck 7", "app-0815").ok());
    CHECK(device.storage.records["token"] == std::vector<std::uint8_t>{1, 2, 3});
    CHECK(gateway.given == 2);
    Client restarted({}, gateway, device.hooks(), device.memory());
    CHECK(restarted.token_life_s() == 0);
  }
  SECTION("it is in no memory when the client is gone") {
    { Client other({}, gateway, device.hooks(), device.memory()); }
    for (const std::string& memory : {std::string(device.token, sizeof(device.token)),
                                      std::string(device.work, sizeof(device.work))}) {
      CHECK(memory.find("project") == std::string::npos);
    }
  }
}

TEST_CASE("A supplied token that is refused is asked for again, once") {
  fake::Device device;
  Gateway gateway;
  Client client({}, gateway, device.hooks(), device.memory());
  const std::uint16_t refusal = GENERATE(as<std::uint16_t>(), 401, 403);
  int refusals = 0;
  device.transport.answer = [&](const fake::Request& request) {
    if (request.line == "POST /v3/" && refusals-- > 0) return fake::Reply{refusal, "{}", {}, {}};
    return device.transport.healthy(request);
  };
  REQUIRE(send_for(client, "truck").ok());
  device.transport.requests.clear();
  SECTION("then taken") {
    refusals = 1;
    CHECK(send_for(client, "truck").ok());
    CHECK(device.transport.requests.back().headers.at("Authorization") == "Bearer project-2");
  }
  SECTION("then given up") {
    refusals = 2;
    const Code expected = refusal == 401 ? Code::credentials_refused : Code::forbidden;
    CHECK(send_for(client, "truck") == Status(expected, refusal));
    CHECK(client.token_life_s() == 0);
  }
  CHECK(gateway.given == 2);
  CHECK(device.transport.lines() == "POST /v3/\nPOST /v3/\n");
}

TEST_CASE("A device that the service does not know costs the gateway no token") {
  fake::Device device;
  Gateway gateway;
  Client client({}, gateway, device.hooks(), device.memory());
  REQUIRE(send_for(client, "truck").ok());
  device.transport.requests.clear();
  device.transport.answer = [&](const fake::Request&) {
    return fake::Reply{404, R"({"error":"Not Found","code":404,"id":"x"})", {}, {}};
  };
  CHECK(send_for(client, "nobody") == Status(Code::unknown_device, 404));
  CHECK(device.transport.lines() == "POST /v3/\n");
  CHECK(gateway.given == 1);
  CHECK(client.token_life_s() != 0);
}

TEST_CASE("A supplied token is renewed shortly before its end, or serves until it is refused") {
  fake::Device device;
  Gateway gateway;
  Client client({}, gateway, device.hooks(), device.memory());
  SECTION("an end that is known") {
    gateway.life_s = 1000;
    REQUIRE(client.ensure_token().ok());
    CHECK(client.token_life_s() == 1000);
    device.clock.now += 899 * 1000;
    REQUIRE(client.ensure_token().ok());
    CHECK(gateway.given == 1);
    device.clock.now += 1000;
    SECTION("a new one") {
      REQUIRE(client.ensure_token().ok());
      CHECK(gateway.given == 2);
    }
    SECTION("none now: the old one to its end") {
      gateway.answer = GENERATE(Code::no_data, Code::timeout, Code::server_error);
      CHECK(client.ensure_token().ok());
      device.clock.now += 99 * 1000;
      CHECK(send_for(client, "truck").ok());
      device.clock.now += 2000;
      CHECK(send_for(client, "truck").code() == gateway.answer);
      CHECK(client.last_error().status == gateway.answer);
    }
    SECTION("none any more") {
      gateway.answer = GENERATE(Code::credentials_refused, Code::hook_failed, Code::not_provided);
      CHECK(client.ensure_token() == gateway.answer);
    }
  }
  SECTION("an end that is not known") {
    gateway.life_s = SuppliedToken::until_refused;
    REQUIRE(client.ensure_token().ok());
    CHECK(client.token_life_s() > 100U * 365 * 86400);
    device.clock.now += 20 * 365 * 24 * hour_ms;
    device.transport.server_ahead_ms -= 20 * 365 * 24 * hour_ms;
    REQUIRE(client.ensure_token().ok());
    CHECK(gateway.given == 1);
  }
}

TEST_CASE("A supplied token that no header can hold is refused with its rule, and not sent") {
  fake::Device device;
  Gateway gateway;
  Client client({}, gateway, device.hooks(), device.memory());
  std::string expected;
  SECTION("empty") {
    gateway.text = "";
    expected = "token = 0 characters: must be letters, digits and -._~+/, with = at its end";
  }
  SECTION("another line") {
    gateway.text = "a\r\nX: b";
    expected = "token = 7 characters: must be letters, digits and -._~+/, with = at its end";
  }
  SECTION("no life") {
    gateway.life_s = 0;
    expected = "life_s = 0 s: must be 1 or more";
  }
  CHECK(send_for(client, "truck") == Code::invalid_value);
  CHECK(message(client) == expected);
  CHECK(device.transport.lines() == "GET /v2/timestamp\n");
}

TEST_CASE("A supplied token that does not fit is an error that says so") {
  fake::Device device;
  Gateway gateway;
  Client client({}, gateway, device.hooks(), device.memory());
  SECTION("the longest that fits") {
    gateway.text = std::string(sizeof(device.token) - std::string("Bearer ").size(), 'x');
    CHECK(send_for(client, "truck").ok());
  }
  SECTION("longer") {
    gateway.text = std::string(sizeof(device.token), 'x');
    CHECK(send_for(client, "truck") == Code::buffer_too_small);
  }
  SECTION("a length beyond the room") {
    gateway.beyond = sizeof(device.work);
    CHECK(send_for(client, "truck") == Code::buffer_too_small);
  }
}

TEST_CASE("For whom a report is has to suit who sends it, before anything is sent") {
  fake::Device device;
  DeviceLicenseV3 license_v3(fake::device_id, fake::device_secret);
  Gateway gateway;
  struct Case {
    here_tracking::Authorization& authorization;
    std::string id;
    std::string app_id;
    const char* expected;
  };
  const Case cases[] = {
      {device.license, "truck", "", "id = 5 characters: must be empty: a device sends for itself"},
      {device.license, "", "app-0815",
       "appId = 8 characters: must be empty: a device sends for itself"},
      {license_v3, "truck", "app-0815",
       "id = 5 characters: must be empty: a device sends for itself"},
      {license_v3, "", "app-0815",
       "appId = 8 characters: must be empty: a device sends for itself"},
      {gateway, "", "", "id = 0 characters: must be 1..50 characters"},
      {gateway, "", "app-0815", "id = 0 characters: must be 1..50 characters"},
      {gateway, std::string(51, 'x'), "", "id = 51 characters: must be 1..50 characters"},
      {gateway, "\xc3", "", "id = 1 bytes: must be UTF-8"},
      {gateway, "truck", "app-081", "appId = 7 characters: must be 8 characters or more"},
      {gateway, "truck", "app-\xff\xff\xff\xff", "appId = 8 bytes: must be UTF-8"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.id, c.app_id);
    Client client({}, c.authorization, device.hooks(), device.memory());
    CHECK(send_for(client, c.id, c.app_id) == Code::invalid_value);
    CHECK(message(client) == c.expected);
    CHECK(client.last_error().status == Code::invalid_value);
  }
  CHECK(gateway.given == 0);
  CHECK(device.transport.requests.empty());
}

TEST_CASE("Characters are counted, not bytes") {
  fake::Device device;
  Gateway gateway;
  Client client({}, gateway, device.hooks(), device.memory());
  std::string id;
  for (int i = 0; i < 50; ++i)
    id += "\xe2\x82\xac";
  CHECK(send_for(client, id, "\xf0\x9f\x9a\x9b-0815-") == Code::invalid_value);
  CHECK(send_for(client, id, "\xf0\x9f\x9a\x9b-0815-x").ok());
}

TEST_CASE("The state of the service is asked for without a token, and handed on as it is") {
  fake::Device device;
  Client client({}, here_tracking::not_provided::authorization, device.hooks(), device.memory());
  fake::Reply reply;
  device.transport.answer = [&](const fake::Request&) { return reply; };
  std::string_view json = "before";
  const auto ask = [&](bool health) { return health ? client.health(json) : client.version(json); };
  const bool health = GENERATE(true, false);
  SECTION("answered") {
    reply.body = R"({"message": "healthy", "timestamp": {}})";
    CHECK(ask(health) == Status(Code::ok, 200));
    CHECK(json == reply.body);
  }
  SECTION("not with an object") {
    reply.body = GENERATE(as<std::string>(), "", "[]", "healthy", "{", R"({} {})");
    CHECK(ask(health) == Status(Code::response_invalid, 200));
    CHECK(json == "before");
  }
  SECTION("refused") {
    reply.status = 503;
    CHECK(ask(health) == Status(Code::server_error, 503));
    CHECK(json == "before");
  }
  SECTION("not at all") {
    reply.failure = Code::timeout;
    CHECK(ask(health) == Code::timeout);
  }
  CHECK(device.transport.lines() == (health ? "GET /v2/health\n" : "GET /v2/version\n"));
  CHECK(device.transport.requests[0].headers.count("Authorization") == 0);
}

TEST_CASE("Secrets appear in no log line, and no longer in memory when the client is gone") {
  fake::Device device;
  auto client =
      std::make_unique<Client>(ClientConfig(), device.license, device.hooks(), device.memory());
  REQUIRE(send(*client).ok());
  device.transport.answer = [&](const fake::Request& request) {
    if (request.line == "POST /v2/") return fake::Reply{401, "{}", {}, {}};
    return device.transport.healthy(request);
  };
  CHECK_FALSE(send(*client).ok());
  client.reset();
  for (const std::string& secret : {std::string(fake::device_secret), std::string("h1.token")}) {
    CHECK(device.log.lines.find(secret) == std::string::npos);
    CHECK(std::string(device.token, sizeof(device.token)).find(secret) == std::string::npos);
    CHECK(std::string(device.work, sizeof(device.work)).find(secret) == std::string::npos);
  }
}
