// SPDX-License-Identifier: Apache-2.0
#include "here_tracking/client.hpp"

#include "here_tracking/telemetry.hpp"

#include "calendar.hpp"
#include "crypto.hpp"
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
#include <cstdlib>
#include <cstring>
#include <tuple>

namespace here_tracking {
namespace {

constexpr std::string_view timestamp_target = "/v2/timestamp";
constexpr std::string_view bearer = "Bearer ";

constexpr std::uint32_t max_retry_after_s = 0xffffffffU;
constexpr std::uint32_t max_timeout_ms = 0x7fffffffU;
constexpr std::int64_t max_round_trip_ms = 5000;
constexpr std::int64_t max_date_error_ms = 10000;
constexpr std::int64_t time_age_for_token_ms = 3600LL * 1000;
constexpr std::int64_t max_time_age_ms = 25LL * 3600 * 1000;
constexpr std::int64_t max_renewal_margin_ms = 600LL * 1000;

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

/// Whether a - b is at least 0 and at most `max`, whatever a and b are.
bool is_within(std::int64_t a, std::int64_t b, std::int64_t max) {
  return a >= b && static_cast<std::uint64_t>(a) - static_cast<std::uint64_t>(b) <=
                       static_cast<std::uint64_t>(max);
}

}  // namespace

struct Client::Call {
  std::string_view method;
  std::string_view target;
  std::string_view authorization;
  BodySource* body = nullptr;
  Span<char> response_memory;
};

class Client::Response final : public ResponseHandler {
 public:
  void on_status(std::uint16_t http_status) override {
    status_ = http_status;
    size_ = 0;
    here_timestamp_s.reset();
    date_s.reset();
    retry_after_s.reset();
    retry_after_date_s.reset();
  }

  void on_header(std::string_view name, std::string_view value) override {
    std::uint64_t number = 0;
    std::int64_t date = 0;
    if (equals_ignoring_case(name, "x-here-timestamp")) {
      if (parse_digits(value, max_timestamp_ms / 1000, number) && number >= 2) {
        here_timestamp_s = static_cast<std::int64_t>(number);
      }
    } else if (equals_ignoring_case(name, "date")) {
      if (parse_http_date(value, date)) date_s = date;
    } else if (equals_ignoring_case(name, "retry-after")) {
      if (parse_digits(value, max_retry_after_s, number)) {
        retry_after_s = static_cast<std::uint32_t>(number);
      } else if (!value.empty() &&
                 value.find_first_not_of("0123456789") == std::string_view::npos) {
        retry_after_s = max_retry_after_s;
      } else if (parse_http_date(value, date)) {
        retry_after_date_s = date;
      }
    }
  }

  bool on_body(std::string_view piece) override {
    const std::size_t room = memory_.size() - size_;
    // Of what a proxy writes below an error status, the beginning is enough.
    if (piece.size() > room && status_ >= 200 && status_ <= 299) return false;
    size_ += copy_text(piece, {memory_.data() + size_, room});
    return true;
  }

  void start(Span<char> memory, std::int64_t now_ms) {
    on_status(0);
    memory_ = memory;
    sent_ms = now_ms;
  }

  [[nodiscard]] std::uint16_t status() const { return status_; }
  [[nodiscard]] std::string_view body() const { return {memory_.data(), size_}; }
  [[nodiscard]] std::int64_t round_trip_ms() const { return received_ms - sent_ms; }
  [[nodiscard]] std::int64_t middle_ms() const { return sent_ms + round_trip_ms() / 2; }

  std::int64_t sent_ms = 0;
  std::int64_t received_ms = 0;
  std::optional<std::int64_t> here_timestamp_s;
  std::optional<std::int64_t> date_s;
  std::optional<std::uint32_t> retry_after_s;
  std::optional<std::int64_t> retry_after_date_s;

