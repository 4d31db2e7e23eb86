// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "here_tracking/telemetry.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace here_tracking {

constexpr std::size_t max_ssid_bytes = 32;  // IEEE 802.11

/// An access point as a driver or a daemon tells of it.
struct HeardAccessPoint {
  MacAddress mac{};                       ///< BSSID
  std::optional<std::int32_t> powrx_dbm;  ///< Only where the unit is known
  std::string ssid;                       ///< Any bytes; empty when it is hidden
  std::uint32_t frequency_mhz = 0;        ///< 0: not known
  std::int64_t age_ms = 0;                ///< Since it was last heard
};

/// The access points of one scan. Pure: no clock, no daemon.
class AccessPointList {
 public:
  /// What cannot be the address of a single access point (zero, a group address) is left out.
  ///
  /// One that is heard several times, or under several names, is one: it counts as it was heard
  /// last. But once one of its names opts out ("_nomap"), however old, none of the others opts it
  /// in again.
  void add(HeardAccessPoint access_point);

  /// Hands those that are at most `max_age_ms` old to `sample`, stronger ones first, those of
  /// unknown power last. Ends where the sample has no more room.
  /// @return ok (also when not all had room); no_data when there is none; the refusal of
  ///         Sample::add() when there was room for none.
  [[nodiscard]] Status give(Sample& sample, std::uint32_t max_age_ms);

  [[nodiscard]] std::size_t size() const { return access_points_.size(); }

 private:
  std::vector<HeardAccessPoint> access_points_;
};

}  // namespace here_tracking
