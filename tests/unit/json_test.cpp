// SPDX-License-Identifier: Apache-2.0
#include "core/json_reader.hpp"
#include "core/service_reply.hpp"
#include "core/shadow_reader.hpp"
#include "support/catch.hpp"

#include <limits>
#include <string>

using here_tracking::DesiredShadow;
using here_tracking::ErrorDetail;
using here_tracking::JsonHandler;
using here_tracking::JsonResult;
using here_tracking::JsonString;
using here_tracking::ServiceReply;

namespace {

class Events final : public JsonHandler {
 public:
  bool on_key(const JsonString& key) override { return add("k:" + std::string(key.text)); }
  bool on_string(const JsonString& value) override {
    return add((value.complete ? "s:" : "cut:") + std::string(value.text));
  }
  bool on_number(std::string_view text) override { return add("n:" + std::string(text)); }
  bool on_bool(bool value) override { return add(value ? "true" : "false"); }
  bool on_null() override { return add("null"); }
  bool on_begin(bool object, std::size_t, std::size_t) override { return add(object ? "{" : "["); }
  bool on_end(bool object, std::size_t, std::size_t) override { return add(object ? "}" : "]"); }

  std::string all;

 private:
  bool add(const std::string& event) {
    all += event + " ";
    return true;
  }
};

JsonResult read(const std::string& json, std::size_t max_depth = 32) {
  Events events;
  return here_tracking::parse_json(json, max_depth, events);
}

DesiredShadow shadow_of(std::string_view body) {
  DesiredShadow shadow;
  REQUIRE(here_tracking::read_shadow(body, shadow));
  return shadow;
}

}  // namespace

TEST_CASE("The reader reports each part of a text in order, strings decoded, numbers as text") {
  Events events;
  REQUIRE(here_tracking::parse_json(
              R"( {"a\u0062":[1,-2.5e+3,"x\n\"y\u00e4"],"c":{},"d":true,"e":null} )", 32, events) ==
          JsonResult::ok);
  CHECK(events.all == "{ k:ab [ n:1 n:-2.5e+3 s:x\n\"y\xc3\xa4 ] k:c { } k:d true k:e null } ");
}

TEST_CASE("A string of any length is read without memory for it, and comes cut") {
  Events events;
  REQUIRE(here_tracking::parse_json("\"" + std::string(100000, 'a') + "\"", 1, events) ==
          JsonResult::ok);
  CHECK(events.all == "cut:" + std::string(64, 'a') + " ");
}

TEST_CASE("Nesting beyond the limit ends the reading, however deep it goes") {
  CHECK(read(std::string(32, '[') + std::string(32, ']')) == JsonResult::ok);
  CHECK(read(std::string(33, '[') + std::string(33, ']')) == JsonResult::too_deep);
  CHECK(read(std::string(1000000, '[')) == JsonResult::too_deep);
  CHECK(read("{\"a\":{\"a\":{}}}", 2) == JsonResult::too_deep);
}

TEST_CASE("What is not one JSON value in UTF-8 is invalid") {
  for (const char* text : {"",
                           " ",
                           "{",
                           "[1,]",
                           "{\"a\":1,}",
                           "nul",
                           "01",
                           "1 2",
                           "\"\xc3\"",
                           "\"\xed\xa0\x80\"",
                           "\"\\ud800\"",
                           "\"\\x\"",
                           "\"a",
                           "{\"a\"}",
                           "[1}",
                           "+1",
                           ".5",
                           "1.",
                           "1e",
                           "-",
                           "\xef\xbb\xbf{}",
                           "// c\n1"}) {
    CAPTURE(text);
    CHECK(read(text) == JsonResult::invalid);
  }
  CHECK(read(std::string("{}\0{}", 5)) == JsonResult::invalid);
  CHECK(read(std::string("{\"a\0\":1}", 8)) == JsonResult::invalid);
}

