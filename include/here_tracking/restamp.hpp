// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "here_tracking/detail/sender.hpp"
#include "here_tracking/span.hpp"
#include "here_tracking/status.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace here_tracking {

/// Writes the time of measurement into a sample that will be sent with a later `timestamp`, for a
/// service that refuses old ones: into `position`, `scan.gps`, and each cell, access point and
/// beacon, unless it has one of its own. Where the sample has none of these, its time is lost.
/// Everything else is copied as it is.
///
/// @param untimed_json Sample::untimed_json().
/// @param measured_ms the `timestamp` that it would have had, in server time.
/// @param into does not overlap with `untimed_json`. An item takes 39 bytes more at most, the
///        position and `scan.gps` 26 each.
/// @param size of what was written, which is untimed, too. With buffer_too_small, what it takes.
/// @return ok; invalid_value (measured_ms outside min_timestamp_ms..max_timestamp_ms, or no untimed
///         sample); buffer_too_small.
Status restamp(std::string_view untimed_json, std::int64_t measured_ms, Span<char> into,
               std::size_t& size);

/// For SendConfig::restamp: sends a sample of the queue that way.
Status restamp(detail::Sender& sender, detail::Attempt& attempt);

}  // namespace here_tracking
