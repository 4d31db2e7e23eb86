// SPDX-License-Identifier: Apache-2.0
#include "distance.hpp"

namespace here_tracking {
namespace {

constexpr std::uint32_t half_circle_e7 = 1800000000;

/// Decimetres of 1e-7 degrees of a great circle of the Earth: 0.0111319 m each, times 2^32.
std::uint32_t to_dm(std::uint32_t deg_e7) {
  return static_cast<std::uint32_t>(std::uint64_t{deg_e7} * 478111472 >> 32U);
}

std::uint64_t square_of(std::uint32_t value) {
  return std::uint64_t{value} * value;
}

std::uint32_t square_root(std::uint64_t value) {
  std::uint32_t root = 0;
  for (std::uint32_t bit = 1U << 31U; bit != 0; bit >>= 1U) {
    if (square_of(root + bit) <= value) root += bit;
  }
  return root;
}

std::uint32_t difference(std::int32_t a, std::int32_t b) {
  return a < b ? static_cast<std::uint32_t>(b) - static_cast<std::uint32_t>(a)
               : static_cast<std::uint32_t>(a) - static_cast<std::uint32_t>(b);
}

}  // namespace

std::uint32_t distance_m(const Place& a, const Place& b) {
  const std::uint32_t north_dm = to_dm(difference(a.lat_deg_e7, b.lat_deg_e7));
  std::uint32_t east_e7 = difference(a.lng_deg_e7, b.lng_deg_e7);
  if (east_e7 > half_circle_e7) east_e7 = 2 * half_circle_e7 - east_e7;

  // Bhaskara's cosine of the latitude between them, which is in parts of 180 degrees times 2^15,
  // times 2^16.
  const std::uint32_t lat = difference(a.lat_deg_e7, -b.lat_deg_e7) / (2 * half_circle_e7 >> 15U);
  const std::uint32_t one = 1U << 30U;
  const std::uint32_t square = lat * lat;
  const std::uint32_t cosine = (one - 4 * square) / ((one + square) >> 16U);
  const auto east_dm = static_cast<std::uint32_t>(std::uint64_t{to_dm(east_e7)} * cosine >> 16U);
  return square_root(square_of(north_dm) + square_of(east_dm)) / 10;
}

}  // namespace here_tracking
