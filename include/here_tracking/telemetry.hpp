// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "here_tracking/span.hpp"
#include "here_tracking/status.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

/// What can be measured, and Sample, which writes it down.
///
/// Measurements are integers in the unit that their name says: receivers deliver integers, and the
/// result is the same on every target. Members are named after the service's fields.
///
/// Rules named here are those of `POST /v2/`. Identifiers outside their range are refused; signal
/// levels are clamped, as the service asks, and counted.

namespace here_tracking {

/// Milliseconds since 1970-01-01T00:00:00Z that the service accepts as a time.
inline constexpr std::int64_t min_timestamp_ms = 2;
inline constexpr std::int64_t max_timestamp_ms = 4102448400000;

enum class PositionType : std::uint8_t { unspecified, gnss, cell, wlan };

/// A position: the service's `position` object.
struct Fix {
  std::int32_t lat_deg_e7 = 0;    ///< WGS-84, 1e-7 degrees north, -90..90 degrees
  std::int32_t lng_deg_e7 = 0;    ///< WGS-84, 1e-7 degrees east, -180..180 degrees
  std::uint32_t accuracy_mm = 0;  ///< Radius of the uncertainty circle
  /// Probability that the true position lies in that circle, 50..95 %. The service takes 68 when it
  /// is absent. Applies to `accuracy_mm` and `altaccuracy_mm`.
  std::optional<std::uint8_t> confidence_percent;
  std::optional<std::int32_t> alt_mm;  ///< Above the WGS-84 ellipsoid, not above sea level
  std::optional<std::uint32_t> altaccuracy_mm;
  /// Clockwise from true north, 0..360 degrees in hundredths. Sent in whole degrees 0..359, and
  /// only together with the speed: the service requires both or none.
  std::optional<std::uint16_t> heading_cdeg;
  std::optional<std::uint32_t> speed_mm_s;      ///< Sent in whole metres per second
  std::optional<std::uint8_t> satellite_count;  ///< 1..50; only with PositionType::gnss
  std::optional<std::uint8_t> wlan_count;       ///< 1..254; only with PositionType::wlan
  PositionType type = PositionType::unspecified;
  std::optional<std::int64_t> timestamp_ms;  ///< Of the fix itself, milliseconds since 1970 UTC
};

/// A neighbour in a network measurement report (3GPP TS 45.008).
struct GsmNeighbour {
  std::int32_t bsic = 0;                    ///< Base station identity code, 0..63
  std::int32_t bcch = 0;                    ///< Absolute radio frequency channel number, 0..1023
  std::optional<std::int32_t> lac;          ///< 1..65535
  std::optional<std::int32_t> cid;          ///< 0..65535
  std::optional<std::int32_t> rxlevel_dbm;  ///< Clamped to -110..-25
};

/// A GSM cell: an item of the service's `scan.gsm`, at most 16 in a sample.
struct GsmCell {
  std::int32_t mcc = 0;                     ///< Mobile country code, 200..999
  std::int32_t mnc = 0;                     ///< Mobile network code, 0..999
  std::int32_t lac = 0;                     ///< Location area code, 1..65535
  std::int32_t cid = 0;                     ///< Cell identity, 0..65535
  std::optional<std::int32_t> bsic;         ///< 0..63; needs `bcch`
  std::optional<std::int32_t> bcch;         ///< 0..1023; needs `bsic`
  std::optional<std::int32_t> rxlevel_dbm;  ///< Clamped to -110..-25
  std::optional<std::int32_t> ta;           ///< Timing advance in bit periods, 0..63
  Span<const GsmNeighbour> nmr;             ///< At most 16; borrowed during the call
};

using MacAddress = std::array<std::uint8_t, 6>;

/// A WLAN access point: an item of the service's `scan.wlan`, at most 128 in a sample.
struct WlanAccessPoint {
  MacAddress mac{};                       ///< BSSID
  std::optional<std::int32_t> powrx_dbm;  ///< Received power, clamped to -128..0
  std::string_view ssid;  ///< Never sent; only looked at for the opt-out suffix "_nomap"
};

/// One telemetry object, written as the JSON that will be sent into a buffer that the caller owns.
///
/// - A measurement is checked, clamped and serialised in one pass; nothing is kept beside the text.
/// - Measurements may come in any order.
/// - An add that fails leaves the sample as it was. That one did not fit is remembered by status(),
///   and a smaller one may still fit.
/// - Room for the timestamp is set aside, so a full sample can always be sent.
///
/// No allocation, no lock: one thread at a time. Cost of an add: formatting, plus moving the text
/// that stands behind the place of insertion.
///
/// The buffer must outlive the sample. It takes at most 27 bytes empty, and 224 for a position, 91
/// for a GSM cell, 8 more if it has neighbours and 63 for each of them, 41 for an access point, up
/// to 17 more for the first of each, the payload and 11: tests/unit/sample_test.cpp measures it.
class Sample {
 public:
  static constexpr std::size_t max_gsm_cells = 16;
  static constexpr std::size_t max_gsm_neighbours = 16;
  static constexpr std::size_t max_wlan_access_points = 128;
  static constexpr std::size_t max_payload_bytes = 1000;
  static constexpr std::size_t max_payload_depth = 12;

