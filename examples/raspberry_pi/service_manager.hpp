// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "settings.hpp"

#include <cstdint>
#include <string>

namespace here_tracking::cli {

/// Tells systemd how a service gets on: the protocol of sd_notify(3), whose manual promises that it
/// stays as it is and may be spoken without the library. So a build without libsystemd is no worse
/// a service. Where nobody asked, nothing is sent; what cannot be sent is nobody's loss.
class ServiceManager {
 public:
  /// @param environment NOTIFY_SOCKET, WATCHDOG_USEC, WATCHDOG_PID.
  explicit ServiceManager(const Environment& environment);
  ~ServiceManager();
  ServiceManager(const ServiceManager&) = delete;
  ServiceManager& operator=(const ServiceManager&) = delete;

  /// The service is up, or has read its configuration anew.
  void ready();
  void reloading();
  void stopping();

  /// There was progress. To be called again within max_pause_ms(), else the service is started
  /// anew.
  /// @param status one line; told when it is another one than before.
  void alive(const std::string& status);

  /// Half of what the watchdog allows.
  [[nodiscard]] std::int64_t max_pause_ms() const { return max_pause_ms_; }

 private:
  void send(const std::string& message) const;

  int fd_ = -1;
  std::string address_;
  std::int64_t max_pause_ms_;
  bool has_watchdog_ = false;
  std::string status_;
};

/// Whether systemd's journal reads what is written to the descriptor.
/// @param environment JOURNAL_STREAM.
[[nodiscard]] bool is_journal(int fd, const Environment& environment);

}  // namespace here_tracking::cli
