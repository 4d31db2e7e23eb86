// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "here_tracking/span.hpp"
#include "here_tracking/status.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string_view>

/// What the cloud wants of the device: DesiredShadow, and what reads the texts in it.
///
/// Names and units are those of the measurements in telemetry.hpp. Nothing here is obeyed by the
/// library itself: it hands over what the service said.

namespace here_tracking {

/// How often to measure and to send. A missing member means that the cloud has no wish: use the
/// device's own default. Put a floor under all of them. Rounded up to whole numbers; what is larger
/// than its type comes as the type's largest value.
struct Rate {
  std::optional<std::uint64_t> sample_ms;   ///< Measure that often
  std::optional<std::uint64_t> send_ms;     ///< Send that often
  std::optional<std::uint32_t> distance_m;  ///< Send when moved farther than this
};

/// What may be left out of a telemetry's `scan`.
enum class PositionMethod : std::uint8_t {
  bt,
  country,
  gsm,
  wcdma,
  tdscdma,
  lte,
  cdma,
  wlan,
  gps,  ///< `scan.gps`; whether a `position` of the type gnss as well is the integrator's choice
  // The service has no names of their own for these: who does not want to be found by LTE does not
  // want to be found by its kin.
  lte_cat_m = lte,
  nb_iot = lte
};

/// What may be left out of a telemetry's `system.reportedSensorData`.
enum class SensorData : std::uint8_t {
  acceleration_g,
  device_is_attached,
  device_is_stationary,
  battery_is_charging,
  battery_level,
  pressure_hpa,
  relative_humidity,
  device_is_tampered,
  temperature_c,
  tilt_degree
};

/// Some of the values of an enumeration, or "all".
template <typename Name>
class NameSet {
 public:
  constexpr NameSet() = default;
  constexpr NameSet(std::initializer_list<Name> names) {
    for (const Name name : names)
      bits_ = static_cast<std::uint16_t>(bits_ | 1U << static_cast<unsigned>(name));
  }
  /// What all() is about.
  [[nodiscard]] static constexpr NameSet everything() {
    NameSet set;
    set.bits_ = all_bits;
    return set;
  }

  [[nodiscard]] constexpr bool covers(Name name) const {
    return ((bits_ >> static_cast<unsigned>(name)) & 1U) != 0;
  }
  /// The service said "all", which means more than a list of all names: with all positions the
  /// telemetry's `position` is meant, too.
  [[nodiscard]] constexpr bool all() const { return bits_ == all_bits; }
  [[nodiscard]] constexpr bool empty() const { return bits_ == 0; }

 private:
  friend class ShadowHandler;
  static constexpr std::uint16_t all_bits = 0xffff;

  std::uint16_t bits_ = 0;
};

/// Data that nobody wants to have for some time. The service strips it from telemetry whose
/// timestamp lies in the period; a device that obeys as well saves energy and keeps it private.
struct DisableTracking {
  bool has_period = false;  ///< Without a period nothing is disabled
  NameSet<PositionMethod> position;
  NameSet<SensorData> sensors;
  std::optional<std::int64_t> begin_ms;  ///< Since 1970 UTC; missing: since ever
  std::optional<std::int64_t> end_ms;    ///< Missing: until further notice

  /// Whether a telemetry of that time lies in the period, whose ends belong to it.
  [[nodiscard]] constexpr bool applies_at(std::int64_t timestamp_ms) const {
    return has_period && (!begin_ms || timestamp_ms >= *begin_ms) &&
           (!end_ms || timestamp_ms <= *end_ms);
  }
};

/// Report at once when a reading is below `min` or above `max`.
struct Limits {
  std::optional<std::int32_t> min;
  std::optional<std::int32_t> max;
};

/// The limits that the owner's rules watch, in the unit of the sensor readings. Rounded to the
/// nearest, and to the nearest end of std::int32_t where the service has a limit beyond: no reading
/// gets there.
struct SensorAlarms {
  Limits temperature_c_e2;
  Limits relative_humidity_percent_e2;
  Limits pressure_hpa_e4;
  Limits acceleration_g_e6;
  Limits tilt_degree_e2;
  Limits battery_level_percent;
  std::optional<bool> is_attach_alert_enabled;  ///< Missing: false
  std::optional<bool> is_tamper_alert_enabled;  ///< Missing: false
};

enum class SensorLoggingType : std::uint8_t { acceleration, pressure, temperature, humidity, gnss };

struct SensorLoggingConfiguration {
  SensorLoggingType type = SensorLoggingType::acceleration;
  /// At least 1, rounded up. The service calls it samplingFrequency; it is a time all the same.
  std::optional<std::uint32_t> sampling_period_ms;
};

/// What to record on the device.
class SensorLoggingConfigurations {
 public:
  static constexpr std::size_t max_size = 5;

  [[nodiscard]] constexpr std::size_t size() const { return size_; }
  [[nodiscard]] constexpr const SensorLoggingConfiguration& operator[](std::size_t i) const {
    return items_[i];
  }
  [[nodiscard]] const SensorLoggingConfiguration* begin() const { return items_.data(); }
  [[nodiscard]] const SensorLoggingConfiguration* end() const { return items_.data() + size_; }

 private:
  friend class ShadowHandler;

