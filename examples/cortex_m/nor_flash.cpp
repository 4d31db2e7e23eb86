// SPDX-License-Identifier: Apache-2.0
#include "nor_flash.hpp"

#include <algorithm>
#include <array>

namespace board {

NorFlash::NorFlash(const char* name, ht::Log& log)
    : file_(name, semihosting::Mode::update), log_(log) {
  if (file_.is_open()) return;
  file_ = semihosting::File(name, semihosting::Mode::create);
  for (std::uint32_t sector = 0; sector < sectors; ++sector)
    (void)erase(sector);
}

ht::Status NorFlash::read(std::uint32_t address, ht::Span<std::uint8_t> into) {
  return into.empty() || file_.read(address, into) ? ht::Code::ok : ht::Code::hook_failed;
}

ht::Status NorFlash::program(std::uint32_t address, ht::Span<const std::uint8_t> bytes) {
  for (std::size_t done = 0; done < bytes.size();) {
    const std::size_t room = page_bytes - address % page_bytes;
    const std::size_t size = std::min(room, bytes.size() - done);
    const ht::Status status = program_page(address, {bytes.data() + done, size});
    if (!status.ok()) return status;
    address += static_cast<std::uint32_t>(size);
    done += size;
  }
  return {};
}

ht::Status NorFlash::program_page(std::uint32_t address, ht::Span<const std::uint8_t> bytes) {
  std::array<std::uint8_t, page_bytes> memory;
  const ht::Span<std::uint8_t> cells(memory.data(), bytes.size());
  if (!file_.read(address, cells)) return ht::Code::hook_failed;
  if (std::any_of(cells.begin(), cells.end(), [](std::uint8_t cell) { return cell != 0xff; })) {
    log_.write(ht::LogLevel::error, "flash: programmed twice without an erase");
    return ht::Code::hook_failed;
  }
  return file_.write(address, bytes) ? ht::Code::ok : ht::Code::hook_failed;
}

ht::Status NorFlash::erase(std::uint32_t sector) {
  std::array<std::uint8_t, page_bytes> erased;
  erased.fill(0xff);
  for (std::uint32_t offset = 0; offset < sector_bytes; offset += page_bytes) {
    if (!file_.write(sector * sector_bytes + offset, erased)) return ht::Code::hook_failed;
  }
  return {};
}

bool FlashSectors::is_within(std::uint32_t sector, std::uint32_t offset, std::size_t size) const {
  return sector < count_ && offset <= NorFlash::sector_bytes &&
         size <= NorFlash::sector_bytes - offset;
}

ht::Status FlashSectors::read(std::uint32_t sector, std::uint32_t offset,
                              ht::Span<std::uint8_t> into) {
  if (!is_within(sector, offset, into.size())) return ht::Code::hook_failed;
  return flash_.read((first_ + sector) * NorFlash::sector_bytes + offset, into);
}

ht::Status FlashSectors::program(std::uint32_t sector, std::uint32_t offset,
                                 ht::Span<const std::uint8_t> bytes) {
  if (!is_within(sector, offset, bytes.size())) return ht::Code::hook_failed;
  return flash_.program((first_ + sector) * NorFlash::sector_bytes + offset, bytes);
}

ht::Status FlashSectors::erase(std::uint32_t sector) {
  return sector < count_ ? flash_.erase(first_ + sector) : ht::Code::hook_failed;
}

}  // namespace board
