// SPDX-License-Identifier: Apache-2.0
#include "failure.hpp"
#include "measurement_file.hpp"
#include "support/catch.hpp"

#include <string>
#include <vector>

namespace cli = here_tracking::cli;
using here_tracking::Code;
using here_tracking::Sample;
using here_tracking::SampleOptions;
using nlohmann::json;

namespace {

constexpr SampleOptions everything() {
  SampleOptions options;
  options.contribute_gps = true;
  options.wide_lte_range = true;
  return options;
}

struct Memory {
  std::vector<char> bytes = std::vector<char>(200000);
  here_tracking::Span<char> span() { return {bytes.data(), bytes.size()}; }
};

json written(Sample& sample) {
  REQUIRE(sample.set_timestamp(2).ok());
  return json::parse(sample.json());
}

json scan_of(const std::string& text) {
  Memory memory;
  Sample sample(memory.span(), everything());
  cli::check_scan(cli::parse_measurements(text, "scan.json"), sample);
  return written(sample).value("scan", json());
}

json system_of(const std::string& text) {
  Memory memory;
  Sample sample(memory.span());
  cli::check_system(cli::parse_measurements(text, "system.json"), sample);
  return written(sample).value("system", json());
}

template <typename Function>
std::string failure_of(Function function) {
  try {
    static_cast<void>(function());
  } catch (const cli::Failure& failure) {
    CHECK(failure.exit() == cli::Exit::usage);
    return failure.what();
  }
  return "no error";
}

std::string scan_error(const std::string& text) {
  return failure_of([&] { return scan_of(text); });
}

std::string system_error(const std::string& text) {
  return failure_of([&] { return system_of(text); });
}

std::string cell_with(const std::string& members) {
  return R"({"gsm":[{"mcc":262,"mnc":1,"lac":5126,"cid":16504},{"mcc":262,"mnc":1,"lac":5126)" +
         members + "}]}";
}

std::string neighbour_with(const std::string& members) {
  return cell_with(R"(,"cid":1,"nmr":[{"bsic":6,"bcch":82},{)" + members + "}]");
}

std::string list_of(const std::string& name, const std::string& item, int count) {
  std::string text = "{\"" + name + "\":[";
  for (int i = 0; i < count; ++i)
    text += (i == 0 ? "" : ",") + item;
  return text + "]}";
}

}  // namespace

