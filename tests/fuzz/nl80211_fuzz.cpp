// SPDX-License-Identifier: Apache-2.0
// The kernel's messages about WLAN: in them are the frames that access points send.
#include "nl80211_messages.hpp"

#include <array>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include <linux/netlink.h>

namespace ht = here_tracking;

namespace {

constexpr std::uint64_t now_ns = 5000000000000;

void require(bool condition) {
  if (!condition) std::abort();
}

void read(const void* message, std::size_t size) {
  if (const auto heard = ht::scan_result(message, size, now_ns)) {
    require(heard->ssid.size() <= ht::max_ssid_bytes);
    require(heard->ssid.empty() || heard->ssid.find_first_not_of('\0') != std::string::npos);
    require(heard->age_ms >= 0);
    require(!heard->powrx_dbm || (*heard->powrx_dbm >= -21474837 && *heard->powrx_dbm <= 21474837));
    ht::AccessPointList list;
    list.add(*heard);
    std::array<char, 256> memory{};
    ht::Sample sample(memory);
    const ht::Status status = list.give(sample, 30000);
    require(status.ok() || status == ht::Code::no_data);
  }
  if (const auto interface = ht::wlan_interface(message, size)) {
    require(interface->name.find('\0') == std::string::npos);
  }
  (void)ht::is_end_of_scan(message, size, 3);
}

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer calls it so
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  (void)ht::ssid_in({reinterpret_cast<const char*>(data), size});
  // Messages are aligned.
  std::vector<std::uint32_t> message(size / 4 + 1);
  std::memcpy(message.data(), data, size);
  read(message.data(), size);
  if (size < sizeof(nlmsghdr)) return 0;
  // One that says how long it is gets further.
  reinterpret_cast<nlmsghdr*>(message.data())->nlmsg_len = static_cast<std::uint32_t>(size);
  read(message.data(), size);
  return 0;
}
