// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace here_tracking {

/// How often to measure and to send. A missing member means that the cloud has no wish: use the
/// device's own default. Put a floor under all of them.
struct Rate {
  std::optional<std::uint64_t> sample_ms;   ///< Measure that often
  std::optional<std::uint64_t> send_ms;     ///< Send that often
  std::optional<std::uint32_t> distance_m;  ///< Send when moved farther than this
};

/// What the cloud wants of the device: the body of a 200 response to `POST /v2/`.
///
/// It is the complete state: a member that is missing is not wished for. A member of the wrong type
/// or range is treated as missing and counted; the rest holds. So is all from a member on that is
/// nested more than 32 levels deep.
///
/// The views point into the memory handed to the Client and are valid until its next call.
struct DesiredShadow {
  /// Differs whenever the owner changed the configuration. Compare for "differs", not for
  /// "greater".
  std::optional<std::uint64_t> state_version;
  /// Changes whenever the geofences of this device change; 0: it never had any.
  std::optional<std::int64_t> last_modified_geofence_timestamp_ms;
  Rate rate;
  std::string_view payload;  ///< The owner's own settings: text of a JSON object, or empty
  std::string_view json;     ///< The whole body as it arrived; empty after an asynchronous request
  std::uint16_t rejected_members = 0;  ///< Known members of the wrong type or range
};

}  // namespace here_tracking
