// SPDX-License-Identifier: Apache-2.0
#include "platform/linux/network_manager_wlan.hpp"
#include "platform/linux/wpa_supplicant_wlan.hpp"
#include "support/catch.hpp"

#include <string>

using here_tracking::BusValue;
using here_tracking::MacAddress;
using here_tracking::NetworkManagerWlan;
using here_tracking::WpaSupplicantWlan;

namespace {

using Dictionary = BusValue::Dictionary;

BusValue number(std::int64_t value) {
  return BusValue(value);
}
BusValue text(const char* value) {
  return BusValue(std::string(value));
}
BusValue bytes(const std::string& value) {
  return BusValue(BusValue::Bytes(value.begin(), value.end()));
}

/// `properties` with `changed` in place of those of the same name, or beside them.
BusValue with(Dictionary properties, const Dictionary& changed) {
  for (const BusValue::Entry& entry : changed) {
    for (BusValue::Entry& property : properties) {
      if (property.key == entry.key) property.key.clear();
    }
    properties.push_back(entry);
  }
  return BusValue(std::move(properties));
}

BusValue bss(const Dictionary& changed = {}) {
  return with({{"BSSID", bytes({0x00, 0x1a, 0x2b, 0x3c, 0x4d, 0x5e})},
               {"SSID", bytes("cafe")},
               {"Mode", text("infrastructure")},
               {"Signal", number(-61)},
               {"Frequency", number(2437)},
               {"Age", number(3)}},
              changed);
}

BusValue nm(const Dictionary& changed = {}) {
  return with({{"HwAddress", text("00:1A:2B:3C:4D:5E")},
               {"Ssid", bytes("cafe")},
               {"Mode", number(2)},
               {"Strength", number(65)},
               {"Frequency", number(5180)},
               {"LastSeen", number(997)}},
              changed);
}

constexpr MacAddress mac = {0x00, 0x1a, 0x2b, 0x3c, 0x4d, 0x5e};

}  // namespace

TEST_CASE("wpa_supplicant's BSS") {
  const auto read = WpaSupplicantWlan::access_point;
  SECTION("is an access point") {
    const auto heard = read(bss());
    REQUIRE(heard);
    CHECK(heard->mac == mac);
    CHECK(heard->powrx_dbm == -61);
    CHECK(heard->ssid == "cafe");
    CHECK(heard->frequency_mhz == 2437);
    CHECK(heard->age_ms == 3000);
  }
  SECTION("needs but an address") {
    const auto heard = read(BusValue(Dictionary{{"BSSID", bytes("\x02\x02\x02\x02\x02\x02")}}));
    REQUIRE(heard);
    CHECK_FALSE(heard->powrx_dbm);
    CHECK(heard->age_ms == 0);
    CHECK_FALSE(read(BusValue(Dictionary{})));
    CHECK_FALSE(read(BusValue()));
    CHECK_FALSE(read(bss({{"BSSID", bytes("short")}})));
  }
  SECTION("has a name of any bytes, or hides it") {
    CHECK(read(bss({{"SSID", bytes(std::string(32, '\xff'))}}))->ssid == std::string(32, '\xff'));
    CHECK(read(bss({{"SSID", bytes("")}}))->ssid.empty());
    CHECK(read(bss({{"SSID", bytes(std::string(33, 'x'))}}))->ssid.empty());
  }
  SECTION("may have a quality of the driver's own in place of dBm") {
    CHECK_FALSE(read(bss({{"Signal", number(54)}}))->powrx_dbm);
    CHECK_FALSE(read(bss({{"Signal", number(0)}}))->powrx_dbm);
  }
  SECTION("may be an ad hoc network") {
    CHECK_FALSE(read(bss({{"Mode", text("ad-hoc")}})));
  }
}

TEST_CASE("NetworkManager's AccessPoint") {
  const auto read = [](const BusValue& properties, bool connected = false) {
    return NetworkManagerWlan::access_point(properties, connected, 1000);
  };
  SECTION("is an access point") {
    const auto heard = read(nm());
    REQUIRE(heard);
    CHECK(heard->mac == mac);
    CHECK(heard->powrx_dbm == -61);
    CHECK(heard->ssid == "cafe");
    CHECK(heard->frequency_mhz == 5180);
    CHECK(heard->age_ms == 3000);
  }
  SECTION("has dBm in its percentage, but at its ends") {
    for (int dbm = -99; dbm <= -41; ++dbm) {
      const int percent = 100 - static_cast<int>(100.0 * (-40 - dbm) / 60.0);
      CHECK(read(nm({{"Strength", number(percent)}}))->powrx_dbm == dbm);
    }
    CHECK_FALSE(read(nm({{"Strength", number(100)}}))->powrx_dbm);
    CHECK_FALSE(read(nm({{"Strength", number(0)}}))->powrx_dbm);
  }
  SECTION("has a percentage of another scale while it is connected") {
    const auto heard = read(nm(), true);
    REQUIRE(heard);
    CHECK_FALSE(heard->powrx_dbm);
  }
  SECTION("is none unless a scan found it") {
    CHECK_FALSE(read(nm({{"LastSeen", number(-1)}})));
    CHECK(read(nm({{"LastSeen", BusValue()}}))->age_ms == 0);
    CHECK(read(nm({{"LastSeen", number(1001)}}))->age_ms == 0);
  }
  SECTION("is none when it is an ad hoc network") {
    CHECK_FALSE(read(nm({{"Mode", number(1)}})));
  }
  SECTION("needs an address") {
    for (const char* const wrong : {"", "00:1A:2B:3C:4D", "00:1A:2B:3C:4D:5", "00-1A-2B-3C-4D-5E",
                                    "00:1A:2B:3C:4D:5E:6F", "0g:1A:2B:3C:4D:5E"})
      CHECK_FALSE(read(nm({{"HwAddress", text(wrong)}})));
    CHECK_FALSE(read(BusValue()));
  }
}
