// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "here_tracking/hooks/byte_stream.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace board {

namespace ht = here_tracking;

// For a transport on mbedTLS: the sockets of an IP stack or of a modem. In place of transport.hpp.
class ByteStream final : public ht::ByteStream {
 public:
  // Let name resolution count, too. examples/cortex_m/lwip_stream.cpp does it with lwIP.
  ht::Status connect(std::string_view host, std::uint16_t port, std::uint32_t timeout_ms) override {
    (void)host;
    (void)port;
    (void)timeout_ms;
    return ht::Code::not_provided;
  }

  // What is there, at once; wait only when nothing is. Also after write() said connection_lost:
  // then what had arrived, before the end or connection_lost.
  ht::Status read(ht::Span<char> into, std::size_t& size, std::uint32_t timeout_ms) override {
    (void)into;
    (void)size;
    (void)timeout_ms;
    return ht::Code::not_provided;
  }

  ht::Status write(std::string_view bytes, std::size_t& size, std::uint32_t timeout_ms) override {
    (void)bytes;
    (void)size;
    (void)timeout_ms;
    return ht::Code::not_provided;
  }

  void close() override {}
};

}  // namespace board
