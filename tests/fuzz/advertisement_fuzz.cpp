// SPDX-License-Identifier: Apache-2.0
// What Bluetooth beacons send: the first byte says as what the rest is read.
#include "advertisement.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

template <typename Id>
void check(const Id& id, const std::vector<std::uint8_t>& bytes) {
  require(std::equal(id.begin(), id.end(), bytes.begin() + 2));
}

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer calls it so
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  // Of its own size, so that a byte beyond is noticed.
  const std::vector<std::uint8_t> bytes(data + 1, data + size);
  switch (data[0] % 3) {
    case 0:
      if (const auto id = here_tracking::eddystone_uid({bytes.data(), bytes.size()}))
        check(*id, bytes);
      break;
    case 1:
      if (const auto id = here_tracking::ibeacon({bytes.data(), bytes.size()})) check(*id, bytes);
      break;
    default:
      if (const auto mac = here_tracking::parse_mac(
              {reinterpret_cast<const char*>(bytes.data()), bytes.size()})) {
        require(bytes.size() == 17 && bytes[2] == ':');
        require(here_tracking::is_random_static(*mac) == ((*mac)[0] >= 0xc0));
      }
  }
  return 0;
}
