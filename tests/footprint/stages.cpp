// SPDX-License-Identifier: Apache-2.0
// A firmware that grows, STAGE by STAGE: what each adds is what that part of the library takes.
#include "here_tracking/client.hpp"
#include "here_tracking/queue.hpp"
#include "here_tracking/telemetry.hpp"
#include "here_tracking/tracker.hpp"

#if STAGE >= 5
#include "here_tracking/transport/mbedtls.hpp"
#endif

#include <array>
#include <cstdint>
#include <cstring>

namespace ht = here_tracking;

static_assert(sizeof(ht::DesiredShadow) == 416, "shadow.hpp names it");
static_assert(sizeof(ht::Sample) == 216, "telemetry.hpp names it");
static_assert(sizeof(ht::SourceSlot<ht::CellSource>) == 12, "gather.hpp names it");

inline void* operator new(std::size_t /*size*/, std::uint8_t* memory) noexcept {
  return memory;
}

namespace {

// Static, so that .bss shows what a device would set aside. run.sh lists what ends with _object,
// the library's state; the rest is memory that the caller chooses the size of.
template <typename T>
using Memory = std::array<std::uint8_t, sizeof(T)>;

std::array<char, 2048> sample_memory;
std::array<char, 2048> token_memory;
std::array<char, 8192> work_memory;

/// What a source would have measured. Volatile, so that the compiler can foresee none of it.
volatile std::int32_t measured;

#if STAGE >= 1
ht::Fix fix() {
  ht::Fix fix;
  fix.lat_deg_e7 = measured;
  return fix;
}

ht::GsmCell gsm_cell() {
  ht::GsmCell cell;
  cell.nmr = {nullptr, static_cast<std::size_t>(measured)};
  return cell;
}

ht::WlanAccessPoint access_point() {
  ht::WlanAccessPoint access_point;
  access_point.powrx_dbm = measured;
  return access_point;
}
#endif

#if STAGE >= 4
class Position final : public ht::PositionSource {
 public:
  ht::Status read(ht::Fix& into, std::uint32_t /*timeout_ms*/) override {
    into = fix();
    return {};
  }
};

class Cell final : public ht::CellSource {
 public:
  ht::Status scan(ht::Sample& sample, std::uint32_t /*timeout_ms*/) override {
    return sample.add(gsm_cell());
  }
};

class Wlan final : public ht::WlanSource {
 public:
  ht::Status scan(ht::Sample& sample, std::uint32_t /*timeout_ms*/) override {
    return sample.add(access_point());
  }
};

Position position;
Cell cell;
Wlan wlan;
#endif

[[maybe_unused]] std::uint32_t code(ht::Status status) {
  return static_cast<std::uint32_t>(status.code());
}

}  // namespace

// What every firmware has of the C library: not to be counted. Volatile, so that all stay calls.
void* (*volatile copy)(void*, const void*, std::size_t) = std::memcpy;
void* (*volatile move)(void*, const void*, std::size_t) = std::memmove;
void* (*volatile set)(void*, int, std::size_t) = std::memset;
int (*volatile compare)(const void*, const void*, std::size_t) = std::memcmp;
std::size_t (*volatile length)(const char*) = std::strlen;

#if STAGE >= 1 && STAGE < 4
alignas(ht::Sample) Memory<ht::Sample> sample_object;
#endif
#if STAGE >= 2
alignas(ht::Client) Memory<ht::Client> client_object;
#endif
#if STAGE >= 3
ht::NoSectorStorage flash;
std::array<ht::QueueSector, 64> queue_table;
alignas(ht::SampleQueue) Memory<ht::SampleQueue> queue_object;
#endif
#if STAGE >= 4
std::array<char, 4400> shadow_memory;
alignas(ht::Tracker) Memory<ht::Tracker> tracker_object;
#elif STAGE >= 2
alignas(ht::DesiredShadow) Memory<ht::DesiredShadow> shadow_object;
#endif
#if STAGE >= 5
alignas(8) std::array<std::uint8_t, 4096> transport_memory;
std::array<std::uint8_t, 32768> tls_memory;
alignas(ht::MbedtlsTransport) Memory<ht::MbedtlsTransport> transport_object;
#endif

// With hooks that are not provided. What it returns depends on all of it, so nothing can be
// optimised away.
extern "C" std::uint32_t firmware() {
  copy(sample_memory.data(), token_memory.data(), 1);
  move(sample_memory.data(), work_memory.data(), 1);
  set(sample_memory.data(), 0, 1);
  std::uint32_t result = length(work_memory.data());
  result += static_cast<std::uint32_t>(compare(work_memory.data(), token_memory.data(), 1));

#if STAGE >= 1 && STAGE < 4
  auto& sample = *new (sample_object.data()) ht::Sample(sample_memory);
  result += code(sample.set_position(fix()));
  result += code(sample.add(gsm_cell()));
  result += code(sample.add(access_point()));
  result += code(sample.set_timestamp(measured));
  const std::string_view json = sample.json();
  result += static_cast<std::uint32_t>(json.size());
#endif
#if STAGE >= 2
#if STAGE < 5
  static constexpr ht::Hooks hooks;
#else
  ht::Hooks hooks;
  ht::ClientTime time;
  ht::MbedtlsOptions options;
  options.time = &time;
  auto& transport =
      *new (transport_object.data()) ht::MbedtlsTransport(options, {transport_memory, tls_memory});
  hooks.transport = &transport;
#endif
  ht::DeviceLicense license("00000000-0000-4000-8000-000000000000", "footprint");
  static constexpr ht::ClientConfig config;
  auto& client =
      *new (client_object.data()) ht::Client(config, license, hooks, {token_memory, work_memory});
#if STAGE >= 5
  time.follow(client);
#endif
#endif
#if STAGE == 2
  const std::string_view samples[] = {json};
  auto& shadow = *new (shadow_object.data()) ht::DesiredShadow;
  result += code(client.ingest(samples, shadow));
  result += static_cast<std::uint32_t>(shadow.rate.sample_ms.value_or(0));
#endif
#if STAGE >= 3
  auto& queue = *new (queue_object.data()) ht::SampleQueue(flash, queue_table);
#endif
#if STAGE == 3
  result += code(queue.open());
  result += code(queue.append(sample.untimed_json(), {measured, 0}));
  ht::QueueBatch batch;
  auto& shadow = *new (shadow_object.data()) ht::DesiredShadow;
  while (queue.next(batch).ok() && client.ingest(batch, shadow).ok())
    result += code(queue.release(batch, ht::Fate::delivered));
  result += static_cast<std::uint32_t>(shadow.rate.sample_ms.value_or(0));
#endif
#if STAGE >= 4
  ht::SourceSlot<ht::PositionSource> positions[] = {position};
  ht::SourceSlot<ht::CellSource> cells[] = {cell};
  ht::SourceSlot<ht::WlanSource> wlans[] = {wlan};
  ht::Sources sources;
  sources.position = positions;
  sources.cell = cells;
  sources.wlan = wlans;
  auto& tracker = *new (tracker_object.data())
                      ht::Tracker(client, queue, sources, hooks, {sample_memory, shadow_memory});
  std::int64_t next_ms = 0;
  while (next_ms >= 0)
    next_ms = tracker.step();
  result += tracker.state().send_ms;
#endif
  return result;
}
