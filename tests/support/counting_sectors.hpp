// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "here_tracking/hooks/sector_storage.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

/// Keeps what a queue writes, and counts it.
class CountingSectors final : public here_tracking::SectorStorage {
 public:
  explicit CountingSectors(const here_tracking::SectorGeometry& geometry)
      : geometry_(geometry),
        cells_(std::size_t{geometry.sector_bytes} * geometry.sector_count, 0xff) {}

  here_tracking::SectorGeometry geometry() override { return geometry_; }
  here_tracking::Status read(std::uint32_t sector, std::uint32_t offset,
                             here_tracking::Span<std::uint8_t> into) override {
    for (std::size_t i = 0; i < into.size(); ++i)
      into[i] = cells_[place(sector, offset) + i];
    return {};
  }
  here_tracking::Status program(std::uint32_t sector, std::uint32_t offset,
                                here_tracking::Span<const std::uint8_t> bytes) override {
    for (std::size_t i = 0; i < bytes.size(); ++i)
      cells_[place(sector, offset) + i] = bytes[i];
    programmed_bytes += bytes.size();
    return {};
  }
  here_tracking::Status erase(std::uint32_t sector) override {
    for (std::uint32_t i = 0; i < geometry_.sector_bytes; ++i)
      cells_[place(sector, i)] = 0xff;
    ++erases;
    return {};
  }
  here_tracking::Status sync() override {
    ++syncs;
    return {};
  }

  std::uint64_t programmed_bytes = 0;
  std::uint64_t erases = 0;
  std::uint64_t syncs = 0;

 private:
  [[nodiscard]] std::size_t place(std::uint32_t sector, std::uint32_t offset) const {
    return std::size_t{sector} * geometry_.sector_bytes + offset;
  }

  here_tracking::SectorGeometry geometry_;
  std::vector<std::uint8_t> cells_;
};
