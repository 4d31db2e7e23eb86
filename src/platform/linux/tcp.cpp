// SPDX-License-Identifier: Apache-2.0
#include "tcp.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdint>

#include <poll.h>
#include <sys/socket.h>

namespace here_tracking {

using std::chrono::milliseconds;

namespace {

/// 0 or an errno.
int connect_to(const FileDescriptor& connection, const addrinfo& address, Time deadline) {
  if (!connection.valid()) return errno;
  if (::connect(connection.get(), address.ai_addr, address.ai_addrlen) == 0) return 0;
  if (errno != EINPROGRESS && errno != EINTR) return errno;
  if (!wait_for(connection.get(), POLLOUT, deadline)) return ETIMEDOUT;
  int error = 0;
  socklen_t size = sizeof(error);
  if (::getsockopt(connection.get(), SOL_SOCKET, SO_ERROR, &error, &size) != 0) return errno;
  return error;
}

}  // namespace

Addresses resolve(const std::string& host, const std::string& port, int& error) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  error = ::getaddrinfo(host.c_str(), port.c_str(), &hints, &found);
  return {error == 0 ? found : nullptr, &::freeaddrinfo};
}

FileDescriptor connect_to_any(const addrinfo* addresses, Time deadline, int& error) {
  error = EADDRNOTAVAIL;
  std::int64_t left = 0;
  for (const addrinfo* address = addresses; address != nullptr; address = address->ai_next) {
    ++left;
  }
  for (const addrinfo* address = addresses; address != nullptr; address = address->ai_next) {
    // One that does not answer leaves its share of the time to the others.
    const Time now = std::chrono::steady_clock::now();
    const Time share = now + (deadline - now) / left--;
    FileDescriptor connection(::socket(address->ai_family,
                                       address->ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC,
                                       address->ai_protocol));
    error = connect_to(connection, *address, share);
    if (error == 0) return connection;
  }
  return FileDescriptor(-1);
}

bool wait_for(int fd, short events, Time deadline) {
  for (;;) {
    const auto left = std::chrono::ceil<milliseconds>(deadline - std::chrono::steady_clock::now());
    if (left.count() <= 0) return false;
    pollfd waiting = {fd, events, 0};
    const int ready =
        ::poll(&waiting, 1, static_cast<int>(std::min<std::int64_t>(left.count(), 60000)));
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR) return false;
  }
}

}  // namespace here_tracking
