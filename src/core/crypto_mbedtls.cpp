// SPDX-License-Identifier: Apache-2.0
#include "crypto.hpp"

#include <cstring>

#include <mbedtls/base64.h>
#include <mbedtls/platform_util.h>
#include <mbedtls/version.h>

namespace here_tracking {
namespace {

// Software SHA-256 cannot fail; a hardware one that does yields a signature that the service
// refuses.
#if MBEDTLS_VERSION_NUMBER >= 0x03000000
void sha256_starts(mbedtls_sha256_context& context) {
  (void)mbedtls_sha256_starts(&context, 0);
}
void sha256_update(mbedtls_sha256_context& context, const std::uint8_t* data, std::size_t size) {
  (void)mbedtls_sha256_update(&context, data, size);
}
void sha256_finish(mbedtls_sha256_context& context, std::uint8_t* digest) {
  (void)mbedtls_sha256_finish(&context, digest);
}
#else
void sha256_starts(mbedtls_sha256_context& context) {
  (void)mbedtls_sha256_starts_ret(&context, 0);
}
void sha256_update(mbedtls_sha256_context& context, const std::uint8_t* data, std::size_t size) {
  (void)mbedtls_sha256_update_ret(&context, data, size);
}
void sha256_finish(mbedtls_sha256_context& context, std::uint8_t* digest) {
  (void)mbedtls_sha256_finish_ret(&context, digest);
}
#endif

void sha256_update(mbedtls_sha256_context& context, std::string_view text) {
  sha256_update(context, reinterpret_cast<const std::uint8_t*>(text.data()), text.size());
}

}  // namespace

HmacSha256::HmacSha256(std::string_view key) : context_() {
  mbedtls_sha256_init(&context_);
  if (key.size() <= block_bytes) {
    std::memcpy(key_.data(), key.data(), key.size());
  } else {
    sha256_starts(context_);
    sha256_update(context_, key);
    sha256_finish(context_, key_.data());
  }
  start(0x36);
}

HmacSha256::~HmacSha256() {
  mbedtls_platform_zeroize(key_.data(), key_.size());
  mbedtls_sha256_free(&context_);
}

void HmacSha256::start(std::uint8_t pad) {
  sha256_starts(context_);
  for (const std::uint8_t byte : key_) {
    const auto padded = static_cast<std::uint8_t>(byte ^ pad);
    sha256_update(context_, &padded, 1);
  }
}

void HmacSha256::append(std::string_view piece) {
  sha256_update(context_, piece);
}

Sha256Digest HmacSha256::finish() {
  Sha256Digest digest;
  sha256_finish(context_, digest.data());
  start(0x5c);
  sha256_update(context_, digest.data(), digest.size());
  sha256_finish(context_, digest.data());
  return digest;
}

std::size_t base64(Span<const std::uint8_t> bytes, Span<char> into) {
  std::size_t size = 0;
  (void)mbedtls_base64_encode(reinterpret_cast<unsigned char*>(into.data()), into.size(), &size,
                              bytes.data(), bytes.size());
  return size;
}

std::array<char, 44> base64(const Sha256Digest& digest) {
  std::array<char, base64_bytes(std::tuple_size_v<Sha256Digest>)> text{};
  (void)base64(Span<const std::uint8_t>(digest), text);
  std::array<char, 44> result{};
  std::memcpy(result.data(), text.data(), result.size());
  return result;
}

}  // namespace here_tracking
