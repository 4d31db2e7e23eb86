// SPDX-License-Identifier: Apache-2.0
#include "here_tracking/platform/serial_nmea.hpp"

#include "support/catch.hpp"

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

#include <fcntl.h>
#include <sys/file.h>
#include <termios.h>
#include <unistd.h>

namespace fs = std::filesystem;
using here_tracking::Code;
using here_tracking::Fix;
using here_tracking::SerialNmeaSource;
using here_tracking::Status;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

namespace {

constexpr std::uint32_t patient_ms = 60000;

template <typename... T>
std::string text_of(const char* format, T... values) {
  char text[100];
  const int size = std::snprintf(text, sizeof(text), format, values...);
  return {text, static_cast<std::size_t>(size)};
}

std::string sentence(const std::string& text) {
  unsigned sum = 0;
  for (const char c : text)
    sum ^= static_cast<unsigned char>(c);
  return "$" + text + text_of("*%02X\r\n", sum);
}

/// What a receiver says of one time, in milliseconds since 12:00:00. It moves 1e-4 minutes of
/// latitude a millisecond, so that the position tells the time.
std::string epoch(int time_ms, bool valid = true) {
  const std::string time =
      text_of("12%02d%02d.%03d", time_ms / 60000, time_ms / 1000 % 60, time_ms % 1000);
  const std::string place =
      text_of("52%02d.%04d0,N,01322.67288,E", time_ms / 10000, time_ms % 10000);
  if (!valid) return sentence("GPRMC," + time + ",V,,,,,,,140326,,,N");
  return sentence("GPRMC," + time + ",A," + place + ",24.000,83.59,140326,,,A") +
         sentence("GPGGA," + time + "," + place + ",1,09,0.95,36.2,M,39.4,M,,");
}

/// The time of epoch() in a fix, by its position.
int time_of(const Fix& fix) {
  return static_cast<int>(((std::int64_t{fix.lat_deg_e7} - 520000000) * 60 + 500) / 1000);
}

class RecordingLog final : public here_tracking::Log {
 public:
  void write(here_tracking::LogLevel, std::string_view text) override {
    lines.append(text).append("\n");
  }
  [[nodiscard]] bool has(std::string_view text) const {
    return lines.find(text) != std::string::npos;
  }
  std::string lines;
};

/// A receiver at a serial port: a pseudo terminal, and a link to it that stays when it is plugged
/// in again.
class Receiver {
 public:
  Receiver() {
    char name[] = "/tmp/here-tracking-test-XXXXXX";
    REQUIRE(::mkdtemp(name) != nullptr);
    directory_ = name;
    device = directory_ + "/ttyGNSS";
    plug_in();
  }
  ~Receiver() {
    pull_out();
    fs::remove_all(directory_);
  }
  Receiver(const Receiver&) = delete;
  Receiver& operator=(const Receiver&) = delete;

  void plug_in() {
    master_ = ::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    REQUIRE(master_ >= 0);
    REQUIRE(::grantpt(master_) == 0);
    REQUIRE(::unlockpt(master_) == 0);
    char name[64];
    REQUIRE(::ptsname_r(master_, name, sizeof(name)) == 0);
    fs::create_symlink(name, device);
  }

  void pull_out() {
    stop();
    if (master_ < 0) return;
    fs::remove(device);
    ::close(master_);
    master_ = -1;
  }

  void say(std::string_view text) const { (void)!::write(master_, text.data(), text.size()); }

  /// Says `line(i)` every 100 ms, i = 0, 1, ...
  void talk(const std::function<std::string(int)>& line) {
    stop();
    ending_ = false;
    // A terminal that nobody reads from takes no more at some time.
    ::fcntl(master_, F_SETFL, O_NONBLOCK);
    thread_ = std::thread([this, line] {
      for (int i = 0; !ending_; ++i) {
        say(line(i));
        said = i;
        std::this_thread::sleep_for(milliseconds(100));
      }
    });
  }

  void stop() {
    ending_ = true;
    if (thread_.joinable()) thread_.join();
  }

  [[nodiscard]] termios settings() const {
    termios settings{};
    REQUIRE(::tcgetattr(master_, &settings) == 0);
    return settings;
  }