 private:
  Span<char> memory_;
  std::size_t size_ = 0;
  std::uint16_t status_ = 0;
};

Client::Client(const ClientConfig& config, Authorization& authorization, const Hooks& hooks,
               ClientMemory memory)
    : config_(config), authorization_(authorization), hooks_(hooks), memory_(memory) {}

Client::~Client() {
  wipe(memory_.token);
}

// ---- errors ----

Status Client::fail(Status status) {
  error_.status = status;
  return status;
}

Status Client::refuse(const char* field, std::size_t value, Rule rule, Unit unit) {
  error_ = {};
  field_error_ = {};
  field_error_.field = field;
  field_error_.value = static_cast<std::int64_t>(value);
  field_error_.unit = unit;
  field_error_.rule = rule;
  return fail(Code::invalid_value);
}

Status Client::refused(const Response& response, bool names_device) {
  read_error(response.body(), error_);
  error_.retry_after_s = response.retry_after_s;
  if (response.retry_after_date_s) {
    const std::optional<std::int64_t> now_ms = server_time_ms();
    const std::int64_t wait_s = now_ms ? *response.retry_after_date_s - to_seconds(*now_ms) : -1;
    if (wait_s >= 0) {
      error_.retry_after_s =
          static_cast<std::uint32_t>(std::min<std::int64_t>(wait_s, max_retry_after_s));
    }
  }
  const std::uint16_t http_status = response.status();
  Code code = Code::response_invalid;
  switch (http_status) {
    case 400:
      code = Code::rejected;
      break;
    case 401:
      code = response.here_timestamp_s ? Code::clock_refused : Code::credentials_refused;
      break;
    case 403:
      code = Code::forbidden;
      break;
    case 404:
      code = names_device ? Code::unknown_device : Code::forbidden;
      break;
    case 412:
      code = Code::not_claimed;
      break;
    case 413:
      code = Code::too_large;
      break;
    case 429:
      code = Code::rate_limited;
      break;
    default:
      if (http_status >= 500 && http_status <= 599) code = Code::server_error;
  }
  return fail({code, http_status});
}

Status Client::check_service() {
  error_ = {};
  const BaseUrl& url = config_.base_url;
  if (!url.valid()) return refuse("base_url", url.text().size(), url.rule());
  for (const std::uint32_t timeout_ms : {config_.connect_timeout_ms, config_.timeout_ms}) {
    if (timeout_ms == 0 || timeout_ms > max_timeout_ms) {
      return refuse("timeout_ms", timeout_ms, Rule::timeout_ms, Unit::ms);
    }
  }
  if (memory_.work.size() < min_work_bytes || memory_.token.size() < min_token_bytes) {
    return fail(Code::buffer_too_small);
  }
  return {};
}

Status Client::check() {
  const Status status = check_service();
  return status.ok() ? fail(authorization_.check(*this)) : status;
}

// ---- one request ----

Status Client::make_request_id() {
  std::array<std::uint8_t, 16> bytes{};
  const Status status = hooks_.entropy->fill(bytes);
  if (!status.ok()) return status;
  bytes[6] = static_cast<std::uint8_t>((bytes[6] & 0x0fU) | 0x40U);  // version 4
  bytes[8] = static_cast<std::uint8_t>((bytes[8] & 0x3fU) | 0x80U);  // variant of RFC 4122
  TextBuilder text(error_.request_id);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text.append('-');
    text.append_hex(bytes[i]);
  }
  return {};
}

Status Client::exchange(const Call& call, Response& response) {
  error_ = {};
  const std::int64_t now_ms = hooks_.clock->now_ms();
  if (now_ms < 0) return fail(Code::not_provided);
  const Status id_status = make_request_id();
  if (!id_status.ok()) return fail(id_status);

  std::array<HttpHeader, 4> headers;
  std::size_t count = 0;
  headers[count++] = {"Accept", "application/json"};
  headers[count++] = {"X-Request-Id", {error_.request_id.data(), error_.request_id.size() - 1}};
  if (!call.authorization.empty()) headers[count++] = {"Authorization", call.authorization};
  if (call.body != nullptr) headers[count++] = {"Content-Type", "application/json"};

  HttpRequest request;
  request.method = call.method;
  request.origin = origin();
  request.target = call.target;
  request.headers = {headers.data(), count};
  request.body = call.body;
  request.connect_timeout_ms = config_.connect_timeout_ms;
  request.timeout_ms = config_.timeout_ms;

  response.start(call.response_memory, now_ms);
  const Status status = hooks_.transport->exchange(request, response);
  response.received_ms = hooks_.clock->now_ms();
  if (response.received_ms < response.sent_ms) return fail(Code::hook_failed);
  if (!status.ok()) return fail({status.code(), response.status()});
  return {};
}

