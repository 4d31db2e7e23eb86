// SPDX-License-Identifier: Apache-2.0
#include "here_tracking/client.hpp"

#include "here_tracking/telemetry.hpp"

#include "calendar.hpp"
#include "division.hpp"
#include "oauth.hpp"
#include "records.hpp"
#include "report.hpp"
#include "request_body.hpp"
#include "service_reply.hpp"
#include "shadow_reader.hpp"
#include "text.hpp"
#include "url.hpp"

#include <algorithm>
#include <cstring>
#include <limits>
#include <tuple>

namespace here_tracking {
namespace {

// A view of a literal that tells its length takes less code than one that is measured.
using namespace std::string_view_literals;

constexpr std::string_view bearer = "Bearer ";
constexpr std::uint32_t max_retry_after_s = 0xffffffffU;
constexpr std::uint32_t max_timeout_ms = 0x7fffffffU;
constexpr std::uint32_t max_round_trip_ms = 5000;
constexpr std::uint32_t max_date_error_s = 10;
constexpr std::uint32_t time_age_for_token_ms = 3600 * 1000;
constexpr std::uint32_t max_time_age_ms = 25 * 3600 * 1000;
constexpr std::uint32_t max_renewal_margin_ms = 600 * 1000;

static_assert(std::tuple_size_v<decltype(ErrorDetail::request_id)> == 36 + 1);

/// Whether the same request may succeed a little later.
bool is_passing(Code code) {
  switch (code) {
    case Code::no_data:
    case Code::dns_failed:
    case Code::connect_failed:
    case Code::tls_failed:
    case Code::clock_not_set:
    case Code::timeout:
    case Code::connection_lost:
    case Code::response_too_large:
    case Code::response_invalid:
    case Code::rate_limited:
    case Code::server_error:
      return true;
    default:
      return false;
  }
}

/// Then a 404 is about that device, not about the token.
bool names_device(const Ingestion& how) {
  return !how.id.empty();
}

/// a - b, whatever they are.
std::uint64_t difference(std::int64_t a, std::int64_t b) {
  return static_cast<std::uint64_t>(a) - static_cast<std::uint64_t>(b);
}

/// Whether a - b is -max..max.
bool is_near(std::int64_t a, std::int64_t b, std::int64_t max) {
  return difference(a + max, b) <= static_cast<std::uint64_t>(2 * max);
}

/// Of a response that cannot be used.
Code code_of(std::uint16_t http_status) {
  if (http_status >= 500 && http_status <= 599) return Code::server_error;
  switch (http_status) {
    case 400:
      return Code::rejected;
    case 401:
      return Code::credentials_refused;
    case 403:
      return Code::forbidden;
    case 412:
      return Code::not_claimed;
    case 413:
      return Code::too_large;
    case 429:
      return Code::rate_limited;
    default:
      return Code::response_invalid;
  }
}

/// Of the value that breaks it.
Unit unit_of(Rule rule) {
  switch (rule) {
    case Rule::range:  // nothing was refused
    case Rule::samples:
      return Unit::none;
    case Rule::utf8:
      return Unit::bytes;
    case Rule::timeout_ms:
      return Unit::ms;
    case Rule::at_least_1:
      return Unit::s;
    default:
      return Unit::characters;
  }
}

/// A UUID.
Status write_request_id(Entropy& entropy, Span<char> into) {
  std::uint8_t bytes[16];
  const Status status = entropy.fill(bytes);
  if (!status.ok()) return status;
  bytes[6] = static_cast<std::uint8_t>((bytes[6] & 0x0fU) | 0x40U);  // version 4
  bytes[8] = static_cast<std::uint8_t>((bytes[8] & 0x3fU) | 0x80U);  // variant of RFC 4122
  TextBuilder text(into);
  for (std::size_t i = 0; i < sizeof(bytes); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text.append('-');
    text.append_hex(bytes[i]);
  }
  return {};
}

}  // namespace

/// A request, and what comes back.
class Client::Exchange final : public ResponseHandler {
 public:
  explicit Exchange(const Client& client)
      : request{"GET"sv,
                client.origin(),
                {},
                {headers_, 2},
                nullptr,
                client.config_.connect_timeout_ms,
                client.config_.timeout_ms},
        memory_(client.memory_.work) {
    headers_[1].value = {client.error_.request_id.data(), client.error_.request_id.size() - 1};
    Exchange::on_status(0);
  }

