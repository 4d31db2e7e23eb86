// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "here_tracking/span.hpp"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>

namespace here_tracking {

/// The time in which all certificates of a chain are valid; seconds since 1970.
struct Validity {
  std::int64_t from_s = 0;
  std::int64_t until_s = std::numeric_limits<std::int64_t>::max();
};

/// A TLS session in storage: magic, identity, validity, what mbedTLS makes of the session, and a
/// 64-bit FNV-1a hash of all before it. Integers are little endian.
struct SessionRecord {
  static constexpr std::string_view name = "tls_session";
  static constexpr std::size_t max_bytes = 2048;

  std::uint64_t identity = 0;  // of the server and of the roots that it was verified by
  Validity validity;
  Span<const std::uint8_t> session;

  /// Where in `memory` encode() wants the session.
  [[nodiscard]] static Span<std::uint8_t> session_in(Span<std::uint8_t> memory);
  /// The record, in `memory`, around the session that stands in session_in().
  [[nodiscard]] static Span<const std::uint8_t> encode(std::uint64_t identity,
                                                       const Validity& validity,
                                                       std::size_t session_size,
                                                       Span<std::uint8_t> memory);
  /// `session` points into `bytes`. False when it is not what it should be.
  static bool decode(Span<const std::uint8_t> bytes, SessionRecord& record);
};

}  // namespace here_tracking
