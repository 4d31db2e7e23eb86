// SPDX-License-Identifier: Apache-2.0
#include "core/shadow_reader.hpp"
#include "support/catch.hpp"

#include <array>
#include <limits>
#include <string>
#include <type_traits>

using here_tracking::DesiredShadow;
using here_tracking::Limits;
using here_tracking::PositionMethod;
using here_tracking::SensorData;
using here_tracking::SensorLoggingType;
using here_tracking::WlanConfiguration;
using here_tracking::WlanConfigurations;
using here_tracking::WlanSecurity;

namespace {

DesiredShadow shadow_of(std::string_view body) {
  DesiredShadow shadow;
  REQUIRE(here_tracking::read_shadow(body, shadow));
  return shadow;
}

/// Views in the result point into the temporary body: for the other members.
DesiredShadow shadow_with(const std::string& system) {
  return shadow_of("{\"system\":{" + system + "}}");
}

std::string message(const DesiredShadow& shadow) {
  std::array<char, 160> text{};
  return {text.data(), format(shadow.rejected, text)};
}

/// `skipped` of the items, and a line for each of the others.
std::string wlans(std::string_view json) {
  std::string all;
  WlanConfigurations reader(json);
  WlanConfiguration wlan;
  while (reader.next(wlan)) {
    all += std::string(wlan.ssid()) + "/" +
           (wlan.security() == WlanSecurity::none ? "none" : "wpa2psk") + "/" +
           std::string(wlan.password()) + (wlan.ssid_is_hidden() ? "/hidden" : "") + "\n";
  }
  CHECK(wlan.ssid().empty());
  CHECK(wlan.password().empty());
  CHECK_FALSE(reader.next(wlan));
  return all + std::to_string(reader.skipped()) + " skipped";
}

std::string repeated(const std::string& text, int times) {
  std::string all;
  for (int i = 0; i < times; ++i)
    all += text;
  return all;
}

}  // namespace

TEST_CASE("A desired shadow is read, its payload as text") {
  const std::string body =
      R"({"payload":{"led":"on","deep":[{"system":{"stateVersion":9}}]},"timestamp":1767225600000,)"
      R"("system":{"stateVersion":12,"lastModifiedGeofenceTimestamp":1767225500000,)"
      R"("rate":{"sampleMs":10000,"sendMs":60000.0,"distanceM":99.5},"powerSave":{"sendMs":6e5},)"
      R"("syncGeofences":true,"detectOutliers":false,"wlanConnectivityEnabled":true,)"
      R"("sensorLoggingEnabled":true,"sensorLoggingTag":"a\u00e4"}})";
  const DesiredShadow shadow = shadow_of(body);
  CHECK(shadow.state_version == 12U);
  CHECK(shadow.last_modified_geofence_timestamp_ms == 1767225500000);
  CHECK(shadow.timestamp_ms == 1767225600000);
  CHECK(shadow.rate.sample_ms == 10000U);
  CHECK(shadow.rate.send_ms == 60000U);
  CHECK(shadow.rate.distance_m == 100U);
  CHECK(shadow.power_save_send_ms == 600000U);
  CHECK(shadow.sync_geofences == true);
  CHECK(shadow.detect_outliers == false);
  CHECK(shadow.wlan_connectivity_enabled == true);
  CHECK(shadow.sensor_logging_enabled == true);
  CHECK(shadow.sensor_logging_tag == R"("a\u00e4")");
  CHECK(shadow.payload == R"({"led":"on","deep":[{"system":{"stateVersion":9}}]})");
  CHECK(shadow.json == body);
  CHECK(shadow.rejected_members == 0);
}

TEST_CASE("An empty body and an empty object are a shadow without wishes") {
  for (const char* body : {"", " \r\n", "{}", R"({"system":{}})"}) {
    const DesiredShadow shadow = shadow_of(body);
    CHECK_FALSE(shadow.state_version);
    CHECK_FALSE(shadow.last_modified_geofence_timestamp_ms);
    CHECK_FALSE(shadow.rate.send_ms);
    CHECK_FALSE(shadow.sync_geofences);
    CHECK_FALSE(shadow.disable_tracking.applies_at(1767225600000));
    CHECK(shadow.disable_tracking.position.empty());
    CHECK(shadow.sensor_logging_configurations.size() == 0);
    CHECK(shadow.wlan_configurations.empty());
    CHECK(shadow.payload.empty());
    CHECK(shadow.rejected_members == 0);
  }
}

