// SPDX-License-Identifier: Apache-2.0
#include "service_reply.hpp"

#include "here_tracking/telemetry.hpp"

#include "json_reader.hpp"
#include "rapidjson.hpp"
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

template <std::size_t size>
void copy_text(std::string_view text, std::array<char, size>& into) {
  into.fill('\0');
  std::size_t count = std::min(text.size(), size - 1);
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

/// Knows the name of the member that each value of the outermost object, and of one object in it,
/// belongs to.
class MemberHandler : public JsonHandler {
 public:
  bool on_key(const JsonString& key) final {
    if (depth_ == 1) outer_ = Name(key);
    if (depth_ == 2) inner_ = Name(key);
    return true;
  }
  bool on_begin(bool object, std::size_t depth, std::size_t) final {
    depth_ = depth;
    if (depth == 2) inner_ = {};
    return depth > 1 || object;
  }
  bool on_end(bool, std::size_t depth, std::size_t) final {
    depth_ = depth - 1;
    return true;
  }

 protected:
  ~MemberHandler() = default;

  [[nodiscard]] bool at(std::string_view name) const { return depth_ == 1 && outer_.is(name); }
  [[nodiscard]] bool at(std::string_view outer, std::string_view inner) const {
    return depth_ == 2 && outer_.is(outer) && inner_.is(inner);
  }

 private:
  class Name {
   public:
    Name() = default;
    explicit Name(const JsonString& key) : size_(key.complete ? key.text.size() : 0) {
      if (size_ > sizeof(text_)) size_ = 0;
      std::copy_n(key.text.data(), size_, text_);
    }
    [[nodiscard]] bool is(std::string_view name) const {
      return name == std::string_view(text_, size_);
    }

   private:
    char text_[16] = {};
    std::size_t size_ = 0;
  };

  Name outer_;
  Name inner_;
  std::size_t depth_ = 0;
};

class ReplyHandler final : public MemberHandler {
 public:
  explicit ReplyHandler(ServiceReply& reply) : reply_(reply) {}

  bool on_number(std::string_view text) override {
    if (at("timestamp")) take(text, max_timestamp_s, reply_.timestamp_s);
    if (at("expiresIn")) take(text, max_token_life_s, reply_.expires_in_s);
    return true;
  }
  bool on_string(const JsonString& value) override {
    if (at("accessToken")) reply_.access_token = value.raw;
    return true;
  }

 private:
  ServiceReply& reply_;
};

class ErrorHandler final : public MemberHandler {
 public:
  explicit ErrorHandler(ErrorDetail& error) : error_(error) {}

  bool on_number(std::string_view text) override {
    if (at("details", "hereErrorCode")) {
      take(text, std::numeric_limits<std::int32_t>::max(), error_.here_error_code);
    }
    return true;
  }
  bool on_string(const JsonString& value) override {
    if (at("id")) copy_text(value.text, error_.id);
    // `message` says more than `error`, where both are given. What is too long to be decoded is
    // shown as it stands.
    const bool is_message = at("message");
    if (is_message || (at("error") && !has_message_)) {
      copy_text(value.complete ? value.text : value.raw, error_.message);
    }
    has_message_ = has_message_ || is_message;
    return true;
  }

 private:
  ErrorDetail& error_;
  bool has_message_ = false;
};

}  // namespace

bool read_reply(std::string_view body, ServiceReply& reply) {
  ReplyHandler handler(reply);
  return parse_json(body, max_json_depth, handler) == JsonResult::ok;
}

void read_error(std::string_view body, ErrorDetail& error) {
  ErrorHandler handler(error);
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
