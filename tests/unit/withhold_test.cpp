// SPDX-License-Identifier: Apache-2.0
#include "here_tracking/telemetry.hpp"

#include "support/catch.hpp"

#include <string>

using here_tracking::Code;
using here_tracking::Fix;
using here_tracking::NameSet;
using here_tracking::PositionMethod;
using here_tracking::PositionType;
using here_tracking::Reported;
using here_tracking::Sample;
using here_tracking::SampleOptions;
using here_tracking::SensorData;
using here_tracking::SensorReadings;

namespace {

using Methods = NameSet<PositionMethod>;
using Data = NameSet<SensorData>;

template <typename Cell>
Cell cell() {
  Cell c;
  c.mcc = 262;
  return c;
}
template <>
here_tracking::GsmCell cell() {
  here_tracking::GsmCell c;
  c.mcc = 262;
  c.lac = 1;
  return c;
}
template <>
here_tracking::CdmaCell cell() {
  here_tracking::CdmaCell c;
  c.sid = 1;
  return c;
}

/// What can be told apart in a scan, with the name that withholds it.
struct Piece {
  const char* name;
  PositionMethod method;
  here_tracking::Status (*add)(Sample& sample);
};
template <typename Cell>
here_tracking::Status add_cell(Sample& sample) {
  return sample.add(cell<Cell>());
}
const Piece pieces[] = {
    {"gsm", PositionMethod::gsm, add_cell<here_tracking::GsmCell>},
    {"wcdma", PositionMethod::wcdma, add_cell<here_tracking::WcdmaCell>},
    {"tdscdma", PositionMethod::tdscdma, add_cell<here_tracking::TdscdmaCell>},
    {"lte", PositionMethod::lte, add_cell<here_tracking::LteCell>},
    {"lteCatM", PositionMethod::lte, add_cell<here_tracking::LteCatMCell>},
    {"nbIot", PositionMethod::lte, add_cell<here_tracking::NbIotCell>},
    {"cdma", PositionMethod::cdma, add_cell<here_tracking::CdmaCell>},
    {"wlan", PositionMethod::wlan,
     [](Sample& sample) { return sample.add(here_tracking::WlanAccessPoint{}); }},
    {"bt", PositionMethod::bt,
     [](Sample& sample) {
       here_tracking::BluetoothBeacon beacon;
       beacon.mac.emplace();
       return sample.add(beacon);
     }},
    {"country", PositionMethod::country, [](Sample& sample) { return sample.set_country(262); }},
    {"gps", PositionMethod::gps, [](Sample& sample) { return sample.set_gps({}); }},
};

SensorReadings all_readings() {
  SensorReadings r;
  r.temperature_c_e2 = 1;
  r.relative_humidity_percent_e2 = 2;
  r.pressure_hpa_e4 = 3000000;
  r.acceleration_g_e6 = 4;
  r.tilt_degree_e2 = 5;
  r.battery_level_percent = 6;
  r.battery_is_charging = false;
  r.device_is_attached = true;
  r.device_is_stationary = false;
  r.device_is_tampered = true;
  return r;
}

bool has(const Sample& sample, const std::string& name) {
  return std::string(sample.untimed_json()).find('"' + name + '"') != std::string::npos;
}

Fix fix(PositionType type) {
  Fix f;
  f.lat_deg_e7 = 525170365;
  f.lng_deg_e7 = -133888599;
  f.accuracy_mm = 4500;
  f.type = type;
  return f;
}

}  // namespace

TEST_CASE("Each name keeps back what it names in the scan, and nothing else") {
  const Piece withheld = GENERATE(from_range(std::begin(pieces), std::end(pieces)));
  SampleOptions options;
  options.contribute_gps = true;
  char buffer[1024];
  Sample sample(buffer, options);
  sample.withhold({withheld.method}, {});
  std::uint16_t count = 0;
  for (const Piece& piece : pieces) {
    CHECK(piece.add(sample).ok());
    INFO(piece.name);
    const bool expected = piece.method == withheld.method;
    if (expected) ++count;
    CHECK(has(sample, piece.name) != expected);
    CHECK(sample.withholds(piece.method) == expected);
  }
  CHECK(sample.withheld() == count);
  CHECK(sample.set_position(fix(PositionType::gnss)).ok());
  CHECK(sample.has_position());
}