  std::array<SensorLoggingConfiguration, max_size> items_;
  std::uint8_t size_ = 0;
};

/// What the cloud wants of the device: the body of a 200 response to `POST /v2/`.
///
/// It is the complete state: a member that is missing is not wished for. Unknown members are
/// ignored. A known one of the wrong type or range is treated as missing and counted; the rest
/// holds, in lists of names and of configurations the other items. A list with too many items is
/// rejected as a whole. Of a member that is there twice, the last valid one counts; a list replaces
/// an earlier one. All from a member on that is nested more than 32 levels deep is treated as
/// missing.
///
/// The views point into the memory handed to the Client and are valid until its next call.
///
/// It takes 416 bytes on a Cortex-M4, which tests/footprint/stages.cpp holds. Reading one takes no
/// memory but the stack.
struct DesiredShadow {
  static constexpr std::size_t max_wlan_configurations = 10;

  DesiredShadow();

  /// Differs whenever the owner changed the configuration. Compare for "differs", not for
  /// "greater".
  std::optional<std::uint64_t> state_version;
  /// Changes whenever the geofences of this device change; 0: it never had any.
  std::optional<std::int64_t> last_modified_geofence_timestamp_ms;
  std::optional<std::int64_t> timestamp_ms;  ///< When the desired shadow changed last
  Rate rate = {};
  /// Send that often while the device does not move; missing or 0: no difference. Read as the rate.
  std::optional<std::uint64_t> power_save_send_ms;
  DisableTracking disable_tracking = {};
  SensorAlarms sensor_alarms = {};
  SensorLoggingConfigurations sensor_logging_configurations;
  std::optional<bool> sensor_logging_enabled;
  std::optional<bool> sync_geofences;             ///< Watch geofences on the device
  std::optional<bool> detect_outliers;            ///< The service's own affair
  std::optional<bool> wlan_connectivity_enabled;  ///< Use WLAN to send
  std::uint16_t rejected_members = 0;             ///< Known members of the wrong type or range

  /// Label for recorded data, 1..50 characters: a JSON text with its quotes and escapes, which
  /// decode_json_text() takes off. Empty: missing.
  std::string_view sensor_logging_tag;
  /// WLANs to use, for WlanConfigurations to read: text of a JSON list of at most 10 items, or
  /// empty. It holds passwords: keep it out of logs.
  std::string_view wlan_configurations;
  std::string_view payload;  ///< The owner's own settings: text of a JSON object, or empty
  /// The whole body as it arrived; empty after an asynchronous request. It may hold passwords.
  std::string_view json;

  /// The first member that was rejected, if `rejected_members` is not 0. Nothing of what is in
  /// wlanConfigurations is ever named.
  FieldError rejected = {};
};

/// A text whose JSON form has quotes and escapes, in UTF-8 without them. `json` is one as
/// DesiredShadow::sensor_logging_tag; 200 bytes hold every tag.
/// @return Points into `into`. Empty when `json` is no JSON text or does not fit.
[[nodiscard]] std::string_view decode_json_text(std::string_view json, Span<char> into);

enum class WlanSecurity : std::uint8_t { none, wpa2psk };

/// A WLAN to use. The password is wiped at the end, and when the next one is read into it.
class WlanConfiguration {
 public:
  static constexpr std::size_t max_ssid_characters = 32;
  static constexpr std::size_t min_password_characters = 8;
  static constexpr std::size_t max_password_characters = 63;
  static constexpr std::size_t max_bytes_per_character = 4;

  WlanConfiguration() = default;
  ~WlanConfiguration();
  WlanConfiguration(const WlanConfiguration&) = delete;
  WlanConfiguration& operator=(const WlanConfiguration&) = delete;

  /// 1..32 characters of UTF-8. The air carries 32 bytes, so a longer one names no network.
  [[nodiscard]] std::string_view ssid() const { return {ssid_.data(), ssid_size_}; }
  /// 8..63 characters of UTF-8, or empty; never empty with wpa2psk.
  [[nodiscard]] std::string_view password() const { return {password_.data(), password_size_}; }
  [[nodiscard]] WlanSecurity security() const { return security_; }
  [[nodiscard]] bool ssid_is_hidden() const { return ssid_is_hidden_; }

 private:
  friend class WlanConfigurations;
  class Reader;

  void clear();

  std::array<char, max_ssid_characters * max_bytes_per_character> ssid_{};
  std::array<char, max_password_characters * max_bytes_per_character> password_{};
  std::uint8_t ssid_size_ = 0;
  std::uint8_t password_size_ = 0;
  WlanSecurity security_ = WlanSecurity::none;
  bool ssid_is_hidden_ = false;
};

/// Reads DesiredShadow::wlan_configurations, an item at a time. A program that does not use it does
/// not link it. It needs about 1 kB of stack, and reads the list from its beginning for each item.
class WlanConfigurations {
 public:
  /// @param json borrowed.
  explicit WlanConfigurations(std::string_view json) : json_(json) {}

  /// The next item that keeps the rules; unknown members in it are ignored.
  /// @return false at the end, also at the end of ten items; `into` is then empty.
  bool next(WlanConfiguration& into);

  /// How many items were passed over: a member missing, of the wrong type, length or value.
  [[nodiscard]] std::size_t skipped() const { return skipped_; }

 private:
  std::string_view json_;
  std::uint8_t index_ = 0;
  std::uint8_t skipped_ = 0;
};

}  // namespace here_tracking
