// SPDX-License-Identifier: Apache-2.0
#include "here_tracking/platform/serial_nmea.hpp"

#include "here_tracking/nmea.hpp"

#include "file_descriptor.hpp"
#include "source_log.hpp"
#include "tcp.hpp"

#include <array>
#include <cerrno>
#include <chrono>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

namespace here_tracking {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds least_interval{50};

speed_t to_speed(std::uint32_t speed_baud) {
  constexpr speed_t speeds[] = {B4800,   B9600,   B19200,  B38400, B57600,
                                B115200, B230400, B460800, B921600};
  static_assert(std::size(speeds) == std::size(serial_speeds_baud));
  for (std::size_t i = 0; i < std::size(speeds); ++i)
    if (serial_speeds_baud[i] == speed_baud) return speeds[i];
  return B0;
}

/// 0 or an errno.
int configure(int fd, speed_t speed) {
  termios settings{};
  if (::tcgetattr(fd, &settings) != 0) return errno;
  ::cfmakeraw(&settings);
  // Without HUPCL: some adapters reset the receiver when the port is closed.
  settings.c_cflag &= ~static_cast<tcflag_t>(CSTOPB | CRTSCTS | HUPCL);
  settings.c_cflag |= CLOCAL | CREAD;
  settings.c_iflag &= ~static_cast<tcflag_t>(IXOFF);
  settings.c_cc[VMIN] = 1;  // with 0, "nothing yet" would look like the end
  settings.c_cc[VTIME] = 0;
  if (::cfsetspeed(&settings, speed) != 0) return errno;
  return ::tcsetattr(fd, TCSANOW, &settings) == 0 ? 0 : errno;
}

/// That may read `device`.
std::string group_of(const std::string& device) {
  struct stat info {};
  std::array<char, 1024> memory{};
  group entry{};
  group* found = nullptr;
  const bool known = ::stat(device.c_str(), &info) == 0 &&
                     ::getgrgid_r(info.st_gid, &entry, memory.data(), memory.size(), &found) == 0 &&
                     found != nullptr;
  return known ? found->gr_name : "dialout";
}

std::string explain(int error, const std::string& device) {
  switch (error) {
    case ENOENT:
    case ENXIO:
    case ENODEV:
      return "not there; plug the receiver in, or see /dev/serial/by-id for its name";
    case EACCES:
    case EPERM:
      return "not permitted; sudo usermod -aG " + group_of(device) + " \"$USER\", and log in anew";
    case EBUSY:
    case EWOULDBLOCK:
      return "another program uses it; end that one, or let gpsd have it and ask gpsd";
    case ENOTTY:
      return "no serial port";
    default:
      return std::generic_category().message(error);
  }
}

/// An open port, locked against other programs.
class Port {
 public:
  Port(const std::string& device, std::uint32_t speed_baud)
      : fd_(::open(device.c_str(), O_RDONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC)) {
    locked_ = fd_.valid() && ::isatty(fd_.get()) == 1 &&
              ::flock(fd_.get(), LOCK_EX | LOCK_NB) == 0 && ::ioctl(fd_.get(), TIOCEXCL) == 0;
    error_ = locked_ ? configure(fd_.get(), to_speed(speed_baud)) : errno;
  }
  ~Port() {
    // A pseudo terminal would keep it.
    if (locked_) ::ioctl(fd_.get(), TIOCNXCL);
  }
  Port(const Port&) = delete;
  Port& operator=(const Port&) = delete;

  [[nodiscard]] int get() const { return fd_.get(); }
  /// 0 or an errno.
  [[nodiscard]] int error() const { return error_; }

 private:
  FileDescriptor fd_;
  bool locked_ = false;
  int error_ = 0;
};

/// Tells what a receiver says now from what waited in a buffer.
class Pace {
 public:
  bool is_live(const Fix& fix, Time now) {
    milliseconds least = least_interval;
    if (fix.timestamp_ms && last_.timestamp_ms && *fix.timestamp_ms > *last_.timestamp_ms)
      least = milliseconds((*fix.timestamp_ms - *last_.timestamp_ms) / 2);
    const bool live = came_ && now - *came_ >= least;
    last_ = fix;
    came_ = now;
    return live;
  }

 private:
  Fix last_;
  std::optional<Time> came_;
};

}  // namespace

struct SerialNmeaSource::State {
  State(std::string device_name, std::uint32_t speed, Log* lines)
      : device(std::move(device_name)), speed_baud(speed), log(device, lines) {}

  Status fail(std::string_view why) {
    log.trouble(why);
    return Code::hook_failed;
  }

  std::string device;
  std::uint32_t speed_baud;
  SourceLog log;
};

SerialNmeaSource::SerialNmeaSource(std::string device, std::uint32_t speed_baud, Log* log)
    : state_(std::make_unique<State>(std::move(device), speed_baud, log)) {}

SerialNmeaSource::~SerialNmeaSource() = default;

Status SerialNmeaSource::read(Fix& fix, std::uint32_t timeout_ms) {
  State& state = *state_;
  const Time deadline = std::chrono::steady_clock::now() + milliseconds(timeout_ms);
  const std::string at_speed = std::to_string(state.speed_baud) + " bit/s";
  if (to_speed(state.speed_baud) == B0) return state.fail(at_speed + " is no speed of a port");
  // For this read alone: who keeps it open gives a receiver that is plugged in anew another name.
  const Port port(state.device, state.speed_baud);
  if (port.error() != 0) return state.fail(explain(port.error(), state.device));
  const int fd = port.get();
  ::tcflush(fd, TCIFLUSH);

  NmeaParser parser;
  Pace pace;
  bool is_silent = true;
  while (wait_for(fd, POLLIN, deadline)) {
    std::array<char, 1024> bytes{};
    const ssize_t count = ::read(fd, bytes.data(), bytes.size());
    if (count < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (count <= 0) return state.fail("unplugged");
    is_silent = false;
    const Time now = std::chrono::steady_clock::now();
    for (const char byte : std::string_view(bytes.data(), static_cast<std::size_t>(count))) {
      parser.feed({&byte, 1});
      const auto newest = parser.take_fix();
      if (!newest || !pace.is_live(*newest, now)) continue;
      state.log.settled();
      fix = *newest;
      return {};
    }
  }
  if (is_silent) return state.fail("nothing arrives; see that the receiver is on and wired to it");
  if (parser.stats().sentences == 0) {
    return state.fail("no NMEA at " + at_speed + "; give the receiver's speed, and 8N1");
  }
  state.log.settled();
  return Code::no_data;
}

}  // namespace here_tracking
