// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "here_tracking/span.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

/// What can be measured, and what can be told about the device, as Sample takes it.
///
/// Measurements are integers in the unit that their name says: receivers deliver integers, and the
/// result is the same on every target. `_e2` says that the unit is a hundredth of the one before
/// it: 2150 in `temperature_c_e2` is 21.5 degrees Celsius. Members are named after the service's
/// fields.
///
/// The rules are those of `POST /v2/`. Identifiers outside their range are refused; signal levels
/// are clamped, as the service asks, and counted. Text is UTF-8, its lengths are in characters, and
/// an empty text is one that is not given. Views and spans are borrowed during the call that takes
/// them.

namespace here_tracking {

/// Milliseconds since 1970-01-01T00:00:00Z that the service accepts as a time.
inline constexpr std::int64_t min_timestamp_ms = 2;
inline constexpr std::int64_t max_timestamp_ms = 4102448400000;

// ---- position ----

enum class PositionType : std::uint8_t { unspecified, gnss, cell, wlan };

/// A floor of a building. All three are needed.
struct Floor {
  std::string_view id;        ///< 1..100 characters
  std::string_view name;      ///< 1..255 characters
  std::int32_t level_e2 = 0;  ///< -999..999 in hundredths: 150 is a mezzanine above the first floor
};

/// A position: the service's `position` object, and its `scan.gps`.
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
  std::optional<std::uint8_t> satellite_count;  ///< 1..50; in a position with PositionType::gnss
  std::optional<std::uint8_t> wlan_count;       ///< 1..254; only with PositionType::wlan
  PositionType type = PositionType::unspecified;
  std::optional<std::int64_t> timestamp_ms;  ///< Of the fix itself, milliseconds since 1970 UTC
  std::optional<Floor> floor;
};

/// Where a Fix is.
struct Place {
  std::int32_t lat_deg_e7 = 0;
  std::int32_t lng_deg_e7 = 0;
  std::uint32_t accuracy_mm = 0;
};

// ---- mobile network cells ----
//
// `timestamp_ms` of a measurement, milliseconds since 1970 UTC, is for one that was not made at the
// time of the sample. It is sent as RFC 3339 text.

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
  Span<const GsmNeighbour> nmr;             ///< At most 16
  std::optional<std::int64_t> timestamp_ms;
};

/// A neighbour of a WCDMA cell.
struct WcdmaNeighbour {
  std::int32_t uarfcndl = 0;                ///< Downlink UARFCN, 0..16383
  std::int32_t psc = 0;                     ///< Primary scrambling code, 0..511
  std::optional<std::int32_t> cid;          ///< 0..268435455
  std::optional<std::int32_t> rscp_dbm;     ///< Clamped to -120..-25
  std::optional<std::int32_t> pathloss_db;  ///< Clamped to 46..158
};

/// A WCDMA (UMTS FDD) cell: an item of `scan.wcdma`, at most 16 in a sample.
struct WcdmaCell {
  std::int32_t mcc = 0;                     ///< 200..999
  std::int32_t mnc = 0;                     ///< 0..999
  std::int32_t cid = 0;                     ///< UTRAN cell identity, RNC and cell: 0..268435455
  std::optional<std::int32_t> lac;          ///< 1..65535
  std::optional<std::int32_t> uarfcndl;     ///< Downlink UARFCN, 0..16383; needs `psc`
  std::optional<std::int32_t> psc;          ///< Primary scrambling code, 0..511; needs `uarfcndl`
  std::optional<std::int32_t> rscp_dbm;     ///< Received signal code power, clamped to -120..-25
  std::optional<std::int32_t> pathloss_db;  ///< Clamped to 46..158
  Span<const WcdmaNeighbour> nmr;           ///< At most 256
  std::optional<std::int64_t> timestamp_ms;
};