// ---- time ----

void Client::set_time(std::int64_t server_s, const Response& response) {
  // The service tells whole seconds: on average it is half a second later.
  const std::int64_t offset_ms = server_s * 1000 + 500 - response.middle_ms();
  if (time_.known()) {
    const std::int64_t step_ms = offset_ms - time_.offset_ms();
    if (step_ms > max_date_error_ms || step_ms < -max_date_error_ms) {
      char memory[96];
      TextBuilder text(memory);
      text.append("server time corrected by ");
      text.append_decimal(step_ms, 3);
      text.append(" s");
      hooks_.log->write(LogLevel::warning, text.text());
    }
  }
  time_.set(offset_ms, response.received_ms);
  date_trusted_ =
      response.date_s && std::abs(*response.date_s - server_s) * 1000 <= max_date_error_ms;
  store_time();
}

void Client::correct_time(const Response& response) {
  if (response.round_trip_ms() <= max_round_trip_ms) {
    set_time(*response.here_timestamp_s, response);
  } else {
    forget_time();
  }
}

void Client::forget_time() {
  time_.forget();
  warn_about_storage(hooks_.storage->erase(ClockRecord::name), "erase the time offset");
}

void Client::watch_date(const Response& response) {
  if (!time_.known() || !date_trusted_ || !response.date_s) return;
  const std::int64_t difference_ms =
      *response.date_s * 1000 + 500 - (response.middle_ms() + time_.offset_ms());
  if (std::abs(difference_ms) <= max_date_error_ms + response.round_trip_ms() / 2) return;
  hooks_.log->write(LogLevel::warning, "the clock has drifted from server time: asking again");
  forget_time();
}

std::optional<std::int64_t> Client::server_time_ms() {
  load_state();
  const std::int64_t now_ms = hooks_.clock->now_ms();
  if (!time_.known() || now_ms < 0) return std::nullopt;
  return time_.at(now_ms);
}

Status Client::ensure_time() {
  const Status status = check_service();
  if (!status.ok()) return status;
  load_state();
  if (time_.known() && hooks_.clock->now_ms() - time_.synced_at_ms() <= max_time_age_ms) return {};
  const Status synced = sync_time();
  return time_.known() ? Status() : synced;  // an old offset is better than none
}

Status Client::sync_time() {
  const Status status = check_service();
  if (!status.ok()) return status;
  load_state();
  // The first exchange may include a handshake over a slow network; the second does not.
  for (int attempt = 0; attempt < 2; ++attempt) {
    Response response;
    const Status sent = exchange({"GET", timestamp_target, {}, nullptr, memory_.work}, response);
    if (!sent.ok()) return sent;
    const bool too_slow = response.round_trip_ms() > max_round_trip_ms;
    if (response.status() == 200) {
      ServiceReply reply;
      if (!read_reply(response.body(), reply) || reply.timestamp_s < 2) {
        return fail({Code::response_invalid, response.status()});
      }
      if (too_slow) continue;
      set_time(static_cast<std::int64_t>(reply.timestamp_s), response);
      return {};
    }
    if (response.status() != 401 || !response.here_timestamp_s) return refused(response, false);
    if (too_slow) continue;
    set_time(*response.here_timestamp_s, response);
    return {};
  }
  return fail(Code::timeout);
}

// ---- health and version ----

Status Client::get_object(std::string_view target, std::string_view& json) {
  const Status status = check_service();
  if (!status.ok()) return status;
  Response response;
  const Status sent = exchange({"GET", target, {}, nullptr, memory_.work}, response);
  if (!sent.ok()) return sent;
  watch_date(response);
  if (response.status() != 200) return refused(response, false);
  ServiceReply reply;
  if (!read_reply(response.body(), reply)) return fail({Code::response_invalid, 200});
  json = response.body();
  return {Code::ok, response.status()};
}

Status Client::health(std::string_view& json) {
  return get_object("/v2/health", json);
}

Status Client::version(std::string_view& json) {
  return get_object("/v2/version", json);
}

// ---- token ----

bool Client::has_token() {
  const std::optional<std::int64_t> now_ms = server_time_ms();
  return authorization_size_ != 0 && now_ms && *now_ms < token_renew_ms_;
}