TEST_CASE("All names together leave the position, \"all\" does not") {
  Methods names;
  const bool everything = GENERATE(false, true);
  if (everything) {
    names = Methods::everything();
  } else {
    names = {PositionMethod::bt,    PositionMethod::country, PositionMethod::gsm,
             PositionMethod::wcdma, PositionMethod::tdscdma, PositionMethod::lte,
             PositionMethod::cdma,  PositionMethod::wlan,    PositionMethod::gps};
  }
  CHECK(names.all() == everything);
  char buffer[1024];
  Sample sample(buffer);
  sample.withhold(names, {});
  CHECK(sample.withholds_position() == everything);
  for (const Piece& piece : pieces)
    CHECK(piece.add(sample).ok());
  CHECK(sample.empty());
  CHECK(sample.withheld() == 11);
  CHECK(sample.set_position(fix(PositionType::cell)).ok());
  CHECK(sample.has_position() != everything);
  CHECK(sample.place().has_value() != everything);
  CHECK(sample.withheld() == (everything ? 12 : 11));
}

TEST_CASE("That gps keeps back the receiver's position is the integrator's choice") {
  const bool chosen = GENERATE(false, true);
  const PositionType type = GENERATE(PositionType::gnss, PositionType::wlan, PositionType::cell,
                                     PositionType::unspecified);
  SampleOptions options;
  options.gps_withholds_position = chosen;
  char buffer[256];
  Sample sample(buffer, options);
  sample.withhold({PositionMethod::gps}, {});
  CHECK(sample.set_position(fix(type)).ok());
  CHECK(sample.has_position() == !(chosen && type == PositionType::gnss));

  sample.clear();
  sample.withhold({PositionMethod::wlan}, {});
  CHECK(sample.set_position(fix(type)).ok());
  CHECK(sample.has_position());
}

TEST_CASE("Each sensor reading is kept back by its own name, counted, and not kept") {
  struct Reading {
    SensorData name;
    const char* field;
  };
  const Reading all[] = {
      {SensorData::temperature_c, "temperatureC"},
      {SensorData::relative_humidity, "relativeHumidity"},
      {SensorData::pressure_hpa, "pressureHpa"},
      {SensorData::acceleration_g, "accelerationG"},
      {SensorData::tilt_degree, "tiltDegree"},
      {SensorData::battery_level, "batteryLevel"},
      {SensorData::battery_is_charging, "batteryIsCharging"},
      {SensorData::device_is_attached, "deviceIsAttached"},
      {SensorData::device_is_stationary, "deviceIsStationary"},
      {SensorData::device_is_tampered, "deviceIsTampered"},
  };
  const Reading withheld = GENERATE_COPY(from_range(std::begin(all), std::end(all)));
  char buffer[512];
  Sample sample(buffer);
  sample.withhold({}, {withheld.name});
  CHECK(sample.add(all_readings()).ok());
  CHECK(sample.withheld() == 1);
  for (const Reading& reading : all) {
    INFO(reading.field);
    CHECK(has(sample, reading.field) == (reading.name != withheld.name));
  }
  const SensorReadings& r = sample.readings();
  CHECK(r.temperature_c_e2.has_value() + r.relative_humidity_percent_e2.has_value() +
            r.pressure_hpa_e4.has_value() + r.acceleration_g_e6.has_value() +
            r.tilt_degree_e2.has_value() + r.battery_level_percent.has_value() +
            r.battery_is_charging.has_value() + r.device_is_attached.has_value() +
            r.device_is_stationary.has_value() + r.device_is_tampered.has_value() ==
        9);
}

TEST_CASE("With all sensor data withheld there is no object for it") {
  char buffer[64];
  Sample sample(buffer);
  sample.withhold({}, Data::everything());
  CHECK(sample.add(all_readings()).ok());
  CHECK(sample.withheld() == 10);
  CHECK(sample.untimed_json() == "{");
}

TEST_CASE(
    "What is withheld is not looked at, so it can be neither wrong, nor twice, nor too much") {
  char buffer[64];
  Sample sample(buffer);
  sample.withhold(Methods::everything(), {SensorData::battery_level});
  CHECK(sample.add(here_tracking::GsmCell{}).ok());
  CHECK(sample.set_country(0).ok());
  for (int i = 0; i < 200; ++i)
    CHECK(sample.add(here_tracking::WlanAccessPoint{}).ok());
  CHECK(sample.set_position(fix(PositionType::gnss)).ok());
  CHECK(sample.set_position(fix(PositionType::gnss)).ok());
  SensorReadings readings;
  readings.battery_level_percent = 101;
  CHECK(sample.add(readings).ok());
  CHECK(sample.add(readings).ok());
  CHECK(sample.withheld() == 206);

  // Nor is it given then: it may still come, once.
  sample.withhold({}, {});
  CHECK(sample.set_country(262).ok());
  CHECK(sample.set_country(262) == Code::invalid_value);
}

