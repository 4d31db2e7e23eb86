// SPDX-License-Identifier: Apache-2.0
#include "here_tracking/telemetry.hpp"

#include "core/text.hpp"
#include "support/catch.hpp"

#include <limits>
#include <string>
#include <vector>

using here_tracking::BluetoothBeacon;
using here_tracking::CdmaCell;
using here_tracking::ClientInfo;
using here_tracking::ClientModule;
using here_tracking::Code;
using here_tracking::DeviceMode;
using here_tracking::Fix;
using here_tracking::Floor;
using here_tracking::GsmCell;
using here_tracking::HomeNetwork;
using here_tracking::LteCatMCell;
using here_tracking::LteCell;
using here_tracking::LteNeighbour;
using here_tracking::NbIotCell;
using here_tracking::PositionType;
using here_tracking::Reported;
using here_tracking::Sample;
using here_tracking::SampleOptions;
using here_tracking::SensorReadings;
using here_tracking::SimIdentity;
using here_tracking::TdscdmaCell;
using here_tracking::WcdmaCell;
using here_tracking::WlanAccessPoint;
using here_tracking::WlanBand;

namespace {

template <typename Cell>
Cell cell() {
  Cell c;
  c.mcc = 262;
  c.mnc = 1;
  c.cid = 7;
  return c;
}

std::string error_text(const Sample& sample) {
  char text[160];
  return {text, here_tracking::format(sample.field_error(), text)};
}

/// The sample with a timestamp of 2, less what every sample has.
std::string content(Sample& sample) {
  REQUIRE(sample.set_timestamp(2).ok());
  const std::string json(sample.json());
  const std::string tail = R"(,"timestamp":2})";
  REQUIRE(json.size() > tail.size());
  return json.substr(1, json.size() - tail.size() - 1);
}

}  // namespace

TEST_CASE("A source may report several technologies in one scan, in any order") {
  char buffer[2048];
  Sample sample(buffer);
  WcdmaCell wcdma = cell<WcdmaCell>();
  REQUIRE(sample.add(cell<LteCell>()).ok());
  REQUIRE(sample.add(wcdma).ok());
  REQUIRE(sample.set_mode(DeviceMode::power_save).ok());
  REQUIRE(sample.add(cell<NbIotCell>()).ok());
  REQUIRE(sample.add(cell<TdscdmaCell>()).ok());
  SensorReadings battery;
  battery.battery_level_percent = 55;
  REQUIRE(sample.add(battery).ok());
  REQUIRE(sample.set_country(262).ok());
  wcdma.cid = 8;
  REQUIRE(sample.add(wcdma).ok());
  REQUIRE(sample.set_position(Fix{}).ok());
  SensorReadings climate;
  climate.temperature_c_e2 = -1250;
  climate.relative_humidity_percent_e2 = 4505;
  REQUIRE(sample.add(climate).ok());
  REQUIRE(sample.add(cell<LteCatMCell>()).ok());
  REQUIRE(sample.set_state_version(12).ok());
  REQUIRE(sample.add(CdmaCell{1, 2, 3, {}, {}, {}, {}, {}, {}, {}, {}}).ok());
  CHECK(content(sample) ==
        R"("scan":{"lte":[{"mcc":262,"mnc":1,"cid":7}],)"
        R"("wcdma":[{"mcc":262,"mnc":1,"cid":7},{"mcc":262,"mnc":1,"cid":8}],)"
        R"("nbIot":[{"mcc":262,"mnc":1,"cid":7}],"tdscdma":[{"mcc":262,"mnc":1,"cid":7}],)"
        R"("country":{"mcc":262},"lteCatM":[{"mcc":262,"mnc":1,"cid":7}],)"
        R"("cdma":[{"sid":1,"nid":2,"bsid":3}]},)"
        R"("system":{"mode":"powerSave","reportedSensorData":{"batteryLevel":55,)"
        R"("temperatureC":-12.5,"relativeHumidity":45.05},"stateVersion":12},)"
        R"("position":{"lat":0,"lng":0,"accuracy":0})");
}