TEST_CASE("a scan file may hold every technology, and each member of it arrives") {
  const std::string scan = R"({
    "gsm": [{"mcc": 262, "mnc": 1, "lac": 65535, "cid": 0, "bsic": 5, "bcch": 80, "rxlevel": -67,
             "ta": 63, "timestamp": "2026-01-01T00:00:00Z",
             "nmr": [{"bsic": 6, "bcch": 82}, {"bsic": 7, "bcch": 85, "lac": 1, "cid": 2,
                     "rxlevel": -90}]},
            {"mcc": 999, "mnc": 0, "lac": 1, "cid": 65535}],
    "wcdma": [{"mcc": 262, "mnc": 2, "cid": 268435455, "lac": 3, "uarfcndl": 10562, "psc": 511,
               "rscp": -85, "pathloss": 100, "timestamp": "2026-01-01T00:00:00.5Z",
               "nmr": [{"uarfcndl": 10562, "psc": 9, "cid": 8, "rscp": -99, "pathloss": 110}]}],
    "tdscdma": [{"mcc": 460, "mnc": 0, "cid": 1, "lac": 2, "uarfcn": 10054, "cellparams": 127,
                 "rscp": -77, "pathloss": 90, "ta": 1530, "timestamp": "2026-01-01T00:00:01Z",
                 "nmr": [{"uarfcn": 10054, "cellparams": 4, "cid": 5, "rscp": -80,
                          "pathloss": 95}]}],
    "lte": [{"mcc": 262, "mnc": 1, "cid": 26378241, "tac": 40000, "pci": 503, "earfcn": 1300,
             "rsrp": -150, "rsrq": -10.5, "ta": 1282, "timestamp": "2026-01-01T00:00:02Z",
             "nmr": [{"pci": 1, "earfcn": 6300, "cid": 2, "rsrp": -101, "rsrq": 2.5}]}],
    "lteCatM": [{"mcc": 262, "mnc": 1, "cid": 1, "tac": 0, "pci": 0, "earfcn": 262143,
                 "rsrp": -156, "rsrq": -34, "ta": 0, "timestamp": "2026-01-01T00:00:03Z",
                 "nmr": [{"pci": 1, "earfcn": 6300, "cid": 2, "rsrp": -101, "rsrq": 3}]}],
    "nbIot": [{"mcc": 262, "mnc": 1, "cid": 1, "tac": 7, "pci": 8, "earfcn": 9, "nrsrp": -100,
               "nrsrq": 2.5, "ta": 5, "timestamp": "2026-01-01T00:00:04Z",
               "nmr": [{"pci": 1, "earfcn": 2, "cid": 3, "nrsrp": -44, "nrsrq": -0.5}]}],
    "cdma": [{"sid": 32767, "nid": 65535, "bsid": 1, "rz": 4095, "pnoffset": 511, "channel": 2047,
              "pilotpower": -60, "baselat": -33.8688197, "baselng": 151.2092955,
              "timestamp": "2026-01-01T00:00:05Z",
              "nmr": [{"pnoffset": 1, "channel": 2, "bsid": 3, "pilotpower": -70,
                       "frequency": 4}]}],
    "wlan": [{"mac": "00:1a:2b:3c:4d:5e", "powrx": -54, "band": 2.4,
              "timestamp": "2026-01-01T00:00:06Z"},
             {"mac": "ff:ee:dd:cc:bb:aa", "band": 3.65}, {"mac": "ff:ee:dd:cc:bb:ab", "band": 5}],
    "bt": [{"rss": -60, "mac": "00:1a:2b:3c:4d:5f", "timestamp": "2026-01-01T00:00:07Z"},
           {"rss": -61, "eddystoneId": "AAECAwQFBgcICQoLDA0ODw=="},
           {"rss": -62, "iBeaconId": "/+7dzLuqmYh3ZlVEMyIRAAABAAI="}],
    "country": {"mcc": 262},
    "gps": {"lat": 52.5200066, "lng": -13.404954, "accuracy": 4.5, "alt": -1.25,
            "altaccuracy": 0.001, "heading": 359, "speed": 40, "satellitecount": 12,
            "timestamp": 1767225600000}
  })";
  json wanted = json::parse(scan);
  wanted["wcdma"][0]["timestamp"] = "2026-01-01T00:00:00.5Z";
  CHECK(scan_of(scan) == wanted);
}

TEST_CASE("a system file may hold every member, and each arrives") {
  const std::string system = R"({
    "stateVersion": 9223372036854775807, "mode": "powerSave", "imsi": "262011234567890",
    "iccid": "8949000000000000000", "phoneNumber": "+4915112345678",
    "client": {"manufacturer": "ACME", "model": "T", "firmware": "1", "name": "tracker",
      "version": "1.2.3", "platform": "Linux 6.1",
      "modules": [{"manufacturer": "Quectel", "model": "BG95", "firmwareVersion": "1.0"}],
      "diskquota": 1000000, "diagnosticscode": -7,
      "homenetwork": [{"mcc": 262, "mnc": 1}, {"sid": 1, "nid": 2}],
      "hasTemperatureSensor": true, "hasHumiditySensor": false, "hasPressureSensor": true,
      "hasAccelerometerSensor": true, "hasAttachSensor": false, "hasTamperSensor": false,
      "hasNoBattery": true, "accelerometerSensorRange": [2, 4, 8]},
    "reportedSensorData": {"temperatureC": -12.34, "relativeHumidity": 99.99,
      "pressureHpa": 1013.2501, "accelerationG": 0.000001, "tiltDegree": -45.5,
      "batteryLevel": 80, "batteryIsCharging": true, "deviceIsAttached": false,
      "deviceIsStationary": true, "deviceIsTampered": false}
  })";
  CHECK(system_of(system) == json::parse(system));
}

