// SPDX-License-Identifier: Apache-2.0
#include "here_tracking/queue.hpp"

#include "c/convert.hpp"
#include "c/objects.hpp"

#include <cstring>

using namespace here_tracking;
using namespace here_tracking::c;

static_assert(fate_count == HT_FATE_COUNT);

namespace {

SampleQueue& cpp(ht_queue_t* queue) {
  return find<CQueue>(queue).queue;
}
const SampleQueue& cpp(const ht_queue_t* queue) {
  return find<CQueue>(queue).queue;
}

ht_sample_time_t time_to_c(const SampleTime& time) {
  return {time.ms, time.boot_id};
}

// ---- sectors in RAM ----

RamSectors sectors_of(void* context) {
  const auto& ram = *static_cast<const ht_ram_sectors_t*>(context);
  const std::size_t size = std::size_t{ram.hook.sector_bytes} * ram.hook.sector_count;
  return {{ram.memory, size}, ram.hook.sector_bytes};
}

ht_code_t ram_read(void* context, std::uint32_t sector, std::uint32_t offset, std::uint8_t* into,
                   std::size_t size) {
  return to_c(sectors_of(context).read(sector, offset, {into, size}));
}

ht_code_t ram_program(void* context, std::uint32_t sector, std::uint32_t offset,
                      const std::uint8_t* bytes, std::size_t size) {
  return to_c(sectors_of(context).program(sector, offset, {bytes, size}));
}

ht_code_t ram_erase(void* context, std::uint32_t sector) {
  return to_c(sectors_of(context).erase(sector));
}

ht_code_t ram_sync(void* /*context*/) {
  return HT_OK;
}

std::size_t read_batch(void* context, std::size_t offset, char* into, std::size_t room) {
  return find<QueueBatch>(static_cast<ht_queue_batch_t*>(context)).read(offset, {into, room});
}

}  // namespace

void ht_ram_sectors_init(ht_ram_sectors_t* ram, uint8_t* memory, size_t size,
                         uint32_t sector_bytes) {
  const SectorGeometry geometry = RamSectors({memory, size}, sector_bytes).geometry();
  *ram = {};
  ram->memory = memory;
  ram->hook.sector_bytes = geometry.sector_bytes;
  ram->hook.sector_count = geometry.sector_count;
  ram->hook.program_bytes = geometry.program_bytes;
  ram->hook.read = &ram_read;
  ram->hook.program = &ram_program;
  ram->hook.erase = &ram_erase;
  ram->hook.sync = &ram_sync;
  ram->hook.context = ram;
}

void ht_queue_init(ht_queue_t* queue, const ht_sector_storage_t* storage,
                   ht_queue_sector_t* sectors, size_t sector_count,
                   const ht_queue_config_t* config) {
  for (std::size_t i = 0; i < sector_count; ++i)
    make<QueueSector>(sectors[i]);
  QueueConfig settings;
  if (config != nullptr) {
    settings.when_full = static_cast<DropPolicy>(config->when_full);
    settings.order = static_cast<DrainOrder>(config->order);
  }
  QueueSector* const first = sector_count != 0 ? &find<QueueSector>(sectors) : nullptr;
  make<CQueue>(*queue, storage, Span<QueueSector>(first, sector_count), settings);
}

ht_code_t ht_queue_open(ht_queue_t* queue) {
  return to_c(cpp(queue).open());
}

ht_code_t ht_queue_clear(ht_queue_t* queue) {
  return to_c(cpp(queue).clear());
}

ht_code_t ht_queue_append(ht_queue_t* queue, ht_text_t untimed_json, ht_sample_time_t time,
                          const char* note) {
  return to_c(cpp(queue).append(from_c(untimed_json), {time.ms, time.boot_id}, from_c(note)));
}

size_t ht_queue_max_sample_bytes(const ht_queue_t* queue) {
  return cpp(queue).max_sample_bytes();
}

ht_code_t ht_queue_set_time_base(ht_queue_t* queue, uint64_t boot_id, int64_t offset_ms) {
  return to_c(cpp(queue).set_time_base({boot_id, offset_ms}));
}

ht_code_t ht_queue_next(ht_queue_t* queue, ht_queue_batch_t* batch,
                        const ht_batch_limits_t* limits) {
  BatchLimits chosen;
  if (limits != nullptr) {
    replace(chosen.max_samples, limits->max_samples);
    replace(chosen.max_bytes, limits->max_bytes);
    replace(chosen.first_id, limits->first_id);
    replace(chosen.last_id, limits->last_id);
  }
  return to_c(cpp(queue).next(make<QueueBatch>(*batch), chosen));
}

ht_queue_batch_info_t ht_queue_batch_info(const ht_queue_batch_t* batch) {
  const auto& from = find<QueueBatch>(batch);
  return {from.count(),    from.first_id(), from.last_id(),
          from.first_ms(), from.last_ms(),  from.time_known()};
}

ht_body_t ht_queue_batch_body(ht_queue_batch_t* batch) {
  return {find<QueueBatch>(batch).size(), &read_batch, batch};
}

ht_code_t ht_queue_text(ht_queue_t* queue, uint32_t id, ht_memory_t into, size_t* size,
                        ht_memory_t note_into, size_t* note_size, ht_sample_time_t* time) {
  SampleTime measured;
  const Status status = cpp(queue).text(id, from_c(into), *size, from_c(note_into), *note_size,
                                        time != nullptr ? &measured : nullptr);
  if (time != nullptr) *time = time_to_c(measured);
  return to_c(status);
}

ht_code_t ht_queue_release(ht_queue_t* queue, const ht_queue_batch_t* batch, ht_fate_t fate) {
  return to_c(cpp(queue).release(find<QueueBatch>(batch), static_cast<Fate>(fate)));
}

ht_code_t ht_queue_release_all(ht_queue_t* queue, ht_fate_t fate) {
  return to_c(cpp(queue).release_all(static_cast<Fate>(fate)));
}

ht_queue_stats_t ht_queue_stats(ht_queue_t* queue) {
  const QueueStats from = cpp(queue).stats();
  ht_queue_stats_t stats = {};
  stats.pending = from.pending;
  stats.used_bytes = from.used_bytes;
  stats.capacity_bytes = from.capacity_bytes;
  stats.oldest = time_to_c(from.oldest.value_or(SampleTime()));
  stats.newest = time_to_c(from.newest.value_or(SampleTime()));
  stats.last_id = from.last_id;
  std::memcpy(stats.left, from.left.data(), sizeof(stats.left));
  return stats;
}

uint32_t ht_queue_pending(const ht_queue_t* queue) {
  return cpp(queue).pending();
}
