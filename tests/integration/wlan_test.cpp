// SPDX-License-Identifier: Apache-2.0
// The scanner, with stand-ins of the daemons that scan. The interface has a name that no kernel
// has.
#include "here_tracking/platform/wlan.hpp"

#include "support/catch.hpp"
#include "support/private_bus.hpp"
#include "support/recording_log.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

using here_tracking::Code;
using here_tracking::Sample;
using here_tracking::Status;
using here_tracking::WlanScanner;

namespace {

// More than a loaded machine needs. Who waits in vain waits a fifth of what is given for an answer.
constexpr std::uint32_t plenty_ms = 120000;
constexpr std::uint32_t in_vain_ms = 10000;

const std::string one = R"({"bssid":"001a2b3c4d01","ssid":"63616665","signal":-61})";
const std::string one_of_nm =
    R"({"mac":"00:1A:2B:3C:4D:01","ssid":"63616665","strength":65,"frequency":5180})";

struct Scan {
  Scan(WlanScanner& scanner, std::uint32_t timeout_ms = plenty_ms)
      : memory(32768, '\0'),
        sample({memory.data(), memory.size()}),
        status(scanner.scan(sample, timeout_ms)) {
    (void)sample.set_timestamp(1767225600000);
    const std::string json(sample.json());
    const std::size_t begin = json.find('[');
    if (begin != std::string::npos) wlan = json.substr(begin, json.find(']') - begin + 1);
  }

  [[nodiscard]] auto count() const { return std::count(wlan.begin(), wlan.end(), '{'); }

  std::string memory;
  Sample sample;
  Status status;
  std::string wlan;
};

/// A machine, on which daemons come and go.
struct Machine {
  void start_supplicant(const std::string& scenario) {
    supplicant.reset();
    supplicant.emplace(bus, "wpa_supplicant.py", std::vector<std::string>{scenario});
  }
  void start_manager(const std::string& scenario) {
    manager.reset();
    manager.emplace(bus, "network_manager.py", std::vector<std::string>{scenario});
  }

  PrivateBus bus;
  std::optional<StandIn> supplicant;
  std::optional<StandIn> manager;
  RecordingLog log;
  WlanScanner scanner{{"standin0", 30000}, &log};
};

using Told = std::vector<std::string>;

const std::string by_supplicant = "info: WLAN: scanned by wpa_supplicant, standin0";
const std::string by_manager = "info: WLAN: scanned by NetworkManager, standin0";
const std::string again_by_supplicant =
    "info: WLAN: works again, scanned by wpa_supplicant, standin0";
const std::string again_by_manager = "info: WLAN: works again, scanned by NetworkManager, standin0";

}  // namespace

TEST_CASE("wpa_supplicant scans, and what it found is handed over") {
  Machine machine;
  machine.start_supplicant(
      R"({"known": [{"bssid":"001a2b3c4d05","signal":-40,"age":31},
                    {"bssid":"001a2b3c4d06","signal":-90,"age":29}],
          "found": [{"bssid":"001a2b3c4d01","ssid":"63616665","signal":-61,"frequency":5180},
                    {"bssid":"001a2b3c4d02","ssid":"","signal":-45},
                    {"bssid":"001a2b3c4d03","ssid":"686f6d655f6e6f6d6170","signal":-30},
                    {"bssid":"001a2b3c4d04",
                     "ssid":"00ff5c220a8001020304050607080900112233445566778899aabbccddeeffe2",
                     "signal":-50,"frequency":5975},
                    {"bssid":"021a2b3c4d07","signal":-20,"mode":"ad-hoc"},
                    {"bssid":"001a2b3c4d08","signal":-20,"gone":true}]})");
  const Scan scan(machine.scanner);
  CHECK(scan.status.ok());
  CHECK(scan.wlan == R"([{"mac":"00:1a:2b:3c:4d:02","powrx":-45,"band":2.4},)"
                     R"({"mac":"00:1a:2b:3c:4d:04","powrx":-50},)"
                     R"({"mac":"00:1a:2b:3c:4d:01","powrx":-61,"band":5},)"
                     R"({"mac":"00:1a:2b:3c:4d:06","powrx":-90,"band":2.4}])");
  CHECK(scan.sample.withheld() == 1);
  CHECK(machine.log.lines == Told{by_supplicant});

  SECTION("told once") {
    CHECK(Scan(machine.scanner).status.ok());
    CHECK(machine.log.lines.size() == 1);
  }
}

TEST_CASE("without a name the first interface scans") {
  Machine machine;
  machine.start_supplicant(R"({"interfaces": ["standin3", "standin4"], "found": [)" + one + "]}");
  WlanScanner scanner({}, &machine.log);
  CHECK(Scan(scanner).count() == 1);
  CHECK(machine.log.lines == Told{"info: WLAN: scanned by wpa_supplicant, standin3"});
}

