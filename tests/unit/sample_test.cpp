// SPDX-License-Identifier: Apache-2.0
#include "here_tracking/telemetry.hpp"

#include "support/catch.hpp"

#include <string>
#include <vector>

using here_tracking::Code;
using here_tracking::Fix;
using here_tracking::GsmCell;
using here_tracking::GsmNeighbour;
using here_tracking::MacAddress;
using here_tracking::PositionType;
using here_tracking::Sample;
using here_tracking::WlanAccessPoint;

namespace {

constexpr std::int64_t time_ms = 1515169948976;

GsmCell cell() {
  GsmCell c;
  c.mcc = 262;
  c.mnc = 1;
  c.lac = 5126;
  c.cid = 16504;
  return c;
}

WlanAccessPoint access_point(MacAddress mac, std::int32_t powrx_dbm) {
  WlanAccessPoint ap;
  ap.mac = mac;
  ap.powrx_dbm = powrx_dbm;
  return ap;
}

std::string error_text(const Sample& sample) {
  char text[160];
  return {text, here_tracking::format(sample.field_error(), text)};
}

}  // namespace

TEST_CASE("A sample with a timestamp alone is the service's minimal telemetry object") {
  char buffer[64];
  Sample sample(buffer);
  CHECK(sample.empty());
  REQUIRE(sample.set_timestamp(1767225600000).ok());
  CHECK(sample.json() == R"({"timestamp":1767225600000})");
}

TEST_CASE("Without a timestamp there is no telemetry object") {
  char buffer[64];
  Sample sample(buffer);
  CHECK(sample.json().empty());
}

TEST_CASE("A GSM scan with neighbours and a payload: the service's example for cells") {
  char buffer[512];
  Sample sample(buffer);
  const GsmNeighbour neighbours[] = {{6, 82, {}, {}, {}},
                                     {7, 85, {}, {}, {}},
                                     {12, 93, {}, {}, {}},
                                     {13, 88, {}, {}, {}},
                                     {19, 88, {}, {}, {}}};
  GsmCell c = cell();
  c.nmr = neighbours;
  REQUIRE(sample.add(c).ok());
  REQUIRE(sample.set_payload(R"({"sensor":"data"})").ok());
  REQUIRE(sample.set_timestamp(time_ms).ok());
  CHECK(sample.json() == R"({"scan":{"gsm":[{"mcc":262,"mnc":1,"lac":5126,"cid":16504,"nmr":[)"
                         R"({"bsic":6,"bcch":82},{"bsic":7,"bcch":85},{"bsic":12,"bcch":93},)"
                         R"({"bsic":13,"bcch":88},{"bsic":19,"bcch":88}]}]},)"
                         R"("payload":{"sensor":"data"},"timestamp":1515169948976})");
}

TEST_CASE("A WLAN scan and a payload: the service's example for access points") {
  char buffer[512];
  Sample sample(buffer);
  REQUIRE(sample.add(access_point({0x1c, 0x1d, 0x86, 0x07, 0x01, 0x0f}, -45)).ok());
  REQUIRE(sample.add(access_point({0xe4, 0xf4, 0xc6, 0xd9, 0x85, 0x59}, -39)).ok());
  REQUIRE(sample.add(access_point({0x1c, 0x1d, 0x86, 0x07, 0x01, 0x0d}, -43)).ok());
  REQUIRE(sample.add(access_point({0x1c, 0x1d, 0x86, 0x07, 0x01, 0x0b}, -44)).ok());
  REQUIRE(sample.add(access_point({0x1c, 0x1d, 0x86, 0x07, 0x01, 0x04}, -58)).ok());
  REQUIRE(sample.add(access_point({0x1c, 0x1d, 0x86, 0x07, 0x01, 0x03}, -59)).ok());
  REQUIRE(sample.set_payload(R"({"sensor":"data"})").ok());
  REQUIRE(sample.set_timestamp(time_ms).ok());
  CHECK(sample.json() ==
        R"({"scan":{"wlan":[{"mac":"1c:1d:86:07:01:0f","powrx":-45},)"
        R"({"mac":"e4:f4:c6:d9:85:59","powrx":-39},{"mac":"1c:1d:86:07:01:0d","powrx":-43},)"
        R"({"mac":"1c:1d:86:07:01:0b","powrx":-44},{"mac":"1c:1d:86:07:01:04","powrx":-58},)"
        R"({"mac":"1c:1d:86:07:01:03","powrx":-59}]},)"
        R"("payload":{"sensor":"data"},"timestamp":1515169948976})");
}