  explicit Sample(Span<char> buffer);
  Sample(const Sample&) = delete;
  Sample& operator=(const Sample&) = delete;

  /// The time of measurement, in server time (Client::server_time_ms()). Required; may be set
  /// again.
  /// @return ok; invalid_value outside min_timestamp_ms..max_timestamp_ms.
  Status set_timestamp(std::int64_t timestamp_ms);

  /// The position, once a sample. Heading and speed are left out unless both are there.
  /// @return ok; invalid_value (range, a second position, satellite_count or wlan_count without the
  ///         type that they need); buffer_too_small.
  Status set_position(const Fix& fix);

  /// @return ok; invalid_value (range, `bsic` without `bcch` or the reverse, a 17th cell or
  ///         neighbour); buffer_too_small.
  Status add(const GsmCell& cell);

  /// An access point whose SSID ends in "_nomap" is not written: that is ok, and counted.
  /// @return ok; invalid_value (a 129th access point); buffer_too_small.
  Status add(const WlanAccessPoint& access_point);

  /// The integrator's own data: text of a JSON object, once a sample. It is written compactly, and
  /// its compact form may have at most max_payload_bytes, max_payload_depth levels deep.
  /// @return ok; invalid_value (no valid JSON object, not UTF-8, too long, too deep, a second
  ///         payload); buffer_too_small.
  Status set_payload(std::string_view json_object);

  /// The telemetry object, complete: what goes between the brackets of a request's body. Empty as
  /// long as there is no timestamp. Points into the buffer; valid until the next call that adds or
  /// changes, also where that fails.
  [[nodiscard]] std::string_view json();

  /// Sticky: buffer_too_small once something did not fit, else ok.
  [[nodiscard]] Status status() const { return status_; }

  /// What the last invalid_value was about.
  [[nodiscard]] const FieldError& field_error() const { return field_error_; }

  /// Whether position, scan and payload are all missing.
  [[nodiscard]] bool empty() const;

  [[nodiscard]] bool has_position() const { return has_position_; }

  /// Signal levels that were clamped so far.
  [[nodiscard]] std::uint16_t clamped() const { return clamped_; }
  /// Access points left out because their owner opted out.
  [[nodiscard]] std::uint16_t withheld() const { return withheld_; }

  /// Starts anew in the same buffer.
  void clear();

 private:
  enum Technology : std::uint8_t { gsm, wlan, technology_count };

  class Fragment;
  struct Field;

  Status refuse(const char* scope, const char* field, std::int64_t value, const char* rule);
  Status refuse_payload(std::size_t size, const char* rule);
  Status check(const char* scope, Span<const Field> fields);
  void write(Fragment& fragment, Span<const Field> fields);
  void open_scan_item(Fragment& fragment, Technology technology, std::string_view name);
  Status close_scan_item(Fragment& fragment, Technology technology);
  void open_member(Fragment& fragment, std::string_view name) const;
  Status close_member(Fragment& fragment, bool& given);
  Status overflow();

  Span<char> buffer_;
  std::size_t length_ = 0;    // of the object so far, without its closing brace
  std::size_t scan_end_ = 0;  // where the closing brace of "scan" stands; 0: no scan yet
  std::array<std::size_t, technology_count> array_end_{};  // closing bracket of each array, or 0
  std::array<std::uint8_t, technology_count> item_count_{};
  std::int64_t timestamp_ms_ = 0;
  FieldError field_error_;
  std::uint16_t clamped_ = 0;
  std::uint16_t withheld_ = 0;
  Status status_;
  bool has_position_ = false;
  bool has_payload_ = false;
};

}  // namespace here_tracking
