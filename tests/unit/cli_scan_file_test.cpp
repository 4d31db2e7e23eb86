// SPDX-License-Identifier: Apache-2.0
#include "failure.hpp"
#include "scan_file.hpp"
#include "support/catch.hpp"

#include <string>

using here_tracking::cli::Exit;
using here_tracking::cli::Failure;
using here_tracking::cli::parse_scan;
using here_tracking::cli::Scan;

namespace {

std::string error_of(const std::string& json) {
  try {
    static_cast<void>(parse_scan(json, "scan.json"));
  } catch (const Failure& failure) {
    CHECK(failure.exit() == Exit::usage);
    return failure.what();
  }
  return "no error";
}

std::string cell_with(const std::string& members) {
  return R"({"gsm":[{"mcc":262,"mnc":1,"lac":5126,"cid":16504},{"mcc":262,"mnc":1,"lac":5126)" +
         members + "}]}";
}

std::string neighbour_with(const std::string& members) {
  return cell_with(R"(,"cid":1,"nmr":[{"bsic":6,"bcch":82},{)" + members + "}]");
}

std::string list_of(const std::string& name, const std::string& item, int count) {
  std::string json = "{\"" + name + "\":[";
  for (int i = 0; i < count; ++i)
    json += (i == 0 ? "" : ",") + item;
  return json + "]}";
}

}  // namespace

TEST_CASE("a scan file gives its cells, their neighbours and its access points in order") {
  const Scan scan = parse_scan(
      R"({"wlan": [{"ssid": "caf\u00e9", "powrx": -54, "mac": "00:1A:2b:3c:4d:5e"},
                   {"mac": "ff-ee-dd-cc-bb-aa"}],
          "gsm": [{"ta": 1, "rxlevel": -67, "bcch": 80, "bsic": 5, "cid": 0, "lac": 65535,
                   "mnc": 0, "mcc": 999,
                   "nmr": [{"bsic": 6, "bcch": 82},
                           {"bsic": 7, "bcch": 85, "lac": 1, "cid": 2, "rxlevel": -90}]},
                  {"mcc": 262, "mnc": 1, "lac": 1, "cid": 65535}]})",
      "scan.json");

  REQUIRE(scan.gsm.size() == 2);
  const here_tracking::GsmCell& cell = scan.gsm[0].cell;
  CHECK(cell.mcc == 999);
  CHECK(cell.mnc == 0);
  CHECK(cell.lac == 65535);
  CHECK(cell.cid == 0);
  CHECK(cell.bsic == 5);
  CHECK(cell.bcch == 80);
  CHECK(cell.rxlevel_dbm == -67);
  CHECK(cell.ta == 1);
  REQUIRE(scan.gsm[0].nmr.size() == 2);
  CHECK(scan.gsm[0].nmr[0].bsic == 6);
  CHECK(scan.gsm[0].nmr[0].bcch == 82);
  CHECK_FALSE(scan.gsm[0].nmr[0].lac);
  CHECK(scan.gsm[0].nmr[1].lac == 1);
  CHECK(scan.gsm[0].nmr[1].cid == 2);
  CHECK(scan.gsm[0].nmr[1].rxlevel_dbm == -90);
  CHECK(scan.gsm[1].nmr.empty());
  CHECK_FALSE(scan.gsm[1].cell.bsic);

  REQUIRE(scan.wlan.size() == 2);
  CHECK(scan.wlan[0].access_point.mac ==
        here_tracking::MacAddress{0x00, 0x1a, 0x2b, 0x3c, 0x4d, 0x5e});
  CHECK(scan.wlan[0].access_point.powrx_dbm == -54);
  CHECK(scan.wlan[0].ssid == "caf\xc3\xa9");
  CHECK(scan.wlan[1].access_point.mac ==
        here_tracking::MacAddress{0xff, 0xee, 0xdd, 0xcc, 0xbb, 0xaa});
  CHECK_FALSE(scan.wlan[1].access_point.powrx_dbm);
}

TEST_CASE("a scan file may hold nothing") {
  CHECK(parse_scan("{}", "scan.json").gsm.empty());
  CHECK(parse_scan(R"({"gsm":[],"wlan":[]})", "scan.json").wlan.empty());
}

TEST_CASE("an error in a scan file names the item, the value and the rule") {
  CHECK(error_of(cell_with(R"(,"cid":70000)")) ==
        "scan.json: gsm[1].cid = 70000: must be 0..65535");
  CHECK(error_of(cell_with(R"(,"cid":-1)")) == "scan.json: gsm[1].cid = -1: must be 0..65535");
  CHECK(error_of(cell_with(R"(,"cid":1,"bsic":5)")) ==
        "scan.json: gsm[1].bsic = 5: must be given with bcch");
  CHECK(error_of(neighbour_with(R"("bsic":64,"bcch":1)")) ==
        "scan.json: gsm[1].nmr[1].bsic = 64: must be 0..63");
  CHECK(error_of(neighbour_with(R"("bsic":1,"bcch":1,"lac":0)")) ==
        "scan.json: gsm[1].nmr[1].lac = 0: must be 1..65535");
}

TEST_CASE("a missing member is named") {
  CHECK(error_of(cell_with("")) == "scan.json: gsm[1].cid is missing: must be given");
  CHECK(error_of(neighbour_with(R"("bsic":1)")) ==
        "scan.json: gsm[1].nmr[1].bcch is missing: must be given");
  CHECK(error_of(R"({"wlan":[{"powrx":-60}]})") ==
        "scan.json: wlan[0].mac is missing: must be given");
}

