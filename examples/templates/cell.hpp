// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "here_tracking/hooks/cell.hpp"

#include <cstdint>

namespace board {

namespace ht = here_tracking;

class Cell final : public ht::CellSource {
 public:
  // For each cell, the serving one first: ht::LteCell cell; cell.mcc = ...; sample.add(cell). Leave
  // out (std::nullopt) what the modem reports as unknown: 99, 255, 0xffff and the like are no
  // values.
  ht::Status scan(ht::Sample& sample, std::uint32_t timeout_ms) override {
    (void)sample;
    (void)timeout_ms;
    return ht::Code::not_provided;
  }
};

}  // namespace board
