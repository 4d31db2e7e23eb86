// SPDX-License-Identifier: Apache-2.0
#include "shadow_reader.hpp"

#include "here_tracking/telemetry.hpp"

#include "json_reader.hpp"
#include "text.hpp"

#include <cstddef>
#include <cstring>
#include <iterator>
#include <limits>
#include <new>
#include <type_traits>

namespace here_tracking {
namespace {

using namespace std::string_view_literals;

/// How a member is read. The items of a list are its members, too, without a name.
enum class Kind : std::uint8_t {
  // A number, `detail` or more.
  version,          // std::uint64_t
  time,             // std::int64_t
  duration,         // std::uint64_t
  distance,         // std::uint32_t
  sampling_period,  // of a logging_item

  limit,         // std::int32_t, times 10^detail
  boolean,       // bool
  tag,           // the view of a text
  logging_type,  // of a logging_item, one of name_lists[detail]

  // A list of `detail` items or fewer.
  names,  // a NameSet: one item or more, or a text, "" or the name in name_lists[detail]
  periods,
  logging,
  wlan,  // the view of it

  payload,  // the view of an object
  object,

  // An item.
  period,
  logging_item,
  name  // one of name_lists[detail]
};

/// What a member of a kind must be, in the order of Kind.
struct KindRule {
  JsonType type;
  Rule rule;
};
constexpr KindRule kind_rules[] = {
    {JsonType::number, Rule::shadow_version},    {JsonType::number, Rule::shadow_time},
    {JsonType::number, Rule::shadow_duration},   {JsonType::number, Rule::shadow_duration},
    {JsonType::number, Rule::shadow_period},     {JsonType::number, Rule::shadow_limit},
    {JsonType::boolean, Rule::shadow_boolean},   {JsonType::text, Rule::shadow_tag},
    {JsonType::text, Rule::shadow_logging_type}, {JsonType::list, Rule::shadow_names},
    {JsonType::list, Rule::shadow_list},         {JsonType::list, Rule::shadow_list},
    {JsonType::list, Rule::shadow_list},         {JsonType::object, Rule::shadow_object},
    {JsonType::object, Rule::shadow_object},     {JsonType::object, Rule::shadow_object},
    {JsonType::object, Rule::shadow_object},     {JsonType::text, Rule::shadow_name},
};
static_assert(std::size(kind_rules) == static_cast<std::size_t>(Kind::name) + 1);

constexpr const KindRule& rule_of(Kind kind) {
  return kind_rules[static_cast<std::size_t>(kind)];
}
constexpr bool is_list(Kind kind) {
  return kind >= Kind::names && kind <= Kind::wlan;
}
constexpr bool is_view(Kind kind) {
  return kind == Kind::wlan || kind == Kind::payload;
}
constexpr bool is_item(Kind kind) {
  return kind >= Kind::period;
}

// ---- what there is ----

// In the order of PositionMethod, SensorData and SensorLoggingType.
constexpr const char* position_names = "bt country gsm wcdma tdscdma lte cdma wlan gps";
constexpr const char* sensor_names =
    "accelerationG deviceIsAttached deviceIsStationary batteryIsCharging batteryLevel pressureHpa "
    "relativeHumidity deviceIsTampered temperatureC tiltDegree";
constexpr const char* logging_types = "acceleration pressure temperature humidity gnss";
constexpr const char* name_lists[] = {position_names, sensor_names, logging_types, "all"};

struct Entry {
  std::string_view path;
  Kind kind;
  std::uint8_t detail;
  std::size_t offset;  // in DesiredShadow
};

// offsetof is for such types.
static_assert(std::is_standard_layout_v<DesiredShadow>);
#define AT(member) offsetof(DesiredShadow, member)
#define ALARMS "system.sensorAlarmConfig"
#define DISABLE "system.disableTracking"
#define LOGGING "system.sensorLoggingConfigurations"
constexpr Entry entries[] = {
    {"", Kind::object, 0, 0},
    {"payload", Kind::payload, 0, AT(payload)},
    {"timestamp", Kind::time, min_timestamp_ms, AT(timestamp_ms)},
    {"system", Kind::object, 0, 0},
    {"system.stateVersion", Kind::version, 0, AT(state_version)},
    {"system.lastModifiedGeofenceTimestamp", Kind::time, 0,
     AT(last_modified_geofence_timestamp_ms)},
    {"system.rate", Kind::object, 0, 0},
    {"system.rate.sampleMs", Kind::duration, 0, AT(rate.sample_ms)},
    {"system.rate.sendMs", Kind::duration, 0, AT(rate.send_ms)},
    {"system.rate.distanceM", Kind::distance, 0, AT(rate.distance_m)},
    {"system.powerSave", Kind::object, 0, 0},
    {"system.powerSave.sendMs", Kind::duration, 0, AT(power_save_send_ms)},
    {"system.syncGeofences", Kind::boolean, 0, AT(sync_geofences)},
    {"system.detectOutliers", Kind::boolean, 0, AT(detect_outliers)},
    {"system.wlanConnectivityEnabled", Kind::boolean, 0, AT(wlan_connectivity_enabled)},
    {"system.wlanConfigurations", Kind::wlan, DesiredShadow::max_wlan_configurations,
     AT(wlan_configurations)},
    {"system.sensorLoggingEnabled", Kind::boolean, 0, AT(sensor_logging_enabled)},
    {"system.sensorLoggingTag", Kind::tag, 0, AT(sensor_logging_tag)},
    {LOGGING, Kind::logging, SensorLoggingConfigurations::max_size, 0},
    {LOGGING "[]", Kind::logging_item, 0, 0},
    {LOGGING "[].type", Kind::logging_type, 2, 0},
    {LOGGING "[].samplingFrequency", Kind::sampling_period, 1, 0},
    {DISABLE, Kind::object, 0, 0},
    {DISABLE ".periods", Kind::periods, 1, 0},
    {DISABLE ".periods[]", Kind::period, 0, 0},
    {DISABLE ".periods[].begin", Kind::time, min_timestamp_ms, AT(disable_tracking.begin_ms)},
    {DISABLE ".periods[].end", Kind::time, min_timestamp_ms, AT(disable_tracking.end_ms)},
    {DISABLE ".position", Kind::names, 3, AT(disable_tracking.position)},
    {DISABLE ".position[]", Kind::name, 0, AT(disable_tracking.position)},
    {DISABLE ".sensors", Kind::names, 3, AT(disable_tracking.sensors)},
    {DISABLE ".sensors[]", Kind::name, 1, AT(disable_tracking.sensors)},
    {ALARMS, Kind::object, 0, 0},
    {ALARMS ".alertTemperatureCMin", Kind::limit, 2, AT(sensor_alarms.temperature_c_e2.min)},
    {ALARMS ".alertTemperatureCMax", Kind::limit, 2, AT(sensor_alarms.temperature_c_e2.max)},
    {ALARMS ".alertRelativeHumidityMin", Kind::limit, 2,
     AT(sensor_alarms.relative_humidity_percent_e2.min)},
    {ALARMS ".alertRelativeHumidityMax", Kind::limit, 2,
     AT(sensor_alarms.relative_humidity_percent_e2.max)},
    {ALARMS ".alertPressureHpaMin", Kind::limit, 4, AT(sensor_alarms.pressure_hpa_e4.min)},
    {ALARMS ".alertPressureHpaMax", Kind::limit, 4, AT(sensor_alarms.pressure_hpa_e4.max)},
    {ALARMS ".alertAccelerationGMin", Kind::limit, 6, AT(sensor_alarms.acceleration_g_e6.min)},
    {ALARMS ".alertAccelerationGMax", Kind::limit, 6, AT(sensor_alarms.acceleration_g_e6.max)},
    {ALARMS ".alertTiltDegreeMin", Kind::limit, 2, AT(sensor_alarms.tilt_degree_e2.min)},
    {ALARMS ".alertTiltDegreeMax", Kind::limit, 2, AT(sensor_alarms.tilt_degree_e2.max)},
    {ALARMS ".alertBatteryLevelPMin", Kind::limit, 0, AT(sensor_alarms.battery_level_percent.min)},
    {ALARMS ".alertBatteryLevelPMax", Kind::limit, 0, AT(sensor_alarms.battery_level_percent.max)},
    {ALARMS ".isAttachAlertEnabled", Kind::boolean, 0, AT(sensor_alarms.is_attach_alert_enabled)},
    {ALARMS ".isTamperAlertEnabled", Kind::boolean, 0, AT(sensor_alarms.is_tamper_alert_enabled)},
};
#undef LOGGING
#undef DISABLE
#undef ALARMS
#undef AT

constexpr std::size_t max_tag_characters = 50;

// ---- the entries as they are linked: 4 bytes each and a text ----

struct Member {
  std::uint8_t parent;  // index of what it stands in
  std::uint8_t place;   // half of the offset
  Kind kind;
  std::uint8_t detail;
};

constexpr std::string_view name_in(std::string_view path) {
  std::size_t begin = path.size();
  while (begin > 0 && path[begin - 1] != '.')
    --begin;
  path.remove_prefix(begin);
  return path;
}

/// The path of what holds members, for messages; of what does not, the name.
constexpr std::string_view text_of(const Entry& entry) {
  if (is_item(entry.kind)) return {};
  return entry.kind >= Kind::names && !is_view(entry.kind) ? entry.path : name_in(entry.path);
}

constexpr std::uint8_t parent_of(std::string_view path) {
  if (path.empty()) return 0;
  do
    path.remove_suffix(1);
  while (!path.empty() && path.back() != '.' && path.back() != '[');
  if (!path.empty()) path.remove_suffix(1);
  std::uint8_t index = 0;
  while (entries[index].path != path)
    ++index;
  return index;
}

constexpr std::size_t text_bytes() {
  std::size_t bytes = 0;
  for (const Entry& entry : entries)
    bytes += text_of(entry).size() + 1;
  return bytes;
}

struct Members {
  Member all[std::size(entries)]{};
  char texts[text_bytes()]{};  // of each, with a terminator