std::uint32_t Client::token_life_s() {
  const std::optional<std::int64_t> now_ms = server_time_ms();
  if (authorization_size_ == 0 || !now_ms || *now_ms >= token_expires_ms_) return 0;
  return static_cast<std::uint32_t>(to_seconds(token_expires_ms_ - *now_ms));
}

void Client::drop_token() {
  load_state();
  wipe(memory_.token);
  authorization_size_ = 0;
  if (!stores_token()) return;
  warn_about_storage(hooks_.storage->erase(TokenRecord::name), "erase the token");
}

Status Client::ensure_token() {
  Status status = check();
  if (status.ok()) status = ensure_time();
  if (!status.ok() || has_token()) return status;
  if (hooks_.clock->now_ms() - time_.synced_at_ms() > time_age_for_token_ms) status = sync_time();
  if (status.ok()) status = request_token();
  if (!is_passing(status.code()) || token_life_s() == 0) return status;
  hooks_.log->write(LogLevel::info, "the token could not be renewed: using it to its end");
  return {};
}

Status Client::request_token() {
  for (int attempt = 0;; ++attempt) {
    Status status = ensure_time();
    if (!status.ok()) return status;
    error_ = {};
    status = fail(authorization_.get_token(*this));
    wipe(memory_.work);
    if (status.ok()) {
      if (stores_token()) store_token();
      return status;
    }
    if (status != Code::clock_refused || attempt != 0) return status;
  }
}

bool Client::keep_token(std::string_view token) {
  TextBuilder authorization(memory_.token);
  authorization.append(bearer);
  authorization.append(token);
  authorization_size_ = authorization.overflow() ? 0 : authorization.size();
  if (authorization.overflow()) wipe(memory_.token);
  return !authorization.overflow();
}

bool Client::take_token(std::string_view token, std::int64_t life_s, std::int64_t since_ms) {
  if (!keep_token(token)) return false;
  const std::int64_t life_ms = life_s * 1000;
  token_expires_ms_ = since_ms + time_.offset_ms() + life_ms;
  token_renew_ms_ = token_expires_ms_ - std::min(max_renewal_margin_ms, life_s * 100);
  return true;
}

std::int64_t Client::signing_time_s() {
  // Not time_.at(), which stands still for a while after a correction.
  return to_seconds(hooks_.clock->now_ms() + time_.offset_ms());
}

Status Client::post_for_token(std::string_view authorization) {
  // The header is moved to the end of the work memory, the response is taken in front of it.
  const Span<char> work = memory_.work;
  const std::size_t room = work.size() - authorization.size();
  std::memmove(work.data() + room, authorization.data(), authorization.size());

  Response response;
  const Status sent = exchange({"POST",
                                token_target,
                                {work.data() + room, authorization.size()},
                                nullptr,
                                {work.data(), room}},
                               response);
  if (!sent.ok()) return sent;
  watch_date(response);
  if (response.status() != 200) {
    const Status status = refused(response, true);
    if (status == Code::clock_refused) correct_time(response);
    return status;
  }
  ServiceReply reply;
  if (!read_reply(response.body(), reply) || !is_bearer_token(reply.access_token) ||
      reply.expires_in_s == 0) {
    return {Code::response_invalid, response.status()};
  }
  const bool taken = take_token(reply.access_token, static_cast<std::int64_t>(reply.expires_in_s),
                                response.sent_ms);
  return {taken ? Code::ok : Code::buffer_too_small, response.status()};
}

// ---- ingestion ----

Status Client::ingest(Span<const std::string_view> samples, DesiredShadow& shadow,
                      const Ingestion& how) {
  const auto is_empty = [](std::string_view sample) { return sample.empty(); };
  if (samples.empty() || std::any_of(samples.begin(), samples.end(), is_empty)) {
    return refuse("samples", samples.size(), Rule::samples, Unit::none);
  }
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
  Authorization::Report report{"/v2/?async=true", &body, how, answer};
  return authorization_.send(*this, report);
}

Status Client::post(const Authorization::Report& report) {
  for (bool repeated = false;; repeated = true) {
    // Only with the time is it known whether the stored token is still good.
    Status status = ensure_time();
    const bool had_token = status.ok() && has_token();
    if (status.ok()) status = ensure_token();
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
    hooks_.log->write(LogLevel::info, "the token was refused: getting a new one");
  }
}

