// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "here_tracking/span.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace here_tracking {

/// The one closed set of outcomes of this library. Each function names those that it can return.
enum class Code : std::uint8_t {
  ok = 0,

  // The caller, before anything was sent.
  invalid_value,     ///< A value breaks a rule of the service; a FieldError says which.
  buffer_too_small,  ///< It does not fit the memory that was handed over; nothing was changed.

  // The hooks.
  not_provided,  ///< The device has no such hook.
  no_data,       ///< The hook works and has nothing now: no fix, no record of that name.
  hook_failed,   ///< The hook reports a failure of its own.

  // The queue.
  queue_full,     ///< The sample that came was dropped, and counted.
  queue_foreign,  ///< The storage holds the queue of a later version; nothing was changed.

  // The network. Nothing is known about whether the service processed the request.
  dns_failed,       ///< The host name was not resolved.
  connect_failed,   ///< No connection: refused, unreachable.
  tls_failed,       ///< The handshake failed: untrusted, expired or foreign certificate, protocol.
  clock_not_set,    ///< It failed; the clock that judges certificates is older than the program.
  timeout,          ///< The connect or the total time limit ran out.
  connection_lost,  ///< The connection ended before the response was complete.

  // A response that cannot be used.
  response_too_large,  ///< Longer than the memory or the limit that it has to fit.
  response_invalid,    ///< Not the JSON that the service documents, or an undocumented status.

  // The service's word.
  rejected,             ///< 400: wrong format or value. Never repeat unchanged.
  credentials_refused,  ///< 401: the signature, or a token that is only seconds old, was refused.
  clock_refused,        ///< 401 with a time correction, even after the clock was corrected.
  forbidden,            ///< 403, or 404 on ingestion, also with a new token.
  unknown_device,       ///< 404 for a token: no licence. 404 for a gateway: no such Ingestion::id.
  not_claimed,          ///< 412: nobody has claimed the device yet. Ask again in minutes to hours.
  too_large,            ///< 413: the body is too large for the service.
  rate_limited,         ///< 429: see ErrorDetail::retry_after_s.
  server_error,         ///< 5xx: the service or something before it has a problem.
};

/// The code's name, as it is spelled above. Static text.
[[nodiscard]] const char* to_string(Code code);

/// The outcome of a call: a code and, where a response arrived, its HTTP status. Four bytes.
class [[nodiscard]] Status {
 public:
  constexpr Status() = default;
  constexpr Status(Code code,  // NOLINT(google-explicit-constructor): `return Code::timeout;`
                   std::uint16_t http_status = 0)
      : bits_(static_cast<std::uint32_t>(code) | std::uint32_t{http_status} << 16U) {}

  [[nodiscard]] constexpr bool ok() const { return code() == Code::ok; }
  [[nodiscard]] constexpr Code code() const { return static_cast<Code>(bits_ & 0xffU); }
  /// 0 when no response arrived or none was involved.
  [[nodiscard]] constexpr std::uint16_t http_status() const {
    return static_cast<std::uint16_t>(bits_ >> 16U);
  }

  /// Against a code, the code alone counts; against a status, the HTTP status as well.
  friend constexpr bool operator==(Status a, Code b) { return a.code() == b; }
  friend constexpr bool operator!=(Status a, Code b) { return a.code() != b; }
  friend constexpr bool operator==(Status a, Status b) { return a.bits_ == b.bits_; }
  friend constexpr bool operator!=(Status a, Status b) { return !(a == b); }

 private:
  std::uint32_t bits_ = 0;  // the code in the lower half, the HTTP status in the upper one
};

/// What a value must be. to_string() has the words, which only a program that asks for them links.
enum class Rule : std::uint8_t {
  range,       ///< FieldError::min..FieldError::max
  given_with,  ///< Given with FieldError::partner
  given_once,  ///< Once a sample
  utf8,
  timestamp,

  // Sample.
  only_of_gnss,
  only_of_wlan,
  band,
  beacon_identity,
  payload_depth,
  payload_json,
  payload_size,
  state_version,
  mode,
  imsi,
  iccid,
  phone_number,
  client_version,
  not_negative,
  network_pair,

  // Client.
  url,
  url_host,
  url_host_size,
  url_port,
  url_tls,
  timeout_ms,
  samples,
  device_id,
  device_secret,
  for_itself,
  token,
  at_least_1,
  id,
  app_id,

  // DesiredShadow.
  shadow_version,
  shadow_time,
  shadow_duration,
  shadow_limit,
  shadow_period,
  shadow_boolean,
  shadow_tag,
  shadow_names,
  shadow_name,
  shadow_logging_type,
  shadow_object,
  shadow_list,
  shadow_depth,
};

/// As it follows "must be". Static text; empty for Rule::range.
[[nodiscard]] const char* to_string(Rule rule);

/// What FieldError::value counts.
enum class Unit : std::uint8_t {
  none,
  characters,
  bytes,
  items,
  cells,
  access_points,
  beacons,
  levels,
  ms,
  s,
};

/// Why a value was refused: the field in the service's own words, the value, the rule. All text but
/// `text` is static.
struct FieldError {
  const char* scope = "";    ///< The object that holds the field: "scan.gsm.nmr"; may be empty.
  const char* field = "";    ///< "cid"
  const char* partner = "";  ///< The other field that the rule is about: "bcch"; may be empty.
  std::int32_t index = -1;   ///< Which item of the list that `scope` ends with; -1: no list.
  std::int64_t value = 0;    ///< Times 10^decimals; for a text or a list, its length.
  std::int32_t min = 0;
  std::int32_t max = 0;
  Rule rule = Rule::range;
  Unit unit = Unit::none;
  std::uint8_t decimals = 0;  ///< Of `value` and of the range: 7 for coordinates.
  /// Where the value is a text: its beginning, with a terminator. Empty for a number, and for what
  /// does not belong into a log: SIM identities, passwords.
  std::array<char, 24> text{};
};

/// Writes "scan.gsm.nmr[3].cid = 70000: must be 0..65535" without a terminator, cut to the space
/// given. Returns the length; 160 bytes hold every message of this library.
std::size_t format(const FieldError& error, Span<char> into);

}  // namespace here_tracking
