// SPDX-License-Identifier: Apache-2.0
#include "daemon_scan.hpp"

#include <algorithm>
#include <optional>

namespace here_tracking {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

namespace {

// So many that do not come use up all time. A daemon that is well answers within milliseconds.
constexpr int answers = 5;

milliseconds until(Bus::Time deadline) {
  return std::chrono::duration_cast<milliseconds>(deadline - steady_clock::now());
}

}  // namespace

DaemonScan::DaemonScan(const char* service, const char* daemon, const char* unit, Time deadline)
    : service_(service),
      daemon_(daemon),
      unit_(unit),
      deadline_(deadline),
      answer_time_(until(deadline) / answers) {}

BusObject DaemonScan::object(std::string_view path, const char* interface) const {
  return {service_, std::string(path), interface};
}

Bus::Time DaemonScan::answer_by() const {
  return std::min(deadline_, steady_clock::now() + answer_time_);
}

bool DaemonScan::is_time_up() const {
  return steady_clock::now() >= deadline_;
}

BusReply DaemonScan::call(const BusObject& object, const char* method,
                          const Bus::Arguments& arguments) {
  return bus_.call(object, method, answer_by(), arguments);
}

BusReply DaemonScan::get(const BusObject& object, const char* property) {
  return bus_.get(object, property, answer_by());
}

BusReply DaemonScan::get_all(const BusObject& object) {
  return bus_.get_all(object, answer_by());
}

BusReply DaemonScan::watch(const std::string& rule) {
  const BusReply reply = bus_.watch(
      "type='signal',sender='org.freedesktop.DBus',interface='org.freedesktop.DBus',"
      "member='NameOwnerChanged',arg0='" +
          service_ + "'",
      answer_by());
  if (!reply.ok()) return reply;
  return bus_.watch("type='signal',sender='" + service_ + "'," + rule, answer_by());
}

DaemonScan::End DaemonScan::wait(const std::function<bool(const BusSignal&)>& is_end) {
  const Time wait_until = deadline_ - answer_time_;
  while (const std::optional<BusSignal> signal = bus_.next_signal(wait_until)) {
    if (signal->member == "NameOwnerChanged") return End::gone;
    if (is_end(*signal)) return End::done;
  }
  return bus_.is_open() ? End::late : End::gone;
}

WlanReport DaemonScan::failed(const BusReply& reply) const {
  WlanReport report;
  const bool is_absent =
      reply.failure == BusFailure::no_bus || reply.failure == BusFailure::no_service;
  report.outcome = is_absent ? WlanReport::Outcome::absent : WlanReport::Outcome::failed;
  report.reason = explain(reply, daemon_, unit_);
  return report;
}

}  // namespace here_tracking
