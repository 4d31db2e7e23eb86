// SPDX-License-Identifier: Apache-2.0
#include "core/json_reader.hpp"
#include "core/service_reply.hpp"
#include "support/catch.hpp"
#include "support/json_events.hpp"
#include "support/seed.hpp"

#include <limits>
#include <random>
#include <string>

using here_tracking::ErrorDetail;
using here_tracking::JsonHandler;
using here_tracking::JsonPart;
using here_tracking::JsonResult;
using here_tracking::JsonType;
using here_tracking::Rounding;
using here_tracking::ServiceReply;

namespace {

class Events final : public JsonHandler {
 public:
  bool on_part(const JsonPart& part) override {
    const char* kind = "";
    if (part.type == JsonType::key) kind = "k:";
    if (part.type == JsonType::text) kind = part.complete ? "s:" : "cut:";
    if (part.type == JsonType::number) kind = "n:";
    if (part.type == JsonType::boolean) kind = "b:";
    if (part.type == JsonType::null) kind = "0:";
    all += kind + std::string(part.text) + " ";
    characters = part.characters;
    return true;
  }

  std::string all;
  std::size_t characters = 0;
};

JsonResult read(const std::string& json, std::size_t max_depth = 32) {
  Events events;
  return here_tracking::parse_json(json, max_depth, events);
}

}  // namespace

TEST_CASE("The reader reports each part of a text in order, strings decoded, numbers as text") {
  Events events;
  REQUIRE(here_tracking::parse_json(
              R"( {"a\u0062":[1,-2.5e+3,"x\n\"y\u00e4"],"c":{},"d":true,"e":null} )", 32, events) ==
          JsonResult::ok);
  CHECK(events.all == "{ k:ab [ n:1 n:-2.5e+3 s:x\n\"y\xc3\xa4 ] k:c { } k:d b:true k:e 0:null } ");
}

TEST_CASE("A string of any length is read without memory for it, and comes cut") {
  Events events;
  REQUIRE(here_tracking::parse_json("\"" + std::string(100000, 'a') + "\"", 1, events) ==
          JsonResult::ok);
  CHECK(events.all == "cut:" + std::string(64, 'a') + " ");
}

TEST_CASE("Half a surrogate pair does not spoil the rest") {
  Events events;
  REQUIRE(here_tracking::parse_json(R"(["\ud800","\udfff!","\ud83d\u0041","\ud83d\ud83d\ude00"])",
                                    1, events) == JsonResult::ok);
  const std::string half = "\xef\xbf\xbd";
  CHECK(events.all ==
        "[ s:" + half + " s:" + half + "! s:" + half + "A s:" + half + "\xf0\x9f\x98\x80 ] ");
}

TEST_CASE("Nesting beyond the limit ends the reading, however deep it goes") {
  CHECK(read(std::string(32, '[') + std::string(32, ']')) == JsonResult::ok);
  CHECK(read(std::string(33, '[') + std::string(33, ']')) == JsonResult::too_deep);
  CHECK(read(std::string(1000000, '[')) == JsonResult::too_deep);
  CHECK(read("{\"a\":{\"a\":{}}}", 2) == JsonResult::too_deep);
}

TEST_CASE("What is not one JSON value in UTF-8 is invalid") {
  for (const char* text : {"",        " ",   "{",       "[1,]",     "{\"a\":1,}",
                           "nul",     "01",  "1 2",     "\"\xc3\"", "\"\xed\xa0\x80\"",
                           "\"\\x\"", "\"a", "{\"a\"}", "[1}",      "+1",
                           ".5",      "1.",  "1e",      "-",        "\xef\xbb\xbf{}",
                           "// c\n1"}) {
    CAPTURE(text);
    CHECK(read(text) == JsonResult::invalid);
  }
  CHECK(read(std::string("{}\0{}", 5)) == JsonResult::invalid);
  CHECK(read(std::string("{\"a\0\":1}", 8)) == JsonResult::invalid);
}

