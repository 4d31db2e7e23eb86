// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "here_tracking/span.hpp"
#include "here_tracking/status.hpp"

#include <cstdint>

namespace here_tracking {

/// Hook: random bytes.
///
/// Called by Client from the thread that calls Client: 20 bytes for the nonce of a token request,
/// 16 for each request id. An MbedtlsTransport takes a few hundred for each handshake. May block
/// for as long as the hardware needs.
///
/// Contract: bytes that cannot be predicted and do not repeat after a restart. The service refuses
/// a nonce that it has seen, so a fixed seed locks a device out.
class Entropy {
 public:
  Entropy() = default;
  Entropy(const Entropy&) = delete;
  Entropy& operator=(const Entropy&) = delete;

  /// Fills all of `into`.
  /// @return ok, hook_failed (nothing may be used), not_provided.
  virtual Status fill(Span<std::uint8_t> into) {
    (void)into;
    return Code::not_provided;
  }

 protected:
  ~Entropy() = default;
};

/// The "not provided" default: no token and no request id can be made, so nothing can be sent.
class NoEntropy final : public Entropy {};

}  // namespace here_tracking
