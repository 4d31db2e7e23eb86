// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "here_tracking/span.hpp"
#include "here_tracking/status.hpp"

#include <cstdint>

namespace here_tracking {

/// The shape of a storage that is written like NOR flash.
struct SectorGeometry {
  /// What is erased at once; a multiple of program_bytes, 512 bytes .. 16 MiB. One sample must fit.
  std::uint32_t sector_bytes = 0;
  std::uint32_t sector_count = 0;   ///< 3..65535; 4 or more for DropPolicy::thin_out
  std::uint32_t program_bytes = 0;  ///< What is programmed at once: a power of two, 1..64 bytes
};

/// Hook: sectors for a SampleQueue, on NOR flash, in files, or in RAM.
///
/// Called by SampleQueue from the thread that calls that. May block.
///
/// Contract, which plain NOR flash keeps and everything else can:
/// - An erased sector reads as 0xff.
/// - program() is called for erased bytes alone, in ascending order within a sector. Offset and
///   size are multiples of program_bytes. No byte is programmed twice between two erases, so flash
///   with error correction may be used.
/// - After sync() returned ok, all that was programmed before survives a power cut. Before that any
///   part of it may be missing or torn, in any order.
/// - erase() is durable when it returns ok. A cut in the middle of it may leave anything in that
///   sector, and nothing in others.
/// - Bytes that cannot be read (a failed error correction after a torn write) are read as zeros;
///   that is ok, not a failure.
///
/// On NOR flash a sector is an erase block and sync() has nothing to do. On littlefs or any file
/// system a sector is a file: erase() makes it empty, program() appends to it, sync() is its
/// `lfs_file_sync`, and what is beyond the end of the file reads as 0xff.
class SectorStorage {
 public:
  SectorStorage() = default;
  SectorStorage(const SectorStorage&) = delete;
  SectorStorage& operator=(const SectorStorage&) = delete;

  /// Never changes. All zeros: there is no such storage.
  [[nodiscard]] virtual SectorGeometry geometry() { return {}; }

  /// Fills `into` from `offset` on; any offset and size within the sector.
  /// @return ok, hook_failed, not_provided.
  virtual Status read(std::uint32_t sector, std::uint32_t offset, Span<std::uint8_t> into) {
    (void)sector;
    (void)offset;
    (void)into;
    return Code::not_provided;
  }

  /// @return ok, hook_failed (nothing is known about those bytes), not_provided.
  virtual Status program(std::uint32_t sector, std::uint32_t offset,
                         Span<const std::uint8_t> bytes) {
    (void)sector;
    (void)offset;
    (void)bytes;
    return Code::not_provided;
  }

  /// @return ok, hook_failed, not_provided.
  virtual Status erase(std::uint32_t sector) {
    (void)sector;
    return Code::not_provided;
  }

  /// Makes durable what was programmed.
  /// @return ok, hook_failed, not_provided.
  virtual Status sync() { return Code::not_provided; }

 protected:
  ~SectorStorage() = default;
};

/// The "not provided" default.
class NoSectorStorage final : public SectorStorage {};

/// Sectors in RAM, for devices that have no other place: a queue in it is lost with the power.
class RamSectors final : public SectorStorage {
 public:
  /// @param memory borrowed; a whole number of sectors. What is in it may be anything: a queue that
  ///        survived a reset, in a section that is not initialised, is found again.
  RamSectors(Span<std::uint8_t> memory, std::uint32_t sector_bytes)
      : memory_(memory), sector_bytes_(sector_bytes) {}

  [[nodiscard]] SectorGeometry geometry() override;
  Status read(std::uint32_t sector, std::uint32_t offset, Span<std::uint8_t> into) override;
  Status program(std::uint32_t sector, std::uint32_t offset,
                 Span<const std::uint8_t> bytes) override;
  Status erase(std::uint32_t sector) override;
  Status sync() override { return {}; }

 private:
  Span<std::uint8_t> memory_;
  std::uint32_t sector_bytes_;
};

}  // namespace here_tracking
