// SPDX-License-Identifier: Apache-2.0
#include "platform/linux/advertisement.hpp"

#include "support/catch.hpp"

#include <cstdint>
#include <string>
#include <vector>

using here_tracking::EddystoneId;
using here_tracking::IBeaconId;
using here_tracking::is_random_static;
using here_tracking::MacAddress;
using here_tracking::parse_mac;

namespace {

using Bytes = std::vector<std::uint8_t>;

auto eddystone_uid(const Bytes& bytes) {
  return here_tracking::eddystone_uid({bytes.data(), bytes.size()});
}
auto ibeacon(const Bytes& bytes) {
  return here_tracking::ibeacon({bytes.data(), bytes.size()});
}

/// The frame of the specification: type, power, namespace, instance, two reserved bytes.
Bytes uid_frame() {
  return {0x00, 0xee, 0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77,
          0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff, 0x00, 0x00};
}

Bytes proximity_beacon() {
  return {0x02, 0x15, 0xf7, 0x82, 0x6d, 0xa6, 0x4f, 0xa2, 0x4e, 0x98, 0x80, 0x24,
          0xbc, 0x5b, 0x71, 0xe0, 0x89, 0x3e, 0x01, 0x02, 0xa1, 0xb2, 0xc5};
}

}  // namespace

TEST_CASE("an Eddystone-UID is namespace and instance") {
  const EddystoneId id{0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77,
                       0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff};
  Bytes frame = uid_frame();
  CHECK(eddystone_uid(frame) == id);
  frame.resize(18);
  CHECK(eddystone_uid(frame) == id);
  frame.resize(17);
  CHECK_FALSE(eddystone_uid(frame));
  CHECK_FALSE(eddystone_uid({}));
  for (const unsigned other : {0x10U, 0x20U, 0x30U, 0x40U, 0xffU}) {
    frame = uid_frame();
    frame[0] = static_cast<std::uint8_t>(other);
    CHECK_FALSE(eddystone_uid(frame));
  }
}

TEST_CASE("an iBeacon is UUID, major and minor as they stand in the advertisement") {
  const IBeaconId id{0xf7, 0x82, 0x6d, 0xa6, 0x4f, 0xa2, 0x4e, 0x98, 0x80, 0x24,
                     0xbc, 0x5b, 0x71, 0xe0, 0x89, 0x3e, 0x01, 0x02, 0xa1, 0xb2};
  Bytes data = proximity_beacon();
  CHECK(ibeacon(data) == id);
  data.pop_back();
  CHECK_FALSE(ibeacon(data));
  CHECK_FALSE(ibeacon({}));
  data = proximity_beacon();
  data[0] = 0x10;  // another service of the same company
  CHECK_FALSE(ibeacon(data));
  data = proximity_beacon();
  data[1] = 0x14;
  CHECK_FALSE(ibeacon(data));
}

TEST_CASE("an address is six bytes with colons between them") {
  CHECK(parse_mac("00:1A:7D:da:71:Ff") == MacAddress{0x00, 0x1a, 0x7d, 0xda, 0x71, 0xff});
  for (const char* const bad :
       {"", "00:1A:7D:DA:71", "00:1A:7D:DA:71:01:", "00-1A-7D-DA-71-01", "00:1A:7D:DA:71:0G",
        "0:01A:7D:DA:71:01", "00:1A:7D:DA:71: 1", "00:1A:7D:DA:71:+1"}) {
    CHECK_FALSE(parse_mac(bad));
  }
}

TEST_CASE("a random address is static by its two highest bits") {
  CHECK(is_random_static({0xc0}));
  CHECK(is_random_static({0xff}));
  CHECK_FALSE(is_random_static({0xbf}));  // reserved
  CHECK_FALSE(is_random_static({0x7f}));  // resolvable private
  CHECK_FALSE(is_random_static({0x3f}));  // non-resolvable private
}