TEST_CASE("Whatever the text, its parts are those that RapidJSON finds") {
  const std::string text =
      R"( {"a\u0062\uD83D\uDE00":[1,-2.5e+3,0,"x\n\"y\u00e4€",[],{}],"c":{"d":[[true]]},"e":null} )";
  const std::string pieces = "{}[]\",:\\u0d8cf-+.eE19 ntrulafs\t\x1f\x80\xc3\xa4\xed\xa0";
  std::mt19937 random(seed());
  const auto below = [&random](std::size_t limit) { return random() % limit; };
  std::size_t valid = 0;
  for (int i = 0; i < 20000; ++i) {
    std::string json = text;
    for (std::size_t edits = below(4); edits > 0 && !json.empty(); --edits) {
      const std::size_t at = below(json.size());
      const char piece = pieces[below(pieces.size())];
      switch (below(3)) {
        case 0:
          json[at] = piece;
          break;
        case 1:
          json.insert(at, 1, piece);
          break;
        default:
          json.erase(at, 1 + below(4));
      }
    }
    CAPTURE(json);
    JsonEventList events(json);
    const bool is_valid = read_json(json, events) == JsonResult::ok;
    const JsonReference expected = read_json_with_rapidjson(json);
    REQUIRE(events.places_are_right());
    if (events.has_half() || !expected.is_known) continue;
    REQUIRE(is_valid == expected.is_valid);
    if (!is_valid) continue;
    REQUIRE(events.all() == expected.events);
    ++valid;
  }
  CHECK(valid > 1000);
}

namespace {

class Scaler final : public here_tracking::JsonHandler {
 public:
  Scaler(std::uint8_t decimals, Rounding rounding) : decimals_(decimals), rounding_(rounding) {}

  bool on_part(const JsonPart& part) override {
    scaled = here_tracking::scale_json_number(part, decimals_, rounding_);
    return true;
  }

  here_tracking::ScaledNumber scaled;

 private:
  std::uint8_t decimals_;
  Rounding rounding_;
};

here_tracking::ScaledNumber scaled(std::string_view text, std::uint8_t decimals,
                                   Rounding rounding) {
  Scaler scaler(decimals, rounding);
  REQUIRE(here_tracking::parse_json(text, 1, scaler) == here_tracking::JsonResult::ok);
  return scaler.scaled;
}

}  // namespace

TEST_CASE("A JSON number becomes an integer, scaled and rounded") {
  struct Case {
    const char* text;
    std::uint8_t decimals;
    std::int64_t away_from_zero;
    std::int64_t nearest;
    bool exact;
  };
  constexpr std::int64_t max = std::numeric_limits<std::int64_t>::max();
  const Case cases[] = {{"0", 0, 0, 0, true},
                        {"-0", 3, 0, 0, true},
                        {"60000", 0, 60000, 60000, true},
                        {"60000.0", 0, 60000, 60000, true},
                        {"6e4", 0, 60000, 60000, true},
                        {"6E+4", 0, 60000, 60000, true},
                        {"600.00e2", 0, 60000, 60000, true},
                        {"-12.5", 1, -125, -125, true},
                        {"-12.5", 0, -13, -13, false},
                        {"0.5", 0, 1, 1, false},
                        {"0.49", 0, 1, 0, false},
                        {"0.05", 0, 1, 0, false},
                        {"-0.49", 0, -1, 0, false},
                        {"1.0000001", 0, 2, 1, false},
                        {"1.0000001", 7, 10000001, 10000001, true},
                        {"1234e-2", 0, 13, 12, false},
                        {"1234e-2", 2, 1234, 1234, true},
                        {"9e-3", 2, 1, 1, false},
                        {"9e-4", 2, 1, 0, false},
                        {"1e-400", 0, 1, 0, false},
                        {"1e-999999999", 2, 1, 0, false},
                        {"0e999999999", 6, 0, 0, true},
                        {"0.0", 0, 0, 0, true},
                        {"0.00042949e8", 0, 42949, 42949, true},
                        {"9223372036854775807", 0, max, max, true},
                        {"-9223372036854775807", 0, -max, -max, true},
                        {"9223372036854775806.5", 0, max, max, false},
                        {"9223372036854775807.5", 0, max, max, false},
                        {"9223372036854775808", 0, max, max, false},
                        {"922337203685477580.8", 1, max, max, false},
                        {"-1e19", 0, -max, -max, false},
                        {"1e400", 0, max, max, false},
                        {"-5e99999999999", 6, -max, -max, false}};
  for (const Case& c : cases) {
    CAPTURE(c.text, static_cast<int>(c.decimals));
    const auto away = scaled(c.text, c.decimals, Rounding::away_from_zero);
    const auto nearest = scaled(c.text, c.decimals, Rounding::nearest);
    CHECK(away.value == c.away_from_zero);
    CHECK(nearest.value == c.nearest);
    CHECK(away.exact == c.exact);
    CHECK(nearest.exact == c.exact);
  }
}

