// SPDX-License-Identifier: Apache-2.0
#include "distance.hpp"

namespace here_tracking {
namespace {

constexpr std::int64_t half_circle_e7 = 1800000000;

/// Decimetres of 1e-7 degrees of a great circle of the Earth: 0.0111319 m each.
std::int64_t to_dm(std::int64_t deg_e7) {
  return deg_e7 * 111319 / 1000000;
}

std::uint64_t square_root(std::uint64_t value) {
  std::uint64_t root = 0;
  for (std::uint64_t bit = std::uint64_t{1} << 31U; bit != 0; bit >>= 1U) {
    if ((root + bit) * (root + bit) <= value) root += bit;
  }
  return root;
}

std::int64_t magnitude(std::int64_t value) {
  return value < 0 ? -value : value;
}

}  // namespace

std::uint32_t distance_m(const Place& a, const Place& b) {
  const std::int64_t north_dm = to_dm(magnitude(std::int64_t{a.lat_deg_e7} - b.lat_deg_e7));
  std::int64_t east_e7 = magnitude(std::int64_t{a.lng_deg_e7} - b.lng_deg_e7);
  if (east_e7 > half_circle_e7) east_e7 = 2 * half_circle_e7 - east_e7;

  // Bhaskara's cosine of the latitude between them, in hundredths of a degree.
  const std::int64_t lat_cdeg = (std::int64_t{a.lat_deg_e7} + b.lat_deg_e7) / 200000;
  const std::int64_t square = lat_cdeg * lat_cdeg;
  const std::int64_t right_angle = std::int64_t{18000} * 18000;
  const std::int64_t east_dm = to_dm(east_e7) * (right_angle - 4 * square) / (right_angle + square);
  return static_cast<std::uint32_t>(
      square_root(static_cast<std::uint64_t>(north_dm * north_dm + east_dm * east_dm)) / 10);
}

}  // namespace here_tracking
