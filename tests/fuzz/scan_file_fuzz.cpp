// SPDX-License-Identifier: Apache-2.0
#include "here_tracking/telemetry.hpp"

#include "failure.hpp"
#include "scan_file.hpp"
#include "sources.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

// A scan file gives either one printable error line, or a scan that Sample takes whole.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace ht = here_tracking;
  const auto require = [](bool condition) {
    if (!condition) std::abort();
  };
  // A copy of its own size, so that reading beyond the end is seen.
  const std::unique_ptr<char[]> text(new char[size]);
  for (std::size_t i = 0; i < size; ++i)
    text[i] = static_cast<char>(data[i]);
  try {
    const ht::cli::Scan scan = ht::cli::parse_scan({text.get(), size}, "scan.json");
    const std::unique_ptr<char[]> buffer(new char[ht::cli::SourceSet::sample_bytes]);
    ht::Sample sample({buffer.get(), ht::cli::SourceSet::sample_bytes});
    ht::cli::ScannedCells cells(scan);
    ht::cli::ScannedAccessPoints access_points(scan);
    const ht::Status of_cells = cells.scan(sample, 0);
    const ht::Status of_access_points = access_points.scan(sample, 0);
    require(of_cells.ok() == !scan.gsm.empty());
    require(of_access_points.ok() == !scan.wlan.empty());
    require(sample.status().ok());
  } catch (const ht::cli::Failure& failure) {
    const std::string_view line(failure.what());
    require(line.substr(0, 9) == "scan.json");
    for (const char c : line)
      require(static_cast<unsigned char>(c) >= 0x20 && c != '\x7f');
    require(line.size() < 400);
  }
  return 0;
}
