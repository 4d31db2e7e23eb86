// SPDX-License-Identifier: Apache-2.0
#include "connection.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <stdexcept>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

namespace emulator {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr int keep_alive_ms = 10 * 60 * 1000;
constexpr int read_timeout_ms = 30 * 1000;
constexpr int linger_ms = 1000;
constexpr std::size_t max_head_bytes = 256UL * 1024;

void describe(const sockaddr_storage& address, std::string& ip, int& port) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (address.ss_family == AF_INET6) {
    const auto& ipv6 = reinterpret_cast<const sockaddr_in6&>(address);
    inet_ntop(AF_INET6, &ipv6.sin6_addr, text.data(), text.size());
    port = ntohs(ipv6.sin6_port);
  } else {
    const auto& ipv4 = reinterpret_cast<const sockaddr_in&>(address);
    inet_ntop(AF_INET, &ipv4.sin_addr, text.data(), text.size());
    port = ntohs(ipv4.sin_port);
  }
  ip = text.data();
}

}  // namespace

StopSignal::StopSignal() : fd_(eventfd(0, EFD_CLOEXEC)) {
  if (fd_ < 0) throw std::runtime_error("no event descriptor to be had");
}

StopSignal::~StopSignal() {
  close(fd_);
}

void StopSignal::raise() const {
  eventfd_write(fd_, 1);
}

Connection::~Connection() {
  if (fd_ >= 0) close_orderly();
  SSL_free(ssl_);
}

bool Connection::start_tls(SSL_CTX* context) {
  ssl_ = SSL_new(context);
  if (ssl_ == nullptr || fcntl(fd_, F_SETFL, fcntl(fd_, F_GETFL) | O_NONBLOCK) != 0 ||
      SSL_set_fd(ssl_, fd_) != 1) {
    return false;
  }
  for (;;) {
    ERR_clear_error();
    const int result = SSL_accept(ssl_);
    if (result == 1) break;
    if (!wait_after(result)) {
      is_closing_ = true;
      return false;
    }
  }
  is_tls_resumed_ = SSL_session_reused(ssl_) == 1;
  return true;
}

bool Connection::wait_for(short events, int timeout_ms) const {
  std::array<pollfd, 2> waited = {{{fd_, events, 0}, {stop_.fd(), POLLIN, 0}}};
  int ready = 0;
  do {
    ready = poll(waited.data(), waited.size(), timeout_ms);
  } while (ready < 0 && errno == EINTR);
  return ready > 0 && waited[1].revents == 0;
}

// Whether a TLS call that did not succeed is to be repeated, after what it waits for has happened.
bool Connection::wait_after(int tls_result) const {
  switch (SSL_get_error(ssl_, tls_result)) {
    case SSL_ERROR_WANT_READ:
      return wait_for(POLLIN, read_timeout_ms);
    case SSL_ERROR_WANT_WRITE:
      return wait_for(POLLOUT, read_timeout_ms);
    default:
      return false;
  }
}

bool Connection::fill() {
  received_.resize(16384);
  consumed_ = 0;
  ssize_t size = -1;
  if (fd_ >= 0 && ssl_ != nullptr) {
    do {
      ERR_clear_error();
      size = SSL_read(ssl_, received_.data(), static_cast<int>(received_.size()));
    } while (size <= 0 && wait_after(static_cast<int>(size)));
  } else if (fd_ >= 0 && wait_for(POLLIN, read_timeout_ms)) {
    size = recv(fd_, received_.data(), received_.size(), 0);
  }
  received_.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
  return size > 0;
}

bool Connection::await_request() {
  head_.clear();
  is_head_complete_ = false;
  if (is_closing()) return false;
  if (consumed_ < received_.size()) return true;
  const bool is_buffered = ssl_ != nullptr && SSL_has_pending(ssl_) == 1;
  return (is_buffered || wait_for(POLLIN, keep_alive_ms)) && fill();
}

ssize_t Connection::read(char* data, std::size_t size) {
  if (consumed_ == received_.size() && !fill()) return -1;
  const std::size_t taken = std::min(size, received_.size() - consumed_);
  std::copy_n(received_.data() + consumed_, taken, data);
  consumed_ += taken;
  keep_head(data, taken);
  return static_cast<ssize_t>(taken);
}

