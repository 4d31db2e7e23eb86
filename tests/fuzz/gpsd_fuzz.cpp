// SPDX-License-Identifier: Apache-2.0
// The lines that gpsd sends.
#include "gpsd_reports.hpp"

#include <cstdint>
#include <cstdlib>
#include <string_view>

using here_tracking::GpsdReports;

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

void check(const here_tracking::Fix& fix) {
  require(fix.lat_deg_e7 >= -900000000 && fix.lat_deg_e7 <= 900000000);
  require(fix.lng_deg_e7 >= -1800000000 && fix.lng_deg_e7 <= 1800000000);
  require(fix.accuracy_mm <= 1000000000);
  require(!fix.alt_mm || (*fix.alt_mm >= -100000000 && *fix.alt_mm <= 100000000));
  require(!fix.altaccuracy_mm || fix.alt_mm);
  require(!fix.altaccuracy_mm || *fix.altaccuracy_mm <= 1000000000);
  require(fix.heading_cdeg.has_value() == fix.speed_mm_s.has_value());
  require(!fix.heading_cdeg || *fix.heading_cdeg <= 36000);
  require(!fix.speed_mm_s || (*fix.speed_mm_s >= 500 && *fix.speed_mm_s <= 1000000000));
  require(!fix.satellite_count || (*fix.satellite_count >= 1 && *fix.satellite_count <= 50));
  require(!fix.wlan_count && fix.type == here_tracking::PositionType::gnss);
}

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer calls it so
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  GpsdReports reports;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(line.size() < text.size() ? line.size() + 1 : text.size());
    const bool had_fix = reports.fix().has_value();
    const GpsdReports::Kind kind = reports.take_line(line);
    const auto fix = reports.fix();
    if (fix) check(*fix);
    require(fix.has_value() == (had_fix || kind == GpsdReports::Kind::position));
    require(kind != GpsdReports::Kind::satellites || reports.satellites_known());
  }
  return 0;
}
