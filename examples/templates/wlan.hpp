// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "here_tracking/hooks/wlan.hpp"

#include <cstdint>

namespace board {

namespace ht = here_tracking;

class Wlan final : public ht::WlanSource {
 public:
  // For each access point, the strongest first: sample.add(ht::WlanAccessPoint{mac, dbm, ssid,
  // ...}).
  ht::Status scan(ht::Sample& sample, std::uint32_t timeout_ms) override {
    (void)sample;
    (void)timeout_ms;
    return ht::Code::not_provided;
  }
};

}  // namespace board
