// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "here_tracking/span.hpp"

#include "core/records.hpp"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

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

/// A TLS session in storage: a record (core/records.hpp) with the peer's identity, whose fields are
/// the validity, and whose text is what mbedTLS makes of the session.
struct SessionRecord {
  static constexpr RecordKind kind = {0x324b5348, sizeof(Validity), "tls_session", ""};  // "HSK2"
  static constexpr std::size_t max_bytes = 2048;
  static constexpr std::size_t session_at = record_header_bytes + sizeof(Validity);
  static constexpr std::size_t overhead = record_overhead_bytes + sizeof(Validity);

  /// The record, in `room`, around a session that stands at `session_at`.
  [[nodiscard]] static Span<const std::uint8_t> encode(const Peer& peer, std::size_t session_size,
                                                       Span<std::uint8_t> room) {
    const Span<char> memory(reinterpret_cast<char*>(room.data()), room.size());
    std::string_view session(memory.data() + session_at, session_size);
    (void)write_record(peer.identity, kind, &peer.validity, memory, session);
    return bytes_of(session);
  }

  /// The session; empty, and `peer` is worth nothing, when it is not what it should be.
  [[nodiscard]] static std::string_view decode(Span<const std::uint8_t> record, Peer& peer) {
    if (record.size() <= overhead) return {};
    std::memcpy(&peer.identity, record.data() + sizeof(kind.magic), sizeof(peer.identity));
    std::string_view session(reinterpret_cast<const char*>(record.data()), record.size());
    const bool intact = read_record(peer.identity, kind, &peer.validity, session);
    return intact ? session : std::string_view();
  }
};

}  // namespace here_tracking