TEST_CASE("A beacon is named by its address, its Eddystone id or its iBeacon id") {
  char buffer[512];
  Sample sample(buffer);
  BluetoothBeacon beacon;
  beacon.rss_dbm = -70;
  CHECK(sample.add(beacon) == Code::invalid_value);
  CHECK(error_text(sample) == "scan.bt = 0: must be identified by mac, eddystoneId or iBeaconId");
  CHECK(sample.empty());
  beacon.mac = {0x00, 0x1a, 0x2b, 0x3c, 0x4d, 0x5e};
  REQUIRE(sample.add(beacon).ok());
  beacon.mac.reset();
  beacon.eddystone_id = {0xff, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 0xff};
  REQUIRE(sample.add(beacon).ok());
  beacon.eddystone_id.reset();
  beacon.ibeacon_id.emplace().fill(0xff);
  REQUIRE(sample.add(beacon).ok());
  CHECK(content(sample) == R"("scan":{"bt":[{"mac":"00:1a:2b:3c:4d:5e","rss":-70},)"
                           R"({"eddystoneId":"/wECAwQFBgcICQoLDA0O/w==","rss":-70},)"
                           R"({"iBeaconId":"//////////////////////////8=","rss":-70}]})");
}

TEST_CASE("A measurement's own time is RFC 3339 text, with a fraction only where there is one") {
  struct Case {
    std::int64_t ms;
    const char* text;
  };
  const Case cases[] = {{2, "1970-01-01T00:00:00.002Z"},
                        {1767225600000, "2026-01-01T00:00:00Z"},
                        {1767225600500, "2026-01-01T00:00:00.5Z"},
                        {1709164799120, "2024-02-28T23:59:59.12Z"},
                        {1709210096123, "2024-02-29T12:34:56.123Z"},
                        {here_tracking::max_timestamp_ms, "2100-01-01T01:00:00Z"}};
  for (const Case& c : cases) {
    char buffer[256];
    Sample sample(buffer);
    WlanAccessPoint access_point;
    access_point.timestamp_ms = c.ms;
    REQUIRE(sample.add(access_point).ok());
    CHECK(content(sample) == std::string(R"("scan":{"wlan":[{"mac":"00:00:00:00:00:00",)") +
                                 R"("timestamp":")" + c.text + R"("}]})");
  }
}

TEST_CASE("The band follows from the frequency, and one that the service cannot name is left out") {
  CHECK(here_tracking::wlan_band(2412) == WlanBand::ghz_2_4);
  CHECK(here_tracking::wlan_band(2484) == WlanBand::ghz_2_4);
  CHECK(here_tracking::wlan_band(3660) == WlanBand::ghz_3_65);
  CHECK(here_tracking::wlan_band(5180) == WlanBand::ghz_5);
  CHECK(here_tracking::wlan_band(5885) == WlanBand::ghz_5);
  CHECK(here_tracking::wlan_band(5955) == WlanBand::unspecified);
  CHECK(here_tracking::wlan_band(0) == WlanBand::unspecified);
  char buffer[256];
  Sample sample(buffer);
  WlanAccessPoint access_point;
  access_point.band = WlanBand::ghz_3_65;
  REQUIRE(sample.add(access_point).ok());
  CHECK(content(sample) == R"("scan":{"wlan":[{"mac":"00:00:00:00:00:00","band":3.65}]})");
  access_point.band = static_cast<WlanBand>(600);
  CHECK(sample.add(access_point) == Code::invalid_value);
  CHECK(error_text(sample) == "scan.wlan.band = 6: must be 2.4, 3.65 or 5 GHz");
}

TEST_CASE("LTE levels are clamped to what every edition takes, or to the newer range by choice") {
  LteCell lte = cell<LteCell>();
  lte.rsrp_dbm = -150;
  lte.rsrq_db_e1 = -300;
  const LteNeighbour neighbour{1, 2, {}, -160, 40};
  lte.nmr = {&neighbour, 1};
  char buffer[512];
  SECTION("by default") {
    Sample sample(buffer);
    REQUIRE(sample.add(lte).ok());
    CHECK(sample.clamped() == 4);
    CHECK(content(sample) ==
          R"("scan":{"lte":[{"mcc":262,"mnc":1,"cid":7,"rsrp":-140,"rsrq":-19.5,)"
          R"("nmr":[{"pci":1,"earfcn":2,"rsrp":-140,"rsrq":-3}]}]})");
  }
  SECTION("by choice") {
    SampleOptions options;
    options.wide_lte_range = true;
    Sample sample(buffer, options);
    REQUIRE(sample.add(lte).ok());
    CHECK(sample.clamped() == 2);
    CHECK(content(sample) == R"("scan":{"lte":[{"mcc":262,"mnc":1,"cid":7,"rsrp":-150,"rsrq":-30,)"
                             R"("nmr":[{"pci":1,"earfcn":2,"rsrp":-156,"rsrq":3}]}]})");
  }
}

TEST_CASE("A contribution to the radio map is written only where the integrator switched it on") {
  Fix fix;
  fix.lat_deg_e7 = 525200066;
  fix.accuracy_mm = 4000;
  fix.heading_cdeg = 35999;
  fix.speed_mm_s = 1499;
  fix.satellite_count = 9;
  fix.confidence_percent = 68;
  fix.timestamp_ms = 5;
  char buffer[512];
  SECTION("off") {
    Sample sample(buffer);
    REQUIRE(sample.set_gps(fix).ok());
    CHECK(sample.empty());
    CHECK(sample.withheld() == 1);
  }
  SECTION("on") {
    SampleOptions options;
    options.contribute_gps = true;
    Sample sample(buffer, options);
    REQUIRE(sample.set_gps(fix).ok());
    CHECK(sample.withheld() == 0);
    CHECK_FALSE(sample.has_position());
    CHECK_FALSE(sample.can_be_positioned());
    CHECK(sample.set_gps(fix) == Code::invalid_value);
    CHECK(error_text(sample) == "scan.gps = 2: must be given once a sample");
    CHECK(content(sample) == R"("scan":{"gps":{"lat":52.5200066,"lng":0,"accuracy":4,)"
                             R"("satellitecount":9,"timestamp":5,"heading":0,"speed":1}})");
  }
}

TEST_CASE("A position may have a floor, which is complete or refused") {
  char buffer[1024];
  Sample sample(buffer);
  Fix fix;
  fix.floor = Floor{"B2", u8"Untergeschoß \"2\"", -250};
  SECTION("complete") {
    REQUIRE(sample.set_position(fix).ok());
    CHECK(content(sample) == R"("position":{"lat":0,"lng":0,"accuracy":0,"floor":{"id":"B2",)"
                             R"("name":"Untergeschoß \"2\"","level":-2.5}})");
  }
  SECTION("without an id") {
    fix.floor->id = {};
    CHECK(sample.set_position(fix) == Code::invalid_value);
    CHECK(error_text(sample) == "position.floor.id = 0 characters: must be 1..100");
    CHECK(sample.empty());
  }
  SECTION("a level that does not exist") {
    fix.floor->level_e2 = 99901;
    CHECK(sample.set_position(fix) == Code::invalid_value);
    CHECK(error_text(sample) == "position.floor.level = 999.01: must be -999..999");
  }
  SECTION("a name in no encoding") {
    fix.floor->name = "\xc3(";
    CHECK(sample.set_position(fix) == Code::invalid_value);
    CHECK(error_text(sample) == R"(position.floor.name = "?(": must be UTF-8)");
  }
  SECTION("lengths count characters, not bytes") {
    std::string name;
    for (int i = 0; i < 255; ++i)
      name += u8"ß";
    fix.floor->name = name;
    CHECK(sample.set_position(fix).ok());
    Sample longer(buffer);
    name += "x";
    fix.floor->name = name;
    CHECK(longer.set_position(fix) == Code::invalid_value);
    CHECK(longer.field_error().value == 256);
  }
}

