// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "here_tracking/hooks/sector_storage.hpp"

#include <cstdint>

/// A storage that no longer takes anything, or misses a few writes, or has a sector that is worn
/// out.
class FailingSectors final : public here_tracking::SectorStorage {
 public:
  explicit FailingSectors(here_tracking::SectorStorage& storage) : storage_(storage) {}

  here_tracking::SectorGeometry geometry() override { return storage_.geometry(); }
  here_tracking::Status read(std::uint32_t sector, std::uint32_t offset,
                             here_tracking::Span<std::uint8_t> into) override {
    return storage_.read(sector, offset, into);
  }
  here_tracking::Status program(std::uint32_t sector, std::uint32_t offset,
                                here_tracking::Span<const std::uint8_t> bytes) override {
    if (is_read_only || missed_writes > 0) {
      if (missed_writes > 0) --missed_writes;
      return here_tracking::Code::hook_failed;
    }
    return storage_.program(sector, offset, bytes);
  }
  here_tracking::Status erase(std::uint32_t sector) override {
    return is_read_only || sector == worn_sector ? here_tracking::Code::hook_failed
                                                 : storage_.erase(sector);
  }
  here_tracking::Status sync() override {
    return is_read_only ? here_tracking::Code::hook_failed : storage_.sync();
  }

  bool is_read_only = false;
  int missed_writes = 0;
  std::uint32_t worn_sector = 0xffffffff;

 private:
  here_tracking::SectorStorage& storage_;
};