TEST_CASE("files may hold nothing") {
  CHECK(scan_of("{}").is_null());
  CHECK(scan_of(R"({"gsm":[],"wlan":[],"bt":[]})").is_null());
  CHECK(system_of("{}").is_null());
  CHECK(system_of(R"({"client":{},"reportedSensorData":{}})").is_null());
}

TEST_CASE("MAC addresses come in both spellings, and an opted-out network stays out") {
  CHECK(scan_of(R"({"wlan":[{"mac":"00-1A-2B-3C-4D-5E"},
                            {"mac":"00:1a:2b:3c:4d:60","ssid":"x_nomap"},
                            {"mac":"00:1a:2b:3c:4d:61","ssid":""}]})") ==
        json::parse(R"({"wlan":[{"mac":"00:1a:2b:3c:4d:5e"},{"mac":"00:1a:2b:3c:4d:61"}]})"));
}

TEST_CASE("a coordinate arrives as it was written, for every one of its digits") {
  std::string text = R"({"lat":52.5200066,"lng":0,"accuracy":1})";
  std::uint32_t state = 1;
  for (int i = 0; i < 20000; ++i) {
    state = state * 1664525U + 1013904223U;
    const std::int32_t value = static_cast<std::int32_t>(state % 1800000001U) - 900000000;
    // The text is made without floating point.
    const auto magnitude = static_cast<std::uint32_t>(value < 0 ? -value : value);
    std::string fraction = std::to_string(10000000 + magnitude % 10000000).substr(1);
    here_tracking::Fix wanted;
    wanted.lat_deg_e7 = value;
    Memory direct;
    Sample sample({direct.bytes.data(), 400}, everything());
    REQUIRE(sample.set_gps(wanted).ok());
    Sample read({direct.bytes.data() + 400, 400}, everything());
    const std::string lat =
        (value < 0 ? "-" : "") + std::to_string(magnitude / 10000000) + "." + fraction;
    REQUIRE(cli::add_measurement("gps", json::parse(R"({"lng":0,"accuracy":0,"lat":)" + lat + "}"),
                                 read)
                .ok());
    REQUIRE(sample.set_timestamp(2).ok());
    REQUIRE(read.set_timestamp(2).ok());
    REQUIRE(read.json() == sample.json());
  }
}

TEST_CASE("a number with more decimals than its field has is rounded") {
  const auto lat = [](const std::string& number) {
    return scan_of(R"({"gps":{"lat":)" + number + R"(,"lng":0,"accuracy":0}})")["gps"]["lat"];
  };
  CHECK(lat("52.52000661") == json::parse("52.5200066"));
  CHECK(lat("52.52000669") == json::parse("52.5200067"));
  CHECK(lat("-52.520006651") == json::parse("-52.5200067"));
  CHECK(lat("5.25e1") == json::parse("52.5"));
  CHECK(lat("1e-300") == json(0));
  CHECK(system_of(R"({"client":{"diagnosticscode":1.5}})")["client"]["diagnosticscode"] == 2);
}

