// SPDX-License-Identifier: Apache-2.0
#include "network_manager_wlan.hpp"

#include "here_tracking/platform/linux.hpp"

#include "advertisement.hpp"
#include "daemon_scan.hpp"

#include <algorithm>
#include <string_view>

namespace here_tracking {

namespace {

using Outcome = WlanReport::Outcome;

constexpr const char* service = "org.freedesktop.NetworkManager";
constexpr const char* root_path = "/org/freedesktop/NetworkManager";
constexpr const char* device_interface = "org.freedesktop.NetworkManager.Device";
constexpr const char* wireless_interface = "org.freedesktop.NetworkManager.Device.Wireless";
constexpr const char* access_point_interface = "org.freedesktop.NetworkManager.AccessPoint";

// enum NMDeviceType, NMDeviceState, NM80211Mode
constexpr std::int64_t device_type_wifi = 2;
constexpr std::int64_t device_state_unmanaged = 10;     // somebody else's
constexpr std::int64_t device_state_disconnected = 30;  // those below cannot scan
constexpr std::int64_t mode_infrastructure = 2;

// A scan that was asked for so soon after another one is refused, and the other one as good.
constexpr std::int64_t recent_ms = 10000;

std::optional<std::int32_t> dbm_of(std::int64_t percent) {
  if (percent <= 0 || percent >= 100) return std::nullopt;
  return static_cast<std::int32_t>(-40 - ((100 - percent) * 60 + 50) / 100);
}

struct Device {
  std::string path;
  std::string interface;
  bool can_scan = false;
};

/// The one of that name, else the first one that can scan, else any.
std::optional<Device> find_device(DaemonScan& daemon, const BusValue::List& paths,
                                  const std::string& interface) {
  std::optional<Device> found;
  for (const BusValue& path : paths) {
    const BusReply reply = daemon.get_all(daemon.object(path.text(), device_interface));
    const BusValue& properties = reply.value();
    if (properties.at("DeviceType").integer() != device_type_wifi) continue;
    const std::int64_t state = properties.at("State").integer().value_or(0);
    if (state <= device_state_unmanaged) continue;
    Device device{std::string(path.text()), std::string(properties.at("Interface").text()),
                  state >= device_state_disconnected};
    if (!interface.empty() && device.interface != interface) continue;
    if (found && !device.can_scan) continue;
    found = std::move(device);
    if (found->can_scan) break;
  }
  return found;
}

/// @return why what is known is not what is in sight now; empty: it is.
std::string scan_anew(DaemonScan& daemon, const BusObject& device, DaemonScan::End& end) {
  const auto last_ms = daemon.get(device, "LastScan").value().integer();
  if (!last_ms) return "its version does not say when a scan is over";
  const std::string path_rule =
      "path='" + device.path +
      "',interface='org.freedesktop.DBus.Properties',member='PropertiesChanged'";
  BusReply reply = daemon.watch(path_rule);
  if (!reply.ok()) return daemon.failed(reply).reason;
  reply = daemon.call(device, "RequestScan", [](sd_bus_message* message) {
    return sd_bus_message_append(message, "a{sv}", 0);
  });
  if (!reply.ok()) {
    const bool is_too_soon = *last_ms > 0 && SystemClock().now_ms() - *last_ms < recent_ms;
    if (reply.failure == BusFailure::other && is_too_soon) return {};
    const bool is_busy = reply.name == std::string(device_interface) + ".NotAllowed";
    if (!is_busy) return daemon.failed(reply).reason;
  }
  end = daemon.wait([&](const BusSignal& signal) {
    const auto scanned_ms = signal.argument(1).at("LastScan").integer();
    return signal.argument(0).text() == wireless_interface && scanned_ms && scanned_ms != last_ms;
  });
  return end == DaemonScan::End::late ? "the scan took too long" : "";
}

}  // namespace

std::optional<HeardAccessPoint> NetworkManagerWlan::access_point(const BusValue& properties,
                                                                 bool connected,
                                                                 std::int64_t now_s) {
  HeardAccessPoint heard;
  const auto mac = parse_mac(properties.at("HwAddress").text());
  if (!mac) return std::nullopt;
  heard.mac = *mac;
  if (properties.at("Mode").integer().value_or(mode_infrastructure) != mode_infrastructure) {
    return std::nullopt;
  }
  const auto seen_s = properties.at("LastSeen").integer();
  if (seen_s && *seen_s < 0) return std::nullopt;
  if (seen_s) heard.age_ms = std::max<std::int64_t>(now_s - *seen_s, 0) * 1000;
  const BusValue::Bytes& ssid = properties.at("Ssid").bytes();
  if (ssid.size() <= max_ssid_bytes) heard.ssid.assign(ssid.begin(), ssid.end());
  heard.frequency_mhz = static_cast<std::uint32_t>(
      std::max<std::int64_t>(properties.at("Frequency").integer().value_or(0), 0));
  if (!connected) heard.powrx_dbm = dbm_of(properties.at("Strength").integer().value_or(0));
  return heard;
}

WlanReport NetworkManagerWlan::scan(const std::string& interface, AccessPointList& list,
                                    Time deadline) {
  DaemonScan daemon(service, name(), name(), deadline);
  WlanReport report;
  report.interface = interface;

  BusReply reply = daemon.call(daemon.object(root_path, service), "GetDevices");
  if (!reply.ok()) return daemon.failed(reply);
  const std::optional<Device> found = find_device(daemon, reply.value().list(), interface);
  if (!found) {
    report.outcome = Outcome::no_interface;
    return report;
  }
  report.interface = found->interface;
  if (!found->can_scan) {
    report.outcome = Outcome::failed;
    report.reason =
        "NetworkManager calls " + found->interface + " unavailable; nmcli radio wifi on";
    return report;
  }

  const BusObject device = daemon.object(found->path, wireless_interface);
  DaemonScan::End end = DaemonScan::End::done;
  report.reason = scan_anew(daemon, device, end);
  if (end == DaemonScan::End::gone) {
    report.outcome = Outcome::failed;
    report.reason = "NetworkManager went away while it scanned";
    return report;
  }
  const std::string connected(daemon.get(device, "ActiveAccessPoint").value().text());
  reply = daemon.call(device, "GetAllAccessPoints");
  if (!reply.ok()) return daemon.failed(reply);
  for (const BusValue& path : reply.value().list()) {
    const BusReply one = daemon.get_all(daemon.object(path.text(), access_point_interface));
    if (!one.ok() && one.failure != BusFailure::other) return daemon.failed(one);
    if (auto heard =
            access_point(one.value(), path.text() == connected, SystemClock().now_ms() / 1000)) {
      list.add(std::move(*heard));
    }
    if (daemon.is_time_up()) break;
  }
  report.outcome = Outcome::read;
  return report;
}

}  // namespace here_tracking