TEST_CASE("Measurements may come in any order") {
  char buffer[1024];
  Sample sample(buffer);
  GsmCell second = cell();
  second.cid = 2;
  const Fix fix;
  REQUIRE(sample.set_timestamp(5000).ok());
  REQUIRE(sample.add(access_point({1, 1, 1, 1, 1, 1}, -1)).ok());
  REQUIRE(sample.set_payload("{}").ok());
  REQUIRE(sample.add(cell()).ok());
  REQUIRE(sample.add(access_point({2, 2, 2, 2, 2, 2}, -2)).ok());
  REQUIRE(sample.set_position(fix).ok());
  REQUIRE(sample.add(second).ok());
  CHECK(sample.json() == R"({"scan":{"wlan":[{"mac":"01:01:01:01:01:01","powrx":-1},)"
                         R"({"mac":"02:02:02:02:02:02","powrx":-2}],)"
                         R"("gsm":[{"mcc":262,"mnc":1,"lac":5126,"cid":16504},)"
                         R"({"mcc":262,"mnc":1,"lac":5126,"cid":2}]},"payload":{},)"
                         R"("position":{"lat":0,"lng":0,"accuracy":0},"timestamp":5000})");
}

TEST_CASE("A position is written with the digits that were measured, and no more") {
  char buffer[512];
  Sample sample(buffer);
  Fix fix;
  fix.lat_deg_e7 = 525200066;
  fix.lng_deg_e7 = -134049540;
  fix.accuracy_mm = 4500;
  fix.confidence_percent = 95;
  fix.alt_mm = -12345;
  fix.altaccuracy_mm = 9000;
  fix.heading_cdeg = 18049;
  fix.speed_mm_s = 13500;
  fix.satellite_count = 11;
  fix.type = PositionType::gnss;
  fix.timestamp_ms = 1767225599000;
  REQUIRE(sample.set_position(fix).ok());
  REQUIRE(sample.set_timestamp(1767225600000).ok());
  CHECK(sample.json() ==
        R"({"position":{"lat":52.5200066,"lng":-13.404954,"accuracy":4.5,"alt":-12.345,)"
        R"("altaccuracy":9,"satellitecount":11,"timestamp":1767225599000,"heading":180,)"
        R"("speed":14,"confidence":95,"type":"gnss"},"timestamp":1767225600000})");
}

TEST_CASE("Coordinates near zero and at their limits are written exactly") {
  struct Case {
    std::int32_t lat_deg_e7, lng_deg_e7;
    const char* text;
  };
  const Case cases[] = {
      {1, -1, R"("lat":0.0000001,"lng":-0.0000001,)"},
      {-5000000, 10000000, R"("lat":-0.5,"lng":1,)"},
      {900000000, 1800000000, R"("lat":90,"lng":180,)"},
      {-900000000, -1800000000, R"("lat":-90,"lng":-180,)"},
  };
  for (const Case& c : cases) {
    char buffer[256];
    Sample sample(buffer);
    Fix fix;
    fix.lat_deg_e7 = c.lat_deg_e7;
    fix.lng_deg_e7 = c.lng_deg_e7;
    REQUIRE(sample.set_position(fix).ok());
    REQUIRE(sample.set_timestamp(2).ok());
    CHECK(std::string(sample.json()).find(c.text) != std::string::npos);
  }
}

