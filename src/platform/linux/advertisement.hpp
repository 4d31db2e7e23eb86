// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "here_tracking/measurements.hpp"
#include "here_tracking/span.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace here_tracking {

/// The Eddystone-UID in the service data of 0xFEAA: frame type 0x00, transmit power, namespace,
/// instance, and two bytes that some beacons leave out. Nothing for another frame (URL, TLM, EID).
std::optional<EddystoneId> eddystone_uid(Span<const std::uint8_t> service_data);

/// The iBeacon in the manufacturer data of Apple, 0x004C: type 0x02, length 0x15, UUID, major,
/// minor, power. Nothing for another type.
std::optional<IBeaconId> ibeacon(Span<const std::uint8_t> manufacturer_data);

/// "00:1A:2B:3C:4D:5E". Nothing for any other text.
std::optional<MacAddress> parse_mac(std::string_view text);

/// Whether a random address stays the same until the device is started anew (Bluetooth Core
/// Specification, volume 6, part B, 1.3.2).
constexpr bool is_random_static(const MacAddress& mac) {
  return (mac[0] & 0xc0U) == 0xc0U;
}

}  // namespace here_tracking
