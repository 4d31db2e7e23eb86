// SPDX-License-Identifier: Apache-2.0
#include "here_tracking/telemetry.hpp"

#include "platform/linux/access_point_list.hpp"
#include "support/catch.hpp"

#include <array>
#include <string>

using here_tracking::AccessPointList;
using here_tracking::Code;
using here_tracking::HeardAccessPoint;
using here_tracking::MacAddress;
using here_tracking::Sample;
using here_tracking::Status;

namespace {

constexpr std::uint32_t max_age_ms = 30000;

MacAddress mac(std::uint8_t last) {
  return {0x00, 0x1a, 0x2b, 0x3c, 0x4d, last};
}

HeardAccessPoint heard(std::uint8_t last, std::optional<std::int32_t> powrx_dbm,
                       std::string ssid = "cafe", std::int64_t age_ms = 0) {
  return {mac(last), powrx_dbm, std::move(ssid), 2412, age_ms};
}

/// What the list gives.
struct Given {
  Given(AccessPointList& list, std::size_t bytes = 16384)
      : memory(bytes, '\0'), sample({memory.data(), memory.size()}), status(give(list)) {}

  Status give(AccessPointList& list) {
    const Status given = list.give(sample, max_age_ms);
    (void)sample.set_timestamp(1767225600000);
    const std::string json(sample.json());
    const std::size_t begin = json.find("[");
    if (begin != std::string::npos) wlan = json.substr(begin, json.find("]") - begin + 1);
    return given;
  }

  std::string memory;
  Sample sample;
  std::string wlan;
  Status status;
};

}  // namespace

TEST_CASE("access points are handed over with what is known, stronger ones first") {
  AccessPointList list;
  list.add(heard(1, -80));
  list.add(heard(2, std::nullopt));
  list.add(heard(3, -54));
  list.add({mac(4), -60, "", 5955, 0});
  const Given given(list);
  CHECK(given.status.ok());
  CHECK(given.wlan == R"([{"mac":"00:1a:2b:3c:4d:03","powrx":-54,"band":2.4},)"
                      R"({"mac":"00:1a:2b:3c:4d:04","powrx":-60},)"
                      R"({"mac":"00:1a:2b:3c:4d:01","powrx":-80,"band":2.4},)"
                      R"({"mac":"00:1a:2b:3c:4d:02","band":2.4}])");
}

TEST_CASE("what was heard too long ago is left out") {
  AccessPointList list;
  list.add(heard(1, -50, "cafe", max_age_ms + 1));
  SECTION("all of it") {
    CHECK(Given(list).status == Code::no_data);
  }
  SECTION("some of it") {
    list.add(heard(2, -60, "cafe", max_age_ms));
    CHECK(Given(list).wlan == R"([{"mac":"00:1a:2b:3c:4d:02","powrx":-60,"band":2.4}])");
  }
}

TEST_CASE("nothing in sight is no_data") {
  AccessPointList list;
  CHECK(Given(list).status == Code::no_data);
}

TEST_CASE("one that is heard under several names is one, as it was heard last") {
  AccessPointList list;
  list.add(heard(1, -40, "cafe", 20000));
  list.add(heard(1, -70, "guests", 100));
  list.add(heard(1, -50, "", 10000));
  CHECK(Given(list).wlan == R"([{"mac":"00:1a:2b:3c:4d:01","powrx":-70,"band":2.4}])");
}

TEST_CASE("whoever opts out stays out") {
  AccessPointList list;
  list.add(heard(2, -60));
  SECTION("by its name") {
    list.add(heard(1, -40, "home_nomap"));
  }
  SECTION("by one of its names, though it hides it now") {
    list.add(heard(1, -40, "", 0));
    list.add(heard(1, -45, "home_nomap", max_age_ms + 60000));
  }
  SECTION("by one of two names") {
    list.add(heard(1, -40, "home_nomap", 10));
    list.add(heard(1, -45, "guests", 0));
  }
  const Given given(list);
  CHECK(given.wlan == R"([{"mac":"00:1a:2b:3c:4d:02","powrx":-60,"band":2.4}])");
  CHECK(given.sample.withheld() == 1);
}

TEST_CASE("what is no address of a single access point is left out") {
  AccessPointList list;
  list.add({MacAddress{}, -40, "", 2412, 0});
  list.add({MacAddress{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, -40, "", 2412, 0});
  CHECK(list.size() == 0);
}

TEST_CASE("of 300 access points the strongest that have room are handed over") {
  AccessPointList list;
  for (int i = 0; i < 300; ++i) {
    HeardAccessPoint one = heard(static_cast<std::uint8_t>(i), i == 299 ? -30 : -90);
    one.mac[4] = static_cast<std::uint8_t>(i / 256);
    list.add(one);
  }
  SECTION("128, which the service takes") {
    const Given given(list);
    CHECK(given.status.ok());
    CHECK(given.sample.status().ok());
    CHECK(given.wlan.find(R"([{"mac":"00:1a:2b:3c:01:2b","powrx":-30)") == 0);
    CHECK(std::count(given.wlan.begin(), given.wlan.end(), '{') == 128);
  }
  SECTION("fewer, in a small buffer") {
    const Given given(list, 300);
    CHECK(given.status.ok());
    CHECK(given.wlan.find(R"([{"mac":"00:1a:2b:3c:01:2b","powrx":-30)") == 0);
  }
  SECTION("none, in a tiny one") {
    CHECK(Given(list, 60).status == Code::buffer_too_small);
  }
}
