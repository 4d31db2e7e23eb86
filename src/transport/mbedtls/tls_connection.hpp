// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "here_tracking/transport/mbedtls.hpp"

#include "session_record.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include <mbedtls/ssl.h>

namespace here_tracking {

/// One connection to one server, in TLS or in clear, within time limits; and the TLS session that
/// outlives it.
class TlsConnection {
 public:
  /// What a connection is judged for: see MbedtlsTransport about certificates.
  enum class Carries : std::uint8_t { nothing_secret, a_secret };

  explicit TlsConnection(const MbedtlsOptions& options);
  ~TlsConnection();
  TlsConnection(const TlsConnection&) = delete;
  TlsConnection& operator=(const TlsConnection&) = delete;

  /// @return ok, invalid_value, hook_failed, as MbedtlsTransport::set_roots().
  Status set_roots(Roots roots);

  /// Until when read(), write() and open() may take, by the clock.
  void set_deadline(std::int64_t deadline_ms) { deadline_ms_ = deadline_ms; }

  /// Whether nothing speaks against a request of that kind: before there is a connection, by the
  /// time alone; else by the certificates too. ok, clock_not_set, tls_failed.
  [[nodiscard]] Status judge(Carries what);

  [[nodiscard]] bool is_open_to(const Origin& origin) const;

  /// Connects anew; resumes a session whose certificates are good for `what`. Judges nothing.
  /// @param scratch of SessionRecord::max_bytes; its contents are lost.
  Status open(const Origin& origin, Carries what, Span<std::uint8_t> scratch);

  /// All of it.
  Status write(std::string_view bytes);
  /// Some; `size` becomes 0 at the end of a connection that the other side has closed in order.
  Status read(Span<char> into, std::size_t& size);

  void close();

  /// Whether the handshake of this connection resumed a session.
  [[nodiscard]] bool resumed() const { return resumed_; }

 private:
  static int send(void* self, const unsigned char* bytes, std::size_t size);
  static int receive(void* self, unsigned char* into, std::size_t size);
  static int fill_random(void* self, unsigned char* into, std::size_t size);
  static int take_certificate(void* self, mbedtls_x509_crt* certificate, int depth,
                              std::uint32_t* flags);

  /// -1: not known.
  [[nodiscard]] std::int64_t now_s();
  [[nodiscard]] bool is_within(const Validity& validity, Carries what, std::int64_t now_s) const;
  [[nodiscard]] std::uint64_t identity_of(const Origin& origin) const;
  [[nodiscard]] std::uint32_t left_ms();
  Status read_roots(Roots roots, mbedtls_x509_crt& into);
  Status set_up(std::string_view host, Span<char> scratch);
  Status shake_hands(Carries what, Span<std::uint8_t> scratch);
  Status outcome(int result, const char* what);
  void load_session(Span<std::uint8_t> scratch);
  void store_session(Span<std::uint8_t> scratch);
  void forget_session();
  void free_tls();

  MbedtlsOptions options_;
  std::uint64_t roots_hash_ = 0;
  std::int64_t deadline_ms_ = 0;
  mbedtls_ssl_context ssl_;
  mbedtls_ssl_config config_;
  mbedtls_x509_crt roots_;  // during a handshake alone
  mbedtls_ssl_session session_;
  std::uint64_t session_identity_ = 0;  // 0: there is no session
  Validity session_validity_;
  std::uint64_t identity_ = 0;  // 0: there is no connection
  Validity validity_;
  Code stream_code_ = Code::ok;  // why mbedTLS was not served
  bool tls_ = false;
  bool resumed_ = false;
  bool storage_read_ = false;
};

}  // namespace here_tracking