TEST_CASE("a number that is no integer is refused") {
  for (const std::string value : {"1.0", "1e3", "-0.5", "1E0", "\"262\"", "true", "null"}) {
    CHECK(error_of(cell_with(",\"cid\":" + value)) ==
          "scan.json: gsm[1].cid = " + value + ": must be an integer");
  }
  CHECK(error_of(cell_with(R"(,"cid":{})")) ==
        "scan.json: gsm[1].cid = an object: must be an integer");
  CHECK(error_of(cell_with(R"(,"cid":[1])")) ==
        "scan.json: gsm[1].cid = a list: must be an integer");
  CHECK(error_of(cell_with(R"(,"cid":99999999999)")) ==
        "scan.json: gsm[1].cid = 99999999999: must be an integer of at most 32 bits");
}

TEST_CASE("a value of the wrong kind is refused where it stands") {
  CHECK(error_of("[]") == "scan.json: holds a list: must be an object with gsm or wlan");
  CHECK(error_of("1") == "scan.json: holds 1: must be an object with gsm or wlan");
  CHECK(error_of(R"({"gsm":{}})") == "scan.json: gsm = an object: must be a list");
  CHECK(error_of(R"({"gsm":[[]]})") == "scan.json: gsm[0] = a list: must be an object");
  CHECK(error_of(R"({"wlan":[7]})") == "scan.json: wlan[0] = 7: must be an object");
  CHECK(error_of(R"({"wlan":[{"ssid":null}]})") ==
        "scan.json: wlan[0].ssid = null: must be a string");
  CHECK(error_of(cell_with(R"(,"cid":1,"nmr":3)")) == "scan.json: gsm[1].nmr = 3: must be a list");
}

TEST_CASE("a MAC address that is not strictly one is refused") {
  for (const std::string mac :
       {"", "00:1a:2b:3c:4d", "00:1a:2b:3c:4d:5e:6f", "00:1a-2b:3c-4d:5e", "001a2b3c4d5e",
        "00:1a:2b:3c:4d:5g", "00:1a:2b:3c:4d:-5", "00:1a:2b:3c:4d: 5", "00.1a.2b.3c.4d.5e"}) {
    CHECK(error_of(R"({"wlan":[{"mac":")" + mac + "\"}]}") ==
          "scan.json: wlan[0].mac = \"" + mac +
              "\": must be six pairs of hex digits, all with ':' or all with '-' between");
  }
}

TEST_CASE("members are told apart: unknown, not supported, given twice") {
  CHECK(error_of(R"({"scan":{}})") == "scan.json: scan: unknown member: must be one of gsm, wlan");
  CHECK(error_of(R"({"lteCatM":[]})") ==
        "scan.json: lteCatM: not supported by this version, which knows gsm, wlan");
  CHECK(error_of(R"({"wlan":[{"band":5}]})") ==
        "scan.json: wlan[0].band: not supported by this version, which knows mac, powrx, ssid");
  CHECK(error_of(R"({"wlan":[{"rssi":-5}]})") ==
        "scan.json: wlan[0].rssi: unknown member: must be one of mac, powrx, ssid");
  CHECK(error_of(neighbour_with(R"("ta":1)")) ==
        "scan.json: gsm[1].nmr[1].ta: unknown member: must be one of bsic, bcch, lac, cid, "
        "rxlevel");
  CHECK(error_of(cell_with(R"(,"lac":2,"cid":1)")) == "scan.json: gsm[1].lac: must be given once");
  CHECK(error_of(R"({"gsm":[],"gsm":[]})") == "scan.json: gsm: must be given once");
  CHECK(error_of("{\"\\u001b[31m\":1}") ==
        "scan.json: ?[31m: unknown member: must be one of gsm, wlan");
}

TEST_CASE("more items than the service takes are refused") {
  const std::string cell = R"({"mcc":262,"mnc":1,"lac":1,"cid":1})";
  const std::string access_point = R"({"mac":"00:1a:2b:3c:4d:5e"})";
  CHECK(parse_scan(list_of("gsm", cell, 16), "scan.json").gsm.size() == 16);
  CHECK(error_of(list_of("gsm", cell, 17)) == "scan.json: gsm[16]: must be at most 16 cells");
  CHECK(parse_scan(list_of("wlan", access_point, 128), "scan.json").wlan.size() == 128);
  CHECK(error_of(list_of("wlan", access_point, 129)) ==
        "scan.json: wlan[128]: must be at most 128 access points");
  const std::string neighbours = list_of("nmr", R"({"bsic":1,"bcch":1})", 17);
  CHECK(error_of(cell_with(",\"cid\":1," + neighbours.substr(1, neighbours.size() - 2))) ==
        "scan.json: gsm[1].nmr[16]: must be at most 16 neighbours");
}

TEST_CASE("what is no JSON is refused with line and column") {
  const auto place = [](const std::string& json) {
    const std::string error = error_of(json);
    return error.substr(0, error.find(" must"));
  };
  CHECK(place("") == "scan.json:1:1:");
  CHECK(place("{\n  \"gsm\": [}") == "scan.json:2:11:");
  CHECK(place("{} x") == "scan.json:1:4:");
  CHECK(place(std::string("{}\0{}", 5)) == "scan.json:1:3:");
  CHECK(place("{\"wlan\":[{\"ssid\":\"\xff\"}]}").substr(0, 12) == "scan.json:1:");
}

TEST_CASE("deep nesting ends with an error, not with the stack") {
  CHECK(error_of(std::string(500000, '[')) ==
        "scan.json: holds a list: must be an object with gsm or wlan");
}
