// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "message.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

#include <httplib.h>
#include <openssl/ssl.h>

namespace emulator {

// Can be waited for together with a socket; stays raised.
class StopSignal {
 public:
  StopSignal();
  StopSignal(const StopSignal&) = delete;
  StopSignal& operator=(const StopSignal&) = delete;
  ~StopSignal();
  void raise() const;
  int fd() const { return fd_; }

 private:
  int fd_;
};

// One accepted connection, with or without TLS, as the stream that the HTTP library reads and
// writes. Keeps the request head as it came in: the library percent-decodes header values, and the
// form of an OAuth header cannot be judged after that. Owns the socket.
class Connection : public httplib::Stream {
 public:
  Connection(int fd, std::uint64_t id, const StopSignal& stop) : fd_(fd), id_(id), stop_(stop) {}
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection() override;

  // False when the handshake failed.
  bool start_tls(SSL_CTX* context);

  // Waits for the first byte of a request. False when there will be none.
  bool await_request();

  // Waits until the peer has left, the time is over (0: none is set) or the service stops.
  // True when nobody waits for an answer any more.
  bool is_abandoned_within(std::chrono::milliseconds time);

  void reset();                 // TCP RST, at once
  void close_after_response();  // for requests that were not read to their end

  std::uint64_t id() const { return id_; }
  bool is_tls_resumed() const { return is_tls_resumed_; }
  bool is_closing() const { return fd_ < 0 || is_closing_; }
  Headers request_headers() const;

  bool is_readable() const override { return fd_ >= 0; }
  bool is_writable() const override { return fd_ >= 0; }
  ssize_t read(char* data, std::size_t size) override;
  ssize_t write(const char* data, std::size_t size) override;
  void get_remote_ip_and_port(std::string& ip, int& port) const override;
  void get_local_ip_and_port(std::string& ip, int& port) const override;
  socket_t socket() const override { return fd_; }

 private:
  bool wait_for(short events, int timeout_ms) const;
  bool wait_after(int tls_result) const;
  bool fill();
  void keep_head(const char* data, std::size_t size);
  void close_orderly();

  int fd_;
  const std::uint64_t id_;
  const StopSignal& stop_;
  SSL* ssl_ = nullptr;
  bool is_tls_resumed_ = false;
  bool is_closing_ = false;
  std::string received_;
  std::size_t consumed_ = 0;
  std::string head_;
  bool is_head_complete_ = false;
};

}  // namespace emulator