  /// Makes it a POST.
  void authorize(const std::string_view& authorization, std::size_t header_count) {
    request.method = "POST"sv;
    request.headers = {headers_, header_count};
    headers_[2].value = authorization;
  }

  /// Leaves so much at the end of the memory as it is.
  void reserve(std::size_t size) { memory_ = {memory_.data(), memory_.size() - size}; }

  void on_status(std::uint16_t http_status) override {
    status_ = http_status;
    text = head({memory_.data(), memory_.size()}, 0);
    here_timestamp_s = 0;
    date_s = retry_after_s = retry_after_date_s = -1;
  }

  void on_header(std::string_view name, std::string_view value) override {
    std::uint64_t number = std::numeric_limits<std::uint64_t>::max();  // as -1: none
    (void)parse_digits(value, max_retry_after_s, number);
    if (equals_ignoring_case(name, "x-here-timestamp")) {
      const auto server_s = static_cast<std::uint32_t>(number);
      if (server_s <= max_timestamp_ms / 1000) here_timestamp_s = server_s;
    } else if (equals_ignoring_case(name, "date")) {
      (void)parse_http_date(value, date_s);
    } else if (equals_ignoring_case(name, "retry-after")) {
      retry_after_s = static_cast<std::int64_t>(number);
      (void)parse_http_date(value, retry_after_date_s);
    }
  }

  bool on_body(std::string_view piece) override {
    const std::size_t room = memory_.size() - text.size();
    // Of what a proxy writes below an error status, the beginning is enough.
    if (piece.size() > room && status_ >= 200 && status_ <= 299) return false;
    const std::size_t size = copy_text(piece, {memory_.data() + text.size(), room});
    text = {memory_.data(), text.size() + size};
    return true;
  }

  [[nodiscard]] std::uint16_t status() const { return status_; }
  [[nodiscard]] std::int64_t received_ms() const { return sent_ms + round_trip_ms; }
  [[nodiscard]] std::int64_t middle_ms() const { return sent_ms + round_trip_ms / 2; }
  /// Whether a clock can be set by it.
  [[nodiscard]] bool is_quick() const { return round_trip_ms <= max_round_trip_ms; }
  [[nodiscard]] bool corrects_time() const { return status_ == 401 && here_timestamp_s >= 2; }

  HttpRequest request;
  Code not_found = Code::forbidden;  // what 404 means

  // Set by send().
  std::int64_t sent_ms;
  std::uint32_t round_trip_ms;
  std::uint32_t here_timestamp_s;  // 0: none
  std::int64_t date_s;             // -1: none
  std::int64_t retry_after_s;      // -1: none
  std::int64_t retry_after_date_s;
  std::string_view text;
  ServiceReply reply;  // unless there is a body

