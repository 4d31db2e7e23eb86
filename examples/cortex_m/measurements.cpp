// SPDX-License-Identifier: Apache-2.0
#include "measurements.hpp"

namespace board {
namespace {

struct Point {
  std::int32_t lat_deg_e7;
  std::int32_t lng_deg_e7;
  std::uint32_t accuracy_mm;  // 0: no fix here, under a bridge
};

constexpr Point walk[] = {
    {525170365, 133888599, 4500}, {525171240, 133890120, 4300},
    {525172115, 133891641, 5100}, {0, 0, 0},
    {525174320, 133895210, 9800}, {525175195, 133896731, 4700},
};

}  // namespace

ht::Status TablePosition::read(ht::Fix& fix, std::uint32_t timeout_ms) {
  (void)timeout_ms;
  const Point& point = walk[next_];
  next_ = (next_ + 1) % (sizeof(walk) / sizeof(walk[0]));
  if (point.accuracy_mm == 0) return ht::Code::no_data;
  fix.lat_deg_e7 = point.lat_deg_e7;
  fix.lng_deg_e7 = point.lng_deg_e7;
  fix.accuracy_mm = point.accuracy_mm;
  fix.satellite_count = 9;
  fix.type = ht::PositionType::gnss;
  return {};
}

ht::Status TableCell::scan(ht::Sample& sample, std::uint32_t timeout_ms) {
  (void)timeout_ms;
  ht::LteCell cell;
  cell.mcc = 262;
  cell.mnc = 1;
  cell.cid = 28011523;
  cell.tac = 5126;
  cell.rsrp_dbm = -97;
  return sample.add(cell);
}

ht::Status TableWlan::scan(ht::Sample& sample, std::uint32_t timeout_ms) {
  (void)timeout_ms;
  const ht::WlanAccessPoint seen[] = {
      {{0x00, 0x1a, 0x2b, 0x3c, 0x4d, 0x5e}, -61, "cafe", {}, {}},
      {{0x00, 0x1a, 0x2b, 0x3c, 0x4d, 0x5f}, -72, "library", {}, {}},
      {{0x00, 0x1a, 0x2b, 0x3c, 0x4d, 0x60}, -80, "home_nomap", {}, {}},
  };
  ht::Status first;
  for (const ht::WlanAccessPoint& access_point : seen) {
    const ht::Status status = sample.add(access_point);
    if (first.ok()) first = status;
  }
  return first;
}

ht::Status TableSensors::read(ht::Sample& sample, std::uint32_t timeout_ms) {
  (void)timeout_ms;
  ht::SensorReadings readings;
  readings.temperature_c_e2 = 2150 + static_cast<std::int32_t>(count_++ % 10);
  readings.battery_level_percent = 83;
  return sample.add(readings);
}

}  // namespace board
