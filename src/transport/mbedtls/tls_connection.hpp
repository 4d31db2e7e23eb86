// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "here_tracking/transport/mbedtls.hpp"

#include "http_response.hpp"
#include "session_record.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

#include <mbedtls/ssl.h>

namespace here_tracking {

/// One connection to one server, in TLS or in clear, within time limits; and the TLS session that
/// outlives it.
class TlsConnection final : public HttpInput {
 public:
  /// What a connection is judged for: see MbedtlsTransport about certificates.
  enum class Carries : std::uint8_t { nothing_secret, a_secret };

  static constexpr std::size_t memory_bytes = SessionRecord::max_bytes;

  /// @param memory of memory_bytes; borrowed. open() and set_roots() overwrite it, between them it
  /// is
  ///        free.
  TlsConnection(const MbedtlsOptions& options, char* memory);
  ~TlsConnection();
  TlsConnection(const TlsConnection&) = delete;
  TlsConnection& operator=(const TlsConnection&) = delete;

  [[nodiscard]] Log& log() const { return *options_.log; }

  /// @return ok, invalid_value, hook_failed, as MbedtlsTransport::set_roots().
  Code set_roots(Roots roots);

  /// How long open(), write(), receive() and close() may take from now on, together.
  void allow(std::uint32_t timeout_ms);

  /// Whether nothing speaks against a request of that kind, by the time and the certificates of the
  /// connection. ok, clock_not_set, tls_failed.
  [[nodiscard]] Code judge(Carries what);

  [[nodiscard]] bool is_open_to(const Origin& origin) const;

  /// Connects where no connection is; resumes a session whose certificates are good for `what`.
  /// Judges before, by the time alone, and behind. Within `timeout_ms` and what is left of allow().
  Code open(const Origin& origin, Carries what, std::uint32_t timeout_ms);

  /// All of it.
  Code write(const char* bytes, std::size_t size);
  Code receive(char* into, std::size_t room, std::size_t& size) override;

  void close();
  /// The same, with a second for TLS's goodbye.
  void take_leave();

  /// Whether the handshake of this connection resumed a session.
  [[nodiscard]] bool resumed() const { return resumed_; }

 private:
  static int send(void* self, const unsigned char* bytes, std::size_t size);
  static int receive(void* self, unsigned char* into, std::size_t size);
  static int fill_random(void* self, unsigned char* into, std::size_t size);
  static int take_certificate(void* self, mbedtls_x509_crt* certificate, int depth,
                              std::uint32_t* flags);

  /// 0: not known.
  [[nodiscard]] std::uint32_t now_s();
  [[nodiscard]] bool is_within(const Validity& validity, Carries what, std::uint32_t now_s) const;
  [[nodiscard]] std::uint64_t identity_of(const Origin& origin) const;
  [[nodiscard]] std::uint32_t now_ms();
  [[nodiscard]] std::uint32_t left_ms();
  [[nodiscard]] Span<std::uint8_t> scratch() {
    return {reinterpret_cast<std::uint8_t*>(memory_), memory_bytes};
  }
  /// What mbedTLS is told of what a hook said.
  int answer(Code code, std::size_t count);
  int transfer(char* bytes, std::size_t size, bool out);
  Code lost() const;
  Code read_roots();
  Code shake_hands(std::string_view host, Carries what);
  Code outcome(int result, const char* step);
  void load_session();
  void store_session();
  void free_session();
  void forget_session();

  Code stream_code_ = Code::ok;  // why mbedTLS was not served
  bool tls_ = false;
  bool resumed_ = false;
  bool storage_read_ = false;
  char* memory_;
  std::uint32_t deadline_ms_ = 0;  // by the clock, of which it is the lower half
  std::uint32_t not_before_s_;
  MbedtlsOptions options_;
  std::uint64_t roots_hash_ = 0;  // 0: there are none
  Peer peer_;                     // of the connection
  Peer session_peer_;
  mbedtls_ssl_session session_;
  mbedtls_ssl_context ssl_;    // while there is a connection
  mbedtls_ssl_config config_;  // the same
  mbedtls_x509_crt roots_;     // while they are read, and during a handshake
};

}  // namespace here_tracking
