// SPDX-License-Identifier: Apache-2.0
// First: the header needs no other one.
#include "here_tracking/c/here_tracking.h"
#include "here_tracking/client.hpp"
#include "here_tracking/nmea.hpp"
#include "here_tracking/queue.hpp"
#include "here_tracking/restamp.hpp"
#include "here_tracking/retry.hpp"
#include "here_tracking/self_test.hpp"
#include "here_tracking/telemetry.hpp"
#include "here_tracking/tracker.hpp"

#include "support/catch.hpp"
#include "support/fake_device.hpp"
#include "support/tracked_device.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace ht = here_tracking;

extern "C" {
extern const ht_gsm_cell_t c_cell;
ht_gsm_cell_t c_cell_with_timing_advance(int32_t ta);
}

namespace {

// ---- the names of C and of C++ ----

#define SAME(c, cpp) static_assert(static_cast<int>(c) == static_cast<int>(cpp))
SAME(HT_POSITION_WLAN, ht::PositionType::wlan);
SAME(HT_WLAN_BAND_2_4_GHZ, ht::WlanBand::ghz_2_4);
SAME(HT_WLAN_BAND_3_65_GHZ, ht::WlanBand::ghz_3_65);
SAME(HT_WLAN_BAND_5_GHZ, ht::WlanBand::ghz_5);
SAME(HT_MODE_NORMAL, ht::DeviceMode::normal);
SAME(HT_MODE_FLIGHT, ht::DeviceMode::flight);
SAME(HT_MODE_TRANSPORT, ht::DeviceMode::transport);
SAME(HT_MODE_SLEEP, ht::DeviceMode::sleep);
SAME(HT_MODE_POWER_SAVE, ht::DeviceMode::power_save);
SAME(HT_METHOD_BT, ht::PositionMethod::bt);
SAME(HT_METHOD_COUNTRY, ht::PositionMethod::country);
SAME(HT_METHOD_GSM, ht::PositionMethod::gsm);
SAME(HT_METHOD_WCDMA, ht::PositionMethod::wcdma);
SAME(HT_METHOD_TDSCDMA, ht::PositionMethod::tdscdma);
SAME(HT_METHOD_LTE, ht::PositionMethod::lte);
SAME(HT_METHOD_CDMA, ht::PositionMethod::cdma);
SAME(HT_METHOD_WLAN, ht::PositionMethod::wlan);
SAME(HT_METHOD_GPS, ht::PositionMethod::gps);
SAME(HT_SENSOR_ACCELERATION_G, ht::SensorData::acceleration_g);
SAME(HT_SENSOR_DEVICE_IS_ATTACHED, ht::SensorData::device_is_attached);
SAME(HT_SENSOR_DEVICE_IS_STATIONARY, ht::SensorData::device_is_stationary);
SAME(HT_SENSOR_BATTERY_IS_CHARGING, ht::SensorData::battery_is_charging);
SAME(HT_SENSOR_BATTERY_LEVEL, ht::SensorData::battery_level);
SAME(HT_SENSOR_PRESSURE_HPA, ht::SensorData::pressure_hpa);
SAME(HT_SENSOR_RELATIVE_HUMIDITY, ht::SensorData::relative_humidity);
SAME(HT_SENSOR_DEVICE_IS_TAMPERED, ht::SensorData::device_is_tampered);
SAME(HT_SENSOR_TEMPERATURE_C, ht::SensorData::temperature_c);
SAME(HT_SENSOR_TILT_DEGREE, ht::SensorData::tilt_degree);
SAME(HT_LOGGING_PRESSURE, ht::SensorLoggingType::pressure);
SAME(HT_LOGGING_TEMPERATURE, ht::SensorLoggingType::temperature);
SAME(HT_LOGGING_HUMIDITY, ht::SensorLoggingType::humidity);
SAME(HT_LOGGING_GNSS, ht::SensorLoggingType::gnss);
SAME(HT_LOG_WARNING, ht::LogLevel::warning);
SAME(HT_LOG_INFO, ht::LogLevel::info);
SAME(HT_LOG_DEBUG, ht::LogLevel::debug);
SAME(HT_DROP_NEWEST, ht::DropPolicy::newest);
SAME(HT_DROP_THIN_OUT, ht::DropPolicy::thin_out);
SAME(HT_DRAIN_LIVE_FIRST, ht::DrainOrder::live_first);
SAME(HT_ADVICE_WAIT, ht::Advice::wait);
SAME(HT_ADVICE_SPLIT, ht::Advice::split);
SAME(HT_ADVICE_SHRINK, ht::Advice::shrink);
#undef SAME

std::string lower(std::string_view text) {
  std::string lower;
  for (const char c : text)
    lower += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return lower;
}

#define NAMED(prefix, suffix, name) CHECK(std::string(name(prefix##suffix)) == lower(#suffix))

TEST_CASE("Each code, fate, connection and fault has the name that it has in C++") {
#define CODE(suffix) NAMED(HT_, suffix, ht_code_name)
  CODE(OK);
  CODE(INVALID_VALUE);
  CODE(BUFFER_TOO_SMALL);
  CODE(NOT_PROVIDED);
  CODE(NO_DATA);
  CODE(HOOK_FAILED);
  CODE(QUEUE_FULL);
  CODE(QUEUE_FOREIGN);
  CODE(DNS_FAILED);
  CODE(CONNECT_FAILED);
  CODE(TLS_FAILED);
  CODE(CLOCK_NOT_SET);
  CODE(TIMEOUT);
  CODE(CONNECTION_LOST);
  CODE(RESPONSE_TOO_LARGE);
  CODE(RESPONSE_INVALID);
  CODE(REJECTED);
  CODE(CREDENTIALS_REFUSED);
  CODE(CLOCK_REFUSED);
  CODE(FORBIDDEN);
  CODE(UNKNOWN_DEVICE);
  CODE(NOT_CLAIMED);
  CODE(TOO_LARGE);
  CODE(RATE_LIMITED);
  CODE(SERVER_ERROR);
#undef CODE
  STATIC_REQUIRE(static_cast<int>(HT_SERVER_ERROR) == static_cast<int>(ht::Code::server_error));

#define FATE(suffix) NAMED(HT_FATE_, suffix, ht_fate_name)
  FATE(DELIVERED);
  FATE(DROPPED_OLDEST);
  FATE(DROPPED_NEWEST);
  FATE(THINNED_OUT);
  FATE(QUARANTINED);
  FATE(TOO_OLD);
  FATE(TIME_UNKNOWN);
  FATE(PURGED);
  FATE(CORRUPTED);
#undef FATE

#define CONNECTION(suffix) NAMED(HT_CONNECTION_, suffix, ht_connection_name)
  CONNECTION(UNKNOWN);
  CONNECTION(ONLINE);
  CONNECTION(UNREACHABLE);
  CONNECTION(TLS_FAILED);
  CONNECTION(CLOCK_NOT_SET);
  CONNECTION(RATE_LIMITED);
  CONNECTION(SERVICE_FAILED);
  CONNECTION(NOT_CLAIMED);
  CONNECTION(CREDENTIALS_REFUSED);
  CONNECTION(FORBIDDEN);
  CONNECTION(UNKNOWN_DEVICE);
  CONNECTION(DATA_REFUSED);
  CONNECTION(NOT_SET_UP);
#undef CONNECTION

#define FAULT(suffix) NAMED(HT_FAULT_, suffix, ht_fault_name)
  FAULT(CLOCK_MISSING);
  FAULT(CLOCK_BACKWARDS);
  FAULT(CLOCK_STOPPED);
  FAULT(BOOT_ID_MISSING);
  FAULT(BOOT_ID_CHANGED);
  FAULT(ENTROPY_FAILED);
  FAULT(ENTROPY_INCOMPLETE);
  FAULT(ENTROPY_OVERRUN);
  FAULT(ENTROPY_REPEATS);
  FAULT(STORAGE_MISSING);
  FAULT(STORAGE_FAILED);
  FAULT(STORAGE_DATA);
  FAULT(STORAGE_LARGE);
  FAULT(STORAGE_EMPTY);
  FAULT(STORAGE_ABSENT);
  FAULT(STORAGE_TOO_SMALL);
  FAULT(STORAGE_NAMES);
  FAULT(SECTORS_GEOMETRY);
  FAULT(SECTORS_FAILED);
  FAULT(SECTORS_ERASE);
  FAULT(SECTORS_PROGRAM);
  FAULT(SECTORS_OVERLAP);
  FAULT(TRANSPORT_MISSING);
  FAULT(TRANSPORT_STATUS);
  FAULT(TRANSPORT_LATE);
  FAULT(SERVICE_FAILED);
  FAULT(TRANSPORT_RESPONSE);
  FAULT(TRANSPORT_BREAK_OFF);
  FAULT(SOURCE_LATE);
  FAULT(SOURCE_FAILED);
  FAULT(SOURCE_STATUS);
  FAULT(SOURCE_REFUSED);
#undef FAULT
}

// ---- samples ----

std::string text(ht_text_t text) {
  return {text.data, text.size};
}
std::string text(std::string_view text) {
  return std::string(text);
}

template <typename Memory>
ht_memory_t memory(Memory& memory) {
  return {memory.data(), memory.size()};
}

/// A sample of each language.
struct Samples {
  explicit Samples(ht::SampleOptions options = {}) : cpp(cpp_memory, options) {
    const ht_sample_options_t c_options = {options.contribute_gps, options.wide_lte_range,
                                           options.gps_withholds_position};
    ht_sample_init(&c, memory(c_memory), &c_options);
  }

