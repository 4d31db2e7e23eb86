// SPDX-License-Identifier: Apache-2.0
#include "here_tracking/authorization.hpp"
#include "here_tracking/client.hpp"

#include "division.hpp"
#include "oauth.hpp"
#include "report.hpp"
#include "text.hpp"

#include <cstddef>
#include <cstdint>

namespace here_tracking {
namespace {

static_assert(signing_bytes <= Client::min_work_bytes);

/// 0..9, A..Z, a..z, and from the start again.
char alphanumeric(std::uint32_t number) {
  number = number % 62 + '0';
  if (number > '9') number += 'A' - '9' - 1;
  if (number > 'Z') number += 'a' - 'Z' - 1;
  return static_cast<char>(number);
}

}  // namespace

Status LicensedDevice::check(Client& client) const {
  if (identity().empty() || identity().size() > max_key_bytes) {
    return client.refuse("device_id", identity().size(), Rule::device_id);
  }
  if (device_secret_.empty() || device_secret_.size() > max_secret_bytes) {
    return client.refuse("device_secret", device_secret_.size(), Rule::device_secret);
  }
  return {};
}

Status LicensedDevice::get_token(Client& client) {
  char nonce[oauth_nonce_bytes];
  const Status status =
      client.hooks_.entropy->fill({reinterpret_cast<std::uint8_t*>(nonce), oauth_nonce_bytes});
  if (!status.ok()) return status;
  for (char& c : nonce)
    c = alphanumeric(static_cast<std::uint8_t>(c));
  // Not time_.at(), which stands still for a while after a correction.
  const OAuthRequest request = {client.origin(),
                                identity(),
                                device_secret_,
                                {nonce, oauth_nonce_bytes},
                                to_seconds(client.now_ms() + client.time_.offset_ms())};
  return client.post_for_token(write_authorization(request, client.memory_.work));
}

Status LicensedDevice::send_for_itself(Client& client, const Report& report) {
  const bool has_id = !report.how.id.empty();
  const std::string_view other = has_id ? report.how.id : report.how.app_id;
  if (other.empty()) return client.post(report);
  return client.refuse(has_id ? "id" : "appId", other.size(), Rule::for_itself);
}

Status DeviceLicense::send(Client& client, Report& report) const {
  return send_for_itself(client, report);
}

}  // namespace here_tracking
