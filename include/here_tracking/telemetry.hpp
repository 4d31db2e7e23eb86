// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "here_tracking/measurements.hpp"
#include "here_tracking/shadow.hpp"
#include "here_tracking/span.hpp"
#include "here_tracking/status.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace here_tracking {

class SampleWriter;
struct FieldRule;

/// Remembers what the service has been told, so that it is not told again: the service's reported
/// shadow keeps each value until a newer one arrives. One object for each kind of static data,
/// kept from sample to sample. At start it knows nothing, so what it guards goes out once.
class Reported {
 public:
  /// The last sample was taken by the service, or stands where it cannot get lost.
  void confirm() { confirmed_ = written_; }
  /// The service may not have it any more: the device was claimed anew, a queued sample was lost.
  void forget() { confirmed_ = 0; }

  /// A fingerprint of what was confirmed last, for a program that keeps it over a restart; 0:
  /// nothing.
  [[nodiscard]] std::uint64_t confirmed() const { return confirmed_; }
  void restore(std::uint64_t confirmed) { confirmed_ = written_ = confirmed; }

 private:
  friend class Sample;
  std::uint64_t confirmed_ = 0;
  std::uint64_t written_ = 0;
};

/// Choices of the integrator.
struct SampleOptions {
  /// Write `scan.gps`, which gives this device's scans to HERE's radio map together with the place
  /// where they were made. Off: set_gps() counts and writes nothing.
  bool contribute_gps = false;
  /// Write LTE signal levels in the range that the service takes since edition 2.6.11, instead of
  /// the one that every edition takes. See LteCell.
  bool wide_lte_range = false;
  /// Where `gps` is withheld, withhold a position of PositionType::gnss, too. See
  /// Sample::withhold().
  bool gps_withholds_position = false;
};

/// One telemetry object, written as the JSON that will be sent into a buffer that the caller owns.
///
/// - A measurement is checked, clamped and serialised in one pass; beside the text only the sensor
///   readings and the place are kept.
/// - Measurements may come in any order.
/// - A call that fails leaves the sample as it was. That something did not fit is remembered by
///   status(), and a smaller one may still fit.
/// - Room for the timestamp is set aside, so a full sample can always be sent.
///
/// Each function is linked only if it is called, and with it what it needs: see
/// `tests/footprint/run.sh`.
///
/// No allocation, no lock: one thread at a time. Cost of a call: formatting, plus moving the text
/// that stands behind the place of insertion.
///
/// The object takes 216 bytes on a 32-bit target. The buffer must outlive it, and takes 27 bytes
/// empty, and of each measurement at most:
///
/// | bytes | of              | each neighbour |   | bytes | of                             |
/// |-------|-----------------|----------------|---|-------|--------------------------------|
/// |   130 | a GSM cell      | 63             |   |   224 | a position without a floor     |
/// |   143 | a WCDMA cell    | 72             |   |    92 | an access point                |
/// |   158 | a TD-SCDMA cell | 77             |   |   162 | a beacon with all three names  |
/// |   150 | an LTE(-M) cell | 69             |   |   280 | all sensor readings            |
/// |   152 | an NB-IoT cell  | 71             |   |    11 | a payload, beside its own text |
/// |   181 | a CDMA cell     | 80             |   |       |                                |
///
/// 39 of those of a cell or an access point are its own timestamp. Neighbours take 8 more, the
/// first item of each technology up to 22. tests/unit/sample_test.cpp measures it.
class Sample {
 public:
  static constexpr std::size_t max_cells = 16;  ///< Of each technology
  static constexpr std::size_t max_wlan_access_points = 128;
  static constexpr std::size_t max_bluetooth_beacons = 128;
  static constexpr std::size_t max_payload_bytes = 1000;
  static constexpr std::size_t max_payload_depth = 12;

  explicit Sample(Span<char> buffer, SampleOptions options = {});
  Sample(const Sample&) = delete;
  Sample& operator=(const Sample&) = delete;

