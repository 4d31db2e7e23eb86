// SPDX-License-Identifier: Apache-2.0
// Without D-Bus.
#include "here_tracking/platform/bluez.hpp"

#include "source_log.hpp"

namespace here_tracking {

struct BluezBeacons::State {
  SourceLog log;
};

// NOLINTNEXTLINE(performance-unnecessary-value-param): as it is with D-Bus
BluezBeacons::BluezBeacons(BluezOptions /*options*/, Log* log)
    : state_(new State{SourceLog("bluetooth", log)}) {}

BluezBeacons::~BluezBeacons() = default;

Status BluezBeacons::scan(Sample& /*sample*/, std::uint32_t /*timeout_ms*/) {
  state_->log.trouble("this program was built without D-Bus; build with HERE_TRACKING_DBUS");
  return Code::not_provided;
}

}  // namespace here_tracking
