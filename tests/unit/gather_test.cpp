// SPDX-License-Identifier: Apache-2.0
#include "here_tracking/gather.hpp"

#include "support/catch.hpp"
#include "support/fake_device.hpp"

#include <string>

using here_tracking::Code;
using here_tracking::Fix;
using here_tracking::Sample;
using here_tracking::Status;

namespace {

class Position final : public here_tracking::PositionSource {
 public:
  Position(Status status, std::int32_t lat_deg_e7) : status_(status), lat_deg_e7_(lat_deg_e7) {}
  Status read(Fix& fix, std::uint32_t timeout_ms) override {
    ++asked;
    given_ms = timeout_ms;
    fix.lat_deg_e7 = lat_deg_e7_;
    return status_;
  }
  int asked = 0;
  std::uint32_t given_ms = 0;

 private:
  Status status_;
  std::int32_t lat_deg_e7_;
};

class Cells final : public here_tracking::CellSource {
 public:
  explicit Cells(std::int32_t mcc) : mcc_(mcc) {}
  Status scan(Sample& sample, std::uint32_t) override {
    here_tracking::GsmCell cell;
    cell.mcc = mcc_;
    cell.lac = 1;
    return sample.add(cell);
  }

 private:
  std::int32_t mcc_;
};

class AccessPoints final : public here_tracking::WlanSource {
 public:
  Status scan(Sample& sample, std::uint32_t) override {
    return sample.add(here_tracking::WlanAccessPoint{});
  }
};

}  // namespace

TEST_CASE("The first position source with a fix is taken, the later ones are not asked") {
  Position none(Code::no_data, 1);
  Position failing(Code::hook_failed, 2);
  Position good(Code::ok, 30000000);
  Position spare(Code::ok, 4);
  here_tracking::PositionSource* const sources[] = {&none, &failing, &good, &spare};
  char buffer[256];
  Sample sample(buffer);
  fake::Log log;
  here_tracking::Sources all;
  all.position = sources;
  all.timeout_ms = 1234;
  CHECK(here_tracking::gather(all, sample, log) == Code::hook_failed);
  REQUIRE(sample.set_timestamp(2).ok());
  CHECK(sample.json() == R"({"position":{"lat":3,"lng":0,"accuracy":0},"timestamp":2})");
  CHECK(spare.asked == 0);
  CHECK(good.given_ms == 1234);
  CHECK(log.lines == "position source: hook_failed\n");
}

TEST_CASE("A source that fails keeps no other from being asked, and the failure is told") {
  Cells bad(100);
  Cells good(262);
  AccessPoints wlan;
  here_tracking::NoWlan missing;
  here_tracking::CellSource* const cells[] = {&bad, &good};
  here_tracking::WlanSource* const access_points[] = {&missing, &wlan};
  char buffer[256];
  Sample sample(buffer);
  fake::Log log;
  here_tracking::Sources all;
  all.cell = cells;
  all.wlan = access_points;
  CHECK(here_tracking::gather(all, sample, log) == Code::invalid_value);
  REQUIRE(sample.set_timestamp(2).ok());
  CHECK(sample.json() == R"({"scan":{"gsm":[{"mcc":262,"mnc":0,"lac":1,"cid":0}],)"
                         R"("wlan":[{"mac":"00:00:00:00:00:00"}]},"timestamp":2})");
  CHECK(log.lines ==
        "cell source: scan.gsm.mcc = 100: must be 200..999\nWLAN source: not_provided\n");
}

TEST_CASE("Beacons and readings join cells and access points") {
  class Beacons final : public here_tracking::BluetoothSource {
   public:
    Status scan(Sample& sample, std::uint32_t) override {
      here_tracking::BluetoothBeacon beacon;
      beacon.mac.emplace();
      return sample.add(beacon);
    }
  };
  class Sensors final : public here_tracking::SensorSource {
   public:
    explicit Sensors(std::int32_t percent) : percent_(percent) {}
    Status read(Sample& sample, std::uint32_t) override {
      here_tracking::SensorReadings readings;
      readings.battery_level_percent = percent_;
      return sample.add(readings);
    }

   private:
    std::int32_t percent_;
  };
  Beacons beacons;
  Sensors battery(100);
  Sensors broken(101);
  here_tracking::BluetoothSource* const bluetooth[] = {&beacons};
  here_tracking::SensorSource* const sensors[] = {&broken, &battery};
  here_tracking::Sources sources;
  sources.bluetooth = bluetooth;
  sources.sensors = sensors;
  char buffer[256];
  Sample sample(buffer);
  fake::Log log;
  CHECK(here_tracking::gather(sources, sample, log) == Code::invalid_value);
  CHECK(log.lines ==
        "sensor source: system.reportedSensorData.batteryLevel = 101: must be 0..100\n");
  REQUIRE(sample.set_timestamp(2).ok());
  CHECK(sample.json() == R"({"scan":{"bt":[{"mac":"00:00:00:00:00:00","rss":0}]},)"
                         R"("system":{"reportedSensorData":{"batteryLevel":100}},"timestamp":2})");
}
