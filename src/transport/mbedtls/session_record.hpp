// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "here_tracking/span.hpp"

#include "core/records.hpp"

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace here_tracking {

/// The time in which all certificates of a chain are valid; seconds since 1970. What is later than
/// they count to, in 2106, is never.
struct Validity {
  std::uint32_t from_s = 0;
  std::uint32_t until_s = 0;
};
inline constexpr Validity always = {0, 0xffffffff};

/// A server, and the certificates that it was verified by.
struct Peer {
  std::uint64_t identity = 0;  // of the server and of the roots; 0: there is none
  Validity validity;
};

/// A TLS session in storage: magic, peer, what mbedTLS makes of the session, and a 64-bit FNV-1a
/// hash of all before it. The device alone that wrote it reads it, so the peer is in its order of
/// bytes.
struct SessionRecord {
  static constexpr std::size_t max_bytes = 2048;
  static constexpr std::uint32_t magic = 0x324b5348;  // "HSK2"
  static constexpr std::size_t session_at = sizeof(magic) + sizeof(Peer);
  static constexpr std::size_t overhead = session_at + record_hash_bytes;

  /// The record, around a session that stands at `session_at`.
  [[nodiscard]] static Span<const std::uint8_t> encode(const Peer& peer, std::size_t session_size,
                                                       std::uint8_t* record) {
    std::memcpy(record, "HSK2", sizeof(magic));
    std::memcpy(record + sizeof(magic), &peer, sizeof(peer));
    return seal_record(record, session_at + session_size);
  }

  /// Whether it is a record with a session; then decode() may be called.
  [[nodiscard]] static bool is_valid(Span<const std::uint8_t> record) {
    return record.size() > overhead && is_intact(record, magic);
  }
  static void decode(const std::uint8_t* record, Peer& peer) {
    std::memcpy(&peer, record + sizeof(magic), sizeof(peer));
  }
};

}  // namespace here_tracking
