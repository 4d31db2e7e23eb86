// SPDX-License-Identifier: Apache-2.0
#include "here_tracking/platform/gpsd.hpp"

#include "gpsd_reports.hpp"
#include "source_log.hpp"
#include "tcp.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <string_view>
#include <system_error>
#include <utility>

#include <poll.h>
#include <sys/socket.h>

namespace here_tracking {

namespace {

using std::chrono::milliseconds;

// gpsd's own limit for a report is 10240 bytes.
constexpr std::size_t max_line_bytes = 16384;
// gpsd reports once a second, the satellites a little after the position.
constexpr milliseconds satellites_wait{1500};
constexpr const char* closed = "closed the connection";
constexpr std::string_view watch = "?WATCH={\"enable\":true,\"json\":true};\n";

/// Cuts what arrives into lines. Lines that are too long are left out.
class Lines {
 public:
  void append(std::string_view bytes) { text_.append(bytes); }

  bool next(std::string& line) {
    for (;;) {
      const std::size_t end = text_.find('\n', searched_);
      if (end == std::string::npos) {
        searched_ = text_.size();
        if (searched_ > max_line_bytes) {
          skipping_ = true;
          text_.clear();
          searched_ = 0;
        }
        return false;
      }
      line = text_.substr(0, end);
      text_.erase(0, end + 1);
      searched_ = 0;
      const bool whole = !skipping_ && line.size() <= max_line_bytes;
      skipping_ = false;
      if (whole) return true;
    }
  }

 private:
  std::string text_;
  std::size_t searched_ = 0;
  bool skipping_ = false;
};

}  // namespace

struct GpsdSource::State {
  State(std::string its_host, std::string its_port, Log* lines, bool takes_simulated)
      : host(std::move(its_host)),
        port(std::move(its_port)),
        log("gpsd at " + (host.find(':') != std::string::npos ? "[" + host + "]" : host) + ":" +
                port,
            lines),
        simulated(takes_simulated) {}

  Status fail(std::string_view why) {
    log.trouble(why);
    return Code::hook_failed;
  }

  std::string host;
  std::string port;
  SourceLog log;
  bool simulated;
};

GpsdSource::GpsdSource(std::string host, std::string port, Log* log, bool simulated)
    : state_(std::make_unique<State>(std::move(host), std::move(port), log, simulated)) {}

GpsdSource::~GpsdSource() = default;

Status GpsdSource::read(Fix& fix, std::uint32_t timeout_ms) {
  const Time deadline = std::chrono::steady_clock::now() + milliseconds(timeout_ms);
  State& state = *state_;
  int lookup = 0;
  const Addresses addresses = resolve(state.host, state.port, lookup);
  if (lookup != 0) return state.fail(::gai_strerror(lookup));
  int error = 0;
  const FileDescriptor connection = connect_to_any(addresses.get(), deadline, error);
  if (!connection.valid())
    return state.fail("cannot connect: " + std::generic_category().message(error));

  GpsdReports reports(state.simulated);
  Lines lines;
  std::string line;
  bool greeted = false;
  const char* why_not = nullptr;
  Time until = deadline;
  while (wait_for(connection.get(), POLLIN, until)) {
    std::array<char, 4096> piece{};
    const ssize_t count = ::recv(connection.get(), piece.data(), piece.size(), 0);
    if (count < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (count <= 0) {
      if (reports.fix()) break;
      return state.fail(closed);
    }
    lines.append({piece.data(), static_cast<std::size_t>(count)});
    while (lines.next(line)) {
      const GpsdReports::Kind kind = reports.take_line(line);
      if (!greeted) {
        if (kind != GpsdReports::Kind::version)
          return state.fail("does not speak gpsd's JSON protocol");
        greeted = true;
        if (::send(connection.get(), watch.data(), watch.size(), MSG_NOSIGNAL) !=
            static_cast<ssize_t>(watch.size())) {
          return state.fail(closed);
        }
      } else if (kind == GpsdReports::Kind::no_devices) {
        why_not = "it has no receiver; name one with gpsdctl add or in /etc/default/gpsd";
      } else if (kind == GpsdReports::Kind::unmeasured) {
        why_not = "its positions are simulated, estimated or typed in, so they are no fixes";
      } else if (kind == GpsdReports::Kind::position) {
        until = std::min(until, std::chrono::steady_clock::now() + satellites_wait);
      }
    }
    if (reports.satellites_known() && reports.fix()) break;
  }

  if (const auto newest = reports.fix()) {
    state.log.settled();
    fix = *newest;
    return {};
  }
  if (!greeted) return state.fail("no greeting within the time limit");
  if (why_not != nullptr) {
    state.log.trouble(why_not);
  } else {
    state.log.settled();
  }
  return Code::no_data;
}

}  // namespace here_tracking
