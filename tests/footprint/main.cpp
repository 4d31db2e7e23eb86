// SPDX-License-Identifier: Apache-2.0
#include "here_tracking/client.hpp"
#include "here_tracking/gather.hpp"
#include "here_tracking/telemetry.hpp"

#include <array>
#include <cstdint>
#include <string_view>

namespace ht = here_tracking;

static_assert(sizeof(ht::DesiredShadow) == 424, "shadow.hpp names it");
static_assert(sizeof(ht::Sample) == 248, "telemetry.hpp names it");
static_assert(sizeof(ht::SourceSlot<ht::CellSource>) == 12, "gather.hpp names it");

namespace {

// A device's memory. Static, so that .bss shows what a device would set aside.
std::array<char, 2048> token;
std::array<char, 8192> work;
std::array<char, 4096> sample_buffer;

ht::NoPosition position;
ht::NoCell cell;
ht::NoWlan wlan;

}  // namespace

// The main job of a device, with hooks that are not provided: gather a sample, send it, take the
// desired shadow. What it returns depends on all of it, so nothing can be optimised away.
extern "C" std::uint32_t firmware() {
  ht::DeviceLicense license("00000000-0000-4000-8000-000000000000", "footprint");
  const ht::Hooks hooks;
  ht::Client client({}, license, hooks, {token, work});

  ht::SourceSlot<ht::PositionSource> positions[] = {position};
  ht::SourceSlot<ht::CellSource> cells[] = {cell};
  ht::SourceSlot<ht::WlanSource> wlans[] = {wlan};
  ht::Sources sources;
  sources.position = positions;
  sources.cell = cells;
  sources.wlan = wlans;
  ht::Sample sample(sample_buffer);
  const ht::Status gathered = ht::gather(sources, sample, *hooks.clock, *hooks.log);
  const ht::Status stamped = sample.set_timestamp(client.server_time_ms().value_or(0));

  const std::string_view samples[] = {sample.json()};
  ht::DesiredShadow shadow;
  const ht::Status sent = client.ingest(samples, shadow);
  return static_cast<std::uint32_t>(gathered.code()) + static_cast<std::uint32_t>(stamped.code()) +
         static_cast<std::uint32_t>(sent.code()) +
         static_cast<std::uint32_t>(shadow.rate.sample_ms.value_or(0));
}