TEST_CASE("Withholding touches nothing that is there already, and clear() ends it") {
  char buffer[256];
  Sample sample(buffer);
  REQUIRE(sample.set_position(fix(PositionType::gnss)).ok());
  const std::string before(sample.untimed_json());
  sample.withhold(Methods::everything(), Data::everything());
  CHECK(sample.untimed_json() == before);
  CHECK(sample.place().has_value());
  sample.clear();
  CHECK_FALSE(sample.place().has_value());
  CHECK_FALSE(sample.withholds_position());
  CHECK(sample.set_position(fix(PositionType::gnss)).ok());
  CHECK(sample.has_position());
}

TEST_CASE("A refused reading does not count those that were withheld beside it") {
  char buffer[256];
  Sample sample(buffer);
  sample.withhold({}, {SensorData::temperature_c});
  SensorReadings readings;
  readings.temperature_c_e2 = 1;
  readings.battery_level_percent = 101;
  CHECK(sample.add(readings) == Code::invalid_value);
  CHECK(sample.withheld() == 0);
  CHECK_FALSE(sample.readings().battery_level_percent.has_value());
}

TEST_CASE("Who the device is does not count as tracking it: it goes out and is remembered") {
  char buffer[512];
  Sample sample(buffer);
  Reported client;
  Reported sim;
  sample.withhold(Methods::everything(), Data::everything());
  here_tracking::ClientInfo info;
  info.model = "tracker";
  here_tracking::SimIdentity identity;
  identity.imsi = "262011234567890";
  REQUIRE(sample.set_client(info, &client).ok());
  REQUIRE(sample.set_sim(identity, &sim).ok());
  CHECK(sample.withheld() == 0);
  CHECK(sample.untimed_json() ==
        R"({"system":{"client":{"model":"tracker"},"imsi":"262011234567890"})");
  client.confirm();
  sim.confirm();
  sample.clear();
  sample.withhold(Methods::everything(), Data::everything());
  REQUIRE(sample.set_client(info, &client).ok());
  REQUIRE(sample.set_sim(identity, &sim).ok());
  CHECK(sample.empty());
  CHECK(sample.withheld() == 0);
}

TEST_CASE("The place and the readings of a sample can be asked for") {
  char buffer[512];
  Sample sample(buffer);
  CHECK_FALSE(sample.place().has_value());
  REQUIRE(sample.set_position(fix(PositionType::gnss)).ok());
  REQUIRE(sample.place().has_value());
  CHECK(sample.place()->lat_deg_e7 == 525170365);
  CHECK(sample.place()->lng_deg_e7 == -133888599);
  CHECK(sample.place()->accuracy_mm == 4500);

  SensorReadings one;
  one.temperature_c_e2 = 2150;
  SensorReadings other;
  other.device_is_tampered = false;
  REQUIRE(sample.add(one).ok());
  REQUIRE(sample.add(other).ok());
  CHECK(sample.readings().temperature_c_e2 == 2150);
  CHECK(sample.readings().device_is_tampered == false);
  CHECK_FALSE(sample.readings().battery_level_percent.has_value());
}

TEST_CASE("What did not fit is not kept either") {
  char buffer[60];
  Sample sample(buffer);
  CHECK(sample.set_position(fix(PositionType::gnss)) == Code::buffer_too_small);
  CHECK_FALSE(sample.place().has_value());
  CHECK(sample.add(all_readings()) == Code::buffer_too_small);
  CHECK_FALSE(sample.readings().temperature_c_e2.has_value());
}

TEST_CASE("A sample without its time is what a queue takes") {
  char buffer[128];
  Sample sample(buffer);
  CHECK(sample.untimed_json() == "{");
  REQUIRE(sample.set_country(262).ok());
  CHECK(sample.untimed_json() == R"({"scan":{"country":{"mcc":262}})");
  REQUIRE(sample.set_timestamp(1767225600000).ok());
  CHECK(sample.json() == std::string(sample.untimed_json()) + R"(,"timestamp":1767225600000})");
  Sample none({buffer, 26});
  CHECK(none.untimed_json().empty());
}