TEST_CASE("Heading and speed go together: one without the other is left out") {
  char buffer[256];
  Fix fix;
  SECTION("heading alone") {
    fix.heading_cdeg = 100;
  }
  SECTION("speed alone") {
    fix.speed_mm_s = 100;
  }
  Sample sample(buffer);
  REQUIRE(sample.set_position(fix).ok());
  REQUIRE(sample.set_timestamp(2).ok());
  CHECK(sample.json() == R"({"position":{"lat":0,"lng":0,"accuracy":0},"timestamp":2})");
}

TEST_CASE("Heading is rounded to 0..359 degrees, speed to whole metres per second") {
  struct Case {
    std::uint16_t heading_cdeg;
    std::uint32_t speed_mm_s;
    const char* text;
  };
  const Case cases[] = {
      {35949, 499, R"("heading":359,"speed":0)"},
      {35950, 500, R"("heading":0,"speed":1)"},
      {36000, 1499, R"("heading":0,"speed":1)"},
      {0, 4294967295U, R"("heading":0,"speed":4294967)"},
  };
  for (const Case& c : cases) {
    char buffer[256];
    Sample sample(buffer);
    Fix fix;
    fix.heading_cdeg = c.heading_cdeg;
    fix.speed_mm_s = c.speed_mm_s;
    REQUIRE(sample.set_position(fix).ok());
    REQUIRE(sample.set_timestamp(2).ok());
    CHECK(std::string(sample.json()).find(c.text) != std::string::npos);
  }
}

