// SPDX-License-Identifier: Apache-2.0
#include "here_tracking/authorization.hpp"
#include "here_tracking/client.hpp"

#include "oauth.hpp"
#include "report.hpp"
#include "text.hpp"

#include <algorithm>
#include <array>

namespace here_tracking {

Status LicensedDevice::check(Client& client) const {
  if (device_id_.empty() || device_id_.size() > 50) {
    return client.refuse("device_id", device_id_.size(), Rule::device_id);
  }
  if (device_secret_.empty() || device_secret_.size() > max_secret_bytes) {
    return client.refuse("device_secret", device_secret_.size(), Rule::device_secret);
  }
  return {};
}

Status LicensedDevice::get_token(Client& client) {
  std::array<std::uint8_t, oauth_nonce_bytes> random{};
  const Status status = client.hooks_.entropy->fill(random);
  if (!status.ok()) return status;
  std::array<char, oauth_nonce_bytes> nonce{};
  std::transform(random.begin(), random.end(), nonce.begin(), [](std::uint8_t byte) {
    constexpr std::string_view alphabet =
        "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    return alphabet[byte % alphabet.size()];
  });

  OAuthRequest oauth;
  oauth.origin = client.origin();
  oauth.target = token_target;
  oauth.consumer_key = device_id_;
  oauth.consumer_secret = device_secret_;
  oauth.nonce = {nonce.data(), nonce.size()};
  oauth.timestamp_s = client.signing_time_s();
  const Span<char> work = client.memory_.work;
  const std::size_t room = work.size() - signing_bytes;
  TextBuilder header({work.data(), room});
  write_authorization(oauth, {work.data() + room, signing_bytes}, header);
  return client.post_for_token(header.text());
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