  void misconfigure() const {
    termios changed = settings();
    changed.c_lflag |= ICANON | ECHO;
    changed.c_iflag |= IXON | ICRNL;
    REQUIRE(::cfsetspeed(&changed, B4800) == 0);
    REQUIRE(::tcsetattr(master_, TCSANOW, &changed) == 0);
  }

  std::string device;
  std::atomic<int> said{0};

 private:
  std::string directory_;
  int master_ = -1;
  std::atomic<bool> ending_{false};
  std::thread thread_;
};

/// One that moves, from 12:00:00 on.
std::string moving(int i) {
  return epoch(i * 100);
}

struct Setup {
  explicit Setup(std::uint32_t speed_baud = 9600) : source(receiver.device, speed_baud, &log) {}

  Status read(std::uint32_t timeout_ms = patient_ms) {
    fix = Fix();
    return source.read(fix, timeout_ms);
  }

  Receiver receiver;
  RecordingLog log;
  SerialNmeaSource source;
  Fix fix;
};

}  // namespace

TEST_CASE("each fix of a moving receiver is of the time of the call") {
  Setup s;
  s.receiver.talk(moving);
  for (int i = 0; i < 4; ++i) {
    const int said = s.receiver.said;
    REQUIRE(s.read().ok());
    CHECK(time_of(s.fix) >= said * 100);
    CHECK(s.fix.timestamp_ms == 1773489600000 + time_of(s.fix));
    CHECK(s.fix.satellite_count == 9);
    CHECK(s.fix.speed_mm_s == 12347U);
    CHECK(s.fix.accuracy_mm == 4750);
  }
  CHECK(s.log.lines.empty());
}

TEST_CASE("the port is raw, 8N1, of the given speed") {
  Setup s(115200);
  s.receiver.talk(moving);
  REQUIRE(s.read().ok());
  SECTION("at the first read") {}
  SECTION("after somebody has changed it") {
    s.receiver.misconfigure();
    REQUIRE(s.read().ok());
  }
  const termios settings = s.receiver.settings();
  CHECK(::cfgetispeed(&settings) == B115200);
  CHECK((settings.c_cflag & CSIZE) == CS8);
  CHECK((settings.c_cflag & (PARENB | CSTOPB | CRTSCTS)) == 0);
  CHECK((settings.c_lflag & (ICANON | ECHO | ISIG)) == 0);
  CHECK((settings.c_iflag & (ICRNL | IXON | IXOFF)) == 0);
}

TEST_CASE("what waited in a buffer is not now") {
  Setup s;
  s.receiver.talk(moving);
  REQUIRE(s.read().ok());
  s.receiver.stop();
  SECTION("of the kernel, from before the call") {
    for (int i = 0; i < 10; ++i)
      s.receiver.say(epoch(i * 1000));
    s.receiver.talk([](int i) { return epoch(500000 + i * 100); });
  }
  SECTION("of an adapter, which hands it over in the call") {
    s.receiver.talk([](int i) {
      std::string text;
      for (int old = 0; i == 0 && old < 10; ++old)
        text += epoch(old * 10000);
      return text + epoch(500000 + i * 100);
    });
  }
  REQUIRE(s.read().ok());
  CHECK(time_of(s.fix) >= 500000);
}

TEST_CASE("a receiver without a fix has no data, until it has one again") {
  Setup s;
  s.receiver.talk([](int i) { return epoch(i * 100, false); });
  CHECK(s.read(500) == Code::no_data);
  s.receiver.talk(moving);
  CHECK(s.read().ok());
  s.receiver.talk([](int i) { return epoch(5000 + i * 100, i < 1); });
  CHECK(s.read(1000) == Code::no_data);
  CHECK(s.log.lines.empty());
}

TEST_CASE("a receiver whose time stands still has no data") {
  Setup s;
  s.receiver.talk([](int) { return epoch(7000); });
  CHECK(s.read(1000) == Code::no_data);
}

TEST_CASE("a receiver that knows no date is believed after the second fix") {
  Setup s;
  s.receiver.talk([](int i) {
    const std::string text = epoch(i * 100);
    return text.substr(text.find("$GPGGA"));
  });
  REQUIRE(s.read().ok());
  CHECK_FALSE(s.fix.timestamp_ms);
}

