// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "here_tracking/hooks/cell.hpp"
#include "here_tracking/hooks/position.hpp"
#include "here_tracking/hooks/sensors.hpp"
#include "here_tracking/hooks/wlan.hpp"

#include <cstddef>
#include <cstdint>

/// QEMU's board has no receiver and no radio: a table has what they would see on a walk.

namespace board {

namespace ht = here_tracking;

class TablePosition final : public ht::PositionSource {
 public:
  ht::Status read(ht::Fix& fix, std::uint32_t timeout_ms) override;

 private:
  std::size_t next_ = 0;
};

class TableCell final : public ht::CellSource {
 public:
  ht::Status scan(ht::Sample& sample, std::uint32_t timeout_ms) override;
};

class TableWlan final : public ht::WlanSource {
 public:
  ht::Status scan(ht::Sample& sample, std::uint32_t timeout_ms) override;
};

class TableSensors final : public ht::SensorSource {
 public:
  ht::Status read(ht::Sample& sample, std::uint32_t timeout_ms) override;

 private:
  std::uint32_t count_ = 0;
};

}  // namespace board
