// SPDX-License-Identifier: Apache-2.0
#include "here_tracking/shadow.hpp"

#include "core/json_reader.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string_view>

namespace {

namespace ht = here_tracking;

void require(bool condition) {
  if (!condition) std::abort();
}

std::size_t characters(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U;
  }));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view json(reinterpret_cast<const char*>(data), size);
  ht::WlanConfigurations reader(json);
  ht::WlanConfiguration wlan;
  std::size_t count = 0;
  while (reader.next(wlan)) {
    ++count;
    require(characters(wlan.ssid()) >= 1 && characters(wlan.ssid()) <= 32);
    require(wlan.security() == ht::WlanSecurity::none ||
            wlan.security() == ht::WlanSecurity::wpa2psk);
    require(wlan.password().empty()
                ? wlan.security() == ht::WlanSecurity::none
                : characters(wlan.password()) >= 8 && characters(wlan.password()) <= 63);
  }
  require(wlan.ssid().empty() && wlan.password().empty());
  require(count + reader.skipped() <= ht::DesiredShadow::max_wlan_configurations);
  require(!reader.next(wlan));
  return 0;
}
