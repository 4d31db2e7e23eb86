// SPDX-License-Identifier: Apache-2.0
#include "validation.hpp"

#include "support/catch.hpp"

#include <string>
#include <vector>

namespace {

using Lines = std::vector<std::string>;

const emulator::Validator& validator() {
  static const emulator::Validator instance;
  return instance;
}

Lines violations(const std::string& body) {
  nlohmann::json parsed;
  return validator().check_telemetry(body, parsed);
}

Lines wrapped_violations(const std::string& body) {
  nlohmann::json parsed;
  return validator().check_wrapped(body, parsed);
}

std::string payload(std::size_t bytes) {
  const std::string frame = R"({"k":""})";
  return R"({"k":")" + std::string(bytes - frame.size(), 'x') + R"("})";
}

}  // namespace

TEST_CASE("a GSM scan with five neighbours and a payload is accepted") {
  CHECK(violations(R"([{"timestamp": 1515169948976, "payload": {"sensor": "data"},
    "scan": {"gsm": [{"mcc": 262, "mnc": 1, "lac": 5126, "cid": 16504, "nmr": [
      {"bsic": 6, "bcch": 82}, {"bsic": 7, "bcch": 85}, {"bsic": 12, "bcch": 93},
      {"bsic": 13, "bcch": 88}, {"bsic": 19, "bcch": 88}]}]}}])") == Lines{});
}

TEST_CASE("a WLAN scan with six access points and a payload is accepted") {
  CHECK(violations(R"([{"timestamp": 1515169948976, "payload": {"sensor": "data"},
    "scan": {"wlan": [
      {"mac": "1c:1d:86:07:01:0f", "powrx": -45}, {"mac": "e4:f4:c6:d9:85:59", "powrx": -39},
      {"mac": "1c:1d:86:07:01:0d", "powrx": -43}, {"mac": "1c:1d:86:07:01:0b", "powrx": -44},
      {"mac": "1c:1d:86:07:01:04", "powrx": -58}, {"mac": "1c:1d:86:07:01:03", "powrx": -59}
    ]}}])") == Lines{});
}

TEST_CASE("a violation names the field, its value and the rule, and nothing else is reported") {
  CHECK(violations(R"([{"timestamp":2,"scan":{"gsm":[{"mcc":262,"mnc":1,"lac":1,"cid":1},
    {"mcc":262,"mnc":1,"lac":1,"cid":70000}]}}])") ==
        Lines{"[0].scan.gsm[1].cid = 70000: must be at most 65535"});
  CHECK(violations(R"([{"timestamp":2,"scan":{"bt":[{"rss":-1}]}}])") ==
        Lines{"[0].scan.bt[0]: must have at least one of: mac, eddystoneId, iBeaconId"});
}

TEST_CASE("a violation is named down to the neighbour of a cell") {
  const std::string cell = R"({"mcc":262,"mnc":1,"cid":1})";
  const std::string neighbour = R"({"pci":503,"earfcn":1})";
  const std::string list = R"([{"timestamp":2,"scan":{"lte":[)" + cell +
                           R"(,{"mcc":262,"mnc":1,"cid":1,"nmr":[)" + neighbour + "," + neighbour +
                           "," + neighbour + R"(,{"pci":504,"earfcn":1}]}]}}])";
  CHECK(violations(list) == Lines{"[0].scan.lte[1].nmr[3].pci = 504: must be at most 503"});
  CHECK(wrapped_violations(R"({"data":)" + list + "}") ==
        Lines{"data[0].scan.lte[1].nmr[3].pci = 504: must be at most 503"});
}

TEST_CASE("a wrapped body keeps all rules of the list that it wraps") {
  CHECK(wrapped_violations(R"({"data":[{"timestamp":2}]})") == Lines{});
  CHECK(wrapped_violations(R"({"id":"x","appId":"12345678","data":[{"timestamp":2}],"note":1})") ==
        Lines{});
  CHECK(wrapped_violations(R"({"data":[]})") ==
        Lines{"data = [0 items]: must have at least 1 items"});
  CHECK(wrapped_violations(R"({"data":[{"timestamp":2,"timestamp":2}]})") ==
        Lines{"data[0].timestamp: must not appear twice"});
  CHECK(wrapped_violations(R"({"data":[{"timestamp":2,
    "scan":{"wlan":[{"mac":"00:11:22:33:44:55","timestamp":"2026-02-30T00:00:00Z"}]}}]})") ==
        Lines{"data[0].scan.wlan[0].timestamp = \"2026-02-30T00:00:00Z\": must be an RFC 3339 UTC "
              "time such as 2026-01-01T00:00:00Z"});
  const auto body = [](const std::string& object) {
    return R"({"data":[{"timestamp":2,"payload":)" + object + R"(}],"payload":)" + payload(1001) +
           "}";
  };
  CHECK(wrapped_violations(body(payload(1000))) == Lines{});
  CHECK(wrapped_violations(body(payload(1001))) ==
        Lines{"data[0].payload = 1001 bytes: must be at most 1000 bytes as compact JSON text"});
}

