// SPDX-License-Identifier: Apache-2.0
#include "here_tracking/hooks/sector_storage.hpp"

#include <cstddef>
#include <cstring>

namespace here_tracking {
namespace {

/// nullptr: it is not in there.
std::uint8_t* place(Span<std::uint8_t> memory, std::uint32_t sector_bytes, std::uint32_t sector,
                    std::uint32_t offset, std::size_t size) {
  if (sector_bytes == 0 || sector >= memory.size() / sector_bytes || offset > sector_bytes ||
      size > sector_bytes - offset)
    return nullptr;
  return memory.data() + std::size_t{sector} * sector_bytes + offset;
}

}  // namespace

SectorGeometry RamSectors::geometry() {
  if (sector_bytes_ == 0) return {};
  return {sector_bytes_, static_cast<std::uint32_t>(memory_.size() / sector_bytes_), 1};
}

Status RamSectors::read(std::uint32_t sector, std::uint32_t offset, Span<std::uint8_t> into) {
  const std::uint8_t* const from = place(memory_, sector_bytes_, sector, offset, into.size());
  if (from == nullptr) return Code::hook_failed;
  if (!into.empty()) std::memcpy(into.data(), from, into.size());
  return {};
}

Status RamSectors::program(std::uint32_t sector, std::uint32_t offset,
                           Span<const std::uint8_t> bytes) {
  std::uint8_t* const to = place(memory_, sector_bytes_, sector, offset, bytes.size());
  if (to == nullptr) return Code::hook_failed;
  if (!bytes.empty()) std::memcpy(to, bytes.data(), bytes.size());
  return {};
}

Status RamSectors::erase(std::uint32_t sector) {
  std::uint8_t* const to = place(memory_, sector_bytes_, sector, 0, sector_bytes_);
  if (to == nullptr) return Code::hook_failed;
  std::memset(to, 0xff, sector_bytes_);
  return {};
}

}  // namespace here_tracking
