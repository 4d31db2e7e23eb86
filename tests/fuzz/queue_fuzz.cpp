// SPDX-License-Identifier: Apache-2.0
// A queue on sectors with anything in them: it opens, is used, and opens again.
#include "here_tracking/queue.hpp"

#include "core/queue_format.hpp"

#include <array>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <vector>

namespace {

namespace ht = here_tracking;

constexpr std::uint32_t sector_bytes = 512;
constexpr std::uint32_t sector_count = 5;
constexpr std::size_t header_bytes = 192;
constexpr std::size_t record_bytes = 28;

void require(bool condition) {
  if (!condition) std::abort();
}

void put_crc(std::uint8_t* bytes, std::size_t size) {
  const std::uint32_t crc = ht::crc32(bytes, size - 4);
  for (std::size_t i = 0; i < 4; ++i)
    bytes[size - 4 + i] = static_cast<std::uint8_t>(crc >> (8 * i));
}

/// Numbers of 32 bits, brought below 2^31: no device counts so far, and close to 2^32 counting
/// ends.
void lower(std::uint8_t* numbers, std::size_t size) {
  for (std::size_t i = 3; i < size; i += 4)
    numbers[i] &= 0x7fU;
}

/// Makes checksums right that nobody finds by chance: where the byte at the end of a sector says
/// so.
void put_checksums(std::uint8_t* sector) {
  const std::uint8_t wanted = sector[sector_bytes - 1];
  // From `sequence` to `generation`: docs/queue-format.md.
  lower(sector + 16, 56);
  if ((wanted & 1U) != 0) put_crc(sector, header_bytes);
  if ((wanted & 2U) == 0) return;
  for (std::size_t at = header_bytes; at + record_bytes < sector_bytes;) {
    std::uint8_t* const record = sector + at;
    const std::size_t size = record[8] % 64U;
    record[8] = static_cast<std::uint8_t>(size);
    record[9] = record[10] = record[11] = 0;
    if (at + record_bytes + size > sector_bytes) return;
    lower(record + 4, 4);
    lower(record + record_bytes, size < 12 ? size : 12);
    const std::uint32_t crc = ht::crc32(record + record_bytes, size);
    for (std::size_t i = 0; i < 4 && (wanted & 4U) != 0; ++i)
      record[12 + i] = static_cast<std::uint8_t>(crc >> (8 * i));
    put_crc(record, record_bytes);
    at += record_bytes + size;
  }
}

std::uint32_t drain(ht::SampleQueue& queue) {
  std::uint32_t batches = 0;
  ht::QueueBatch batch;
  std::array<char, 64> piece{};
  while (queue.next(batch).ok()) {
    std::size_t at = 0;
    for (std::size_t n = 0; (n = batch.read(at, piece)) > 0;)
      at += n;
    require(at == batch.size());
    require(batch.count() >= 1 && batch.first_id() <= batch.last_id());
    require(batch.count() == 1 || batch.first_ms() < batch.last_ms());
    require(queue.release(batch, ht::Fate::delivered).ok());
    require(++batches < 1000);
  }
  return batches;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  std::vector<std::uint8_t> memory(std::size_t{sector_bytes} * sector_count, 0xff);
  const std::uint8_t how = data[0];
  const std::size_t used = size - 1 < memory.size() ? size - 1 : memory.size();
  std::memcpy(memory.data(), data + 1, used);
  for (std::uint32_t i = 0; i < sector_count; ++i)
    put_checksums(memory.data() + std::size_t{i} * sector_bytes);

  ht::RamSectors storage({memory.data(), memory.size()}, sector_bytes);
  std::array<ht::QueueSector, sector_count> table;
  const ht::QueueConfig config = {static_cast<ht::DropPolicy>(how % 3U),
                                  static_cast<ht::DrainOrder>(how / 3U % 2U)};
  ht::SampleQueue queue(storage, table, config);
  const ht::Status opened = queue.open();
  if (opened == ht::Code::queue_foreign) return 0;
  require(opened.ok());
  const std::uint32_t pending = queue.pending();
  ht::SampleQueue again(storage, table, config);
  require(again.open().ok() && again.pending() == pending);
  require(queue.open().ok());

  const ht::QueueStats stats = queue.stats();
  require(stats.pending == pending && stats.used_bytes <= stats.capacity_bytes);
  std::array<char, 100> text{};
  std::array<char, 100> note{};
  std::size_t text_size = 0;
  std::size_t note_size = 0;
  (void)queue.text(stats.last_id, text, text_size, note, note_size);
  (void)queue.set_time_base({7, 1767225600000});
  for (int i = 0; i < (how >> 4); ++i) {
    const ht::Status status = queue.append(R"({"n":1)", {1767225600000, 0}, "note");
    require(status.ok() || status == ht::Code::queue_full);
  }
  drain(queue);
  require(queue.append("{", {1767225600000, 0}).ok());
  const std::uint32_t waiting = queue.pending();
  require(queue.open().ok() && queue.pending() == waiting);
  return 0;
}