TEST_CASE(
    "A member of the wrong type or range is rejected alone, counted, and the first is named") {
  struct Case {
    const char* system;
    std::uint16_t rejected;
    const char* message;
  };
  const Case cases[] = {
      {R"("rate":{"sendMs":"60000"})", 1,
       R"(system.rate.sendMs = "60000": must be a number, 0 or more)"},
      {R"("rate":{"sendMs":-0.5,"sampleMs":null,"distanceM":-1e12})", 3,
       "system.rate.sendMs = -0.5: must be a number, 0 or more"},
      {R"("rate":[{"sendMs":1}])", 1, R"(system.rate = "a list": must be an object)"},
      {R"("rate":7,"lastModifiedGeofenceTimestamp":true)", 2, "system.rate = 7: must be an object"},
      {R"("lastModifiedGeofenceTimestamp":4102448400001)", 1,
       "system.lastModifiedGeofenceTimestamp = 4102448400001: must be a whole number of ms up to "
       "4102448400000"},
      {R"("lastModifiedGeofenceTimestamp":-1)", 1,
       "system.lastModifiedGeofenceTimestamp = -1: must be a whole number of ms up to "
       "4102448400000"},
      {R"("rate":{"sendMs":{"stateVersion":8}})", 1,
       R"(system.rate.sendMs = "an object": must be a number, 0 or more)"},
      {R"("powerSave":{"sendMs":false})", 1,
       R"(system.powerSave.sendMs = "false": must be a number, 0 or more)"},
      {R"("syncGeofences":"true","detectOutliers":1,"wlanConnectivityEnabled":null,)"
       R"("sensorLoggingEnabled":[true])",
       4, R"(system.syncGeofences = "true": must be true or false)"},
      {R"("sensorLoggingTag":"")", 1,
       "system.sensorLoggingTag = 0 characters: must be a text of 1..50 characters"},
      {R"("sensorLoggingTag":12)", 1,
       "system.sensorLoggingTag = 12: must be a text of 1..50 characters"},
      {R"("sensorAlarmConfig":{"alertTiltDegreeMax":"x","isTamperAlertEnabled":0})", 2,
       R"(system.sensorAlarmConfig.alertTiltDegreeMax = "x": must be a number)"},
      {R"("disableTracking":{"position":"gps"})", 1,
       R"(system.disableTracking.position = "gps": must be "all", "" or a list of names)"},
      {R"("disableTracking":{"position":[]})", 1,
       R"(system.disableTracking.position = 0 items: must be "all", "" or a list of names)"},
      {R"("disableTracking":{"position":["foo",3,null,{"a":["gps"]},"gps wlan",""]})", 6,
       R"(system.disableTracking.position[0] = "foo": must be one of the documented names)"},
      {R"("disableTracking":{"periods":{"begin":5}})", 1,
       R"(system.disableTracking.periods = "an object": must be a list)"},
      {R"("disableTracking":{"periods":[7]})", 1,
       "system.disableTracking.periods[0] = 7: must be an object"},
      {R"("disableTracking":{"periods":[{"begin":2},{"end":3}]})", 1,
       "system.disableTracking.periods = 2 items: must be 0..1"},
      {R"("sensorLoggingConfigurations":[{},{"type":"sound"},7,{"type":5}])", 4,
       R"(system.sensorLoggingConfigurations[0].type = "nothing": must be acceleration, pressure, )"
       "temperature, humidity or gnss"},
      {R"("sensorLoggingConfigurations":{"type":"gnss"})", 1,
       R"(system.sensorLoggingConfigurations = "an object": must be a list)"},
      {R"("unknown":1,"x":[{"rate":1}],"system":1,"payload":{},"sendMs":7,"sampleMs":null)", 0,
       nullptr},
  };
  for (const Case& c : cases) {
    CAPTURE(c.system);
    const DesiredShadow shadow = shadow_with(c.system + std::string(R"(,"stateVersion":5)"));
    CHECK(shadow.state_version == 5U);
    CHECK_FALSE(shadow.rate.send_ms);
    CHECK_FALSE(shadow.rate.sample_ms);
    CHECK_FALSE(shadow.rate.distance_m);
    CHECK_FALSE(shadow.power_save_send_ms);
    CHECK_FALSE(shadow.sync_geofences);
    CHECK_FALSE(shadow.last_modified_geofence_timestamp_ms);
    CHECK_FALSE(shadow.disable_tracking.has_period);
    CHECK(shadow.disable_tracking.position.empty());
    CHECK(shadow.sensor_logging_configurations.size() == 0);
    CHECK(shadow.sensor_logging_tag.empty());
    CHECK(shadow.rejected_members == c.rejected);
    if (c.message != nullptr) CHECK(message(shadow) == c.message);
  }
  CHECK(message(shadow_of(R"({"payload":"text"})")) == R"(payload = "text": must be an object)");
  CHECK(message(shadow_of(R"({"timestamp":1})")) ==
        "timestamp = 1: must be a whole number of ms up to 4102448400000");
  CHECK_FALSE(shadow_with(R"("stateVersion":1.5)").state_version);
  CHECK_FALSE(shadow_with(R"("stateVersion":9223372036854775808)").state_version);
  CHECK(shadow_with(R"("stateVersion":9223372036854775807)").state_version == 9223372036854775807U);
  CHECK(shadow_with(R"("stateVersion":5.0)").state_version == 5U);
  CHECK_FALSE(shadow_of(R"({"system":null})").state_version);
}

