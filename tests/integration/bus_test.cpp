// SPDX-License-Identifier: Apache-2.0
#include "platform/linux/bus.hpp"

#include "support/catch.hpp"
#include "support/private_bus.hpp"

#include <cstdlib>
#include <fstream>
#include <limits>
#include <optional>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

using here_tracking::Bus;
using here_tracking::BusFailure;
using here_tracking::BusObject;
using here_tracking::BusReply;
using here_tracking::BusValue;

namespace {

const BusObject lamp{"test.Lamp", "/lamp", "test.Lamp"};

Bus::Time in(std::chrono::milliseconds time) {
  return std::chrono::steady_clock::now() + time;
}
/// More than a loaded machine needs.
Bus::Time soon() {
  return in(std::chrono::seconds(60));
}
/// Nothing comes of it, so it is better over.
Bus::Time at_once() {
  return in(std::chrono::milliseconds(200));
}

BusReply echo(Bus& bus, const char* text, Bus::Time deadline) {
  return bus.call(lamp, "Echo", deadline, [&](sd_bus_message* message) {
    return sd_bus_message_append(message, "s", text);
  });
}

}  // namespace

TEST_CASE("each type of D-Bus becomes a value") {
  const PrivateBus daemon;
  const StandIn service(daemon, "lamp.py", {});
  Bus bus;
  const BusReply reply = bus.call(lamp, "Everything", soon());
  REQUIRE(reply.ok());
  const BusValue::List& all = reply.arguments;
  REQUIRE(all.size() == 19);
  CHECK(all[0].integer() == 255);
  CHECK(all[1].boolean() == true);
  CHECK(all[2].integer() == -32768);
  CHECK(all[3].integer() == 65535);
  CHECK(all[4].integer() == -2147483648LL);
  CHECK(all[5].integer() == 4294967295LL);
  CHECK(all[6].integer() == std::numeric_limits<std::int64_t>::min());
  CHECK(all[7].is_nothing());
  CHECK(all[8].real() == -1.5);
  CHECK(all[9].text() == "text");
  CHECK(all[10].text() == "/a/b");
  CHECK(all[11].text() == "a{sv}");
  CHECK(all[12].integer() == 7);
  CHECK(all[13].text() == "inner");
  CHECK(all[14].at(0).integer() == -1);
  CHECK(all[14].at(1).text() == "item");
  CHECK(all[15].bytes() == BusValue::Bytes{0, 10});
  CHECK(all[16].list().size() == 2);
  CHECK(all[16].at(1).text() == "two");
  CHECK(all[17].at("76").text() == "apple");
  CHECK(all[18].at("outer").at("inner").real() == 2.5);

  // What is not there, or is something else, reads as nothing.
  CHECK(all[18].at("outer").at("other").is_nothing());
  CHECK(all[16].at(2).is_nothing());
  CHECK(all[9].at("outer").is_nothing());
  CHECK_FALSE(all[9].integer());
  CHECK(all[0].text().empty());
}

