// SPDX-License-Identifier: Apache-2.0
#include "here_tracking/platform/gpsd.hpp"

#include "support/catch.hpp"

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

using here_tracking::Code;
using here_tracking::Fix;
using here_tracking::GpsdSource;
using here_tracking::PositionType;
using here_tracking::Status;
using std::chrono::steady_clock;

namespace {

const std::string version =
    R"({"class":"VERSION","release":"3.25","rev":"3.25","proto_major":3,"proto_minor":15})"
    "\r\n";
const std::string devices =
    R"({"class":"DEVICES","devices":[{"class":"DEVICE","path":"/dev/ttyACM0","bps":9600}]})"
    "\r\n";
const std::string no_devices = "{\"class\":\"DEVICES\",\"devices\":[]}\r\n";
const std::string watching = "{\"class\":\"WATCH\",\"enable\":true,\"json\":true}\r\n";
const std::string no_fix = "{\"class\":\"TPV\",\"device\":\"/dev/ttyACM0\",\"mode\":1}\r\n";
const std::string sky =
    R"({"class":"SKY","hdop":1.2,"satellites":[{"PRN":2,"used":true},{"PRN":5,"used":false},)"
    R"({"PRN":7,"used":true},{"PRN":9,"used":true}]})"
    "\r\n";

std::string tpv(const std::string& members = "", const std::string& mode = "3") {
  return R"({"class":"TPV","device":"/dev/ttyACM0","time":"2026-03-15T12:00:00.000Z","mode":)" +
         mode + R"(,"lat":52.520000049,"lon":-13.405)" + members + "}\r\n";
}

const std::string complete =
    R"(,"altHAE":75.25,"epx":3.0,"epy":4.0,"epv":6.5,"track":84.5,"speed":5.144)";

/// One connection of a program, as its script has it.
class Peer {
 public:
  explicit Peer(int fd) : fd_(fd) {}
  ~Peer() { ::close(fd_); }
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  bool send(std::string_view text) const {
    while (!text.empty()) {
      const ssize_t count = ::send(fd_, text.data(), text.size(), MSG_NOSIGNAL);
      if (count <= 0) return false;
      text.remove_prefix(static_cast<std::size_t>(count));
    }
    return true;
  }

  /// Reads a line, or to the end of the connection.
  [[nodiscard]] std::string receive() const {
    std::string line;
    for (char c = 0; c != '\n' && ::recv(fd_, &c, 1, 0) == 1;) {
      line.push_back(c);
    }
    return line;
  }

  /// Says what gpsd says first, up to the answer to ?WATCH.
  void greet(const std::string& list = devices) const {
    send(version);
    if (receive() == "?WATCH={\"enable\":true,\"json\":true};\n") send(list + watching);
  }

  /// Until the program has gone.
  void wait() const { (void)receive(); }

 private:
  int fd_;
};

/// Listens on loopback and plays a script to the first who connects.
class Server {
 public:
  explicit Server(const std::function<void(const Peer&)>& script, int family = AF_INET)
      : listener_(::socket(family, SOCK_STREAM, 0)) {
    sockaddr_in6 ipv6{};
    ipv6.sin6_family = AF_INET6;
    ipv6.sin6_addr = in6addr_loopback;
    sockaddr_in ipv4{};
    ipv4.sin_family = AF_INET;
    ipv4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const bool old = family == AF_INET;
    auto* const address =
        old ? reinterpret_cast<sockaddr*>(&ipv4) : reinterpret_cast<sockaddr*>(&ipv6);
    socklen_t size = old ? sizeof(ipv4) : sizeof(ipv6);
    usable = listener_ >= 0 && ::bind(listener_, address, size) == 0 &&
             ::listen(listener_, 1) == 0 && ::getsockname(listener_, address, &size) == 0;
    if (!usable) return;
    port = std::to_string(ntohs(old ? ipv4.sin_port : ipv6.sin6_port));
    thread_ = std::thread([this, script] {
      const int fd = ::accept(listener_, nullptr, nullptr);
      if (fd >= 0) script(Peer(fd));
    });
  }
  ~Server() {
    ::shutdown(listener_, SHUT_RDWR);
    if (thread_.joinable()) thread_.join();
    ::close(listener_);
  }
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  bool usable = false;
  std::string port;

