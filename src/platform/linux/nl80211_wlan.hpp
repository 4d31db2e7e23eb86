// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "wlan_backend.hpp"

namespace here_tracking {

/// The kernel. To scan takes CAP_NET_ADMIN; what is left of others' scans anybody may read.
class Nl80211Wlan final : public WlanBackend {
 public:
  [[nodiscard]] const char* name() const override { return "the kernel"; }
  WlanReport scan(const std::string& interface, AccessPointList& list, Time deadline) override;
};

}  // namespace here_tracking
