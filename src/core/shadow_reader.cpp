// SPDX-License-Identifier: Apache-2.0
#include "shadow_reader.hpp"

#include "here_tracking/telemetry.hpp"

#include "json_reader.hpp"
#include "text.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <limits>
#include <type_traits>

namespace here_tracking {
namespace {

enum class Scope : std::uint8_t {
  root,
  payload,
  system,
  rate,
  power_save,
  disable_tracking,
  periods,
  period,
  position,
  sensors,
  alarms,
  logging,
  logging_item,
  wlan
};

/// Where members stand. The items of a list are its members, too, without a name.
struct Spot {
  const char* path;
  Scope parent;
  bool is_list;
  std::uint8_t min_items;
  std::uint8_t max_items;
};

constexpr std::uint8_t unlimited = 255;
constexpr const char* logging_path = "system.sensorLoggingConfigurations";
constexpr std::array<Spot, 14> places = {{
    {"", Scope::root, false, 0, 0},
    {"payload", Scope::root, false, 0, 0},
    {"system", Scope::root, false, 0, 0},
    {"system.rate", Scope::system, false, 0, 0},
    {"system.powerSave", Scope::system, false, 0, 0},
    {"system.disableTracking", Scope::system, false, 0, 0},
    {"system.disableTracking.periods", Scope::disable_tracking, true, 0, 1},
    {"system.disableTracking.periods", Scope::periods, false, 0, 0},
    {"system.disableTracking.position", Scope::disable_tracking, true, 1, unlimited},
    {"system.disableTracking.sensors", Scope::disable_tracking, true, 1, unlimited},
    {"system.sensorAlarmConfig", Scope::system, false, 0, 0},
    {logging_path, Scope::system, true, 0, SensorLoggingConfigurations::max_size},
    {logging_path, Scope::logging, false, 0, 0},
    {"system.wlanConfigurations", Scope::system, true, 0, DesiredShadow::max_wlan_configurations},
}};

constexpr const Spot& place(Scope scope) {
  return places[static_cast<std::size_t>(scope)];
}

enum class Kind : std::uint8_t {
  version,       // std::uint64_t
  time,          // std::int64_t, at least `detail`
  duration,      // std::uint64_t
  distance,      // std::uint32_t
  limit,         // std::int32_t, times 10^detail
  period,        // sampling_period_ms
  boolean,       // bool
  tag,           // the view of a text
  names,         // a NameSet: a text, or a list that opens the Scope `detail`
  name,          // an item of that list
  logging_type,  // type
  object,        // opens the Scope `detail`
  list,          // opens the Scope `detail`
  unread         // whatever it is
};

constexpr Rule rule_of(Kind kind) {
  switch (kind) {
    case Kind::version:
      return Rule::shadow_version;
    case Kind::time:
      return Rule::shadow_time;
    case Kind::duration:
    case Kind::distance:
      return Rule::shadow_duration;
    default:
      return static_cast<Rule>(static_cast<int>(Rule::shadow_limit) + static_cast<int>(kind) -
                               static_cast<int>(Kind::limit));
  }
}

struct Member {
  const char* name;
  std::uint16_t offset;  // in DesiredShadow
  Scope scope;
  Kind kind;
  std::uint8_t detail;
};

constexpr std::uint8_t opens(Scope scope) {
  return static_cast<std::uint8_t>(scope);
}

// offsetof is for such types.
static_assert(std::is_standard_layout_v<DesiredShadow>);
#define AT(member) static_cast<std::uint16_t>(offsetof(DesiredShadow, member))
#define ALARM(member) AT(sensor_alarms.member)
constexpr std::array<Member, 46> members = {{
    {"payload", AT(payload), Scope::root, Kind::object, opens(Scope::payload)},
    {"system", 0, Scope::root, Kind::object, opens(Scope::system)},
    {"timestamp", AT(timestamp_ms), Scope::root, Kind::time, min_timestamp_ms},
    {"stateVersion", AT(state_version), Scope::system, Kind::version, 0},
    {"lastModifiedGeofenceTimestamp", AT(last_modified_geofence_timestamp_ms), Scope::system,
     Kind::time, 0},
    {"rate", 0, Scope::system, Kind::object, opens(Scope::rate)},
    {"sampleMs", AT(rate.sample_ms), Scope::rate, Kind::duration, 0},
    {"sendMs", AT(rate.send_ms), Scope::rate, Kind::duration, 0},
    {"distanceM", AT(rate.distance_m), Scope::rate, Kind::distance, 0},
    {"powerSave", 0, Scope::system, Kind::object, opens(Scope::power_save)},
    {"sendMs", AT(power_save_send_ms), Scope::power_save, Kind::duration, 0},
    {"syncGeofences", AT(sync_geofences), Scope::system, Kind::boolean, 0},
    {"detectOutliers", AT(detect_outliers), Scope::system, Kind::boolean, 0},
    {"wlanConnectivityEnabled", AT(wlan_connectivity_enabled), Scope::system, Kind::boolean, 0},
    {"wlanConfigurations", AT(wlan_configurations), Scope::system, Kind::list, opens(Scope::wlan)},
    {"", 0, Scope::wlan, Kind::unread, 0},
    {"sensorLoggingEnabled", AT(sensor_logging_enabled), Scope::system, Kind::boolean, 0},
    {"sensorLoggingTag", AT(sensor_logging_tag), Scope::system, Kind::tag, 0},
    {"sensorLoggingConfigurations", 0, Scope::system, Kind::list, opens(Scope::logging)},
    {"", 0, Scope::logging, Kind::object, opens(Scope::logging_item)},
    {"type", 0, Scope::logging_item, Kind::logging_type, 0},
    {"samplingFrequency", 0, Scope::logging_item, Kind::period, 0},
    {"disableTracking", 0, Scope::system, Kind::object, opens(Scope::disable_tracking)},
    {"periods", 0, Scope::disable_tracking, Kind::list, opens(Scope::periods)},
    {"", 0, Scope::periods, Kind::object, opens(Scope::period)},
    {"begin", AT(disable_tracking.begin_ms), Scope::period, Kind::time, min_timestamp_ms},
    {"end", AT(disable_tracking.end_ms), Scope::period, Kind::time, min_timestamp_ms},
    {"position", AT(disable_tracking.position), Scope::disable_tracking, Kind::names,
     opens(Scope::position)},
    {"", AT(disable_tracking.position), Scope::position, Kind::name, 0},
    {"sensors", AT(disable_tracking.sensors), Scope::disable_tracking, Kind::names,
     opens(Scope::sensors)},
    {"", AT(disable_tracking.sensors), Scope::sensors, Kind::name, 0},
    {"sensorAlarmConfig", 0, Scope::system, Kind::object, opens(Scope::alarms)},
    {"alertTemperatureCMin", ALARM(temperature_c_e2.min), Scope::alarms, Kind::limit, 2},
    {"alertTemperatureCMax", ALARM(temperature_c_e2.max), Scope::alarms, Kind::limit, 2},
    {"alertRelativeHumidityMin", ALARM(relative_humidity_percent_e2.min), Scope::alarms,
     Kind::limit, 2},
    {"alertRelativeHumidityMax", ALARM(relative_humidity_percent_e2.max), Scope::alarms,
     Kind::limit, 2},
    {"alertPressureHpaMin", ALARM(pressure_hpa_e4.min), Scope::alarms, Kind::limit, 4},
    {"alertPressureHpaMax", ALARM(pressure_hpa_e4.max), Scope::alarms, Kind::limit, 4},
    {"alertAccelerationGMin", ALARM(acceleration_g_e6.min), Scope::alarms, Kind::limit, 6},
    {"alertAccelerationGMax", ALARM(acceleration_g_e6.max), Scope::alarms, Kind::limit, 6},
    {"alertTiltDegreeMin", ALARM(tilt_degree_e2.min), Scope::alarms, Kind::limit, 2},
    {"alertTiltDegreeMax", ALARM(tilt_degree_e2.max), Scope::alarms, Kind::limit, 2},
    {"alertBatteryLevelPMin", ALARM(battery_level_percent.min), Scope::alarms, Kind::limit, 0},
    {"alertBatteryLevelPMax", ALARM(battery_level_percent.max), Scope::alarms, Kind::limit, 0},
    {"isAttachAlertEnabled", ALARM(is_attach_alert_enabled), Scope::alarms, Kind::boolean, 0},
    {"isTamperAlertEnabled", ALARM(is_tamper_alert_enabled), Scope::alarms, Kind::boolean, 0},
}};
#undef ALARM
#undef AT

const Member* find(Scope scope, std::string_view name) {
  const auto* const found = std::find_if(members.begin(), members.end(), [&](const Member& known) {
    return known.scope == scope && known.name == name;
  });
  return found == members.end() ? nullptr : found;
}

// In the order of PositionMethod, SensorData and SensorLoggingType.
constexpr std::string_view position_names = "bt country gsm wcdma tdscdma lte cdma wlan gps";
constexpr std::string_view sensor_names =
    "accelerationG deviceIsAttached deviceIsStationary batteryIsCharging batteryLevel pressureHpa "
    "relativeHumidity deviceIsTampered temperatureC tiltDegree";
constexpr std::string_view logging_types = "acceleration pressure temperature humidity gnss";

constexpr std::size_t max_tag_characters = 50;

}  // namespace

/// One table says what there is; this follows the text through its scopes and takes what it names.
class ShadowHandler final : public JsonHandler {
 public:
  ShadowHandler(std::string_view body, DesiredShadow& shadow) : body_(body), shadow_(shadow) {}