TEST_CASE("What the device is and who its SIM is goes out at start and on change only") {
  ClientInfo client;
  client.model = "T-1";
  SimIdentity sim;
  sim.imsi = "262011234567890";
  Reported client_reported;
  Reported sim_reported;
  char buffer[512];
  const auto sample_with_both = [&] {
    Sample sample(buffer);
    REQUIRE(sample.set_client(client, &client_reported).ok());
    REQUIRE(sample.set_sim(sim, &sim_reported).ok());
    REQUIRE(sample.set_timestamp(2).ok());
    return std::string(sample.json());
  };
  const std::string both =
      R"({"system":{"client":{"model":"T-1"},"imsi":"262011234567890"},"timestamp":2})";

  CHECK(sample_with_both() == both);
  // Not confirmed: the service may not have it.
  CHECK(sample_with_both() == both);
  client_reported.confirm();
  sim_reported.confirm();
  CHECK(sample_with_both() == R"({"timestamp":2})");
  client_reported.confirm();
  CHECK(sample_with_both() == R"({"timestamp":2})");

  client.firmware = "2.0";
  CHECK(sample_with_both() ==
        R"({"system":{"client":{"model":"T-1","firmware":"2.0"}},"timestamp":2})");
  client_reported.confirm();
  CHECK(sample_with_both() == R"({"timestamp":2})");

  SECTION("it is told again when the service may have lost it") {
    sim_reported.forget();
    CHECK(sample_with_both() == R"({"system":{"imsi":"262011234567890"},"timestamp":2})");
  }
  SECTION("what a program kept over a restart counts") {
    Reported restarted;
    restarted.restore(client_reported.confirmed());
    restarted.confirm();
    Sample sample(buffer);
    REQUIRE(sample.set_client(client, &restarted).ok());
    CHECK(sample.empty());
  }
  SECTION("what did not fit was not told, even if it is confirmed") {
    client.name = "here-tracking";
    Sample small({buffer, 40});
    CHECK(small.set_client(client, &client_reported) == Code::buffer_too_small);
    client_reported.confirm();
    CHECK(sample_with_both().find("here-tracking") != std::string::npos);
  }
  SECTION("what was refused was not told either") {
    ClientInfo refused = client;
    refused.version = "1";
    Sample sample(buffer);
    CHECK(sample.set_client(refused, &client_reported) == Code::invalid_value);
    client_reported.confirm();
    CHECK(sample_with_both() == R"({"timestamp":2})");
  }
}

