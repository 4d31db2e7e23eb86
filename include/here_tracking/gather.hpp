// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "here_tracking/hooks/bluetooth.hpp"
#include "here_tracking/hooks/cell.hpp"
#include "here_tracking/hooks/clock.hpp"
#include "here_tracking/hooks/log.hpp"
#include "here_tracking/hooks/position.hpp"
#include "here_tracking/hooks/sensors.hpp"
#include "here_tracking/hooks/wlan.hpp"
#include "here_tracking/span.hpp"
#include "here_tracking/telemetry.hpp"

#include <cstdint>

namespace here_tracking {

/// Whether a source that was given so long has taken too long.
[[nodiscard]] constexpr bool is_late(std::int64_t took_ms, std::uint32_t given_ms) {
  return took_ms > std::int64_t{given_ms} + (given_ms > 2000 ? given_ms / 4 : 500);
}

/// What gather() remembers of a source: see there.
class SourceRecord {
 public:
  /// Whether it is being passed over, because it failed or was late the last time.
  [[nodiscard]] bool out() const { return penalty_ != 0; }
  [[nodiscard]] std::uint32_t timeout_ms() const { return timeout_ms_; }

 protected:
  SourceRecord(void* source, std::uint32_t timeout_ms) : source_(source), timeout_ms_(timeout_ms) {}
  ~SourceRecord() = default;

  [[nodiscard]] void* untyped_source() const { return source_; }

 private:
  friend class Gatherer;

  void* source_;
  std::uint32_t timeout_ms_;
  std::uint8_t penalty_ = 0;  // the last one: turns
  std::uint8_t left_ = 0;     // of these
};

/// A source of this device and the time that it is given. 12 bytes; kept from gather to gather.
template <typename Source>
class SourceSlot final : public SourceRecord {
 public:
  /// @param source borrowed.
  SourceSlot(Source& source,  // NOLINT(google-explicit-constructor): a list of sources
             std::uint32_t timeout_ms = 10000)
      : SourceRecord(&source, timeout_ms) {}

  [[nodiscard]] Source& source() const { return *static_cast<Source*>(untyped_source()); }
};

/// The sources of one device, each list in the order of priority. Borrowed.
struct Sources {
  Span<SourceSlot<PositionSource>> position;
  Span<SourceSlot<CellSource>> cell;
  Span<SourceSlot<WlanSource>> wlan;
  Span<SourceSlot<BluetoothSource>> bluetooth;
  Span<SourceSlot<SensorSource>> sensors;
  std::uint32_t total_timeout_ms = 30000;  ///< For all of them together
};

/// Asks the sources and writes what they have into `sample`: the first position that one of the
/// position sources has, and what all of the others have. A source that fails or has nothing does
/// not keep the others from being asked.
///
/// Each source is given its own timeout or what is left of the total one, whichever is less. When
/// nothing is left, the rest is not asked, and a line says so.
///
/// A source that returns hook_failed, or that takes a quarter longer than it was given (at least
/// 500 ms), is passed over when its turn comes next, twice after another failure, then 4, 8, 16 and
/// at most 32 times, until it returns anything else in time. So a broken one delays nobody for
/// long. A line says when that begins and when it is over.
///
/// What Sample::withhold() covers is not asked for: no position source where a position would be
/// withheld, no cell source where cells of all technologies would, and so for access points and
/// beacons.
///
/// Without a clock there is no total timeout, and nobody is late.
///
/// @return ok if no source that was asked failed (no_data is no failure, nor is ok that comes
///         late); else the first failure, with whatever the other sources had in the sample. Each
///         failure is logged as "cell[1]: hook_failed": the list in `sources` and the place in it;
///         those of a source that is being passed over are not logged again.
Status gather(const Sources& sources, Sample& sample, Clock& clock, Log& log);

}  // namespace here_tracking
