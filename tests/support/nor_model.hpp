// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "support/cuttable_storage.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

/// NOR flash in RAM, which insists on its rules and can lose its power.
class NorModel final : public CuttableStorage {
 public:
  /// @param reorders what is not synced when power goes may be lost in any part, as on a storage
  ///        with a cache; otherwise each operation is done before the next one begins.
  explicit NorModel(const here_tracking::SectorGeometry& geometry, bool reorders = false)
      : erases(geometry.sector_count, 0),
        geometry_(geometry),
        reorders_(reorders),
        cells_(std::size_t{geometry.sector_bytes} * geometry.sector_count, 0xff),
        programmed_(cells_.size(), false),
        ends_(geometry.sector_count, 0) {}

  here_tracking::SectorGeometry geometry() override { return geometry_; }

  here_tracking::Status read(std::uint32_t sector, std::uint32_t offset,
                             here_tracking::Span<std::uint8_t> into) override {
    if (cut_) return here_tracking::Code::hook_failed;
    if (!inside(sector, offset, into.size())) return broken("a read outside of a sector");
    std::copy_n(&cells_[at(sector, offset)], into.size(), into.begin());
    return {};
  }

  here_tracking::Status program(std::uint32_t sector, std::uint32_t offset,
                                here_tracking::Span<const std::uint8_t> bytes) override {
    const auto size = static_cast<std::uint32_t>(bytes.size());
    const std::uint32_t done = begin(size);
    if (done == 0 && cut_) return here_tracking::Code::hook_failed;
    if (!inside(sector, offset, size)) return broken("a program() outside of a sector");
    if (offset % geometry_.program_bytes != 0 || size % geometry_.program_bytes != 0)
      return broken("a program() that is not aligned");
    if (offset < ends_[sector]) return broken("a program() that goes back");
    const std::size_t first = at(sector, offset);
    for (std::uint32_t i = 0; i < size; ++i) {
      if (programmed_[first + i]) return broken("a byte programmed twice");
      if (i < done) cells_[first + i] = bytes[i];
      // What was begun cannot be programmed again.
      programmed_[first + i] = i / geometry_.program_bytes * geometry_.program_bytes < done;
    }
    ends_[sector] = offset + size;
    programmed_bytes += done;
    if (reorders_) unsynced_.push_back({first, size});
    return cut_ ? here_tracking::Code::hook_failed : here_tracking::Code::ok;
  }

  here_tracking::Status erase(std::uint32_t sector) override {
    const std::uint32_t done = begin(geometry_.sector_bytes);
    if (done == 0 && cut_) return here_tracking::Code::hook_failed;
    if (!inside(sector, 0, 0)) return broken("an erase() of no sector");
    const std::size_t first = at(sector, 0);
    // What was programmed in it before is not asked for any more.
    unsynced_.erase(std::remove_if(unsynced_.begin(), unsynced_.end(),
                                   [&](const Piece& piece) {
                                     return piece.at / geometry_.sector_bytes == sector;
                                   }),
                    unsynced_.end());
    std::fill_n(programmed_.begin() + static_cast<std::ptrdiff_t>(first), geometry_.sector_bytes,
                cut_);
    ends_[sector] = cut_ ? geometry_.sector_bytes : 0;
    torn_erase_ = {first, cut_ ? done : 0};
    if (cut_) return here_tracking::Code::hook_failed;
    std::fill_n(cells_.begin() + static_cast<std::ptrdiff_t>(first), geometry_.sector_bytes, 0xff);
    ++erases[sector];
    return {};
  }

  here_tracking::Status sync() override {
    if (begin(1) != 0) unsynced_.clear();
    ++syncs;
    return cut_ ? here_tracking::Code::hook_failed : here_tracking::Code::ok;
  }

  void cut_after(std::uint64_t operations, std::uint32_t bytes) override {
    planned_ = true;
    cut_at_ = operations_ + operations;
    cut_bytes_ = bytes;
  }
  [[nodiscard]] bool cut() const override { return cut_; }

  void restart(std::uint32_t seed) override {
    std::minstd_rand random(seed + 1);
    for (const Piece& piece : unsynced_) {
      const auto fate = seed == 0 ? 0 : random() % 3;  // kept, lost, torn
      for (std::size_t i = 0; i < piece.size && fate != 0; i += geometry_.program_bytes) {
        if (fate == 2 && random() % 2 == 0) continue;
        for (std::size_t j = piece.at + i; j < piece.at + i + geometry_.program_bytes; ++j) {
          cells_[j] = 0xff;
          programmed_[j] = false;
        }
      }
    }
    // An erase may begin at either end, and cells that it was at have no certain value.
    for (std::size_t i = 0; i < torn_erase_.size; ++i) {
      const std::size_t place = seed % 2 == 0 ? i : geometry_.sector_bytes - 1 - i;
      cells_[torn_erase_.at + place] =
          torn_erase_.size < i + 32 ? static_cast<std::uint8_t>(random()) : 0xff;
    }
    for (std::uint32_t sector = 0; sector < geometry_.sector_count; ++sector) {
      ends_[sector] = geometry_.sector_bytes;
      while (ends_[sector] != 0 && !programmed_[at(sector, ends_[sector] - 1)])
        --ends_[sector];
    }
    torn_erase_ = {};
    unsynced_.clear();
    planned_ = false;
    cut_ = false;
  }

  [[nodiscard]] std::uint64_t operations() const override { return operations_; }
  [[nodiscard]] std::uint32_t operation_bytes() const override { return operation_bytes_; }
  [[nodiscard]] const char* broken_rule() const override { return broken_rule_; }

  /// For tests that damage what is stored.
  std::uint8_t& cell(std::uint32_t sector, std::uint32_t offset) {
    return cells_[at(sector, offset)];
  }
  std::vector<std::uint8_t>& cells() { return cells_; }

  std::vector<std::uint32_t> erases;  ///< Of each sector
  std::uint64_t programmed_bytes = 0;
  std::uint64_t syncs = 0;

 private:
  struct Piece {
    std::size_t at = 0;
    std::size_t size = 0;
  };

  [[nodiscard]] std::size_t at(std::uint32_t sector, std::uint32_t offset) const {
    return std::size_t{sector} * geometry_.sector_bytes + offset;
  }
  [[nodiscard]] bool inside(std::uint32_t sector, std::uint32_t offset, std::size_t size) const {
    return sector < geometry_.sector_count && offset <= geometry_.sector_bytes &&
           size <= geometry_.sector_bytes - offset;
  }
  here_tracking::Status broken(const char* rule) {
    broken_rule_ = rule;
    return here_tracking::Code::hook_failed;
  }
  /// How many bytes of the operation are done.
  std::uint32_t begin(std::uint32_t bytes) {
    if (cut_) return 0;
    operation_bytes_ = bytes;
    const bool now = planned_ && operations_ == cut_at_;
    ++operations_;
    cut_ = now;
    return now ? std::min(bytes, cut_bytes_) : bytes;
  }

  here_tracking::SectorGeometry geometry_;
  bool reorders_;
  std::vector<std::uint8_t> cells_;
  std::vector<bool> programmed_;
  std::vector<std::uint32_t> ends_;  // of what was programmed in each sector
  std::vector<Piece> unsynced_;
  Piece torn_erase_;
  bool planned_ = false;
  bool cut_ = false;
  std::uint64_t cut_at_ = 0;
  std::uint32_t cut_bytes_ = 0;
  std::uint64_t operations_ = 0;
  std::uint32_t operation_bytes_ = 0;
  const char* broken_rule_ = "";
};
