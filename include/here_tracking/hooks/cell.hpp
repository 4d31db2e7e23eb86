// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "here_tracking/status.hpp"
#include "here_tracking/telemetry.hpp"

#include <cstdint>

namespace here_tracking {

/// Hook: the mobile network cells that the modem sees.
///
/// Called by gather() from the thread that calls it, once a sample. May block up to `timeout_ms`.
class CellSource {
 public:
  CellSource() = default;
  CellSource(const CellSource&) = delete;
  CellSource& operator=(const CellSource&) = delete;

  /// Hands each cell to `sample` with Sample::add(), the serving cell first, stronger ones before
  /// weaker ones: what comes first is kept when memory runs out. A cell that add() refuses leaves
  /// the sample as it was; go on with the next, and return the first refusal at the end so that
  /// gather() can report it.
  /// @return ok (also when cells were given but some did not fit), no_data (no cell in sight),
  ///         invalid_value or buffer_too_small from add(), hook_failed, not_provided.
  virtual Status scan(Sample& sample, std::uint32_t timeout_ms) {
    (void)sample;
    (void)timeout_ms;
    return Code::not_provided;
  }

 protected:
  ~CellSource() = default;
};

/// The "not provided" default.
class NoCell final : public CellSource {};

}  // namespace here_tracking
