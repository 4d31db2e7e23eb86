// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "access_point_list.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace here_tracking {

// What the kernel says of its WLAN interfaces: generic netlink messages of the family nl80211
// (linux/nl80211.h), with their nlmsghdr, aligned to 4 bytes. Pure.

/// The name of a network, from the information elements of a beacon or a probe response.
/// @return empty when it is hidden (no bytes, or zeros alone), missing, or malformed.
[[nodiscard]] std::string_view ssid_in(std::string_view elements);

/// An answer to NL80211_CMD_GET_SCAN.
///
/// Power is given where the driver has it in mBm; the service has whole dBm, so it is rounded. The
/// age is the greater one of NL80211_BSS_SEEN_MS_AGO, whose clock stands while the device sleeps,
/// and NL80211_BSS_LAST_SEEN_BOOTTIME, which not all drivers have.
///
/// @param now_boottime_ns of CLOCK_BOOTTIME.
/// @return nothing unless it is an access point: ad hoc networks and mesh stations move.
[[nodiscard]] std::optional<HeardAccessPoint> scan_result(const void* message, std::size_t size,
                                                          std::uint64_t now_boottime_ns);

struct Nl80211Interface {
  std::uint32_t index = 0;
  std::string name;
  bool is_station = false;  ///< It is, or may become, the client of an access point.
};

/// An answer to NL80211_CMD_GET_INTERFACE.
/// @return nothing for what has neither index nor name, as P2P devices.
[[nodiscard]] std::optional<Nl80211Interface> wlan_interface(const void* message, std::size_t size);

/// Whether a message of the multicast group "scan" says that a scan of the interface has come to
/// its end, done or aborted.
[[nodiscard]] bool is_end_of_scan(const void* message, std::size_t size, std::uint32_t index);

}  // namespace here_tracking
