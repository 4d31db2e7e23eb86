// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bus.hpp"
#include "wlan_backend.hpp"

#include <functional>
#include <string>

namespace here_tracking {

/// A scan through a daemon on D-Bus: its calls, each with a deadline of its own, so that a daemon
/// that hangs leaves time to ask another one.
class DaemonScan {
 public:
  using Time = Bus::Time;

  /// @param service its name on the bus. @param daemon for people. @param unit of systemd.
  DaemonScan(const char* service, const char* daemon, const char* unit, Time deadline);

  [[nodiscard]] BusObject object(std::string_view path, const char* interface) const;
  BusReply call(const BusObject& object, const char* method,
                const Bus::Arguments& arguments = nullptr);
  BusReply get(const BusObject& object, const char* property);
  BusReply get_all(const BusObject& object);

  /// From now on wait() sees the signals of the rule. Ends with this object.
  BusReply watch(const std::string& rule);

  enum class End : std::uint8_t { done, late, gone };
  /// Until a signal `is_end`, at most as long as there is time left to read the results after it;
  /// gone: the daemon has left the bus.
  End wait(const std::function<bool(const BusSignal&)>& is_end);

  [[nodiscard]] bool is_time_up() const;

  /// What an answer that did not come means for the scan.
  [[nodiscard]] WlanReport failed(const BusReply& reply) const;

 private:
  [[nodiscard]] Time answer_by() const;

  Bus bus_;
  std::string service_;
  const char* daemon_;
  const char* unit_;
  Time deadline_;
  std::chrono::milliseconds answer_time_;
};

}  // namespace here_tracking
