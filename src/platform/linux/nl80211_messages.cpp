// SPDX-License-Identifier: Apache-2.0
#include "nl80211_messages.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>

#include <linux/nl80211.h>
#include <netlink/attr.h>
#include <netlink/genl/genl.h>
#include <netlink/msg.h>

namespace here_tracking {

namespace {

constexpr std::uint8_t ssid_element = 0;
constexpr std::uint16_t capability_ess = 1;  // it belongs to an access point

template <std::size_t N>
using Attributes = std::array<nlattr*, N>;

/// Attributes of the policy are in the table only with the size that it asks for.
/// @param command of the message; 0 without one.
template <std::size_t N>
std::uint8_t parse(const void* bytes, std::size_t size, Attributes<N>& attributes,
                   const std::array<nla_policy, N>& policy) {
  // libnl changes nothing, and has no const.
  auto* const header = static_cast<nlmsghdr*>(const_cast<void*>(bytes));
  if (size > std::numeric_limits<int>::max() || nlmsg_ok(header, static_cast<int>(size)) == 0 ||
      genlmsg_valid_hdr(header, 0) == 0) {
    return 0;
  }
  auto* const message = static_cast<genlmsghdr*>(nlmsg_data(header));
  // It validates, and has no const.
  auto* const rules = const_cast<nla_policy*>(policy.data());
  if (nla_parse(attributes.data(), static_cast<int>(N) - 1, genlmsg_attrdata(message, 0),
                genlmsg_attrlen(message, 0), rules) != 0) {
    return 0;
  }
  return message->cmd;
}

constexpr nla_policy kind(std::uint16_t type) {
  nla_policy policy{};
  policy.type = type;
  return policy;
}

std::string_view bytes_of(const nlattr* attribute) {
  if (attribute == nullptr) return {};
  return {static_cast<const char*>(nla_data(attribute)),
          static_cast<std::size_t>(nla_len(attribute))};
}

std::int64_t age_ms(const Attributes<NL80211_BSS_MAX + 1>& bss, std::uint64_t now_boottime_ns) {
  std::int64_t age = 0;
  if (bss[NL80211_BSS_SEEN_MS_AGO] != nullptr) {
    age = nla_get_u32(bss[NL80211_BSS_SEEN_MS_AGO]);
  }
  if (bss[NL80211_BSS_LAST_SEEN_BOOTTIME] != nullptr) {
    const std::uint64_t then_ns = nla_get_u64(bss[NL80211_BSS_LAST_SEEN_BOOTTIME]);
    if (then_ns != 0 && then_ns < now_boottime_ns) {
      age = std::max(age, static_cast<std::int64_t>((now_boottime_ns - then_ns) / 1000000));
    }
  }
  return age;
}

/// Rounded to the nearest, halves away from zero.
std::int32_t dbm_of(std::int32_t mbm) {
  return mbm / 100 + (mbm % 100 >= 50 ? 1 : mbm % 100 <= -50 ? -1 : 0);
}

}  // namespace

std::string_view ssid_in(std::string_view elements) {
  while (elements.size() >= 2) {
    const auto id = static_cast<std::uint8_t>(elements[0]);
    const auto length = static_cast<std::uint8_t>(elements[1]);
    elements.remove_prefix(2);
    if (length > elements.size()) return {};
    if (id == ssid_element) {
      const std::string_view ssid = elements.substr(0, length);
      const bool hidden = ssid.find_first_not_of('\0') == std::string_view::npos;
      return hidden || length > max_ssid_bytes ? std::string_view() : ssid;
    }
    elements.remove_prefix(length);
  }
  return {};
}

std::optional<HeardAccessPoint> scan_result(const void* message, std::size_t size,
                                            std::uint64_t now_boottime_ns) {
  Attributes<NL80211_ATTR_BSS + 1> attributes{};
  std::array<nla_policy, NL80211_ATTR_BSS + 1> policy{};
  policy[NL80211_ATTR_BSS] = kind(NLA_NESTED);
  if (parse(message, size, attributes, policy) != NL80211_CMD_NEW_SCAN_RESULTS ||
      attributes[NL80211_ATTR_BSS] == nullptr) {
    return std::nullopt;
  }
  Attributes<NL80211_BSS_MAX + 1> bss{};
  std::array<nla_policy, NL80211_BSS_MAX + 1> bss_policy{};
  bss_policy[NL80211_BSS_FREQUENCY] = kind(NLA_U32);
  bss_policy[NL80211_BSS_CAPABILITY] = kind(NLA_U16);
  bss_policy[NL80211_BSS_SIGNAL_MBM] = kind(NLA_U32);
  bss_policy[NL80211_BSS_SEEN_MS_AGO] = kind(NLA_U32);
  bss_policy[NL80211_BSS_LAST_SEEN_BOOTTIME] = kind(NLA_U64);
  if (nla_parse_nested(bss.data(), NL80211_BSS_MAX, attributes[NL80211_ATTR_BSS],
                       bss_policy.data()) != 0) {
    return std::nullopt;
  }
  const std::string_view mac = bytes_of(bss[NL80211_BSS_BSSID]);
  if (mac.size() != sizeof(MacAddress)) return std::nullopt;
  if (bss[NL80211_BSS_CAPABILITY] != nullptr &&
      (nla_get_u16(bss[NL80211_BSS_CAPABILITY]) & capability_ess) == 0) {
    return std::nullopt;
  }

  HeardAccessPoint heard;
  std::memcpy(heard.mac.data(), mac.data(), heard.mac.size());
  if (bss[NL80211_BSS_FREQUENCY] != nullptr) {
    heard.frequency_mhz = nla_get_u32(bss[NL80211_BSS_FREQUENCY]);
  }
  if (bss[NL80211_BSS_SIGNAL_MBM] != nullptr) {
    heard.powrx_dbm = dbm_of(nla_get_s32(bss[NL80211_BSS_SIGNAL_MBM]));
  }
  // A beacon may hide the name that a probe response tells.
  heard.ssid = ssid_in(bytes_of(bss[NL80211_BSS_INFORMATION_ELEMENTS]));
  if (heard.ssid.empty()) heard.ssid = ssid_in(bytes_of(bss[NL80211_BSS_BEACON_IES]));
  heard.age_ms = age_ms(bss, now_boottime_ns);
  return heard;
}

std::optional<Nl80211Interface> wlan_interface(const void* message, std::size_t size) {
  Attributes<NL80211_ATTR_IFTYPE + 1> attributes{};
  std::array<nla_policy, NL80211_ATTR_IFTYPE + 1> policy{};
  policy[NL80211_ATTR_IFINDEX] = kind(NLA_U32);
  policy[NL80211_ATTR_IFNAME] = kind(NLA_STRING);
  policy[NL80211_ATTR_IFTYPE] = kind(NLA_U32);
  if (parse(message, size, attributes, policy) != NL80211_CMD_NEW_INTERFACE ||
      attributes[NL80211_ATTR_IFINDEX] == nullptr || attributes[NL80211_ATTR_IFNAME] == nullptr) {
    return std::nullopt;
  }
  Nl80211Interface interface;
  interface.index = nla_get_u32(attributes[NL80211_ATTR_IFINDEX]);
  const std::string_view name = bytes_of(attributes[NL80211_ATTR_IFNAME]);
  interface.name = name.substr(0, name.find('\0'));
  interface.is_station = attributes[NL80211_ATTR_IFTYPE] != nullptr &&
                         nla_get_u32(attributes[NL80211_ATTR_IFTYPE]) == NL80211_IFTYPE_STATION;
  return interface;
}

bool is_end_of_scan(const void* message, std::size_t size, std::uint32_t index) {
  Attributes<NL80211_ATTR_IFINDEX + 1> attributes{};
  std::array<nla_policy, NL80211_ATTR_IFINDEX + 1> policy{};
  policy[NL80211_ATTR_IFINDEX] = kind(NLA_U32);
  const std::uint8_t command = parse(message, size, attributes, policy);
  return (command == NL80211_CMD_NEW_SCAN_RESULTS || command == NL80211_CMD_SCAN_ABORTED) &&
         attributes[NL80211_ATTR_IFINDEX] != nullptr &&
         nla_get_u32(attributes[NL80211_ATTR_IFINDEX]) == index;
}

}  // namespace here_tracking