/// A neighbour of a TD-SCDMA cell.
struct TdscdmaNeighbour {
  std::int32_t uarfcn = 0;                  ///< 0..16383
  std::int32_t cellparams = 0;              ///< Cell parameters id, 0..127
  std::optional<std::int32_t> cid;          ///< 0..268435455
  std::optional<std::int32_t> rscp_dbm;     ///< Clamped to -120..-25; needs `pathloss_db`
  std::optional<std::int32_t> pathloss_db;  ///< Clamped to 46..158; needs `rscp_dbm`
};

/// A TD-SCDMA (UMTS TDD) cell: an item of `scan.tdscdma`, at most 16 in a sample.
struct TdscdmaCell {
  std::int32_t mcc = 0;                     ///< 200..999
  std::int32_t mnc = 0;                     ///< 0..999
  std::int32_t cid = 0;                     ///< 0..268435455
  std::optional<std::int32_t> lac;          ///< 1..65535
  std::optional<std::int32_t> uarfcn;       ///< 0..16383; needs `cellparams`
  std::optional<std::int32_t> cellparams;   ///< Cell parameters id, 0..127; needs `uarfcn`
  std::optional<std::int32_t> rscp_dbm;     ///< Clamped to -120..-25; needs `pathloss_db`
  std::optional<std::int32_t> pathloss_db;  ///< Clamped to 46..158; needs `rscp_dbm`
  std::optional<std::int32_t> ta;           ///< Timing advance, 0..1530
  Span<const TdscdmaNeighbour> nmr;         ///< At most 256
  std::optional<std::int64_t> timestamp_ms;
};

/// A neighbour of an LTE or LTE-M cell.
struct LteNeighbour {
  std::int32_t pci = 0;                    ///< Physical cell identity, 0..503
  std::int32_t earfcn = 0;                 ///< 0..262143
  std::optional<std::int32_t> cid;         ///< 0..268435455
  std::optional<std::int32_t> rsrp_dbm;    ///< Clamped as in LteCell
  std::optional<std::int32_t> rsrq_db_e1;  ///< Tenths of a dB, clamped as in LteCell; needs `rsrp`
};

/// An LTE cell: an item of `scan.lte`, at most 16 in a sample.
///
/// Signal levels are clamped to what every edition of the service takes, rsrp to -140..-44 dBm and
/// rsrq to -19.5..-3 dB; with SampleOptions::wide_lte_range to -156..-44 and -34..3.
struct LteCell {
  std::int32_t mcc = 0;                    ///< 200..999
  std::int32_t mnc = 0;                    ///< 0..999
  std::int32_t cid = 0;                    ///< E-UTRAN cell identity, eNodeB and cell: 0..268435455
  std::optional<std::int32_t> tac;         ///< Tracking area code, 0..65535
  std::optional<std::int32_t> pci;         ///< Physical cell identity, 0..503; needs `earfcn`
  std::optional<std::int32_t> earfcn;      ///< 0..262143; needs `pci`
  std::optional<std::int32_t> rsrp_dbm;    ///< Reference signal received power
  std::optional<std::int32_t> rsrq_db_e1;  ///< And its quality, in tenths of a dB; needs `rsrp`
  std::optional<std::int32_t> ta;          ///< Timing advance, 0..1282
  Span<const LteNeighbour> nmr;            ///< At most 16; 32 in an LteCatMCell
  std::optional<std::int64_t> timestamp_ms;
};

/// An LTE-M cell: an item of `scan.lteCatM`, at most 16 in a sample. rsrp is clamped to -156..-44,
/// rsrq to -34..3. The service knows this kind since edition 2.6.11.
struct LteCatMCell : LteCell {};

/// A neighbour of an NB-IoT cell.
struct NbIotNeighbour {
  std::int32_t pci = 0;                     ///< 0..503
  std::int32_t earfcn = 0;                  ///< 0..262143
  std::optional<std::int32_t> cid;          ///< 0..268435455
  std::optional<std::int32_t> nrsrp_dbm;    ///< Clamped to -156..-44
  std::optional<std::int32_t> nrsrq_db_e1;  ///< Tenths of a dB, clamped to -34..2.5
};