  std::string c_text() { return text(ht_sample_untimed_json(&c)); }
  std::string cpp_text() { return text(cpp.untimed_json()); }
  std::string c_error() {
    std::array<char, HT_FIELD_ERROR_BYTES> into{};
    return ht_sample_field_error(&c, memory(into));
  }
  std::string cpp_error() {
    std::array<char, 160> into{};
    return {into.data(), format(cpp.field_error(), into)};
  }

  std::array<char, 4096> c_memory{};
  std::array<char, 4096> cpp_memory{};
  ht_sample_t c{};
  ht::Sample cpp;
};

ht_opt_i32_t some(std::int32_t value) {
  return HT_SOME(value);
}
ht_opt_i64_t some_ms(std::int64_t value) {
  return HT_SOME(value);
}

constexpr std::int64_t measured_ms = 1767225600000;

TEST_CASE("A cell that a C program has in flash is the same as one in C++") {
  Samples samples;
  const ht::GsmNeighbour neighbours[] = {{6, 82, {}, {}, -91}, {7, 83, 1, 0, {}}};
  ht::GsmCell cell;
  cell.mcc = 262;
  cell.mnc = 1;
  cell.lac = 5126;
  cell.cid = 16504;
  cell.rxlevel_dbm = -71;
  cell.nmr = neighbours;
  REQUIRE(ht_sample_add_gsm(&samples.c, &c_cell) == HT_OK);
  REQUIRE(samples.cpp.add(cell).ok());
  const ht_gsm_cell_t second = c_cell_with_timing_advance(5);
  cell.ta = 5;
  REQUIRE(ht_sample_add_gsm(&samples.c, &second) == HT_OK);
  REQUIRE(samples.cpp.add(cell).ok());
  CHECK(samples.c_text() == samples.cpp_text());
}

TEST_CASE("A position with all that belongs to it is the same in both languages") {
  ht::SampleOptions options;
  options.contribute_gps = true;
  Samples samples(options);
  const ht_floor_t c_floor = {"f1", "first", 150};
  ht_fix_t c_fix = {};
  c_fix.lat_deg_e7 = 525170365;
  c_fix.lng_deg_e7 = -133888599;
  c_fix.accuracy_mm = 4500;
  HT_SET(c_fix.confidence_percent, 95);
  HT_SET(c_fix.alt_mm, -1500);
  HT_SET(c_fix.altaccuracy_mm, 7000);
  HT_SET(c_fix.heading_cdeg, 18000);
  HT_SET(c_fix.speed_mm_s, 12000);
  HT_SET(c_fix.satellite_count, 9);
  c_fix.type = HT_POSITION_GNSS;
  HT_SET(c_fix.timestamp_ms, measured_ms);
  c_fix.floor = &c_floor;
  ht::Fix fix;
  fix.lat_deg_e7 = 525170365;
  fix.lng_deg_e7 = -133888599;
  fix.accuracy_mm = 4500;
  fix.confidence_percent = 95;
  fix.alt_mm = -1500;
  fix.altaccuracy_mm = 7000;
  fix.heading_cdeg = 18000;
  fix.speed_mm_s = 12000;
  fix.satellite_count = 9;
  fix.type = ht::PositionType::gnss;
  fix.timestamp_ms = measured_ms;
  fix.floor = ht::Floor{"f1", "first", 150};
  REQUIRE(ht_sample_set_position(&samples.c, &c_fix) == HT_OK);
  REQUIRE(samples.cpp.set_position(fix).ok());
  REQUIRE(ht_sample_set_gps(&samples.c, &c_fix) == HT_OK);
  REQUIRE(samples.cpp.set_gps(fix).ok());
  CHECK(samples.c_text() == samples.cpp_text());

  Samples wlan;
  c_fix = {};
  c_fix.type = HT_POSITION_WLAN;
  HT_SET(c_fix.wlan_count, 5);
  fix = {};
  fix.type = ht::PositionType::wlan;
  fix.wlan_count = 5;
  REQUIRE(ht_sample_set_position(&wlan.c, &c_fix) == HT_OK);
  REQUIRE(wlan.cpp.set_position(fix).ok());
  CHECK(wlan.c_text() == wlan.cpp_text());
}

TEST_CASE("Cells of the other technologies are the same in both languages") {
  ht::SampleOptions options;
  options.wide_lte_range = GENERATE(false, true);
  Samples samples(options);

  const ht_wcdma_neighbour_t c_wcdma_nmr = {10562, 12, some(13), some(-101), some(140)};
  const ht_wcdma_cell_t c_wcdma = {262,
                                   1,
                                   9,
                                   some(2),
                                   some(10562),
                                   some(11),
                                   some(-99),
                                   some(139),
                                   &c_wcdma_nmr,
                                   1,
                                   some_ms(measured_ms)};
  const ht::WcdmaNeighbour wcdma_nmr[] = {{10562, 12, 13, -101, 140}};
  const ht::WcdmaCell wcdma{262, 1, 9, 2, 10562, 11, -99, 139, wcdma_nmr, measured_ms};
  CHECK(ht_sample_add_wcdma(&samples.c, &c_wcdma) == HT_OK);
  CHECK(samples.cpp.add(wcdma).ok());

  const ht_tdscdma_neighbour_t c_td_nmr = {10080, 12, some(13), some(-101), some(140)};
  const ht_tdscdma_cell_t c_td = {460,         0,         9,         some(2),
                                  some(10080), some(11),  some(-99), some(139),
                                  some(500),   &c_td_nmr, 1,         some_ms(measured_ms)};
  const ht::TdscdmaNeighbour td_nmr[] = {{10080, 12, 13, -101, 140}};
  const ht::TdscdmaCell td{460, 0, 9, 2, 10080, 11, -99, 139, 500, td_nmr, measured_ms};
  CHECK(ht_sample_add_tdscdma(&samples.c, &c_td) == HT_OK);
  CHECK(samples.cpp.add(td).ok());

  // Levels that are clamped differently with and without wide_lte_range.
  const ht_lte_neighbour_t c_lte_nmr = {500, 1900, some(3), some(-150), some(-300)};
  const ht_lte_cell_t c_lte = {262,        1,          9,          some(2),
                               some(400),  some(1850), some(-150), some(-300),
                               some(1282), &c_lte_nmr, 1,          some_ms(measured_ms)};
  const ht::LteNeighbour lte_nmr[] = {{500, 1900, 3, -150, -300}};
  ht::LteCatMCell lte;
  static_cast<ht::LteCell&>(lte) = {262,  1,    9,    2,       400,        1850,
                                    -150, -300, 1282, lte_nmr, measured_ms};
  CHECK(ht_sample_add_lte(&samples.c, &c_lte) == HT_OK);
  CHECK(samples.cpp.add(static_cast<const ht::LteCell&>(lte)).ok());
  CHECK(ht_sample_add_lte_cat_m(&samples.c, &c_lte) == HT_OK);
  CHECK(samples.cpp.add(lte).ok());

  const ht_nb_iot_neighbour_t c_nb_nmr = {500, 1900, some(3), some(-150), some(25)};
  const ht_nb_iot_cell_t c_nb = {262,        1,          9,          some(2),
                                 some(400),  some(1850), some(-150), some(24),
                                 some(1282), &c_nb_nmr,  1,          some_ms(measured_ms)};
  const ht::NbIotNeighbour nb_nmr[] = {{500, 1900, 3, -150, 25}};
  const ht::NbIotCell nb{262, 1, 9, 2, 400, 1850, -150, 24, 1282, nb_nmr, measured_ms};
  CHECK(ht_sample_add_nb_iot(&samples.c, &c_nb) == HT_OK);
  CHECK(samples.cpp.add(nb).ok());

  const ht_cdma_neighbour_t c_cdma_nmr = {500, 1900, some(3), some(-100), some(7)};
  const ht_cdma_cell_t c_cdma = {1,         2,           3,          some(4),
                                 some(511), some(2047),  some(-100), some(525170365),
                                 some(5),   &c_cdma_nmr, 1,          some_ms(measured_ms)};
  const ht::CdmaNeighbour cdma_nmr[] = {{500, 1900, 3, -100, 7}};
  const ht::CdmaCell cdma{1, 2, 3, 4, 511, 2047, -100, 525170365, 5, cdma_nmr, measured_ms};
  CHECK(ht_sample_add_cdma(&samples.c, &c_cdma) == HT_OK);
  CHECK(samples.cpp.add(cdma).ok());

  CHECK(samples.c_text() == samples.cpp_text());
  CHECK(ht_sample_clamped(&samples.c) == samples.cpp.clamped());
}

TEST_CASE("Access points, beacons and sensors are the same in both languages") {
  Samples samples;
  CHECK(ht_sample_is_empty(&samples.c));
  ht_wlan_access_point_t c_point = {{0, 0x1a, 0x2b, 0x3c, 0x4d, 0x5e},
                                    some(-61),
                                    "cafe",
                                    HT_WLAN_BAND_5_GHZ,
                                    some_ms(measured_ms)};
  ht::WlanAccessPoint point{
      {0, 0x1a, 0x2b, 0x3c, 0x4d, 0x5e}, -61, "cafe", ht::WlanBand::ghz_5, measured_ms};
  CHECK(ht_sample_add_wlan(&samples.c, &c_point) == HT_OK);
  CHECK(samples.cpp.add(point).ok());
  CHECK_FALSE(ht_sample_can_be_positioned(&samples.c));
  c_point.ssid = "home_nomap";
  point.ssid = "home_nomap";
  CHECK(ht_sample_add_wlan(&samples.c, &c_point) == HT_OK);
  CHECK(samples.cpp.add(point).ok());
  CHECK(ht_sample_withheld(&samples.c) == 1);
  CHECK(ht_sample_set_country(&samples.c, 262) == HT_OK);
  CHECK(samples.cpp.set_country(262).ok());

  ht::BluetoothBeacon beacon;
  std::uint8_t bytes[20];
  for (std::uint8_t i = 0; i < 20; ++i)
    bytes[i] = i;
  beacon.rss_dbm = -70;
  std::copy_n(bytes, 6, beacon.mac.emplace().begin());
  std::copy_n(bytes, 16, beacon.eddystone_id.emplace().begin());
  std::copy_n(bytes, 20, beacon.ibeacon_id.emplace().begin());
  const ht_bluetooth_beacon_t c_beacon = {-70, bytes, bytes, bytes, {}};
  CHECK(ht_sample_add_bluetooth(&samples.c, &c_beacon) == HT_OK);
  CHECK(samples.cpp.add(beacon).ok());

  const ht_sensor_readings_t c_readings = {
      some(2150), some(5000),     some(10132500), some(1000000),  some(4500),
      some(80),   HT_SOME(false), HT_SOME(true),  HT_SOME(false), HT_SOME(true)};
  const ht::SensorReadings readings{2150, 5000,  10132500, 1000000, 4500,
                                    80,   false, true,     false,   true};
  CHECK(ht_sample_add_sensors(&samples.c, &c_readings) == HT_OK);
  CHECK(samples.cpp.add(readings).ok());

  CHECK(samples.c_text() == samples.cpp_text());
  CHECK_FALSE(ht_sample_is_empty(&samples.c));
}

TEST_CASE("What the device tells about itself is the same in both languages") {
  Samples samples;
  const ht_client_module_t c_modules[] = {{"ACME", "M1", "1.2.3"}, {"ACME", "M2", "1.2.4"}};
  const ht_home_network_t c_networks[] = {{some(262), some(1), {}, {}}};
  const std::int32_t ranges[] = {2, 4};
  const ht_client_info_t c_info = {"ACME",
                                   "T1",
                                   "fw 1",
                                   "tracker",
                                   "1.2.3",
                                   "FreeRTOS 10",
                                   c_modules,
                                   2,
                                   some_ms(100),
                                   some_ms(-7),
                                   c_networks,
                                   1,
                                   HT_SOME(true),
                                   HT_SOME(false),
                                   HT_SOME(true),
                                   HT_SOME(true),
                                   HT_SOME(false),
                                   HT_SOME(true),
                                   HT_SOME(false),
                                   ranges,
                                   2};
  const ht::ClientModule modules[] = {{"ACME", "M1", "1.2.3"}, {"ACME", "M2", "1.2.4"}};
  const ht::HomeNetwork networks[] = {{262, 1, {}, {}}};
  const ht::ClientInfo info{"ACME",  "T1", "fw 1", "tracker", "1.2.3", "FreeRTOS 10",
                            modules, 100,  -7,     networks,  true,    false,
                            true,    true, false,  true,      false,   ranges};
  ht_reported_t c_reported = {};
  ht::Reported reported;
  REQUIRE(ht_sample_set_client(&samples.c, &c_info, &c_reported) == HT_OK);
  REQUIRE(samples.cpp.set_client(info, &reported).ok());
  const ht_sim_identity_t c_sim = {"262011234567890", "89490200001234567890", "+4930123456"};
  const ht::SimIdentity sim{"262011234567890", "89490200001234567890", "+4930123456"};
  CHECK(ht_sample_set_sim(&samples.c, &c_sim, nullptr) == HT_OK);
  CHECK(samples.cpp.set_sim(sim).ok());
  CHECK(ht_sample_set_mode(&samples.c, HT_MODE_TRANSPORT) == HT_OK);
  CHECK(samples.cpp.set_mode(ht::DeviceMode::transport).ok());
  CHECK(ht_sample_set_state_version(&samples.c, 42) == HT_OK);
  CHECK(samples.cpp.set_state_version(42).ok());
  CHECK(ht_sample_set_payload(&samples.c, R"({"door": "open"})") == HT_OK);
  CHECK(samples.cpp.set_payload(R"({"door": "open"})").ok());
  CHECK(samples.c_text() == samples.cpp_text());

  SECTION("and only once, until it may be lost") {
    ht_reported_confirm(&c_reported);
    ht_sample_clear(&samples.c);
    CHECK(ht_sample_set_client(&samples.c, &c_info, &c_reported) == HT_OK);
    CHECK(samples.c_text() == "{");
    ht_reported_forget(&c_reported);
    CHECK(ht_sample_set_client(&samples.c, &c_info, &c_reported) == HT_OK);
    CHECK(samples.c_text() != "{");
  }
}

TEST_CASE("A refusal names field, value and rule as in C++") {
  Samples samples;
  ht_gsm_neighbour_t neighbours[17] = {};
  ht_gsm_cell_t cell = c_cell;
  ht::GsmCell cpp_cell;
  cpp_cell.mcc = 262;
  cpp_cell.mnc = 1;
  cpp_cell.lac = 5126;
  cpp_cell.cid = 16504;
  cell.nmr = neighbours;
  ht::GsmNeighbour cpp_neighbours[17];

  SECTION("of an item") {
    cell.nmr_count = 4;
    neighbours[3].cid = some(70000);
    cpp_neighbours[3].cid = 70000;
    cpp_cell.nmr = {cpp_neighbours, 4};
  }
  SECTION("of a list that is too long") {
    cell.nmr_count = 17;
    cpp_cell.nmr = cpp_neighbours;
  }
  CHECK(ht_sample_add_gsm(&samples.c, &cell) == HT_INVALID_VALUE);
  CHECK(samples.cpp.add(cpp_cell) == ht::Code::invalid_value);
  CHECK(samples.c_error() == samples.cpp_error());
  CHECK(samples.c_text() == "{");

  std::array<char, 10> small{};
  CHECK(std::string(ht_sample_field_error(&samples.c, memory(small))) ==
        samples.cpp_error().substr(0, 9));
}

TEST_CASE("More neighbours than the stack should hold do not fit") {
  Samples samples;
  std::vector<ht_wcdma_neighbour_t> wcdma_neighbours(33);
  ht_wcdma_cell_t wcdma = {};
  wcdma.mcc = 262;
  wcdma.nmr = wcdma_neighbours.data();
  wcdma.nmr_count = 33;
  CHECK(ht_sample_add_wcdma(&samples.c, &wcdma) == HT_BUFFER_TOO_SMALL);
  wcdma.nmr_count = 32;
  CHECK(ht_sample_add_wcdma(&samples.c, &wcdma) == HT_OK);

  std::vector<ht_tdscdma_neighbour_t> tdscdma_neighbours(33);
  ht_tdscdma_cell_t tdscdma = {};
  tdscdma.mcc = 460;
  tdscdma.nmr = tdscdma_neighbours.data();
  tdscdma.nmr_count = 33;
  CHECK(ht_sample_add_tdscdma(&samples.c, &tdscdma) == HT_BUFFER_TOO_SMALL);
  tdscdma.nmr_count = 32;
  CHECK(ht_sample_add_tdscdma(&samples.c, &tdscdma) == HT_OK);
}

TEST_CASE("A sample without a time has no JSON") {
  Samples samples;
  CHECK(ht_sample_json(&samples.c).size == 0);
  CHECK(ht_sample_set_timestamp(&samples.c, 1) == HT_INVALID_VALUE);
  REQUIRE(ht_sample_set_timestamp(&samples.c, measured_ms) == HT_OK);
  CHECK(text(ht_sample_json(&samples.c)) == R"({"timestamp":1767225600000})");
}

TEST_CASE("Restamping is the same in both languages") {
  const std::string untimed = R"({"scan":{"wlan":[{"mac":"00-1A-2B-3C-4D-5E"}]})";
  std::array<char, 200> c_into{};
  std::array<char, 200> into{};
  std::size_t c_size = 0;
  std::size_t size = 0;
  CHECK(ht_restamp({untimed.data(), untimed.size()}, measured_ms, memory(c_into), &c_size) ==
        HT_OK);
  REQUIRE(ht::restamp(untimed, measured_ms, into, size).ok());
  CHECK(std::string(c_into.data(), c_size) == std::string(into.data(), size));
}

// ---- NMEA 0183 ----

std::string sentence(const std::string& body) {
  unsigned sum = 0;
  for (const char c : body)
    sum ^= static_cast<unsigned char>(c);
  constexpr char hex[] = "0123456789ABCDEF";
  return "$" + body + "*" + hex[sum >> 4U] + hex[sum & 15U] + "\r\n";
}

TEST_CASE("The text of a receiver makes the same fixes in both languages") {
  const std::string receiver =
      sentence("GPRMC,120000,A,5231.2000,N,01324.3000,E,10.0,84.5,150326,,,A") +
      sentence("GPGGA,120000,5231.2000,N,01324.3000,E,1,08,0.9,35.0,M,42.0,M,,") +
      sentence("GPGSA,A,3,01,02,03,04,,,,,,,,,1.6,0.9,1.3") +
      "$GPGST,120000,,,,,3.0,4.0,6.0*00\r\n";
  ht_nmea_t c;
  ht_nmea_init(&c);
  ht::NmeaParser cpp;
  ht_nmea_feed(&c, receiver.data(), 10);
  ht_nmea_feed(&c, receiver.data() + 10, receiver.size() - 10);
  cpp.feed(receiver);

  ht_fix_t fix = {};
  fix.accuracy_mm = 1;
  CHECK_FALSE(ht_nmea_take_fix(&c, &fix));
  CHECK(fix.accuracy_mm == 1);
  ht_nmea_finish(&c);
  cpp.finish();
  REQUIRE(ht_nmea_take_fix(&c, &fix));
  const auto cpp_fix = cpp.take_fix();
  REQUIRE(cpp_fix);
  CHECK(fix.altaccuracy_mm.given);
  CHECK(fix.heading_cdeg.value == 8450);
  CHECK(fix.timestamp_ms.value == 1773576000000);
  CHECK(fix.floor == nullptr);
  Samples samples;
  REQUIRE(ht_sample_set_position(&samples.c, &fix) == HT_OK);
  REQUIRE(samples.cpp.set_position(*cpp_fix).ok());
  CHECK(samples.c_text() == samples.cpp_text());
  CHECK_FALSE(ht_nmea_take_fix(&c, &fix));

  const ht_nmea_stats_t stats = ht_nmea_stats(&c);
  CHECK(stats.sentences == cpp.stats().sentences);
  CHECK(stats.checksums_wrong == 1);
  CHECK(stats.fixes == 1);
}

// ---- a device in C ----

/// Hooks of a C program, made of those of a fake device.
struct CDevice {
  CDevice() {
    clock = {[](void* self) { return of(self).fake.clock.now_ms(); },
             [](void* self) { return of(self).fake.clock.boot_id(); }, this};
    entropy = {[](void* self, std::uint8_t* into, std::size_t size) {
                 return code(of(self).fake.entropy.fill({into, size}));
               },
               this};
    storage = {
        [](void* self, const char* name, std::uint8_t* into, std::size_t room, std::size_t* size) {
          return code(of(self).fake.storage.load(name, {into, room}, *size));
        },
        [](void* self, const char* name, const std::uint8_t* record, std::size_t size) {
          return code(of(self).fake.storage.store(name, {record, size}));
        },
        [](void* self, const char* name) { return code(of(self).fake.storage.erase(name)); }, this};
    transport = {&exchange, this};
    log = {[](void* self, ht_log_level_t, const char* line) {
             of(self).fake.log.write(ht::LogLevel::info, line);
           },
           this};
    config.hooks = {&clock, &entropy, &storage, &transport, &log};
    config.token = memory(token);
    config.work = memory(work);
  }