TEST_CASE("Numbers without an upper end are taken as large as their type") {
  const DesiredShadow shadow = shadow_with(
      R"("rate":{"sampleMs":1e300,"distanceM":1e12},)"
      R"("sensorAlarmConfig":{"alertAccelerationGMin":-1e9,"alertAccelerationGMax":2147.483648})");
  CHECK(shadow.rate.sample_ms == 9223372036854775807U);
  CHECK(shadow.rate.distance_m == std::numeric_limits<std::uint32_t>::max());
  CHECK(shadow.sensor_alarms.acceleration_g_e6.min == std::numeric_limits<std::int32_t>::min());
  CHECK(shadow.sensor_alarms.acceleration_g_e6.max == std::numeric_limits<std::int32_t>::max());
  CHECK(shadow.rejected_members == 0);
}

TEST_CASE("Alarm limits come in the unit of the readings, to the nearest") {
  const here_tracking::SensorAlarms alarms =
      shadow_with(R"("sensorAlarmConfig":{)"
                  R"("alertTemperatureCMin":-20.005,"alertTemperatureCMax":40,)"
                  R"("alertRelativeHumidityMin":10.5,"alertRelativeHumidityMax":99.994,)"
                  R"("alertPressureHpaMin":987.65432,"alertPressureHpaMax":1.1e3,)"
                  R"("alertAccelerationGMin":-0.0000005,"alertAccelerationGMax":16,)"
                  R"("alertTiltDegreeMin":0,"alertTiltDegreeMax":90.25,)"
                  R"("alertBatteryLevelPMin":19.5,"alertBatteryLevelPMax":80,)"
                  R"("isAttachAlertEnabled":true,"isTamperAlertEnabled":false})")
          .sensor_alarms;
  const auto is = [](const Limits& limits, std::int32_t min, std::int32_t max) {
    return limits.min == min && limits.max == max;
  };
  CHECK(is(alarms.temperature_c_e2, -2001, 4000));
  CHECK(is(alarms.relative_humidity_percent_e2, 1050, 9999));
  CHECK(is(alarms.pressure_hpa_e4, 9876543, 11000000));
  CHECK(is(alarms.acceleration_g_e6, -1, 16000000));
  CHECK(is(alarms.tilt_degree_e2, 0, 9025));
  CHECK(is(alarms.battery_level_percent, 20, 80));
  CHECK(alarms.is_attach_alert_enabled == true);
  CHECK(alarms.is_tamper_alert_enabled == false);
}

TEST_CASE("A period is open where an end is missing, and nothing applies without a period") {
  const auto of = [](const std::string& periods) {
    return shadow_with(R"("disableTracking":{"periods":)" + periods + "}").disable_tracking;
  };
  CHECK_FALSE(of("[]").applies_at(5));
  CHECK(of("[{}]").applies_at(5));
  CHECK_FALSE(of(R"([{"begin":6}])").applies_at(5));
  CHECK(of(R"([{"begin":6}])").applies_at(6));
  CHECK(of(R"([{"end":6}])").applies_at(6));
  CHECK_FALSE(of(R"([{"end":6}])").applies_at(7));
  CHECK(of(R"([{"begin":6,"end":4102448400000,"why":[1]}])").applies_at(7));
  CHECK_FALSE(of(R"([{"begin":8,"end":6}])").applies_at(7));
  // An end that breaks a rule is missing.
  CHECK(of(R"([{"begin":1,"end":6}])").applies_at(2));
}

