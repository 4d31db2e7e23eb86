// SPDX-License-Identifier: Apache-2.0
#include "tls_connection.hpp"

#include "core/calendar.hpp"
#include "core/division.hpp"
#include "core/records.hpp"
#include "core/text.hpp"
#include "output.hpp"

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

std::uint32_t seconds(const mbedtls_x509_time& time) {
  constexpr std::uint32_t end = 0xffffffff;
  const auto number = [](int value) { return static_cast<std::uint32_t>(value); };
  const std::int32_t days = days_since_1970(number(time.year), number(time.mon), number(time.day));
  if (days == no_day) return 0;
  if (number(days) >= end / 86400) return end;
  return ((number(days) * 24 + number(time.hour)) * 60 + number(time.min)) * 60 + number(time.sec);
}

bool is_pem(Span<const std::uint8_t> bytes) {
  return !bytes.empty() && bytes[bytes.size() - 1] == '\0';
}

bool is_memory_exhausted(int result) {
  static constexpr std::int16_t exhausted[] = {
      MBEDTLS_ERR_SSL_ALLOC_FAILED,   MBEDTLS_ERR_X509_ALLOC_FAILED, MBEDTLS_ERR_PK_ALLOC_FAILED,
      MBEDTLS_ERR_PEM_ALLOC_FAILED,   MBEDTLS_ERR_ECP_ALLOC_FAILED,  MBEDTLS_ERR_MD_ALLOC_FAILED,
      MBEDTLS_ERR_CIPHER_ALLOC_FAILED};
  // The lower half of a code is of the module that failed first.
  const int low = -(-result & 0x7f);
  for (const int code : exhausted) {
    if (code == result - low) return true;
  }
  return low == MBEDTLS_ERR_MPI_ALLOC_FAILED || low == MBEDTLS_ERR_ASN1_ALLOC_FAILED;
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

/// What lies before 1970 is 0, what lies behind the end of 32 bits is that end.
std::uint32_t to_seconds_32(std::int64_t time_s) {
  return static_cast<std::uint32_t>(std::clamp<std::int64_t>(time_s, 0, 0xffffffff));
}

bool is_again(int result) {
  return result == MBEDTLS_ERR_SSL_WANT_READ || result == MBEDTLS_ERR_SSL_WANT_WRITE;
}

}  // namespace

std::optional<std::int64_t> ClientTime::now_s() {
  std::optional<std::int64_t> now;
  if (client_ != nullptr) now = client_->server_time_ms();
  if (now) *now = to_seconds(*now);
  return now;
}

TlsConnection::TlsConnection(const MbedtlsOptions& options, char* memory)
    : memory_(memory),
      not_before_s_(
          to_seconds_32(options.not_before_s == 0 ? HERE_TRACKING_BUILT_S : options.not_before_s)),
      options_(options) {
  mbedtls_ssl_session_init(&session_);
  if (!options.roots.empty()) (void)set_roots(options.roots);
}

TlsConnection::~TlsConnection() {
  close();
  mbedtls_ssl_session_free(&session_);
}

// ---- certificates ----

Code TlsConnection::read_roots() {
  mbedtls_x509_crt_init(&roots_);
  int result = MBEDTLS_ERR_X509_BAD_INPUT_DATA;
  std::uint64_t hash = 0;
  for (const Span<const std::uint8_t>& root : options_.roots) {
#if defined(MBEDTLS_PEM_PARSE_C)
    if (is_pem(root)) {
      result = mbedtls_x509_crt_parse(&roots_, root.data(), root.size());
    } else
#endif
    {
      result = mbedtls_x509_crt_parse_der_nocopy(&roots_, root.data(), root.size());
    }
    if (result != 0) break;
    hash = fnv1a(root, hash);
  }
  if (result == 0) {
    roots_hash_ = hash;
    return Code::ok;
  }
  mbedtls_x509_crt_free(&roots_);
  const Code code = outcome(result, "root certificates: none, or one that cannot be read");
  return code == Code::hook_failed ? code : Code::invalid_value;
}

