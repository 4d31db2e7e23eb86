// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "here_tracking/hooks/bluetooth.hpp"

#include <cstdint>

namespace board {

namespace ht = here_tracking;

class Bluetooth final : public ht::BluetoothSource {
 public:
  // For each beacon, the strongest first: ht::BluetoothBeacon beacon; ...; sample.add(beacon).
  ht::Status scan(ht::Sample& sample, std::uint32_t timeout_ms) override {
    (void)sample;
    (void)timeout_ms;
    return ht::Code::not_provided;
  }
};

}  // namespace board
