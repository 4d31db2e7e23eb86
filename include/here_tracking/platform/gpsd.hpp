// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "here_tracking/hooks/log.hpp"
#include "here_tracking/hooks/position.hpp"

#include <cstdint>
#include <memory>
#include <string>

namespace here_tracking {

/// Position from gpsd, over its JSON socket protocol (`?WATCH={"enable":true,"json":true}`).
///
/// The fix is the newest TPV report with mode 2 or 3 that arrives within the time limit; its
/// `satellite_count` is the number of used satellites in SKY. Accuracy: `eph`; without it the root
/// of the summed squares of `epx` and `epy`; without those, `hdop` of SKY times 5 m; else 25 m.
/// gpsd calls the certainty of its error estimates unknown, so they are taken as they stand. In 3D
/// alone, `altHAE` is the altitude and `epv` its accuracy. Heading and speed only above 0.5 m/s.
///
/// A position that was not measured is no fix, as with NmeaParser: TPV status 5 (dead reckoning
/// alone), 7 (surveyed or typed in) and 8 (simulated).
///
/// What gpsd sends is of now: it reports what its receiver says when it says it, and nothing while
/// that is silent.
class GpsdSource final : public PositionSource {
 public:
  /// @param log borrowed, may be nullptr; told why there is no fix, once a change.
  /// @param simulated for a laboratory: status 8 is a fix like any other.
  GpsdSource(std::string host, std::string port, Log* log = nullptr, bool simulated = false);
  ~GpsdSource();

  /// Connects anew each time, so that gpsd may be restarted in between.
  /// @return ok; no_data (no fix within the time); hook_failed (cannot connect, not gpsd's
  ///         protocol, closed by gpsd).
  Status read(Fix& fix, std::uint32_t timeout_ms) override;

 private:
  struct State;

  std::unique_ptr<State> state_;
};

}  // namespace here_tracking
