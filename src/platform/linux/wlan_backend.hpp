// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "access_point_list.hpp"

#include <chrono>
#include <cstdint>
#include <string>

namespace here_tracking {

/// What came of asking one of those who know of access points.
struct WlanReport {
  enum class Outcome : std::uint8_t {
    read,          ///< It has told what it knows, which may be nothing.
    absent,        ///< It is not there.
    no_interface,  ///< It has no WLAN interface, or none of that name.
    failed         ///< It is there, and could not be read.
  };

  Outcome outcome = Outcome::absent;
  std::string interface;  ///< Where it scanned
  std::string reason;     ///< Why not, with a remedy; of `read`: what is wrong all the same
};

/// One of those who know of access points: a daemon, the kernel.
class WlanBackend {
 public:
  using Time = std::chrono::steady_clock::time_point;

  WlanBackend() = default;
  WlanBackend(const WlanBackend&) = delete;
  WlanBackend& operator=(const WlanBackend&) = delete;
  virtual ~WlanBackend() = default;

  /// For people.
  [[nodiscard]] virtual const char* name() const = 0;

  /// Lets it scan, waits for the end, adds what it knows to `list`. A scan that cannot be is no
  /// failure as long as what is known already can be read.
  /// @param interface empty: the first one.
  virtual WlanReport scan(const std::string& interface, AccessPointList& list, Time deadline) = 0;
};

}  // namespace here_tracking
