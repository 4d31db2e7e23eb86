// SPDX-License-Identifier: Apache-2.0
#include "access_point_list.hpp"

#include <algorithm>
#include <limits>
#include <string_view>
#include <utility>

namespace here_tracking {

namespace {

bool opts_out(std::string_view ssid) {
  constexpr std::string_view suffix = "_nomap";
  return ssid.size() >= suffix.size() && ssid.substr(ssid.size() - suffix.size()) == suffix;
}

bool is_of_one(const MacAddress& mac) {
  return (mac[0] & 1U) == 0 &&
         std::any_of(mac.begin(), mac.end(), [](std::uint8_t byte) { return byte != 0; });
}

std::int32_t strength(const HeardAccessPoint& access_point) {
  return access_point.powrx_dbm.value_or(std::numeric_limits<std::int32_t>::min());
}

/// One that is heard under several names, the last time first.
HeardAccessPoint merged(std::vector<HeardAccessPoint>::const_iterator begin,
                        std::vector<HeardAccessPoint>::const_iterator end) {
  HeardAccessPoint one = *begin;
  const auto name =
      std::find_if(begin, end, [](const HeardAccessPoint& heard) { return opts_out(heard.ssid); });
  if (name != end) one.ssid = name->ssid;
  return one;
}

}  // namespace

void AccessPointList::add(HeardAccessPoint access_point) {
  if (is_of_one(access_point.mac)) access_points_.push_back(std::move(access_point));
}

Status AccessPointList::give(Sample& sample, std::uint32_t max_age_ms) {
  std::sort(access_points_.begin(), access_points_.end(),
            [](const HeardAccessPoint& a, const HeardAccessPoint& b) {
              if (a.mac != b.mac) return a.mac < b.mac;
              if (a.age_ms != b.age_ms) return a.age_ms < b.age_ms;
              return strength(a) > strength(b);
            });
  std::vector<HeardAccessPoint> fresh;
  for (auto begin = access_points_.cbegin(); begin != access_points_.cend();) {
    const auto end = std::find_if(begin, access_points_.cend(),
                                  [begin](const auto& heard) { return heard.mac != begin->mac; });
    if (begin->age_ms <= max_age_ms) fresh.push_back(merged(begin, end));
    begin = end;
  }
  std::stable_sort(fresh.begin(), fresh.end(),
                   [](const HeardAccessPoint& a, const HeardAccessPoint& b) {
                     return strength(a) > strength(b);
                   });

  bool any = false;
  for (const HeardAccessPoint& heard : fresh) {
    WlanAccessPoint access_point;
    access_point.mac = heard.mac;
    access_point.powrx_dbm = heard.powrx_dbm;
    access_point.ssid = heard.ssid;
    access_point.band = wlan_band(heard.frequency_mhz);
    const Status status = sample.add(access_point);
    // Nothing in it can be out of range, so this one and those behind it have no room.
    if (!status.ok()) return any ? Status() : status;
    any = true;
  }
  return any ? Status() : Status(Code::no_data);
}

}  // namespace here_tracking