  static CDevice& of(void* self) { return *static_cast<CDevice*>(self); }
  static ht_code_t code(ht::Status status) { return static_cast<ht_code_t>(status.code()); }

  static ht_code_t exchange(void* self, const ht_http_request_t* request,
                            ht_http_response_t* response) {
    fake::Transport& transport = of(self).fake.transport;
    fake::Request seen;
    seen.line = text(request->method) + " " + text(request->target);
    seen.url = (request->tls ? "https://" : "http://") + text(request->host) + ":" +
               std::to_string(request->port);
    for (std::size_t i = 0; i < request->header_count; ++i)
      seen.headers[text(request->headers[i].name)] = text(request->headers[i].value);
    if (request->body != nullptr) {
      char piece[7];
      std::size_t size = 0;
      while ((size = request->body->read(request->body->context, seen.body.size(), piece,
                                         sizeof(piece))) > 0)
        seen.body.append(piece, size);
      CHECK(seen.body.size() == request->body->size);
    }
    transport.requests.push_back(seen);
    of(self).fake.clock.now += transport.round_trip_ms;
    const fake::Reply reply = transport.answer(seen);
    if (reply.failure != ht::Code::ok) return static_cast<ht_code_t>(reply.failure);
    ht_http_response_status(response, reply.status);
    for (const auto& [name, value] : reply.headers)
      ht_http_response_header(response, {name.data(), name.size()}, {value.data(), value.size()});
    return ht_http_response_body(response, reply.body.data(), reply.body.size())
               ? HT_OK
               : HT_RESPONSE_TOO_LARGE;
  }