TEST_CASE("sentences with a wrong checksum do not count") {
  const auto wrong = [](int i) {
    std::string text = epoch(i * 100);
    text[text.find(",A,52") + 4] = '3';
    text[text.find(",52", text.find("$GPGGA")) + 2] = '3';
    return text;
  };
  Setup s;
  SECTION("some of them") {
    s.receiver.talk([&](int i) { return i % 2 == 0 ? moving(i) : wrong(i); });
    REQUIRE(s.read().ok());
    CHECK(time_of(s.fix) < 600000);
    CHECK(s.log.lines.empty());
  }
  SECTION("all of them") {
    s.receiver.talk(wrong);
    CHECK(s.read(1000) == Code::hook_failed);
    CHECK(s.log.lines ==
          s.receiver.device + ": no NMEA at 9600 bit/s; give the receiver's speed, and 8N1\n");
  }
}

TEST_CASE("what is no NMEA is told, and ends with the time") {
  Setup s;
  std::string garbage("\x00\xff$\x80*", 5);
  SECTION("in pieces") {}
  SECTION("without an end") {
    garbage = std::string(4000, '\xb5');
  }
  SECTION("without a line end") {
    garbage = "$" + std::string(4000, 'G');
  }
  s.receiver.talk([&](int) { return garbage; });
  const auto begin = steady_clock::now();
  CHECK(s.read(500) == Code::hook_failed);
  CHECK(steady_clock::now() - begin < std::chrono::seconds(30));
  CHECK(s.log.has("no NMEA at 9600 bit/s"));
}

TEST_CASE("a receiver that hangs is told once, and when it is over") {
  Setup s;
  CHECK(s.read(50) == Code::hook_failed);
  CHECK(s.read(50) == Code::hook_failed);
  CHECK(s.log.lines ==
        s.receiver.device + ": nothing arrives; see that the receiver is on and wired to it\n");
  s.receiver.talk(moving);
  CHECK(s.read().ok());
  CHECK(s.read().ok());
  s.log.lines.erase(0, s.log.lines.find('\n') + 1);
  CHECK(s.log.lines == s.receiver.device + ": works again\n");
}

TEST_CASE("a receiver may be pulled out and plugged in again") {
  Setup s;
  s.receiver.talk(moving);
  REQUIRE(s.read().ok());
  SECTION("between two calls") {
    s.receiver.pull_out();
    s.receiver.plug_in();
  }
  SECTION("with a call in between") {
    s.receiver.pull_out();
    CHECK(s.read() == Code::hook_failed);
    CHECK(s.log.has("not there; plug the receiver in"));
    s.receiver.plug_in();
  }
  SECTION("in the middle of a call") {
    s.receiver.stop();
    std::thread later([&] {
      std::this_thread::sleep_for(milliseconds(50));
      s.receiver.pull_out();
    });
    CHECK(s.read() == Code::hook_failed);
    later.join();
    s.receiver.plug_in();
  }
  s.receiver.talk(moving);
  REQUIRE(s.read().ok());
  CHECK(s.fix.satellite_count == 9);
}

TEST_CASE("a port is used by one program at a time, and free between reads") {
  Setup s;
  s.receiver.talk(moving);
  REQUIRE(s.read().ok());
  const int other = ::open(s.receiver.device.c_str(), O_RDONLY | O_NOCTTY | O_CLOEXEC);
  REQUIRE(other >= 0);
  REQUIRE(::flock(other, LOCK_EX | LOCK_NB) == 0);
  CHECK(s.read(1000) == Code::hook_failed);
  CHECK(s.log.has("another program uses it"));
  ::close(other);
  CHECK(s.read().ok());
  CHECK(s.log.has("works again"));
}

TEST_CASE("what cannot be a receiver is told") {
  const auto outcome = [](const char* device, std::uint32_t speed_baud = 9600) {
    RecordingLog log;
    Fix fix;
    CHECK(SerialNmeaSource(device, speed_baud, &log).read(fix, 1000) == Code::hook_failed);
    CHECK(SerialNmeaSource(device, speed_baud).read(fix, 1000) == Code::hook_failed);
    return log.lines;
  };
  CHECK(outcome("/dev/null") == "/dev/null: no serial port\n");
  CHECK(outcome("/") == "/: no serial port\n");
  CHECK(outcome("/nowhere/tty").find("/nowhere/tty: not there") == 0);
  CHECK(outcome("/dev/null", 1200) == "/dev/null: 1200 bit/s is no speed of a port\n");
}
