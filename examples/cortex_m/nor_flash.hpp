// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "here_tracking/hooks/log.hpp"
#include "here_tracking/hooks/sector_storage.hpp"

#include "semihosting.hpp"

#include <cstdint>

namespace board {

namespace ht = here_tracking;

/// A serial NOR flash: pages of 256 bytes that writes do not cross, sectors of 4 KiB. A file of the
/// host keeps its cells, so a machine that is killed finds what it had written. Whoever programs
/// what is not erased is told so, and gets a failure.
class NorFlash {
 public:
  static constexpr std::uint32_t sector_bytes = 4096;
  static constexpr std::uint32_t page_bytes = 256;
  static constexpr std::uint32_t sectors = 128;

  /// Makes the file, all erased, where there is none. @param name with a terminator.
  NorFlash(const char* name, ht::Log& log);

  ht::Status read(std::uint32_t address, ht::Span<std::uint8_t> into);
  ht::Status program(std::uint32_t address, ht::Span<const std::uint8_t> bytes);
  ht::Status erase(std::uint32_t sector);

 private:
  ht::Status program_page(std::uint32_t address, ht::Span<const std::uint8_t> bytes);

  semihosting::File file_;
  ht::Log& log_;
};

/// Some sectors of it, for one purpose.
class FlashSectors final : public ht::SectorStorage {
 public:
  FlashSectors(NorFlash& flash, std::uint32_t first, std::uint32_t count)
      : flash_(flash), first_(first), count_(count) {}

  [[nodiscard]] ht::SectorGeometry geometry() override {
    return {NorFlash::sector_bytes, count_, 1};
  }
  ht::Status read(std::uint32_t sector, std::uint32_t offset, ht::Span<std::uint8_t> into) override;
  ht::Status program(std::uint32_t sector, std::uint32_t offset,
                     ht::Span<const std::uint8_t> bytes) override;
  ht::Status erase(std::uint32_t sector) override;
  ht::Status sync() override { return {}; }

 private:
  [[nodiscard]] bool is_within(std::uint32_t sector, std::uint32_t offset, std::size_t size) const;

  NorFlash& flash_;
  std::uint32_t first_;
  std::uint32_t count_;
};

}  // namespace board
