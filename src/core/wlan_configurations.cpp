// SPDX-License-Identifier: Apache-2.0
#include "here_tracking/shadow.hpp"

#include "json_reader.hpp"
#include "text.hpp"

namespace here_tracking {

/// Reads the item with a given index into a configuration, then ends the reading.
class WlanConfiguration::Reader final : public JsonHandler {
 public:
  Reader(std::size_t index, WlanConfiguration& into) : into_(into), items_before_(index) {}

  [[nodiscard]] bool found() const { return found_; }
  [[nodiscard]] bool is_valid() const {
    return valid_ && into_.ssid_size_ != 0 && has_security_ &&
           (into_.security_ == WlanSecurity::none || into_.password_size_ != 0);
  }

  bool on_key(const JsonString& key) override {
    if (depth_ != 2) return true;
    member_ = Member::unknown;
    if (key.text == "ssid") member_ = Member::ssid;
    if (key.text == "password") member_ = Member::password;
    if (key.text == "securityMode") member_ = Member::security;
    if (key.text == "ssidIsHidden") member_ = Member::hidden;
    return true;
  }

  bool on_string(const JsonString& text) override {
    if (depth_ == 1) return pass_item();
    if (!is_member()) return true;
    switch (member_) {
      case Member::ssid:
        take(text, 1, into_.ssid_, into_.ssid_size_);
        break;
      case Member::password:
        take(text, min_password_characters, into_.password_, into_.password_size_);
        break;
      case Member::security:
        has_security_ = true;
        into_.security_ = text.text == "none" ? WlanSecurity::none : WlanSecurity::wpa2psk;
        if (text.text != "none" && text.text != "wpa2psk") valid_ = false;
        break;
      default:
        valid_ = false;
    }
    return true;
  }

  bool on_bool(bool value) override {
    if (is_member() && member_ == Member::hidden) {
      into_.ssid_is_hidden_ = value;
      return true;
    }
    return take_other();
  }
  bool on_number(std::string_view) override { return take_other(); }
  bool on_null() override { return take_other(); }

  bool on_begin(bool object, std::size_t depth, std::size_t) override {
    if (depth == 1) {
      depth_ = depth;
      return !object;
    }
    if (depth == 2 && items_before_ == 0) {
      found_ = true;
      valid_ = object;
    }
    if (depth == 3 && is_member()) valid_ = false;
    depth_ = depth;
    return true;
  }

  bool on_end(bool, std::size_t depth, std::size_t) override {
    depth_ = depth - 1;
    if (depth == 3) member_ = Member::unknown;
    return depth != 2 || pass_item();
  }

 private:
  enum class Member : std::uint8_t { unknown, ssid, password, security, hidden };

  [[nodiscard]] bool is_member() const {
    return depth_ == 2 && items_before_ == 0 && member_ != Member::unknown;
  }

  /// An item has ended. Returns whether to go on to the next.
  bool pass_item() {
    found_ = items_before_ == 0;
    return items_before_-- != 0;
  }

  bool take_other() {
    if (depth_ == 1) return pass_item();
    if (is_member()) valid_ = false;
    return true;
  }

  /// The room is for as many characters as may be, at their longest.
  void take(const JsonString& text, std::size_t min, Span<char> into, std::uint8_t& size) {
    const std::size_t characters = count_json_characters(text.raw);
    if (characters < min || characters > into.size() / max_bytes_per_character) {
      valid_ = false;
      return;
    }
    size = static_cast<std::uint8_t>(copy_text(text.text, into));
  }

  WlanConfiguration& into_;
  std::size_t items_before_;
  std::size_t depth_ = 0;
  Member member_ = Member::unknown;
  bool found_ = false;
  bool valid_ = false;
  bool has_security_ = false;
};

WlanConfiguration::~WlanConfiguration() {
  clear();
}

void WlanConfiguration::clear() {
  wipe(ssid_);
  wipe(password_);
  ssid_size_ = 0;
  password_size_ = 0;
  security_ = WlanSecurity::none;
  ssid_is_hidden_ = false;
}

bool WlanConfigurations::next(WlanConfiguration& into) {
  while (index_ < DesiredShadow::max_wlan_configurations) {
    into.clear();
    WlanConfiguration::Reader reader(index_, into);
    std::array<char, sizeof(into.password_)> decoded;
    const JsonResult result = parse_json(json_, max_json_depth, reader, decoded);
    wipe(decoded);
    if (!reader.found() || result != JsonResult::stopped) break;
    ++index_;
    if (reader.is_valid()) return true;
    ++skipped_;
  }
  into.clear();
  return false;
}

}  // namespace here_tracking
