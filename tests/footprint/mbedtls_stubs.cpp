// SPDX-License-Identifier: Apache-2.0

// Empty functions in the place of mbedTLS, of 2.28 and of 3.x: a firmware has its own, and its size
// is not to be counted here. The linker looks at names alone, and the image never runs.
extern "C" {
void mbedtls_sha256_init() {}
void mbedtls_sha256_free() {}
int mbedtls_sha256_starts() {
  return 0;
}
int mbedtls_sha256_update() {
  return 0;
}
int mbedtls_sha256_finish() {
  return 0;
}
int mbedtls_sha256_starts_ret() {
  return 0;
}
int mbedtls_sha256_update_ret() {
  return 0;
}
int mbedtls_sha256_finish_ret() {
  return 0;
}
int mbedtls_base64_encode() {
  return 0;
}
void mbedtls_platform_zeroize() {}
}
