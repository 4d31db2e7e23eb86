// SPDX-License-Identifier: Apache-2.0
// Prints what a SampleQueue costs on some storages: the tables of docs/queue-format.md.
#include "here_tracking/queue.hpp"

#include "support/counting_sectors.hpp"

#include <array>
#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

namespace {

namespace ht = here_tracking;

struct Configuration {
  const char* name;
  ht::SectorGeometry geometry;
  double cycles;  // that a sector can be erased
};

constexpr std::size_t text_bytes = 200;

void print(const Configuration& configuration, std::uint32_t batch_size) {
  CountingSectors storage(configuration.geometry);
  std::vector<ht::QueueSector> table(configuration.geometry.sector_count);
  ht::SampleQueue queue(storage, {table.data(), table.size()},
                        {ht::DropPolicy::newest, ht::DrainOrder::oldest_first});
  const std::string text = "{" + std::string(text_bytes - 1, ' ');
  std::int64_t now_ms = 1767225600000;
  if (!queue.clear().ok()) return;
  const std::uint64_t erases_before = storage.erases;
  const std::uint64_t programmed_before = storage.programmed_bytes;
  const std::uint64_t syncs_before = storage.syncs;
  constexpr std::uint32_t samples = 100000;
  for (std::uint32_t i = 1; i <= samples; ++i) {
    if (!queue.append(text, {now_ms += 1000, 0}).ok()) return;
    if (i % batch_size == 0 && !queue.release_all(ht::Fate::delivered).ok()) return;
  }
  const auto each = [](std::uint64_t sum) { return static_cast<double>(sum) / samples; };
  const double erases = each(storage.erases - erases_before);
  const double programmed = each(storage.programmed_bytes - programmed_before);
  const double syncs = each(storage.syncs - syncs_before);

  std::uint32_t capacity = 0;
  while (queue.append(text, {now_ms += 1000, 0}).ok())
    ++capacity;
  constexpr double samples_a_year = 365.25 * 24 * 60;
  const double years =
      configuration.cycles * configuration.geometry.sector_count / erases / samples_a_year;
  std::printf("| %-24s | %5u | %9.0f | %8.5f | %5.2f | %8u | %10.0f | %7zu |\n", configuration.name,
              batch_size, programmed, erases, syncs, capacity, years,
              table.size() * sizeof(ht::QueueSector));
}

}  // namespace

int main() {
  constexpr std::array<Configuration, 4> configurations = {{
      {"NOR, 256 x 4 KiB", {4096, 256, 1}, 100000},
      {"NOR with ECC, 64 x 4 KiB", {4096, 64, 8}, 100000},
      {"MCU flash, 8 x 2 KiB", {2048, 8, 8}, 10000},
      {"SD, 64 files of 256 KiB", {256 * 1024, 64, 1}, 3000},
  }};
  std::printf("A sample has %zu bytes of text. The object takes %zu bytes, a batch %zu.\n\n",
              text_bytes, sizeof(ht::SampleQueue), sizeof(ht::QueueBatch));
  std::printf(
      "| storage                  | batch | bytes     | erases   | syncs | capacity | years at a | "
      "table,  |\n");
  std::printf(
      "|                          |       | a sample  | a sample | each  | samples  | minute     | "
      "bytes   |\n");
  std::printf(
      "|--------------------------|-------|-----------|----------|-------|----------|------------|-"
      "--------|\n");
  for (const Configuration& configuration : configurations)
    for (const std::uint32_t batch_size : {1U, 16U})
      print(configuration, batch_size);
  return 0;
}
