// SPDX-License-Identifier: Apache-2.0
#include "here_tracking/status.hpp"

#include "text.hpp"

namespace here_tracking {

const char* to_string(Code code) {
  switch (code) {
    case Code::ok:
      return "ok";
    case Code::invalid_value:
      return "invalid_value";
    case Code::buffer_too_small:
      return "buffer_too_small";
    case Code::not_provided:
      return "not_provided";
    case Code::no_data:
      return "no_data";
    case Code::hook_failed:
      return "hook_failed";
    case Code::queue_full:
      return "queue_full";
    case Code::queue_foreign:
      return "queue_foreign";
    case Code::dns_failed:
      return "dns_failed";
    case Code::connect_failed:
      return "connect_failed";
    case Code::tls_failed:
      return "tls_failed";
    case Code::clock_not_set:
      return "clock_not_set";
    case Code::timeout:
      return "timeout";
    case Code::connection_lost:
      return "connection_lost";
    case Code::response_too_large:
      return "response_too_large";
    case Code::response_invalid:
      return "response_invalid";
    case Code::rejected:
      return "rejected";
    case Code::credentials_refused:
      return "credentials_refused";
    case Code::clock_refused:
      return "clock_refused";
    case Code::forbidden:
      return "forbidden";
    case Code::unknown_device:
      return "unknown_device";
    case Code::not_claimed:
      return "not_claimed";
    case Code::too_large:
      return "too_large";
    case Code::rate_limited:
      return "rate_limited";
    case Code::server_error:
      return "server_error";
  }
  return "";
}

}  // namespace here_tracking