  constexpr Members() {
    Member* member = all;
    char* text = texts;
    for (const Entry& entry : entries) {
      *member++ = {parent_of(entry.path), static_cast<std::uint8_t>(entry.offset / 2), entry.kind,
                   entry.detail};
      for (const char c : text_of(entry))
        *text++ = c;
      ++text;
    }
  }
};
constexpr Members members;

constexpr bool is_packed() {
  std::uint8_t index = 0;
  for (const Entry& entry : entries) {
    if (entry.offset % 2 != 0 || entry.offset / 2 > 255) return false;
    const bool is_behind = is_item(entry.kind) || entry.kind == Kind::logging_type;
    if (is_behind && members.all[index].parent + 1 != index) return false;
    ++index;
  }
  return true;
}
static_assert(is_packed(), "small, even offsets; behind a list its item, behind that its type");

const Member& parent_of(const Member& member) {
  return members.all[member.parent];
}

[[gnu::noinline]] const char* text_of(const Member& member) {
  const char* text = members.texts;
  for (const Member* each = members.all; each != &member; ++each)
    text += std::strlen(text) + 1;
  return text;
}

const char* name_of(const Member& member) {
  const char* name = text_of(member);
  for (const char* at = name; *at != '\0'; ++at) {
    if (*at == '.') name = at + 1;
  }
  return name;
}

/// What stands in `container`; nullptr: nothing of that name.
const Member* find(const Member& container, std::string_view name) {
  for (const Member* member = members.all + 1; member != std::end(members.all); ++member) {
    if (&parent_of(*member) == &container && index_in(name_of(*member), name) == 0) return member;
  }
  return nullptr;
}

}  // namespace

/// Follows the text through what there is, and takes it.
class ShadowHandler final : public JsonHandler {
 public:
  /// @param shadow nullptr: to see whether it can be read.
  explicit ShadowHandler(DesiredShadow* shadow) : shadow_(shadow) {}

