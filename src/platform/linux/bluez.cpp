// SPDX-License-Identifier: Apache-2.0
#include "here_tracking/platform/bluez.hpp"

#include "bluez_devices.hpp"
#include "bus.hpp"
#include "source_log.hpp"

#include <algorithm>
#include <chrono>
#include <string_view>
#include <utility>
#include <vector>

namespace here_tracking {

namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

const std::string service = "org.bluez";
const std::string adapter_interface = "org.bluez.Adapter1";
const std::string device_interface = "org.bluez.Device1";
constexpr std::string_view in_progress = "org.bluez.Error.InProgress";
constexpr std::string_view not_ready = "org.bluez.Error.NotReady";
constexpr const char* switched_off =
    "the adapter is switched off; sudo rfkill unblock bluetooth; bluetoothctl power on";
/// For the end of a discovery, within the time that the caller gives.
constexpr milliseconds farewell{500};

std::string why(const BusReply& reply) {
  if (reply.failure == BusFailure::denied)
    return "BlueZ does not let this user in; sudo usermod -aG bluetooth \"$USER\", and log in anew";
  if (reply.failure == BusFailure::other && reply.name == not_ready) return switched_off;
  return explain(reply, "BlueZ", "bluetooth");
}

bool begins_with(std::string_view text, std::string_view begin) {
  return text.substr(0, begin.size()) == begin;
}

}  // namespace

struct BluezBeacons::State {
  State(BluezOptions wanted, Log* lines) : options(std::move(wanted)), log("bluetooth", lines) {}

  Status fail(const std::string& reason) {
    log.trouble(reason);
    bus.close();
    return Code::hook_failed;
  }

  /// Empty, or why there is none.
  std::string choose_adapter(const BusValue& objects, std::string& adapter) const {
    bool is_there = false;
    for (const BusValue::Entry& object : objects.dictionary()) {
      const BusValue& properties = object.value.at(adapter_interface);
      const std::string name = object.key.substr(object.key.rfind('/') + 1);
      if (properties.is_nothing() || (!options.adapter.empty() && name != options.adapter))
        continue;
      is_there = true;
      if (!properties.at("Powered").boolean().value_or(false)) continue;
      adapter = object.key;
      return {};
    }
    if (is_there) return switched_off;
    const std::string what = options.adapter.empty() ? "Bluetooth adapter" : options.adapter;
    return "there is no " + what + "; see bluetoothctl list, and rfkill";
  }

  /// What a signal says; false when nothing more will come.
  bool take(const BusSignal& signal, const std::string& adapter, BluezDevices& devices) {
    if (signal.member == "InterfacesAdded") {
      const std::string path(signal.argument(0).text());
      const BusValue& device = signal.argument(1).at(device_interface);
      if (begins_with(path, adapter + "/") && !device.is_nothing()) devices.hear(path, device);
    } else if (signal.member == "PropertiesChanged") {
      if (signal.argument(0).text() == device_interface) {
        if (begins_with(signal.path, adapter + "/")) devices.hear(signal.path, signal.argument(1));
      } else if (signal.path == adapter && signal.argument(1).at("Powered").boolean() == false) {
        log.trouble(switched_off);
        return false;
      }
    } else if (signal.argument(2).text().empty()) {
      log.trouble("BlueZ went away in the midst of a scan; see journalctl -u bluetooth");
      return false;
    }
    return true;
  }

  BluezOptions options;
  SourceLog log;
  Bus bus;
};

BluezBeacons::BluezBeacons(BluezOptions options, Log* log)
    : state_(std::make_unique<State>(std::move(options), log)) {}

BluezBeacons::~BluezBeacons() = default;

Status BluezBeacons::scan(Sample& sample, std::uint32_t timeout_ms) {
  State& state = *state_;
  Bus& bus = state.bus;
  const Bus::Time deadline = steady_clock::now() + milliseconds(timeout_ms);
  for (const char* const rule :
       {"type='signal',sender='org.bluez',interface='org.freedesktop.DBus.ObjectManager',"
        "member='InterfacesAdded'",
        "type='signal',sender='org.bluez',interface='org.freedesktop.DBus.Properties',"
        "member='PropertiesChanged'",
        "type='signal',sender='org.freedesktop.DBus',interface='org.freedesktop.DBus',"
        "member='NameOwnerChanged',arg0='org.bluez'"}) {
    const BusReply watching = bus.watch(rule, deadline);
    if (!watching.ok()) return state.fail(why(watching));
  }
  const BusReply objects = bus.managed_objects(service, "/", deadline);
  if (!objects.ok()) return state.fail(why(objects));
  std::string adapter;
  const std::string no_adapter = state.choose_adapter(objects.value(), adapter);
  if (!no_adapter.empty()) return state.fail(no_adapter);

  BluezDevices devices;
  for (const BusValue::Entry& object : objects.value().dictionary()) {
    const BusValue& device = object.value.at(device_interface);
    if (begins_with(object.key, adapter + "/") && !device.is_nothing())
      devices.know(object.key, device);
  }

  const BusObject at{service, adapter, adapter_interface};
  BusReply reply = bus.call(at, "SetDiscoveryFilter", deadline, [](sd_bus_message* message) {
    return sd_bus_message_append(message, "a{sv}", 2, "Transport", "s", "le", "DuplicateData", "b",
                                 1);
  });
  if (reply.ok()) reply = bus.call(at, "StartDiscovery", deadline);
  // Somebody's discovery is on: what it hears is told to all.
  if (!reply.ok() && reply.name != in_progress) return state.fail(why(reply));

  const Bus::Time end = std::min(deadline - std::min(farewell, milliseconds(timeout_ms / 4)),
                                 steady_clock::now() + milliseconds(state.options.scan_ms));
  bool goes_on = true;
  while (goes_on) {
    const auto signal = bus.next_signal(end);
    if (!signal) break;
    goes_on = state.take(*signal, adapter, devices);
  }
  if (!bus.is_open()) {
    state.log.trouble("the system bus went away in the midst of a scan");
    goes_on = false;
  }
  if (goes_on) (void)bus.call(at, "StopDiscovery", deadline);
  bus.close();

  if (goes_on) state.log.settled();
  std::vector<BluetoothBeacon> beacons = devices.beacons();
  if (beacons.empty()) return goes_on ? Code::no_data : Code::hook_failed;
  beacons.resize(std::min(beacons.size(), Sample::max_bluetooth_beacons));
  Status first;
  for (const BluetoothBeacon& beacon : beacons) {
    const Status added = sample.add(beacon);
    if (first.ok()) first = added;
  }
  return first;
}

}  // namespace here_tracking