TEST_CASE("a call says why it has no answer") {
  const PrivateBus daemon;
  std::optional<StandIn> service;
  service.emplace(daemon, "lamp.py", std::vector<std::string>{});
  Bus bus;

  SECTION("the service refuses") {
    const BusReply reply = bus.call(lamp, "Refuse", soon());
    CHECK(reply.failure == BusFailure::other);
    CHECK(reply.name == "test.Lamp.Error.NoBulb");
    CHECK(reply.text == "the bulb is missing");
    CHECK(reply.value().is_nothing());
  }
  SECTION("there is no such method") {
    CHECK(bus.call(lamp, "Explode", soon()).name == "org.freedesktop.DBus.Error.UnknownMethod");
  }
  SECTION("this user may not") {
    const BusReply reply = bus.call(lamp, "Deny", soon());
    CHECK(reply.failure == BusFailure::denied);
    CHECK(explain(reply, "Lamp") ==
          "Lamp does not let this user in; run as root, or allow it in D-Bus and polkit");
  }
  SECTION("the service hangs") {
    const BusReply reply = bus.call(lamp, "Hang", at_once());
    CHECK(reply.failure == BusFailure::timeout);
    CHECK(explain(reply, "Lamp", "lampd") ==
          "Lamp gave no answer in time; if it hangs: sudo systemctl restart lampd");
    CHECK(echo(bus, "still there", soon()).value().text() == "still there");
  }
  SECTION("the time is over before it begins") {
    CHECK(echo(bus, "late", in(std::chrono::seconds(-1))).failure == BusFailure::timeout);
  }
  SECTION("the service dies in mid-call, and returns") {
    CHECK(bus.call(lamp, "Die", soon()).failure == BusFailure::no_service);
    service.reset();
    const BusReply reply = echo(bus, "gone", soon());
    CHECK(reply.failure == BusFailure::no_service);
    CHECK(explain(reply, "Lamp", "lampd") ==
          "Lamp is not on the system bus; sudo systemctl start lampd");
    CHECK(bus.is_owned("test.Lamp", soon()) == false);
    service.emplace(daemon, "lamp.py", std::vector<std::string>{});
    CHECK(bus.is_owned("test.Lamp", soon()) == true);
    CHECK(echo(bus, "back", soon()).value().text() == "back");
  }
}

TEST_CASE("the bus is restarted between two calls") {
  PrivateBus daemon;
  std::optional<StandIn> service;
  service.emplace(daemon, "lamp.py", std::vector<std::string>{});
  Bus bus;
  REQUIRE(echo(bus, "before", soon()).ok());
  service.reset();
  daemon.stop();
  const BusReply reply = echo(bus, "meanwhile", soon());
  CHECK(reply.failure == BusFailure::no_bus);
  CHECK(explain(reply, "Lamp").find("cannot reach the system bus (") == 0);
  daemon.start();
  service.emplace(daemon, "lamp.py", std::vector<std::string>{});
  CHECK(echo(bus, "after", soon()).value().text() == "after");
}

TEST_CASE("a bus that takes the connection and is silent ends at the deadline") {
  PrivateBus daemon;
  daemon.stop();
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string path = daemon.directory() + "/bus";
  path.copy(address.sun_path, sizeof(address.sun_path) - 1);
  const int silent = socket(AF_UNIX, SOCK_STREAM, 0);
  REQUIRE(bind(silent, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0);
  REQUIRE(listen(silent, 4) == 0);
  Bus bus;
  CHECK(echo(bus, "nobody", at_once()).failure == BusFailure::timeout);
  close(silent);
}

TEST_CASE("signals") {
  PrivateBus daemon;
  std::optional<StandIn> service;
  service.emplace(daemon, "lamp.py", std::vector<std::string>{});
  Bus bus;
  REQUIRE(bus.watch("type='signal',interface='test.Lamp',member='Toggled'", soon()).ok());
  REQUIRE(bus.call(lamp, "Toggle", soon()).ok());

  SECTION("those that came during a call are not lost") {
    const auto first = bus.next_signal(soon());
    REQUIRE(first);
    CHECK(first->path == "/lamp");
    CHECK(first->interface == "test.Lamp");
    CHECK(first->member == "Toggled");
    CHECK(first->argument(0).boolean() == true);
    CHECK(first->argument(1).is_nothing());
    const auto second = bus.next_signal(soon());
    REQUIRE(second);
    CHECK(second->argument(0).boolean() == false);
    CHECK_FALSE(bus.next_signal(at_once()));
    CHECK(bus.is_open());
  }
  SECTION("a bus that was restarted is not mistaken for one that watches") {
    service.reset();
    daemon.stop();
    daemon.start();
    service.emplace(daemon, "lamp.py", std::vector<std::string>{});
    CHECK(bus.call(lamp, "Toggle", soon()).failure == BusFailure::no_bus);
    CHECK_FALSE(bus.next_signal(soon()));
    CHECK_FALSE(bus.is_open());
    REQUIRE(bus.watch("type='signal',interface='test.Lamp'", soon()).ok());
    REQUIRE(bus.call(lamp, "Toggle", soon()).ok());
    CHECK(bus.next_signal(soon()));
  }
}