  bool on_part(const JsonPart& part) override {
    if (shadow_ == nullptr) return true;
    if (part.type == JsonType::end) {
      if (part.depth < depth_) leave(part);
    } else if (part.depth == depth_) {
      if (part.type == JsonType::key) {
        member_ = find(*container_, part.text);
        return true;
      }
      if (is_list(container_->kind)) ++items_;
      if (member_ != nullptr && !take(*member_, part)) reject(*member_, part);
    }
    return true;
  }

  /// The text ended where it was too deep.
  void reject_depth() {
    const Member& root = members.all[0];
    const Member& where = is_view(container_->kind) ? *container_ : root;
    FieldError* const error = reject(where);
    if (error == nullptr) return;
    if (&where == &root) error->field = "desired shadow";
    error->value = max_json_depth + 1;
    error->unit = Unit::levels;
    error->rule = Rule::shadow_depth;
  }

 private:
  static constexpr std::uint8_t missing = not_there - 1;

  template <typename T>
  T& at(const Member& member) {
    return *reinterpret_cast<T*>(reinterpret_cast<char*>(shadow_) + member.place * 2);
  }

  bool take(const Member& member, const JsonPart& part) {
    const bool is_text = part.type == JsonType::text;
    const bool is_name = is_text && member.kind == Kind::names;
    if (part.type != rule_of(member.kind).type && !is_name) return false;
    if (is_text) return take_text(member, part);
    if (part.type == JsonType::number) return take_number(member, part);
    if (part.type == JsonType::boolean) {
      at<std::optional<bool>>(member) = part.text[0] == 't';
    } else {
      enter(member, part);
    }
    return true;
  }