TEST_CASE("A refusal names the field, the value and the rule, and leaves the sample as it was") {
  char buffer[2048];
  Sample sample(buffer);
  REQUIRE(sample.set_timestamp(time_ms).ok());
  REQUIRE(sample.add(cell()).ok());
  const std::string before(sample.json());

  Fix fix;
  GsmCell c = cell();
  GsmNeighbour neighbour;
  std::string expected;

  SECTION("latitude") {
    fix.lat_deg_e7 = 915000000;
    CHECK(sample.set_position(fix) == Code::invalid_value);
    expected = "position.lat = 91.5: must be -90..90";
  }
  SECTION("longitude") {
    fix.lng_deg_e7 = -1800000001;
    CHECK(sample.set_position(fix) == Code::invalid_value);
    expected = "position.lng = -180.0000001: must be -180..180";
  }
  SECTION("confidence") {
    fix.confidence_percent = 96;
    CHECK(sample.set_position(fix) == Code::invalid_value);
    expected = "position.confidence = 96: must be 50..95";
  }
  SECTION("heading") {
    fix.heading_cdeg = 36001;
    fix.speed_mm_s = 1;
    CHECK(sample.set_position(fix) == Code::invalid_value);
    expected = "position.heading = 360.01: must be 0..360";
  }
  SECTION("satellites of a position that is not from a GNSS") {
    fix.satellite_count = 5;
    fix.type = PositionType::cell;
    CHECK(sample.set_position(fix) == Code::invalid_value);
    expected = "position.satellitecount = 5: must be left out unless the type is gnss";
  }
  SECTION("no satellites") {
    fix.satellite_count = 0;
    fix.type = PositionType::gnss;
    CHECK(sample.set_position(fix) == Code::invalid_value);
    expected = "position.satellitecount = 0: must be 1..50";
  }
  SECTION("access points of a position that is not from WLAN") {
    fix.wlan_count = 5;
    CHECK(sample.set_position(fix) == Code::invalid_value);
    expected = "position.wlancount = 5: must be left out unless the type is wlan";
  }
  SECTION("time of the fix") {
    fix.timestamp_ms = 1;
    CHECK(sample.set_position(fix) == Code::invalid_value);
    expected = "position.timestamp = 1: must be 2..4102448400000 ms since 1970";
  }
  SECTION("a second position") {
    Sample other(buffer);
    REQUIRE(other.set_position(fix).ok());
    CHECK(other.set_position(fix) == Code::invalid_value);
    CHECK(error_text(other) == "position = 2: must be given once a sample");
    return;
  }
  SECTION("timestamp") {
    CHECK(sample.set_timestamp(4102448400001) == Code::invalid_value);
    expected = "timestamp = 4102448400001: must be 2..4102448400000 ms since 1970";
  }
  SECTION("mcc") {
    c.mcc = 199;
    CHECK(sample.add(c) == Code::invalid_value);
    expected = "scan.gsm.mcc = 199: must be 200..999";
  }
  SECTION("mnc") {
    c.mnc = 1000;
    CHECK(sample.add(c) == Code::invalid_value);
    expected = "scan.gsm.mnc = 1000: must be 0..999";
  }
  SECTION("lac") {
    c.lac = 0;
    CHECK(sample.add(c) == Code::invalid_value);
    expected = "scan.gsm.lac = 0: must be 1..65535";
  }
  SECTION("cid") {
    c.cid = 65536;
    CHECK(sample.add(c) == Code::invalid_value);
    expected = "scan.gsm.cid = 65536: must be 0..65535";
  }
  SECTION("timing advance") {
    c.ta = 64;
    CHECK(sample.add(c) == Code::invalid_value);
    expected = "scan.gsm.ta = 64: must be 0..63";
  }
  SECTION("bsic without bcch") {
    c.bsic = 5;
    CHECK(sample.add(c) == Code::invalid_value);
    expected = "scan.gsm.bsic = 5: must be given with bcch";
  }
  SECTION("bcch without bsic") {
    c.bcch = 5;
    CHECK(sample.add(c) == Code::invalid_value);
    expected = "scan.gsm.bcch = 5: must be given with bsic";
  }
  SECTION("a neighbour's bsic") {
    neighbour.bsic = 64;
    c.nmr = {&neighbour, 1};
    CHECK(sample.add(c) == Code::invalid_value);
    expected = "scan.gsm.nmr[0].bsic = 64: must be 0..63";
  }
  SECTION("a neighbour's bcch") {
    neighbour.bcch = -1;
    c.nmr = {&neighbour, 1};
    CHECK(sample.add(c) == Code::invalid_value);
    expected = "scan.gsm.nmr[0].bcch = -1: must be 0..1023";
  }
  SECTION("a neighbour's lac") {
    neighbour.lac = 0;
    c.nmr = {&neighbour, 1};
    CHECK(sample.add(c) == Code::invalid_value);
    expected = "scan.gsm.nmr[0].lac = 0: must be 1..65535";
  }
  SECTION("a neighbour's cid") {
    neighbour.cid = 65536;
    c.nmr = {&neighbour, 1};
    CHECK(sample.add(c) == Code::invalid_value);
    expected = "scan.gsm.nmr[0].cid = 65536: must be 0..65535";
  }
  SECTION("a 17th neighbour") {
    const std::vector<GsmNeighbour> neighbours(17);
    c.nmr = {neighbours.data(), neighbours.size()};
    CHECK(sample.add(c) == Code::invalid_value);
    expected = "scan.gsm.nmr = 17 items: must be 0..16";
  }
  CHECK(error_text(sample) == expected);
  CHECK(sample.json() == before);
  CHECK(sample.status().ok());
}

TEST_CASE("A scan takes 16 GSM cells and 128 access points") {
  std::vector<char> buffer(16384);
  Sample sample({buffer.data(), buffer.size()});
  for (std::size_t i = 0; i < Sample::max_cells; ++i)
    REQUIRE(sample.add(cell()).ok());
  CHECK(sample.add(cell()) == Code::invalid_value);
  CHECK(error_text(sample) == "scan.gsm = 17 cells: must be 0..16");
  for (std::size_t i = 0; i < Sample::max_wlan_access_points; ++i) {
    REQUIRE(sample.add(WlanAccessPoint{}).ok());
  }
  CHECK(sample.add(WlanAccessPoint{}) == Code::invalid_value);
  CHECK(error_text(sample) == "scan.wlan = 129 access points: must be 0..128");
}