 private:
  int listener_;
  std::thread thread_;
};

class RecordingLog final : public here_tracking::Log {
 public:
  void write(here_tracking::LogLevel, std::string_view text) override {
    lines.append(text).append("\n");
  }
  std::string lines;
};

struct Outcome {
  Status status;
  Fix fix;
  std::string log;
  std::int64_t duration_ms = 0;
};

Outcome read(const std::string& host, const std::string& port, std::uint32_t timeout_ms) {
  Outcome outcome;
  RecordingLog log;
  GpsdSource source(host, port, &log);
  const auto start = steady_clock::now();
  outcome.status = source.read(outcome.fix, timeout_ms);
  outcome.duration_ms =
      std::chrono::duration_cast<std::chrono::milliseconds>(steady_clock::now() - start).count();
  outcome.log = log.lines;
  return outcome;
}

Outcome play(const std::function<void(const Peer&)>& script, std::uint32_t timeout_ms = 10000) {
  const Server server(script);
  REQUIRE(server.usable);
  return read("127.0.0.1", server.port, timeout_ms);
}

/// A healthy gpsd that reports this.
Outcome report(const std::string& reports, std::uint32_t timeout_ms = 10000) {
  return play(
      [&](const Peer& peer) {
        peer.greet();
        peer.send(reports);
        peer.wait();
      },
      timeout_ms);
}

}  // namespace

TEST_CASE("a three-dimensional fix of gpsd comes with all that TPV and SKY say") {
  for (const std::string& reports : {tpv(complete) + sky, sky + tpv(complete)}) {
    const Outcome outcome = report(reports);
    REQUIRE(outcome.status.ok());
    CHECK(outcome.fix.lat_deg_e7 == 525200000);
    CHECK(outcome.fix.lng_deg_e7 == -134050000);
    CHECK(outcome.fix.accuracy_mm == 5000);
    CHECK(outcome.fix.alt_mm == 75250);
    CHECK(outcome.fix.altaccuracy_mm == 6500U);
    CHECK(outcome.fix.heading_cdeg == 8450);
    CHECK(outcome.fix.speed_mm_s == 5144U);
    CHECK(outcome.fix.satellite_count == 3);
    CHECK(outcome.fix.type == PositionType::gnss);
    CHECK(outcome.log.empty());
    CHECK(outcome.duration_ms < 1400);
  }
}

TEST_CASE("a two-dimensional fix has no altitude") {
  const Outcome outcome = report(tpv(complete, "2") + sky);
  REQUIRE(outcome.status.ok());
  CHECK_FALSE(outcome.fix.alt_mm);
  CHECK_FALSE(outcome.fix.altaccuracy_mm);
  CHECK(outcome.fix.accuracy_mm == 5000);
  CHECK(outcome.fix.satellite_count == 3);
}

TEST_CASE("the accuracy is eph, else epx and epy, else by hdop, else 25 m") {
  CHECK(report(tpv(R"(,"eph":7.5,"epx":3.0,"epy":4.0)") + sky).fix.accuracy_mm == 7500);
  CHECK(report(tpv(R"(,"eph":0,"epx":3.0,"epy":4.0)") + sky).fix.accuracy_mm == 5000);
  CHECK(report(tpv(R"(,"epx":3.0)") + sky).fix.accuracy_mm == 6000);
  CHECK(report(sky + tpv()).fix.accuracy_mm == 6000);
  CHECK(report(tpv() + R"({"class":"SKY","uSat":4})" + "\n").fix.accuracy_mm == 25000);
  CHECK(report(tpv(R"(,"eph":1e300)") + sky).fix.accuracy_mm == 1000000000);
}

TEST_CASE("heading and speed are given together, from 0.5 m/s up") {
  const auto moving = [](const std::string& members) {
    const Fix fix = report(tpv(members) + sky).fix;
    CHECK(fix.speed_mm_s.has_value() == fix.heading_cdeg.has_value());
    return fix.speed_mm_s;
  };
  CHECK(moving(R"(,"track":0,"speed":0.5)") == 500U);
  CHECK(moving(R"(,"track":360,"speed":2)") == 2000U);
  CHECK(moving(R"(,"track":84.5,"speed":0.499)") == std::nullopt);
  CHECK(moving(R"(,"track":84.5)") == std::nullopt);
  CHECK(moving(R"(,"speed":3)") == std::nullopt);
  CHECK(moving(R"(,"track":-1,"speed":3)") == std::nullopt);
  CHECK(moving(R"(,"track":361,"speed":3)") == std::nullopt);
}

TEST_CASE("satellites are counted by SKY's own number or by those in use") {
  const auto count = [](const std::string& members) {
    const Outcome outcome = report(tpv() + R"({"class":"SKY",)" + members + "}\r\n", 2000);
    CHECK(outcome.status.ok());
    return outcome.fix.satellite_count;
  };
  CHECK(count(R"("uSat":9,"satellites":[{"used":true}])") == 9);
  CHECK(count(R"("satellites":[{"used":true,"x":{"used":true}},{"used":true}])") == 2);
  CHECK(count(R"("satellites":[])") == std::nullopt);
  CHECK(count(R"("uSat":70)") == 50);
  CHECK(count(R"("uSat":-1)") == std::nullopt);
  CHECK(count(R"("hdop":1)") == std::nullopt);
}