/// An NB-IoT cell: an item of `scan.nbIot`, at most 16 in a sample. The service knows this kind
/// since edition 2.6.11.
struct NbIotCell {
  std::int32_t mcc = 0;                     ///< 200..999
  std::int32_t mnc = 0;                     ///< 0..999
  std::int32_t cid = 0;                     ///< 0..268435455
  std::optional<std::int32_t> tac;          ///< 0..65535
  std::optional<std::int32_t> pci;          ///< 0..503; needs `earfcn`
  std::optional<std::int32_t> earfcn;       ///< 0..262143; needs `pci`
  std::optional<std::int32_t> nrsrp_dbm;    ///< Clamped to -156..-44
  std::optional<std::int32_t> nrsrq_db_e1;  ///< Tenths of a dB, clamped to -34..2.5
  std::optional<std::int32_t> ta;           ///< 0..1282
  Span<const NbIotNeighbour> nmr;           ///< At most 32
  std::optional<std::int64_t> timestamp_ms;
};

/// A neighbour of a CDMA cell.
struct CdmaNeighbour {
  std::int32_t pnoffset = 0;                   ///< 0..511
  std::int32_t channel = 0;                    ///< 0..2047
  std::optional<std::int32_t> bsid;            ///< 0..65535
  std::optional<std::int32_t> pilotpower_dbm;  ///< Clamped to -142..-49
  std::optional<std::int32_t> frequency;       ///< Deprecated name of `channel`, 0..2047
};

/// A CDMA2000 cell: an item of `scan.cdma`, at most 16 in a sample.
struct CdmaCell {
  std::int32_t sid = 0;                        ///< System id, 1..32767
  std::int32_t nid = 0;                        ///< Network id, 0..65535
  std::int32_t bsid = 0;                       ///< Base station id, 0..65535
  std::optional<std::int32_t> rz;              ///< Registration zone, 0..4095
  std::optional<std::int32_t> pnoffset;        ///< 0..511; needs `channel`
  std::optional<std::int32_t> channel;         ///< 0..2047; needs `pnoffset`
  std::optional<std::int32_t> pilotpower_dbm;  ///< Clamped to -142..-49
  std::optional<std::int32_t> baselat_deg_e7;  ///< Of the base station, -90..90 degrees
  std::optional<std::int32_t> baselng_deg_e7;  ///< -180..180 degrees
  Span<const CdmaNeighbour> nmr;               ///< At most 32
  std::optional<std::int64_t> timestamp_ms;
};

// ---- WLAN, Bluetooth ----

using MacAddress = std::array<std::uint8_t, 6>;

/// A frequency band that the service can name; its number is the band in hundredths of a GHz.
enum class WlanBand : std::uint16_t {
  unspecified = 0,
  ghz_2_4 = 240,
  ghz_3_65 = 365,
  ghz_5 = 500,
};

/// The band of a channel's centre frequency. The service has no name for the one at 6 GHz: that is
/// WlanBand::unspecified, and the band is left out.
[[nodiscard]] constexpr WlanBand wlan_band(std::uint32_t frequency_mhz) {
  if (frequency_mhz >= 2400 && frequency_mhz <= 2500) return WlanBand::ghz_2_4;
  if (frequency_mhz >= 3650 && frequency_mhz <= 3700) return WlanBand::ghz_3_65;
  if (frequency_mhz >= 5000 && frequency_mhz <= 5925) return WlanBand::ghz_5;
  return WlanBand::unspecified;
}

/// A WLAN access point: an item of the service's `scan.wlan`, at most 128 in a sample.
struct WlanAccessPoint {
  MacAddress mac{};                       ///< BSSID
  std::optional<std::int32_t> powrx_dbm;  ///< Received power, clamped to -128..0
  std::string_view ssid;  ///< Never sent; only looked at for the opt-out suffix "_nomap"
  WlanBand band = WlanBand::unspecified;
  std::optional<std::int64_t> timestamp_ms;
};

/// Eddystone-UID: 10 bytes of namespace, 6 bytes of instance.
using EddystoneId = std::array<std::uint8_t, 16>;
/// iBeacon: 16 bytes of UUID, 2 of major, 2 of minor, as they stand in the advertisement.
using IBeaconId = std::array<std::uint8_t, 20>;