Code TlsConnection::set_roots(Roots roots) {
  const bool replaced = roots_hash_ != 0;
  const Roots before = options_.roots;
  options_.roots = roots;
  const Code code = read_roots();
  if (code != Code::ok) {
    options_.roots = before;
    return code;
  }
  mbedtls_x509_crt_free(&roots_);
  take_leave();
  if (replaced) forget_session();
  return code;
}

int TlsConnection::take_certificate(void* self, mbedtls_x509_crt* certificate, int depth,
                                    std::uint32_t* flags) {
  (void)depth;
  auto& connection = *static_cast<TlsConnection*>(self);
  connection.resumed_ = false;  // the server did not take the session
  Validity& validity = connection.peer_.validity;
  validity.from_s = std::max(validity.from_s, seconds(certificate->valid_from));
  validity.until_s = std::min(validity.until_s, seconds(certificate->valid_to));
  // By the platform's clock, which may say anything.
  *flags &= ~static_cast<std::uint32_t>(MBEDTLS_X509_BADCERT_EXPIRED | MBEDTLS_X509_BADCERT_FUTURE);
  // To mbedTLS a signature is wrong as well when there is no memory to verify it.
  const bool maybe_right = (*flags & MBEDTLS_X509_BADCERT_NOT_TRUSTED) != 0;
  return maybe_right && !has_room_for_signature() ? MBEDTLS_ERR_X509_ALLOC_FAILED : 0;
}

std::uint32_t TlsConnection::now_s() {
  return options_.time != nullptr ? to_seconds_32(options_.time->now_s().value_or(0)) : 0;
}

bool TlsConnection::is_within(const Validity& validity, Carries what, std::uint32_t now_s) const {
  if (validity.until_s < std::max(now_s, not_before_s_)) return false;
  return what == Carries::nothing_secret || (now_s != 0 && validity.from_s <= now_s);
}

Code TlsConnection::judge(Carries what) {
  if (!tls_) return Code::ok;
  const std::uint32_t now = now_s();
  if (is_within(peer_.validity, what, now)) return Code::ok;
  const bool by_the_time = now >= not_before_s_ || peer_.validity.until_s < not_before_s_;
  options_.log->write(LogLevel::warning, by_the_time
                                             ? "a certificate of the server is not in its time"
                                             : "certificates cannot be judged: no time is known");
  return by_the_time ? Code::tls_failed : Code::clock_not_set;
}

// ---- the session ----

std::uint64_t TlsConnection::identity_of(const Origin& origin) const {
  const std::uint32_t service = origin.port * 2U + (origin.tls ? 1U : 0U);
  return fnv1a(origin.host, roots_hash_ ^ service) | 1U;
}

void TlsConnection::load_session() {
  if (storage_read_) return;
  storage_read_ = true;
  const Span<std::uint8_t> room = scratch();
  std::size_t size = 0;
  const Status status = options_.storage->load(SessionRecord::kind.name, room, size);
  if (!status.ok() || size > room.size()) return;
  Peer peer;
  const std::string_view session = SessionRecord::decode({room.data(), size}, peer);
  if (!session.empty() &&
      mbedtls_ssl_session_load(&session_, bytes_of(session).data(), session.size()) == 0) {
    session_peer_ = peer;
  }
}

void TlsConnection::store_session() {
  const Span<std::uint8_t> room = scratch();
  std::size_t size = 0;
  if (mbedtls_ssl_session_save(&session_, room.data() + SessionRecord::session_at,
                               room.size() - SessionRecord::overhead, &size) != 0) {
    return;
  }
  const Code code =
      options_.storage
          ->store(SessionRecord::kind.name, SessionRecord::encode(session_peer_, size, room))
          .code();
  if (code != Code::ok && code != Code::not_provided) {
    options_.log->write(LogLevel::warning, "cannot store the TLS session");
  }
}

void TlsConnection::free_session() {
  mbedtls_ssl_session_free(&session_);
  mbedtls_ssl_session_init(&session_);
  session_peer_.identity = 0;
}

void TlsConnection::forget_session() {
  free_session();
  (void)options_.storage->erase(SessionRecord::kind.name);
}

// ---- the connection ----

bool TlsConnection::is_open_to(const Origin& origin) const {
  return peer_.identity == identity_of(origin);
}

