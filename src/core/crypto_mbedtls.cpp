// SPDX-License-Identifier: Apache-2.0
#include "crypto.hpp"

#include <cstring>

#include <mbedtls/base64.h>
#include <mbedtls/sha256.h>
#include <mbedtls/version.h>

namespace here_tracking {
namespace {

/// `digest` may lie in the data.
void sha256(std::string_view data, char* digest) {
  const auto* const in = reinterpret_cast<const unsigned char*>(data.data());
  auto* const out = reinterpret_cast<unsigned char*>(digest);
  // Software SHA-256 cannot fail; a hardware one that does yields a signature that the service
  // refuses.
#if MBEDTLS_VERSION_NUMBER >= 0x03000000
  (void)mbedtls_sha256(in, data.size(), out, 0);
#else
  (void)mbedtls_sha256_ret(in, data.size(), out, 0);
#endif
}

}  // namespace

void make_hmac_block(char* key, std::size_t size) {
  if (size > hmac_block_bytes) {
    sha256({key, size}, key);
    size = sha256_bytes;
  }
  std::memset(key + size, 0, hmac_block_bytes - size);
}

const std::uint8_t* hmac_sha256(char* block, std::size_t size) {
  constexpr std::uint8_t inner = 0x36;
  constexpr std::uint8_t outer = 0x5c;
  char* const digest = block + hmac_block_bytes;
  for (const std::uint8_t pad : {inner, static_cast<std::uint8_t>(inner ^ outer)}) {
    for (std::size_t i = 0; i < hmac_block_bytes; ++i)
      block[i] = static_cast<char>(block[i] ^ pad);
    sha256({block, size}, digest);
    size = hmac_block_bytes + sha256_bytes;
  }
  return reinterpret_cast<const std::uint8_t*>(digest);
}

std::size_t base64(Span<const std::uint8_t> bytes, char* into) {
  std::size_t size = 0;
  (void)mbedtls_base64_encode(reinterpret_cast<unsigned char*>(into), base64_bytes(bytes.size()),
                              &size, bytes.data(), bytes.size());
  return size;
}

}  // namespace here_tracking
