// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <cstdlib>

/// HERE_TRACKING_SEED, or 1. Another one tells more; a test prints it where it does.
inline std::uint32_t seed() {
  const char* const given = std::getenv("HERE_TRACKING_SEED");
  return given != nullptr ? static_cast<std::uint32_t>(std::strtoul(given, nullptr, 10)) : 1U;
}
