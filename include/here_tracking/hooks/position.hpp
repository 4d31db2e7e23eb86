// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "here_tracking/status.hpp"
#include "here_tracking/telemetry.hpp"

#include <cstdint>

namespace here_tracking {

/// Hook: where the device is, as its own receiver sees it (GNSS as a rule).
///
/// Called by gather() from the thread that calls it, once a sample. May block up to `timeout_ms`.
class PositionSource {
 public:
  PositionSource() = default;
  PositionSource(const PositionSource&) = delete;
  PositionSource& operator=(const PositionSource&) = delete;

  /// Fills `fix` with a current fix. A stale fix is no fix: give one that is old on purpose (a
  /// replayed log) with its own Fix::timestamp_ms. `fix` comes in default-constructed and is
  /// ignored unless ok is returned.
  /// @return ok, no_data (no fix within the time), hook_failed, not_provided.
  virtual Status read(Fix& fix, std::uint32_t timeout_ms) {
    (void)fix;
    (void)timeout_ms;
    return Code::not_provided;
  }

 protected:
  ~PositionSource() = default;
};

/// The "not provided" default.
class NoPosition final : public PositionSource {};

}  // namespace here_tracking
