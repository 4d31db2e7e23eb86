// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "here_tracking/span.hpp"
#include "here_tracking/status.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace here_tracking {

/// Hook: a connection that carries bytes, as TCP does: the socket of an IP stack, or of a modem.
///
/// Called by MbedtlsTransport from the thread that calls it, one connection at a time. What goes
/// through it is TLS, but for plain http to the device itself.
///
/// Contract: each call blocks until it can say something, for `timeout_ms` at most and a little
/// more. After anything but ok the connection is not used again: close() follows. With one
/// exception: after write() said connection_lost, read() may still be called, for who refuses a
/// request may answer and close before all of it has arrived. It gives what had arrived, then the
/// end or connection_lost.
class ByteStream {
 public:
  ByteStream() = default;
  ByteStream(const ByteStream&) = delete;
  ByteStream& operator=(const ByteStream&) = delete;

  /// Resolves the name and connects. A connection that is still open is closed before.
  /// @param host a name, an IPv4 address, or an IPv6 address without brackets; valid during the
  ///        call only, without a terminator.
  /// @return ok, dns_failed, connect_failed, timeout, hook_failed, not_provided.
  virtual Status connect(std::string_view host, std::uint16_t port, std::uint32_t timeout_ms) {
    (void)host;
    (void)port;
    (void)timeout_ms;
    return Code::not_provided;
  }

  /// Takes what has arrived, as soon as it is at least one byte, and sets `size` to its length;
  /// to 0 when the other side has closed the connection in order, and all before was read.
  /// @return ok, timeout, connection_lost, hook_failed, not_provided.
  virtual Status read(Span<char> into, std::size_t& size, std::uint32_t timeout_ms) {
    (void)into;
    (void)size;
    (void)timeout_ms;
    return Code::not_provided;
  }

  /// Hands on at least one of `bytes`, of which there is one or more, and sets `size` to how many.
  /// @return ok, timeout, connection_lost, hook_failed, not_provided.
  virtual Status write(std::string_view bytes, std::size_t& size, std::uint32_t timeout_ms) {
    (void)bytes;
    (void)size;
    (void)timeout_ms;
    return Code::not_provided;
  }

  /// Closes the connection, at once. May be called when there is none.
  virtual void close() {}

 protected:
  ~ByteStream() = default;
};

/// The "not provided" default: nothing can be sent.
class NoByteStream final : public ByteStream {};

}  // namespace here_tracking
