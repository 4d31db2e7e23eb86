// SPDX-License-Identifier: Apache-2.0
#include "local_service.hpp"

#include "here_tracking/measurements.hpp"

#include "oauth.hpp"
#include "support/catch.hpp"

namespace {

const char* const device_id = "dev";
const char* const secret = "secret";

std::string signed_header(std::int64_t time_s) {
  emulator::OAuthParameters parameters;
  parameters.consumer_key = device_id;
  parameters.nonce = "0123456789";
  parameters.signature_method = "HMAC-SHA256";
  parameters.timestamp = std::to_string(time_s);
  parameters.version = "1.0";
  parameters.signature =
      emulator::hmac_sha256_base64(emulator::oauth_key(secret, emulator::KeyForm::encoded),
                                   emulator::oauth_base_string("https://localhost", parameters));
  std::string header = "OAuth ";
  for (const auto& [name, value] :
       {std::pair("oauth_consumer_key", parameters.consumer_key),
        std::pair("oauth_nonce", parameters.nonce),
        std::pair("oauth_signature_method", parameters.signature_method),
        std::pair("oauth_timestamp", parameters.timestamp),
        std::pair("oauth_version", parameters.version),
        std::pair("oauth_signature", parameters.signature)}) {
    header.append(header.size() > 6 ? "," : "").append(name).append("=\"");
    header.append(emulator::percent_encode(value)).append("\"");
  }
  return header;
}

emulator::ServiceOptions roomy() {
  emulator::ServiceOptions options;
  options.max_body_bytes = std::size_t{64} * 1024 * 1024;
  return options;
}

}  // namespace

LocalService::LocalService() : service_(roomy(), log_) {
  const std::int64_t now_ms = here_tracking::max_timestamp_ms;
  service_.set_clock_offset_s(static_cast<double>(now_ms - service_.now_ms()) / 1000);
  service_.put_device(device_id, secret, true);
  emulator::Request request;
  request.method = "POST";
  request.path = "/v2/token";
  request.headers = {{"Host", "localhost"}, {"Authorization", signed_header(now_ms / 1000)}};
  const emulator::Reply reply = service_.handle(request);
  INFO(reply.body);
  REQUIRE(reply.status == 200);
  token_ = nlohmann::json::parse(reply.body).at("accessToken").get<std::string>();
}

LocalService::Answer LocalService::post(const std::string& body) {
  emulator::Request request;
  request.method = "POST";
  request.path = "/v2/";
  request.headers = {{"Host", "localhost"},
                     {"Authorization", "Bearer " + token_},
                     {"Content-Type", "application/json"}};
  request.body = body;
  const emulator::Reply reply = service_.handle(request);
  Answer answer{reply.status, reply.body, {}};
  if (reply.status == 400) {
    answer.violations = nlohmann::json::parse(reply.body)
                            .at("details")
                            .at("violations")
                            .get<std::vector<std::string>>();
  }
  return answer;
}