TEST_CASE("Position methods and sensors are sets of names, or all of them") {
  const auto of = [](const std::string& members) {
    return shadow_with("\"disableTracking\":{" + members + "}").disable_tracking;
  };
  const auto all = of(R"("position":"all","sensors":"all")");
  CHECK(all.position.all());
  CHECK(all.position.covers(PositionMethod::gps));
  CHECK(all.sensors.all());
  CHECK(all.sensors.covers(SensorData::tilt_degree));
  const auto none = of(R"("position":"","sensors":"")");
  CHECK(none.position.empty());
  CHECK(none.sensors.empty());

  const char* const positions[] = {"bt",  "country", "gsm",  "wcdma", "tdscdma",
                                   "lte", "cdma",    "wlan", "gps"};
  for (unsigned i = 0; i < 9; ++i) {
    const auto one = of("\"position\":[\"" + std::string(positions[i]) + "\"]").position;
    CHECK_FALSE(one.all());
    for (unsigned other = 0; other < 9; ++other)
      CHECK(one.covers(static_cast<PositionMethod>(other)) == (i == other));
  }
  const char* const sensors[] = {"accelerationG",     "deviceIsAttached", "deviceIsStationary",
                                 "batteryIsCharging", "batteryLevel",     "pressureHpa",
                                 "relativeHumidity",  "deviceIsTampered", "temperatureC",
                                 "tiltDegree"};
  for (unsigned i = 0; i < 10; ++i) {
    const auto one = of("\"sensors\":[\"" + std::string(sensors[i]) + "\"]").sensors;
    for (unsigned other = 0; other < 10; ++other)
      CHECK(one.covers(static_cast<SensorData>(other)) == (i == other));
  }

  // A name that nobody knows takes none of the others away.
  const auto some = of(R"("position":["gsm","nr",["wlan"],"\u006cte"],"sensors":["x"])");
  CHECK(some.position.covers(PositionMethod::gsm));
  CHECK(some.position.covers(PositionMethod::lte_cat_m));
  CHECK(some.position.covers(PositionMethod::nb_iot));
  CHECK_FALSE(some.position.covers(PositionMethod::wlan));
  CHECK(some.sensors.empty());
}

TEST_CASE("Up to five sensor logging configurations are taken") {
  const DesiredShadow shadow = shadow_with(
      R"("sensorLoggingConfigurations":[{"type":"acceleration","samplingFrequency":1},)"
      R"({"samplingFrequency":1000.5,"type":"pressure","more":{"type":"gnss"}},{"type":"temperature"},)"
      R"({"type":"humidity","samplingFrequency":0.5},{"type":"gnss","samplingFrequency":1e10}])");
  const auto& list = shadow.sensor_logging_configurations;
  REQUIRE(list.size() == 5);
  CHECK(list[0].type == SensorLoggingType::acceleration);
  CHECK(list[0].sampling_period_ms == 1U);
  CHECK(list[1].type == SensorLoggingType::pressure);
  CHECK(list[1].sampling_period_ms == 1001U);
  CHECK(list[2].type == SensorLoggingType::temperature);
  CHECK_FALSE(list[2].sampling_period_ms);
  CHECK(list[3].type == SensorLoggingType::humidity);
  CHECK_FALSE(list[3].sampling_period_ms);
  CHECK(list[4].type == SensorLoggingType::gnss);
  CHECK(list[4].sampling_period_ms == std::numeric_limits<std::uint32_t>::max());
  CHECK(list.end() - list.begin() == 5);
  CHECK(shadow.rejected_members == 1);
  CHECK(message(shadow) ==
        "system.sensorLoggingConfigurations[3].samplingFrequency = 0.5: must be a number, 1 or "
        "more");

  const DesiredShadow six =
      shadow_with("\"sensorLoggingConfigurations\":[" + repeated(R"({"type":"gnss"},)", 5) +
                  R"({"type":"gnss"}],"sensorLoggingEnabled":true)");
  CHECK(six.sensor_logging_configurations.size() == 0);
  CHECK(six.sensor_logging_enabled == true);
  CHECK(message(six) == "system.sensorLoggingConfigurations = 6 items: must be 0..5");
}

