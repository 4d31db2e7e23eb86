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

  bool on_part(const JsonPart& part) override {
    const bool is_end = part.type == JsonType::end;
    if (part.depth == 0) return part.type == JsonType::list || is_end;
    if (part.depth == 1) {
      if (!is_end && items_before_ == 0) {
        found_ = true;
        valid_ = part.type == JsonType::object;
      }
      const bool has_ended = is_end || part.type < JsonType::list;
      return !has_ended || items_before_-- != 0;
    }
    if (part.depth == 2 && part.type == JsonType::key) {
      member_ = index_in("ssid password securityMode ssidIsHidden", part.text);
    } else if (part.depth == 2 && !is_end && items_before_ == 0 && !take(part)) {
      valid_ = false;
    }
    return true;
  }

 private:
  enum Member : std::uint8_t { the_ssid, the_password, the_security, is_hidden };

  bool take(const JsonPart& part) {
    if (member_ == is_hidden) {
      into_.ssid_is_hidden_ = part.text == "true";
      return part.type == JsonType::boolean;
    }
    if (member_ > is_hidden) return true;
    if (part.type != JsonType::text) return false;
    if (member_ == the_ssid) return take_text(part, 1, into_.ssid_, into_.ssid_size_);
    if (member_ == the_password) {
      return take_text(part, min_password_characters, into_.password_, into_.password_size_);
    }
    has_security_ = true;
    const std::uint8_t mode = index_in("none wpa2psk", part.text);
    into_.security_ = static_cast<WlanSecurity>(mode);
    return mode != not_there;
  }

  /// The room is for as many characters as may be, at their longest.
  static bool take_text(const JsonPart& part, std::size_t min, Span<char> into,
                        std::uint8_t& size) {
    if (part.characters < min || part.characters > into.size() / max_bytes_per_character) {
      return false;
    }
    size = static_cast<std::uint8_t>(copy_text(part.text, into));
    return true;
  }

  WlanConfiguration& into_;
  std::size_t items_before_;
  std::uint8_t member_ = not_there;
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
