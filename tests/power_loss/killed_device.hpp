// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

/// What kill_test and the program that it kills agree on.
namespace killed {

inline constexpr const char* device_id = "7c0f3d52-1e7a-4b7c-9a55-0d6a3b1f2c4e";
inline constexpr const char* device_secret = "k3Jx9Qv_0aB-7mNpR2sTuVwXyZ1c4D5e6F8gHhIiJjL";

// Small, so that sectors are begun and erased often.
inline constexpr std::uint32_t sector_bytes = 4096;
inline constexpr std::uint32_t sector_count = 8;

/// The payload of a sample: any other text with this number in it is not what was measured.
inline std::string payload(std::uint32_t number) {
  const std::string fill(number % 97, static_cast<char>('a' + number % 26));
  return "{\"fill\":\"" + fill + "\",\"n\":" + std::to_string(number) + "}";
}

}  // namespace killed