TEST_CASE("A JSON number becomes an integer, rounded up, or is refused") {
  struct Case {
    const char* text;
    std::uint64_t value;
  };
  const Case taken[] = {{"0", 0},
                        {"60000", 60000},
                        {"60000.0", 60000},
                        {"6e4", 60000},
                        {"6E+4", 60000},
                        {"0.5", 1},
                        {"1.0000001", 2},
                        {"600.00e2", 60000},
                        {"1234e-2", 13},
                        {"1e-400", 1},
                        {"0e999999999", 0},
                        {"0.0", 0},
                        {"4294967295", 4294967295},
                        {"0.00042949e8", 42949}};
  for (const Case& c : taken) {
    std::uint64_t value = 77;
    CAPTURE(c.text);
    CHECK(here_tracking::parse_json_number(c.text, 4294967295, value));
    CHECK(value == c.value);
  }
  for (const char* text :
       {"", "-1", "-0", "4294967296", "4294967295.1", "1e10", "1e400", "5e99999"}) {
    std::uint64_t value = 77;
    CAPTURE(text);
    CHECK_FALSE(here_tracking::parse_json_number(text, 4294967295, value));
    CHECK(value == 77);
  }
  std::uint64_t value = 0;
  CHECK(here_tracking::parse_json_number("18446744073709551615",
                                         std::numeric_limits<std::uint64_t>::max(), value));
  CHECK(value == std::numeric_limits<std::uint64_t>::max());
  CHECK_FALSE(here_tracking::parse_json_number("18446744073709551616",
                                               std::numeric_limits<std::uint64_t>::max(), value));
}

TEST_CASE("A desired shadow is read, its payload as text") {
  const std::string body =
      R"({"payload":{"led":"on","deep":[{"system":{"stateVersion":9}}]},"timestamp":1767225600000,)"
      R"("system":{"stateVersion":12,"lastModifiedGeofenceTimestamp":1767225500000,)"
      R"("rate":{"sampleMs":10000,"sendMs":60000.0,"distanceM":99.5},"syncGeofences":true}})";
  const DesiredShadow shadow = shadow_of(body);
  CHECK(shadow.state_version == 12U);
  CHECK(shadow.last_modified_geofence_timestamp_ms == 1767225500000);
  CHECK(shadow.rate.sample_ms == 10000U);
  CHECK(shadow.rate.send_ms == 60000U);
  CHECK(shadow.rate.distance_m == 100U);
  CHECK(shadow.payload == R"({"led":"on","deep":[{"system":{"stateVersion":9}}]})");
  CHECK(shadow.json == body);
  CHECK(shadow.rejected_members == 0);
}

TEST_CASE("An empty body and an empty object are a shadow without wishes") {
  for (const char* body : {"", " \r\n", "{}"}) {
    const DesiredShadow shadow = shadow_of(body);
    CHECK_FALSE(shadow.state_version);
    CHECK_FALSE(shadow.rate.send_ms);
    CHECK(shadow.payload.empty());
    CHECK(shadow.rejected_members == 0);
  }
}

TEST_CASE("A member of the wrong type or range is rejected alone and counted") {
  struct Case {
    const char* body;
    std::uint16_t rejected;
  };
  const Case cases[] = {
      {R"({"system":{"stateVersion":5,"rate":{"sendMs":"60000"}}})", 1},
      {R"({"system":{"stateVersion":5,"rate":{"sendMs":-1,"sampleMs":null,"distanceM":1e12}}})", 3},
      {R"({"system":{"stateVersion":5,"rate":[{"sendMs":1}]}})", 1},
      {R"({"system":{"stateVersion":5,"rate":7,"lastModifiedGeofenceTimestamp":true}})", 2},
      {R"({"system":{"stateVersion":5,"lastModifiedGeofenceTimestamp":4102448400001}})", 1},
      {R"({"payload":"text","system":{"stateVersion":5}})", 1},
      {R"({"payload":[1],"system":{"stateVersion":5}})", 1},
      {R"({"system":{"stateVersion":5,"rate":{"sendMs":{"stateVersion":8}}}})", 1},
      {R"({"unknown":{"system":{"stateVersion":6}},"system":{"stateVersion":5,"x":[{"rate":1}]}})",
       0},
      {R"({"stateVersion":6,"rate":{"sendMs":7},"system":{"system":1,"payload":{},"stateVersion":5}})",
       0},
  };
  for (const Case& c : cases) {
    CAPTURE(c.body);
    const DesiredShadow shadow = shadow_of(c.body);
    CHECK(shadow.state_version == 5U);
    CHECK_FALSE(shadow.rate.send_ms);
    CHECK_FALSE(shadow.rate.sample_ms);
    CHECK_FALSE(shadow.last_modified_geofence_timestamp_ms);
    CHECK(shadow.rejected_members == c.rejected);
  }
  CHECK_FALSE(shadow_of(R"({"system":{"stateVersion":1.5}})").state_version);
  CHECK_FALSE(shadow_of(R"({"system":null})").state_version);
}