void Connection::keep_head(const char* data, std::size_t size) {
  if (is_head_complete_ || head_.size() > max_head_bytes) return;
  head_.append(data, size);
  const auto end = head_.find("\r\n\r\n", head_.size() - std::min(head_.size(), size + 3));
  if (end == std::string::npos) return;
  head_.resize(end + 2);
  is_head_complete_ = true;
}

Headers Connection::request_headers() const {
  Headers headers;
  std::size_t start = head_.find("\r\n");
  while (start != std::string::npos && start + 2 < head_.size()) {
    start += 2;
    const auto end = std::min(head_.find("\r\n", start), head_.size());
    const std::string line = head_.substr(start, end - start);
    const auto colon = line.find(':');
    if (colon != std::string::npos) {
      const auto first = line.find_first_not_of(" \t", colon + 1);
      const auto last = line.find_last_not_of(" \t");
      headers.emplace_back(line.substr(0, colon),
                           first == std::string::npos ? "" : line.substr(first, last - first + 1));
    }
    start = end;
  }
  return headers;
}

ssize_t Connection::write(const char* data, std::size_t size) {
  std::size_t sent = 0;
  while (sent < size) {
    if (fd_ < 0) return -1;
    ssize_t result = -1;
    if (ssl_ != nullptr) {
      constexpr std::size_t max_step = 1UL << 20U;
      ERR_clear_error();
      result = SSL_write(ssl_, data + sent, static_cast<int>(std::min(size - sent, max_step)));
      if (result <= 0 && wait_after(static_cast<int>(result))) continue;
    } else if (wait_for(POLLOUT, read_timeout_ms)) {
      result = send(fd_, data + sent, size - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
      if (result < 0 && (errno == EAGAIN || errno == EINTR)) continue;
    }
    if (result <= 0) {
      is_closing_ = true;
      return -1;
    }
    sent += static_cast<std::size_t>(result);
  }
  return static_cast<ssize_t>(sent);
}

bool Connection::is_abandoned_within(milliseconds time) {
  const auto end = steady_clock::now() + time;
  const auto left_ms = [&] {
    return std::chrono::ceil<milliseconds>(end - steady_clock::now()).count();
  };
  std::array<pollfd, 2> waited = {{{fd_, POLLRDHUP, 0}, {stop_.fd(), POLLIN, 0}}};
  for (;;) {
    const auto timeout_ms = time.count() == 0 ? -1 : std::max<std::int64_t>(left_ms(), 0);
    const int ready = poll(waited.data(), waited.size(), static_cast<int>(timeout_ms));
    if (ready > 0) return true;
    if (ready == 0) return false;
    if (errno != EINTR) return true;
  }
}

void Connection::reset() {
  if (fd_ < 0) return;
  const linger no_linger{1, 0};
  setsockopt(fd_, SOL_SOCKET, SO_LINGER, &no_linger, sizeof no_linger);
  close(fd_);
  fd_ = -1;
}

void Connection::close_after_response() {
  is_closing_ = true;
}

// Closing with unread bytes in the socket would reset the connection and with it an answer that
// is still under way, so what comes in is thrown away for a moment.
void Connection::close_orderly() {
  if (ssl_ != nullptr && SSL_is_init_finished(ssl_) == 1) {
    ERR_clear_error();
    SSL_shutdown(ssl_);
  }
  shutdown(fd_, SHUT_WR);
  const auto end = steady_clock::now() + milliseconds(linger_ms);
  std::array<char, 16384> discarded{};
  while (is_closing_ && steady_clock::now() < end && wait_for(POLLIN, linger_ms) &&
         recv(fd_, discarded.data(), discarded.size(), MSG_DONTWAIT) > 0) {
  }
  close(fd_);
  fd_ = -1;
}

void Connection::get_remote_ip_and_port(std::string& ip, int& port) const {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (getpeername(fd_, reinterpret_cast<sockaddr*>(&address), &size) == 0) {
    describe(address, ip, port);
  }
}

void Connection::get_local_ip_and_port(std::string& ip, int& port) const {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size) == 0) {
    describe(address, ip, port);
  }
}

}  // namespace emulator
