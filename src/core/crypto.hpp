// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "here_tracking/span.hpp"

#include "text.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include <mbedtls/sha256.h>

namespace here_tracking {

using Sha256Digest = std::array<std::uint8_t, 32>;

/// HMAC-SHA256 (RFC 2104) over a message that comes in pieces. The state is on the caller's stack;
/// mbedTLS's own HMAC takes it from the heap.
class HmacSha256 final : public ByteSink {
 public:
  explicit HmacSha256(std::string_view key);
  ~HmacSha256();
  HmacSha256(const HmacSha256&) = delete;
  HmacSha256& operator=(const HmacSha256&) = delete;

  void append(std::string_view piece) override;
  [[nodiscard]] Sha256Digest finish();

 private:
  static constexpr std::size_t block_bytes = 64;

  void start(std::uint8_t pad);

  mbedtls_sha256_context context_;
  std::array<std::uint8_t, block_bytes> key_{};
};

/// Room for the base64 of so many bytes; the library writes a terminator behind it.
[[nodiscard]] constexpr std::size_t base64_bytes(std::size_t bytes) {
  return (bytes + 2) / 3 * 4 + 1;
}

/// Standard base64 with padding (RFC 4648 section 4). Returns its size: base64_bytes() less one.
std::size_t base64(Span<const std::uint8_t> bytes, Span<char> into);

/// Always 44 characters.
[[nodiscard]] std::array<char, 44> base64(const Sha256Digest& digest);

}  // namespace here_tracking