  fake::Device fake;
  ht_clock_t clock{};
  ht_entropy_t entropy{};
  ht_storage_t storage{};
  ht_transport_t transport{};
  ht_log_t log{};
  ht_client_config_t config{};
  std::array<char, 2048> token{};
  std::array<char, 8192> work{};
};

// ---- asking the sources ----

/// A device with a receiver that works or not, and a modem that sees c_cell.
struct CMeasuring {
  CMeasuring() {
    sources.context = this;
    sources.position = [](void* self, ht_fix_t* fix, std::uint32_t timeout_ms) {
      auto& me = *static_cast<CMeasuring*>(self);
      ++me.asked;
      me.given_ms = timeout_ms;
      fix->lat_deg_e7 = 525170365;
      return me.position;
    };
    sources.cell = [](void*, ht_sample_t* sample, std::uint32_t) {
      return ht_sample_add_gsm(sample, &c_cell);
    };
    sources.wlan = [](void*, ht_sample_t*, std::uint32_t) { return HT_NO_DATA; };
    ht_gatherer_init(&gatherer, &sources);
  }

  ht_code_t gather() {
    ht_sample_clear(&samples.c);
    return ht_gather(&gatherer, &samples.c, &device.clock, &device.log);
  }

  CDevice device;
  Samples samples;
  ht_sources_t sources{};
  ht_gatherer_t gatherer;
  ht_code_t position = HT_OK;
  int asked = 0;
  std::uint32_t given_ms = 0;
};

TEST_CASE("A C program without a tracker gathers what its sources have") {
  CMeasuring c;
  REQUIRE(c.gather() == HT_OK);
  CHECK(c.given_ms == 10000);
  ht::Fix fix;
  fix.lat_deg_e7 = 525170365;
  REQUIRE(c.samples.cpp.set_position(fix).ok());
  Samples expected;
  REQUIRE(ht_sample_add_gsm(&expected.c, &c_cell) == HT_OK);
  CHECK(c.samples.c_text().find(c.samples.cpp_text().substr(1)) == 1);
  CHECK(c.samples.c_text().find(expected.c_text().substr(1)) != std::string::npos);

  SECTION("within the time that they have together") {
    c.sources.total_timeout_ms = 3000;
    CHECK(c.gather() == HT_OK);
    CHECK(c.given_ms == 3000);
  }
  SECTION("the others in spite of one that fails, which is then passed over") {
    c.position = HT_HOOK_FAILED;
    CHECK(c.gather() == HT_HOOK_FAILED);
    CHECK(c.samples.c_text() == expected.c_text());
    CHECK(c.device.fake.log.lines.find("position[0]: hook_failed") == 0);
    CHECK(c.asked == 2);
    CHECK(c.gather() == HT_OK);
    CHECK(c.asked == 2);
    CHECK(c.gather() == HT_HOOK_FAILED);
    CHECK(c.asked == 3);
  }
  SECTION("without asking for what the owner disabled") {
    ht::DesiredShadow desired;
    desired.disable_tracking.has_period = true;
    desired.disable_tracking.position = ht::NameSet<ht::PositionMethod>::everything();
    ht_sample_withhold(&c.samples.c, reinterpret_cast<const ht_shadow_t*>(&desired), measured_ms);
    CHECK(ht_gather(&c.gatherer, &c.samples.c, &c.device.clock, &c.device.log) == HT_OK);
    CHECK(c.asked == 1);
  }
  SECTION("also without a clock, and in silence") {
    ht_sample_clear(&c.samples.c);
    CHECK(ht_gather(&c.gatherer, &c.samples.c, nullptr, nullptr) == HT_OK);
    CHECK(c.asked == 2);
  }
}

std::string sample_at(std::int64_t ms) {
  return R"({"timestamp":)" + std::to_string(ms) + "}";
}

TEST_CASE("A client in C makes the requests of one in C++") {
  CDevice device;
  fake::Device cpp;
  ht_client_t client;
  ht_client_init(&client, &device.config, fake::device_id, fake::device_secret);
  ht::Client cpp_client({}, cpp.license, cpp.hooks(), cpp.memory());

  REQUIRE(ht_client_check(&client) == HT_OK);
  CHECK_FALSE(ht_client_server_time_ms(&client).given);
  const std::string first = sample_at(1767225600000);
  const std::string second = sample_at(1767225601000);
  const ht_text_t samples[] = {{first.data(), first.size()}, {second.data(), second.size()}};
  ht_shadow_t shadow;
  ht_shadow_init(&shadow);
  REQUIRE(ht_client_ingest(&client, samples, 2, nullptr, &shadow) == HT_OK);
  ht::DesiredShadow cpp_shadow;
  REQUIRE(cpp_client.ingest(std::array<std::string_view, 2>{first, second}, cpp_shadow).ok());

  REQUIRE(device.fake.transport.requests.size() == 3);
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(device.fake.transport.requests[i].line == cpp.transport.requests[i].line);
    CHECK(device.fake.transport.requests[i].url == cpp.transport.requests[i].url);
    CHECK(device.fake.transport.requests[i].body == cpp.transport.requests[i].body);
  }
  CHECK(device.fake.transport.requests[2].headers == cpp.transport.requests[2].headers);
  CHECK(device.fake.storage.records.count("token") == 1);
  CHECK(text(ht_shadow_json(&shadow)) == std::string(cpp_shadow.json));
  CHECK(ht_client_server_time_ms(&client).value > 0);
  CHECK(ht_client_token_life_s(&client) == cpp_client.token_life_s());

