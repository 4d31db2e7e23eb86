// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "here_tracking/telemetry.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace here_tracking {

/// Turns the text of a GNSS receiver (NMEA 0183) into fixes.
///
/// Sentences RMC, GGA, GSA and GST of the talkers GP, GL, GA, GB and GN, whole or in pieces of any
/// size; all else is passed over. A sentence counts only with a right checksum. Sentences with the
/// same time of day make one epoch; RMC gives it its date, and an epoch with a valid RMC or GGA
/// position becomes a fix when the next epoch starts or finish() is called.
///
/// No fix comes of an epoch in which RMC or GGA says that there is none (status V, quality 0), in
/// which the two are more than 0.001 degrees apart, or whose position is estimated, entered by hand
/// or simulated (mode E, M, S; quality 6, 7, 8): the accuracy below would not hold for these.
///
/// Accuracy, as a radius at 68 %: with GST, the root of the summed squares of its standard
/// deviations of latitude and longitude; without it, HDOP (GGA, else GSA) times 5 m; without
/// either, 25 m. Altitude: GGA's height above mean sea level plus its geoid separation, only where
/// both are given and the fix is three-dimensional (GSA says so, or there is no GSA and GGA has
/// four satellites). Its accuracy: GST's altitude deviation, else VDOP times 10 m. Heading and
/// speed: RMC's, both or none, from 0.5 m/s up: a standing device has no heading. Time: an epoch
/// without a date of its own is put on the day nearest to the epoch before it, so that midnight may
/// fall between; before the first date of a valid RMC, fixes have no time.
///
/// No allocation, about 310 bytes of state, one thread at a time. Feed it from the loop that reads
/// the serial port, not from the interrupt.
class NmeaParser {
 public:
  /// Longer than the 82 characters that the standard allows, as receivers are; what is longer still
  /// is passed over.
  static constexpr std::size_t max_sentence_bytes = 120;

  struct Stats {
    std::uint32_t sentences = 0;        ///< With a right checksum, of any kind
    std::uint32_t checksums_wrong = 0;  ///< Sentences with a wrong checksum, or with none
    std::uint32_t fixes = 0;
  };

  /// Takes the next bytes of the stream.
  void feed(std::string_view bytes);

  /// The end of the stream: makes a fix of the last epoch. What is fed next is a new stream.
  void finish();

  /// The newest fix, once: nothing if there was none since the last call. Older ones that were not
  /// taken in time are gone.
  [[nodiscard]] std::optional<Fix> take_fix();

  /// Since construction.
  [[nodiscard]] const Stats& stats() const { return stats_; }

 private:
  struct Fields;

  struct Position {
    std::int32_t lat_deg_e7 = 0;
    std::int32_t lng_deg_e7 = 0;
  };

  // What the sentences of one time of day have said; 0 where nothing was said.
  struct Epoch {
    std::int32_t time_ms = -1;        // of the day; -1: the receiver does not know it
    std::optional<std::int32_t> day;  // since 1970-01-01
    std::optional<Position> rmc;
    std::optional<Position> gga;
    std::optional<std::int32_t> alt_mm;
    std::uint32_t speed_mm_s = 0;
    std::optional<std::uint16_t> heading_cdeg;
    std::uint32_t gga_hdop_e3 = 0;
    std::uint32_t gsa_hdop_e3 = 0;
    std::uint32_t vdop_e3 = 0;
    std::uint32_t deviation_mm = 0;
    std::uint32_t alt_deviation_mm = 0;
    std::uint8_t satellite_count = 0;
    std::uint8_t dimensions = 0;
    bool refused = false;
  };

  void end_sentence();
  void take_sentence();
  bool enter_epoch(std::string_view time_of_day);
  void close_epoch();
  [[nodiscard]] std::optional<std::int64_t> date_epoch();
  void take_rmc(const Fields& fields);
  void take_gga(const Fields& fields);
  void take_gsa(const Fields& fields);
  void take_gst(const Fields& fields);
  [[nodiscard]] static std::optional<Position> read_position(const Fields& fields,
                                                             std::size_t first);

  std::array<char, max_sentence_bytes> sentence_{};  // without its '$'
  std::uint8_t size_ = 0;
  std::uint8_t star_ = 0;  // where '*' stands; 0: not yet
  bool in_sentence_ = false;
  Epoch epoch_;
  std::optional<std::int64_t> last_time_ms_;  // of the last epoch that could be dated
  std::optional<Fix> fix_;
  Stats stats_;
};

}  // namespace here_tracking
