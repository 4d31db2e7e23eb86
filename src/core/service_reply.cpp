// SPDX-License-Identifier: Apache-2.0
#include "service_reply.hpp"

#include "here_tracking/telemetry.hpp"

#include "json_reader.hpp"
#include "text.hpp"

#include <limits>

namespace here_tracking {
namespace {

constexpr std::uint32_t max_timestamp_s = max_timestamp_ms / 1000;
constexpr std::uint32_t max_token_life_s = 10U * 366 * 86400;
constexpr std::uint32_t max_error_code = std::numeric_limits<std::int32_t>::max();

/// Without control characters, which are for a terminal to obey, also those that UTF-8 writes as
/// C2 80..9F; cut to the space between two characters.
void copy_clean(std::string_view text, char* into, std::size_t size) {
  const char* at = text.data();
  const char* const end = at + text.size();
  for (;;) {
    const std::size_t bytes = utf8_bytes(at, end);
    if (bytes == 0 || bytes >= size) break;
    std::memcpy(into, at, bytes);
    const auto byte = static_cast<unsigned char>(*at);
    if (byte < 0x20 || byte == 0x7f || (byte == 0xc2 && static_cast<unsigned char>(at[1]) < 0xa0))
      std::memset(into, ' ', bytes);
    at += bytes;
    into += bytes;
    size -= bytes;
  }
  *into = '\0';
}

enum Member : std::uint8_t {
  timestamp,
  expires_in,
  access_token,
  id,
  error,
  message,
  details,
  here_error_code  // in `details`
};
constexpr const char* member_names = "timestamp expiresIn accessToken id error message details";

/// Reads the members of the outermost object, and one of its `details`.
class ReplyHandler final : public JsonHandler {
 public:
  ReplyHandler(ServiceReply& reply, ErrorDetail& detail) : reply_(reply), error_(detail) {}

  bool on_part(const JsonPart& part) override {
    if (part.depth == 0) return part.type >= JsonType::object;
    if (part.type == JsonType::key) {
      const bool in_details = member_ == details || member_ == here_error_code;
      if (part.depth == 1) {
        member_ = index_in(member_names, part.text);
      } else if (part.depth == 2 && in_details) {
        member_ = index_in("hereErrorCode", part.text) == 0 ? here_error_code : details;
      }
    } else if (part.depth == (member_ == here_error_code ? 2 : 1)) {
      if (part.type == JsonType::number) take_number(part);
      if (part.type == JsonType::text) take_text(part);
    }
    return true;
  }

 private:
  void take_number(const JsonPart& part) {
    const std::int64_t number = scale_json_number(part, 0, Rounding::away_from_zero).value;
    const auto value = static_cast<std::uint32_t>(number);
    if (number != value || value > max_timestamp_s) return;
    if (member_ == timestamp) reply_.timestamp_s = value;
    if (member_ == expires_in && value <= max_token_life_s) reply_.expires_in_s = value;
    if (member_ == here_error_code && value <= max_error_code) {
      error_.here_error_code = static_cast<std::int32_t>(value);
    }
  }

  void take_text(const JsonPart& value) {
    // As it stands, without its quotes.
    const std::string_view raw(value.raw.data() + 1, value.raw.size() - 2);
    if (member_ == access_token) reply_.access_token = raw;
    if (member_ == id) {
      copy_clean(value.text, error_.id.data(), error_.id.size());
    } else if (member_ >= shown_ && member_ <= message) {
      shown_ = member_;
      // What is too long to be decoded is shown as it stands.
      copy_clean(value.complete ? value.text : raw, error_.message.data(), error_.message.size());
    }
  }

  ServiceReply& reply_;
  ErrorDetail& error_;
  std::uint8_t member_ = not_there;
  std::uint8_t shown_ = error;  // `message` says more than `error`, where both are given
};

}  // namespace

bool read_reply(std::string_view body, ServiceReply& reply, ErrorDetail& detail) {
  ReplyHandler handler(reply, detail);
  return parse_json(body, max_json_depth, handler) == JsonResult::ok;
}

bool is_bearer_token(std::string_view text) {
  while (!text.empty() && text.back() == '=')
    text.remove_suffix(1);
  for (const char c : text) {
    const bool is_plus_to_9 = c >= '+' && c <= '9' && c != ',';  // +-./ and the digits
    if (!is_plus_to_9 && !is_letter(c) && c != '_' && c != '~') return false;
  }
  return !text.empty();
}

}  // namespace here_tracking