TEST_CASE("of 300 access points the strongest 128 are handed over") {
  std::string found;
  for (int i = 0; i < 300; ++i) {
    char bssid[13];
    (void)std::snprintf(bssid, sizeof bssid, "001a2b3c%04x", static_cast<unsigned>(i));
    found += std::string(i == 0 ? "" : ",") + R"({"bssid":")" + bssid + R"(","signal":)" +
             (i == 299 ? "-30" : "-70") + "}";
  }
  Machine machine;
  machine.start_supplicant(R"({"found": [)" + found + "]}");
  const Scan scan(machine.scanner);
  CHECK(scan.status.ok());
  CHECK(scan.count() == 128);
  CHECK(scan.wlan.find(R"([{"mac":"00:1a:2b:3c:01:2b","powrx":-30)") == 0);
}

TEST_CASE("nothing in sight is no_data") {
  Machine machine;
  machine.start_supplicant("{}");
  CHECK(Scan(machine.scanner).status == Code::no_data);
  CHECK(machine.log.lines == Told{by_supplicant});
}

TEST_CASE("a scan of wpa_supplicant that is not its own, or fails, gives what is known") {
  Machine machine;
  std::string reason;
  std::uint32_t timeout_ms = plenty_ms;
  const std::string known = R"("known": [)" + one + "]";
  SECTION("somebody else scans") {
    machine.start_supplicant(R"({"scan": "busy", "found": [)" + one + "]}");
  }
  SECTION("it ends without a result") {
    machine.start_supplicant(R"({"scan": "fail", )" + known + "}");
    reason = "the scan failed";
  }
  SECTION("it does not end") {
    machine.start_supplicant(R"({"scan": "silent", )" + known + "}");
    reason = "the scan took too long";
    timeout_ms = in_vain_ms;
  }
  SECTION("this user may not") {
    machine.start_supplicant(R"({"scan": "deny", )" + known + "}");
    reason =
        "wpa_supplicant does not let this user in; run as root, or allow it in D-Bus and polkit";
  }
  SECTION("the interface is off") {
    machine.start_supplicant(R"({"scan": "off", )" + known + "}");
    reason = "wpa_supplicant: wpa_supplicant couldn't scan.";
  }
  const Scan scan(machine.scanner, timeout_ms);
  CHECK(scan.status.ok());
  CHECK(scan.wlan == R"([{"mac":"00:1a:2b:3c:4d:01","powrx":-61,"band":2.4}])");
  CHECK(
      machine.log.lines ==
      Told{reason.empty() ? by_supplicant : "warning: WLAN: wpa_supplicant, standin0: " + reason});
}

TEST_CASE("NetworkManager scans, and what it found is handed over") {
  Machine machine;
  machine.start_manager(
      R"({"devices": [{"interface": "standin0", "type": 1}, {"interface": "standin1"},
                      {"interface": "standin0"}],
          "known": [{"mac":"00:1A:2B:3C:4D:05","strength":90,"age":31},
                    {"mac":"00:1A:2B:3C:4D:06","strength":90,"age":null}],
          "found": [{"mac":"00:1A:2B:3C:4D:01","ssid":"63616665","strength":65,"frequency":5180},
                    {"mac":"00:1A:2B:3C:4D:02","ssid":"","strength":90},
                    {"mac":"00:1A:2B:3C:4D:03","ssid":"686f6d655f6e6f6d6170","strength":99},
                    {"mac":"00:1A:2B:3C:4D:04","strength":99,"connected":true},
                    {"mac":"00:1A:2B:3C:4D:07","strength":99,"mode":1}]})");
  const Scan scan(machine.scanner);
  CHECK(scan.status.ok());
  CHECK(scan.wlan == R"([{"mac":"00:1a:2b:3c:4d:02","powrx":-46,"band":2.4},)"
                     R"({"mac":"00:1a:2b:3c:4d:01","powrx":-61,"band":5},)"
                     R"({"mac":"00:1a:2b:3c:4d:04","band":2.4}])");
  CHECK(scan.sample.withheld() == 1);
  CHECK(machine.log.lines == Told{by_manager});
}

TEST_CASE("a scan that NetworkManager refuses gives what is known") {
  Machine machine;
  std::string reason;
  std::uint32_t timeout_ms = plenty_ms;
  const std::string known = R"("known": [)" + one_of_nm + "]";
  SECTION("one is on its way") {
    machine.start_manager(R"({"scan": "busy", "found": [)" + one_of_nm + "]}");
  }
  SECTION("there was one a moment ago") {
    machine.start_manager(R"({"scan": "too_soon", )" + known + "}");
  }
  SECTION("polkit forbids it") {
    machine.start_manager(R"({"scan": "deny", )" + known + "}");
    reason = "NetworkManager: Not authorized to perform this operation.";
  }
  SECTION("it does not end") {
    machine.start_manager(R"({"scan": "silent", )" + known + "}");
    reason = "the scan took too long";
    timeout_ms = in_vain_ms;
  }
  const Scan scan(machine.scanner, timeout_ms);
  CHECK(scan.status.ok());
  CHECK(scan.wlan == R"([{"mac":"00:1a:2b:3c:4d:01","powrx":-61,"band":5}])");
  CHECK(machine.log.lines ==
        Told{reason.empty() ? by_manager : "warning: WLAN: NetworkManager, standin0: " + reason});
}