  [[nodiscard]] bool is_object() const { return is_object_; }

  bool on_key(const JsonString& key) override {
    if (!is_ignoring()) member_ = key.complete ? find(scope_, key.text) : nullptr;
    return true;
  }
  bool on_string(const JsonString& text) override { return take({Type::text, text}); }
  bool on_number(std::string_view text) override { return take({Type::number, {text, true, {}}}); }
  bool on_bool(bool value) override {
    return take({Type::boolean, {value ? "true" : "false", true, {}}});
  }
  bool on_null() override { return take({Type::other, {"null", true, {}}}); }

  bool on_begin(bool object, std::size_t depth, std::size_t offset) override {
    if (depth == 1) {
      is_object_ = object;
      return object;
    }
    if (is_ignoring()) return true;
    count_item();
    if (member_ != nullptr && member_->kind == (object ? Kind::object : Kind::list)) {
      enter(offset);
    } else if (member_ != nullptr && member_->kind == Kind::names && !object) {
      bits(*member_) = 0;
      enter(offset);
    } else {
      if (member_ != nullptr && member_->kind != Kind::unread) {
        reject(*member_, {Type::other, {object ? "an object" : "a list", true, {}}});
      }
      ignored_depth_ = depth;
    }
    return true;
  }

  bool on_end(bool, std::size_t depth, std::size_t offset) override {
    if (depth == ignored_depth_) {
      ignored_depth_ = 0;
    } else if (!is_ignoring() && depth > 1) {
      leave(offset);
    }
    return true;
  }

