// SPDX-License-Identifier: Apache-2.0
#include "here_tracking/platform/linux.hpp"

#include "tcp.hpp"

#include <cerrno>
#include <chrono>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace here_tracking {
namespace {

Time in_ms(std::uint32_t timeout_ms) {
  return std::chrono::steady_clock::now() + std::chrono::milliseconds(timeout_ms);
}

/// Whether a call is to be made again, after waiting; else why not.
bool is_to_wait(int fd, short events, Time deadline, Status& status) {
  if (errno == EINTR) return true;
  if (errno != EAGAIN && errno != EWOULDBLOCK) {
    status = Code::connection_lost;
    return false;
  }
  if (wait_for(fd, events, deadline)) return true;
  status = Code::timeout;
  return false;
}

}  // namespace

Status PosixByteStream::connect(std::string_view host, std::uint16_t port,
                                std::uint32_t timeout_ms) {
  close();
  const Time deadline = in_ms(timeout_ms);
  int error = 0;
  const Addresses addresses = resolve(std::string(host), std::to_string(port), error);
  if (error != 0) return Code::dns_failed;
  FileDescriptor connection = connect_to_any(addresses.get(), deadline, error);
  if (!connection.valid()) {
    return std::chrono::steady_clock::now() >= deadline ? Code::timeout : Code::connect_failed;
  }
  // What is written is a whole message, or a full buffer of it.
  const int on = 1;
  ::setsockopt(connection.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  fd_ = connection.release();
  return {};
}

Status PosixByteStream::read(Span<char> into, std::size_t& size, std::uint32_t timeout_ms) {
  size = 0;
  if (fd_ < 0) return Code::connection_lost;
  const Time deadline = in_ms(timeout_ms);
  Status status;
  do {
    const ssize_t count = ::recv(fd_, into.data(), into.size(), 0);
    if (count >= 0) {
      size = static_cast<std::size_t>(count);
      return {};
    }
  } while (is_to_wait(fd_, POLLIN, deadline, status));
  return status;
}

Status PosixByteStream::write(std::string_view bytes, std::size_t& size, std::uint32_t timeout_ms) {
  size = 0;
  if (fd_ < 0) return Code::connection_lost;
  const Time deadline = in_ms(timeout_ms);
  Status status;
  do {
    const ssize_t count = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count >= 0) {
      size = static_cast<std::size_t>(count);
      return {};
    }
  } while (is_to_wait(fd_, POLLOUT, deadline, status));
  return status;
}

void PosixByteStream::close() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

}  // namespace here_tracking
