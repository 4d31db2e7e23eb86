// SPDX-License-Identifier: Apache-2.0
#include "here_tracking/platform/bluez.hpp"

#include "support/catch.hpp"
#include "support/private_bus.hpp"
#include "support/recording_log.hpp"

#include <array>
#include <chrono>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

using here_tracking::BluezBeacons;
using here_tracking::BluezOptions;
using here_tracking::Code;
using here_tracking::Sample;
using here_tracking::Status;

namespace {

struct Scan {
  Status status;
  std::string json;
};

struct Setup {
  explicit Setup(BluezOptions options = {"", 3000}) : beacons(std::move(options), &log) {}

  void play(const std::string& situation) {
    daemon.reset();
    daemon.emplace(bus, "bluez.py", std::vector<std::string>{situation, calls_file});
  }

  Scan scan(std::uint32_t timeout_ms = long_ms, std::size_t room = 16384) {
    std::vector<char> memory(room);
    Sample sample({memory.data(), memory.size()});
    const Status status = beacons.scan(sample, timeout_ms);
    return {status, std::string(sample.untimed_json())};
  }

  [[nodiscard]] std::string calls() const {
    std::ifstream file(calls_file);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  PrivateBus bus;
  std::string calls_file = bus.directory() + "/calls";
  RecordingLog log;
  BluezBeacons beacons;
  std::optional<StandIn> daemon;
};

const std::string heard =
    R"({"scan":{"bt":[)"
    R"({"mac":"00:1a:7d:da:71:02","eddystoneId":"ABEiM0RVZneImaq7zN3u/w==","rss":-60},)"
    R"({"mac":"00:1a:7d:da:71:04","eddystoneId":"ABEiM0RVZneImaq7zN3u/w==",)"
    R"("iBeaconId":"94Jtpk+iTpiAJLxbceCJPgECobI=","rss":-74},)"
    R"({"mac":"c4:7c:8d:00:00:05","rss":-85},)"
    R"({"iBeaconId":"94Jtpk+iTpiAJLxbceCJPgECobI=","rss":-87},)"
    R"({"mac":"00:1a:7d:da:71:09","rss":-90}]}})";
const std::string asked = "hci0 filter DuplicateData=1 Transport=le\nhci0 start\n";

}  // namespace

TEST_CASE("what is heard comes with the identities that last, the strongest first") {
  Setup s;
  s.play("beacons");
  const Scan scan = s.scan();
  CHECK(scan.status.ok());
  CHECK(scan.json + "}" == heard);
  CHECK(s.calls() == asked + "hci0 stop\n");
  CHECK(s.log.take_text().empty());
}

TEST_CASE("a scan ends with the time that it is given") {
  Setup s({"", long_ms});
  s.play("beacons");
  const Scan scan = s.scan(3000);
  CHECK(scan.status.ok());
  CHECK(s.calls() == asked + "hci0 stop\n");
}

TEST_CASE("of a crowd the strongest are taken") {
  Setup s;
  s.play("crowd");
  const Scan scan = s.scan(long_ms);
  REQUIRE(scan.status.ok());
  std::size_t count = 0;
  for (std::size_t at = 0; (at = scan.json.find("\"rss\"", at)) != std::string::npos; ++at)
    ++count;
  CHECK(count == 128);
  CHECK(scan.json.find(R"("rss":-1})") != std::string::npos);
  CHECK(scan.json.find(R"("rss":-64})") != std::string::npos);
  CHECK(scan.json.find(R"("rss":-65})") == std::string::npos);
}

TEST_CASE("another program's discovery is listened to") {
  Setup s;
  s.play("busy");
  CHECK(s.scan().json + "}" == heard);
}

TEST_CASE("what does not fit is told, and what fits stays") {
  Setup s;
  s.play("beacons");
  const Scan scan = s.scan(long_ms, 200);
  CHECK(scan.status == Code::buffer_too_small);
  CHECK(scan.json.find(R"("rss":-60})") != std::string::npos);
}

TEST_CASE("where nothing is heard there is no data") {
  Setup s;
  s.play("silence");
  CHECK(s.scan().status == Code::no_data);
  CHECK(s.calls() == asked + "hci0 stop\n");
  CHECK(s.log.take_text().empty());
}

TEST_CASE("the adapter is the first that is switched on, or the one that is named") {
  SECTION("the first") {
    Setup s;
    s.play("second");
    CHECK(s.scan().status.ok());
    CHECK(s.calls().find("hci1 start") != std::string::npos);
    CHECK(s.calls().find("hci0") == std::string::npos);
  }
  SECTION("the named one, which is off") {
    Setup s({"hci0", 3000});
    s.play("second");
    CHECK(s.scan().status == Code::hook_failed);
    CHECK(s.log.take_text().find("the adapter is switched off") != std::string::npos);
    CHECK(s.calls().empty());
  }
  SECTION("one that is not there") {
    Setup s({"hci7", 3000});
    s.play("second");
    CHECK(s.scan().status == Code::hook_failed);
    CHECK(s.log.take_text().find("there is no hci7; see bluetoothctl list") != std::string::npos);
  }
}

TEST_CASE("what keeps BlueZ from a scan is told once, with what helps, and when it is over") {
  Setup s;
  std::string expected;
  std::uint32_t timeout_ms = long_ms;
  SECTION("it is not there") {
    expected =
        "BlueZ is not on the system bus; sudo apt install bluez; sudo systemctl start bluetooth";
  }
  SECTION("no adapter") {
    s.play("no_adapter");
    expected = "there is no Bluetooth adapter; see bluetoothctl list, and rfkill";
  }
  SECTION("switched off, which is left so") {
    s.play("off");
    expected = "the adapter is switched off; sudo rfkill unblock bluetooth; bluetoothctl power on";
  }
  SECTION("not ready") {
    s.play("not_ready");
    expected = "the adapter is switched off; sudo rfkill unblock bluetooth; bluetoothctl power on";
  }
  SECTION("it refuses") {
    s.play("refuses");
    expected = "BlueZ: the radio is broken";
  }
  SECTION("it hangs") {
    s.play("hangs");
    timeout_ms = short_ms;
    expected = "BlueZ gave no answer in time; if it hangs: sudo systemctl restart bluetooth";
  }
  SECTION("it hangs at the start") {
    s.play("start_hangs");
    timeout_ms = short_ms;
    expected = "BlueZ gave no answer in time; if it hangs: sudo systemctl restart bluetooth";
  }
  CHECK(s.scan(timeout_ms).status == Code::hook_failed);
  CHECK(s.scan(timeout_ms).status == Code::hook_failed);
  CHECK(s.log.take_text() == "warning: bluetooth: " + expected + "\n");
  s.play("beacons");
  CHECK(s.scan().json + "}" == heard);
  CHECK(s.log.take_text() == "info: bluetooth: works again\n");
}

TEST_CASE("a scan in which nothing is heard is one that works again") {
  Setup s;
  CHECK(s.scan().status == Code::hook_failed);
  s.log.take_text();
  s.play("silence");
  CHECK(s.scan().status == Code::no_data);
  CHECK(s.log.take_text() == "info: bluetooth: works again\n");
}

TEST_CASE("a BlueZ that goes away in the midst of a scan costs what it did not hear") {
  Setup s({"", long_ms});
  SECTION("it dies") {
    s.play("dies");
    CHECK(s.scan().json + "}" == heard);
    CHECK(s.log.take_text() ==
          "warning: bluetooth: BlueZ went away in the midst of a scan; see journalctl -u "
          "bluetooth\n");
    CHECK(s.scan().status == Code::hook_failed);
  }
  SECTION("the adapter is switched off") {
    s.play("switched_off");
    CHECK(s.scan().json + "}" == heard);
    CHECK(s.log.take_text().find("the adapter is switched off") != std::string::npos);
  }
  SECTION("the bus goes") {
    s.play("silence");
    std::thread later([&] {
      while (s.calls().find("start") == std::string::npos)
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
      s.bus.stop();
    });
    CHECK(s.scan().status == Code::hook_failed);
    later.join();
    // It went away, or, before the answer to the start had come, cannot be reached.
    const std::string told = s.log.take_text();
    CHECK((told.find("the system bus went away") != std::string::npos ||
           told.find("cannot reach the system bus") != std::string::npos));
    s.bus.start();
  }
  s.log.take_text();
  BluezBeacons again({"", 3000}, &s.log);
  s.play("beacons");
  std::vector<char> memory(16384);
  Sample sample({memory.data(), memory.size()});
  CHECK(again.scan(sample, long_ms).ok());
}

TEST_CASE("a BlueZ that hangs at the end of a scan costs nothing") {
  Setup s({"", 500});
  s.play("stop_hangs");
  const Scan scan = s.scan(5000);
  CHECK(scan.status.ok());
}
