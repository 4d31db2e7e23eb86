// SPDX-License-Identifier: Apache-2.0
#include "here_tracking/tracker.hpp"

#include <array>
#include <cstdint>

namespace ht = here_tracking;

namespace {

// A tracker's memory, named for the table that run.sh prints.
std::array<char, 2048> token_memory;
std::array<char, 8192> work_memory;
std::array<char, 2048> sample_memory;
std::array<char, 4400> shadow_memory;
constexpr std::uint32_t sectors = 64;
std::array<ht::QueueSector, sectors> queue_table;
std::array<ht::QueueSector, 4> quarantine_table;

ht::NoPosition position;
ht::NoCell cell;
ht::NoWlan wlan;
ht::NoSectorStorage flash;

alignas(ht::Tracker) std::array<std::uint8_t, sizeof(ht::Tracker)> tracker_object;
alignas(ht::Client) std::array<std::uint8_t, sizeof(ht::Client)> client_object;
alignas(ht::SampleQueue) std::array<std::uint8_t, 2 * sizeof(ht::SampleQueue)> queue_objects;

void* place(std::uint8_t* memory) {
  return memory;
}

}  // namespace

inline void* operator new(std::size_t /*size*/, std::uint8_t* memory) noexcept {
  return place(memory);
}

// The main loop of a device, with hooks that are not provided.
extern "C" std::uint32_t firmware() {
  ht::DeviceLicense license("00000000-0000-4000-8000-000000000000", "footprint");
  const ht::Hooks hooks;
  auto& client =
      *new (client_object.data()) ht::Client({}, license, hooks, {token_memory, work_memory});
  auto& queue = *new (queue_objects.data()) ht::SampleQueue(flash, queue_table);
  auto& quarantine = *new (queue_objects.data() + sizeof(ht::SampleQueue))
                         ht::SampleQueue(flash, quarantine_table);

  std::array<ht::SourceSlot<ht::PositionSource>, 1> positions = {position};
  std::array<ht::SourceSlot<ht::CellSource>, 1> cells = {cell};
  std::array<ht::SourceSlot<ht::WlanSource>, 1> wlans = {wlan};
  ht::Sources sources;
  sources.position = positions;
  sources.cell = cells;
  sources.wlan = wlans;
  auto& tracker = *new (tracker_object.data()) ht::Tracker(
      client, queue, sources, hooks, {sample_memory, shadow_memory}, {}, nullptr, &quarantine);
  std::int64_t next_ms = 0;
  while (next_ms >= 0)
    next_ms = tracker.step();
  return tracker.state().send_ms;
}