TEST_CASE("Signal levels outside their range are clamped to it, and counted") {
  char buffer[512];
  Sample sample(buffer);
  GsmNeighbour neighbour;
  neighbour.rxlevel_dbm = -24;
  GsmCell c = cell();
  c.rxlevel_dbm = -111;
  c.nmr = {&neighbour, 1};
  REQUIRE(sample.add(c).ok());
  REQUIRE(sample.add(access_point({}, 1)).ok());
  REQUIRE(sample.add(access_point({}, -129)).ok());
  REQUIRE(sample.add(access_point({}, -128)).ok());
  REQUIRE(sample.set_timestamp(2).ok());
  CHECK(sample.json() ==
        R"({"scan":{"gsm":[{"mcc":262,"mnc":1,"lac":5126,"cid":16504,"rxlevel":-110,)"
        R"("nmr":[{"bsic":0,"bcch":0,"rxlevel":-25}]}],)"
        R"("wlan":[{"mac":"00:00:00:00:00:00","powrx":0},)"
        R"({"mac":"00:00:00:00:00:00","powrx":-128},{"mac":"00:00:00:00:00:00","powrx":-128}]},)"
        R"("timestamp":2})");
  CHECK(sample.clamped() == 4);
}

TEST_CASE("An access point whose owner opted out is never written") {
  char buffer[512];
  Sample sample(buffer);
  WlanAccessPoint ap = access_point({1, 2, 3, 4, 5, 6}, -50);
  REQUIRE(sample.set_timestamp(2).ok());
  ap.ssid = "home_nomap";
  CHECK(sample.add(ap).ok());
  ap.ssid = "_nomap";
  CHECK(sample.add(ap).ok());
  CHECK(sample.json() == R"({"timestamp":2})");
  CHECK(sample.withheld() == 2);
  ap.ssid = "_nomap_really";
  CHECK(sample.add(ap).ok());
  CHECK(sample.json() ==
        R"({"scan":{"wlan":[{"mac":"01:02:03:04:05:06","powrx":-50}]},"timestamp":2})");
}

TEST_CASE("A payload is written compactly and must be a JSON object of at most 1000 bytes") {
  std::vector<char> buffer(4096);
  Sample sample({buffer.data(), buffer.size()});
  REQUIRE(sample.set_timestamp(2).ok());

  SECTION("white space goes, content stays") {
    REQUIRE(
        sample.set_payload(" {\n\t\"a\" : [ 1 , -2.50e3 , true , null , \"b c\\u00e4\\n\" ] }\r\n ")
            .ok());
    CHECK(sample.json() ==
          "{\"payload\":{\"a\":[1,-2.50e3,true,null,\"b c\\u00e4\\n\"]},\"timestamp\":2}");
  }
  SECTION("1000 bytes, not counting white space") {
    const std::string payload = "{ \"k\" : \"" + std::string(992, 'x') + "\" }";
    REQUIRE(sample.set_payload(payload).ok());
  }
  SECTION("1001 bytes") {
    const std::string payload = "{\"k\":\"" + std::string(993, 'x') + "\"}";
    CHECK(sample.set_payload(payload) == Code::invalid_value);
    CHECK(error_text(sample) == "payload = 1001 bytes: must be at most 1000 bytes of compact JSON");
  }
  SECTION("no object") {
    for (const char* text : {"", " ", "[]", "1", "\"a\"", "null", "{", "{}}", "{}x", "{\"a\":}",
                             "{\"a\":01}", "{'a':1}", "{\"a\":1,}", "{\"a\":NaN}", "{\"a\" 1}",
                             "{\"a\":\"\xff\"}", "{\"a\":\"\t\"}", "{\"a\":1}{}"}) {
      CAPTURE(text);
      CHECK(sample.set_payload(text) == Code::invalid_value);
      CHECK(sample.field_error().rule == here_tracking::Rule::payload_json);
    }
    CHECK(sample.set_payload({"{}\0", 3}) == Code::invalid_value);
    CHECK(sample.json() == R"({"timestamp":2})");
  }
  SECTION("too deep") {
    std::string payload = "{\"a\":" + std::string(Sample::max_payload_depth - 1, '[') +
                          std::string(Sample::max_payload_depth - 1, ']') + "}";
    CHECK(sample.set_payload(payload).ok());
    sample.clear();
    payload = "{\"a\":" + std::string(100000, '[');
    CHECK(sample.set_payload(payload) == Code::invalid_value);
  }
  SECTION("twice") {
    REQUIRE(sample.set_payload("{}").ok());
    CHECK(sample.set_payload("{}") == Code::invalid_value);
    CHECK(error_text(sample) == "payload = 2 bytes: must be given once a sample");
  }
}

