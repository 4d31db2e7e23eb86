// SPDX-License-Identifier: Apache-2.0
#include "here_tracking/status.hpp"

#include "words.hpp"

namespace here_tracking {

const char* to_string(Code code) {
  // In the order of Code.
  return word_at(
      "ok\0invalid_value\0buffer_too_small\0not_provided\0no_data\0hook_failed\0queue_full\0"
      "queue_foreign\0dns_failed\0connect_failed\0tls_failed\0clock_not_set\0timeout\0"
      "connection_lost\0response_too_large\0response_invalid\0rejected\0credentials_refused\0"
      "clock_refused\0forbidden\0unknown_device\0not_claimed\0too_large\0rate_limited\0"
      "server_error\0",
      static_cast<std::size_t>(code));
}

}  // namespace here_tracking