TEST_CASE("an RFC 3339 time in UTC is taken with any fraction, to the millisecond") {
  const auto time = [](const std::string& text) {
    return scan_of(R"({"wlan":[{"mac":"00:1a:2b:3c:4d:5e","timestamp":")" + text +
                   "\"}]}")["wlan"][0]["timestamp"];
  };
  CHECK(time("2024-02-29T23:59:59Z") == "2024-02-29T23:59:59Z");
  CHECK(time("2026-01-01T00:00:00.0019999Z") == "2026-01-01T00:00:00.001Z");
  CHECK(time("2026-01-01T00:00:00.12Z") == "2026-01-01T00:00:00.12Z");
  CHECK(time("2016-12-31T23:59:60Z") == "2017-01-01T00:00:00Z");
  for (const char* text :
       {"2026-01-01", "2026-01-01T00:00:00", "2026-01-01T00:00:00+00:00", "2026-02-29T00:00:00Z",
        "2026-04-31T00:00:00Z", "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z",
        "2026-01-00T00:00:00Z", "2026-01-01T24:00:00Z", "2026-01-01T00:60:00Z",
        "2026-01-01T00:00:61Z", "2026-01-01T00:00:00.Z", "2026-01-01T00:00:00,5Z",
        "2026-01-01t00:00:00z", "2026-01-01 00:00:00Z", " 2026-01-01T00:00:00Z", ""}) {
    CAPTURE(text);
    CHECK(failure_of([&] { return time(text); }) ==
          "scan.json: wlan[0].timestamp = \"" + std::string(text) +
              "\": must be an RFC 3339 UTC time such as 2026-01-01T00:00:00Z");
  }
  CHECK(failure_of([&] { return time("1969-12-31T23:59:59Z"); }) ==
        "scan.json: wlan[0].timestamp = -1000: must be 2..4102448400000 ms since 1970");
}

TEST_CASE("an error names the item, the value and the rule") {
  CHECK(scan_error(cell_with(R"(,"cid":70000)")) ==
        "scan.json: gsm[1].cid = 70000: must be 0..65535");
  CHECK(scan_error(cell_with(R"(,"cid":-1)")) == "scan.json: gsm[1].cid = -1: must be 0..65535");
  CHECK(scan_error(cell_with(R"(,"cid":1,"bsic":5)")) ==
        "scan.json: gsm[1].bsic = 5: must be given with bcch");
  CHECK(scan_error(neighbour_with(R"("bsic":64,"bcch":1)")) ==
        "scan.json: gsm[1].nmr[1].bsic = 64: must be 0..63");
  CHECK(scan_error(neighbour_with(R"("bsic":1,"bcch":1,"lac":0)")) ==
        "scan.json: gsm[1].nmr[1].lac = 0: must be 1..65535");
  CHECK(scan_error(R"({"country":{"mcc":199}})") ==
        "scan.json: country.mcc = 199: must be 200..999");
  CHECK(scan_error(R"({"gps":{"lat":91.5,"lng":0,"accuracy":0}})") ==
        "scan.json: gps.lat = 91.5: must be -90..90");
  CHECK(scan_error(R"({"wlan":[{"mac":"00:1a:2b:3c:4d:5e","band":6}]})") ==
        "scan.json: wlan[0].band = 6: must be 2.4, 3.65 or 5 GHz");
  CHECK(scan_error(R"({"bt":[{"rss":-1}]})") ==
        "scan.json: bt[0]: must be identified by mac, eddystoneId or iBeaconId");
  CHECK(scan_error(R"({"bt":[{"rss":-1,"iBeaconId":"AAECAwQFBgcICQoLDA0ODw=="}]})") ==
        "scan.json: bt[0].iBeaconId = \"AAECAwQFBgcICQoLDA0ODw==\": must be base64 of 20 bytes, 28 "
        "characters");
  CHECK(system_error(R"({"client":{"manufacturer":"A"}})") ==
        "system.json: client.manufacturer = \"A\": must be 2..50 characters");
  CHECK(system_error(R"({"client":{"homenetwork":[{"mcc":262,"mnc":1},{"mcc":262}]}})") ==
        "system.json: client.homenetwork[1].mcc = 262: must be given with mnc");
  CHECK(system_error(R"({"client":{"accelerometerSensorRange":[2,1001]}})") ==
        "system.json: client.accelerometerSensorRange[1] = 1001: must be -1000..1000");
  CHECK(system_error(R"({"client":{"version":"1.2"}})") ==
        "system.json: client.version = \"1.2\": must be X.Y.Z with X and Y 0..255 and Z 0..65535");
  CHECK(system_error(R"({"client":{"name":""}})") ==
        "system.json: client.name is empty: must have a text, or be left out");
  CHECK(system_error(R"({"reportedSensorData":{"temperatureC":100.01}})") ==
        "system.json: reportedSensorData.temperatureC = 100.01: must be -70..100");
  CHECK(system_error(R"({"mode":"asleep"})") ==
        "system.json: mode = \"asleep\": must be one of unknown, normal, flight, transport, sleep, "
        "powerSave");
}

