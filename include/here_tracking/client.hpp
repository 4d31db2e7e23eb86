// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "here_tracking/authorization.hpp"
#include "here_tracking/detail/server_time.hpp"
#include "here_tracking/hooks.hpp"
#include "here_tracking/shadow.hpp"
#include "here_tracking/span.hpp"
#include "here_tracking/status.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <type_traits>

namespace here_tracking {

namespace detail {
class Sender;
struct RecordKind;
}  // namespace detail

/// Where the service is. A program that never gives another address links nothing that reads one.
class BaseUrl {
 public:
  /// `https://tracking.api.here.com`
  constexpr BaseUrl() = default;
  /// @param text `https://host[:port]`, with or without a `/` at its end. Plain `http://` is
  ///        accepted for a loopback host alone. Borrowed: it must outlive the Client. One that is
  ///        refused is reported by the Client, as `base_url`.
  BaseUrl(
      std::string_view text);  // NOLINT(google-explicit-constructor): `base_url = "https://..."`
  template <typename Text,
            typename = std::enable_if_t<std::is_convertible_v<const Text&, std::string_view>>>
  BaseUrl(const Text& text)  // NOLINT(google-explicit-constructor)
      : BaseUrl(std::string_view(text)) {}

  [[nodiscard]] constexpr bool valid() const { return rule_ == Rule::range; }
  /// Which rule is broken, unless valid().
  [[nodiscard]] constexpr Rule rule() const { return rule_; }
  [[nodiscard]] constexpr std::string_view text() const { return text_; }
  /// Only when valid().
  [[nodiscard]] constexpr const Origin& origin() const { return origin_; }

 private:
  std::string_view text_ = "https://tracking.api.here.com";
  Origin origin_ = {"tracking.api.here.com", 443, true};
  Rule rule_ = Rule::range;
};

struct ClientConfig {
  /// For tokens of a project on the HERE platform it is `https://tracking.hereapi.com`.
  BaseUrl base_url;
  std::uint32_t connect_timeout_ms = 15000;  ///< Name resolution, TCP and TLS
  std::uint32_t timeout_ms = 30000;          ///< A whole exchange
};

/// Memory that the Client works in. Borrowed: it must outlive the Client.
struct ClientMemory {
  /// Keeps the access token. Documented samples have about 840 characters; 2048 is a safe choice.
  Span<char> token;
  /// Requests are made and responses are taken here. A desired shadow with every member at its
  /// maximum has about 4.2 kB, so 8 kB is a safe choice; at least Client::min_work_bytes.
  Span<char> work;
};

/// Everything that is known about a failure.
struct ErrorDetail {
  Status status;
  std::int32_t here_error_code = 0;   ///< The service's `details.hereErrorCode`; 0: none given
  std::array<char, 64> id{};          ///< The service's error id, an opaque text; empty: none given
  std::array<char, 128> message{};    ///< The service's own words, cut to this size; may be empty
  std::array<char, 37> request_id{};  ///< The X-Request-Id that was sent
  std::optional<std::uint32_t> retry_after_s;  ///< From Retry-After (seconds or HTTP date)
};

enum class Delivery : std::uint8_t {
  synchronous,   ///< The answer is the desired shadow.
  asynchronous,  ///< The answer is empty: saves downlink bytes.
};

/// How telemetry is sent. The text is borrowed for the call.
struct Ingestion {
  Delivery delivery = Delivery::synchronous;
  /// Whose telemetry it is, where a gateway sends (SuppliedToken): a virtual device's own id within
  /// app_id, or the tracking id of a claimed device; 1..50 characters of UTF-8. Empty for a device
  /// that sends for itself.
  std::string_view id = {};
  /// The project of a virtual device: 8 characters or more, UTF-8. Not without id.
  std::string_view app_id = {};
};

/// A device's conversation with HERE Tracking, or a gateway's: server time, token, ingestion.
///
/// Time: server time is the monotonic clock plus an offset from `GET /v2/timestamp`, half the round
/// trip taken off; the device's time of day is neither read nor set. The offset is kept through the
/// storage hook while the clock's boot_id() stays the same, renewed with every new token when it is
/// older than an hour, corrected by `x-here-timestamp`, and dropped when the `Date` of a response
/// contradicts it by more than ten seconds.
///
/// Token: kept in memory and through the storage hook, used until shortly before its end (600 s, or
/// a tenth of its life if that is less), dropped when the service refuses it. Where it comes from
/// is the Authorization's matter; one of a project stays in memory.
///
/// So the first ingest() ever makes three requests, the next ones one each, the first after a
/// restart one, the first after a reboot two.
///
/// One thread at a time; no call from an interrupt. A call blocks for at most the time limits of
/// fourteen exchanges, of one as a rule. After construction nothing is allocated.
class Client {
 public:
  static constexpr std::size_t min_work_bytes = 1536;
  static constexpr std::size_t min_token_bytes = 64;

  /// @param authorization in whose name it sends. Borrowed, as the hooks are.
  Client(const ClientConfig& config, Authorization& authorization, const Hooks& hooks,
         const ClientMemory& memory);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  /// Checks configuration, authorization and memory, without any request; reads storage at first
  /// use. The other calls first check themselves what they need; time, health and version need no
  /// authorization.
  /// @return ok; invalid_value (field_error() says what); buffer_too_small (memory below the
  /// minimum); not_provided (no authorization).
  Status check();

  /// Server time in milliseconds since 1970 UTC, or nothing before the first synchronisation. After
  /// a correction backwards it stands still until that is made up for; where this would take more
  /// than ten seconds, it steps. No request; reads storage at first use.
  [[nodiscard]] std::optional<std::int64_t> server_time_ms();