  bool take_number(const Member& member, const JsonPart& part) {
    const bool is_limit = member.kind == Kind::limit;
    const auto [value, exact] =
        scale_json_number(part, is_limit ? member.detail : std::uint8_t{0},
                          is_limit ? Rounding::nearest : Rounding::away_from_zero);
    if (is_limit) {
      auto limited = static_cast<std::int32_t>(value);
      if (value != limited) {
        limited = value < 0 ? std::numeric_limits<std::int32_t>::min()
                            : std::numeric_limits<std::int32_t>::max();
      }
      at<std::optional<std::int32_t>>(member) = limited;
      return true;
    }
    // What was rounded up to the least was less.
    if (value < member.detail + (exact ? 0 : 1)) return false;
    if (member.kind <= Kind::time && !exact) return false;
    if (member.kind == Kind::time && value > max_timestamp_ms) return false;
    if (member.kind == Kind::time) {
      at<std::optional<std::int64_t>>(member) = value;
    } else if (member.kind <= Kind::duration) {
      at<std::optional<std::uint64_t>>(member) = static_cast<std::uint64_t>(value);
    } else {
      constexpr std::int64_t max = std::numeric_limits<std::uint32_t>::max();
      (member.kind == Kind::distance ? at<std::optional<std::uint32_t>>(member)
                                     : item_.sampling_period_ms) =
          static_cast<std::uint32_t>(value < max ? value : max);
    }
    return true;
  }

  bool take_text(const Member& member, const JsonPart& part) {
    if (member.kind == Kind::tag) {
      if (part.characters == 0 || part.characters > max_tag_characters) return false;
      at<std::string_view>(member) = part.raw;
      return true;
    }
    const bool is_none = member.kind == Kind::names && part.text.empty();
    const std::uint8_t index =
        is_none ? std::uint8_t{0} : index_in(name_lists[member.detail], part.text);
    if (index == not_there) return false;
    if (member.kind == Kind::logging_type) {
      item_type_ = index;
      return true;
    }
    auto& bits = at<std::uint16_t>(member);
    std::uint32_t all = bits | 1U << index;
    if (member.kind == Kind::names) all = is_none ? 0U : NameSet<PositionMethod>::all_bits;
    bits = static_cast<std::uint16_t>(all);
    return true;
  }

  void move_to(const Member& container) {
    container_ = &container;
    member_ = is_list(container.kind) && container.kind != Kind::wlan ? &container + 1 : nullptr;
  }

  void enter(const Member& member, const JsonPart& part) {
    ++depth_;
    move_to(member);
    begin_ = part.raw.data();
    reset(member);
  }

  void leave(const JsonPart& part) {
    const Member& left = *container_;
    --depth_;
    move_to(parent_of(left));
    const bool is_names = left.kind == Kind::names;
    if (is_list(left.kind) && (is_names ? items_ == 0 : items_ > left.detail)) {
      reject_size(left);
      reset(left);
    } else if (is_view(left.kind)) {
      at<std::string_view>(left) = {begin_, static_cast<std::size_t>(part.raw.data() + 1 - begin_)};
    } else if (left.kind == Kind::logging_item) {
      keep_item(*(&left + 1));
    }
  }

  /// To what it is when it begins.
  void reset(const Member& container) {
    const Kind kind = container.kind;
    DisableTracking& disable = shadow_->disable_tracking;
    if (is_list(kind)) items_ = 0;
    if (kind == Kind::names) {
      at<std::uint16_t>(container) = 0;
    } else if (kind == Kind::logging) {
      shadow_->sensor_logging_configurations.size_ = 0;
    } else if (kind == Kind::logging_item) {
      item_ = {};
      item_type_ = missing;
    } else if (kind == Kind::period) {
      disable.has_period = true;
    } else if (kind == Kind::periods) {
      disable.has_period = false;
      disable.begin_ms = {};
      disable.end_ms = {};
    }
  }