  SECTION("an asynchronous one has no answer") {
    ht_delivery_t how = {};
    how.asynchronous = true;
    CHECK(ht_client_ingest(&client, samples, 1, &how, &shadow) == HT_OK);
    CHECK(device.fake.transport.requests.back().line == "POST /v2/?async=true");
    CHECK(ht_shadow_json(&shadow).size == 0);
  }
  SECTION("a refusal comes with all that is known about it") {
    device.fake.transport.answer = [](const fake::Request&) {
      return fake::Reply{429, R"({"id":"e-1","message":"slow down"})", {{"Retry-After", "7"}}, {}};
    };
    CHECK(ht_client_ingest(&client, samples, 1, nullptr, &shadow) == HT_RATE_LIMITED);
    const ht_error_detail_t detail = ht_client_last_error(&client);
    CHECK(detail.code == HT_RATE_LIMITED);
    CHECK(detail.http_status == 429);
    CHECK(std::string(detail.id) == "e-1");
    CHECK(std::string(detail.message) == "slow down");
    CHECK(std::string(detail.request_id).size() == 36);
    CHECK(detail.retry_after_s.given);
    CHECK(detail.retry_after_s.value == 7);
  }
  SECTION("more samples than it takes at a time do not fit") {
    const std::vector<ht_text_t> many(HT_MAX_INGEST_SAMPLES + 1, samples[0]);
    CHECK(ht_client_ingest(&client, many.data(), many.size(), nullptr, &shadow) ==
          HT_BUFFER_TOO_SMALL);
  }
  SECTION("no sample is none") {
    CHECK(ht_client_ingest(&client, nullptr, 0, nullptr, &shadow) == HT_INVALID_VALUE);
  }
  SECTION("the token can be dropped") {
    ht_client_drop_token(&client);
    CHECK(ht_client_token_life_s(&client) == 0);
    CHECK(ht_client_ensure_token(&client) == HT_OK);
    CHECK(device.fake.transport.tokens == 2);
  }
  SECTION("and is wiped at the end") {
    ht_client_end(&client);
    CHECK(std::all_of(device.token.begin(), device.token.end(), [](char c) { return c == 0; }));
  }
}

TEST_CASE("A client without hooks says what is missing") {
  ht_client_config_t config = {};
  std::array<char, 2048> token{};
  std::array<char, 2048> work{};
  config.token = memory(token);
  config.work = memory(work);
  ht_client_t client;
  ht_client_init(&client, &config, fake::device_id, fake::device_secret);
  CHECK(ht_client_sync_time(&client) == HT_NOT_PROVIDED);

  config.base_url = "http://example.com";
  ht_client_init(&client, &config, fake::device_id, fake::device_secret);
  CHECK(ht_client_check(&client) == HT_INVALID_VALUE);
  std::array<char, HT_FIELD_ERROR_BYTES> error{};
  CHECK(std::string(ht_client_field_error(&client, memory(error))).rfind("base_url", 0) == 0);
}

