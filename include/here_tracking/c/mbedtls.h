// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "here_tracking/c/here_tracking.h"

// NOLINTBEGIN: this is C
/// The transport for firmware, in C: HTTP and TLS on mbedTLS 2.28, or 3.1 and later, over a
/// connection that the board provides.
///
/// It is made before the client, and follows it:
///
///     static ht_mbedtls_transport_t transport;
///     ht_code_t code = ht_mbedtls_transport_init(&transport, &options);
///     config.hooks.transport = &transport.hook;
///     ht_client_init(&client, &config, device_id, device_secret);
///     ht_mbedtls_transport_follow(&transport, &client);

#ifdef __cplusplus
extern "C" {
#endif

/// Hook: a connection that carries bytes, as TCP does: the socket of an IP stack, or of a modem.
/// NULL in place of it or of a function but `close` is "not provided".
///
/// Called by the transport from the thread that calls the client, one connection at a time. What
/// goes through it is TLS, but for plain http to the device itself.
///
/// Each call blocks until it can say something, for `timeout_ms` at most and a little more. After
/// anything but ok the connection is not used again: close() follows. With one exception: after
/// write() said connection_lost, read() may still be called, and gives what had arrived before, or
/// connection_lost.
typedef struct {
  /// Resolves the name and connects. A connection that is still open is closed before.
  /// @param host a name, an IPv4 address, or an IPv6 address without brackets; at most 128
  ///        characters.
  /// @return ok, dns_failed, connect_failed, timeout, hook_failed, not_provided.
  ht_code_t (*connect)(void* context, const char* host, uint16_t port, uint32_t timeout_ms);
  /// Takes what has arrived, as soon as it is at least one byte, and sets `size` to its length; to
  /// 0 when the other side has closed the connection in order, and all before was read.
  /// @return ok, timeout, connection_lost, hook_failed, not_provided.
  ht_code_t (*read)(void* context, char* into, size_t room, size_t* size, uint32_t timeout_ms);
  /// Hands on at least one of the `count` bytes, of which there is one or more, and sets `size` to
  /// how many.
  /// @return ok, timeout, connection_lost, hook_failed, not_provided.
  ht_code_t (*write)(void* context, const char* bytes, size_t count, size_t* size,
                     uint32_t timeout_ms);
  /// Closes the connection, at once. May be called when there is none.
  void (*close)(void* context);
  void* context;
} ht_byte_stream_t;

/// A certificate to trust: DER, one; or PEM, one or more, with a zero at its end that is counted.
typedef struct {
  const uint8_t* data;
  size_t size;
} ht_root_t;

/// How many ht_root_t a transport takes at most.
#define HT_MAX_ROOTS 8

/// Memory of any type: HT_MEMORY() of an array.
typedef struct {
  void* data;
  size_t size;
} ht_mbedtls_memory_t;

typedef struct {
  const ht_byte_stream_t* stream;
  const ht_clock_t* clock;      ///< For the time limits
  const ht_entropy_t* entropy;  ///< Random bytes for TLS, a few hundred a handshake, in pieces
  /// Keeps the TLS session over a deep sleep, as the record "tls_session": up to 2048 bytes,
  /// checksummed, written once a full handshake. It is a secret as the token is. A session that is
  /// longer is kept in memory alone.
  const ht_storage_t* storage;
  const ht_log_t* log;     ///< One debug line a request, and the reason of each failure
  const ht_root_t* roots;  ///< See ht_mbedtls_transport_set_roots()
  size_t root_count;       ///< 0: they are set later. Without, nothing but plain http.
  /// A time that lies behind for certain, in seconds since 1970. 0: the day on which the library
  /// was built (SOURCE_DATE_EPOCH, if that is set).
  int64_t not_before_s;
  /// The transport's own: ht_mbedtls_transport_own_bytes() of it, aligned to 8 bytes, so best an
  /// array of uint64_t.
  ht_mbedtls_memory_t own;
  /// From which all of mbedTLS allocates until ht_mbedtls_transport_end(), elsewhere in the program
  /// too; so one transport alone may be given it. Needs an mbedTLS with MBEDTLS_PLATFORM_MEMORY and
  /// MBEDTLS_MEMORY_BUFFER_ALLOC_C. With records of 16 kB in and 2 kB out and an elliptic curve
  /// chain, 27 kB are used during a handshake, 21 kB while connected. Empty, or with another
  /// mbedTLS: it allocates as it was built and set up to.
  ht_mbedtls_memory_t tls;
} ht_mbedtls_options_t;

/// HTTP/1.1, TLS 1.2, one connection kept open, but left for a new one when it was idle for a
/// minute, its TLS session resumed where it was closed.
/// Allocates nothing itself. One thread at a time, that of the client. An mbedTLS with
/// MBEDTLS_USE_PSA_CRYPTO needs psa_crypto_init() before.
///
/// Certificates. Chain and name are always verified, by the roots that were handed over; a root is
/// to be in its time as well. Times are not judged by a clock of mbedTLS's platform, but by server
/// time, see ht_mbedtls_transport_follow():
///
/// - The end of each certificate of the chain must lie ahead, counted from the later of server time
///   and `not_before_s`.
/// - Before a request that carries a secret (an Authorization header, or a body), the time must be
///   known and the beginning of each certificate lie behind. Else nothing is sent.
///
/// So a device that does not know the time yet can ask for it, and for nothing else.
/// `transport/mbedtls.hpp` says why nothing but a wrong time can come of that, and how strictly
/// responses are read.
///
/// A call of the client ends as ht_transport_t says. tls_failed: the server's chain, name or times
/// are not what they must be, or there is no common cipher; clock_not_set: it is the times, and the
/// time is not known or lies before `not_before_s`; hook_failed: own memory too small or not
/// aligned, mbedTLS's memory exhausted, no roots, entropy failed, a body that could not be read.
typedef struct {
  ht_transport_t hook;  ///< What ht_hooks_t.transport is given
  HT_OBJECT(30, 15);
} ht_mbedtls_transport_t;

/// How long ht_mbedtls_options_t.own must be. Depends on how mbedTLS is configured: about 3 kB
/// where a pointer has 32 bits.
size_t ht_mbedtls_transport_own_bytes(void);

/// @param options copied; what it points to is borrowed, but for the list of roots, which is copied
///        and whose bytes are borrowed.
/// @return ok, also without roots; else as ht_mbedtls_transport_set_roots(), and others may be set.
HT_MUST_USE ht_code_t ht_mbedtls_transport_init(ht_mbedtls_transport_t* transport,
                                                const ht_mbedtls_options_t* options);

/// Judges certificates by the server time of the client that uses the transport, so that a device
/// needs no clock that somebody sets. Before it is called the time is not known.
/// @param client initialised. One that is ended must be initialised anew before the transport is
///        used again.
void ht_mbedtls_transport_follow(ht_mbedtls_transport_t* transport, ht_client_t* client);

/// Trusts these from now on and no others; closes the connection and forgets the session, in
/// storage too.
/// @param roots the list is copied; the bytes are borrowed until others replace them.
/// @return ok; invalid_value when one cannot be read, there is none, or there are more than
///         HT_MAX_ROOTS: those before stay. hook_failed: own memory too small or not aligned, or
///         mbedTLS's exhausted.
HT_MUST_USE ht_code_t ht_mbedtls_transport_set_roots(ht_mbedtls_transport_t* transport,
                                                     const ht_root_t* roots, size_t count);

/// Closes the connection, before a deep sleep for example. The session stays.
void ht_mbedtls_transport_close(ht_mbedtls_transport_t* transport);

/// Closes the connection and gives all memory back. The object may then be initialised anew. A
/// device that runs until the power goes does not need it.
void ht_mbedtls_transport_end(ht_mbedtls_transport_t* transport);

#ifdef __cplusplus
}  // extern "C"
#endif
// NOLINTEND
