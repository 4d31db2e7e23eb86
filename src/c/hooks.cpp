// SPDX-License-Identifier: Apache-2.0
#include "c/hooks.hpp"

#include "here_tracking/telemetry.hpp"

#include "c/convert.hpp"

#include <array>

namespace here_tracking::c {
namespace {

using RecordName = Terminated<16>;

constexpr std::size_t max_headers = 8;

std::size_t read_body(void* context, std::size_t offset, char* into, std::size_t room) {
  return static_cast<BodySource*>(context)->read(offset, {into, room});
}

ResponseHandler& handler(ht_http_response_t* response) {
  return *reinterpret_cast<ResponseHandler*>(response);
}

ht_sample_t* to_c(Sample& sample) {
  return reinterpret_cast<ht_sample_t*>(&sample);
}

Status scan(ht_code_t (*hook)(void*, ht_sample_t*, std::uint32_t), void* context, Sample& sample,
            std::uint32_t timeout_ms) {
  if (hook == nullptr) return Code::not_provided;
  return from_c(hook(context, to_c(sample), timeout_ms));
}

std::uint32_t or_default(std::uint32_t timeout_ms) {
  return timeout_ms != 0 ? timeout_ms : 10000;
}

}  // namespace

std::int64_t CClock::now_ms() {
  return hook_ != nullptr && hook_->now_ms != nullptr ? hook_->now_ms(hook_->context) : -1;
}

std::uint64_t CClock::boot_id() {
  return hook_ != nullptr && hook_->boot_id != nullptr ? hook_->boot_id(hook_->context) : 0;
}

Status CEntropy::fill(Span<std::uint8_t> into) {
  if (hook_ == nullptr || hook_->fill == nullptr) return Code::not_provided;
  return from_c(hook_->fill(hook_->context, into.data(), into.size()));
}

Status CStorage::load(std::string_view name, Span<std::uint8_t> into, std::size_t& size) {
  if (hook_ == nullptr || hook_->load == nullptr) return Code::not_provided;
  return from_c(
      hook_->load(hook_->context, RecordName(name).text(), into.data(), into.size(), &size));
}

Status CStorage::store(std::string_view name, Span<const std::uint8_t> record) {
  if (hook_ == nullptr || hook_->store == nullptr) return Code::not_provided;
  return from_c(
      hook_->store(hook_->context, RecordName(name).text(), record.data(), record.size()));
}

Status CStorage::erase(std::string_view name) {
  if (hook_ == nullptr || hook_->erase == nullptr) return Code::not_provided;
  return from_c(hook_->erase(hook_->context, RecordName(name).text()));
}

Status CTransport::exchange(const HttpRequest& request, ResponseHandler& response) {
  if (hook_ == nullptr || hook_->exchange == nullptr) return Code::not_provided;
  if (request.headers.size() > max_headers) return Code::hook_failed;
  std::array<ht_http_header_t, max_headers> headers;
  for (std::size_t i = 0; i < request.headers.size(); ++i)
    headers[i] = {c::to_c(request.headers[i].name), c::to_c(request.headers[i].value)};

  ht_body_t body = {0, &read_body, request.body};
  if (request.body != nullptr) body.size = request.body->size();

  ht_http_request_t said = {};
  said.method = c::to_c(request.method);
  said.tls = request.origin.tls;
  said.port = request.origin.port;
  said.host = c::to_c(request.origin.host);
  said.target = c::to_c(request.target);
  said.headers = headers.data();
  said.header_count = request.headers.size();
  if (request.body != nullptr) said.body = &body;
  said.connect_timeout_ms = request.connect_timeout_ms;
  said.timeout_ms = request.timeout_ms;
  return from_c(
      hook_->exchange(hook_->context, &said, reinterpret_cast<ht_http_response_t*>(&response)));
}

void CLog::write(LogLevel level, std::string_view text) {
  if (hook_ == nullptr || hook_->write == nullptr) return;
  hook_->write(hook_->context, static_cast<ht_log_level_t>(level), Terminated<160>(text).text());
}

SectorGeometry CSectorStorage::geometry() {
  if (hook_ == nullptr) return {};
  return {hook_->sector_bytes, hook_->sector_count, hook_->program_bytes};
}

Status CSectorStorage::read(std::uint32_t sector, std::uint32_t offset, Span<std::uint8_t> into) {
  if (hook_ == nullptr || hook_->read == nullptr) return Code::not_provided;
  return from_c(hook_->read(hook_->context, sector, offset, into.data(), into.size()));
}

Status CSectorStorage::program(std::uint32_t sector, std::uint32_t offset,
                               Span<const std::uint8_t> bytes) {
  if (hook_ == nullptr || hook_->program == nullptr) return Code::not_provided;
  return from_c(hook_->program(hook_->context, sector, offset, bytes.data(), bytes.size()));
}

Status CSectorStorage::erase(std::uint32_t sector) {
  if (hook_ == nullptr || hook_->erase == nullptr) return Code::not_provided;
  return from_c(hook_->erase(hook_->context, sector));
}

Status CSectorStorage::sync() {
  if (hook_ == nullptr || hook_->sync == nullptr) return Code::not_provided;
  return from_c(hook_->sync(hook_->context));
}

Status CPosition::read(Fix& fix, std::uint32_t timeout_ms) {
  if (hooks_.position == nullptr) return Code::not_provided;
  ht_fix_t from = {};
  const Status status = from_c(hooks_.position(hooks_.context, &from, timeout_ms));
  if (status.ok()) fix = from_c(from);
  return status;
}

Status CCell::scan(Sample& sample, std::uint32_t timeout_ms) {
  return c::scan(hooks_.cell, hooks_.context, sample, timeout_ms);
}

Status CWlan::scan(Sample& sample, std::uint32_t timeout_ms) {
  return c::scan(hooks_.wlan, hooks_.context, sample, timeout_ms);
}

Status CBluetooth::scan(Sample& sample, std::uint32_t timeout_ms) {
  return c::scan(hooks_.bluetooth, hooks_.context, sample, timeout_ms);
}

Status CSensors::read(Sample& sample, std::uint32_t timeout_ms) {
  return c::scan(hooks_.sensors, hooks_.context, sample, timeout_ms);
}

CSources::CSources(const ht_sources_t& hooks)
    : hooks_(hooks),
      position_(hooks),
      cell_(hooks),
      wlan_(hooks),
      bluetooth_(hooks),
      sensors_(hooks),
      position_slot_(position_, or_default(hooks.position_timeout_ms)),
      cell_slot_(cell_, or_default(hooks.scan_timeout_ms)),
      wlan_slot_(wlan_, or_default(hooks.scan_timeout_ms)),
      bluetooth_slot_(bluetooth_, or_default(hooks.scan_timeout_ms)),
      sensor_slot_(sensors_, or_default(hooks.scan_timeout_ms)) {}

Sources CSources::sources() {
  Sources sources;
  if (hooks_.position != nullptr) sources.position = {&position_slot_, 1};
  if (hooks_.cell != nullptr) sources.cell = {&cell_slot_, 1};
  if (hooks_.wlan != nullptr) sources.wlan = {&wlan_slot_, 1};
  if (hooks_.bluetooth != nullptr) sources.bluetooth = {&bluetooth_slot_, 1};
  if (hooks_.sensors != nullptr) sources.sensors = {&sensor_slot_, 1};
  replace(sources.total_timeout_ms, hooks_.total_timeout_ms);
  return sources;
}

ht_code_t exchange(Transport& transport, const ht_http_request_t& said,
                   ht_http_response_t* response) {
  if (said.header_count > max_headers) return HT_HOOK_FAILED;
  std::array<HttpHeader, max_headers> headers;
  for (std::size_t i = 0; i < said.header_count; ++i)
    headers[i] = {from_c(said.headers[i].name), from_c(said.headers[i].value)};
  constexpr ht_body_t no_body = {};
  CBody body(said.body != nullptr ? *said.body : no_body);

  HttpRequest request;
  request.method = from_c(said.method);
  request.origin = {from_c(said.host), said.port, said.tls};
  request.target = from_c(said.target);
  request.headers = {headers.data(), said.header_count};
  if (said.body != nullptr) request.body = &body;
  request.connect_timeout_ms = said.connect_timeout_ms;
  request.timeout_ms = said.timeout_ms;
  return c::to_c(transport.exchange(request, handler(response)));
}

}  // namespace here_tracking::c

using namespace here_tracking::c;

void ht_http_response_status(ht_http_response_t* response, uint16_t http_status) {
  handler(response).on_status(http_status);
}

void ht_http_response_header(ht_http_response_t* response, ht_text_t name, ht_text_t value) {
  handler(response).on_header(from_c(name), from_c(value));
}

bool ht_http_response_body(ht_http_response_t* response, const char* piece, size_t size) {
  return handler(response).on_body({piece, size});
}