Status Client::post_once(const Authorization::Report& report) {
  std::string_view target = report.target;
  if (report.how.delivery == Delivery::synchronous) target = head(target, path_size);
  Response response;
  const Status status = exchange(
      {"POST", target, {memory_.token.data(), authorization_size_}, report.body, memory_.work},
      response);
  if (!status.ok()) return status;
  watch_date(response);
  if (response.status() != 200 && response.status() != 204) {
    const Status refusal = refused(response, names_device(report.how));
    if (response.status() == 401 && response.here_timestamp_s) correct_time(response);
    return refusal;
  }
  if (!is_shadow(response.body())) return fail({Code::response_invalid, response.status()});
  report.answer = response.body();
  return {Code::ok, response.status()};
}

// ---- storage ----

std::uint64_t Client::identity() const {
  HashSink hash;
  write_origin(origin(), hash);
  hash.append("\n");
  hash.append(authorization_.identity_);
  return hash.value();
}

void Client::warn_about_storage(Status status, std::string_view what) {
  if (status.ok() || status == Code::not_provided) return;
  char memory[96];
  TextBuilder text(memory);
  text.append("storage: cannot ");
  text.append(what);
  hooks_.log->write(LogLevel::warning, text.text());
}

void Client::load_state() {
  if (loaded_ || !config_.base_url.valid()) return;
  loaded_ = true;
  const Span<std::uint8_t> work(reinterpret_cast<std::uint8_t*>(memory_.work.data()),
                                memory_.work.size());

  const auto load = [&](std::string_view name, std::string_view what) {
    std::size_t size = 0;
    Status status = hooks_.storage->load(name, work, size);
    if (status.ok() && size > work.size()) status = Code::hook_failed;
    if (status != Code::no_data) warn_about_storage(status, what);
    return Span<const std::uint8_t>(work.data(), status.ok() ? size : 0);
  };

  ClockRecord clock;
  const std::uint64_t boot_id = hooks_.clock->boot_id();
  const std::int64_t now_ms = hooks_.clock->now_ms();
  if (decode(load(ClockRecord::name, "read the time offset"), clock) &&
      clock.identity == identity() && boot_id != 0 && clock.boot_id == boot_id &&
      is_within(now_ms, clock.synced_at_ms, now_ms) &&
      is_within(clock.offset_ms, -now_ms, max_timestamp_ms)) {
    time_.set(clock.offset_ms, clock.synced_at_ms);
    date_trusted_ = clock.date_trusted != 0;
  }

  TokenRecord token;
  if (stores_token() && decode(load(TokenRecord::name, "read the token"), token) &&
      token.identity == identity() && is_within(token.renew_ms, 0, max_timestamp_ms) &&
      is_within(token.expires_ms, token.renew_ms, max_renewal_margin_ms) &&
      is_bearer_token(token.token) && keep_token(token.token)) {
    token_expires_ms_ = token.expires_ms;
    token_renew_ms_ = token.renew_ms;
  }
  wipe(memory_.work);
}

void Client::store_time() {
  const std::uint64_t boot_id = hooks_.clock->boot_id();
  if (boot_id == 0) return;
  const auto bytes = encode(ClockRecord{identity(), boot_id, time_.offset_ms(),
                                        time_.synced_at_ms(), date_trusted_ ? 1U : 0U});
  warn_about_storage(hooks_.storage->store(ClockRecord::name, bytes), "keep the time offset");
}

void Client::store_token() {
  TokenRecord record;
  record.identity = identity();
  record.expires_ms = token_expires_ms_;
  record.renew_ms = token_renew_ms_;
  record.token = {memory_.token.data() + bearer.size(), authorization_size_ - bearer.size()};
  Span<std::uint8_t> work(reinterpret_cast<std::uint8_t*>(memory_.work.data()),
                          memory_.work.size());
  const std::size_t size = encode(record, work);
  const Status status = size == 0 ? Status(Code::buffer_too_small)
                                  : hooks_.storage->store(TokenRecord::name, {work.data(), size});
  warn_about_storage(status, "keep the token");
  wipe(memory_.work);
}

}  // namespace here_tracking
