// SPDX-License-Identifier: Apache-2.0
#include "here_tracking/platform/wlan.hpp"

#include "access_point_list.hpp"
#include "wlan_backend.hpp"

#ifdef HERE_TRACKING_DBUS
#include "network_manager_wlan.hpp"
#include "wpa_supplicant_wlan.hpp"
#endif
#ifdef HERE_TRACKING_NL80211
#include "nl80211_wlan.hpp"
#endif

#include <algorithm>
#include <chrono>
#include <exception>
#include <string_view>
#include <utility>
#include <vector>

namespace here_tracking {

namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;
using Outcome = WlanReport::Outcome;

constexpr std::size_t max_line_bytes = 160;  // Log's limit

#ifdef HERE_TRACKING_NL80211
constexpr bool asks_kernel = true;  // which knows of each interface
#else
constexpr bool asks_kernel = false;
#endif

}  // namespace

class WlanScanner::Scanning {
 public:
  Scanning(WlanScannerSettings settings, Log* log) : settings_(std::move(settings)), log_(log) {
#ifdef HERE_TRACKING_DBUS
    backends_.push_back(std::make_unique<WpaSupplicantWlan>());
    backends_.push_back(std::make_unique<NetworkManagerWlan>());
#endif
#ifdef HERE_TRACKING_NL80211
    backends_.push_back(std::make_unique<Nl80211Wlan>());
#endif
  }

  Status scan(Sample& sample, std::uint32_t timeout_ms) {
    if (backends_.empty()) return Code::not_provided;
    const auto deadline = steady_clock::now() + milliseconds(timeout_ms);
    // Left to the next one by one that dies while it scans.
    const milliseconds reserve{std::min(timeout_ms / 5, 1000U)};
    std::string failure;
    bool is_there_one = false;
    for (const auto& backend : backends_) {
      const bool is_last = backend == backends_.back();
      AccessPointList list;
      const WlanReport report =
          backend->scan(settings_.interface, list, is_last ? deadline : deadline - reserve);
      if (report.outcome == Outcome::read) {
        say_who_scans(*backend, report, failure);
        return list.give(sample, settings_.max_age_ms);
      }
      is_there_one = is_there_one || report.outcome == Outcome::no_interface;
      if (report.outcome == Outcome::failed && failure.empty()) failure = report.reason;
    }
    say(LogLevel::warning, failure.empty() ? nobody(is_there_one) : failure);
    return Code::hook_failed;
  }

 private:
  void say_who_scans(const WlanBackend& backend, const WlanReport& report,
                     const std::string& failure) {
    const std::string who = std::string(backend.name()) + ", " + report.interface;
    if (!failure.empty()) return say(LogLevel::warning, failure + "; read from " + who);
    if (!report.reason.empty()) return say(LogLevel::warning, who + ": " + report.reason);
    say(LogLevel::info, "scanned by " + who);
  }

  [[nodiscard]] std::string nobody(bool is_there_one) const {
    if (!asks_kernel && !is_there_one) {
      return "neither wpa_supplicant nor NetworkManager is on the system bus; start one of them";
    }
    if (!settings_.interface.empty()) {
      return "there is no WLAN interface " + settings_.interface + "; see iw dev";
    }
    return "there is no WLAN interface that can scan; see iw dev";
  }

  void say(LogLevel level, const std::string& what) {
    if (log_ == nullptr || what == last_said_) return;
    last_said_ = what;
    const bool was_in_trouble = std::exchange(is_in_trouble_, level == LogLevel::warning);
    const bool is_over = was_in_trouble && !is_in_trouble_;
    const std::string line = (is_over ? "WLAN: works again, " : "WLAN: ") + what;
    log_->write(level, std::string_view(line).substr(0, max_line_bytes));
  }

  WlanScannerSettings settings_;
  Log* log_;
  std::vector<std::unique_ptr<WlanBackend>> backends_;
  std::string last_said_;
  bool is_in_trouble_ = false;
};

WlanScanner::WlanScanner(WlanScannerSettings settings, Log* log)
    : scanning_(std::make_unique<Scanning>(std::move(settings), log)) {}

WlanScanner::~WlanScanner() = default;

Status WlanScanner::scan(Sample& sample, std::uint32_t timeout_ms) {
  try {
    return scanning_->scan(sample, timeout_ms);
  } catch (const std::exception&) {
    return Code::hook_failed;  // no memory
  }
}

}  // namespace here_tracking
