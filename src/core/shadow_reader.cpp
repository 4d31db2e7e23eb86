// SPDX-License-Identifier: Apache-2.0
#include "shadow_reader.hpp"

#include "here_tracking/telemetry.hpp"

#include "json_reader.hpp"
#include "rapidjson.hpp"
#include "text.hpp"

#include <array>
#include <limits>

namespace here_tracking {
namespace {

class ShadowHandler final : public JsonHandler {
 public:
  ShadowHandler(std::string_view body, DesiredShadow& shadow) : body_(body), shadow_(shadow) {}

  [[nodiscard]] bool is_object() const { return is_object_; }

  bool on_key(const JsonString& key) override {
    member_ = key.complete ? find(scope_, key.text) : Member::unknown;
    return true;
  }
  bool on_string(const JsonString&) override { return reject(); }
  bool on_bool(bool) override { return reject(); }
  bool on_null() override { return reject(); }

  bool on_number(std::string_view text) override {
    switch (member_) {
      case Member::state_version:
        return take_integer(text, unlimited, shadow_.state_version);
      case Member::geofences:
        return take_integer(text, max_timestamp_ms, shadow_.last_modified_geofence_timestamp_ms);
      case Member::sample_ms:
        return take(text, unlimited, shadow_.rate.sample_ms);
      case Member::send_ms:
        return take(text, unlimited, shadow_.rate.send_ms);
      case Member::distance_m:
        return take(text, std::numeric_limits<std::uint32_t>::max(), shadow_.rate.distance_m);
      default:
        return reject();
    }
  }

  bool on_begin(bool object, std::size_t depth, std::size_t offset) override {
    if (depth == 1) {
      is_object_ = object;
      scope_ = Scope::root;
      return object;
    }
    if (depth > ignored_depth_) return true;
    if (object && member_ == Member::system) {
      scope_ = Scope::system;
    } else if (object && member_ == Member::rate) {
      scope_ = Scope::rate;
    } else {
      if (object && member_ == Member::payload) {
        payload_begin_ = offset;
        in_payload_ = true;
      } else {
        reject();
      }
      ignored_depth_ = depth;
      scope_before_ = scope_;
      scope_ = Scope::ignored;
    }
    member_ = Member::unknown;
    return true;
  }

  bool on_end(bool, std::size_t depth, std::size_t offset) override {
    member_ = Member::unknown;
    if (depth == ignored_depth_) {
      if (in_payload_) shadow_.payload = slice(body_, payload_begin_, offset + 1 - payload_begin_);
      in_payload_ = false;
      ignored_depth_ = none_ignored;
      scope_ = scope_before_;
    } else if (scope_ == Scope::rate) {
      scope_ = Scope::system;
    } else if (scope_ == Scope::system) {
      scope_ = Scope::root;
    }
    return true;
  }

 private:
  enum class Scope : std::uint8_t { root, system, rate, ignored };
  enum class Member : std::uint8_t {
    unknown,
    payload,
    system,
    state_version,
    geofences,
    rate,
    sample_ms,
    send_ms,
    distance_m
  };
  struct Name {
    Scope scope;
    Member member;
    std::string_view name;
  };

  static constexpr std::uint64_t unlimited = std::numeric_limits<std::int64_t>::max();
  static constexpr std::size_t none_ignored = max_json_depth + 1;
  static constexpr std::array<Name, 8> names = {{
      {Scope::root, Member::payload, "payload"},
      {Scope::root, Member::system, "system"},
      {Scope::system, Member::state_version, "stateVersion"},
      {Scope::system, Member::geofences, "lastModifiedGeofenceTimestamp"},
      {Scope::system, Member::rate, "rate"},
      {Scope::rate, Member::sample_ms, "sampleMs"},
      {Scope::rate, Member::send_ms, "sendMs"},
      {Scope::rate, Member::distance_m, "distanceM"},
  }};

  static Member find(Scope scope, std::string_view name) {
    for (const Name& known : names) {
      if (known.scope == scope && known.name == name) return known.member;
    }
    return Member::unknown;
  }

  template <typename T>
  bool take(std::string_view text, std::uint64_t max, std::optional<T>& into) {
    std::uint64_t value = 0;
    if (!parse_json_number(text, max, value)) return reject();
    into = static_cast<T>(value);
    return true;
  }

  template <typename T>
  bool take_integer(std::string_view text, std::uint64_t max, std::optional<T>& into) {
    return text.find_first_of(".eE") == std::string_view::npos ? take(text, max, into) : reject();
  }

  bool reject() {
    if (member_ != Member::unknown) ++shadow_.rejected_members;
    return true;
  }

  std::string_view body_;
  DesiredShadow& shadow_;
  std::size_t ignored_depth_ = none_ignored;
  std::size_t payload_begin_ = 0;
  Scope scope_ = Scope::root;
  Scope scope_before_ = Scope::root;
  Member member_ = Member::unknown;
  bool in_payload_ = false;
  bool is_object_ = false;
};

bool is_blank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

}  // namespace

bool read_shadow(std::string_view body, DesiredShadow& shadow) {
  shadow = {};
  if (is_blank(body)) return true;
  ShadowHandler handler(body, shadow);
  const JsonResult result = parse_json(body, max_json_depth, handler);
  // An owner's payload may be nested deeper than there is memory for. The service has taken the
  // telemetry all the same, so what came before it counts.
  if (result == JsonResult::too_deep) ++shadow.rejected_members;
  shadow.json = body;
  return handler.is_object() && (result == JsonResult::ok || result == JsonResult::too_deep);
}

}  // namespace here_tracking