  /// The text ended where it was too deep.
  void reject_depth() {
    FieldError error;
    error.field = "desired shadow";
    if (scope_ == Scope::payload || scope_ == Scope::wlan) error.field = place(scope_).path;
    error.value = max_json_depth + 1;
    error.unit = Unit::levels;
    error.rule = Rule::shadow_depth;
    reject(error);
  }

 private:
  enum class Type : std::uint8_t { text, number, boolean, other };
  struct Value {
    Type type;
    JsonString string;  // of a number and of what has no text, the text for a message
  };
  enum class Seen : std::uint8_t { no, rejected, yes };

  template <typename T>
  T& at(const Member& member) {
    return *reinterpret_cast<T*>(reinterpret_cast<char*>(&shadow_) + member.offset);
  }
  std::uint16_t& bits(const Member& member) { return at<std::uint16_t>(member); }

  [[nodiscard]] bool is_ignoring() const { return ignored_depth_ != 0; }
  void count_item() {
    if (place(scope_).is_list) ++items_;
  }

  void enter(std::size_t offset) {
    scope_ = static_cast<Scope>(member_->detail);
    DisableTracking& disable = shadow_.disable_tracking;
    switch (scope_) {
      case Scope::payload:
      case Scope::wlan:
        view_begin_ = offset;
        break;
      case Scope::periods:
        clear_period();
        break;
      case Scope::period:
        disable.has_period = true;
        break;
      case Scope::logging:
        shadow_.sensor_logging_configurations.size_ = 0;
        break;
      case Scope::logging_item:
        item_ = {};
        item_type_ = Seen::no;
        break;
      default:
        break;
    }
    if (place(scope_).is_list) {
      list_ = member_;
      items_ = 0;
    }
    member_ = find(scope_, "");
  }

