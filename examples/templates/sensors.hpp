// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "here_tracking/hooks/sensors.hpp"

#include <cstdint>

namespace board {

namespace ht = here_tracking;

class Sensors final : public ht::SensorSource {
 public:
  // ht::SensorReadings readings; readings.temperature_c_e2 = ...; return sample.add(readings);
  ht::Status read(ht::Sample& sample, std::uint32_t timeout_ms) override {
    (void)sample;
    (void)timeout_ms;
    return ht::Code::not_provided;
  }
};

}  // namespace board
