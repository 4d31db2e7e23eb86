// SPDX-License-Identifier: Apache-2.0
#include "platform/linux/nl80211_messages.hpp"
#include "support/catch.hpp"

#include <cstring>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>
#include <vector>

#include <linux/nl80211.h>
#include <netlink/genl/genl.h>
#include <netlink/msg.h>

using here_tracking::HeardAccessPoint;
using here_tracking::MacAddress;

namespace {

constexpr std::uint64_t now_ns = 5000000000000;
constexpr int family = 28;
const std::string bssid = {0x02, 0x1a, 0x2b, 0x3c, 0x4d, 0x5e};

/// A message of the kernel.
class Message {
 public:
  explicit Message(std::uint8_t command) : message_(nlmsg_alloc()) {
    genlmsg_put(message_, 0, 0, family, 0, NLM_F_MULTI, command, 1);
  }
  ~Message() { nlmsg_free(message_); }
  Message(const Message&) = delete;
  Message& operator=(const Message&) = delete;

  Message& put(int type, const std::string& bytes) {
    nla_put(message_, type, static_cast<int>(bytes.size()), bytes.data());
    return *this;
  }
  Message& put_u16(int type, std::uint16_t value) {
    nla_put_u16(message_, type, value);
    return *this;
  }
  Message& put_u32(int type, std::uint32_t value) {
    nla_put_u32(message_, type, value);
    return *this;
  }
  Message& put_u64(int type, std::uint64_t value) {
    nla_put_u64(message_, type, value);
    return *this;
  }
  Message& nest(int type, const std::function<void(Message&)>& content) {
    nlattr* const begin = nla_nest_start(message_, type);
    content(*this);
    nla_nest_end(message_, begin);
    return *this;
  }

  [[nodiscard]] const nlmsghdr* header() const { return nlmsg_hdr(message_); }
  [[nodiscard]] std::size_t size() const { return header()->nlmsg_len; }