  /// Makes sure that server time is known: a request only if it is not, or was asked for more than
  /// 25 hours ago; if that fails, the old offset serves on.
  /// @return as sync_time().
  Status ensure_time();

  /// `GET /v2/timestamp`, now.
  /// @return ok; invalid_value, buffer_too_small as check(); not_provided (no clock, entropy or
  /// transport); the network
  ///         codes; timeout also when the answer took longer than 5 s twice, too long to set a
  ///         clock by; response_too_large, response_invalid; forbidden, credentials_refused,
  ///         rate_limited, server_error.
  Status sync_time();

  /// Makes sure that there is a token with some life left: a request only if there is none, or it
  /// is to be renewed; if that fails for a passing reason, the old one serves to its end.
  /// @return as check() and sync_time(), and: credentials_refused, clock_refused, unknown_device,
  ///         not_claimed, forbidden, rejected, rate_limited, server_error; buffer_too_small when
  ///         the token is longer than ClientMemory::token; invalid_value when a SuppliedToken gave
  ///         a token that no header can hold, or one without life; what it returned.
  Status ensure_token();

  /// Seconds for which the present token is still good; 0 when there is none, more than 100 years
  /// when its end is not known. No request.
  [[nodiscard]] std::uint32_t token_life_s();

  /// Forgets the token, in storage too: the next call gets a new one.
  void drop_token();

  /// `POST /v2/` or, by the authorization, `POST /v3/` with the given telemetry objects
  /// (Sample::json()), oldest first, strictly ascending in time. All are taken or none. Gets the
  /// time and a token when needed. A token that is refused (401, 403; 404 unless Ingestion::id
  /// names the device that is not found) is replaced and the request repeated, once.
  /// @param shadow receives the answer; left as it is unless ok is returned.
  /// @return ok (with HTTP status 200 or 204); invalid_value when `samples` is empty or holds an
  /// empty object, or `how` does not suit the authorization; rejected, too_large (of
  ///         these samples; where the time or the token is refused so, response_invalid);
  ///         response_too_large with an HTTP status (the service has the samples, its answer does
  ///         not fit ClientMemory::work) or without; everything else that ensure_token() returns.
  ///         After a network code, or a response that cannot be used, the service may or may not
  ///         have the data.
  Status ingest(Span<const std::string_view> samples, DesiredShadow& shadow,
                const Ingestion& how = {});

  /// The same with a body that is read while it is sent: text of a JSON array.
  Status ingest(BodySource& body, DesiredShadow& shadow, const Ingestion& how = {});

  /// `GET /v2/health` and `GET /v2/version`, without a token.
  /// @param json text of the JSON object in the answer, in the work memory: valid until the next
  ///        call; left as it is unless ok is returned.
  /// @return as sync_time().
  Status health(std::string_view& json);
  Status version(std::string_view& json);

  /// About the last call, if that did not return ok.
  [[nodiscard]] const ErrorDetail& last_error() const { return error_; }

  /// What the last invalid_value was about.
  [[nodiscard]] FieldError field_error() const;

 private:
  friend class detail::Sender;
  friend class LicensedDevice;
  friend class Tracker;
  friend class SuppliedToken;
  class Exchange;

  /// The answer as text, a desired shadow or empty, valid as long as its views would be.
  Status ingest(BodySource& body, std::string_view& answer, const Ingestion& how);
  Status check_service();
  Status fail(Status status);
  Status refuse(const char* field, std::size_t value, Rule rule);
  void log(LogLevel level, const char* text);
  void warn(const char* what, const char* more, const char* end);
  Status refused(const Exchange& exchange);
  Status send(Exchange& exchange);
  Status request(Exchange& exchange);
  Status get_object(std::string_view target, std::string_view& json);
  Status renew_token();
  Status request_token();
  Status post_for_token(const std::string_view& authorization);
  Code take_token(const std::string_view& token, std::uint32_t life_s, std::int64_t since_ms);
  Code keep_token(const std::string_view& token, const detail::TokenTimes& times);
  void forget_token();
  Status post(const Authorization::Report& report);
  Status post_once(const Authorization::Report& report);
  void set_time(std::uint32_t server_s, const Exchange& exchange);
  void forget_time();
  void load_state();
  bool load(const detail::RecordKind& kind, void* fields, std::string_view& text);
  void store(const detail::RecordKind& kind, std::string_view text, const void* fields);
  void erase(const detail::RecordKind& kind);
  void warn_about_storage(Status status, const char* action, const detail::RecordKind& kind);
  [[nodiscard]] const Origin& origin() const { return config_.base_url.origin(); }
  [[nodiscard]] bool stores_token() const { return !authorization_.identity_.empty(); }
  [[nodiscard]] std::int64_t now_ms() const { return hooks_.clock->now_ms(); }
  [[nodiscard]] std::int64_t server_now_ms();
  [[nodiscard]] bool has_time(std::uint32_t max_age_ms) const;
  [[nodiscard]] std::uint64_t identity() const;
  [[nodiscard]] bool has_token() { return server_now_ms() < token_times_.renew_ms; }

  ClientConfig config_;
  Authorization& authorization_;
  Hooks hooks_;
  ClientMemory memory_;
  detail::ServerTime time_;
  detail::TokenTimes token_times_;
  std::size_t authorization_size_ = 0;  // of "Bearer <token>" in memory_.token
  ErrorDetail error_ = {};
  // Of field_error().
  const char* refused_field_ = "";
  std::size_t refused_value_ = 0;
  Rule refused_rule_ = Rule::range;
  bool loaded_ = false;
  bool date_trusted_ = false;  // only while the time is known
};

}  // namespace here_tracking
