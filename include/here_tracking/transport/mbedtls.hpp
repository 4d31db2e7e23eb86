// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "here_tracking/client.hpp"
#include "here_tracking/hooks.hpp"
#include "here_tracking/hooks/byte_stream.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>

namespace here_tracking {

namespace not_provided {
inline NoByteStream byte_stream;
}  // namespace not_provided

/// Tells an MbedtlsTransport the time by which it judges certificates. Asked from within
/// exchange(), a few times a request.
class CertificateTime {
 public:
  CertificateTime() = default;
  CertificateTime(const CertificateTime&) = delete;
  CertificateTime& operator=(const CertificateTime&) = delete;

  /// Seconds since 1970 UTC; nothing while they are not known.
  [[nodiscard]] virtual std::optional<std::int64_t> now_s() = 0;

 protected:
  ~CertificateTime() = default;
};

/// The server time of the Client that uses the transport, so that a device needs no clock that
/// somebody sets.
class ClientTime final : public CertificateTime {
 public:
  /// The transport is made before the Client is: this ties them. @param client borrowed.
  void follow(Client& client) { client_ = &client; }

  [[nodiscard]] std::optional<std::int64_t> now_s() override;

 private:
  Client* client_ = nullptr;
};

/// Certificates to trust: DER, one; or PEM, one or more, with a terminator '\0' that is counted.
using Roots = Span<const Span<const std::uint8_t>>;

/// All is borrowed and must outlive the transport.
struct MbedtlsOptions {
  ByteStream* stream = &not_provided::byte_stream;
  Clock* clock = &not_provided::clock;  ///< For the time limits.
  /// Random bytes for TLS, a few hundred a handshake, in pieces.
  Entropy* entropy = &not_provided::entropy;
  CertificateTime* time = nullptr;  ///< nullptr: not known, so no request with a secret is sent.
  /// Keeps the TLS session over a deep sleep, as the record "tls_session": up to 2048 bytes,
  /// checksummed, written once a full handshake. It is a secret as the token is. A session that is
  /// longer is kept in memory alone.
  Storage* storage = &not_provided::storage;
  Log* log = &not_provided::log;  ///< One debug line a request, and the reason of each failure.
  Roots roots;                    ///< See MbedtlsTransport::set_roots().
  /// A time that lies behind for certain, in seconds since 1970. 0: the day on which the library
  /// was built (SOURCE_DATE_EPOCH, if that is set).
  std::int64_t not_before_s = 0;
};

struct MbedtlsMemory {
  /// The transport's own: MbedtlsTransport::own_bytes() of it, aligned to 8 bytes.
  Span<std::uint8_t> own;
  /// From which all of mbedTLS allocates while this transport lives, elsewhere in the program too;
  /// so one transport alone may be given it. Needs an mbedTLS with MBEDTLS_PLATFORM_MEMORY and
  /// MBEDTLS_MEMORY_BUFFER_ALLOC_C. With records of 16 kB in and 2 kB out and an elliptic curve
  /// chain, 27 kB are used during a handshake, 21 kB while connected. Empty, or with another
  /// mbedTLS: it allocates as it was built and set up to.
  Span<std::uint8_t> tls;
};

/// Transport on mbedTLS 2.28, or 3.1 and later, over a ByteStream, for firmware: HTTP/1.1, TLS 1.2,
/// one connection kept open, its TLS session resumed where it was closed. Allocates nothing itself.
/// One thread at a time. An mbedTLS with MBEDTLS_USE_PSA_CRYPTO needs psa_crypto_init() before.
///
/// A connection that was idle for more than a minute is left for a new one: a NAT may have
/// forgotten it, and a request on it would be silent until its time limit.
///
/// Certificates. Chain and name are always verified, by the roots that were handed over; a root is
/// to be in its time as well. A server whose name is an IP address needs an mbedTLS that looks for
/// it in a certificate: 3.5 and later. Times are not judged by a clock of mbedTLS's platform, but:
///
/// - The end of each certificate of the chain must lie ahead, counted from the later of
///   CertificateTime and `not_before_s`.
/// - Before a request that carries a secret (an Authorization header, or a body), the time must be
///   known and the beginning of each certificate lie behind. Else nothing is sent.
///
/// So a device that does not know the time yet can ask for it: `GET /v2/timestamp` carries no
/// secret, so nothing but a wrong time can come of it. This takes a server with the key of a
/// certificate of these roots and this name that ended after the library was built. The same
/// connection is judged again before each further request, then by the time that was got. A clock
/// that stood still cannot lock itself out: it lags, and what lags does not see a certificate end.
/// A resumed session and a kept connection are judged by the certificates that they began with.
///
/// Responses are read strictly by RFC 9112. Not taken (response_invalid): lines that end without a
/// carriage return, folded lines, spaces before the colon, two different Content-Length or one
/// beside Transfer-Encoding, a Transfer-Encoding other than chunked, 101. Limits
/// (response_too_large): 1024 bytes a line with its end, 100 header lines and 16 KiB of them with
/// those of interim responses and trailers, 4 GiB a body. Trailers are dropped. A body that ends
/// with the connection must end with TLS's own goodbye, or it is connection_lost.
class MbedtlsTransport final : public Transport {
 public:
  MbedtlsTransport(const MbedtlsOptions& options, MbedtlsMemory memory);
  ~MbedtlsTransport();

  /// How long MbedtlsMemory::own must be. Depends on how mbedTLS is configured: about 3 kB where a
  /// pointer has 32 bits.
  [[nodiscard]] static std::size_t own_bytes();

  /// As Transport::exchange(). tls_failed: the server's chain, name or times are not what they must
  /// be, or there is no common cipher; clock_not_set: it is the times, and the time is not known or
  /// lies before `not_before_s`; hook_failed: own memory too small, mbedTLS's memory exhausted as
  /// far as it says so, no roots, entropy failed, a method other than GET and POST, a body that
  /// could not be read. With MBEDTLS_PLATFORM_MEMORY, a certificate that nobody trusted vouches for
  /// counts as exhausted memory while no 4 kB of it are free in one piece (8 kB where a pointer has
  /// 64 bits): to mbedTLS a signature that it has no memory to verify is a wrong one.
  Status exchange(const HttpRequest& request, ResponseHandler& response) override;

  /// Trusts these from now on and no others; closes the connection and forgets the session, in
  /// storage too.
  /// @param roots borrowed, bytes and list, until others replace them.
  /// @return ok; invalid_value when one cannot be read, or there is none: those before stay.
  ///         hook_failed: own memory too small, or mbedTLS's exhausted.
  Status set_roots(Roots roots);

  /// Closes the connection, before a deep sleep for example. The session stays.
  void close();

 private:
  struct State;
  State* state_ = nullptr;
};

}  // namespace here_tracking