TEST_CASE("A tag has 1 to 50 characters, however many bytes they take") {
  for (const char* character :
       {"a", "\xc3\xa4", "\xf0\x9f\x98\x80", R"(\n)", R"(\u00e4)", R"(\ud83d\ude00)"}) {
    CAPTURE(character);
    for (const int length : {1, 50}) {
      const std::string tag = "\"" + repeated(character, length) + "\"";
      const std::string body = "{\"system\":{\"sensorLoggingTag\":" + tag + "}}";
      CHECK(shadow_of(body).sensor_logging_tag == tag);
    }
    const DesiredShadow shadow =
        shadow_with("\"sensorLoggingTag\":\"" + repeated(character, 51) + "\"");
    CHECK(shadow.sensor_logging_tag.empty());
    CHECK(message(shadow) ==
          "system.sensorLoggingTag = 51 characters: must be a text of 1..50 characters");
  }
}

TEST_CASE("A JSON text is decoded into the caller's memory, or not at all") {
  std::array<char, 200> memory{};
  const auto decoded = [&memory](std::string_view json) {
    return std::string(here_tracking::decode_json_text(json, memory));
  };
  CHECK(decoded(R"("tag \"1\"\n\u00e4\ud83d\ude00")") == "tag \"1\"\n\xc3\xa4\xf0\x9f\x98\x80");
  CHECK(decoded("\"" + repeated("\xf0\x9f\x98\x80", 50) + "\"").size() == 200);
  CHECK(decoded("\"" + repeated("a", 201) + "\"").empty());
  for (const char* json : {"", "\"\"", "tag", "\"a", "7", "null", "[\"a\"]", "{\"a\":\"b\"}"})
    CHECK(decoded(json).empty());
}

TEST_CASE("WLAN configurations are read one at a time") {
  const std::string body =
      R"({"system":{"wlanConfigurations": [)"
      R"({"ssid":"caf\u00e9","securityMode":"none"},)"
      R"({"ssidIsHidden":true,"password":"\"secret\\\u0041","unknown":{"ssid":"x","l":[{"a":1}]},)"
      R"("securityMode":"wpa2psk","ssid":"\ud83d\ude00"}] }})";
  const DesiredShadow shadow = shadow_of(body);
  CHECK(shadow.rejected_members == 0);
  CHECK(wlans(shadow.wlan_configurations) ==
        "caf\xc3\xa9/none/\n\xf0\x9f\x98\x80/wpa2psk/\"secret\\A/hidden\n0 skipped");
  CHECK(wlans("[]") == "0 skipped");
  CHECK(wlans("") == "0 skipped");
  CHECK(wlans("{}") == "0 skipped");
}

TEST_CASE("A WLAN configuration that breaks a rule is passed over") {
  const std::string good = R"({"ssid":"s","securityMode":"none"})";
  const auto ssid = [](const std::string& text) {
    return R"({"securityMode":"none","ssid":")" + text + "\"}";
  };
  const auto password = [](const std::string& text) {
    return R"({"securityMode":"wpa2psk","ssid":"p","password":")" + text + "\"}";
  };
  for (const std::string& bad :
       {std::string("7"),
        std::string("null"),
        std::string("true"),
        std::string("\"ssid\""),
        std::string("[]"),
        std::string(R"([{"ssid":"s","securityMode":"none"}])"),
        std::string("{}"),
        std::string(R"({"ssid":"s"})"),
        std::string(R"({"securityMode":"none"})"),
        std::string(R"({"ssid":"s","securityMode":"wpa2psk"})"),
        std::string(R"({"ssid":"s","securityMode":"wep"})"),
        std::string(R"({"ssid":"s","securityMode":null})"),
        std::string(R"({"ssid":"a\udc00","securityMode":"none"})"),
        std::string(R"({"ssid":7,"securityMode":"none"})"),
        std::string(R"({"ssid":{"ssid":"s"},"securityMode":"none"})"),
        std::string(R"({"ssid":"s","securityMode":"none","ssidIsHidden":"yes"})"),
        std::string(R"({"ssid":"s","securityMode":"none","ssidIsHidden":1})"),
        std::string(R"({"ssid":"s","securityMode":"none","ssid":false})"),
        std::string(R"({"ssid":"s","securityMode":"none","password":"short"})"),
        ssid(""),
        ssid(std::string(33, 's')),
        password(std::string(7, 'p')),
        password(std::string(64, 'p')),
        password(repeated(R"(\u0041)", 7))}) {
    CAPTURE(bad);
    CHECK(wlans("[" + good + "," + bad + "," + good + "]") == "s/none/\ns/none/\n1 skipped");
  }
  for (const char* character : {"a", "\xf0\x9f\x98\x80", R"(\uD83D\uDE00)"}) {
    CHECK(wlans("[" + ssid(repeated(character, 32)) + "," + password(repeated(character, 8)) + "," +
                password(repeated(character, 63)) + "]")
              .find("0 skipped") != std::string::npos);
  }
  CHECK(wlans("[" + password(repeated("\xf0\x9f\x98\x80", 63)) + "]") ==
        "p/wpa2psk/" + repeated("\xf0\x9f\x98\x80", 63) + "\n0 skipped");
  CHECK(wlans("[" + good + "," + good) == "s/none/\ns/none/\n0 skipped");
}