/// A Bluetooth beacon: an item of the service's `scan.bt`, at most 128 in a sample. At least one of
/// the three identities is needed.
struct BluetoothBeacon {
  std::int32_t rss_dbm = 0;  ///< Received signal strength, clamped to -128..0
  std::optional<MacAddress> mac;
  std::optional<EddystoneId> eddystone_id;
  std::optional<IBeaconId> ibeacon_id;
  std::optional<std::int64_t> timestamp_ms;
};

// ---- the device itself ----

/// What sensors measured: the service's `system.reportedSensorData`.
struct SensorReadings {
  std::optional<std::int32_t> temperature_c_e2;              ///< -70..100 degrees Celsius
  std::optional<std::int32_t> relative_humidity_percent_e2;  ///< 0..100 %
  std::optional<std::int32_t> pressure_hpa_e4;               ///< 300..1500 hPa
  std::optional<std::int32_t> acceleration_g_e6;             ///< -100..100 g
  std::optional<std::int32_t> tilt_degree_e2;
  std::optional<std::int32_t> battery_level_percent;  ///< 0..100
  std::optional<bool> battery_is_charging;
  std::optional<bool> device_is_attached;
  std::optional<bool> device_is_stationary;
  std::optional<bool> device_is_tampered;
};

/// The service's `system.mode`.
enum class DeviceMode : std::uint8_t {
  unknown,
  normal,
  flight,      ///< Found itself to be in an aircraft
  transport,   ///< Set by a user, for sea freight and the like
  sleep,       ///< Stored in a warehouse, triggered by crossing a geofence
  power_save,  ///< Not moving while the shadow has `powerSave.sendMs`; since edition 2.6.11
};

/// Who the SIM is. Personal data: no error and no log line of this library holds it.
struct SimIdentity {
  std::string_view imsi;          ///< 1..15 digits
  std::string_view iccid;         ///< 18..22 characters
  std::string_view phone_number;  ///< E.164: '+' and 2..15 digits, the first not 0
};

/// A chip with firmware of its own, such as a modem.
struct ClientModule {
  std::string_view manufacturer;      ///< 2..50 characters
  std::string_view model;             ///< 1..50
  std::string_view firmware_version;  ///< 3..60
};

/// The network that the SIM is at home in: a complete pair of one kind, or of both.
struct HomeNetwork {
  std::optional<std::int32_t> mcc;  ///< 200..999; needs `mnc`
  std::optional<std::int32_t> mnc;  ///< 0..999; needs `mcc`
  std::optional<std::int32_t> sid;  ///< 1..32767; needs `nid`
  std::optional<std::int32_t> nid;  ///< 0..65535; needs `sid`
};

/// What the device is and can: the service's `system.client`.
struct ClientInfo {
  std::string_view manufacturer;                ///< 2..50 characters
  std::string_view model;                       ///< 1..50
  std::string_view firmware;                    ///< 1..150
  std::string_view name;                        ///< Of the client software, 3..50
  std::string_view version;                     ///< Of it: X.Y.Z with X, Y 0..255 and Z 0..65535
  std::string_view platform;                    ///< Operating system and version or the like, 3..50
  Span<const ClientModule> modules;             ///< At most 10
  std::optional<std::int64_t> diskquota_kb;     ///< Free space, 0 or more
  std::optional<std::int64_t> diagnosticscode;  ///< The vendor's own
  Span<const HomeNetwork> homenetwork;          ///< At most 2
  std::optional<bool> has_temperature_sensor;
  std::optional<bool> has_humidity_sensor;
  std::optional<bool> has_pressure_sensor;
  std::optional<bool> has_accelerometer_sensor;
  std::optional<bool> has_attach_sensor;
  std::optional<bool> has_tamper_sensor;
  std::optional<bool> has_no_battery;
  /// At most 5 of -1000..1000: 2 means +-2 g.
  Span<const std::int32_t> accelerometer_sensor_range_g;
};

}  // namespace here_tracking