Code TlsConnection::open(const Origin& origin, Carries what, std::uint32_t timeout_ms) {
  const std::uint32_t deadline_ms = deadline_ms_;
  allow(std::min(timeout_ms, left_ms()));
  tls_ = origin.tls;
  resumed_ = false;
  peer_.validity = always;
  Code code = judge(what);
  const std::uint32_t limit_ms = left_ms();
  if (code == Code::ok && limit_ms == 0) code = Code::timeout;
  if (code == Code::ok) {
    peer_.identity = identity_of(origin);
    mbedtls_ssl_init(&ssl_);
    mbedtls_ssl_config_init(&config_);
    std::string_view host = origin.host;
    if (host.size() > 2 && host.front() == '[') host = {host.data() + 1, host.size() - 2};
    code = options_.stream->connect(host, origin.port, limit_ms).code();
    stream_code_ = code;
    if (code == Code::ok && tls_) code = shake_hands(host, what);
    if (code == Code::ok) code = judge(what);
    if (code != Code::ok) close();
  }
  deadline_ms_ = deadline_ms;
  return code;
}

Code TlsConnection::shake_hands(std::string_view host, Carries what) {
  load_session();
  if (host.size() >= memory_bytes || read_roots() != Code::ok) return Code::hook_failed;
  const char* step = "configuration";
  int result = mbedtls_ssl_config_defaults(
      &config_, MBEDTLS_SSL_IS_CLIENT, MBEDTLS_SSL_TRANSPORT_STREAM, MBEDTLS_SSL_PRESET_DEFAULT);
  if (result == 0) {
#if MBEDTLS_VERSION_NUMBER >= 0x03020000
    mbedtls_ssl_conf_min_tls_version(&config_, MBEDTLS_SSL_VERSION_TLS1_2);
    mbedtls_ssl_conf_max_tls_version(&config_, MBEDTLS_SSL_VERSION_TLS1_2);
#else
    mbedtls_ssl_conf_min_version(&config_, MBEDTLS_SSL_MAJOR_VERSION_3,
                                 MBEDTLS_SSL_MINOR_VERSION_3);
    mbedtls_ssl_conf_max_version(&config_, MBEDTLS_SSL_MAJOR_VERSION_3,
                                 MBEDTLS_SSL_MINOR_VERSION_3);
#endif
    mbedtls_ssl_conf_authmode(&config_, MBEDTLS_SSL_VERIFY_REQUIRED);
    mbedtls_ssl_conf_ca_chain(&config_, &roots_, nullptr);
    mbedtls_ssl_conf_verify(&config_, &take_certificate, this);
    mbedtls_ssl_conf_rng(&config_, &fill_random, this);
    step = "set-up";
    result = mbedtls_ssl_setup(&ssl_, &config_);
  }
  if (result == 0) {
    mbedtls_ssl_set_bio(&ssl_, this, &send, &receive, nullptr);
    memory_[copy_text(host, {memory_, host.size()})] = '\0';
    step = "host name";
    result = mbedtls_ssl_set_hostname(&ssl_, memory_);
  }
  bool offered = false;
  if (result == 0) {
    offered = session_peer_.identity == peer_.identity &&
              is_within(session_peer_.validity, what, now_s()) &&
              mbedtls_ssl_set_session(&ssl_, &session_) == 0;
    resumed_ = offered;
    step = "handshake";
    do {
      result = mbedtls_ssl_handshake(&ssl_);
    } while (is_again(result));
  }
  // They are needed for a handshake alone.
  mbedtls_ssl_conf_ca_chain(&config_, nullptr, nullptr);
  mbedtls_x509_crt_free(&roots_);
  if (result != 0) {
    const Code code = outcome(result, step);
    if (offered && code == Code::tls_failed) forget_session();
    return code;
  }
  if (resumed_) {
    peer_ = session_peer_;
    return Code::ok;
  }
  free_session();
  if (mbedtls_ssl_get_session(&ssl_, &session_) == 0) {
    session_peer_ = peer_;
    store_session();
  }
  return Code::ok;
}