TEST_CASE("More than ten WLAN configurations are none") {
  const std::string one = R"({"ssid":"s","securityMode":"none"})";
  const std::string ten = "[" + repeated(one + ",", 9) + one + "]";
  const std::string eleven = "[" + repeated(one + ",", 10) + one + "]";
  const std::string body = R"({"system":{"wlanConfigurations":)" + ten + "}}";
  CHECK(shadow_of(body).wlan_configurations == ten);
  const DesiredShadow shadow = shadow_with("\"wlanConfigurations\":" + eleven);
  CHECK(shadow.wlan_configurations.empty());
  CHECK(message(shadow) == "system.wlanConfigurations = 11 items: must be 0..10");
  CHECK(wlans(eleven) == repeated("s/none/\n", 10) + "0 skipped");
}

TEST_CASE("An error never tells what is in wlanConfigurations") {
  for (const char* value : {"\"hunter22hunter22\"", "1234567812345678", "true", "null",
                            R"({"password":"hunter22hunter22"})"}) {
    CAPTURE(value);
    const DesiredShadow shadow =
        shadow_with("\"wlanConfigurations\":" + std::string(value) + ",\"stateVersion\":1");
    CHECK(shadow.state_version == 1U);
    CHECK(shadow.rejected_members == 1);
    CHECK(message(shadow) == R"(system.wlanConfigurations = "...": must be a list)");
  }
}

TEST_CASE("A password does not outlive its configuration") {
  alignas(WlanConfiguration) unsigned char memory[sizeof(WlanConfiguration)];
  auto* const wlan = new (memory) WlanConfiguration;
  const std::string json = R"([{"ssid":"s","securityMode":"wpa2psk","password":"hunter22"}])";
  WlanConfigurations reader(json);
  REQUIRE(reader.next(*wlan));
  CHECK(wlan->password() == "hunter22");
  const char* const password = wlan->password().data();
  wlan->~WlanConfiguration();
  // The memory is still there, as bytes.
  const volatile char* const bytes = password;
  for (int i = 0; i < 8; ++i)
    CHECK(bytes[i] == 0);
  CHECK_FALSE(std::is_copy_constructible_v<WlanConfiguration>);
}

TEST_CASE("Unknown members are ignored at every level, whatever is in them") {
  const std::string junk =
      R"("junk":{"system":{"stateVersion":6},"a":[[{"rate":{"sendMs":1}}],null,"sendMs"]},)"
      R"("":{"":[1]},)";
  const std::string body = "{" + junk + R"("system":{)" + junk + R"("rate":{)" + junk +
                           R"("sendMs":7},"powerSave":{)" + junk +
                           R"("sendMs":8},"disableTracking":{)" + junk + R"("periods":[{)" + junk +
                           R"("begin":9}],"position":["gsm"]},"sensorAlarmConfig":{)" + junk +
                           R"("alertTiltDegreeMin":1},"sensorLoggingConfigurations":[{)" + junk +
                           R"("type":"gnss"}],"wlanConfigurations":[{)" + junk +
                           R"("ssid":"s","securityMode":"none"}],"stateVersion":5}})";
  const DesiredShadow shadow = shadow_of(body);
  CHECK(shadow.rejected_members == 0);
  CHECK(shadow.state_version == 5U);
  CHECK(shadow.rate.send_ms == 7U);
  CHECK(shadow.power_save_send_ms == 8U);
  CHECK(shadow.disable_tracking.begin_ms == 9);
  CHECK(shadow.disable_tracking.position.covers(PositionMethod::gsm));
  CHECK(shadow.sensor_alarms.tilt_degree_e2.min == 100);
  CHECK(shadow.sensor_logging_configurations.size() == 1);
  CHECK(wlans(shadow.wlan_configurations) == "s/none/\n0 skipped");
}