TEST_CASE("a number beyond what any field holds is measured against the field's own range") {
  CHECK(scan_error(cell_with(R"(,"cid":99999999999)")) ==
        "scan.json: gsm[1].cid = 99999999999: must be 0..65535");
  CHECK(scan_error(R"({"gps":{"lat":525200066,"lng":0,"accuracy":0}})") ==
        "scan.json: gps.lat = 525200066: must be -90..90");
  CHECK(scan_error(R"({"gps":{"lat":0,"lng":0,"accuracy":-0.001}})") ==
        "scan.json: gps.accuracy = -0.001: must be 0..4294967.295");
  CHECK(scan_error(R"({"gps":{"lat":0,"lng":0,"accuracy":0,"alt":1e300}})") ==
        "scan.json: gps.alt = 1e+300: must be -2147483.648..2147483.647");
  CHECK(scan_error(R"({"gps":{"lat":0,"lng":0,"accuracy":0,"satellitecount":300}})") ==
        "scan.json: gps.satellitecount = 300: must be 1..50");
  CHECK(system_error(R"({"stateVersion":-1})") ==
        "system.json: stateVersion = -1: must be 0..18446744073709551615");
  CHECK(system_error(R"({"client":{"diagnosticscode":1e19}})") ==
        "system.json: client.diagnosticscode = 1e+19: must be "
        "-9223372036854775808..9223372036854775807");
  // A signal level is clamped, however far out it is.
  CHECK(scan_of(cell_with(R"(,"cid":1,"rxlevel":-99999999999)"))["gsm"][1]["rxlevel"] == -110);
}

TEST_CASE("a SIM's identity is in no error") {
  for (const char* system :
       {R"({"imsi":"26201x"})", R"({"imsi":"2620112345678901"})", R"({"imsi":262011234567890})",
        R"({"iccid":"26201"})", R"({"phoneNumber":"26201"})", R"({"phoneNumber":26201})",
        R"({"imsi":"26201)"}) {
    CAPTURE(system);
    const std::string error = system_error(system);
    CHECK(error.rfind("system.json:", 0) == 0);
    CHECK(error.find("26201") == std::string::npos);
  }
}

TEST_CASE("a missing member is named") {
  CHECK(scan_error(cell_with("")) == "scan.json: gsm[1].cid is missing: must be given");
  CHECK(scan_error(neighbour_with(R"("bsic":1)")) ==
        "scan.json: gsm[1].nmr[1].bcch is missing: must be given");
  CHECK(scan_error(R"({"wlan":[{"powrx":-60}]})") ==
        "scan.json: wlan[0].mac is missing: must be given");
  CHECK(scan_error(R"({"country":{}})") == "scan.json: country.mcc is missing: must be given");
}

TEST_CASE("a number that is no integer is refused where an integer is wanted") {
  for (const std::string value : {"1.0", "-0.5", "1000.0", "\"262\"", "true", "null"}) {
    CHECK(scan_error(cell_with(",\"cid\":" + value)) ==
          "scan.json: gsm[1].cid = " + value + ": must be an integer");
  }
  CHECK(scan_error(cell_with(R"(,"cid":{})")) ==
        "scan.json: gsm[1].cid = an object: must be an integer");
  CHECK(scan_error(cell_with(R"(,"cid":[1])")) ==
        "scan.json: gsm[1].cid = a list: must be an integer");
}

