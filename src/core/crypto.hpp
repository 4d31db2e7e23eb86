// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "here_tracking/span.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace here_tracking {

inline constexpr std::size_t sha256_bytes = 32;

/// The block that HMAC-SHA256 (RFC 2104) makes of a key, where that stands.
inline constexpr std::size_t hmac_block_bytes = 64;
void make_hmac_block(char* key, std::size_t size);

/// HMAC-SHA256 of the message that stands behind a block; `size` is that of both. Overwrites both,
/// so there is room for a digest behind the block.
/// @return the digest, there.
const std::uint8_t* hmac_sha256(char* block, std::size_t size);

/// Room for the base64 of so many bytes; the library writes a terminator behind it.
[[nodiscard]] constexpr std::size_t base64_bytes(std::size_t bytes) {
  return (bytes + 2) / 3 * 4 + 1;
}

/// Standard base64 with padding (RFC 4648 section 4). Returns its size: base64_bytes() less one.
std::size_t base64(Span<const std::uint8_t> bytes, char* into);

}  // namespace here_tracking