TEST_CASE("who is there is asked, at each scan") {
  Machine machine;
  CHECK(Scan(machine.scanner).status == Code::hook_failed);
  machine.start_manager(R"({"found": [)" + one_of_nm + "]}");
  CHECK(Scan(machine.scanner).count() == 1);
  machine.start_supplicant(R"({"found": [)" + one + "]}");
  CHECK(Scan(machine.scanner).count() == 1);
  machine.supplicant.reset();
  CHECK(Scan(machine.scanner).count() == 1);
  machine.manager.reset();
  CHECK(Scan(machine.scanner).status == Code::hook_failed);
  const std::string nobody = "warning: WLAN: there is no WLAN interface standin0; see iw dev";
  CHECK(machine.log.lines == Told{nobody, again_by_manager, by_supplicant, by_manager, nobody});
}

TEST_CASE("who does not have the interface is passed over") {
  Machine machine;
  machine.start_supplicant(R"({"interfaces": ["standin7"]})");
  SECTION("for one who has it") {
    machine.start_manager(R"({"found": [)" + one_of_nm + "]}");
    CHECK(Scan(machine.scanner).count() == 1);
    CHECK(machine.log.lines == Told{by_manager});
  }
  SECTION("also where NetworkManager leaves it to others") {
    machine.start_manager(R"({"devices": [{"interface": "standin0", "state": 10}]})");
    CHECK(Scan(machine.scanner).status == Code::hook_failed);
    CHECK(machine.log.lines ==
          Told{"warning: WLAN: there is no WLAN interface standin0; see iw dev"});
  }
  SECTION("also by NetworkManager, which then may know why") {
    machine.start_manager(R"({"devices": [{"interface": "standin0", "state": 20}]})");
    CHECK(Scan(machine.scanner).status == Code::hook_failed);
    CHECK(machine.log.lines ==
          Told{"warning: WLAN: NetworkManager calls standin0 unavailable; nmcli radio wifi on"});
  }
}

TEST_CASE("wpa_supplicant dies while it scans, and returns") {
  Machine machine;
  machine.start_supplicant(R"({"scan": "die"})");
  SECTION("another one is asked meanwhile") {
    machine.start_manager(R"({"found": [)" + one_of_nm + "]}");
    CHECK(Scan(machine.scanner).count() == 1);
    CHECK(machine.log.lines ==
          Told{"warning: WLAN: wpa_supplicant went away while it scanned; read from "
               "NetworkManager, standin0"});
  }
  SECTION("there is nobody else") {
    CHECK(Scan(machine.scanner).status == Code::hook_failed);
    CHECK(machine.log.lines == Told{"warning: WLAN: wpa_supplicant went away while it scanned"});
  }
  machine.start_supplicant(R"({"found": [)" + one + "]}");
  CHECK(Scan(machine.scanner).count() == 1);
  CHECK(machine.log.lines.size() == 2);
  CHECK(machine.log.lines.back() == again_by_supplicant);
}

TEST_CASE("NetworkManager dies while it scans") {
  Machine machine;
  machine.start_manager(R"({"scan": "die"})");
  CHECK(Scan(machine.scanner).status == Code::hook_failed);
  CHECK(machine.log.lines == Told{"warning: WLAN: NetworkManager went away while it scanned"});
}

TEST_CASE("a wpa_supplicant that hangs leaves time to ask another one") {
  Machine machine;
  machine.start_supplicant(R"({"scan": "hang"})");
  machine.start_manager(R"({"found": [)" + one_of_nm + "]}");
  CHECK(Scan(machine.scanner, in_vain_ms).count() == 1);
  CHECK(machine.log.lines == Told{"warning: WLAN: wpa_supplicant gave no answer in time; if it "
                                  "hangs: sudo systemctl restart "
                                  "wpa_supplicant; read from NetworkManager, standin0"});
}

TEST_CASE("the bus goes away and returns between scans") {
  Machine machine;
  machine.start_supplicant(R"({"found": [)" + one + "]}");
  CHECK(Scan(machine.scanner).count() == 1);
  machine.supplicant.reset();
  machine.bus.stop();
  CHECK(Scan(machine.scanner).status == Code::hook_failed);
  machine.bus.start();
  machine.start_supplicant(R"({"found": [)" + one + "]}");
  CHECK(Scan(machine.scanner).count() == 1);
}