TEST_CASE("a value of the wrong kind is refused where it stands") {
  CHECK(scan_error("[]") == "scan.json: holds a list: must be an object");
  CHECK(scan_error("1") == "scan.json: holds 1: must be an object");
  CHECK(scan_error(R"({"gsm":{}})") == "scan.json: gsm = an object: must be a list");
  CHECK(scan_error(R"({"gsm":[[]]})") == "scan.json: gsm[0] = a list: must be an object");
  CHECK(scan_error(R"({"country":[]})") == "scan.json: country = a list: must be an object");
  CHECK(scan_error(R"({"wlan":[7]})") == "scan.json: wlan[0] = 7: must be an object");
  CHECK(scan_error(R"({"wlan":[{"mac":"00:1a:2b:3c:4d:5e","ssid":null}]})") ==
        "scan.json: wlan[0].ssid = null: must be a string");
  CHECK(scan_error(R"({"wlan":[{"mac":"00:1a:2b:3c:4d:5e","band":"5"}]})") ==
        "scan.json: wlan[0].band = \"5\": must be a number");
  CHECK(scan_error(cell_with(R"(,"cid":1,"nmr":3)")) ==
        "scan.json: gsm[1].nmr = 3: must be a list");
  CHECK(system_error("[]") == "system.json: holds a list: must be an object");
  CHECK(system_error(R"({"client":{"hasNoBattery":1}})") ==
        "system.json: client.hasNoBattery = 1: must be true or false");
  CHECK(system_error(R"({"client":{"modules":[{"model":7}]}})") ==
        "system.json: client.modules[0].model = 7: must be a string");
  CHECK(system_error(R"({"client":{"accelerometerSensorRange":[2.5]}})") ==
        "system.json: client.accelerometerSensorRange[0] = 2.5: must be an integer");
}

TEST_CASE("a MAC address that is not strictly one is refused") {
  for (const std::string mac :
       {"", "00:1a:2b:3c:4d", "00:1a:2b:3c:4d:5e:6f", "00:1a-2b:3c-4d:5e", "001a2b3c4d5e",
        "00:1a:2b:3c:4d:5g", "00:1a:2b:3c:4d:-5", "00:1a:2b:3c:4d: 5", "00.1a.2b.3c.4d.5e"}) {
    CHECK(scan_error(R"({"wlan":[{"mac":")" + mac + "\"}]}") ==
          "scan.json: wlan[0].mac = \"" + mac +
              "\": must be six pairs of hex digits, all with ':' or all with '-' between");
  }
}

TEST_CASE("an unknown member is refused with the known ones, one given twice at all") {
  CHECK(scan_error(R"({"scan":{}})") ==
        "scan.json: scan: unknown member: must be one of gsm, wcdma, tdscdma, lte, lteCatM, nbIot, "
        "cdma, wlan, bt, country, gps");
  CHECK(
      scan_error(R"({"wlan":[{"rssi":-5}]})") ==
      "scan.json: wlan[0].rssi: unknown member: must be one of mac, powrx, band, timestamp, ssid");
  CHECK(scan_error(neighbour_with(R"("ta":1)")) ==
        "scan.json: gsm[1].nmr[1].ta: unknown member: must be one of bsic, bcch, lac, cid, "
        "rxlevel");
  CHECK(scan_error(R"({"gps":{"confidence":68}})") ==
        "scan.json: gps.confidence: unknown member: must be one of lat, lng, accuracy, alt, "
        "altaccuracy, heading, speed, satellitecount, timestamp");
  CHECK(scan_error("{\"\\u001b[31m\":1}").rfind("scan.json: ?[31m: unknown member", 0) == 0);
  CHECK(scan_error(cell_with(R"(,"lac":2,"cid":1)")) ==
        "scan.json: gsm[1].lac: must be given once");
  CHECK(scan_error(neighbour_with(R"("bsic":1,"bsic":1)")) ==
        "scan.json: gsm[1].nmr[1].bsic: must be given once");
  CHECK(scan_error(R"({"gsm":[],"gsm":[]})") == "scan.json: gsm: must be given once");
}

