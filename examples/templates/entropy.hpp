// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "here_tracking/hooks/entropy.hpp"

#include <cstdint>

namespace board {

namespace ht = here_tracking;

class Entropy final : public ht::Entropy {
 public:
  // The hardware generator, once it says that it is ready. Fill all of `into`, also the last bytes
  // that are no whole word. Without such a generator: a DRBG whose seed was stored in production
  // and is replaced at each start.
  ht::Status fill(ht::Span<std::uint8_t> into) override {
    (void)into;
    return ht::Code::not_provided;
  }
};

}  // namespace board
