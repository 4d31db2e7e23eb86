// SPDX-License-Identifier: Apache-2.0
#include "platform/linux/bluez_devices.hpp"

#include "support/catch.hpp"

#include <string>
#include <utility>

using here_tracking::BluetoothBeacon;
using here_tracking::BluezDevices;
using here_tracking::BusValue;
using here_tracking::MacAddress;

namespace {

constexpr const char* eddystone_service = "0000feaa-0000-1000-8000-00805f9b34fb";

BusValue device(const char* address, const char* type, std::int64_t rssi_dbm,
                BusValue::Dictionary more = {}) {
  more.push_back({"Address", BusValue(std::string(address))});
  more.push_back({"AddressType", BusValue(std::string(type))});
  more.push_back({"RSSI", BusValue(rssi_dbm)});
  return BusValue(std::move(more));
}

BusValue rssi(std::int64_t value_dbm) {
  return BusValue(BusValue::Dictionary{{"RSSI", BusValue(value_dbm)}});
}

BusValue uid(std::uint8_t last) {
  BusValue::Bytes frame(20);
  frame[17] = last;
  return BusValue(BusValue::Dictionary{{eddystone_service, BusValue(std::move(frame))}});
}

}  // namespace

TEST_CASE("a device counts when it was heard, with the mean of its strengths") {
  BluezDevices devices;
  devices.know("/a", device("00:1A:7D:DA:71:01", "public", -30));
  devices.know("/b", device("00:1A:7D:DA:71:02", "public", -30));
  CHECK(devices.beacons().empty());
  devices.hear("/b", rssi(-60));
  devices.hear("/b", rssi(-70));
  devices.hear("/b", rssi(-71));
  const auto beacons = devices.beacons();
  REQUIRE(beacons.size() == 1);
  CHECK(beacons[0].rss_dbm == -67);
  CHECK(beacons[0].mac == MacAddress{0x00, 0x1a, 0x7d, 0xda, 0x71, 0x02});
}

TEST_CASE("a strength that cannot be one is none") {
  BluezDevices devices;
  devices.hear("/a", device("00:1A:7D:DA:71:01", "public", 127));
  devices.hear("/a", rssi(21));
  devices.hear("/a", rssi(-128));
  devices.hear("/a", BusValue(BusValue::Dictionary{{"RSSI", BusValue(std::string("-60"))}}));
  CHECK(devices.beacons().empty());
  devices.hear("/a", rssi(20));
  CHECK(devices.beacons().size() == 1);
}

TEST_CASE("an address that does not last is no identity, nor is one of an unknown type") {
  BluezDevices devices;
  devices.hear("/a", device("7A:00:00:00:00:01", "random", -60));
  devices.hear("/b", device("3A:00:00:00:00:01", "random", -60));
  devices.hear("/c", device("00:1A:7D:DA:71:01", "", -60));
  CHECK(devices.beacons().empty());
  devices.hear("/d", device("DA:00:00:00:00:01", "random", -60));
  CHECK(devices.beacons().size() == 1);
  devices.hear("/a", BusValue(BusValue::Dictionary{{"ServiceData", uid(1)}}));
  const auto beacons = devices.beacons();
  REQUIRE(beacons.size() == 2);
  CHECK_FALSE(beacons[0].mac);
  CHECK(beacons[0].eddystone_id->back() == 1);
}

TEST_CASE("the newest identity holds, and another frame does not take it away") {
  BluezDevices devices;
  devices.know("/a", device("00:1A:7D:DA:71:01", "public", -60, {{"ServiceData", uid(1)}}));
  devices.hear("/a", device("00:1A:7D:DA:71:01", "public", -60, {{"ServiceData", uid(2)}}));
  devices.hear(
      "/a",
      BusValue(BusValue::Dictionary{
          {"ServiceData", BusValue(BusValue::Dictionary{
                              {eddystone_service, BusValue(BusValue::Bytes{0x20, 0x00})}})}}));
  REQUIRE(devices.beacons().size() == 1);
  CHECK(devices.beacons()[0].eddystone_id->back() == 2);
}

TEST_CASE("what goes along with this device is no beacon") {
  for (const char* const bond : {"Paired", "Connected"}) {
    BluezDevices devices;
    devices.know("/a", device("00:1A:7D:DA:71:01", "public", -60, {{bond, BusValue(true)}}));
    devices.hear("/a", rssi(-60));
    CHECK(devices.beacons().empty());
    devices.hear("/a", BusValue(BusValue::Dictionary{{bond, BusValue(false)}}));
    CHECK(devices.beacons().size() == 1);
  }
}

TEST_CASE("what answers classic inquiries is no beacon") {
  BluezDevices devices;
  devices.hear("/a", device("00:1A:7D:DA:71:01", "public", -60,
                            {{"Class", BusValue(std::int64_t{0x5a020c})}}));
  CHECK(devices.beacons().empty());
}

TEST_CASE("properties of another kind, or none, are passed over") {
  BluezDevices devices;
  devices.hear("/a", BusValue());
  devices.hear("/a", BusValue(std::int64_t{1}));
  devices.hear("/a", BusValue(BusValue::Dictionary{{"Address", BusValue(true)},
                                                   {"ServiceData", BusValue(true)},
                                                   {"RSSI", BusValue(true)}}));
  CHECK(devices.beacons().empty());
}