TEST_CASE("more items than the service takes are refused") {
  const std::string cell = R"({"mcc":262,"mnc":1,"lac":1,"cid":1})";
  const std::string access_point = R"({"mac":"00:1a:2b:3c:4d:5e"})";
  CHECK(scan_of(list_of("gsm", cell, 16))["gsm"].size() == 16);
  CHECK(scan_error(list_of("gsm", cell, 17)) ==
        "scan.json: gsm = 17 cells: must be 0..16 in all files together");
  CHECK(scan_of(list_of("wlan", access_point, 128))["wlan"].size() == 128);
  CHECK(scan_error(list_of("wlan", access_point, 129)) ==
        "scan.json: wlan = 129 access points: must be 0..128 in all files together");
  const std::string neighbours = list_of("nmr", R"({"bsic":1,"bcch":1})", 17);
  CHECK(scan_error(cell_with(",\"cid\":1," + neighbours.substr(1, neighbours.size() - 2))) ==
        "scan.json: gsm[1].nmr = 17 items: must be 0..16");
  CHECK(system_error(R"({"client":)" + list_of("modules", R"({"model":"a"})", 11) + "}") ==
        "system.json: client.modules = 11 items: must be 0..10");
}

TEST_CASE("files add up, and what may be given once is given in one of them") {
  Memory memory;
  Sample sample(memory.span());
  const auto cell = cli::parse_measurements(
      R"({"gsm":[{"mcc":262,"mnc":1,"lac":1,"cid":1}],"country":{"mcc":262}})", "a.json");
  const auto battery =
      cli::parse_measurements(R"({"reportedSensorData":{"batteryLevel":7}})", "b.json");
  const auto mode = cli::parse_measurements(R"({"mode":"normal"})", "c.json");
  cli::check_scan(cell, sample);
  cli::check_system(battery, sample);
  cli::check_system(mode, sample);
  CHECK(failure_of([&] {
          cli::check_scan(cell, sample);
          return 0;
        }) == "a.json: country: must be given once a sample");
  CHECK(failure_of([&] {
          cli::check_system(battery, sample);
          return 0;
        }) == "b.json: reportedSensorData.batteryLevel = 2: must be given once a sample");
  CHECK(failure_of([&] {
          cli::check_system(mode, sample);
          return 0;
        }) == "c.json: mode = 2: must be given once a sample");
}

TEST_CASE("each source is given its own part of a scan") {
  const auto scan = cli::parse_measurements(
      R"({"lte":[{"mcc":262,"mnc":1,"cid":1}],"wlan":[{"mac":"00:1a:2b:3c:4d:5e"}]})", "scan.json");
  Memory memory;
  Sample sample(memory.span());
  CHECK(cli::add_scan(scan, cli::ScanPart::beacons, sample) == Code::no_data);
  CHECK(cli::add_scan(scan, cli::ScanPart::place, sample) == Code::no_data);
  CHECK(cli::add_scan(scan, cli::ScanPart::cells, sample).ok());
  CHECK(written(sample)["scan"] == json::parse(R"({"lte":[{"mcc":262,"mnc":1,"cid":1}]})"));
  CHECK(cli::add_scan(scan, cli::ScanPart::access_points, sample).ok());
  CHECK(written(sample)["scan"]["wlan"].size() == 1);
}

TEST_CASE("what is no JSON is refused with line and column") {
  const auto place = [](const std::string& text) {
    const std::string error = scan_error(text);
    return error.substr(0, error.find(" must"));
  };
  CHECK(place("") == "scan.json:1:1:");
  CHECK(place("{\n  \"gsm\": [}") == "scan.json:2:11:");
  CHECK(place("{} x") == "scan.json:1:4:");
  CHECK(place(std::string("{}\0{}", 5)) == "scan.json:1:3:");
  CHECK(place("{\"wlan\":[{\"ssid\":\"\xff\"}]}") == "scan.json:1:19:");
  CHECK(scan_error("{\"gsm\":[1e999]}") ==
        "scan.json: must be JSON in UTF-8: number overflow parsing '1e999'");
}

TEST_CASE("deep nesting ends with an error, not with the stack") {
  CHECK(scan_error(std::string(500000, '[')) == "scan.json: must be nested at most 8 levels deep");
}
