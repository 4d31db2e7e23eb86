// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "here_tracking/hooks/storage.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace board {

namespace ht = here_tracking;

class Storage final : public ht::Storage {
 public:
  // Files of a file system that replaces them as a whole (write another, then rename), or two
  // copies of each record in flash of which the newer valid one counts.
  ht::Status load(std::string_view name, ht::Span<std::uint8_t> into, std::size_t& size) override {
    (void)name;
    (void)into;
    (void)size;
    return ht::Code::not_provided;
  }

  ht::Status store(std::string_view name, ht::Span<const std::uint8_t> record) override {
    (void)name;
    (void)record;
    return ht::Code::not_provided;
  }

  ht::Status erase(std::string_view name) override {
    (void)name;
    return ht::Code::not_provided;
  }
};

}  // namespace board
