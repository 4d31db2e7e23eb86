// SPDX-License-Identifier: Apache-2.0
#include "wpa_supplicant_wlan.hpp"

#include "daemon_scan.hpp"

#include <algorithm>

namespace here_tracking {

namespace {

using Outcome = WlanReport::Outcome;

constexpr const char* service = "fi.w1.wpa_supplicant1";
constexpr const char* root_path = "/fi/w1/wpa_supplicant1";
constexpr const char* interface_interface = "fi.w1.wpa_supplicant1.Interface";
constexpr const char* bss_interface = "fi.w1.wpa_supplicant1.BSS";
constexpr std::int64_t longest_age_s = 1000000000;  // in milliseconds still an std::int64_t

int append_scan_options(sd_bus_message* message) {
  return sd_bus_message_append(message, "a{sv}", 1, "Type", "s", "active");
}

/// Reads what is known. @return false: it does not answer any more.
bool read_all(DaemonScan& daemon, const BusValue::List& paths, AccessPointList& list,
              BusReply& failure) {
  for (const BusValue& path : paths) {
    const BusReply bss = daemon.get_all(daemon.object(path.text(), bss_interface));
    if (bss.ok()) {
      if (auto heard = WpaSupplicantWlan::access_point(bss.value())) list.add(std::move(*heard));
    } else if (bss.failure != BusFailure::other) {  // that one would have expired meanwhile
      failure = bss;
      return false;
    }
    if (daemon.is_time_up()) break;
  }
  return true;
}

}  // namespace

std::optional<HeardAccessPoint> WpaSupplicantWlan::access_point(const BusValue& bss) {
  HeardAccessPoint heard;
  const BusValue::Bytes& bssid = bss.at("BSSID").bytes();
  if (bssid.size() != heard.mac.size()) return std::nullopt;
  const std::string_view mode = bss.at("Mode").text();
  if (!mode.empty() && mode != "infrastructure") return std::nullopt;
  std::copy(bssid.begin(), bssid.end(), heard.mac.begin());
  const BusValue::Bytes& ssid = bss.at("SSID").bytes();
  if (ssid.size() <= max_ssid_bytes) heard.ssid.assign(ssid.begin(), ssid.end());
  const auto signal = bss.at("Signal").integer();
  if (signal && *signal < 0) heard.powrx_dbm = static_cast<std::int32_t>(*signal);
  heard.frequency_mhz = static_cast<std::uint32_t>(
      std::max<std::int64_t>(bss.at("Frequency").integer().value_or(0), 0));
  const std::int64_t age_s = bss.at("Age").integer().value_or(0);
  heard.age_ms = std::clamp<std::int64_t>(age_s, 0, longest_age_s) * 1000;
  return heard;
}

WlanReport WpaSupplicantWlan::scan(const std::string& interface, AccessPointList& list,
                                   Time deadline) {
  DaemonScan daemon(service, name(), name(), deadline);
  WlanReport report;
  report.interface = interface;

  std::string path;
  const BusObject root = daemon.object(root_path, service);
  BusReply reply;
  if (interface.empty()) {
    reply = daemon.get(root, "Interfaces");
    path = reply.value().at(0).text();
  } else {
    reply = daemon.call(root, "GetInterface", [&interface](sd_bus_message* message) {
      return sd_bus_message_append(message, "s", interface.c_str());
    });
    path = reply.value().text();
  }
  if (!reply.ok() && reply.failure != BusFailure::other) return daemon.failed(reply);
  if (path.empty()) {
    report.outcome = Outcome::no_interface;
    return report;
  }
  const BusObject object = daemon.object(path, interface_interface);
  reply = daemon.get(object, "Ifname");
  if (!reply.ok()) return daemon.failed(reply);
  report.interface = reply.value().text();

  reply =
      daemon.watch("path='" + path + "',interface='" + interface_interface + "',member='ScanDone'");
  if (!reply.ok()) return daemon.failed(reply);
  reply = daemon.call(object, "Scan", append_scan_options);
  const std::string busy = std::string(interface_interface) + ".ScanError";
  if (reply.ok() || reply.name == busy) {
    const DaemonScan::End end = daemon.wait([&](const BusSignal& signal) {
      if (signal.argument(0).boolean() == false) report.reason = "the scan failed";
      return true;
    });
    if (end == DaemonScan::End::late) report.reason = "the scan took too long";
    if (end == DaemonScan::End::gone) {
      report.outcome = Outcome::failed;
      report.reason = "wpa_supplicant went away while it scanned";
      return report;
    }
  } else if (reply.failure == BusFailure::other || reply.failure == BusFailure::denied) {
    report.reason = daemon.failed(reply).reason;
  } else {
    return daemon.failed(reply);
  }

  reply = daemon.get(object, "BSSs");
  if (!reply.ok()) return daemon.failed(reply);
  BusReply failure;
  if (!read_all(daemon, reply.value().list(), list, failure)) return daemon.failed(failure);
  report.outcome = Outcome::read;
  return report;
}

}  // namespace here_tracking
