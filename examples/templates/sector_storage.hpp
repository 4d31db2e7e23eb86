// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "here_tracking/hooks/sector_storage.hpp"

#include <cstdint>

namespace board {

namespace ht = here_tracking;

class Flash final : public ht::SectorStorage {
 public:
  // The erase block, how many of them the queue gets, and what is programmed at once: 1 for most
  // serial NOR, 4..32 for flash inside a microcontroller.
  [[nodiscard]] ht::SectorGeometry geometry() override { return {}; }

  ht::Status read(std::uint32_t sector, std::uint32_t offset,
                  ht::Span<std::uint8_t> into) override {
    (void)sector;
    (void)offset;
    (void)into;
    return ht::Code::not_provided;
  }

  // Cut at the pages of the chip, where writes wrap. Return when the chip is done.
  ht::Status program(std::uint32_t sector, std::uint32_t offset,
                     ht::Span<const std::uint8_t> bytes) override {
    (void)sector;
    (void)offset;
    (void)bytes;
    return ht::Code::not_provided;
  }

  ht::Status erase(std::uint32_t sector) override {
    (void)sector;
    return ht::Code::not_provided;
  }

  // Nothing to do on NOR; write back the cache of whatever has one.
  ht::Status sync() override { return ht::Code::not_provided; }
};

}  // namespace board
