// SPDX-License-Identifier: Apache-2.0
#include "service_reply.hpp"

#include "here_tracking/telemetry.hpp"

#include "json_reader.hpp"
#include "text.hpp"

#include <algorithm>
#include <limits>

namespace here_tracking {
namespace {

constexpr std::int64_t max_timestamp_s = max_timestamp_ms / 1000;
constexpr std::int64_t max_token_life_s = 10LL * 366 * 86400;

template <typename T>
void take(std::string_view number, std::int64_t max, T& into) {
  const std::int64_t value = scale_json_number(number, 0, Rounding::away_from_zero).value;
  if (value >= 0 && value <= max) into = static_cast<T>(value);
}

void copy_clean(std::string_view text, Span<char> into) {
  std::fill(into.begin(), into.end(), '\0');
  std::size_t count = std::min(text.size(), into.size() - 1);
  if (count < text.size()) {
    while (count > 0 && (static_cast<unsigned char>(text[count]) & 0xc0U) == 0x80U)
      --count;
  }
  // Control characters are for a terminal to obey, also those that UTF-8 writes as C2 80..9F.
  for (std::size_t i = 0; i < count; ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const bool c1 = byte == 0xc2 && i + 1 < count && static_cast<unsigned char>(text[i + 1]) < 0xa0;
    into[i] = byte < 0x20 || byte == 0x7f || c1 ? ' ' : text[i];
    if (c1) into[++i] = ' ';
  }
}

// In the order of Member.
constexpr std::string_view member_names =
    "timestamp expiresIn accessToken id message error details";

/// Reads the members of the outermost object, and one of its `details`.
class ReplyHandler final : public JsonHandler {
 public:
  /// One of the two is wanted, the other nullptr.
  ReplyHandler(ServiceReply* reply, ErrorDetail* detail) : reply_(reply), error_(detail) {}

  bool on_key(const JsonString& key) override {
    if (depth_ == 1) {
      outer_ = member_ = key.complete ? index_in(member_names, key.text) : not_there;
    } else {
      const bool is_code = depth_ == 2 && outer_ == details && key.text == "hereErrorCode";
      member_ = is_code ? std::uint8_t{here_error_code} : not_there;
    }
    return true;
  }
  bool on_begin(bool object, std::size_t depth, std::size_t) override {
    depth_ = depth;
    member_ = not_there;
    return depth > 1 || object;
  }
  bool on_end(bool, std::size_t depth, std::size_t) override {
    depth_ = depth - 1;
    member_ = not_there;
    return true;
  }
  bool on_number(std::string_view text) override {
    if (reply_ != nullptr) {
      if (member_ == timestamp) take(text, max_timestamp_s, reply_->timestamp_s);
      if (member_ == expires_in) take(text, max_token_life_s, reply_->expires_in_s);
    } else if (member_ == here_error_code) {
      take(text, std::numeric_limits<std::int32_t>::max(), error_->here_error_code);
    }
    return true;
  }
  bool on_string(const JsonString& value) override {
    if (reply_ != nullptr) {
      if (member_ == access_token) reply_->access_token = value.raw;
      return true;
    }
    if (member_ == id) copy_clean(value.text, error_->id);
    // `message` says more than `error`, where both are given. What is too long to be decoded is
    // shown as it stands.
    if (member_ == message || (member_ == error && !has_message_)) {
      copy_clean(value.complete ? value.text : value.raw, error_->message);
    }
    has_message_ = has_message_ || member_ == message;
    return true;
  }

 private:
  enum Member : std::uint8_t {
    timestamp,
    expires_in,
    access_token,
    id,
    message,
    error,
    details,
    here_error_code
  };

  ServiceReply* reply_;
  ErrorDetail* error_;
  std::size_t depth_ = 0;
  std::uint8_t outer_ = not_there;
  std::uint8_t member_ = not_there;
  bool has_message_ = false;
};

}  // namespace

bool read_reply(std::string_view body, ServiceReply& reply) {
  ReplyHandler handler(&reply, nullptr);
  return parse_json(body, max_json_depth, handler) == JsonResult::ok;
}

void read_error(std::string_view body, ErrorDetail& error) {
  ReplyHandler handler(nullptr, &error);
  (void)parse_json(body, max_json_depth, handler);
}

bool is_bearer_token(std::string_view text) {
  constexpr std::string_view allowed =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/";
  const std::size_t end = text.find_last_not_of('=');
  return end != std::string_view::npos &&
         head(text, end + 1).find_first_not_of(allowed) == std::string_view::npos;
}

}  // namespace here_tracking