TEST_CASE("Nothing of the client, the SIM or the sensors writes nothing") {
  char buffer[64];
  Sample sample(buffer);
  CHECK(sample.set_client({}).ok());
  CHECK(sample.set_sim({}).ok());
  CHECK(sample.add(SensorReadings{}).ok());
  CHECK(sample.empty());
}

TEST_CASE("The client is written whole") {
  char buffer[2048];
  Sample sample(buffer);
  const ClientModule modules[] = {{"Quectel", "BG96", "BG96MAR02A07M1G"}, {"u-blox", "M8", "3.01"}};
  const HomeNetwork networks[] = {{262, 1, {}, {}}, {{}, {}, 1, 0}};
  const std::int32_t ranges[] = {2, -1000, 1000};
  ClientInfo client;
  client.manufacturer = "ACME";
  client.model = "T";
  client.firmware = "1";
  client.name = "fw\t1";
  client.version = "255.0.65535";
  client.platform = "FreeRTOS 11";
  client.modules = modules;
  client.diskquota_kb = 0;
  client.diagnosticscode = -7;
  client.homenetwork = networks;
  client.has_temperature_sensor = true;
  client.has_no_battery = false;
  client.accelerometer_sensor_range_g = ranges;
  REQUIRE(sample.set_client(client).ok());
  CHECK(content(sample) ==
        R"("system":{"client":{"manufacturer":"ACME","model":"T","firmware":"1","name":"fw\t1",)"
        R"("version":"255.0.65535","platform":"FreeRTOS 11","diskquota":0,"diagnosticscode":-7,)"
        R"("hasTemperatureSensor":true,"hasNoBattery":false,)"
        R"("modules":[{"manufacturer":"Quectel","model":"BG96",)"
        R"("firmwareVersion":"BG96MAR02A07M1G"},)"
        R"({"manufacturer":"u-blox","model":"M8","firmwareVersion":"3.01"}],)"
        R"("homenetwork":[{"mcc":262,"mnc":1},{"sid":1,"nid":0}],)"
        R"("accelerometerSensorRange":[2,-1000,1000]}})");
}

