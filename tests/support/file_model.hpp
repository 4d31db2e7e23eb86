// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "here_tracking/platform/linux.hpp"

#include "support/cuttable_storage.hpp"
#include "support/file_system_model.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// FileSectors on a FileSystemModel. Of an operation, bytes are the model's steps: the bytes
/// written, and one for each file that is made, truncated or synced.
class FileModel final : public CuttableStorage {
 public:
  FileModel(std::uint32_t sector_bytes, std::uint32_t sector_count)
      : options_{sector_bytes, sector_count, false} {
    open();
  }

  here_tracking::SectorGeometry geometry() override { return sectors_->geometry(); }

  here_tracking::Status read(std::uint32_t sector, std::uint32_t offset,
                             here_tracking::Span<std::uint8_t> into) override {
    return sectors_->read(sector, offset, into);
  }

  here_tracking::Status program(std::uint32_t sector, std::uint32_t offset,
                                here_tracking::Span<const std::uint8_t> bytes) override {
    const std::vector<std::uint8_t>* file = files_.find(std::to_string(100000 + sector).substr(1));
    if (file != nullptr && offset < file->size()) broken_rule_ = "a byte programmed twice";
    return operate([&] { return sectors_->program(sector, offset, bytes); });
  }

  here_tracking::Status erase(std::uint32_t sector) override {
    return operate([&] { return sectors_->erase(sector); });
  }

  here_tracking::Status sync() override {
    return operate([&] { return sectors_->sync(); });
  }

  void cut_after(std::uint64_t operations, std::uint32_t bytes) override {
    cut_at_ = operations_ + operations;
    cut_bytes_ = bytes;
  }
  [[nodiscard]] bool cut() const override { return files_.off(); }

  void restart(std::uint32_t seed) override {
    cut_at_ = never;
    files_.restart(seed);
    open();
  }

  [[nodiscard]] std::uint64_t operations() const override { return operations_; }
  [[nodiscard]] std::uint32_t operation_bytes() const override { return operation_bytes_; }
  [[nodiscard]] const char* broken_rule() const override { return broken_rule_; }

 private:
  static constexpr std::uint64_t never = ~std::uint64_t{0};

  void open() {
    sectors_.emplace("queue", options_, files_);
    if (!sectors_->open().ok()) broken_rule_ = "the sectors could not be opened";
  }

  template <typename Operation>
  here_tracking::Status operate(Operation operation) {
    if (cut()) return here_tracking::Code::hook_failed;
    const bool last = operations_ == cut_at_;
    if (last) files_.cut_after(cut_bytes_);
    const std::uint64_t before = files_.steps();
    const here_tracking::Status status = operation();
    ++operations_;
    // One that was cut has more.
    operation_bytes_ = static_cast<std::uint32_t>(files_.steps() - before) + (cut() ? 1 : 0);
    if (last) files_.cut_now();
    return cut() ? here_tracking::Code::hook_failed : status;
  }

  here_tracking::FileSectorsOptions options_;
  FileSystemModel files_;
  std::optional<here_tracking::FileSectors> sectors_;
  std::uint64_t cut_at_ = never;
  std::uint32_t cut_bytes_ = 0;
  std::uint64_t operations_ = 0;
  std::uint32_t operation_bytes_ = 0;
  const char* broken_rule_ = "";
};
