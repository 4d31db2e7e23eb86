// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "here_tracking/status.hpp"
#include "here_tracking/telemetry.hpp"

#include <cstdint>

namespace here_tracking {

/// Hook: the WLAN access points in sight.
///
/// Called by gather() from the thread that calls it, once a sample. May block up to `timeout_ms`.
class WlanSource {
 public:
  WlanSource() = default;
  WlanSource(const WlanSource&) = delete;
  WlanSource& operator=(const WlanSource&) = delete;

  /// Hands each access point to `sample` with Sample::add(), stronger ones first. Always give the
  /// SSID where it is known: Sample leaves out those whose owner opted out ("_nomap"), and nobody
  /// after it can. As with CellSource::scan(), go on after a refusal and return the first one.
  /// @return as CellSource::scan().
  virtual Status scan(Sample& sample, std::uint32_t timeout_ms) {
    (void)sample;
    (void)timeout_ms;
    return Code::not_provided;
  }

 protected:
  ~WlanSource() = default;
};

/// The "not provided" default.
class NoWlan final : public WlanSource {};

}  // namespace here_tracking
