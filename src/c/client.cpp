// SPDX-License-Identifier: Apache-2.0
#include "here_tracking/client.hpp"

#include "c/convert.hpp"
#include "c/objects.hpp"
#include "c/settings.hpp"

#include <array>

using namespace here_tracking;
using namespace here_tracking::c;

namespace {

Client& cpp(ht_client_t* client) {
  return find<CClient>(client).client;
}
const Client& cpp(const ht_client_t* client) {
  return find<CClient>(client).client;
}

ClientConfig settings(const ht_client_config_t& from) {
  ClientConfig config;
  if (from.base_url != nullptr) config.base_url = from.base_url;
  replace(config.connect_timeout_ms, from.connect_timeout_ms);
  replace(config.timeout_ms, from.timeout_ms);
  return config;
}

Ingestion ingestion(const ht_delivery_t* how) {
  if (how == nullptr) return {};
  return {delivery_of(*how), from_c(how->id), from_c(how->app_id)};
}

template <typename License>
void init_device(ht_client_t* client, const ht_client_config_t& config, const char* device_id,
                 const char* device_secret) {
  make<CClient>(*client, config, [&](AnyAuthorization& any) -> Authorization& {
    if (device_id == nullptr && device_secret == nullptr) return *new (&any.none) NoAuthorization;
    return *new (&any) License(from_c(device_id), from_c(device_secret));
  });
}

}  // namespace

namespace here_tracking::c {

template <typename MakeAuthorization>
CClient::CClient(const ht_client_config_t& config, MakeAuthorization make_authorization)
    : hooks(config.hooks),
      client(settings(config), make_authorization(authorization), hooks.hooks(),
             {from_c(config.token), from_c(config.work)}) {}

Status CSuppliedToken::token(Span<char> into, std::size_t& size, std::uint32_t& life_s) {
  if (hook_ == nullptr || hook_->get == nullptr) return Code::not_provided;
  return from_c(hook_->get(hook_->context, into.data(), into.size(), &size, &life_s));
}

ht_error_detail_t to_c(const ErrorDetail& detail) {
  ht_error_detail_t to = {};
  to.code = to_c(detail.status);
  to.http_status = detail.status.http_status();
  to.here_error_code = detail.here_error_code;
  to.id = detail.id.data();
  to.message = detail.message.data();
  to.request_id = detail.request_id.data();
  to.retry_after_s = to_c(detail.retry_after_s);
  return to;
}

}  // namespace here_tracking::c

void ht_client_init(ht_client_t* client, const ht_client_config_t* config, const char* device_id,
                    const char* device_secret) {
  init_device<DeviceLicense>(client, *config, device_id, device_secret);
}

void ht_client_init_v3(ht_client_t* client, const ht_client_config_t* config, const char* device_id,
                       const char* device_secret) {
  init_device<DeviceLicenseV3>(client, *config, device_id, device_secret);
}

void ht_client_init_gateway(ht_client_t* client, const ht_client_config_t* config,
                            const ht_supplied_token_t* supplied) {
  make<CClient>(*client, *config, [&](AnyAuthorization& any) -> Authorization& {
    return *new (&any.supplied) CSuppliedToken(supplied);
  });
}

void ht_client_end(ht_client_t* client) {
  cpp(client).~Client();
}

ht_code_t ht_client_check(ht_client_t* client) {
  return to_c(cpp(client).check());
}

ht_opt_i64_t ht_client_server_time_ms(ht_client_t* client) {
  return to_c(cpp(client).server_time_ms());
}

ht_code_t ht_client_ensure_time(ht_client_t* client) {
  return to_c(cpp(client).ensure_time());
}

ht_code_t ht_client_sync_time(ht_client_t* client) {
  return to_c(cpp(client).sync_time());
}

ht_code_t ht_client_ensure_token(ht_client_t* client) {
  return to_c(cpp(client).ensure_token());
}

uint32_t ht_client_token_life_s(ht_client_t* client) {
  return cpp(client).token_life_s();
}

void ht_client_drop_token(ht_client_t* client) {
  cpp(client).drop_token();
}

ht_code_t ht_client_ingest(ht_client_t* client, const ht_text_t* samples, size_t count,
                           const ht_delivery_t* how, ht_shadow_t* shadow) {
  std::array<std::string_view, HT_MAX_INGEST_SAMPLES> texts;
  if (count > texts.size()) return HT_BUFFER_TOO_SMALL;
  for (std::size_t i = 0; i < count; ++i)
    texts[i] = from_c(samples[i]);
  return to_c(
      cpp(client).ingest({texts.data(), count}, find<DesiredShadow>(shadow), ingestion(how)));
}

ht_code_t ht_client_ingest_body(ht_client_t* client, const ht_body_t* body,
                                const ht_delivery_t* how, ht_shadow_t* shadow) {
  CBody source(*body);
  return to_c(cpp(client).ingest(source, find<DesiredShadow>(shadow), ingestion(how)));
}

ht_code_t ht_client_health(ht_client_t* client, ht_text_t* json) {
  std::string_view text = from_c(*json);
  const Status status = cpp(client).health(text);
  *json = to_c(text);
  return to_c(status);
}

ht_code_t ht_client_version(ht_client_t* client, ht_text_t* json) {
  std::string_view text = from_c(*json);
  const Status status = cpp(client).version(text);
  *json = to_c(text);
  return to_c(status);
}

ht_error_detail_t ht_client_last_error(const ht_client_t* client) {
  return to_c(cpp(client).last_error());
}

const char* ht_client_field_error(const ht_client_t* client, ht_memory_t into) {
  return write_field_error(cpp(client).field_error(), into);
}