TEST_CASE(
    "An owner's payload that is nested too deeply ends the reading; what came before counts") {
  const std::string body =
      "{\"system\":{\"stateVersion\":5},\"payload\":{\"a\":" + std::string(400, '[') +
      std::string(400, ']') + "}}";
  const DesiredShadow shadow = shadow_of(body);
  CHECK(shadow.state_version == 5U);
  CHECK(shadow.payload.empty());
  CHECK(shadow.json == body);
  CHECK(shadow.rejected_members == 1);
}

TEST_CASE("What is no JSON object is no shadow") {
  DesiredShadow shadow;
  for (const char* body : {"[]", "1", "null", "{", "{}x", "<html>", "{\"a\":\"\xff\"}"}) {
    CAPTURE(body);
    CHECK_FALSE(here_tracking::read_shadow(body, shadow));
  }
}

TEST_CASE("The answers to time and token requests are read from their own members alone") {
  ServiceReply reply;
  REQUIRE(here_tracking::read_reply(
      R"({"x":{"timestamp":9},"timestamp":1767225600,"accessToken":"h1.A_-b","expiresIn":86399,)"
      R"("list":[{"expiresIn":1}],"timestamps":7})",
      reply));
  CHECK(reply.timestamp_s == 1767225600);
  CHECK(reply.access_token == "h1.A_-b");
  CHECK(reply.expires_in_s == 86399);
}

TEST_CASE("An access token is what may stand in a header") {
  CHECK(here_tracking::is_bearer_token("h1.AZaz09-._~+/=="));
  for (const char* token : {"", "=", "a b", "a\\u0041", "a\r\nX: y", "a=b", "t\xc3\xb6ken"}) {
    CHECK_FALSE(here_tracking::is_bearer_token(token));
  }
}

TEST_CASE("An error object gives its id, its message and its code") {
  ErrorDetail error;
  here_tracking::read_error(
      R"({"error":"Bad Request","code":400,"id":"0c1f-lds2","message":"lat\nis\u001b wrong",)"
      R"("details":{"hereErrorCode":400306,"id":"no"}})",
      error);
  CHECK(std::string(error.id.data()) == "0c1f-lds2");
  CHECK(std::string(error.message.data()) == "lat is  wrong");
  CHECK(error.here_error_code == 400306);
}

TEST_CASE("Without a message the error text stands in, cut to the space between two characters") {
  ErrorDetail error;
  std::string text;
  for (int i = 0; i < 100; ++i)
    text += "\xc3\xa4";
  here_tracking::read_error("{\"error\":\"" + text + "\"}", error);
  CHECK(std::string(error.message.data()) == text.substr(0, 126));
}

TEST_CASE("Nothing that a terminal would obey is taken over from an error") {
  ErrorDetail error;
  here_tracking::read_error("{\"message\":\"a\\u0007b\\u009b31mc\\u00e4\\u007f\"}", error);
  CHECK(std::string(error.message.data()) == "a b  31mc\xc3\xa4 ");
}

TEST_CASE("A body that is no error object leaves the details empty") {
  for (const char* body : {"", "<html>502</html>", "[]", "null", "{\"error\":5,\"details\":[]}"}) {
    ErrorDetail error;
    here_tracking::read_error(body, error);
    CHECK(std::string(error.id.data()).empty());
    CHECK(error.here_error_code == 0);
  }
}
