// SPDX-License-Identifier: Apache-2.0
#include "here_tracking/platform/linux.hpp"

#include "support/catch.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

using here_tracking::Code;
using here_tracking::PosixByteStream;
using here_tracking::Status;

namespace {

/// A port of this machine, and the one who connects to it.
class Listener {
 public:
  Listener() : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    auto* const any = reinterpret_cast<sockaddr*>(&address);
    REQUIRE(::bind(fd_, any, size) == 0);
    REQUIRE(::listen(fd_, 1) == 0);
    REQUIRE(::getsockname(fd_, any, &size) == 0);
    port = ntohs(address.sin_port);
  }
  ~Listener() {
    end_peer();
    ::close(fd_);
  }
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  void accept() { peer_ = ::accept(fd_, nullptr, nullptr); }
  void send(std::string_view text) const {
    REQUIRE(::send(peer_, text.data(), text.size(), 0) == static_cast<ssize_t>(text.size()));
  }
  [[nodiscard]] std::string receive(std::size_t count) const {
    std::string text(count, '\0');
    REQUIRE(::recv(peer_, text.data(), count, MSG_WAITALL) == static_cast<ssize_t>(count));
    return text;
  }
  void end_peer() {
    if (peer_ >= 0) ::close(peer_);
    peer_ = -1;
  }
  void reset_peer() {
    const linger none = {1, 0};
    REQUIRE(::setsockopt(peer_, SOL_SOCKET, SO_LINGER, &none, sizeof(none)) == 0);
    end_peer();
  }

  std::uint16_t port = 0;

 private:
  int fd_;
  int peer_ = -1;
};

struct Connected {
  Connected() {
    REQUIRE(stream.connect("localhost", listener.port, 5000).ok());
    listener.accept();
  }
  /// Leaves `text` and `size`.
  Status read(std::uint32_t timeout_ms = 5000) {
    char memory[16];
    const Status status = stream.read(memory, size, timeout_ms);
    text.assign(memory, size);
    return status;
  }

  Listener listener;
  PosixByteStream stream;
  std::string text;
  std::size_t size = 0;
};

}  // namespace

TEST_CASE("What the peer sends is read as it comes, and its end is told") {
  Connected c;
  c.listener.send("as long as it takes");
  REQUIRE(c.read().ok());
  CHECK(c.text == "as long as it ta");
  REQUIRE(c.read().ok());
  CHECK(c.text == "kes");
  c.listener.end_peer();
  REQUIRE(c.read().ok());
  CHECK(c.text.empty());
}

TEST_CASE("What is written arrives") {
  Connected c;
  REQUIRE(c.stream.write("hello", c.size, 5000).ok());
  CHECK(c.listener.receive(c.size) == std::string("hello").substr(0, c.size));
}

TEST_CASE("A peer that says nothing, or takes nothing, times out") {
  Connected c;
  CHECK(c.read(20) == Code::timeout);
  const std::string much(1000000, 'x');
  Status status;
  while (status.ok())
    status = c.stream.write(much, c.size, 20);
  CHECK(status == Code::timeout);
}

TEST_CASE("A connection that is reset is lost, and one that was closed is none") {
  Connected c;
  c.listener.reset_peer();
  CHECK(c.read() == Code::connection_lost);
  CHECK(c.stream.write("x", c.size, 5000) == Code::connection_lost);
  c.stream.close();
  c.stream.close();
  CHECK(c.read() == Code::connection_lost);
  CHECK(c.stream.write("x", c.size, 5000) == Code::connection_lost);
}

TEST_CASE("Nobody there, and no such host, as the byte stream tells it") {
  PosixByteStream stream;
  CHECK(stream.connect("127.0.0.1", 1, 5000) == Code::connect_failed);
  CHECK(stream.connect("::1", 1, 5000) == Code::connect_failed);
  CHECK(stream.connect("nobody.invalid", 443, 5000) == Code::dns_failed);
}