Code TlsConnection::outcome(int result, const char* step) {
  if (stream_code_ != Code::ok) return stream_code_;
  Output line(memory_, nullptr);
  line.append("TLS: ");
  line.append(step);
  line.append(", mbedTLS -0x", static_cast<std::uint32_t>(-result), 16);
  if (result == MBEDTLS_ERR_X509_CERT_VERIFY_FAILED) {
    line.append(", flags 0x", mbedtls_ssl_get_verify_result(&ssl_), 16);
  }
  options_.log->write(LogLevel::warning, line.text());
  if (is_memory_exhausted(result)) return Code::hook_failed;
  return result == MBEDTLS_ERR_SSL_CONN_EOF ? Code::connection_lost : Code::tls_failed;
}

Code TlsConnection::lost() const {
  return stream_code_ != Code::ok ? stream_code_ : Code::connection_lost;
}

Code TlsConnection::write(const char* bytes, std::size_t size) {
  while (size > 0) {
    const auto* const data = reinterpret_cast<const unsigned char*>(bytes);
    const int result = tls_ ? mbedtls_ssl_write(&ssl_, data, size) : send(this, data, size);
    if (is_again(result)) continue;
    if (result <= 0) return lost();
    bytes += result;
    size -= static_cast<std::size_t>(result);
  }
  return Code::ok;
}

Code TlsConnection::receive(char* into, std::size_t room, std::size_t& size) {
  auto* const data = reinterpret_cast<unsigned char*>(into);
  int result = 0;
  do {
    result = tls_ ? mbedtls_ssl_read(&ssl_, data, room) : receive(this, data, room);
  } while (is_again(result));
  // In TLS the end without a goodbye may be anybody's.
  if (result == (tls_ ? MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY : 0)) return Code::no_data;
  if (result <= 0) return lost();
  size = static_cast<std::size_t>(result);
  return Code::ok;
}

void TlsConnection::close() {
  if (peer_.identity == 0) return;
  if (tls_ && stream_code_ == Code::ok) (void)mbedtls_ssl_close_notify(&ssl_);
  mbedtls_ssl_free(&ssl_);
  mbedtls_ssl_config_free(&config_);
  options_.stream->close();
  peer_.identity = 0;
  stream_code_ = Code::ok;
}

void TlsConnection::take_leave() {
  allow(1000);
  close();
}

void TlsConnection::allow(std::uint32_t timeout_ms) {
  deadline_ms_ = now_ms() + std::min<std::uint32_t>(timeout_ms, 0x7fffffff);
}

// ---- what mbedTLS calls ----

std::uint32_t TlsConnection::now_ms() {
  return static_cast<std::uint32_t>(options_.clock->now_ms());
}

std::uint32_t TlsConnection::left_ms() {
  const auto left = static_cast<std::int32_t>(deadline_ms_ - now_ms());
  return left > 0 ? static_cast<std::uint32_t>(left) : 0;
}

int TlsConnection::answer(Code code, std::size_t count) {
  if (code == Code::ok) return static_cast<int>(count);
  // To who reads a response, no_data is an end in order, which a hook does not say so.
  stream_code_ = code == Code::no_data ? Code::hook_failed : code;
  return hook_error;
}

int TlsConnection::transfer(char* bytes, std::size_t size, bool out) {
  std::size_t count = 0;
  const std::uint32_t limit_ms = left_ms();
  if (limit_ms == 0) return answer(Code::timeout, 0);
  const Status status = out ? options_.stream->write({bytes, size}, count, limit_ms)
                            : options_.stream->read({bytes, size}, count, limit_ms);
  const bool possible = count <= size && (count > 0 || !out);
  return answer(status.ok() && !possible ? Code::hook_failed : status.code(), count);
}

int TlsConnection::send(void* self, const unsigned char* bytes, std::size_t size) {
  auto* const data = const_cast<char*>(reinterpret_cast<const char*>(bytes));
  return static_cast<TlsConnection*>(self)->transfer(data, size, true);
}

int TlsConnection::receive(void* self, unsigned char* into, std::size_t size) {
  return static_cast<TlsConnection*>(self)->transfer(reinterpret_cast<char*>(into), size, false);
}

int TlsConnection::fill_random(void* self, unsigned char* into, std::size_t size) {
  auto& connection = *static_cast<TlsConnection*>(self);
  return connection.answer(connection.options_.entropy->fill({into, size}).code(), 0);
}

}  // namespace here_tracking