  void keep_item(const Member& type) {
    SensorLoggingConfigurations& list = shadow_->sensor_logging_configurations;
    if (item_type_ == missing) {
      FieldError* const error = reject(type);
      if (error != nullptr) show(*error, "nothing"sv);
    } else if (item_type_ != not_there && list.size_ < list.items_.size()) {
      item_.type = static_cast<SensorLoggingType>(item_type_);
      list.items_[list.size_++] = item_;
    }
  }

  /// Names it the first time. Returns what there is to add.
  FieldError* reject(const Member& member) {
    if (shadow_->rejected_members == std::numeric_limits<std::uint16_t>::max()) return nullptr;
    if (shadow_->rejected_members++ != 0) return nullptr;
    FieldError& error = shadow_->rejected;
    const Member* scope = &member;
    // A list's items and their members are named with the item's index.
    do
      scope = &parent_of(*scope);
    while (is_item(scope->kind));
    if (is_list(scope->kind)) error.index = static_cast<std::int32_t>(items_ - 1);
    error.scope = text_of(*scope);
    error.field = name_of(member);
    error.rule = rule_of(member.kind).rule;
    return &error;
  }

  static void show(FieldError& error, std::string_view text) {
    (void)copy_text(text, {error.text.data(), error.text.size() - 1});
  }

  void reject(const Member& member, const JsonPart& part) {
    if (member.kind == Kind::logging_type && item_type_ == missing) item_type_ = not_there;
    FieldError* const error = reject(member);
    if (error == nullptr) return;
    std::string_view shown = part.text;
    if (part.type == JsonType::list) shown = "a list"sv;
    if (part.type == JsonType::object) shown = "an object"sv;
    if (member.kind == Kind::wlan) {
      shown = "..."sv;  // it may hold passwords
    } else if (part.type == JsonType::number) {
      error->decimals = 3;
      error->value = scale_json_number(part, error->decimals, Rounding::nearest).value;
      return;
    } else if (part.type == JsonType::text) {
      error->value = static_cast<std::int64_t>(part.characters);
      error->unit = Unit::characters;
      if (member.kind == Kind::tag) return;
    }
    show(*error, shown);
  }

  void reject_size(const Member& list) {
    FieldError* const error = reject(list);
    if (error == nullptr) return;
    error->value = static_cast<std::int64_t>(items_);
    error->unit = Unit::items;
    error->max = list.detail;
    if (list.kind != Kind::names) error->rule = Rule::range;
  }

  DesiredShadow* shadow_;
  const Member* container_ = members.all;
  const Member* member_ = members.all;  // that the next value belongs to; unknown: nullptr
  const char* begin_ = nullptr;         // of the container
  std::size_t depth_ = 0;               // of the container's members
  std::size_t items_ = 0;               // that were begun in the innermost list
  std::uint8_t item_type_ = missing;    // not_there: rejected
  SensorLoggingConfiguration item_;
};

namespace {

/// Of one text that is decoded in place.
class TextHandler final : public JsonHandler {
 public:
  bool on_part(const JsonPart& part) override {
    if (part.type == JsonType::text && part.complete) text_ = part.text;
    return part.type < JsonType::list;
  }

  [[nodiscard]] std::string_view text() const { return text_; }

 private:
  std::string_view text_;
};

}  // namespace

// Not in each program that has one. What is empty is zeros, but for the error: it is last.
DesiredShadow::DesiredShadow() {
  static_assert(std::is_trivially_copyable_v<DesiredShadow>);
  std::memset(static_cast<void*>(this), 0, offsetof(DesiredShadow, rejected));
}

bool read_shadow(std::string_view body, DesiredShadow* shadow) {
  if (shadow != nullptr) new (shadow) DesiredShadow;
  const char* const end = body.data() + body.size();
  const char* const begin = skip_space(body.data(), end);
  if (begin == end) return true;
  if (*begin != '{') return false;
  if (shadow != nullptr) shadow->json = body;
  ShadowHandler handler(shadow);
  const JsonResult result = parse_json(body, max_json_depth, handler);
  // An owner's payload may be nested deeper than there is memory for. The service has taken the
  // telemetry all the same, so what came before it counts.
  if (shadow != nullptr && result == JsonResult::too_deep) handler.reject_depth();
  return result <= JsonResult::too_deep;
}

std::string_view decode_json_text(std::string_view json, Span<char> into) {
  TextHandler handler;
  if (parse_json(json, 1, handler, into) != JsonResult::ok) return {};
  return handler.text();
}

}  // namespace here_tracking