  void leave(std::size_t offset) {
    const Scope left = scope_;
    const Spot& from = place(left);
    scope_ = from.parent;
    member_ = find(scope_, "");
    if (from.is_list &&
        (items_ < from.min_items || (from.max_items != unlimited && items_ > from.max_items))) {
      if (left == Scope::periods) clear_period();
      if (left == Scope::logging) shadow_.sensor_logging_configurations.size_ = 0;
      reject_size(from);
      return;
    }
    const std::string_view view = slice(body_, view_begin_, offset + 1 - view_begin_);
    if (left == Scope::payload) shadow_.payload = view;
    if (left == Scope::wlan) shadow_.wlan_configurations = view;
    if (left == Scope::logging_item) keep_item();
  }

  void clear_period() {
    DisableTracking& disable = shadow_.disable_tracking;
    disable.has_period = false;
    disable.begin_ms.reset();
    disable.end_ms.reset();
  }

  void keep_item() {
    SensorLoggingConfigurations& list = shadow_.sensor_logging_configurations;
    if (item_type_ == Seen::yes && list.size_ < list.items_.size()) {
      list.items_[list.size_++] = item_;
    }
    if (item_type_ == Seen::no) {
      FieldError error = named(Scope::logging_item, "type");
      error.text = {'n', 'o', 't', 'h', 'i', 'n', 'g'};
      error.rule = Rule::shadow_logging_type;
      reject(error);
    }
  }

  bool take(const Value& value) {
    if (is_ignoring()) return true;
    count_item();
    if (member_ == nullptr) return true;
    const bool taken = value.type == Type::number ? take_number(*member_, value.string.text)
                       : value.type == Type::text ? take_text(*member_, value.string)
                                                  : take_other(*member_, value);
    if (!taken) reject(*member_, value);
    return true;
  }

  bool take_number(const Member& member, std::string_view text) {
    const bool is_limit = member.kind == Kind::limit;
    const ScaledNumber number =
        scale_json_number(text, is_limit ? member.detail : std::uint8_t{0},
                          is_limit ? Rounding::nearest : Rounding::away_from_zero);
    constexpr std::int64_t max_u32 = std::numeric_limits<std::uint32_t>::max();
    switch (member.kind) {
      case Kind::version:
        if (!number.exact || number.value < 0) return false;
        at<std::optional<std::uint64_t>>(member) = static_cast<std::uint64_t>(number.value);
        return true;
      case Kind::time:
        if (!number.exact || number.value < member.detail || number.value > max_timestamp_ms) {
          return false;
        }
        at<std::optional<std::int64_t>>(member) = number.value;
        return true;
      case Kind::duration:
        if (number.value < 0) return false;
        at<std::optional<std::uint64_t>>(member) = static_cast<std::uint64_t>(number.value);
        return true;
      case Kind::distance:
        if (number.value < 0) return false;
        at<std::optional<std::uint32_t>>(member) =
            static_cast<std::uint32_t>(std::min(number.value, max_u32));
        return true;
      case Kind::period:
        // What was rounded up to 1 was less.
        if (number.value < (number.exact ? 1 : 2)) return false;
        item_.sampling_period_ms = static_cast<std::uint32_t>(std::min(number.value, max_u32));
        return true;
      case Kind::limit:
        at<std::optional<std::int32_t>>(member) = static_cast<std::int32_t>(
            std::clamp<std::int64_t>(number.value, std::numeric_limits<std::int32_t>::min(),
                                     std::numeric_limits<std::int32_t>::max()));
        return true;
      default:
        return member.kind == Kind::unread;
    }
  }

  bool take_text(const Member& member, const JsonString& text) {
    switch (member.kind) {
      case Kind::tag: {
        const std::size_t characters = count_json_characters(text.raw);
        if (characters == 0 || characters > max_tag_characters) return false;
        shadow_.sensor_logging_tag = {text.raw.data() - 1, text.raw.size() + 2};
        return true;
      }
      case Kind::names:
        if (text.text != "all" && !text.text.empty()) return false;
        bits(member) = text.text.empty() ? 0 : NameSet<PositionMethod>::all_bits;
        return true;
      case Kind::name: {
        const bool is_position = member.scope == Scope::position;
        const std::uint8_t index = index_in(is_position ? position_names : sensor_names, text.text);
        if (index == not_there) return false;
        bits(member) = static_cast<std::uint16_t>(bits(member) | (1U << index));
        return true;
      }
      case Kind::logging_type: {
        const std::uint8_t index = index_in(logging_types, text.text);
        if (index == not_there) return false;
        item_.type = static_cast<SensorLoggingType>(index);
        item_type_ = Seen::yes;
        return true;
      }
      default:
        return member.kind == Kind::unread;
    }
  }