TEST_CASE("What does not fit is refused and remembered; the sample stays valid and can be sent") {
  char buffer[140];
  Sample sample(buffer);
  REQUIRE(sample.add(access_point({1, 1, 1, 1, 1, 1}, -1)).ok());
  CHECK(sample.add(cell()).ok());
  CHECK(sample.add(cell()) == Code::buffer_too_small);
  CHECK(sample.status() == Code::buffer_too_small);
  CHECK(sample.set_payload(R"({"a":1})") == Code::buffer_too_small);
  CHECK(sample.set_timestamp(4102448400000).ok());
  CHECK(sample.json() ==
        R"({"scan":{"wlan":[{"mac":"01:01:01:01:01:01","powrx":-1}],)"
        R"("gsm":[{"mcc":262,"mnc":1,"lac":5126,"cid":16504}]},"timestamp":4102448400000})");
  CHECK(sample.status() == Code::buffer_too_small);
  sample.clear();
  CHECK(sample.status().ok());
}

TEST_CASE("A position says where it comes from") {
  struct Case {
    PositionType type;
    const char* text;
  };
  for (const Case& c :
       {Case{PositionType::gnss, R"("type":"gnss")"}, Case{PositionType::cell, R"("type":"cell")"},
        Case{PositionType::wlan, R"("wlancount":254,"type":"wlan")"}}) {
    char buffer[256];
    Sample sample(buffer);
    Fix fix;
    fix.type = c.type;
    if (c.type == PositionType::wlan) fix.wlan_count = 254;
    REQUIRE(sample.set_position(fix).ok());
    REQUIRE(sample.set_timestamp(2).ok());
    CHECK(std::string(sample.json()).find(c.text) != std::string::npos);
  }
}

TEST_CASE("A cleared sample begins anew in every respect") {
  std::vector<char> buffer(2048);
  Sample sample({buffer.data(), buffer.size()});
  std::string first;
  for (int round = 0; round < 2; ++round) {
    WlanAccessPoint ap = access_point({}, 5);
    REQUIRE(sample.add(ap).ok());
    ap.ssid = "x_nomap";
    REQUIRE(sample.add(ap).ok());
    for (std::size_t i = 0; i < Sample::max_cells; ++i)
      REQUIRE(sample.add(cell()).ok());
    REQUIRE(sample.set_position(Fix{}).ok());
    REQUIRE(sample.set_payload("{}").ok());
    CHECK(sample.json().empty());
    REQUIRE(sample.set_timestamp(2).ok());
    CHECK(sample.clamped() == 1);
    CHECK(sample.withheld() == 1);
    if (round == 0) first = sample.json();
    CHECK(sample.json() == first);
    sample.clear();
    CHECK(sample.empty());
    CHECK_FALSE(sample.has_position());
  }
}

TEST_CASE("What did not fit may be given again when there is room") {
  char buffer[64];
  Sample sample(buffer);
  CHECK(sample.set_position(Fix{}) == Code::buffer_too_small);
  CHECK_FALSE(sample.has_position());
  CHECK(sample.set_position(Fix{}) == Code::buffer_too_small);
}

