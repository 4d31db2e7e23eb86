// SPDX-License-Identifier: Apache-2.0
#include "day.hpp"

#include <cinttypes>
#include <cstddef>
#include <cstdint>
#include <cstdio>

/// Prints what docs/retry.md says about a day of bad network.
int main() {
  const simulation::Day day = simulation::run_day(1);
  std::printf("samples measured      %8d\n", day.measured);
  std::printf("arrived               %8d\n", day.arrived);
  for (std::size_t i = 1; i < here_tracking::fate_count; ++i) {
    if (day.left[i] == 0) continue;
    std::printf("%-21s %8" PRIu32 "\n",
                here_tracking::to_string(static_cast<here_tracking::Fate>(i)), day.left[i]);
  }
  std::printf("waiting at the end    %8" PRIu32 "\n", day.pending);
  std::printf("sent twice            %8d\n", day.duplicates);
  std::printf("requests              %8d\n", day.requests);
  std::printf("of them failed        %8d\n", day.failed_requests);
  std::printf("bytes in bodies       %8zu\n", day.body_bytes);
  std::printf("bytes programmed      %8" PRIu64 "\n", day.programmed_bytes);
  std::printf("sectors erased        %8" PRIu64 "\n", day.erases);
  std::printf("worst time error      %8" PRId64 " ms\n\n", day.worst_time_error_ms);
  for (const auto& line : day.log)
    std::printf("%s\n", line.c_str());
}