 private:
  nl_msg* message_;
};

std::optional<HeardAccessPoint> result(const Message& message) {
  return here_tracking::scan_result(message.header(), message.size(), now_ns);
}

/// Messages, one behind the other, as they came.
class Recording {
 public:
  explicit Recording(const std::string& name) {
    std::ifstream file(HERE_TRACKING_TEST_DATA "/nl80211/" + name, std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    REQUIRE_FALSE(text.empty());
    bytes_.resize(text.size() / sizeof(std::uint32_t));
    std::memcpy(bytes_.data(), text.data(), text.size());
  }

  void each(const std::function<void(const void* message, std::size_t size)>& take) const {
    for (std::size_t i = 0; i < bytes_.size();) {
      const auto* const header = reinterpret_cast<const nlmsghdr*>(&bytes_[i]);
      take(header, header->nlmsg_len);
      i += (header->nlmsg_len + sizeof(std::uint32_t) - 1) / sizeof(std::uint32_t);
    }
  }

 private:
  std::vector<std::uint32_t> bytes_;  // for their alignment
};

std::string element(int id, const std::string& content) {
  return std::string{static_cast<char>(id), static_cast<char>(content.size())} + content;
}

/// An access point with what `more` adds.
std::optional<HeardAccessPoint> bss(const std::function<void(Message&)>& more) {
  Message message(NL80211_CMD_NEW_SCAN_RESULTS);
  message.put_u32(NL80211_ATTR_IFINDEX, 3).nest(NL80211_ATTR_BSS, [&](Message& inner) {
    inner.put(NL80211_BSS_BSSID, bssid);
    more(inner);
  });
  return result(message);
}

}  // namespace

TEST_CASE("messages of Linux 6.1, recorded with nlmon from mac80211_hwsim and hostapd") {
  SECTION("access points") {
    // When they were recorded, of CLOCK_BOOTTIME.
    constexpr std::uint64_t recorded_ns = 18100000000;
    const Recording recording("scan_results.bin");
    std::vector<HeardAccessPoint> heard;
    recording.each([&](const void* message, std::size_t size) {
      const auto one = here_tracking::scan_result(message, size, recorded_ns);
      REQUIRE(one);
      heard.push_back(*one);
    });
    REQUIRE(heard.size() == 3);
    CHECK(heard[0].mac == MacAddress{0x02, 0x00, 0x00, 0x00, 0x01, 0x00});
    CHECK(heard[0].ssid == "cafe");
    CHECK(heard[0].frequency_mhz == 2412);
    CHECK(heard[0].powrx_dbm == -30);
    CHECK(heard[0].age_ms == 789);
    CHECK(heard[1].ssid.size() == 32);
    CHECK(heard[1].ssid.substr(0, 3) == std::string("\x00\xff\x5c", 3));
    CHECK(heard[1].frequency_mhz == 2422);
    CHECK(heard[2].ssid == "home_nomap");
    CHECK(heard[2].frequency_mhz == 2437);
  }
  SECTION("interfaces") {
    const Recording recording("interfaces.bin");
    std::string text;
    recording.each([&](const void* message, std::size_t size) {
      const auto interface = here_tracking::wlan_interface(message, size);
      REQUIRE(interface);
      text += std::to_string(interface->index) + " " + interface->name +
              (interface->is_station ? " station\n" : "\n");
    });
    CHECK(text == "6 wlan4\n5 wlan3\n4 wlan2\n3 wlan1\n2 wlan0 station\n");
  }
  SECTION("the end of a scan") {
    const auto ends = [](const char* file, std::uint32_t index) {
      bool any = false;
      Recording(file).each([&](const void* message, std::size_t size) {
        any = any || here_tracking::is_end_of_scan(message, size, index);
      });
      return any;
    };
    CHECK(ends("scan_ended.bin", 2));
    CHECK_FALSE(ends("scan_ended.bin", 3));
    CHECK_FALSE(ends("scan_started.bin", 2));
  }
}

TEST_CASE("a scan result tells of an access point") {
  const auto heard = bss([](Message& inner) {
    inner.put_u32(NL80211_BSS_FREQUENCY, 5180)
        .put_u16(NL80211_BSS_BEACON_INTERVAL, 100)
        .put_u16(NL80211_BSS_CAPABILITY, 0x0411)
        .put(NL80211_BSS_INFORMATION_ELEMENTS, element(0, "cafe") + element(1, "\x82\x84"))
        .put_u32(NL80211_BSS_SIGNAL_MBM, static_cast<std::uint32_t>(-6149))
        .put_u32(NL80211_BSS_SEEN_MS_AGO, 1240);
  });
  REQUIRE(heard);
  CHECK(heard->mac == MacAddress{0x02, 0x1a, 0x2b, 0x3c, 0x4d, 0x5e});
  CHECK(heard->powrx_dbm == -61);
  CHECK(heard->ssid == "cafe");
  CHECK(heard->frequency_mhz == 5180);
  CHECK(heard->age_ms == 1240);
}

TEST_CASE("all but the address may be missing") {
  const auto heard = bss([](Message&) {});
  REQUIRE(heard);
  CHECK_FALSE(heard->powrx_dbm);
  CHECK(heard->ssid.empty());
  CHECK(heard->frequency_mhz == 0);
  CHECK(heard->age_ms == 0);
}

TEST_CASE("mBm are rounded to dBm") {
  for (const auto& [mbm, dbm] : {std::pair{-6150, -62},
                                 {-6149, -61},
                                 {-6100, -61},
                                 {-6050, -61},
                                 {-6049, -60},
                                 {0, 0},
                                 {149, 1},
                                 {150, 2}}) {
    const auto heard = bss([mbm = mbm](Message& inner) {
      inner.put_u32(NL80211_BSS_SIGNAL_MBM, static_cast<std::uint32_t>(mbm));
    });
    REQUIRE(heard);
    CHECK(heard->powrx_dbm == dbm);
  }
}

TEST_CASE("a signal of unknown unit is none") {
  const auto heard = bss([](Message& inner) { inner.put(NL80211_BSS_SIGNAL_UNSPEC, "\x4b"); });
  REQUIRE(heard);
  CHECK_FALSE(heard->powrx_dbm);
}

TEST_CASE("the age is the greater one, as one of the clocks stands during sleep") {
  const auto age_ms = [](std::uint32_t seen_ms_ago, std::uint64_t last_seen_ns) {
    const auto heard = bss([&](Message& inner) {
      inner.put_u32(NL80211_BSS_SEEN_MS_AGO, seen_ms_ago)
          .put_u64(NL80211_BSS_LAST_SEEN_BOOTTIME, last_seen_ns);
    });
    return heard ? heard->age_ms : -1;
  };
  CHECK(age_ms(500, now_ns - 3600000000000) == 3600000);
  CHECK(age_ms(7000, now_ns - 6900000000) == 7000);
  CHECK(age_ms(500, 0) == 500);
  CHECK(age_ms(500, now_ns + 1) == 500);
}

TEST_CASE("the name") {
  using here_tracking::ssid_in;
  SECTION("is up to 32 bytes of any value") {
    std::string all;
    for (int i = 0; i < 32; ++i)
      all.push_back(static_cast<char>(i * 8));
    CHECK(ssid_in(element(1, "rates") + element(0, all)) == all);
  }
  SECTION("is hidden without bytes, or by zeros") {
    CHECK(ssid_in(element(0, "")).empty());
    CHECK(ssid_in(element(0, std::string(5, '\0'))).empty());
  }
  SECTION("is none where there is no such element, or it is malformed") {
    CHECK(ssid_in("").empty());
    CHECK(ssid_in(element(1, "rates")).empty());
    CHECK(ssid_in(element(0, std::string(33, 'x'))).empty());
    CHECK(ssid_in(element(0, "cut off").substr(0, 6)).empty());
    CHECK(ssid_in(std::string(1, '\0')).empty());
  }
  SECTION("is told by a probe response though beacons hide it, and the other way round") {
    const auto both = [](const std::string& response, const std::string& beacon) {
      const auto heard = bss([&](Message& inner) {
        inner.put(NL80211_BSS_INFORMATION_ELEMENTS, element(0, response))
            .put(NL80211_BSS_BEACON_IES, element(0, beacon));
      });
      return heard ? heard->ssid : "nothing";
    };
    CHECK(both("home_nomap", "") == "home_nomap");
    CHECK(both("", "home_nomap") == "home_nomap");
  }
}

TEST_CASE("what is no access point is nothing") {
  SECTION("an ad hoc network") {
    CHECK_FALSE(bss([](Message& inner) { inner.put_u16(NL80211_BSS_CAPABILITY, 0x0002); }));
  }
  SECTION("a mesh station") {
    CHECK_FALSE(bss([](Message& inner) { inner.put_u16(NL80211_BSS_CAPABILITY, 0x0000); }));
  }
  SECTION("another message") {
    Message message(NL80211_CMD_NEW_INTERFACE);
    message.nest(NL80211_ATTR_BSS, [](Message& inner) { inner.put(NL80211_BSS_BSSID, bssid); });
    CHECK_FALSE(result(message));
  }
  SECTION("no BSS") {
    CHECK_FALSE(result(Message(NL80211_CMD_NEW_SCAN_RESULTS)));
  }
  SECTION("an address of another length") {
    Message message(NL80211_CMD_NEW_SCAN_RESULTS);
    message.nest(NL80211_ATTR_BSS, [](Message& inner) { inner.put(NL80211_BSS_BSSID, "short"); });
    CHECK_FALSE(result(message));
  }
  SECTION("a field of another length") {
    CHECK_FALSE(bss([](Message& inner) { inner.put_u16(NL80211_BSS_FREQUENCY, 2412); }));
  }
  SECTION("a message that is cut off") {
    Message message(NL80211_CMD_NEW_SCAN_RESULTS);
    message.nest(NL80211_ATTR_BSS, [](Message& inner) { inner.put(NL80211_BSS_BSSID, bssid); });
    REQUIRE(result(message));
    for (std::size_t size = 0; size < message.size(); ++size)
      CHECK_FALSE(here_tracking::scan_result(message.header(), size, now_ns));
  }
}

TEST_CASE("interfaces") {
  Message message(NL80211_CMD_NEW_INTERFACE);
  const auto read = [&] { return here_tracking::wlan_interface(message.header(), message.size()); };
  SECTION("a client") {
    message.put_u32(NL80211_ATTR_IFINDEX, 7)
        .put(NL80211_ATTR_IFNAME, std::string("wlan0") + '\0')
        .put_u32(NL80211_ATTR_IFTYPE, NL80211_IFTYPE_STATION);
    const auto interface = read();
    REQUIRE(interface);
    CHECK(interface->index == 7);
    CHECK(interface->name == "wlan0");
    CHECK(interface->is_station);
  }
  SECTION("an access point of our own") {
    message.put_u32(NL80211_ATTR_IFINDEX, 8)
        .put(NL80211_ATTR_IFNAME, std::string("wlan1") + '\0')
        .put_u32(NL80211_ATTR_IFTYPE, NL80211_IFTYPE_AP);
    const auto interface = read();
    REQUIRE(interface);
    CHECK_FALSE(interface->is_station);
  }
  SECTION("a P2P device, which has no name") {
    message.put_u32(NL80211_ATTR_IFTYPE, NL80211_IFTYPE_P2P_DEVICE);
    CHECK_FALSE(read());
  }
}

TEST_CASE("the end of a scan") {
  const auto ends = [](std::uint8_t command, std::uint32_t index) {
    Message message(command);
    message.put_u32(NL80211_ATTR_WIPHY, 0).put_u32(NL80211_ATTR_IFINDEX, index);
    return here_tracking::is_end_of_scan(message.header(), message.size(), 3);
  };
  CHECK(ends(NL80211_CMD_NEW_SCAN_RESULTS, 3));
  CHECK(ends(NL80211_CMD_SCAN_ABORTED, 3));
  CHECK_FALSE(ends(NL80211_CMD_TRIGGER_SCAN, 3));
  CHECK_FALSE(ends(NL80211_CMD_NEW_SCAN_RESULTS, 4));
  const Message nothing(NL80211_CMD_NEW_SCAN_RESULTS);
  CHECK_FALSE(here_tracking::is_end_of_scan(nothing.header(), nothing.size(), 3));
}
