// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "here_tracking/client.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace here_tracking {

/// The answers of the service other than the desired shadow: `{"timestamp"}`, `{"accessToken",
/// "expiresIn"}` and the error object. A member that is missing or of the wrong type stays as it
/// is.
struct ServiceReply {
  std::uint32_t timestamp_s = 0;
  std::uint32_t expires_in_s = 0;
  std::string_view access_token;  ///< Points into the body
};

/// @param detail takes error id, message and hereErrorCode, as far as they are there.
/// @return false when `body` is no JSON object.
bool read_reply(std::string_view body, ServiceReply& reply, ErrorDetail& detail);

/// RFC 6750's b64token: what may stand in an Authorization header.
[[nodiscard]] bool is_bearer_token(std::string_view text);

}  // namespace here_tracking
