// SPDX-License-Identifier: Apache-2.0
#include "service_manager.hpp"

#include <charconv>
#include <cstddef>
#include <cstring>
#include <ctime>
#include <limits>
#include <optional>

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

namespace here_tracking::cli {
namespace {

std::optional<std::uint64_t> number(const char* text) {
  if (text == nullptr) return std::nullopt;
  std::uint64_t value = 0;
  const char* const end = text + std::strlen(text);
  const auto [last, error] = std::from_chars(text, end, value);
  if (error != std::errc{} || last != end) return std::nullopt;
  return value;
}

}  // namespace

ServiceManager::ServiceManager(const Environment& environment)
    : max_pause_ms_(std::numeric_limits<std::int64_t>::max()) {
  const char* const address = environment("NOTIFY_SOCKET");
  if (address == nullptr || (*address != '/' && *address != '@') ||
      std::strlen(address) >= sizeof(sockaddr_un::sun_path)) {
    return;
  }
  address_ = address;
  fd_ = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  // A service manager that hangs must not hold up the tracker.
  const timeval patience{1, 0};
  setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));

  const std::optional<std::uint64_t> period_us = number(environment("WATCHDOG_USEC"));
  const char* const pid = environment("WATCHDOG_PID");
  const bool is_for_us = pid == nullptr || number(pid) == static_cast<std::uint64_t>(getpid());
  if (!period_us || *period_us == 0 || !is_for_us) return;
  has_watchdog_ = true;
  max_pause_ms_ = static_cast<std::int64_t>(*period_us / 2000);
}

ServiceManager::~ServiceManager() {
  if (fd_ >= 0) close(fd_);
}

void ServiceManager::ready() {
  send("READY=1");
}

void ServiceManager::reloading() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  const std::int64_t us = std::int64_t{now.tv_sec} * 1000000 + now.tv_nsec / 1000;
  send("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(us));
}

void ServiceManager::stopping() {
  send("STOPPING=1");
}

void ServiceManager::alive(const std::string& status) {
  std::string message = has_watchdog_ ? "WATCHDOG=1" : "";
  if (status != status_) {
    message += (message.empty() ? "STATUS=" : "\nSTATUS=") + status;
    status_ = status;
  }
  if (!message.empty()) send(message);
}

void ServiceManager::send(const std::string& message) const {
  if (fd_ < 0) return;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, address_.data(), address_.size());
  if (address_.front() == '@') address.sun_path[0] = '\0';  // a name in no file system
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address_.size());
  static_cast<void>(sendto(fd_, message.data(), message.size(), MSG_NOSIGNAL,
                           reinterpret_cast<const sockaddr*>(&address), size));
}

bool is_journal(int fd, const Environment& environment) {
  const char* const stream = environment("JOURNAL_STREAM");
  struct stat info {};
  if (stream == nullptr || fstat(fd, &info) != 0) return false;
  return stream == std::to_string(info.st_dev) + ":" + std::to_string(info.st_ino);
}

}  // namespace here_tracking::cli