TEST_CASE("What the service would refuse of the system is refused, and nothing is written") {
  char buffer[1024];
  Sample sample(buffer);
  ClientInfo client;
  SimIdentity sim;
  std::string expected;
  SECTION("a manufacturer of one letter") {
    client.manufacturer = "A";
    expected = R"(system.client.manufacturer = "A": must be 2..50 characters)";
  }
  SECTION("versions that are none") {
    for (const char* const version : {"256.0.0", "1.256.0", "1.1.65536", "1.2", "1.2.3.4", "1..2",
                                      "1.2.x", "v1.2.3", "1.2.3 ", "0001.2.3", "1.2.000001"}) {
      client.version = version;
      CHECK(sample.set_client(client) == Code::invalid_value);
      CHECK(error_text(sample) == std::string(R"(system.client.version = ")") + version +
                                      R"(": must be X.Y.Z with X and Y 0..255 and Z 0..65535)");
    }
    return;
  }
  SECTION("a negative quota") {
    client.diskquota_kb = -1;
    expected = "system.client.diskquota = -1: must be 0 or more";
  }
  SECTION("half a home network") {
    static const HomeNetwork networks[] = {{262, 1, {}, {}}, {262, {}, 1, 1}};
    client.homenetwork = networks;
    expected = "system.client.homenetwork[1].mcc = 262: must be given with mnc";
  }
  SECTION("no home network") {
    static const HomeNetwork networks[1] = {};
    client.homenetwork = networks;
    expected = "system.client.homenetwork[0] = 0: must be a pair of mcc and mnc, or of sid and nid";
  }
  SECTION("a third home network") {
    static const HomeNetwork networks[3] = {};
    client.homenetwork = networks;
    expected = "system.client.homenetwork = 3 items: must be 0..2";
  }
  SECTION("a module's firmware") {
    static const ClientModule modules[] = {{}, {{}, {}, "1"}};
    client.modules = modules;
    expected = R"(system.client.modules[1].firmwareVersion = "1": must be 3..60 characters)";
  }
  SECTION("an accelerometer's range") {
    static const std::int32_t ranges[] = {2, 1001};
    client.accelerometer_sensor_range_g = ranges;
    expected = "system.client.accelerometerSensorRange[1] = 1001: must be -1000..1000";
  }
  SECTION("a sixth range") {
    static const std::int32_t ranges[6] = {};
    client.accelerometer_sensor_range_g = ranges;
    expected = "system.client.accelerometerSensorRange = 6 items: must be 0..5";
  }
  SECTION("a SIM is refused without being shown") {
    sim.imsi = "26201123456789x";
    CHECK(sample.set_sim(sim) == Code::invalid_value);
    CHECK(error_text(sample) == "system.imsi = 15 characters: must be 1..15 digits");
    sim = {};
    sim.iccid = "12345678901234567";
    CHECK(sample.set_sim(sim) == Code::invalid_value);
    CHECK(error_text(sample) == "system.iccid = 17 characters: must be 18..22 characters in UTF-8");
    for (const char* const number :
         {"49301234567", "+0301234567", "+1", "+1234567890123456", "+1-2"}) {
      sim = {};
      sim.phone_number = number;
      CHECK(sample.set_sim(sim) == Code::invalid_value);
      CHECK(error_text(sample).find("+4") == std::string::npos);
      CHECK(std::string(sample.field_error().field) == "phoneNumber");
    }
    CHECK(sample.empty());
    return;
  }
  SECTION("a state version beyond what the service counts to") {
    CHECK(sample.set_state_version(std::numeric_limits<std::uint64_t>::max()) ==
          Code::invalid_value);
    CHECK(std::string(sample.field_error().field) == "stateVersion");
    CHECK(sample.set_state_version(std::numeric_limits<std::int64_t>::max()).ok());
    return;
  }
  SECTION("a mode that does not exist") {
    CHECK(sample.set_mode(static_cast<DeviceMode>(6)) == Code::invalid_value);
    CHECK(error_text(sample) == "system.mode = 6: must be a DeviceMode");
    return;
  }
  CHECK(sample.set_client(client) == Code::invalid_value);
  CHECK(error_text(sample) == expected);
  CHECK(sample.empty());
}

