// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace here_tracking {

/// number /= by. Returns the rest. In steps that a 32-bit processor can divide by itself: the
/// compiler's own 64-bit division takes 900 bytes of a Cortex-M.
std::uint32_t divide(std::uint64_t& number, std::uint16_t by);

/// Of a time that is not negative.
[[nodiscard]] std::int64_t to_seconds(std::int64_t time_ms);

}  // namespace here_tracking
