// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

/// For who answers: more than a loaded machine needs.
constexpr std::uint32_t long_ms = 60000;
/// For who does not: nothing comes of it, so it is better over.
constexpr std::uint32_t short_ms = 1000;

/// A message bus of the test's own, for as long as the object lives. The environment variable
/// DBUS_SYSTEM_BUS_ADDRESS points to it.
class PrivateBus {
 public:
  /// @param rules of D-Bus's policy, in XML, for what is not allowed.
  explicit PrivateBus(const std::string& rules = {});
  ~PrivateBus();
  PrivateBus(const PrivateBus&) = delete;
  PrivateBus& operator=(const PrivateBus&) = delete;

  void stop();
  /// At the same address as before.
  void start();

  /// For files of the test; removed at the end.
  [[nodiscard]] const std::string& directory() const { return directory_; }

 private:
  std::string directory_;
  int pid_ = -1;
};

/// A daemon that a Python script in tests/support/dbus/ plays, for as long as the object lives. The
/// script makes the file that its first argument names as soon as it is ready.
class StandIn {
 public:
  StandIn(const PrivateBus& bus, const std::string& script, std::vector<std::string> arguments);
  ~StandIn();
  StandIn(const StandIn&) = delete;
  StandIn& operator=(const StandIn&) = delete;

 private:
  int pid_ = -1;
};