 private:
  HttpHeader headers_[4] = {{"Accept"sv, "application/json"sv},
                            {"X-Request-Id"sv, {}},
                            {"Authorization"sv, {}},
                            {"Content-Type"sv, "application/json"sv}};
  Span<char> memory_;
  std::uint16_t status_;
};

Client::Client(const ClientConfig& config, Authorization& authorization, const Hooks& hooks,
               const ClientMemory& memory)
    : config_(config), authorization_(authorization), hooks_(hooks), memory_(memory) {}

Client::~Client() {
  wipe(memory_.token);
}

// ---- errors ----

Status Client::fail(Status status) {
  error_.status = status;
  return status;
}

Status Client::refuse(const char* field, std::size_t value, Rule rule) {
  error_ = {};
  refused_field_ = field;
  refused_value_ = value;
  refused_rule_ = rule;
  return fail(Code::invalid_value);
}

FieldError Client::field_error() const {
  FieldError error;
  error.field = refused_field_;
  error.value = static_cast<std::int64_t>(refused_value_);
  error.rule = refused_rule_;
  error.unit = unit_of(refused_rule_);
  return error;
}

Status Client::refused(const Exchange& exchange) {
  std::int64_t wait_s = exchange.retry_after_date_s - to_seconds(server_now_ms());
  if (wait_s < 0) wait_s = exchange.retry_after_s;
  if (wait_s >= 0) {
    error_.retry_after_s =
        static_cast<std::uint32_t>(std::min<std::int64_t>(wait_s, max_retry_after_s));
  }
  Code code = code_of(exchange.status());
  if (exchange.status() == 404) code = exchange.not_found;
  if (exchange.corrects_time()) {
    code = Code::clock_refused;
    if (exchange.is_quick()) {
      set_time(exchange.here_timestamp_s, exchange);
    } else {
      forget_time();
    }
  }
  return fail({code, exchange.status()});
}

Status Client::check_service() {
  error_ = {};
  const BaseUrl& url = config_.base_url;
  if (!url.valid()) return refuse("base_url", url.text().size(), url.rule());
  for (const std::uint32_t timeout_ms : {config_.connect_timeout_ms, config_.timeout_ms}) {
    if (timeout_ms == 0 || timeout_ms > max_timeout_ms) {
      return refuse("timeout_ms", timeout_ms, Rule::timeout_ms);
    }
  }
  if (memory_.work.size() < min_work_bytes || memory_.token.size() < min_token_bytes) {
    return fail(Code::buffer_too_small);
  }
  load_state();
  return {};
}

Status Client::check() {
  const Status status = check_service();
  return status.ok() ? fail(authorization_.check(*this)) : status;
}

void Client::log(LogLevel level, const char* text) {
  hooks_.log->write(level, text);
}

void Client::warn(const char* what, const char* more, const char* end) {
  char memory[96];
  TextBuilder text(memory);
  text.append(what);
  text.append(more);
  text.append(end);
  hooks_.log->write(LogLevel::warning, text.text());
}

// ---- one request ----

Status Client::send(Exchange& exchange) {
  error_ = {};
  exchange.sent_ms = now_ms();
  if (exchange.sent_ms < 0) return fail(Code::not_provided);
  Status status = write_request_id(*hooks_.entropy, error_.request_id);
  if (!status.ok()) return fail(status);
  status = hooks_.transport->exchange(exchange.request, exchange);
  const std::int64_t round_trip_ms = now_ms() - exchange.sent_ms;
  if (round_trip_ms < 0) return fail(Code::hook_failed);
  exchange.round_trip_ms = static_cast<std::uint32_t>(round_trip_ms);
  if (!status.ok()) return fail({status.code(), exchange.status()});
  return {};
}

/// Sends, and is ok only with an answer that can be used.
Status Client::request(Exchange& exchange) {
  const Status status = send(exchange);
  if (!status.ok()) return status;
  // It was written between request and response.
  if (date_trusted_ && exchange.date_s >= 0 &&
      difference(exchange.date_s * 1000 + 500 + max_date_error_s * 1000,
                 exchange.sent_ms + time_.offset_ms()) >
          2 * max_date_error_s * 1000 + exchange.round_trip_ms) {
    log(LogLevel::warning, "the clock has drifted from server time: asking again");
    forget_time();
  }
  const bool is_ok = exchange.status() == 200 || exchange.status() == 204;
  const bool is_read = is_ok && exchange.request.body != nullptr
                           ? is_shadow(exchange.text)
                           : read_reply(exchange.text, exchange.reply, error_);
  return is_ok && is_read ? Status(Code::ok, exchange.status()) : refused(exchange);
}

// ---- time ----

void Client::set_time(std::uint32_t server_s, const Exchange& exchange) {
  // The service tells whole seconds: on average it is half a second later.
  const std::int64_t offset_ms = std::int64_t{server_s} * 1000 + 500 - exchange.middle_ms();
  const std::int64_t step_ms = offset_ms - time_.offset_ms();
  if (time_.known() && !is_near(step_ms, 0, max_date_error_s * 1000)) {
    char memory[24];
    TextBuilder step_s(memory);
    step_s.append_decimal(step_ms, 3);
    step_s.append('\0');
    warn("server time corrected by ", memory, " s");
  }
  time_.set(offset_ms, exchange.received_ms());
  date_trusted_ = is_near(exchange.date_s, server_s, max_date_error_s);
  const ClockRecord record = {hooks_.clock->boot_id(), offset_ms, time_.synced_at_ms(),
                              date_trusted_ ? 1U : 0U};
  if (record.boot_id != 0) store(ClockRecord::kind, {}, &record);
}

void Client::forget_time() {
  time_.forget();
  date_trusted_ = false;
  erase(ClockRecord::kind);
}

/// As late as can be while it is not known.
std::int64_t Client::server_now_ms() {
  load_state();
  const std::int64_t monotonic_ms = now_ms();
  if (!time_.known() || monotonic_ms < 0) return std::numeric_limits<std::int64_t>::max();
  return time_.at(monotonic_ms);
}

std::optional<std::int64_t> Client::server_time_ms() {
  const std::int64_t time_ms = server_now_ms();
  if (time_ms == std::numeric_limits<std::int64_t>::max()) return std::nullopt;
  return time_ms;
}

bool Client::has_time(std::uint32_t max_age_ms) const {
  return now_ms() - time_.synced_at_ms() <= max_age_ms;
}

Status Client::ensure_time() {
  Status status = check_service();
  if (!status.ok() || has_time(max_time_age_ms)) return status;
  status = sync_time();
  return time_.known() ? Status() : status;  // an old offset is better than none
}

Status Client::sync_time() {
  const Status status = check_service();
  if (!status.ok()) return status;
  // The first exchange may include a handshake over a slow network; the second does not.
  for (int attempt = 0; attempt < 2; ++attempt) {
    Exchange exchange(*this);
    exchange.request.target = "/v2/timestamp"sv;
    const Status sent = send(exchange);
    if (!sent.ok()) return sent;
    std::uint32_t server_s = 0;
    if (exchange.corrects_time()) server_s = exchange.here_timestamp_s;
    if (read_reply(exchange.text, exchange.reply, error_) && exchange.status() == 200) {
      server_s = exchange.reply.timestamp_s;
    }
    if (server_s < 2) return refused(exchange);
    if (exchange.is_quick()) {
      set_time(server_s, exchange);
      return {};
    }
  }
  return fail(Code::timeout);
}

// ---- health and version ----

Status Client::get_object(std::string_view target, std::string_view& json) {
  Status status = check_service();
  if (!status.ok()) return status;
  Exchange exchange(*this);
  exchange.request.target = target;
  status = request(exchange);
  if (status.ok()) json = exchange.text;
  return status;
}

Status Client::health(std::string_view& json) {
  return get_object("/v2/health", json);
}

Status Client::version(std::string_view& json) {
  return get_object("/v2/version", json);
}

// ---- token ----

std::uint32_t Client::token_life_s() {
  const std::int64_t left_ms = token_times_.expires_ms - server_now_ms();
  return left_ms > 0 ? static_cast<std::uint32_t>(to_seconds(left_ms)) : 0;
}

void Client::forget_token() {
  wipe(memory_.token);
  token_times_ = {};
}

void Client::drop_token() {
  load_state();
  forget_token();
  if (stores_token()) erase(token_kind);
}

Status Client::ensure_token() {
  Status status = check();
  if (status.ok()) status = ensure_time();
  return status.ok() && !has_token() ? renew_token() : status;
}

Status Client::renew_token() {
  const Status status = request_token();
  if (!is_passing(status.code()) || token_life_s() == 0) return status;
  log(LogLevel::info, "the token could not be renewed: using it to its end");
  return {};
}

Status Client::request_token() {
  for (int attempt = 0;; ++attempt) {
    Status status = has_time(time_age_for_token_ms) ? Status() : sync_time();
    if (!status.ok()) return status;
    error_ = {};
    status = fail(authorization_.get_token(*this));
    wipe(memory_.work);
    if (status.ok() && stores_token()) {
      store(token_kind, {memory_.token.data() + bearer.size(), authorization_size_ - bearer.size()},
            &token_times_);
    }
    if (status != Code::clock_refused || attempt != 0) return status;
  }
}

Code Client::keep_token(const std::string_view& token, const detail::TokenTimes& times) {
  const std::size_t size = bearer.size() + token.size();
  if (size > memory_.token.size()) return Code::buffer_too_small;
  char* const memory = memory_.token.data();
  std::memcpy(memory, bearer.data(), bearer.size());
  std::memcpy(memory + bearer.size(), token.data(), token.size());
  authorization_size_ = size;
  token_times_ = times;
  return Code::ok;
}

Code Client::take_token(const std::string_view& token, std::uint32_t life_s,
                        std::int64_t since_ms) {
  forget_token();
  detail::TokenTimes times;
  times.expires_ms = since_ms + time_.offset_ms() + std::int64_t{life_s} * 1000;
  times.renew_ms = times.expires_ms - std::min(life_s, max_renewal_margin_ms / 100) * 100;
  return keep_token(token, times);
}

Status Client::post_for_token(const std::string_view& authorization) {
  // The header is moved to the end of the work memory, the response is taken in front of it.
  char* const header = memory_.work.end() - authorization.size();
  std::memmove(header, authorization.data(), authorization.size());

  Exchange exchange(*this);
  exchange.request.target = {token_target, sizeof(token_target) - 1};
  exchange.authorize({header, authorization.size()}, 3);
  exchange.reserve(authorization.size());
  exchange.not_found = Code::unknown_device;
  const Status status = request(exchange);
  if (!status.ok()) return status;
  const ServiceReply& reply = exchange.reply;
  if (!is_bearer_token(reply.access_token) || reply.expires_in_s == 0) return refused(exchange);
  return {take_token(reply.access_token, reply.expires_in_s, exchange.sent_ms), exchange.status()};
}

// ---- ingestion ----

Status Client::ingest(Span<const std::string_view> samples, DesiredShadow& shadow,
                      const Ingestion& how) {
  bool is_valid = !samples.empty();
  for (const std::string_view sample : samples)
    if (sample.empty()) is_valid = false;
  if (!is_valid) return refuse("samples", samples.size(), Rule::samples);
  ArrayBody body(samples);
  return ingest(body, shadow, how);
}

Status Client::ingest(BodySource& body, DesiredShadow& shadow, const Ingestion& how) {
  std::string_view answer;
  const Status status = ingest(body, answer, how);
  if (status.ok()) (void)read_shadow(answer, shadow);  // post_once() saw that it can be read
  return status;
}

Status Client::ingest(BodySource& body, std::string_view& answer, const Ingestion& how) {
  const Status status = check();
  if (!status.ok()) return status;
  Authorization::Report report{v2_target, &body, how, answer};
  return authorization_.send(*this, report);
}

Status Client::post(const Authorization::Report& report) {
  for (bool repeated = false;; repeated = true) {
    Status status = ensure_time();
    if (status.ok()) status = ensure_time();  // a second chance to ask for a time that is old
    const bool had_token = status.ok() && has_token();
    if (status.ok() && !had_token) status = renew_token();
    // Nothing was sent, so that is no verdict on it.
    if (status == Code::rejected || status == Code::too_large)
      status = fail({Code::response_invalid, status.http_status()});
    if (status == Code::response_too_large) status = fail(Code::response_too_large);
    if (!status.ok()) return status;

    status = post_once(report);
    const std::uint16_t http_status = status.http_status();
    const bool refused = http_status == 401 || http_status == 403 ||
                         (http_status == 404 && !names_device(report.how));
    if (!refused) return status;
    drop_token();
    if (repeated || !had_token) return status;
    log(LogLevel::info, "the token was refused: getting a new one");
  }
}

Status Client::post_once(const Authorization::Report& report) {
  const bool is_synchronous = report.how.delivery == Delivery::synchronous;
  Exchange exchange(*this);
  exchange.request.target = {report.target, is_synchronous ? path_size : target_size};
  exchange.authorize({memory_.token.data(), authorization_size_}, 4);
  exchange.request.body = report.body;
  if (names_device(report.how)) exchange.not_found = Code::unknown_device;
  const Status status = request(exchange);
  if (status.ok()) report.answer = exchange.text;
  return status;
}

// ---- storage ----

std::uint64_t Client::identity() const {
  char memory[max_origin_bytes + 1];
  TextBuilder text(memory);
  write_origin(origin(), text);
  text.append('\n');
  return fnv1a(authorization_.identity_, fnv1a({memory, text.wanted()}));
}

void Client::warn_about_storage(Status status, const char* action, const RecordKind& kind) {
  if (status.ok() || status == Code::not_provided) return;
  warn("storage: cannot ", action, kind.what);
}

bool Client::load(const RecordKind& kind, void* fields, std::string_view& text) {
  const Span<char> work = memory_.work;
  std::size_t size = 0;
  Status status = hooks_.storage->load(
      kind.name, {reinterpret_cast<std::uint8_t*>(work.data()), work.size()}, size);
  if (status.ok() && size > work.size()) status = Code::hook_failed;
  if (status != Code::no_data) warn_about_storage(status, "read the ", kind);
  text = {work.data(), size};
  return status.ok() && read_record(identity(), kind, fields, text);
}

void Client::store(const RecordKind& kind, std::string_view text, const void* fields) {
  Status status = Code::buffer_too_small;
  if (write_record(identity(), kind, fields, memory_.work, text)) {
    status = hooks_.storage->store(kind.name, bytes_of(text));
  }
  warn_about_storage(status, "keep the ", kind);
  wipe(memory_.work);
}

void Client::erase(const RecordKind& kind) {
  warn_about_storage(hooks_.storage->erase(kind.name), "erase the ", kind);
}

void Client::load_state() {
  if (loaded_ || !config_.base_url.valid()) return;
  loaded_ = true;
  std::string_view text;
  ClockRecord clock;
  const std::uint64_t boot_id = hooks_.clock->boot_id();
  const std::int64_t monotonic_ms = now_ms();
  if (load(ClockRecord::kind, &clock, text) && text.empty() && boot_id != 0 &&
      clock.boot_id == boot_id && clock.synced_at_ms >= 0 && clock.synced_at_ms <= monotonic_ms &&
      difference(clock.offset_ms, -monotonic_ms) <= max_timestamp_ms) {
    time_.set(clock.offset_ms, clock.synced_at_ms);
    date_trusted_ = clock.date_trusted != 0;
  }
  detail::TokenTimes token;
  if (stores_token() && load(token_kind, &token, text) &&
      difference(token.renew_ms, 0) <= max_timestamp_ms &&
      difference(token.expires_ms, token.renew_ms) <= max_renewal_margin_ms &&
      is_bearer_token(text)) {
    (void)keep_token(text, token);
  }
  wipe(memory_.work);
}

}  // namespace here_tracking