TEST_CASE("the newest of several positions is taken") {
  std::string newer = tpv();
  newer.replace(newer.find("52.52"), 5, "48.13");
  CHECK(report(tpv() + newer + sky).fix.lat_deg_e7 == 481300000);
}

TEST_CASE("a fix without SKY is returned after a moment") {
  const Outcome outcome = report(tpv(complete), 10000);
  CHECK(outcome.status.ok());
  CHECK_FALSE(outcome.fix.satellite_count);
  CHECK(outcome.duration_ms >= 1000);
  CHECK(outcome.duration_ms < 5000);
  CHECK(report(tpv(complete), 200).status.ok());
}

TEST_CASE("a fix may come after reports without one") {
  const Outcome outcome = play([](const Peer& peer) {
    peer.greet();
    for (int i = 0; i < 3; ++i) {
      peer.send(no_fix + sky);
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    peer.send(tpv());
    peer.wait();
  });
  CHECK(outcome.status.ok());
}

TEST_CASE("no fix within the time is no data") {
  const Outcome outcome = report(no_fix + sky, 200);
  CHECK(outcome.status == Code::no_data);
  CHECK(outcome.duration_ms >= 200);
  CHECK(outcome.duration_ms < 2000);
}

TEST_CASE("reports that cannot be a position are none") {
  for (const std::string& line :
       {tpv("", "0"), tpv("", "\"3\""), tpv("", "4"), tpv("", "null"), tpv(R"(,"lat":90.001)"),
        tpv(R"(,"lon":-180.1)"), std::string(R"({"class":"TPV","mode":3,"lat":52.5})") + "\n",
        std::string(R"({"class":"XYZ","mode":3,"lat":52.5,"lon":13.4})") + "\n",
        std::string(R"([{"class":"TPV","mode":3,"lat":52.5,"lon":13.4}])") + "\n",
        std::string(R"({"x":{"class":"TPV","mode":3,"lat":52.5,"lon":13.4}})") + "\n"}) {
    CHECK(report(line + sky, 50).status == Code::no_data);
  }
}

TEST_CASE("a position that was not measured is no fix") {
  for (const char* const measured : {"0", "1", "2", "3", "4", "6", "9"})
    CHECK(report(tpv(R"(,"status":)" + std::string(measured)) + sky).status.ok());
  for (const char* const other : {"5", "7", "8"}) {
    const Outcome outcome = report(tpv(R"(,"status":)" + std::string(other)) + sky, 200);
    CHECK(outcome.status == Code::no_data);
    CHECK(outcome.log.find("its positions are simulated, estimated or typed in") !=
          std::string::npos);
  }
}

TEST_CASE("a simulated position is a fix for those who want it") {
  const Server server([](const Peer& peer) {
    peer.greet();
    peer.send(tpv(R"(,"status":8)") + sky);
    peer.wait();
  });
  REQUIRE(server.usable);
  Fix fix;
  CHECK(GpsdSource("127.0.0.1", server.port, nullptr, true).read(fix, 10000).ok());
  CHECK(fix.satellite_count == 3);
}

TEST_CASE("what is wrong with gpsd is said once, and once that it is over") {
  std::string port;
  RecordingLog log;
  std::optional<GpsdSource> source;
  Fix fix;
  {
    const Server server([](const Peer& peer) { peer.send("no gpsd\n"); });
    port = server.port;
    source.emplace("127.0.0.1", port, &log);
    CHECK(source->read(fix, 10000) == Code::hook_failed);
  }
  CHECK(source->read(fix, 10000) == Code::hook_failed);
  CHECK(source->read(fix, 10000) == Code::hook_failed);
  const std::string name = "gpsd at 127.0.0.1:" + port + ": ";
  CHECK(log.lines == name + "does not speak gpsd's JSON protocol\n" + name +
                         "cannot connect: Connection refused\n");
}

TEST_CASE("lines may be split anywhere") {
  const std::string reports = sky + tpv(complete);
  const Outcome outcome = play([&](const Peer& peer) {
    peer.send(version.substr(0, 20));
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    peer.send(version.substr(20));
    (void)peer.receive();
    for (const char& c : reports) {
      peer.send({&c, 1});
      std::this_thread::sleep_for(std::chrono::microseconds(100));
    }
    peer.wait();
  });
  REQUIRE(outcome.status.ok());
  CHECK(outcome.fix.satellite_count == 3);
  CHECK(outcome.fix.alt_mm == 75250);
}

TEST_CASE("lines that are no reports or too long are passed over") {
  const std::string too_long = R"({"class":"TPV","x":")" + std::string(100000, 'x') + "\"}\n";
  std::string garbage("\x00\xff\xfe", 3);
  garbage += "{[\"\n\r\n{\n}\n[]\n\"TPV\"\n";
  garbage += R"({"class":3})";
  garbage += '\n';
  const std::string deep = R"({"class":)" + std::string(10000, '[') + "\n";
  const Outcome outcome =
      report(garbage + too_long + tpv(complete) + too_long + deep + garbage + sky);
  REQUIRE(outcome.status.ok());
  CHECK(outcome.fix.satellite_count == 3);
  CHECK(outcome.log.empty());
}

