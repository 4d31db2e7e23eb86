// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "text.hpp"

#include <cstddef>
#include <cstdint>

namespace here_tracking {

/// Sets aside what a sample's end needs: `,"timestamp":4102448400000}`
inline constexpr std::size_t sample_end_bytes = 27;

/// What makes an untimed sample of `untimed_size` bytes a telemetry object.
void append_sample_end(TextBuilder& out, std::size_t untimed_size, std::int64_t timestamp_ms);

}  // namespace here_tracking