  bool take_other(const Member& member, const Value& value) {
    if (member.kind == Kind::boolean && value.type == Type::boolean) {
      at<std::optional<bool>>(member) = value.string.text == "true";
      return true;
    }
    return member.kind == Kind::unread;
  }

  /// A list's items and their members are named with the item's index.
  [[nodiscard]] FieldError named(Scope scope, const char* field) const {
    FieldError error;
    error.scope = place(scope).path;
    error.field = field;
    if (place(scope).is_list || place(place(scope).parent).is_list) {
      error.index = static_cast<std::int32_t>(items_ - 1);
    }
    return error;
  }

  void reject(const Member& member, const Value& value) {
    if (member.kind == Kind::logging_type && item_type_ == Seen::no) item_type_ = Seen::rejected;
    FieldError error = named(member.scope, member.name);
    error.rule = rule_of(member.kind);
    const bool is_secret = member.kind == Kind::list && member.detail == opens(Scope::wlan);
    if (is_secret) {
      error.text = {'.', '.', '.'};
    } else if (value.type == Type::number) {
      error.decimals = 3;
      error.value = scale_json_number(value.string.text, error.decimals, Rounding::nearest).value;
    } else {
      if (value.type == Type::text) {
        error.value = static_cast<std::int64_t>(count_json_characters(value.string.raw));
        error.unit = Unit::characters;
      }
      if (member.kind != Kind::tag || value.type != Type::text) {
        (void)copy_text(value.string.text, {error.text.data(), error.text.size() - 1});
      }
    }
    reject(error);
  }

  void reject_size(const Spot& list) {
    FieldError error = named(list_->scope, list_->name);
    error.value = static_cast<std::int64_t>(items_);
    error.unit = Unit::items;
    error.min = list.min_items;
    error.max = list.max_items;
    if (list.max_items == unlimited) error.rule = Rule::shadow_names;
    reject(error);
  }

  void reject(const FieldError& error) {
    if (shadow_.rejected_members == 0) shadow_.rejected = error;
    if (shadow_.rejected_members < std::numeric_limits<std::uint16_t>::max()) {
      ++shadow_.rejected_members;
    }
  }

  std::string_view body_;
  DesiredShadow& shadow_;
  const Member* member_ = nullptr;  // that the next value belongs to; unknown: nullptr
  const Member* list_ = nullptr;    // the innermost list
  std::size_t items_ = 0;           // that were begun in it
  std::size_t ignored_depth_ = 0;   // the outermost level that is not read; 0: none
  std::size_t view_begin_ = 0;
  SensorLoggingConfiguration item_;
  Seen item_type_ = Seen::no;
  Scope scope_ = Scope::root;
  bool is_object_ = false;
};

namespace {

/// Of one text that is decoded in place.
class TextHandler final : public JsonHandler {
 public:
  bool on_string(const JsonString& text) override {
    if (text.complete) text_ = text.text;
    return true;
  }
  bool on_begin(bool, std::size_t, std::size_t) override { return false; }

  [[nodiscard]] std::string_view text() const { return text_; }

 private:
  std::string_view text_;
};

}  // namespace

bool is_shadow(std::string_view body) {
  class Handler final : public JsonHandler {
   public:
    bool on_begin(bool object, std::size_t depth, std::size_t) override {
      if (depth == 1) is_object = object;
      return is_object;
    }
    bool is_object = false;
  } handler;
  if (is_blank(body)) return true;
  const JsonResult result = parse_json(body, max_json_depth, handler, {});
  return handler.is_object && (result == JsonResult::ok || result == JsonResult::too_deep);
}

bool read_shadow(std::string_view body, DesiredShadow& shadow) {
  shadow = {};
  if (is_blank(body)) return true;
  ShadowHandler handler(body, shadow);
  const JsonResult result = parse_json(body, max_json_depth, handler);
  // An owner's payload may be nested deeper than there is memory for. The service has taken the
  // telemetry all the same, so what came before it counts.
  if (result == JsonResult::too_deep) handler.reject_depth();
  shadow.json = body;
  return handler.is_object() && (result == JsonResult::ok || result == JsonResult::too_deep);
}

std::string_view decode_json_text(std::string_view json, Span<char> into) {
  TextHandler handler;
  if (parse_json(json, 1, handler, into) != JsonResult::ok) return {};
  return handler.text();
}

}  // namespace here_tracking
