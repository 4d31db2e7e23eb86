// SPDX-License-Identifier: Apache-2.0
#include "here_tracking/authorization.hpp"
#include "here_tracking/client.hpp"

#include "report.hpp"
#include "request_body.hpp"
#include "service_reply.hpp"
#include "text.hpp"

namespace here_tracking {

Status SuppliedToken::take_token(Client& client) {
  const Span<char> memory = client.memory_.work;
  std::size_t size = 0;
  std::uint32_t life_s = until_refused;
  const Status status = token(memory, size, life_s);
  if (!status.ok()) return status;
  if (size > memory.size()) return Code::buffer_too_small;
  if (!is_bearer_token({memory.data(), size})) {
    return client.refuse("token", size, Rule::token);
  }
  if (life_s == 0) return client.refuse("life_s", life_s, Rule::at_least_1);
  return client.take_token({memory.data(), size}, life_s, client.now_ms());
}

Status SuppliedToken::send_for(Client& client, Report& report) {
  const auto check = [&client](const char* field, std::string_view text, std::size_t min,
                               std::size_t max, Rule rule) -> Status {
    const std::size_t characters = count_characters(text);
    if (characters == not_utf8) return client.refuse(field, text.size(), Rule::utf8);
    if (characters >= min && characters <= max) return {};
    return client.refuse(field, characters, rule);
  };
  const Ingestion& how = report.how;
  Status status = check("id", how.id, 1, 50, Rule::id);
  if (status.ok() && !how.app_id.empty()) {
    status = check("appId", how.app_id, 8, how.app_id.size(), Rule::app_id);
  }
  if (!status.ok()) return status;
  ObjectBody body(*report.body, how.id, how.app_id);
  report.target = v3_target;
  report.body = &body;
  return client.post(report);
}

}  // namespace here_tracking