TEST_CASE("An exponent weighs against any number of digits") {
  const std::string small = "0." + std::string(20000, '0') + "15e20001";
  CHECK(scaled(small, 0, Rounding::nearest).value == 2);
  const std::string large = "25" + std::string(20000, '0') + "e-20000";
  CHECK(scaled(large, 0, Rounding::nearest).value == 25);
}

TEST_CASE("Characters are counted, not bytes or escapes") {
  const auto characters_of = [](const std::string& raw) {
    Events events;
    REQUIRE(here_tracking::parse_json("\"" + raw + "\"", 1, events) == JsonResult::ok);
    return events.characters;
  };
  CHECK(characters_of("") == 0);
  CHECK(characters_of("abc") == 3);
  CHECK(characters_of("\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80") == 3);
  CHECK(characters_of(R"(\n\\\"\u00e4\u0000u)") == 6);
  CHECK(characters_of(R"(\uD83D\uDE00\ud83d\ude00\ud7ffx)") == 4);
  CHECK(characters_of(R"(\udbff\udfffx\ue000)") == 3);
  for (const char* half : {R"(a\udc00)", R"(\uDFFFa)", R"(\u8d3d\ude00)", R"(\ud800)", R"(\udbffx)",
                           R"(\ud83d\ud83d\ude00)"})
    CHECK(characters_of(half) == 0);
}

TEST_CASE("The answers to time and token requests are read from their own members alone") {
  ServiceReply reply;
  ErrorDetail none;
  REQUIRE(here_tracking::read_reply(
      R"({"x":{"timestamp":9},"timestamp":1767225600,"accessToken":"h1.A_-b","expiresIn":86399,)"
      R"("list":[{"expiresIn":1}],"timestamps":7})",
      reply, none));
  CHECK(std::string(none.message.data()).empty());
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

void read_error(std::string_view body, ErrorDetail& error) {
  ServiceReply reply;
  (void)here_tracking::read_reply(body, reply, error);
}

TEST_CASE("An error object gives its id, its message and its code") {
  ErrorDetail error;
  read_error(
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
  read_error("{\"error\":\"" + text + "\"}", error);
  CHECK(std::string(error.message.data()) == text.substr(0, 126));
}

TEST_CASE("Nothing that a terminal would obey is taken over from an error") {
  ErrorDetail error;
  read_error("{\"message\":\"a\\u0007b\\u009b31mc\\u00e4\\u007f\"}", error);
  CHECK(std::string(error.message.data()) == "a b  31mc\xc3\xa4 ");
}

TEST_CASE("A body that is no error object leaves the details empty") {
  for (const char* body : {"", "<html>502</html>", "[]", "null", "{\"error\":5,\"details\":[]}"}) {
    ErrorDetail error;
    read_error(body, error);
    CHECK(std::string(error.id.data()).empty());
    CHECK(error.here_error_code == 0);
  }
}
