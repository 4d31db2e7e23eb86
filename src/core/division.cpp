// SPDX-License-Identifier: Apache-2.0
#include "division.hpp"

namespace here_tracking {

std::uint32_t divide(std::uint64_t& number, std::uint16_t by) {
  const auto high = static_cast<std::uint32_t>(number >> 32U);
  const auto low = static_cast<std::uint32_t>(number);
  const std::uint32_t middle = high % by << 16U | low >> 16U;
  const std::uint32_t last = middle % by << 16U | (low & 0xffffU);
  number = std::uint64_t{high / by} << 32U | (middle / by << 16U | last / by);
  return last % by;
}

std::int64_t to_seconds(std::int64_t time_ms) {
  auto time = static_cast<std::uint64_t>(time_ms);
  divide(time, 1000);
  return static_cast<std::int64_t>(time);
}

}  // namespace here_tracking