  /// From now on what `methods` and `data` cover is not written: the call that would add it
  /// returns ok, without a look at the values, and withheld() counts it, each sensor reading by
  /// itself. Nor is it kept for place() and readings(). What is in the sample stays. Another call
  /// replaces this one, and clear() ends it.
  ///
  /// Of `methods`, lte covers LTE-M and NB-IoT as well, and NameSet::all() the position, too; gps
  /// covers scan.gps and, with SampleOptions::gps_withholds_position, a position of
  /// PositionType::gnss.
  ///
  /// @param methods DisableTracking::position while DisableTracking::applies_at() the time of the
  ///        sample. @param data DisableTracking::sensors likewise.
  void withhold(NameSet<PositionMethod> methods, NameSet<SensorData> data);

  /// Whether that is withheld whatever its values are, so that measuring it would be in vain.
  [[nodiscard]] bool withholds(PositionMethod method) const {
    return content_.withheld_methods.covers(method);
  }
  [[nodiscard]] bool withholds(SensorData reading) const {
    return content_.withheld_data.covers(reading);
  }
  [[nodiscard]] bool withholds_position() const { return content_.withheld_methods.all(); }

  /// The time of measurement, in server time (Client::server_time_ms()). Required; may be set
  /// again.
  /// @return ok; invalid_value outside min_timestamp_ms..max_timestamp_ms.
  Status set_timestamp(std::int64_t timestamp_ms);

  /// The position, once a sample. Heading and speed are left out unless both are there.
  /// @return ok; invalid_value (range, a second position, satellite_count or wlan_count without the
  ///         type that they need, a floor that is incomplete); buffer_too_small.
  Status set_position(const Fix& fix);

  /// `scan.gps`, once a sample: a contribution to HERE's radio map, never this device's position.
  /// confidence, wlan_count, type and floor are not part of it. Without
  /// SampleOptions::contribute_gps nothing is written: that is ok, and counted.
  /// @return ok; invalid_value (range, a second one); buffer_too_small.
  Status set_gps(const Fix& fix);

  /// `scan.country`, once a sample: where the access points are when there is no cell in the scan.
  /// @return ok; invalid_value unless 200..999, or for a second one; buffer_too_small.
  Status set_country(std::int32_t mcc);

  /// A cell. Cells of several technologies may come in any order.
  /// @return ok; invalid_value (range, a field without the other one that it needs, a 17th cell of
  ///         its technology, too many neighbours); buffer_too_small.
  Status add(const GsmCell& cell);
  Status add(const WcdmaCell& cell);
  Status add(const TdscdmaCell& cell);
  Status add(const LteCell& cell);
  Status add(const LteCatMCell& cell);
  Status add(const NbIotCell& cell);
  Status add(const CdmaCell& cell);

  /// An access point whose SSID ends in "_nomap" is not written: that is ok, and counted.
  /// @return ok; invalid_value (a 129th access point, a band or time that does not exist);
  ///         buffer_too_small.
  Status add(const WlanAccessPoint& access_point);

  /// @return ok; invalid_value (no identity, a 129th beacon, a time that does not exist);
  ///         buffer_too_small.
  Status add(const BluetoothBeacon& beacon);

  /// Sensors. May be called for each sensor or once for all of them; each reading once a sample.
  /// @return ok; invalid_value (range, a reading that is there already); buffer_too_small.
  Status add(const SensorReadings& readings);

  /// The version of the desired shadow that the device has taken over, once a sample.
  /// @return ok; invalid_value (above 2^63 - 1, a second one); buffer_too_small.
  Status set_state_version(std::uint64_t state_version);

  /// Once a sample.
  /// @return ok; invalid_value (a second one, no such mode); buffer_too_small.
  Status set_mode(DeviceMode mode);

  /// Who the SIM is, once a sample. With `reported`, only if it differs from what the service has.
  /// @return ok; invalid_value (form or length of a text, a second one); buffer_too_small.
  Status set_sim(const SimIdentity& sim, Reported* reported = nullptr);

  /// What the device is and can, once a sample. With `reported`, only if it differs from what the
  /// service has.
  /// @return ok; invalid_value (length of a text, no UTF-8, range, too many items, a home network
  ///         without a complete pair, a second one); buffer_too_small.
  Status set_client(const ClientInfo& client, Reported* reported = nullptr);

