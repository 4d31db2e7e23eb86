// SPDX-License-Identifier: Apache-2.0
#include "tls_connection.hpp"

#include "core/calendar.hpp"
#include "core/division.hpp"
#include "core/records.hpp"
#include "core/text.hpp"

#include <algorithm>

#include <mbedtls/cipher.h>
#include <mbedtls/ecp.h>
#include <mbedtls/md.h>
#include <mbedtls/pem.h>
#include <mbedtls/pk.h>
#include <mbedtls/platform.h>
#include <mbedtls/version.h>

// 3.0 does not show the times of a certificate.
#if MBEDTLS_VERSION_NUMBER < 0x021c0000 || MBEDTLS_VERSION_NUMBER >= 0x04000000 || \
    (MBEDTLS_VERSION_NUMBER >= 0x03000000 && MBEDTLS_VERSION_NUMBER < 0x03010000)
#error "here_tracking: mbedTLS must be 2.28, or 3.1 and later before 4.0"
#endif

namespace here_tracking {
namespace {

/// What mbedTLS is told when a hook fails; the hook's own code is kept beside it.
constexpr int hook_error = MBEDTLS_ERR_SSL_INTERNAL_ERROR;

std::int64_t seconds(const mbedtls_x509_time& time) {
  const auto number = [](int value) { return static_cast<std::uint32_t>(value); };
  const auto days = days_since_1970(number(time.year), number(time.mon), number(time.day));
  if (!days) return 0;
  return std::int64_t{*days} * 86400 + time.hour * 3600 + time.min * 60 + time.sec;
}

bool is_pem(Span<const std::uint8_t> bytes) {
  return !bytes.empty() && bytes[bytes.size() - 1] == '\0';
}

bool is_memory_exhausted(int result) {
  // The lower half of a code is of the module that failed first.
  const int low = -(-result & 0x7f);
  switch (result - low) {
    case MBEDTLS_ERR_SSL_ALLOC_FAILED:
    case MBEDTLS_ERR_X509_ALLOC_FAILED:
    case MBEDTLS_ERR_PK_ALLOC_FAILED:
    case MBEDTLS_ERR_PEM_ALLOC_FAILED:
    case MBEDTLS_ERR_ECP_ALLOC_FAILED:
    case MBEDTLS_ERR_MD_ALLOC_FAILED:
    case MBEDTLS_ERR_CIPHER_ALLOC_FAILED:
      return true;
    default:
      return low == MBEDTLS_ERR_MPI_ALLOC_FAILED || low == MBEDTLS_ERR_ASN1_ALLOC_FAILED;
  }
}

/// Whether mbedTLS's memory has room for what a signature takes while it is verified, about.
bool has_room_for_signature() {
#if defined(MBEDTLS_PLATFORM_MEMORY)
  constexpr std::size_t bytes = 1024 * sizeof(void*);
  void* const room = mbedtls_calloc(1, bytes);
  mbedtls_free(room);
  return room != nullptr;
#else
  return true;
#endif
}

}  // namespace

std::optional<std::int64_t> ClientTime::now_s() {
  const auto ms = client_ != nullptr ? client_->server_time_ms() : std::nullopt;
  return ms ? std::optional<std::int64_t>(to_seconds(*ms)) : std::nullopt;
}

TlsConnection::TlsConnection(const MbedtlsOptions& options)
    : options_(options), ssl_(), config_(), roots_(), session_() {
  if (options_.not_before_s == 0) options_.not_before_s = HERE_TRACKING_BUILT_S;
  mbedtls_ssl_init(&ssl_);
  mbedtls_ssl_config_init(&config_);
  mbedtls_x509_crt_init(&roots_);
  mbedtls_ssl_session_init(&session_);
  if (!options_.roots.empty()) (void)set_roots(options_.roots);
}

TlsConnection::~TlsConnection() {
  close();
  mbedtls_ssl_session_free(&session_);
}

// ---- certificates ----

Status TlsConnection::read_roots(Roots roots, mbedtls_x509_crt& into) {
  int result = 0;
  for (const Span<const std::uint8_t>& root : roots) {
#if defined(MBEDTLS_PEM_PARSE_C)
    if (is_pem(root)) {
      result = mbedtls_x509_crt_parse(&into, root.data(), root.size());
    } else
#endif
    {
      result = mbedtls_x509_crt_parse_der_nocopy(&into, root.data(), root.size());
    }
    if (result != 0) break;
  }
  if (result == 0 && !roots.empty()) return {};
  (void)outcome(result, "root certificates: none, or one that cannot be read");
  return is_memory_exhausted(result) ? Code::hook_failed : Code::invalid_value;
}

Status TlsConnection::set_roots(Roots roots) {
  mbedtls_x509_crt parsed;
  mbedtls_x509_crt_init(&parsed);
  const Status status = read_roots(roots, parsed);
  mbedtls_x509_crt_free(&parsed);
  if (!status.ok()) return status;
  close();
  options_.roots = roots;
  const bool replaced = roots_hash_ != 0;
  roots_hash_ = fnv1a(std::string_view());
  for (const Span<const std::uint8_t>& root : roots)
    roots_hash_ = fnv1a(root, roots_hash_);
  if (replaced) forget_session();
  return {};
}

int TlsConnection::take_certificate(void* self, mbedtls_x509_crt* certificate, int depth,
                                    std::uint32_t* flags) {
  (void)depth;
  auto& connection = *static_cast<TlsConnection*>(self);
  Validity& validity = connection.validity_;
  if (connection.resumed_) {  // the server did not take the session
    connection.resumed_ = false;
    validity = {};
  }
  validity.from_s = std::max(validity.from_s, seconds(certificate->valid_from));
  validity.until_s = std::min(validity.until_s, seconds(certificate->valid_to));
  // By the platform's clock, which may say anything.
  *flags &= ~static_cast<std::uint32_t>(MBEDTLS_X509_BADCERT_EXPIRED | MBEDTLS_X509_BADCERT_FUTURE);
  // To mbedTLS a signature is wrong as well when there is no memory to verify it.
  const bool maybe_right = (*flags & MBEDTLS_X509_BADCERT_NOT_TRUSTED) != 0;
  return maybe_right && !has_room_for_signature() ? MBEDTLS_ERR_X509_ALLOC_FAILED : 0;
}

std::int64_t TlsConnection::now_s() {
  return options_.time != nullptr ? options_.time->now_s().value_or(-1) : -1;
}

bool TlsConnection::is_within(const Validity& validity, Carries what, std::int64_t now_s) const {
  if (validity.until_s < std::max(now_s, options_.not_before_s)) return false;
  return what == Carries::nothing_secret || (now_s >= 0 && validity.from_s <= now_s);
}

Status TlsConnection::judge(Carries what) {
  if (identity_ != 0 && !tls_) return {};
  const std::int64_t now = now_s();
  if (is_within(validity_, what, now)) return {};
  const bool by_the_time =
      now >= options_.not_before_s || validity_.until_s < options_.not_before_s;
  options_.log->write(LogLevel::warning, by_the_time
                                             ? "a certificate of the server is not in its time"
                                             : "certificates cannot be judged: no time is known");
  return by_the_time ? Code::tls_failed : Code::clock_not_set;
}

// ---- the session ----

std::uint64_t TlsConnection::identity_of(const Origin& origin) const {
  const std::uint8_t more[] = {static_cast<std::uint8_t>(origin.port >> 8U),
                               static_cast<std::uint8_t>(origin.port & 0xffU),
                               static_cast<std::uint8_t>(origin.tls ? 1 : 0)};
  return fnv1a(origin.host, fnv1a(more, roots_hash_)) | 1U;
}

void TlsConnection::load_session(Span<std::uint8_t> scratch) {
  if (storage_read_) return;
  storage_read_ = true;
  std::size_t size = 0;
  SessionRecord record;
  if (options_.storage->load(SessionRecord::name, scratch, size).ok() && size <= scratch.size() &&
      SessionRecord::decode({scratch.data(), size}, record) &&
      mbedtls_ssl_session_load(&session_, record.session.data(), record.session.size()) == 0) {
    session_identity_ = record.identity;
    session_validity_ = record.validity;
  }
  wipe({reinterpret_cast<char*>(scratch.data()), scratch.size()});
}

void TlsConnection::store_session(Span<std::uint8_t> scratch) {
  const Span<std::uint8_t> into = SessionRecord::session_in(scratch);
  std::size_t size = 0;
  if (mbedtls_ssl_session_save(&session_, into.data(), into.size(), &size) == 0) {
    const Status status = options_.storage->store(
        SessionRecord::name,
        SessionRecord::encode(session_identity_, session_validity_, size, scratch));
    if (!status.ok() && status != Code::not_provided) {
      options_.log->write(LogLevel::warning, "cannot store the TLS session");
    }
  }
  wipe({reinterpret_cast<char*>(scratch.data()), scratch.size()});
}

void TlsConnection::forget_session() {
  mbedtls_ssl_session_free(&session_);
  mbedtls_ssl_session_init(&session_);
  session_identity_ = 0;
  (void)options_.storage->erase(SessionRecord::name);
}

// ---- the connection ----

bool TlsConnection::is_open_to(const Origin& origin) const {
  return identity_ != 0 && identity_ == identity_of(origin);
}

Status TlsConnection::open(const Origin& origin, Carries what, Span<std::uint8_t> scratch) {
  close();
  std::string_view host = origin.host;
  if (!host.empty() && host.front() == '[') host = slice(host, 1, host.size() - 2);
  const std::uint32_t limit_ms = left_ms();
  if (limit_ms == 0) return Code::timeout;
  Status status = options_.stream->connect(host, origin.port, limit_ms);
  if (status.ok()) {
    tls_ = origin.tls;
    identity_ = identity_of(origin);
    if (tls_) {
      load_session(scratch);
      status = set_up(host, {reinterpret_cast<char*>(scratch.data()), scratch.size()});
      if (status.ok()) status = shake_hands(what, scratch);
    }
  }
  if (!status.ok()) {
    free_tls();
    options_.stream->close();
  }
  return status;
}

Status TlsConnection::set_up(std::string_view host, Span<char> scratch) {
  if (host.size() >= scratch.size()) return Code::hook_failed;
  const Status status = read_roots(options_.roots, roots_);
  if (!status.ok()) return Code::hook_failed;
  int result = mbedtls_ssl_config_defaults(
      &config_, MBEDTLS_SSL_IS_CLIENT, MBEDTLS_SSL_TRANSPORT_STREAM, MBEDTLS_SSL_PRESET_DEFAULT);
  if (result != 0) return outcome(result, "configuration");
#if MBEDTLS_VERSION_NUMBER >= 0x03020000
  mbedtls_ssl_conf_min_tls_version(&config_, MBEDTLS_SSL_VERSION_TLS1_2);
  mbedtls_ssl_conf_max_tls_version(&config_, MBEDTLS_SSL_VERSION_TLS1_2);
#else
  mbedtls_ssl_conf_min_version(&config_, MBEDTLS_SSL_MAJOR_VERSION_3, MBEDTLS_SSL_MINOR_VERSION_3);
  mbedtls_ssl_conf_max_version(&config_, MBEDTLS_SSL_MAJOR_VERSION_3, MBEDTLS_SSL_MINOR_VERSION_3);
#endif
  mbedtls_ssl_conf_authmode(&config_, MBEDTLS_SSL_VERIFY_REQUIRED);
  mbedtls_ssl_conf_ca_chain(&config_, &roots_, nullptr);
  mbedtls_ssl_conf_verify(&config_, &take_certificate, this);
  mbedtls_ssl_conf_rng(&config_, &fill_random, this);
  result = mbedtls_ssl_setup(&ssl_, &config_);
  if (result != 0) return outcome(result, "set-up");
  mbedtls_ssl_set_bio(&ssl_, this, &send, &receive, nullptr);
  scratch[copy_text(host, scratch)] = '\0';
  result = mbedtls_ssl_set_hostname(&ssl_, scratch.data());
  return result == 0 ? Status() : outcome(result, "host name");
}

Status TlsConnection::shake_hands(Carries what, Span<std::uint8_t> scratch) {
  validity_ = {};
  resumed_ = session_identity_ == identity_ && is_within(session_validity_, what, now_s()) &&
             mbedtls_ssl_set_session(&ssl_, &session_) == 0;
  const bool offered = resumed_;
  if (offered) validity_ = session_validity_;
  int result = 0;
  do {
    result = mbedtls_ssl_handshake(&ssl_);
  } while (result == MBEDTLS_ERR_SSL_WANT_READ || result == MBEDTLS_ERR_SSL_WANT_WRITE);
  if (result != 0) {
    const Status status = outcome(result, "handshake");
    if (offered && status == Code::tls_failed) forget_session();
    return status;
  }
  // They are needed for a handshake alone.
  mbedtls_ssl_conf_ca_chain(&config_, nullptr, nullptr);
  mbedtls_x509_crt_free(&roots_);
  if (resumed_) return {};
  mbedtls_ssl_session_free(&session_);
  mbedtls_ssl_session_init(&session_);
  session_identity_ = 0;
  if (mbedtls_ssl_get_session(&ssl_, &session_) != 0) return {};
  session_identity_ = identity_;
  session_validity_ = validity_;
  store_session(scratch);
  return {};
}

Status TlsConnection::outcome(int result, const char* what) {
  if (stream_code_ != Code::ok) return stream_code_;
  char memory[96];
  TextBuilder text(memory);
  text.append("TLS: ");
  text.append(what);
  text.append(", mbedTLS -0x");
  text.append_hex(static_cast<std::uint8_t>((-result >> 8) & 0xff));
  text.append_hex(static_cast<std::uint8_t>(-result & 0xff));
  if (result == MBEDTLS_ERR_X509_CERT_VERIFY_FAILED) {
    text.append(", flags 0x");
    const std::uint32_t flags = mbedtls_ssl_get_verify_result(&ssl_);
    text.append_hex(static_cast<std::uint8_t>((flags >> 8U) & 0xffU));
    text.append_hex(static_cast<std::uint8_t>(flags & 0xffU));
  }
  options_.log->write(LogLevel::warning, text.text());
  if (is_memory_exhausted(result)) return Code::hook_failed;
  return result == MBEDTLS_ERR_SSL_CONN_EOF ? Code::connection_lost : Code::tls_failed;
}

Status TlsConnection::write(std::string_view bytes) {
  while (!bytes.empty()) {
    int result = 0;
    if (tls_) {
      result = mbedtls_ssl_write(&ssl_, reinterpret_cast<const unsigned char*>(bytes.data()),
                                 bytes.size());
      if (result == MBEDTLS_ERR_SSL_WANT_READ || result == MBEDTLS_ERR_SSL_WANT_WRITE) continue;
    } else {
      result = send(this, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
    }
    if (result <= 0) return stream_code_ != Code::ok ? stream_code_ : Code::connection_lost;
    bytes.remove_prefix(static_cast<std::size_t>(result));
  }
  return {};
}

Status TlsConnection::read(Span<char> into, std::size_t& size) {
  size = 0;
  auto* const bytes = reinterpret_cast<unsigned char*>(into.data());
  int result = 0;
  if (tls_) {
    do {
      result = mbedtls_ssl_read(&ssl_, bytes, into.size());
    } while (result == MBEDTLS_ERR_SSL_WANT_READ || result == MBEDTLS_ERR_SSL_WANT_WRITE);
    if (result == MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY) return {};
    // The end without TLS's goodbye may be anybody's.
    if (result == 0) return Code::connection_lost;
  } else {
    result = receive(this, bytes, into.size());
  }
  if (result < 0) return stream_code_ != Code::ok ? stream_code_ : Code::connection_lost;
  size = static_cast<std::size_t>(result);
  return {};
}

void TlsConnection::close() {
  if (identity_ == 0) return;
  if (tls_ && stream_code_ == Code::ok) (void)mbedtls_ssl_close_notify(&ssl_);
  free_tls();
  options_.stream->close();
}

void TlsConnection::free_tls() {
  mbedtls_ssl_free(&ssl_);
  mbedtls_ssl_init(&ssl_);
  mbedtls_ssl_config_free(&config_);
  mbedtls_ssl_config_init(&config_);
  mbedtls_x509_crt_free(&roots_);
  mbedtls_x509_crt_init(&roots_);
  identity_ = 0;
  validity_ = {};
  stream_code_ = Code::ok;
  resumed_ = false;
}

// ---- what mbedTLS calls ----

std::uint32_t TlsConnection::left_ms() {
  const std::int64_t left = deadline_ms_ - options_.clock->now_ms();
  return static_cast<std::uint32_t>(std::clamp<std::int64_t>(left, 0, 0x7fffffff));
}

int TlsConnection::send(void* self, const unsigned char* bytes, std::size_t size) {
  auto& connection = *static_cast<TlsConnection*>(self);
  std::size_t sent = 0;
  const std::uint32_t limit_ms = connection.left_ms();
  Status status = Code::timeout;
  if (limit_ms > 0) {
    status = connection.options_.stream->write({reinterpret_cast<const char*>(bytes), size}, sent,
                                               limit_ms);
  }
  if (status.ok() && (sent == 0 || sent > size)) status = Code::hook_failed;
  if (status.ok()) return static_cast<int>(sent);
  connection.stream_code_ = status.code();
  return hook_error;
}

int TlsConnection::receive(void* self, unsigned char* into, std::size_t size) {
  auto& connection = *static_cast<TlsConnection*>(self);
  std::size_t received = 0;
  const std::uint32_t limit_ms = connection.left_ms();
  Status status = Code::timeout;
  if (limit_ms > 0) {
    status =
        connection.options_.stream->read({reinterpret_cast<char*>(into), size}, received, limit_ms);
  }
  if (status.ok() && received > size) status = Code::hook_failed;
  if (status.ok()) return static_cast<int>(received);
  connection.stream_code_ = status.code();
  return hook_error;
}

int TlsConnection::fill_random(void* self, unsigned char* into, std::size_t size) {
  auto& connection = *static_cast<TlsConnection*>(self);
  const Status status = connection.options_.entropy->fill({into, size});
  if (status.ok()) return 0;
  connection.stream_code_ = status.code();
  return hook_error;
}

}  // namespace here_tracking