TEST_CASE("A hook that returns what is no code has failed") {
  CDevice device;
  device.entropy.fill = [](void*, std::uint8_t*, std::size_t) {
    return static_cast<ht_code_t>(HT_SERVER_ERROR + 1);
  };
  ht_client_t client;
  ht_client_init(&client, &device.config, fake::device_id, fake::device_secret);
  CHECK(ht_client_sync_time(&client) == HT_HOOK_FAILED);
}

TEST_CASE("A licence may send through v3, and nobody asks for a device's name") {
  CDevice device;
  ht_client_t client;
  ht_client_init_v3(&client, &device.config, fake::device_id, fake::device_secret);
  const std::string sample = sample_at(1767225600000);
  const ht_text_t samples[] = {{sample.data(), sample.size()}};
  ht_shadow_t shadow;
  ht_shadow_init(&shadow);
  CHECK(ht_client_ingest(&client, samples, 1, nullptr, &shadow) == HT_OK);
  CHECK(device.fake.transport.requests.back().line == "POST /v3/");

  ht_client_init(&client, &device.config, nullptr, nullptr);
  CHECK(ht_client_check(&client) == HT_NOT_PROVIDED);
  ht_text_t json = {};
  CHECK(ht_client_health(&client, &json) == HT_OK);
  CHECK(ht_client_version(&client, &json) == HT_OK);
  CHECK(json.size != 0);
}

TEST_CASE("A gateway in C supplies its token") {
  CDevice device;
  const ht_supplied_token_t supplied = {
      [](void*, char* into, std::size_t room, std::size_t* size, std::uint32_t* life_s) {
        REQUIRE(room > 8);
        std::memcpy(into, "h1.token", 8);
        *size = 8;
        *life_s = 3600;
        return HT_OK;
      },
      nullptr};
  ht_client_t client;
  ht_client_init_gateway(&client, &device.config, &supplied);
  const std::string sample = sample_at(1767225600000);
  const ht_text_t samples[] = {{sample.data(), sample.size()}};
  ht_delivery_t how = {};
  how.id = "truck-7";
  how.app_id = "my-app-0815";
  ht_shadow_t shadow;
  ht_shadow_init(&shadow);
  CHECK(ht_client_ingest(&client, samples, 1, &how, &shadow) == HT_OK);
  const fake::Request& request = device.fake.transport.requests.back();
  CHECK(request.headers.at("Authorization") == "Bearer h1.token");
  CHECK(request.body == R"({"data":[)" + sample + R"(],"id":"truck-7","appId":"my-app-0815"})");
}

// ---- the shadow ----

constexpr const char* whole_shadow = R"({"system":{
"stateVersion":7,"lastModifiedGeofenceTimestamp":1767225600123,"timestamp":1767225600456,
"rate":{"sampleMs":1000,"sendMs":60000,"distanceM":500},"powerSave":{"sendMs":3600000},
"disableTracking":{"periods":[{"begin":1767225600000,"end":1767225700000}],
 "position":["wlan","gps","lte"],"sensors":"all"},
"sensorAlarmConfig":{"alertTemperatureCMin":-5.5,"alertTiltDegreeMax":45,"isTamperAlertEnabled":true},
"syncGeofences":1,"detectOutliers":false,"wlanConnectivityEnabled":true,
"sensorLoggingEnabled":true,"sensorLoggingTag":"a\u00e4",
"sensorLoggingConfigurations":[{"type":"gnss","samplingFrequency":500}],
"wlanConfigurations":[{"ssid":"depot","password":"correct horse","securityMode":"wpa2psk"}]},
"payload":{"color":"red"}})";

TEST_CASE("The desired shadow is the same in both languages") {
  CDevice device;
  device.fake.transport.shadow = whole_shadow;
  fake::Device cpp;
  cpp.transport.shadow = whole_shadow;
  ht_client_t client;
  ht_client_init(&client, &device.config, fake::device_id, fake::device_secret);
  ht::Client cpp_client({}, cpp.license, cpp.hooks(), cpp.memory());
  const std::string sample = sample_at(1767225600000);
  const ht_text_t samples[] = {{sample.data(), sample.size()}};
  ht_shadow_t shadow;
  ht_shadow_init(&shadow);
  REQUIRE(ht_client_ingest(&client, samples, 1, nullptr, &shadow) == HT_OK);
  ht::DesiredShadow from;
  REQUIRE(cpp_client.ingest(std::array<std::string_view, 1>{sample}, from).ok());

  const auto same = [](const auto& c, const auto& optional) {
    return c.given == optional.has_value() && (!c.given || c.value == *optional);
  };
  const ht_shadow_settings_t settings = ht_shadow_settings(&shadow);
  CHECK(same(settings.state_version, from.state_version));
  CHECK(settings.state_version.value == 7);
  CHECK(
      same(settings.last_modified_geofence_timestamp_ms, from.last_modified_geofence_timestamp_ms));
  CHECK(same(settings.timestamp_ms, from.timestamp_ms));
  CHECK(same(settings.sync_geofences, from.sync_geofences));
  CHECK(same(settings.detect_outliers, from.detect_outliers));
  CHECK(same(settings.wlan_connectivity_enabled, from.wlan_connectivity_enabled));

  const ht_rate_t rate = ht_shadow_rate(&shadow);
  CHECK(same(rate.sample_ms, from.rate.sample_ms));
  CHECK(same(rate.send_ms, from.rate.send_ms));
  CHECK(same(rate.distance_m, from.rate.distance_m));
  CHECK(same(rate.power_save_send_ms, from.power_save_send_ms));

  const ht_disable_tracking_t disable = ht_shadow_disable_tracking(&shadow);
  CHECK(disable.has_period == from.disable_tracking.has_period);
  CHECK(same(disable.begin_ms, from.disable_tracking.begin_ms));
  CHECK(same(disable.end_ms, from.disable_tracking.end_ms));
  for (unsigned method = 0; method <= HT_METHOD_GPS; ++method)
    CHECK(((disable.position >> method & 1U) != 0) ==
          from.disable_tracking.position.covers(static_cast<ht::PositionMethod>(method)));
  CHECK((disable.sensors == 0xffff) == from.disable_tracking.sensors.all());

  const ht_sensor_alarms_t alarms = ht_shadow_sensor_alarms(&shadow);
  CHECK(same(alarms.temperature_c_e2.min, from.sensor_alarms.temperature_c_e2.min));
  CHECK(alarms.temperature_c_e2.min.value == -550);
  CHECK(same(alarms.tilt_degree_e2.max, from.sensor_alarms.tilt_degree_e2.max));
  CHECK(same(alarms.is_tamper_alert_enabled, from.sensor_alarms.is_tamper_alert_enabled));

  const ht_sensor_logging_t logging = ht_shadow_sensor_logging(&shadow);
  CHECK(same(logging.enabled, from.sensor_logging_enabled));
  REQUIRE(logging.count == from.sensor_logging_configurations.size());
  for (std::size_t i = 0; i < logging.count; ++i) {
    CHECK(static_cast<int>(logging.configurations[i].type) ==
          static_cast<int>(from.sensor_logging_configurations[i].type));
    CHECK(same(logging.configurations[i].sampling_period_ms,
               from.sensor_logging_configurations[i].sampling_period_ms));
  }

  std::array<char, 200> tag{};
  CHECK(text(ht_shadow_sensor_logging_tag(&shadow, memory(tag))) == "a\xc3\xa4");
  CHECK(text(ht_shadow_payload(&shadow)) == std::string(from.payload));
  std::array<char, HT_FIELD_ERROR_BYTES> error{};
  CHECK(ht_shadow_rejected(&shadow, memory(error)) == 1);
  CHECK(std::string(error.data()).rfind("system.syncGeofences = 1: ", 0) == 0);

  ht_wlan_configurations_t c_list;
  ht_wlan_configurations_init(&c_list, &shadow);
  ht_wlan_configuration_t c_item;
  ht::WlanConfigurations list(from.wlan_configurations);
  ht::WlanConfiguration item;
  while (list.next(item)) {
    REQUIRE(ht_wlan_configurations_next(&c_list, &c_item));
    CHECK(text(c_item.ssid) == std::string(item.ssid()));
    CHECK(text(c_item.password) == std::string(item.password()));
    CHECK(c_item.is_wpa2psk == (item.security() == ht::WlanSecurity::wpa2psk));
    CHECK(c_item.ssid_is_hidden == item.ssid_is_hidden());
  }
  CHECK_FALSE(ht_wlan_configurations_next(&c_list, &c_item));
  CHECK(c_item.password.size == 0);

  SECTION("and a sample obeys it, while it applies") {
    Samples withheld;
    ht_sample_withhold(&withheld.c, &shadow, 1767225600000);
    CHECK(ht_sample_withholds_method(&withheld.c, HT_METHOD_WLAN));
    CHECK_FALSE(ht_sample_withholds_method(&withheld.c, HT_METHOD_GSM));
    CHECK(ht_sample_withholds_sensor(&withheld.c, HT_SENSOR_TEMPERATURE_C));
    ht_sample_withhold(&withheld.c, &shadow, 1767225700001);
    CHECK_FALSE(ht_sample_withholds_method(&withheld.c, HT_METHOD_WLAN));
  }
}