TEST_CASE("a stream without a pause does not keep read() beyond its time") {
  std::string flood(65536, 'x');
  SECTION("of one endless line") {}
  SECTION("of reports without a fix") {
    flood.clear();
    while (flood.size() < 65536) {
      flood += no_fix;
    }
  }
  const Outcome outcome = play(
      [&](const Peer& peer) {
        peer.greet();
        const auto end = steady_clock::now() + std::chrono::seconds(5);
        while (steady_clock::now() < end && peer.send(flood)) {
        }
      },
      300);
  CHECK(outcome.status == Code::no_data);
  CHECK(outcome.duration_ms < 2000);
}

TEST_CASE("a connection that gpsd closes is a failure") {
  SECTION("at once") {
    const Outcome outcome = play([](const Peer&) {});
    CHECK(outcome.status == Code::hook_failed);
    CHECK(outcome.log.find("closed the connection") != std::string::npos);
  }
  SECTION("before there was a fix") {
    const Outcome outcome = play([](const Peer& peer) {
      peer.greet();
      peer.send(no_fix + tpv().substr(0, 60));
    });
    CHECK(outcome.status == Code::hook_failed);
    CHECK(outcome.log.find("closed the connection") != std::string::npos);
  }
}

TEST_CASE("a connection that gpsd closes after the fix gives that fix") {
  const Outcome outcome = play([](const Peer& peer) {
    peer.greet();
    peer.send(tpv(complete));
  });
  REQUIRE(outcome.status.ok());
  CHECK(outcome.fix.alt_mm == 75250);
  CHECK(outcome.duration_ms < 1400);
}

TEST_CASE("a server that is not gpsd is told from one") {
  SECTION("by its greeting") {
    const Outcome outcome = play([](const Peer& peer) {
      peer.send("SSH-2.0-OpenSSH_9.2p1\r\n");
      peer.wait();
    });
    CHECK(outcome.status == Code::hook_failed);
    CHECK(outcome.log.find("does not speak gpsd's JSON protocol") != std::string::npos);
  }
  SECTION("by its silence") {
    const Outcome outcome = play([](const Peer& peer) { peer.wait(); }, 200);
    CHECK(outcome.status == Code::hook_failed);
    CHECK(outcome.log.find("no greeting") != std::string::npos);
    CHECK(outcome.duration_ms < 2000);
  }
}

TEST_CASE("gpsd without a receiver is told to the user, and waited for") {
  const Outcome outcome = play(
      [](const Peer& peer) {
        peer.greet(no_devices);
        peer.wait();
      },
      100);
  CHECK(outcome.status == Code::no_data);
  CHECK(outcome.log.find("no receiver") != std::string::npos);
  CHECK(play([](const Peer& peer) {
          peer.greet(no_devices);
          peer.send(devices + tpv() + sky);
          peer.wait();
        }).status.ok());
}

TEST_CASE("where nobody listens the reason is logged") {
  std::string port;
  {
    port = Server([](const Peer&) {}).port;
  }
  const Outcome outcome = read("127.0.0.1", port, 5000);
  CHECK(outcome.status == Code::hook_failed);
  CHECK(outcome.log == "gpsd at 127.0.0.1:" + port + ": cannot connect: Connection refused\n");
  CHECK(outcome.duration_ms < 2000);
  Fix fix;
  CHECK(GpsdSource("127.0.0.1", port).read(fix, 5000) == Code::hook_failed);
}

TEST_CASE("a port that has no number is looked up, and may be unknown") {
  const Outcome outcome = read("127.0.0.1", "no-such-service", 1000);
  CHECK(outcome.status == Code::hook_failed);
  CHECK_FALSE(outcome.log.empty());
}

TEST_CASE("gpsd is found by name, whichever of its addresses it listens on") {
  const auto script = [](const Peer& peer) {
    peer.greet();
    peer.send(tpv() + sky);
    peer.wait();
  };
  {
    const Server server(script);
    REQUIRE(server.usable);
    CHECK(read("localhost", server.port, 5000).status.ok());
  }
  const Server server(script, AF_INET6);
  if (!server.usable) {
    WARN("this machine has no IPv6: not checked");
    return;
  }
  CHECK(read("::1", server.port, 5000).status.ok());
}
