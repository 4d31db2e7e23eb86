// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "here_tracking/span.hpp"
#include "here_tracking/status.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace here_tracking {

/// Hook: small named records that survive a restart.
///
/// Called by Client from the thread that calls Client: once at the first use, and when a token or a
/// time offset was obtained or dropped, so about twice a day in steady operation. May block.
///
/// Two records are used: "token" (the token's size plus 36 bytes) and "clock" (48 bytes). An
/// MbedtlsTransport adds "tls_session" (up to 2048 bytes), at its first connection and after each
/// full handshake. All are checksummed by the caller; a record that is torn, stale or foreign is
/// ignored. Token and session are secrets: encrypt them or keep them where others cannot read them.
///
/// Contract: store() replaces a record as a whole; after a power cut either the old or the new one
/// is found. Names are 1..16 characters of [a-z0-9_].
class Storage {
 public:
  Storage() = default;
  Storage(const Storage&) = delete;
  Storage& operator=(const Storage&) = delete;

  /// Reads a record into `into` and sets `size` to its length.
  /// @return ok; no_data when there is none; buffer_too_small when it is longer than `into`;
  ///         hook_failed; not_provided.
  virtual Status load(std::string_view name, Span<std::uint8_t> into, std::size_t& size) {
    (void)name;
    (void)into;
    (void)size;
    return Code::not_provided;
  }

  /// Writes a record; it is durable when this returns ok.
  /// @return ok, hook_failed, not_provided.
  virtual Status store(std::string_view name, Span<const std::uint8_t> record) {
    (void)name;
    (void)record;
    return Code::not_provided;
  }

  /// Removes a record. Removing what does not exist is ok.
  /// @return ok, hook_failed, not_provided.
  virtual Status erase(std::string_view name) {
    (void)name;
    return Code::not_provided;
  }

 protected:
  ~Storage() = default;
};

/// The "not provided" default: each start of the program costs a time and a token request.
class NoStorage final : public Storage {};

}  // namespace here_tracking