// ---- the queue ----

struct CQueueInRam {
  explicit CQueueInRam(const ht_queue_config_t& config = {}) {
    ht_ram_sectors_init(&ram, flash.data(), flash.size(), 4096);
    ht_queue_init(&queue, &ram.hook, table.data(), table.size(), &config);
    REQUIRE(ht_queue_clear(&queue) == HT_OK);
  }

  std::vector<std::uint8_t> flash = std::vector<std::uint8_t>(8 * 4096, 0xff);
  std::array<ht_queue_sector_t, 8> table{};
  ht_ram_sectors_t ram{};
  ht_queue_t queue{};
};

TEST_CASE("A queue in C keeps samples until they are sent") {
  CQueueInRam waiting;
  ht_queue_t* const queue = &waiting.queue;
  const std::string untimed = R"({"payload":{"n":1})";
  REQUIRE(ht_queue_append(queue, {untimed.data(), untimed.size()}, {1767225600000, 0}, "first") ==
          HT_OK);
  REQUIRE(ht_queue_append(queue, {untimed.data(), untimed.size()}, {5000, 77}, nullptr) == HT_OK);
  CHECK(ht_queue_pending(queue) == 2);
  CHECK(ht_queue_max_sample_bytes(queue) > 3000);
  REQUIRE(ht_queue_set_time_base(queue, 77, 1767225600000) == HT_OK);
  CHECK(ht_queue_set_time_base(queue, 0, 1) == HT_INVALID_VALUE);

  // What another program finds there.
  std::array<ht_queue_sector_t, 8> table{};
  ht_queue_t second;
  ht_queue_init(&second, &waiting.ram.hook, table.data(), table.size(), nullptr);
  REQUIRE(ht_queue_open(&second) == HT_OK);
  const ht_queue_stats_t stats = ht_queue_stats(&second);
  CHECK(stats.pending == 2);
  CHECK(stats.capacity_bytes == 8 * 4096);
  CHECK(stats.oldest.ms == 1767225600000);
  CHECK(stats.newest.ms == 1767225605000);
  CHECK(stats.last_id == 2);

  std::array<char, 100> into{};
  std::array<char, 20> note{};
  std::size_t size = 0;
  std::size_t note_size = 0;
  ht_sample_time_t time = {};
  REQUIRE(ht_queue_text(queue, 1, memory(into), &size, memory(note), &note_size, &time) == HT_OK);
  CHECK(std::string(into.data(), size) == untimed);
  CHECK(std::string(note.data(), note_size) == "first");
  CHECK(time.ms == 1767225600000);

  ht_queue_batch_t batch;
  REQUIRE(ht_queue_next(queue, &batch, nullptr) == HT_OK);
  const ht_queue_batch_info_t info = ht_queue_batch_info(&batch);
  CHECK(info.count == 2);
  CHECK(info.first_id == 1);
  CHECK(info.last_id == 2);
  CHECK(info.last_ms == 1767225605000);
  CHECK(info.time_known);

  CDevice device;
  ht_client_t client;
  ht_client_init(&client, &device.config, fake::device_id, fake::device_secret);
  ht_shadow_t shadow;
  ht_shadow_init(&shadow);
  const ht_body_t body = ht_queue_batch_body(&batch);
  REQUIRE(ht_client_ingest_body(&client, &body, nullptr, &shadow) == HT_OK);
  CHECK(device.fake.transport.requests.back().body ==
        R"([{"payload":{"n":1},"timestamp":1767225600000},)"
        R"({"payload":{"n":1},"timestamp":1767225605000}])");
  REQUIRE(ht_queue_release(queue, &batch, HT_FATE_DELIVERED) == HT_OK);
  CHECK(ht_queue_stats(queue).left[HT_FATE_DELIVERED] == 2);
  CHECK(ht_queue_next(queue, &batch, nullptr) == HT_NO_DATA);
  REQUIRE(ht_queue_append(queue, {"{", 1}, {1767225606000, 0}, nullptr) == HT_OK);
  CHECK(ht_queue_release_all(queue, HT_FATE_PURGED) == HT_OK);
  CHECK(ht_queue_stats(queue).left[HT_FATE_PURGED] == 1);
}

TEST_CASE("Limits of a batch leave out what they do not name") {
  CQueueInRam waiting;
  for (int i = 0; i < 5; ++i) {
    REQUIRE(ht_queue_append(&waiting.queue, {"{", 1}, {1767225600000 + i, 0}, nullptr) == HT_OK);
  }
  ht_batch_limits_t limits = {};
  limits.max_samples = 3;
  limits.first_id = 2;
  ht_queue_batch_t batch;
  REQUIRE(ht_queue_next(&waiting.queue, &batch, &limits) == HT_OK);
  CHECK(ht_queue_batch_info(&batch).first_id == 2);
  CHECK(ht_queue_batch_info(&batch).count == 3);
}

TEST_CASE("A queue without storage is not provided") {
  ht_queue_t queue;
  ht_queue_init(&queue, nullptr, nullptr, 0, nullptr);
  CHECK(ht_queue_open(&queue) == HT_NOT_PROVIDED);
}

// ---- when to try again ----

TEST_CASE("The advice after each outcome is the same in both languages") {
  ht_retry_config_t c_config = {};
  c_config.first_ms = 3000;
  ht::RetryConfig config;
  config.first_ms = 3000;
  ht_retry_t c_policy;
  ht_retry_init(&c_policy, &c_config);
  ht::RetryPolicy policy(config);
  for (int code = HT_OK; code <= HT_SERVER_ERROR; ++code) {
    const auto random = static_cast<std::uint32_t>(code) * 2654435761U;
    const ht_retry_verdict_t c =
        ht_retry_after(&c_policy, static_cast<ht_code_t>(code), {code % 2 == 0, 30}, random);
    const ht::RetryVerdict cpp =
        policy.after(static_cast<ht::Code>(code),
                     code % 2 == 0 ? std::optional<std::uint32_t>(30) : std::nullopt, random);
    INFO(ht_code_name(static_cast<ht_code_t>(code)));
    CHECK(static_cast<int>(c.advice) == static_cast<int>(cpp.advice));
    CHECK(c.wait_ms == cpp.wait_ms);
    CHECK(c.changed == cpp.changed);
    CHECK(ht_retry_failures(&c_policy) == policy.failures());
    CHECK(std::string(ht_connection_name(ht_retry_connection(&c_policy))) ==
          to_string(policy.connection()));
  }
  CHECK(ht_retry_next_report_ms(&c_policy, 60000, 5) == policy.next_report_ms(60000, 5));
}

// ---- the tracker ----

/// A C program that tracks: what it hears, and what its sources have.
struct CTracked {
  static constexpr std::size_t samples = 3;

