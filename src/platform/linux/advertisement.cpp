// SPDX-License-Identifier: Apache-2.0
#include "advertisement.hpp"

#include "core/text.hpp"

#include <algorithm>

namespace here_tracking {

namespace {

constexpr std::uint8_t uid_frame = 0x00;
constexpr std::size_t uid_at = 2;
constexpr std::uint8_t proximity_beacon = 0x02;
constexpr std::uint8_t proximity_bytes = 0x15;  // UUID, major, minor, power

}  // namespace

std::optional<EddystoneId> eddystone_uid(Span<const std::uint8_t> service_data) {
  EddystoneId id{};
  if (service_data.size() < uid_at + id.size() || service_data[0] != uid_frame) return std::nullopt;
  std::copy_n(service_data.data() + uid_at, id.size(), id.data());
  return id;
}

std::optional<IBeaconId> ibeacon(Span<const std::uint8_t> manufacturer_data) {
  if (manufacturer_data.size() < 2U + proximity_bytes || manufacturer_data[0] != proximity_beacon ||
      manufacturer_data[1] != proximity_bytes) {
    return std::nullopt;
  }
  IBeaconId id{};
  std::copy_n(manufacturer_data.data() + 2, id.size(), id.data());
  return id;
}

std::optional<MacAddress> parse_mac(std::string_view text) {
  MacAddress mac{};
  if (text.size() != mac.size() * 3 - 1) return std::nullopt;
  for (std::size_t i = 0; i < mac.size(); ++i) {
    const int high = hex_value(text[i * 3]);
    const int low = hex_value(text[i * 3 + 1]);
    if (high < 0 || low < 0 || (i != 0 && text[i * 3 - 1] != ':')) return std::nullopt;
    mac[i] = static_cast<std::uint8_t>(high * 16 + low);
  }
  return mac;
}

}  // namespace here_tracking
