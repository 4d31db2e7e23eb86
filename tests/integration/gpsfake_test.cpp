// SPDX-License-Identifier: Apache-2.0
// Reads a recorded log through the real gpsd. Returns 77 where gpsd or gpsfake is not installed.
#include "here_tracking/platform/gpsd.hpp"
#include "here_tracking/platform/linux.hpp"

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <thread>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

namespace fs = std::filesystem;
using std::chrono::steady_clock;

namespace {

constexpr int skipped = 77;

/// Where it is, or nothing.
std::string find_program(const std::string& name) {
  for (const char* directory : {"/usr/bin/", "/usr/sbin/", "/usr/local/bin/", "/usr/local/sbin/"}) {
    std::string path = directory + name;
    if (::access(path.c_str(), X_OK) == 0) return path;
  }
  return {};
}

std::string free_port() {
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  const bool bound = ::bind(fd, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
                     ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0;
  ::close(fd);
  return bound ? std::to_string(ntohs(address.sin_port)) : "";
}

bool check(bool condition, const char* what) {
  std::printf("%s - %s\n", condition ? "ok" : "FAIL", what);
  return condition;
}

bool near(double value, double expected, double tolerance) {
  return value > expected - tolerance && value < expected + tolerance;
}

}  // namespace

int main() {
  const std::string program = find_program("gpsfake");
  if (program.empty() || find_program("gpsd").empty()) {
    std::puts("SKIPPED: needs gpsd and gpsfake (Debian: gpsd gpsd-clients)");
    return skipped;
  }
  const fs::path log =
      fs::path(__FILE__).parent_path().parent_path() / "data/nmea/multi_constellation.nmea";
  const std::string port = free_port();
  if (port.empty()) {
    std::puts("FAIL - no free port");
    return 1;
  }

  const pid_t gpsfake = ::fork();
  if (gpsfake == 0) {
    ::execl(program.c_str(), "gpsfake", "-q", "-c", "0.05", "-P", port.c_str(), "-n", log.c_str(),
            nullptr);
    ::_exit(127);
  }
  if (gpsfake < 0) {
    std::puts("FAIL - fork()");
    return 1;
  }

  here_tracking::Fix fix;
  here_tracking::Status status = here_tracking::Code::hook_failed;
  here_tracking::StderrLog stderr_log;
  const auto deadline = steady_clock::now() + std::chrono::seconds(30);
  // gpsd takes a moment to start, and its first reports may lack satellites.
  while (steady_clock::now() < deadline && !(status.ok() && fix.satellite_count)) {
    fix = {};
    status = here_tracking::GpsdSource("127.0.0.1", port).read(fix, 5000);
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  if (!status.ok()) {
    status = here_tracking::GpsdSource("127.0.0.1", port, &stderr_log).read(fix, 5000);
  }

  ::kill(gpsfake, SIGTERM);
  ::waitpid(gpsfake, nullptr, 0);

  bool ok = check(status.ok(), "a fix arrives");
  ok = check(near(fix.lat_deg_e7 / 1e7, 52.5208, 0.001), "at the latitude of the log") && ok;
  ok = check(near(fix.lng_deg_e7 / 1e7, 13.3868, 0.001), "at the longitude of the log") && ok;
  ok = check(fix.accuracy_mm > 100 && fix.accuracy_mm < 100000, "with an accuracy") && ok;
  ok = check(fix.alt_mm && near(*fix.alt_mm / 1e3, 74.2, 0.5), "with its height") && ok;
  ok = check(fix.speed_mm_s && near(*fix.speed_mm_s / 1e3, 1.415, 0.01), "with its speed") && ok;
  ok =
      check(fix.heading_cdeg && near(*fix.heading_cdeg / 1e2, 332.46, 1), "with its heading") && ok;
  ok = check(fix.satellite_count.value_or(0) >= 4, "with its satellites") && ok;
  return ok ? 0 : 1;
}