  CTracked() {
    sources.context = this;
    sources.position = [](void*, ht_fix_t* fix, std::uint32_t) {
      fix->lat_deg_e7 = 525170365;
      fix->accuracy_mm = 5000;
      return HT_OK;
    };
    sources.cell = [](void*, ht_sample_t* sample, std::uint32_t) {
      return ht_sample_add_gsm(sample, &c_cell);
    };
    sources.wlan = [](void*, ht_sample_t*, std::uint32_t) { return HT_NO_DATA; };
    sources.sensors = [](void*, ht_sample_t* sample, std::uint32_t timeout_ms) {
      CHECK(timeout_ms == 2000);
      ht_sensor_readings_t readings = {};
      HT_SET(readings.battery_level_percent, 80);
      return ht_sample_add_sensors(sample, &readings);
    };
    sources.scan_timeout_ms = 2000;

    observer.context = this;
    observer.on_sample = [](void* self, ht_sample_t* sample) {
      CTracked& me = of(self);
      ++me.measured;
      CHECK(ht_sample_set_payload(sample, me.bad == me.measured ? R"({"bad":1})" : R"({"n":1})") ==
            HT_OK);
    };
    observer.on_queued = [](void* self) { ++of(self).queued; };
    observer.on_shadow = [](void* self, const ht_shadow_t*, const ht_shadow_t* now) {
      of(self).heard +=
          "shadow " + std::to_string(ht_shadow_settings(now).state_version.value) + "\n";
      return true;
    };
    observer.on_dropped = [](void* self, ht_fate_t fate, std::uint32_t count) {
      of(self).heard += std::string(ht_fate_name(fate)) + " " + std::to_string(count) + "\n";
    };
    observer.on_connection = [](void* self, ht_connection_t connection,
                                const ht_error_detail_t* detail) {
      of(self).heard += std::string(ht_connection_name(connection)) + " after " +
                        ht_code_name(detail->code) + "\n";
    };
    observer.on_report = [](void* self, const ht_report_t* report) {
      of(self).delivered += report->code == HT_OK ? report->samples : 0;
    };

    ht_client_init(&client, &device.config, fake::device_id, fake::device_secret);
    setup.client = &client;
    setup.queue = &waiting.queue;
    setup.quarantine = &refused.queue;
    setup.sources = &sources;
    setup.observer = &observer;
    setup.sample = memory(sample_memory);
    setup.shadow = memory(shadow_memory);
    setup.config.sample_ms = 20000;
    setup.config.send_ms = 60000;
  }

  static CTracked& of(void* self) { return *static_cast<CTracked*>(self); }

  void run_for_ms(std::int64_t duration_ms) {
    const std::int64_t end_ms = device.fake.clock.now + duration_ms;
    while (device.fake.clock.now < end_ms) {
      const std::int64_t next_ms = ht_tracker_step(&tracker);
      REQUIRE(next_ms >= 0);
      device.fake.clock.now = std::max(device.fake.clock.now, std::min(next_ms, end_ms));
    }
  }

  CDevice device;
  CQueueInRam waiting;
  CQueueInRam refused;
  ht_client_t client;
  ht_sources_t sources{};
  ht_observer_t observer{};
  ht_tracker_setup_t setup{};
  ht_tracker_t tracker;
  std::array<char, 2048> sample_memory{};
  std::array<char, 4400> shadow_memory{};
  std::uint32_t measured = 0;
  std::uint32_t queued = 0;
  std::uint32_t delivered = 0;
  std::uint32_t bad = 0;
  std::string heard;
};

TEST_CASE("A tracker in C measures, queues, sends, and tells its program") {
  CTracked tracked;
  tracked.device.fake.transport.shadow =
      R"({"system":{"stateVersion":3,"rate":{"sampleMs":10000,"sendMs":30000}}})";
  ht_tracker_init(&tracked.tracker, &tracked.setup);
  REQUIRE(ht_tracker_start(&tracked.tracker) == HT_OK);
  tracked.run_for_ms(10 * 60000);

  CHECK(tracked.measured > 30);
  CHECK(tracked.queued == tracked.measured);
  CHECK(tracked.delivered + ht_queue_pending(&tracked.waiting.queue) == tracked.queued);
  CHECK(tracked.heard.find("online after ok") != std::string::npos);
  CHECK(tracked.heard.find("shadow 3") != std::string::npos);
  const std::string& body = tracked.device.fake.transport.requests.back().body;
  CHECK(body.find(R"("batteryLevel":80)") != std::string::npos);
  CHECK(body.find(R"("cid":16504)") != std::string::npos);
  CHECK(body.find(R"("lat":52.5170365)") != std::string::npos);

  const ht_tracker_state_t state = ht_tracker_state(&tracked.tracker);
  CHECK(state.connection == HT_CONNECTION_ONLINE);
  CHECK(state.sample_ms == 10000);
  CHECK(state.send_ms == 30000);
  CHECK(state.last_success_ms.given);
  CHECK(ht_shadow_settings(ht_tracker_shadow(&tracked.tracker)).state_version.value == 3);

  const std::uint32_t before = tracked.measured;
  ht_tracker_measure_now(&tracked.tracker);
  (void)ht_tracker_step(&tracked.tracker);
  CHECK(tracked.measured == before + 1);
  const std::size_t requests = tracked.device.fake.transport.requests.size();
  ht_tracker_send_now(&tracked.tracker);
  for (int i = 0; i < 3; ++i)
    (void)ht_tracker_step(&tracked.tracker);
  CHECK(tracked.device.fake.transport.requests.size() > requests);

  ht_tracker_config_t slower = tracked.setup.config;
  slower.min_sample_ms = 40000;
  ht_tracker_set_config(&tracked.tracker, &slower);
  (void)ht_tracker_step(&tracked.tracker);
  CHECK(ht_tracker_state(&tracked.tracker).sample_ms == 40000);
}

TEST_CASE("A tracker in C sets a refused sample aside") {
  CTracked tracked;
  tracked.bad = 2;
  tracked.setup.config.restamping = &ht_restamping;
  fake::Transport& transport = tracked.device.fake.transport;
  transport.answer = [&](const fake::Request& request) {
    if (request.body.find("bad") != std::string::npos)
      return fake::Reply{400, R"({"message":"no such thing"})", {}, {}};
    return transport.healthy(request);
  };
  ht_tracker_init(&tracked.tracker, &tracked.setup);
  tracked.run_for_ms(20 * 60000);
  CHECK(ht_queue_pending(&tracked.refused.queue) == 1);
  CHECK(tracked.heard.find("quarantined 1") != std::string::npos);
}

TEST_CASE("A tracker without observer, sources and quarantine runs as well") {
  CTracked tracked;
  const ht_sources_t none = {};
  tracked.setup.sources = &none;
  tracked.setup.observer = nullptr;
  tracked.setup.quarantine = nullptr;
  ht_tracker_init(&tracked.tracker, &tracked.setup);
  tracked.run_for_ms(5 * 60000);
  CHECK(ht_tracker_state(&tracked.tracker).connection == HT_CONNECTION_ONLINE);
}

// ---- the self test ----

TEST_CASE("The self test finds the same in both languages") {
  CDevice device;
  fake::Device cpp;
  std::array<char, 1024> c_memory{};
  std::array<std::uint8_t, 1024> cpp_memory{};
  ht_self_test_t c_test = {};
  c_test.hooks = device.config.hooks;
  c_test.memory = memory(c_memory);
  ht::SelfTest test;
  test.hooks = cpp.hooks();
  test.memory = cpp_memory;

  SECTION("in hooks as they are") {}
  SECTION("in a generator that fails") {
    device.fake.entropy.broken = true;
    cpp.entropy.broken = true;
  }
  SECTION("in hooks that are not there") {
    c_test.hooks = {};
    test.hooks = {};
  }
  SECTION("in sources and sectors") {
    static ht_sources_t sources = {};
    sources.position = [](void*, ht_fix_t* fix, std::uint32_t) {
      fix->lat_deg_e7 = 2000000000;
      return HT_OK;
    };
    c_test.sources = &sources;
    static fake::Position position;
    position.fix.emplace().lat_deg_e7 = 2000000000;
    static ht::SourceSlot<ht::PositionSource> slot(position);
    static ht::Sources list;
    list.position = {&slot, 1};
    test.sources = &list;

    static const ht_sector_storage_t no_sectors = {};
    static ht::NoSectorStorage no_cpp_sectors;
    c_test.sectors = &no_sectors;
    test.sectors = &no_cpp_sectors;
  }
  CHECK(ht_self_test(&c_test) == ht::self_test(test).bits());
}

}  // namespace