TEST_CASE("A member is known by its name alone, not by a path, a part or none") {
  const DesiredShadow shadow = shadow_of(
      R"({"":{"system":{"stateVersion":1}},"system.stateVersion":2,"ystem":{"stateVersion":3},)"
      R"("system":{"":{"sendMs":4},"system.rate":{"sendMs":5},"ate":{"sendMs":6},"rate":{"":7},)"
      R"("disableTracking":{"":[{"begin":8}],"periods":[{"":9}]}}})");
  CHECK_FALSE(shadow.state_version);
  CHECK_FALSE(shadow.rate.send_ms);
  CHECK_FALSE(shadow.rate.sample_ms);
  CHECK(shadow.disable_tracking.has_period);
  CHECK_FALSE(shadow.disable_tracking.begin_ms);
  CHECK(shadow.rejected_members == 0);
}

TEST_CASE("Of a member that is there twice the last valid one counts, and a list replaces a list") {
  const std::string body =
      R"({"payload":{"a":1},"payload":{"b":2},"payload":3,"system":{"stateVersion":5},)"
      R"("system":{"stateVersion":6,"stateVersion":null,"rate":{"sendMs":1},"rate":{"sampleMs":2},)"
      R"("sensorLoggingConfigurations":[{"type":"gnss"},{"type":"pressure"}],)"
      R"("sensorLoggingConfigurations":[{"type":"humidity","type":"temperature"}],)"
      R"("disableTracking":{"position":["gps"],"position":["bt"],"periods":[{"begin":5}],)"
      R"("periods":[]}}})";
  const DesiredShadow shadow = shadow_of(body);
  CHECK(shadow.payload == R"({"b":2})");
  CHECK(shadow.state_version == 6U);
  CHECK(shadow.rate.send_ms == 1U);
  CHECK(shadow.rate.sample_ms == 2U);
  REQUIRE(shadow.sensor_logging_configurations.size() == 1);
  CHECK(shadow.sensor_logging_configurations[0].type == SensorLoggingType::temperature);
  CHECK(shadow.disable_tracking.position.covers(PositionMethod::bt));
  CHECK_FALSE(shadow.disable_tracking.position.covers(PositionMethod::gps));
  CHECK_FALSE(shadow.disable_tracking.has_period);
  CHECK(shadow.rejected_members == 2);
}

TEST_CASE("What is nested too deeply ends the reading; what came before counts") {
  const std::string deep = std::string(400, '[') + std::string(400, ']');
  const auto with = [&](const std::string& path, const std::string& end) {
    const std::string body = R"({"system":{"stateVersion":5},)" + path + deep + end;
    const DesiredShadow shadow = shadow_of(body);
    CHECK(shadow.state_version == 5U);
    CHECK(shadow.payload.empty());
    CHECK(shadow.wlan_configurations.empty());
    CHECK(shadow.json == body);
    CHECK(shadow.rejected_members == 1);
    return message(shadow);
  };
  const std::string rule = " = 33 levels: must be nested at most 32 levels deep";
  CHECK(with(R"("payload":{"a":)", "}}") == "payload" + rule);
  CHECK(with(R"("system":{"wlanConfigurations":[{"x":)", "}]}}") ==
        "system.wlanConfigurations" + rule);
  CHECK(with(R"("x":)", "}") == "desired shadow" + rule);
}

TEST_CASE("A list of any length needs no memory and no more than a count") {
  const DesiredShadow shadow =
      shadow_with("\"disableTracking\":{\"position\":[" + repeated("\"x\",", 70000) + "\"gps\"]}");
  CHECK(shadow.disable_tracking.position.covers(PositionMethod::gps));
  CHECK(shadow.rejected_members == std::numeric_limits<std::uint16_t>::max());
}

TEST_CASE("What is no JSON object is no shadow") {
  DesiredShadow shadow;
  for (const char* body : {"[]", "1", "null", "{", "{}x", "<html>", "{\"a\":\"\xff\"}"}) {
    CAPTURE(body);
    CHECK_FALSE(here_tracking::read_shadow(body, shadow));
  }
}