TEST_CASE("the wrapping itself has rules") {
  const std::string data = R"("data":[{"timestamp":2}])";
  CHECK(wrapped_violations(R"({"id":"x"})") == Lines{"body: must have the member data"});
  CHECK(wrapped_violations(R"([{"timestamp":2}])") ==
        Lines{"body = [1 items]: must be of type object"});
  CHECK(wrapped_violations(R"({"id":"",)" + data + "}") ==
        Lines{R"(id = "": must have at least 1 characters)"});
  CHECK(wrapped_violations(R"({"id":")" + std::string(50, 'x') + "\"," + data + "}") == Lines{});
  CHECK(wrapped_violations(R"({"id":")" + std::string(51, 'x') + "\"," + data + "}") ==
        Lines{"id = \"" + std::string(51, 'x') + "\": must have at most 50 characters"});
  CHECK(wrapped_violations(R"({"id":7,)" + data + "}") == Lines{"id = 7: must be of type string"});
  CHECK(wrapped_violations(R"({"id":"x","appId":"1234567",)" + data + "}") ==
        Lines{R"(appId = "1234567": must have at least 8 characters)"});
}

TEST_CASE("every broken rule is reported") {
  const Lines lines =
      violations(R"([{"timestamp":1},{"position":{"lat":91,"lng":0}},{"timestamp":2}])");
  CHECK(lines.size() == 4);
}

TEST_CASE("a payload is measured as it was written, without white space") {
  const auto body = [](const std::string& object) {
    return R"([{"timestamp":2,"payload":)" + object + "}]";
  };
  CHECK(violations(body(payload(1000))) == Lines{});
  CHECK(violations(body(payload(1001))) ==
        Lines{"[0].payload = 1001 bytes: must be at most 1000 bytes as compact JSON text"});
  CHECK(violations(body(" " + payload(1000) + "\n")) == Lines{});
  CHECK(violations(body(R"({"payload":)" + payload(988) + "}")) == Lines{});
  CHECK(violations(body(R"({"payload":)" + payload(989) + "}")).size() == 1);
}

TEST_CASE("a number counts with the digits it was written with") {
  std::string list = "1.50";
  for (int i = 0; i < 197; ++i)
    list += ",1.50";
  // {"k":[...]} is 8 bytes and 198 numbers with their commas are 989.
  const auto body = [&](const std::string& rest) {
    return R"([{"timestamp":2,"payload":{"k":[)" + list + rest + "]}}]";
  };
  CHECK(violations(body(",1")) == Lines{});
  CHECK(violations(body(",1.5")).size() == 1);
}

TEST_CASE("integers beyond 64 bits are refused whatever their sign would become") {
  CHECK(violations(R"([{"timestamp":2,"scan":{"wlan":[
    {"mac":"00:11:22:33:44:55","powrx":18446744073709551571}]}}])")
            .size() == 1);
  CHECK_FALSE(violations(R"([{"timestamp":99999999999999999999999}])").empty());
}

TEST_CASE("a UUID is version 4 by its version and variant digits") {
  CHECK(emulator::is_uuid_v4("7c0f3d52-1e7a-4b7c-9a55-0d6a3b1f2c4e"));
  CHECK(emulator::is_uuid_v4("7C0F3D52-1E7A-4B7C-BA55-0D6A3B1F2C4E"));
  CHECK_FALSE(emulator::is_uuid_v4("7c0f3d52-1e7a-1b7c-9a55-0d6a3b1f2c4e"));
  CHECK_FALSE(emulator::is_uuid_v4("7c0f3d52-1e7a-4b7c-ca55-0d6a3b1f2c4e"));
  CHECK_FALSE(emulator::is_uuid_v4("7c0f3d52-1e7a-4b7c-9a55-0d6a3b1f2c4"));
  CHECK_FALSE(emulator::is_uuid_v4("7c0f3d5201e7a-4b7c-9a55-0d6a3b1f2c4e"));
  CHECK_FALSE(emulator::is_uuid_v4(""));
}

TEST_CASE("an RFC 3339 UTC time is a date that exists and ends in Z") {
  CHECK(emulator::is_rfc3339_utc("2026-01-01T00:00:00Z"));
  CHECK(emulator::is_rfc3339_utc("2024-02-29T23:59:59.999Z"));
  CHECK(emulator::is_rfc3339_utc("2016-12-31T23:59:60Z"));
  for (const char* text :
       {"2026-02-29T00:00:00Z", "2100-02-29T00:00:00Z", "2026-13-01T00:00:00Z",
        "2026-00-01T00:00:00Z", "2026-01-32T00:00:00Z", "2026-01-01T24:00:00Z",
        "2026-01-01T00:60:00Z", "2026-01-01 00:00:00Z", "2026-01-01T00:00:00",
        "2026-01-01T00:00:00+00:00", "2026-01-01T00:00:00.Z", "2026-01-01T00:00:00Z ", ""}) {
    CAPTURE(text);
    CHECK_FALSE(emulator::is_rfc3339_utc(text));
  }
}

TEST_CASE("the smallest shadow is valid and a wrong member of it is named") {
  const auto check = [](const char* text) {
    return validator().check_shadow(nlohmann::json::parse(text));
  };
  CHECK(check(R"({"system":{"stateVersion":0,"lastModifiedGeofenceTimestamp":0}})") == Lines{});
  CHECK(check(R"({})") == Lines{});
  CHECK(check(R"({"system":{"stateVersion":0}})") ==
        Lines{"system: must have the member lastModifiedGeofenceTimestamp"});
  CHECK(check(R"({"system":{"stateVersion":0,"lastModifiedGeofenceTimestamp":0,
    "disableTracking":{"position":""}}})") == Lines{});
  CHECK(check(R"({"system":{"stateVersion":0,"lastModifiedGeofenceTimestamp":0,
    "disableTracking":{"sensors":["wlan"]}}})")
            .size() == 1);
  CHECK(check(R"({"system":{"stateVersion":0,"lastModifiedGeofenceTimestamp":0,
    "disableTracking":{"sensors":[]}}})")
            .size() == 1);
}
