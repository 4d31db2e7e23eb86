// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bus_value.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <systemd/sd-bus.h>

namespace here_tracking {

/// Where a method or a property is.
struct BusObject {
  std::string service;    ///< A well-known name, "org.freedesktop.ModemManager1"
  std::string path;       ///< "/org/freedesktop/ModemManager1/Modem/0"
  std::string interface;  ///< "org.freedesktop.ModemManager1.Modem"
};

enum class BusFailure : std::uint8_t {
  none,
  no_bus,      ///< Cannot connect to the system bus, or it is gone
  no_service,  ///< Nobody owns the name, or its owner went away in mid-call
  timeout,     ///< No answer within the time limit
  denied,      ///< The bus or the service does not let this user
  other        ///< The service refused; `name` says why
};

/// Arguments of the answer, or why there is none.
struct BusReply {
  BusFailure failure = BusFailure::none;
  std::string name;  ///< Of the error: "org.freedesktop.DBus.Error.UnknownMethod"
  std::string text;  ///< What the service says about it, for people
  BusValue::List arguments;

  [[nodiscard]] bool ok() const { return failure == BusFailure::none; }
  /// The first argument; nothing when there is none.
  [[nodiscard]] const BusValue& value() const;
};

struct BusSignal {
  std::string path;
  std::string interface;
  std::string member;
  BusValue::List arguments;

  /// An argument, or nothing.
  [[nodiscard]] const BusValue& argument(std::size_t index) const;
};

/// A connection to the system bus (DBUS_SYSTEM_BUS_ADDRESS overrides where that is), made at the
/// first use, and anew after it broke: silently, unless there was a watch(), which is lost. For one
/// thread at a time; has no thread of its own. Each wait ends at its deadline, also when the bus or
/// the service hangs. No service is started by a call.
class Bus {
 public:
  using Time = std::chrono::steady_clock::time_point;
  /// Writes the arguments with sd_bus_message_append() and the like; returns what these return.
  using Arguments = std::function<int(sd_bus_message*)>;

  Bus() = default;
  Bus(const Bus&) = delete;
  Bus& operator=(const Bus&) = delete;

  BusReply call(const BusObject& object, const char* method, Time deadline,
                const Arguments& arguments = nullptr);

  /// org.freedesktop.DBus.Properties.Get, and GetAll, whose value is a dictionary.
  BusReply get(const BusObject& object, const char* property, Time deadline);
  BusReply get_all(const BusObject& object, Time deadline);

  /// org.freedesktop.DBus.ObjectManager.GetManagedObjects of the object `path`: a dictionary of
  /// paths, of dictionaries of interfaces, of dictionaries of properties.
  BusReply managed_objects(const std::string& service, const std::string& path, Time deadline);

  /// Whether somebody owns the name. Nothing when the bus does not say.
  std::optional<bool> is_owned(const std::string& service, Time deadline);

  /// Asks for signals from now on, by a match rule of the D-Bus specification ("type='signal',
  /// interface='...'"). It ends with the connection: ask again after a call failed with no_bus,
  /// after next_signal() left is_open() false, and after close(). Take the signals, or close(): the
  /// bus keeps those not taken.
  BusReply watch(const std::string& rule, Time deadline);

  /// The next signal; one that came while a call waited is not lost.
  /// @return nothing: the deadline came, or the connection broke (is_open() says which).
  std::optional<BusSignal> next_signal(Time deadline);

  [[nodiscard]] bool is_open() const;

  /// What is tied to the connection (watches, a BlueZ discovery, ...) ends with it.
  void close();

 private:
  struct Closer {
    void operator()(sd_bus* bus) const { sd_bus_close_unref(bus); }
  };

  int open(Time deadline);
  BusReply call_once(const BusObject& object, const char* method, Time deadline,
                     const Arguments& arguments);
  static int take_signal(sd_bus_message* message, void* self, sd_bus_error* error);

  std::optional<BusSignal> signal_;
  bool watching_ = false;
  std::unique_ptr<sd_bus, Closer> bus_;
};

/// Why there is no answer, with a remedy, for a line of the log: "ModemManager is not on the system
/// bus; sudo apt install modemmanager; sudo systemctl start ModemManager".
/// @param daemon "ModemManager"; also the name of its systemd unit when `unit` is empty.
std::string explain(const BusReply& reply, std::string_view daemon, std::string_view unit = {});

}  // namespace here_tracking
