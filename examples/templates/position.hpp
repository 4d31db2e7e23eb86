// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "here_tracking/hooks/position.hpp"

#include <cstdint>

namespace board {

namespace ht = here_tracking;

class Position final : public ht::PositionSource {
 public:
  // NmeaParser (nmea.hpp) makes a Fix of what a receiver says. An old fix is no_data.
  ht::Status read(ht::Fix& fix, std::uint32_t timeout_ms) override {
    (void)fix;
    (void)timeout_ms;
    return ht::Code::not_provided;
  }
};

}  // namespace board
