// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "here_tracking/shadow.hpp"

#include <string_view>

namespace here_tracking {

/// Reads the body of a 200 response to an ingestion. An empty body is a shadow without any wish.
/// One that is nested too deeply ends there: what came before counts.
/// @param shadow nullptr: to see whether it can be read.
/// @return false when it is no JSON object; `shadow` is then undefined.
bool read_shadow(std::string_view body, DesiredShadow* shadow);

inline bool read_shadow(std::string_view body, DesiredShadow& shadow) {
  return read_shadow(body, &shadow);
}
[[nodiscard]] inline bool is_shadow(std::string_view body) {
  return read_shadow(body, nullptr);
}

}  // namespace here_tracking
