// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "here_tracking/hooks/log.hpp"
#include "here_tracking/hooks/wlan.hpp"

#include <cstdint>
#include <memory>
#include <string>

namespace here_tracking {

struct WlanScannerSettings {
  std::string interface;             ///< As `ip link` names it; empty: the first that can scan
  std::uint32_t max_age_ms = 30000;  ///< What was heard longer ago is left out
};

/// WLAN access points, from whoever has the WLAN interface.
///
/// | asked, in this order | through                               | who may let it scan     |
/// |----------------------|---------------------------------------|-------------------------|
/// | wpa_supplicant       | D-Bus, fi.w1.wpa_supplicant1          | root, and group netdev  |
/// | NetworkManager       | D-Bus, org.freedesktop.NetworkManager | whom polkit lets        |
/// | the kernel           | netlink, nl80211                      | CAP_NET_ADMIN           |
///
/// It asks them anew at each scan, so a daemon may be missing, restarted or hang: the next one in
/// the order is asked then. Who is asked but may not let scan reads what is known of scans of
/// others; from the kernel anybody may.
///
/// Power is given where it is known in dBm. wpa_supplicant and the kernel have that of most
/// drivers. NetworkManager has a percentage, made of dBm by a rule that can be inverted for
/// -99..-41; beyond, and for the access point that is connected, it is left out. The band follows
/// from the frequency; that of 6 GHz has no name in the service. No time is given, as a source does
/// not know the server's: what is sent is at most `max_age_ms` old.
///
/// Ad hoc networks and mesh stations are left out. An access point one of whose names ends in
/// "_nomap" is, too, also while it hides its name in other frames.
///
/// What the library was built without (HERE_TRACKING_DBUS, HERE_TRACKING_NL80211) is not asked.
class WlanScanner final : public WlanSource {
 public:
  /// @param log borrowed, may be nullptr; told, once a change: who scans (info), with the words
  ///        "works again" when it did not, and why somebody cannot be read or cannot scan, with
  ///        what helps (warning).
  explicit WlanScanner(WlanScannerSettings settings = {}, Log* log = nullptr);
  ~WlanScanner();

  /// A scan takes some seconds: give it 10.
  /// @return ok, also when not all had room in the sample; no_data (no access point in sight);
  ///         hook_failed (nobody could be read, there is no such interface); invalid_value or
  ///         buffer_too_small from Sample::add() when there was room for none; not_provided when
  ///         the library was built without all three.
  Status scan(Sample& sample, std::uint32_t timeout_ms) override;

 private:
  class Scanning;
  std::unique_ptr<Scanning> scanning_;
};

}  // namespace here_tracking