TEST_CASE("Cell identifiers are taken at both ends of their ranges") {
  char buffer[512];
  Sample sample(buffer);
  GsmCell low = cell();
  low.mcc = 200;
  low.mnc = low.cid = 0;
  low.lac = 1;
  low.bsic = low.bcch = low.ta = 0;
  GsmCell high = cell();
  high.mcc = high.mnc = 999;
  high.lac = high.cid = 65535;
  high.bsic = 63;
  high.bcch = 1023;
  high.ta = 63;
  REQUIRE(sample.add(low).ok());
  REQUIRE(sample.add(high).ok());
  REQUIRE(sample.set_timestamp(2).ok());
  CHECK(sample.json() ==
        R"({"scan":{"gsm":[{"mcc":200,"mnc":0,"lac":1,"cid":0,"bsic":0,"bcch":0,"ta":0},)"
        R"({"mcc":999,"mnc":999,"lac":65535,"cid":65535,"bsic":63,"bcch":1023,"ta":63}]},)"
        R"("timestamp":2})");
  GsmCell c = cell();
  c.bcch = 1024;
  c.bsic = 0;
  CHECK(sample.add(c) == Code::invalid_value);
  c.bcch = -1;
  CHECK(sample.add(c) == Code::invalid_value);
  c.bcch = 0;
  c.bsic = 64;
  CHECK(sample.add(c) == Code::invalid_value);
}

TEST_CASE("A buffer of 27 bytes holds an empty sample, one of 26 none") {
  char buffer[27];
  Sample sample(buffer);
  REQUIRE(sample.set_timestamp(4102448400000).ok());
  CHECK(sample.json() == R"({"timestamp":4102448400000})");
  Sample smaller({buffer, 26});
  REQUIRE(smaller.set_timestamp(2).ok());
  CHECK(smaller.json().empty());
  CHECK(smaller.status() == Code::buffer_too_small);
}

