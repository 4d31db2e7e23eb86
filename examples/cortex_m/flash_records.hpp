// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "here_tracking/hooks/storage.hpp"

#include "nor_flash.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace board {

/// Records in flash: for each name two copies of two sectors each. The newer one whose checksum is
/// right counts; the older one is overwritten next, so a cut leaves one of them.
class FlashRecords final : public ht::Storage {
 public:
  static constexpr std::uint32_t names = 8;
  static constexpr std::uint32_t sectors = names * 4;

  /// @param first of `sectors` sectors.
  FlashRecords(NorFlash& flash, std::uint32_t first) : flash_(flash), first_(first) {}

  /// Also no_data where the record is there but not as it was stored.
  ht::Status load(std::string_view name, ht::Span<std::uint8_t> into, std::size_t& size) override;
  /// hook_failed for a record of more than 8160 bytes, and for a ninth name.
  ht::Status store(std::string_view name, ht::Span<const std::uint8_t> record) override;
  ht::Status erase(std::string_view name) override;

 private:
  struct Header {
    std::array<char, 16> name;
    std::uint32_t sequence;
    std::uint32_t size;  // absent: erased by its owner
    std::uint32_t check;
    std::uint32_t reserved;
  };
  struct Found {
    std::uint32_t copy = 0;  // of the newest
    bool exists = false;
    Header header{};
  };

  [[nodiscard]] std::uint32_t address(std::uint32_t copy) const;
  bool read(std::uint32_t copy, Header& header);
  Found find(std::uint32_t slot);
  bool find_slot(std::string_view name, std::uint32_t& slot, Found& found);
  ht::Status erase_copy(std::uint32_t copy);
  ht::Status write(std::uint32_t slot, const Found& last, std::string_view name, std::uint32_t size,
                   ht::Span<const std::uint8_t> record);

  NorFlash& flash_;
  std::uint32_t first_;
};

}  // namespace board