TEST_CASE("A SIM that does not fit at all is not taken for one that says nothing") {
  SimIdentity sim;
  sim.imsi = "262011234567890";
  for (std::size_t size = 27; size < 60; ++size) {
    CAPTURE(size);
    std::vector<char> buffer(size);
    Sample sample({buffer.data(), buffer.size()});
    const here_tracking::Status status = sample.set_sim(sim);
    CHECK((status.ok() ? !sample.empty() : status == Code::buffer_too_small));
  }
}

TEST_CASE("A text that is not UTF-8 is refused with its length") {
  char buffer[512];
  Sample sample(buffer);
  Fix fix;
  fix.confidence_percent = 68;
  fix.floor = Floor{"\xff\xff\xff", "name"};
  CHECK(sample.set_position(fix) == Code::invalid_value);
  CHECK(sample.field_error().rule == here_tracking::Rule::utf8);
  CHECK(sample.field_error().value == 3);
}

TEST_CASE("A reading is given once a sample, by whichever source") {
  char buffer[256];
  Sample sample(buffer);
  SensorReadings readings;
  readings.battery_is_charging = true;
  REQUIRE(sample.add(readings).ok());
  readings.temperature_c_e2 = 2000;
  CHECK(sample.add(readings) == Code::invalid_value);
  CHECK(error_text(sample) ==
        "system.reportedSensorData.batteryIsCharging = 2: must be given once a sample");
  readings.battery_is_charging.reset();
  readings.temperature_c_e2 = 10001;
  CHECK(sample.add(readings) == Code::invalid_value);
  CHECK(error_text(sample) == "system.reportedSensorData.temperatureC = 100.01: must be -70..100");
  CHECK(content(sample) == R"("system":{"reportedSensorData":{"batteryIsCharging":true}})");
  readings.temperature_c_e2 = 2000;
  REQUIRE(sample.add(readings).ok());
  CHECK(sample.add(readings) == Code::invalid_value);
  CHECK(error_text(sample) ==
        "system.reportedSensorData.temperatureC = 2: must be given once a sample");
}

TEST_CASE("Whether a position can come of a sample is known before it is sent") {
  char buffer[1024];
  Sample sample(buffer);
  CHECK_FALSE(sample.can_be_positioned());
  SECTION("one access point is not enough, two are") {
    REQUIRE(sample.add(WlanAccessPoint{}).ok());
    CHECK_FALSE(sample.can_be_positioned());
    REQUIRE(sample.add(WlanAccessPoint{}).ok());
    CHECK(sample.can_be_positioned());
  }
  SECTION("one beacon is not enough, with an access point it is") {
    BluetoothBeacon beacon;
    beacon.mac.emplace();
    REQUIRE(sample.add(beacon).ok());
    CHECK_FALSE(sample.can_be_positioned());
    REQUIRE(sample.add(WlanAccessPoint{}).ok());
    CHECK(sample.can_be_positioned());
  }
  SECTION("a cell is") {
    REQUIRE(sample.add(cell<NbIotCell>()).ok());
    CHECK(sample.can_be_positioned());
  }
  SECTION("a position is one") {
    REQUIRE(sample.set_position(Fix{}).ok());
    CHECK(sample.can_be_positioned());
  }
  SECTION("the country is not") {
    REQUIRE(sample.set_country(262).ok());
    CHECK_FALSE(sample.can_be_positioned());
  }
}

TEST_CASE("Characters are counted in UTF-8, and nothing else is text") {
  using here_tracking::count_characters;
  CHECK(count_characters("") == 0U);
  CHECK(count_characters("abc") == 3U);
  CHECK(count_characters(u8"äß€") == 3U);
  CHECK(count_characters("\xf0\x9f\x9b\xb0") == 1U);
  CHECK(count_characters("\xf4\x8f\xbf\xbf") == 1U);
  CHECK(count_characters("\xed\x9f\xbf\xee\x80\x80") == 2U);
  for (const char* const text :
       {"\x80", "\xc3", "\xc3(", "\xc0\xaf", "\xc1\xbf", "\xe0\x9f\xbf", "\xe2\x82", "\xed\xa0\x80",
        "\xed\xbf\xbf", "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf8\x88\x80\x80\x80", "\xff",
        "a\xe2\x82z"}) {
    CAPTURE(text);
    CHECK(count_characters(text) == here_tracking::not_utf8);
  }
}