TEST_CASE("A sample takes at most the memory that its header states") {
  const auto set = [](auto& cell) {
    cell.timestamp_ms = here_tracking::max_timestamp_ms - 1;
    return cell;
  };
  // What a second item adds, with a neighbour and without.
  const auto cost = [](auto item, auto neighbour, std::size_t bytes, std::size_t neighbour_bytes) {
    char buffer[4096];
    here_tracking::SampleOptions options;
    options.wide_lte_range = true;
    Sample sample(buffer, options);
    REQUIRE(sample.set_timestamp(2).ok());
    REQUIRE(sample.add(item).ok());
    const std::size_t one = sample.json().size();
    REQUIRE(sample.add(item).ok());
    const std::size_t two = sample.json().size();
    CHECK(two - one == bytes);
    // The first one: `"scan":{"lteCatM":[` and what closes it, less its comma.
    CHECK(one - bytes - std::string_view(R"({"timestamp":2})").size() <= 22);
    const decltype(neighbour) neighbours[] = {neighbour, neighbour, neighbour};
    item.nmr = neighbours;
    REQUIRE(sample.add(item).ok());
    CHECK(sample.json().size() - two == bytes + 8 + 3 * neighbour_bytes);
    CHECK(sample.clamped() == 0);
  };
  SECTION("position") {
    Fix fix;
    fix.lat_deg_e7 = -899999999;
    fix.lng_deg_e7 = -1799999999;
    fix.accuracy_mm = 4294967295U;
    fix.confidence_percent = 95;
    fix.alt_mm = -2147483647;
    fix.altaccuracy_mm = 4294967295U;
    fix.heading_cdeg = 35900;
    fix.speed_mm_s = 4294967295U;
    fix.satellite_count = 50;
    fix.type = PositionType::gnss;
    fix.timestamp_ms = here_tracking::max_timestamp_ms;
    char buffer[1024];
    Sample sample(buffer);
    REQUIRE(sample.set_timestamp(here_tracking::max_timestamp_ms).ok());
    CHECK(sample.json().size() == 27);
    REQUIRE(sample.set_position(fix).ok());
    CHECK(sample.json().size() == 27 + 224);
    REQUIRE(sample.set_payload("{}").ok());
    CHECK(sample.json().size() == 27 + 224 + 2 + 11);
  }
  SECTION("gsm") {
    GsmCell cell;
    cell.mcc = cell.mnc = 999;
    cell.lac = cell.cid = 65535;
    cell.bsic = 63;
    cell.bcch = 1023;
    cell.rxlevel_dbm = -110;
    cell.ta = 63;
    cost(set(cell), GsmNeighbour{63, 1023, 65535, 65535, -110}, 130, 63);
  }
  SECTION("wcdma") {
    here_tracking::WcdmaCell cell{999, 999, 268435455, 65535, 16383, 511, -120, 158, {}, {}};
    cost(set(cell), here_tracking::WcdmaNeighbour{16383, 511, 268435455, -120, 158}, 143, 72);
  }
  SECTION("tdscdma") {
    here_tracking::TdscdmaCell cell{999,  999, 268435455, 65535, 16383, 127,
                                    -120, 158, 1530,      {},    {}};
    cost(set(cell), here_tracking::TdscdmaNeighbour{16383, 127, 268435455, -120, 158}, 158, 77);
  }
  SECTION("lte") {
    here_tracking::LteCell cell{999, 999, 268435455, 65535, 503, 262143, -156, -339, 1282, {}, {}};
    cost(set(cell), here_tracking::LteNeighbour{503, 262143, 268435455, -156, -339}, 150, 69);
  }
  SECTION("nbIot") {
    here_tracking::NbIotCell cell{999,  999,  268435455, 65535, 503, 262143,
                                  -156, -339, 1282,      {},    {}};
    cost(set(cell), here_tracking::NbIotNeighbour{503, 262143, 268435455, -156, -339}, 152, 71);
  }
  SECTION("cdma") {
    here_tracking::CdmaCell cell{32767, 65535,      65535,       4095, 511, 2047,
                                 -142,  -899999999, -1799999999, {},   {}};
    cost(set(cell), here_tracking::CdmaNeighbour{511, 2047, 65535, -142, 2047}, 181, 80);
  }
  SECTION("wlan and bt") {
    WlanAccessPoint ap = access_point({}, -128);
    ap.band = here_tracking::WlanBand::ghz_3_65;
    here_tracking::BluetoothBeacon beacon;
    beacon.rss_dbm = -128;
    beacon.mac.emplace();
    beacon.eddystone_id.emplace();
    beacon.ibeacon_id.emplace();
    char buffer[1024];
    Sample sample(buffer);
    REQUIRE(sample.set_timestamp(2).ok());
    REQUIRE(sample.add(set(ap)).ok());
    REQUIRE(sample.add(set(beacon)).ok());
    const std::size_t before = sample.json().size();
    REQUIRE(sample.add(ap).ok());
    CHECK(sample.json().size() - before == 92);
    REQUIRE(sample.add(beacon).ok());
    CHECK(sample.json().size() - before == 92 + 162);
  }
  SECTION("sensors") {
    const here_tracking::SensorReadings readings{-6999, 9999,  14999999, -99999999, -2147483647,
                                                 100,   false, false,    false,     false};
    char buffer[1024];
    Sample sample(buffer);
    REQUIRE(sample.set_timestamp(2).ok());
    REQUIRE(sample.add(readings).ok());
    CHECK(sample.json().size() == std::string_view(R"({"timestamp":2})").size() + 280);
  }
}

TEST_CASE("A buffer of any size is never overrun, and an accepted measurement is whole") {
  for (std::size_t size = 0; size < 400; ++size) {
    std::vector<char> memory(size + 1, '#');
    Sample sample({memory.data(), size});
    Fix fix;
    fix.lat_deg_e7 = 525200066;
    const bool position = sample.set_position(fix).ok();
    const bool gsm = sample.add(cell()).ok();
    const bool wlan = sample.add(access_point({1, 1, 1, 1, 1, 1}, -1)).ok();
    const bool payload = sample.set_payload(R"({"a":1})").ok();
    REQUIRE(sample.set_timestamp(time_ms).ok());
    const std::string json(sample.json());
    CAPTURE(size, json);
    CHECK(memory[size] == '#');
    CHECK(position == (json.find("position") != std::string::npos));
    CHECK(gsm == (json.find("16504") != std::string::npos));
    CHECK(wlan == (json.find("01:01") != std::string::npos));
    CHECK(payload == (json.find("payload") != std::string::npos));
    CHECK((position && gsm && wlan && payload) == sample.status().ok());
    CHECK((json.empty() || json.back() == '}'));
  }
}
