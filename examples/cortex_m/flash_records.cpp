// SPDX-License-Identifier: Apache-2.0
#include "flash_records.hpp"

#include <algorithm>
#include <cstring>

namespace board {
namespace {

constexpr std::uint32_t copy_bytes = 2 * NorFlash::sector_bytes;
constexpr std::uint32_t absent = 0xfffffffe;

/// CRC-32, bit by bit: records are seldom written.
std::uint32_t checksum(ht::Span<const std::uint8_t> bytes, std::uint32_t crc) {
  for (const std::uint8_t byte : bytes) {
    crc ^= byte;
    for (int bit = 0; bit < 8; ++bit)
      crc = (crc >> 1U) ^ ((crc & 1U) != 0 ? 0xedb88320U : 0U);
  }
  return crc;
}

template <typename T>
ht::Span<const std::uint8_t> bytes_of(const T& object) {
  return {reinterpret_cast<const std::uint8_t*>(&object), sizeof(object)};
}

}  // namespace

std::uint32_t FlashRecords::address(std::uint32_t copy) const {
  return first_ * NorFlash::sector_bytes + copy * copy_bytes;
}

/// False: no valid copy.
bool FlashRecords::read(std::uint32_t copy, Header& header) {
  ht::Span<std::uint8_t> into(reinterpret_cast<std::uint8_t*>(&header), sizeof(header));
  if (!flash_.read(address(copy), into).ok()) return false;
  const std::uint32_t size = header.size == absent ? 0 : header.size;
  if (size > copy_bytes - sizeof(header)) return false;
  Header unchecked = header;
  unchecked.check = 0;
  std::uint32_t crc = checksum(bytes_of(unchecked), ~0U);
  std::array<std::uint8_t, 128> piece;
  for (std::uint32_t offset = 0; offset < size;
       offset += static_cast<std::uint32_t>(piece.size())) {
    const ht::Span<std::uint8_t> part(piece.data(),
                                      std::min<std::size_t>(piece.size(), size - offset));
    if (!flash_.read(address(copy) + static_cast<std::uint32_t>(sizeof(header)) + offset, part)
             .ok()) {
      return false;
    }
    crc = checksum(part, crc);
  }
  return header.check == crc;
}

FlashRecords::Found FlashRecords::find(std::uint32_t slot) {
  Found found;
  for (std::uint32_t copy = slot * 2; copy < slot * 2 + 2; ++copy) {
    Header header{};
    if (!read(copy, header)) continue;
    if (found.exists && header.sequence < found.header.sequence) continue;
    found = {copy, true, header};
  }
  return found;
}

/// The slot of that name, or else a free one, with what is there. False: neither.
bool FlashRecords::find_slot(std::string_view name, std::uint32_t& slot, Found& found) {
  bool free = false;
  for (std::uint32_t i = 0; i < names; ++i) {
    const Found here = find(i);
    const bool used = here.exists && here.header.size != absent;
    if (used) {
      const auto* const end = std::find(here.header.name.begin(), here.header.name.end(), '\0');
      const std::string_view text(here.header.name.data(),
                                  static_cast<std::size_t>(end - here.header.name.begin()));
      if (text != name) continue;
    } else if (free) {
      continue;
    }
    free = true;
    slot = i;
    found = here;
    if (used) return true;
  }
  return free;
}

ht::Status FlashRecords::load(std::string_view name, ht::Span<std::uint8_t> into,
                              std::size_t& size) {
  std::uint32_t slot = 0;
  Found found;
  if (!find_slot(name, slot, found) || !found.exists || found.header.size == absent) {
    return ht::Code::no_data;
  }
  if (found.header.size > into.size()) return ht::Code::buffer_too_small;
  size = found.header.size;
  return flash_.read(address(found.copy) + static_cast<std::uint32_t>(sizeof(Header)),
                     {into.data(), size});
}

ht::Status FlashRecords::store(std::string_view name, ht::Span<const std::uint8_t> record) {
  std::uint32_t slot = 0;
  Found found;
  if (name.size() > sizeof(Header::name) || record.size() > copy_bytes - sizeof(Header) ||
      !find_slot(name, slot, found)) {
    return ht::Code::hook_failed;
  }
  return write(slot, found, name, static_cast<std::uint32_t>(record.size()), record);
}

ht::Status FlashRecords::erase(std::string_view name) {
  std::uint32_t slot = 0;
  Found found;
  if (!find_slot(name, slot, found) || !found.exists || found.header.size == absent) return {};
  // The newer one first would bring the older one back, if power were cut.
  const ht::Status status = write(slot, found, name, absent, {});
  return status.ok() ? erase_copy(found.copy) : status;
}

ht::Status FlashRecords::erase_copy(std::uint32_t copy) {
  const std::uint32_t sector = address(copy) / NorFlash::sector_bytes;
  const ht::Status status = flash_.erase(sector);
  return status.ok() ? flash_.erase(sector + 1) : status;
}

ht::Status FlashRecords::write(std::uint32_t slot, const Found& last, std::string_view name,
                               std::uint32_t size, ht::Span<const std::uint8_t> record) {
  const std::uint32_t copy = last.exists ? last.copy ^ 1U : slot * 2;
  Header header{};
  std::copy(name.begin(), name.end(), header.name.begin());
  header.sequence = last.exists ? last.header.sequence + 1 : 0;
  header.size = size;
  header.check = checksum(record, checksum(bytes_of(header), ~0U));
  ht::Status status = erase_copy(copy);
  if (status.ok()) status = flash_.program(address(copy), bytes_of(header));
  if (!status.ok()) return status;
  return flash_.program(address(copy) + static_cast<std::uint32_t>(sizeof(header)), record);
}

}  // namespace board
