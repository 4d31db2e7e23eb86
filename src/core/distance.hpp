// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "here_tracking/measurements.hpp"

#include <cstdint>

namespace here_tracking {

/// Metres between two places, rounded down, for distances that a device moves between two reports:
/// on a sphere that is flat between them, with a cosine that is good to 0.2 %.
[[nodiscard]] std::uint32_t distance_m(const Place& a, const Place& b);

}  // namespace here_tracking