  /// The integrator's own data: text of a JSON object, once a sample. It is written compactly, and
  /// its compact form may have at most max_payload_bytes, max_payload_depth levels deep.
  /// @return ok; invalid_value (no valid JSON object, not UTF-8, too long, too deep, a second
  ///         payload); buffer_too_small.
  Status set_payload(std::string_view json_object);

  /// The telemetry object, complete: what goes between the brackets of a request's body. Empty as
  /// long as there is no timestamp. Points into the buffer; valid until the next call that adds or
  /// changes, also where that fails.
  [[nodiscard]] std::string_view json();

  /// The object without its timestamp and closing brace, as SampleQueue::append() takes it: `{`
  /// when there is nothing in it. Valid as json() is.
  [[nodiscard]] std::string_view untimed_json() const {
    return {buffer_.data(), content_.end[root]};
  }

  /// All sensor readings that are in the sample.
  [[nodiscard]] const SensorReadings& readings() const { return content_.readings; }
  /// Of the position that is in the sample.
  [[nodiscard]] std::optional<Place> place() const {
    return has_position() ? std::optional<Place>(content_.place) : std::nullopt;
  }

  /// Sticky: buffer_too_small once something did not fit, else ok.
  [[nodiscard]] Status status() const {
    return content_.is_full ? Status(Code::buffer_too_small) : Status();
  }

  /// What the last invalid_value was about.
  [[nodiscard]] FieldError field_error() const;

  /// Whether there is nothing but the timestamp.
  [[nodiscard]] bool empty() const;

  [[nodiscard]] bool has_position() const { return (content_.given >> given_position & 1U) != 0; }

  /// Whether the service can make a position of this: there is one, or a cell, or more than one
  /// access point or beacon. A single access point or beacon is never positioned.
  [[nodiscard]] bool can_be_positioned() const;

  /// Signal levels that were clamped so far.
  [[nodiscard]] std::uint16_t clamped() const { return content_.clamped; }
  /// What privacy kept out: what withhold() covers, access points whose owner opted out, a
  /// `scan.gps` that the integrator did not switch on.
  [[nodiscard]] std::uint16_t withheld() const { return content_.withheld; }

  /// Starts anew in the same buffer.
  void clear();

 private:
  // An object or a list that is filled by several calls. Lists stand in `scan`, the sensor readings
  // in `system`.
  enum Container : std::uint32_t {
    gsm,
    wcdma,
    tdscdma,
    lte,
    lte_cat_m,
    nb_iot,
    cdma,
    wlan,
    bt,
    list_count,
    sensors = list_count,
    scan,
    system,
    root,  // always there; ends where the object does, without its closing brace
  };
  // What may be given once: its bit, behind those of the sensor readings.
  enum Given : std::uint8_t {
    given_position = 10,
    given_gps,
    given_country,
    given_state_version,
    given_mode,
    given_sim,
    given_client,
    given_payload,
  };

  friend class SampleWriter;

  Status commit_reported(SampleWriter& writer, std::string_view empty, Reported* reported);

  /// What a FieldError is made of.
  struct Refusal {
    std::int64_t value;
    const FieldRule* field;  // none: nothing was refused
    const char* scope;
    std::int32_t index;
    Rule rule;
    decltype(FieldError::text) text;
  };

  /// What clear() empties.
  struct Content {
    std::uint32_t given;
    std::uint16_t clamped;
    std::uint16_t withheld;
    NameSet<PositionMethod> withheld_methods;
    NameSet<SensorData> withheld_data;
    std::array<std::uint8_t, list_count + 1> item_count;  // the last: of what is no item
    bool is_full;
    // Where the closing bracket stands; 0: not there yet.
    std::array<std::uint32_t, root + 1> end;
    Place place;  // where a position is given
    std::int64_t timestamp_ms;
    SensorReadings readings;
    Refusal refusal;
  };

  Span<char> buffer_;
  SampleOptions options_;
  Content content_;
};

}  // namespace here_tracking
