// SPDX-License-Identifier: Apache-2.0
#include "here_tracking/queue.hpp"

#include "core/queue_format.hpp"
#include "support/catch.hpp"
#include "support/counting_sectors.hpp"
#include "support/failing_sectors.hpp"
#include "support/nor_model.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <memory>
#include <random>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace {

namespace ht = here_tracking;
using ht::Code;
using ht::Fate;

constexpr std::int64_t noon = 1767225600000;

/// A queue on a storage, which can be restarted.
class Device {
 public:
  explicit Device(const ht::SectorGeometry& geometry = {1024, 4, 4},
                  const ht::QueueConfig& config = {})
      : flash(geometry), config_(config), table_(geometry.sector_count) {
    restart();
  }

  ~Device() { CHECK(std::string(flash.broken_rule()).empty()); }

  void restart() { restart(config_); }
  void restart(const ht::QueueConfig& config) {
    queue_ = std::make_unique<ht::SampleQueue>(flash, table(), config);
    REQUIRE(queue_->open().ok());
  }
  ht::Span<ht::QueueSector> table() { return {table_.data(), table_.size()}; }
  ht::SampleQueue& queue() { return *queue_; }
  ht::SampleQueue* operator->() { return queue_.get(); }

  /// Samples of about 100 bytes, a second apart.
  ht::Status append(int number) { return queue_->append(text(number), {noon + number * 1000, 0}); }
  void append(int first, int last) {
    for (int i = first; i <= last; ++i)
      REQUIRE(append(i).ok());
  }
  static std::string text(int number) {
    return R"({"payload":{"n":)" + std::to_string(number) + R"(,"x":")" + std::string(40, 'x') +
           "\"}";
  }

  NorModel flash;

 private:
  ht::QueueConfig config_;
  std::vector<ht::QueueSector> table_;
  std::unique_ptr<ht::SampleQueue> queue_;
};

std::string read(ht::QueueBatch& batch, std::size_t piece = 7) {
  std::string body;
  std::vector<char> buffer(piece);
  for (std::size_t n = 0; (n = batch.read(body.size(), {buffer.data(), piece})) > 0;)
    body.append(buffer.data(), n);
  return body;
}

/// Sends all, and says in which order.
std::vector<std::uint32_t> drain(ht::SampleQueue& queue, const ht::BatchLimits& limits = {}) {
  std::vector<std::uint32_t> ids;
  ht::QueueBatch batch;
  while (queue.next(batch, limits).ok()) {
    ids.push_back(batch.first_id());
    if (batch.last_id() != batch.first_id()) ids.push_back(batch.last_id());
    REQUIRE(queue.release(batch, Fate::delivered).ok());
    REQUIRE(ids.size() < 10000);
  }
  return ids;
}

std::uint32_t gone(const ht::QueueStats& stats) {
  std::uint32_t sum = 0;
  for (const std::uint32_t count : stats.left)
    sum += count;
  return sum;
}

using Ids = std::vector<std::uint32_t>;

}  // namespace

TEST_CASE("Queue: what was appended comes back, in order, with its time") {
  Device device;
  REQUIRE(device->append("{", {noon, 0}).ok());
  REQUIRE(device->append(R"({"position":{"lat":1})", {noon + 1000, 0}).ok());
  ht::QueueBatch batch;
  REQUIRE(device->next(batch).ok());
  CHECK(batch.count() == 2);
  CHECK(batch.first_id() == 1);
  CHECK(batch.last_id() == 2);
  CHECK(batch.first_ms() == noon);
  CHECK(batch.last_ms() == noon + 1000);
  CHECK(batch.time_known());
  const std::string body =
      R"([{"timestamp":1767225600000},{"position":{"lat":1},"timestamp":1767225601000}])";
  CHECK(batch.size() == body.size());
  CHECK(read(batch, 1) == body);
  CHECK(read(batch, 7) == body);
  CHECK(read(batch, 1000) == body);
}

TEST_CASE("Queue: a batch is read from any offset, again and again") {
  Device device;
  device.append(1, 8);
  ht::QueueBatch batch;
  REQUIRE(device->next(batch).ok());
  const std::string body = read(batch);
  REQUIRE(body.size() == batch.size());
  std::array<char, 64> piece{};
  for (const std::size_t offset : {500U, 0U, 13U, 499U, 700U, 20U}) {
    const std::size_t n = batch.read(offset, piece);
    CHECK(std::string_view(piece.data(), n) == std::string_view(body).substr(offset, n));
    CHECK(n > 0);
  }
  CHECK(batch.read(body.size(), piece) == 0);
  CHECK(batch.read(body.size() + 1, piece) == 0);
}

TEST_CASE("Queue: samples survive a restart, and so do releases, counts and ids") {
  Device device;
  device.append(1, 10);
  ht::QueueBatch batch;
  ht::BatchLimits limits;
  limits.max_samples = 4;
  REQUIRE(device->next(batch, limits).ok());
  REQUIRE(device->release(batch, Fate::delivered).ok());
  device.restart();
  CHECK(device->pending() == 6);
  const ht::QueueStats stats = device->stats();
  CHECK(stats.count(Fate::delivered) == 4);
  CHECK(stats.last_id == 10);
  CHECK(stats.oldest->ms == noon + 5000);
  CHECK(stats.newest->ms == noon + 10000);
  CHECK(stats.oldest->boot_id == 0);
  CHECK(stats.capacity_bytes == 4096);
  CHECK(stats.used_bytes == 2048);
  REQUIRE(device.append(11).ok());
  CHECK(device->stats().last_id == 11);
  CHECK(drain(device.queue()) == Ids{5, 11});
  device.restart();
  CHECK(device->pending() == 0);
  CHECK(device->stats().count(Fate::delivered) == 11);
  CHECK_FALSE(device->stats().oldest);
}

TEST_CASE("Queue: open() writes nothing") {
  Device device;
  device.append(1, 12);
  const std::vector<std::uint8_t> before = device.flash.cells();
  device.restart();
  CHECK(device.flash.cells() == before);
}

TEST_CASE("Queue: a geometry out of range is refused, and a table that is too small") {
  std::array<ht::QueueSector, 4> table;
  const auto open = [&](const ht::SectorGeometry& geometry, std::size_t sectors) {
    NorModel flash(geometry);
    ht::SampleQueue queue(flash, {table.data(), sectors});
    CHECK(queue.append("{", {noon, 0}) == Code::no_data);
    ht::QueueBatch batch;
    CHECK(queue.next(batch) == Code::no_data);
    CHECK(queue.set_time_base({1, 1}) == Code::no_data);
    CHECK(queue.release_all(Fate::purged) == Code::no_data);
    const ht::Status status = queue.open();
    CHECK(queue.clear() == status);
    return status;
  };
  CHECK(open({512, 3, 1}, 3).ok());
  CHECK(open({512, 3, 64}, 3).ok());
  CHECK(open({512, 3, 1}, 2) == Code::buffer_too_small);
  CHECK(open({512, 2, 1}, 4) == Code::invalid_value);
  CHECK(open({256, 4, 1}, 4) == Code::invalid_value);
  CHECK(open({512, 4, 3}, 4) == Code::invalid_value);
  CHECK(open({512, 4, 128}, 4) == Code::invalid_value);
  CHECK(open({520, 4, 16}, 4) == Code::invalid_value);
  ht::NoSectorStorage none;
  ht::SampleQueue queue(none, table);
  CHECK(queue.open() == Code::not_provided);
  CHECK(queue.clear() == Code::not_provided);
}

TEST_CASE("Queue: storage of a later version, or of another geometry, is left alone") {
  Device device({1024, 4, 1});
  device.append(1, 3);
  const auto reopen = [&](const ht::SectorGeometry& geometry) {
    NorModel flash(geometry);
    std::copy(device.flash.cells().begin(), device.flash.cells().end(), flash.cells().begin());
    std::vector<ht::QueueSector> table(geometry.sector_count);
    ht::SampleQueue queue(flash, {table.data(), table.size()});
    const ht::Status status = queue.open();
    CHECK(std::equal(device.flash.cells().begin(), device.flash.cells().end(),
                     flash.cells().begin()));
    if (status == Code::queue_foreign) {
      CHECK(queue.append("{", {noon, 0}) == Code::no_data);
      CHECK(queue.clear().ok());
      CHECK(queue.append("{", {noon, 0}).ok());
    }
    return status;
  };
  CHECK(reopen({1024, 4, 1}).ok());
  CHECK(reopen({1024, 4, 8}) == Code::queue_foreign);
  CHECK(reopen({2048, 4, 1}) == Code::queue_foreign);
}

TEST_CASE("Queue: clear() empties it and forgets what was counted") {
  Device device;
  device.append(1, 10);
  drain(device.queue());
  device.append(11, 12);
  REQUIRE(device->clear().ok());
  CHECK(device->pending() == 0);
  CHECK(gone(device->stats()) == 0);
  CHECK(device->stats().last_id == 0);
  CHECK(device->stats().used_bytes == 0);
  REQUIRE(device.append(1).ok());
  CHECK(drain(device.queue()) == Ids{1});
}

TEST_CASE("Queue: times that stand still or step back a little are set apart") {
  Device device;
  for (const std::int64_t ms : {noon, noon, noon - 4998, noon - 20000, noon + 1})
    REQUIRE(device->append("{", {ms, 0}).ok());
  device.restart();
  REQUIRE(device->append("{", {noon + 1, 0}).ok());
  ht::QueueBatch batch;
  REQUIRE(device->next(batch).ok());
  // Too far back to be a correction of the clock: a batch ends before it.
  CHECK(read(batch) == R"([{"timestamp":1767225600000},{"timestamp":1767225600001},)"
                       R"({"timestamp":1767225600002}])");
  REQUIRE(device->release(batch, Fate::delivered).ok());
  REQUIRE(device->next(batch).ok());
  CHECK(read(batch) == R"([{"timestamp":1767225580000},{"timestamp":1767225600001},)"
                       R"({"timestamp":1767225600002}])");
}

TEST_CASE(
    "Queue: samples that come faster than one a millisecond do not run away from their time") {
  Device device;
  for (int i = 0; i < 12000; ++i) {
    REQUIRE(device->append("{", {noon, 0}).ok());
    REQUIRE(device->stats().newest->ms <= noon + 5001);
  }
}

TEST_CASE("Queue: times of different clocks are not compared") {
  Device device;
  REQUIRE(device->append("{", {5000, 7}).ok());
  REQUIRE(device->append("{", {5000, 7}).ok());
  REQUIRE(device->append("{", {5000, 8}).ok());
  REQUIRE(device->append("{", {5000, 0}).ok());
  REQUIRE(device->set_time_base({7, noon}).ok());
  REQUIRE(device->set_time_base({8, noon}).ok());
  ht::QueueBatch batch;
  REQUIRE(device->next(batch).ok());
  CHECK(batch.count() == 2);
  CHECK(batch.first_ms() == noon + 5000);
  CHECK(batch.last_ms() == noon + 5001);
}

TEST_CASE("Queue: a sample without a known time comes alone, and has no body") {
  Device device;
  REQUIRE(device.append(1).ok());
  REQUIRE(device->append("{", {1000, 7}).ok());
  REQUIRE(device->append("{", {2000, 7}).ok());
  CHECK(device->stats().newest->boot_id == 7);
  ht::QueueBatch batch;
  REQUIRE(device->next(batch).ok());
  CHECK(batch.count() == 1);
  CHECK(batch.time_known());
  REQUIRE(device->release(batch, Fate::delivered).ok());
  REQUIRE(device->next(batch).ok());
  CHECK(batch.count() == 1);
  CHECK(batch.first_id() == 2);
  CHECK_FALSE(batch.time_known());
  CHECK(batch.size() == 0);
  std::array<char, 8> piece{};
  CHECK(batch.read(0, piece) == 0);
  REQUIRE(device->release(batch, Fate::time_unknown).ok());
  CHECK(device->stats().count(Fate::time_unknown) == 1);
}

TEST_CASE("Queue: what waits gets its time afterwards, and keeps it over a restart") {
  Device device;
  REQUIRE(device->append("{", {1000, 7}).ok());
  REQUIRE(device->set_time_base({7, noon}).ok());
  REQUIRE(device->set_time_base({7, noon + 5}).ok());
  device.restart();
  REQUIRE(device->set_time_base({7, noon + 5}).ok());
  REQUIRE(device->append("{", {2000, 7}).ok());
  ht::QueueBatch batch;
  REQUIRE(device->next(batch).ok());
  CHECK(read(batch) == R"([{"timestamp":1767225601000},{"timestamp":1767225602000}])");
  CHECK(device->stats().oldest->boot_id == 0);
  CHECK(device->stats().oldest->ms == noon + 1000);
}

TEST_CASE("Queue: a time base costs nothing when no sample waits for it") {
  Device device;
  device.append(1, 2);
  const std::uint64_t before = device.flash.operations();
  REQUIRE(device->set_time_base({7, noon}).ok());
  REQUIRE(device->set_time_base({7, noon + 1}).ok());
  CHECK(device.flash.operations() == before);
  CHECK(device->set_time_base({0, noon}) == Code::invalid_value);
}

TEST_CASE("Queue: four time bases are kept, those that samples wait for before others") {
  Device device;
  for (const std::uint64_t boot : {1U, 2U, 3U}) {
    REQUIRE(device->append("{", {1000 * static_cast<std::int64_t>(boot), boot}).ok());
    REQUIRE(device->set_time_base({boot, noon}).ok());
  }
  for (const std::uint64_t boot : {11U, 12U, 13U, 14U, 15U})
    REQUIRE(device->set_time_base({boot, noon}).ok());
  ht::QueueBatch batch;
  REQUIRE(device->next(batch).ok());
  CHECK(batch.count() == 3);
}

TEST_CASE("Queue: limits choose what may be in a batch") {
  Device device({4096, 4, 4});
  device.append(1, 20);
  ht::QueueBatch batch;
  ht::BatchLimits limits;
  REQUIRE(device->next(batch, limits).ok());
  CHECK(batch.count() == 16);
  limits.max_bytes = 300;
  REQUIRE(device->next(batch, limits).ok());
  CHECK(batch.count() == 3);
  CHECK(batch.size() <= 300);
  limits.max_bytes = 10;
  REQUIRE(device->next(batch, limits).ok());
  CHECK(batch.count() == 1);
  limits = {};
  limits.first_id = 5;
  limits.last_id = 7;
  REQUIRE(device->next(batch, limits).ok());
  CHECK(batch.first_id() == 5);
  CHECK(batch.last_id() == 7);
  REQUIRE(device->release(batch, Fate::quarantined).ok());
  CHECK(device->next(batch, limits) == Code::no_data);
  limits = {};
  REQUIRE(device->next(batch, limits).ok());
  // What left is passed over.
  CHECK(batch.first_id() == 1);
  CHECK(batch.last_id() == 19);
  CHECK(batch.count() == 16);
  limits.first_id = 21;
  CHECK(device->next(batch, limits) == Code::no_data);
  CHECK(device->release(batch, Fate::delivered) == Code::no_data);
}

TEST_CASE("Queue: a sample may be as long as max_sample_bytes(), and no longer") {
  for (const std::uint32_t unit : {1U, 8U, 64U}) {
    Device device({512, 3, unit});
    const std::size_t max = device->max_sample_bytes();
    std::string longest(max, ' ');
    longest[0] = '{';
    REQUIRE(device->append(longest, {1, 9}).ok());
    CHECK(device->append(longest + ' ', {2, 9}) == Code::buffer_too_small);
    CHECK(device->append("", {2, 9}) == Code::invalid_value);
    std::string into(max, '\0');
    std::size_t size = 0;
    std::size_t note = 0;
    REQUIRE(device->text(1, {into.data(), max}, size, {}, note).ok());
    CHECK(into == longest);
    CHECK(device->text(1, {into.data(), max - 1}, size, {}, note) == Code::buffer_too_small);
    CHECK(size == max);
    CHECK(device->text(2, {into.data(), max}, size, {}, note) == Code::no_data);
  }
}

TEST_CASE("Queue: a note stays with its sample and is not sent") {
  Device device;
  REQUIRE(device->append("{", {noon, 0}, "captured at the gate").ok());
  REQUIRE(device->append("{", {noon + 1, 0}, std::string(200, 'n')).ok());
  ht::QueueBatch batch;
  REQUIRE(device->next(batch).ok());
  CHECK(read(batch) == R"([{"timestamp":1767225600000},{"timestamp":1767225600001}])");
  std::array<char, 8> text{};
  std::array<char, 200> note{};
  std::size_t size = 0;
  std::size_t note_size = 0;
  REQUIRE(device->text(1, text, size, note, note_size).ok());
  CHECK(std::string_view(text.data(), size) == "{");
  CHECK(std::string_view(note.data(), note_size) == "captured at the gate");
  REQUIRE(device->text(1, text, size, {note.data(), 8}, note_size).ok());
  CHECK(note_size == 8);
  REQUIRE(device->text(2, text, size, note, note_size).ok());
  CHECK(note_size == ht::SampleQueue::max_note_bytes);
}

TEST_CASE("Queue: an append costs one sync, and a release one") {
  Device device({4096, 4, 4});
  REQUIRE(device.append(1).ok());
  std::uint64_t before = device.flash.syncs;
  REQUIRE(device.append(2).ok());
  CHECK(device.flash.syncs == before + 1);
  ht::QueueBatch batch;
  REQUIRE(device->next(batch).ok());
  before = device.flash.syncs;
  REQUIRE(device->release(batch, Fate::delivered).ok());
  CHECK(device.flash.syncs == before + 1);
}

TEST_CASE("Queue full, oldest: a sector of the oldest gives way, and is counted") {
  Device device({1024, 4, 4});
  device.append(1, 100);
  const ht::QueueStats stats = device->stats();
  CHECK(stats.pending + stats.count(Fate::dropped_oldest) == 100);
  CHECK(stats.pending >= 8);
  CHECK(stats.newest->ms == noon + 100000);
  device.restart();
  CHECK(device->pending() == stats.pending);
  CHECK(device->stats().left == stats.left);
  drain(device.queue());
  CHECK(device->stats().count(Fate::delivered) == stats.pending);
}

TEST_CASE("Queue full, newest: what comes is refused and counted, and the count is kept") {
  Device device({1024, 4, 4}, {ht::DropPolicy::newest, ht::DrainOrder::oldest_first});
  int taken = 0;
  while (device.append(taken + 1).ok())
    ++taken;
  CHECK(taken > 8);
  CHECK(device.append(taken + 1) == Code::queue_full);
  CHECK(device->stats().count(Fate::dropped_newest) == 2);
  CHECK(device->pending() == static_cast<std::uint32_t>(taken));
  ht::QueueBatch batch;
  REQUIRE(device->next(batch).ok());
  REQUIRE(device->release(batch, Fate::delivered).ok());
  device.restart();
  CHECK(device->stats().count(Fate::dropped_newest) == 2);
  drain(device.queue());
  REQUIRE(device.append(taken + 1).ok());
  CHECK(device->stats().last_id == static_cast<std::uint32_t>(taken) + 1);
}

TEST_CASE("Queue full, thin_out: the first and the last stay, and some of all between") {
  Device device({1024, 8, 4}, {ht::DropPolicy::thin_out, ht::DrainOrder::oldest_first});
  device.append(1, 1000);
  const ht::QueueStats stats = device->stats();
  CHECK(stats.pending + stats.count(Fate::thinned_out) == 1000);
  CHECK(stats.count(Fate::dropped_oldest) == 0);
  CHECK(stats.oldest->ms == noon + 1000);
  CHECK(stats.newest->ms == noon + 1000000);
  device.restart();
  CHECK(device->pending() == stats.pending);
  CHECK(device->stats().left == stats.left);
  drain(device.queue());
  CHECK(device->stats().count(Fate::delivered) == stats.pending);
  device.restart();
  CHECK(device->pending() == 0);
  CHECK(gone(device->stats()) == 1000);
}

TEST_CASE("Queue: live_first sends the newest batch and then the backlog") {
  Device device({4096, 8, 4}, {ht::DropPolicy::oldest, ht::DrainOrder::live_first});
  device.append(1, 40);
  ht::BatchLimits limits;
  limits.max_samples = 10;
  ht::QueueBatch batch;
  const auto send = [&] {
    REQUIRE(device->next(batch, limits).ok());
    REQUIRE(device->release(batch, Fate::delivered).ok());
    return Ids{batch.first_id(), batch.last_id()};
  };
  CHECK(send() == Ids{31, 40});
  CHECK(send() == Ids{1, 10});
  device.append(41, 43);
  CHECK(send() == Ids{41, 43});
  CHECK(send() == Ids{11, 20});
  device.restart({ht::DropPolicy::oldest, ht::DrainOrder::live_first});
  CHECK(send() == Ids{21, 30});
  CHECK(device->pending() == 0);
}

TEST_CASE("Queue: live_first keeps within the bytes, and goes on oldest first when it must") {
  Device device({4096, 8, 4}, {ht::DropPolicy::oldest, ht::DrainOrder::live_first});
  ht::BatchLimits limits;
  limits.max_samples = 10;
  limits.max_bytes = 400;
  ht::QueueBatch batch;
  int number = 0;
  std::vector<std::uint32_t> first;
  for (int round = 0; round < 6; ++round) {
    device.append(number + 1, number + 20);
    number += 20;
    REQUIRE(device->next(batch, limits).ok());
    CHECK(batch.size() <= 400);
    CHECK(batch.count() == 4);
    first.push_back(batch.first_id());
    REQUIRE(device->release(batch, Fate::delivered).ok());
  }
  CHECK(first == Ids{17, 37, 57, 77, 1, 5});
  drain(device.queue(), limits);
  CHECK(device->pending() == 0);
  CHECK(device->stats().count(Fate::delivered) == 120);
}

TEST_CASE("Queue: a damaged text leaves as corrupted and nothing else does") {
  Device device({4096, 4, 4});
  device.append(1, 5);
  // The third one's text.
  const std::string wanted = Device::text(3);
  auto& cells = device.flash.cells();
  const auto found = std::search(cells.begin(), cells.end(), wanted.begin(), wanted.end());
  REQUIRE(found != cells.end());
  found[12] ^= 1;
  std::array<char, 200> text{};
  std::size_t size = 0;
  std::size_t note = 0;
  CHECK(device->text(3, text, size, {}, note) == Code::hook_failed);
  CHECK(drain(device.queue()) == Ids{1, 2, 4, 5});
  CHECK(device->stats().count(Fate::corrupted) == 1);
  CHECK(device->stats().count(Fate::delivered) == 4);
}

TEST_CASE("Queue: damaged headers leave as corrupted, once, also over restarts") {
  const bool live = GENERATE(false, true);
  Device device({1024, 4, 4}, {ht::DropPolicy::oldest,
                               live ? ht::DrainOrder::live_first : ht::DrainOrder::oldest_first});
  device.append(1, 7);
  // Record headers stand in front of the texts.
  for (const int number : {2, 3, 6}) {
    const std::string wanted = Device::text(number);
    auto& cells = device.flash.cells();
    const auto found = std::search(cells.begin(), cells.end(), wanted.begin(), wanted.end());
    REQUIRE(found != cells.end());
    found[-20] ^= 1;
  }
  device.restart();
  CHECK(device->pending() == 7);
  drain(device.queue());
  device.restart();
  const ht::QueueStats stats = device->stats();
  CHECK(stats.pending == 0);
  CHECK(stats.count(Fate::corrupted) == 3);
  CHECK(stats.count(Fate::delivered) == 4);
}

TEST_CASE("Queue: a lost sector is counted, and the others are still sent") {
  Device device({1024, 4, 4});
  device.append(1, 15);
  const std::uint32_t lost = GENERATE(0U, 1U);
  device.flash.cell(lost, 5) ^= 1;
  device.restart();
  drain(device.queue());
  const ht::QueueStats stats = device->stats();
  CHECK(stats.count(Fate::corrupted) > 0);
  CHECK(gone(stats) == 15);
}

TEST_CASE("Queue: purge lets all go") {
  Device device;
  device.append(1, 10);
  REQUIRE(device->release_all(Fate::purged).ok());
  CHECK(device->pending() == 0);
  CHECK(device->stats().count(Fate::purged) == 10);
  CHECK(device->release_all(Fate::purged) == Code::no_data);
  device.restart();
  CHECK(device->pending() == 0);
}

TEST_CASE("Queue: never stuck, in the smallest storage, however it is used") {
  const auto policy =
      GENERATE(ht::DropPolicy::oldest, ht::DropPolicy::newest, ht::DropPolicy::thin_out);
  const auto order = GENERATE(ht::DrainOrder::oldest_first, ht::DrainOrder::live_first);
  const auto unit = GENERATE(1U, 8U, 64U);
  const auto sectors = GENERATE(3U, 4U);
  Device device({512, sectors, unit}, {policy, order});
  std::mt19937 random(unit + sectors);
  CAPTURE(static_cast<int>(policy), static_cast<int>(order), unit, sectors);
  int number = 0;
  std::uint32_t appended = 0;
  for (int round = 0; round < 300; ++round) {
    for (auto n = random() % 12; n > 0; --n) {
      const std::string text = "{" + std::string(random() % (device->max_sample_bytes() - 1), ' ');
      const ht::Status status = device->append(text, {noon + ++number * 1000, 0});
      if (status.ok())
        ++appended;
      else
        REQUIRE((status == Code::queue_full && policy == ht::DropPolicy::newest));
    }
    ht::BatchLimits limits;
    limits.max_samples = static_cast<std::uint32_t>(1 + random() % 3);
    for (auto n = random() % 12; n > 0 && device->pending() > 0; --n) {
      ht::QueueBatch batch;
      REQUIRE(device->next(batch, limits).ok());
      REQUIRE(read(batch).size() == batch.size());
      REQUIRE(device->release(batch, Fate::delivered).ok());
    }
    if (random() % 8 == 0) {
      const std::uint32_t pending = device->pending();
      const ht::QueueStats stats = device->stats();
      device.restart({policy, order});
      REQUIRE(device->pending() == pending);
      if (policy != ht::DropPolicy::newest) REQUIRE(device->stats().left == stats.left);
    }
    const ht::QueueStats stats = device->stats();
    CAPTURE(round, stats.left);
    REQUIRE(gone(stats) - stats.count(Fate::dropped_newest) + stats.pending == appended);
  }
  drain(device.queue());
  CHECK(device->pending() == 0);
  REQUIRE(device->append("{", {noon + ++number * 1000, 0}).ok());
}

TEST_CASE("Queue: goes on after any call of the storage failed, without a restart") {
  const auto policy =
      GENERATE(ht::DropPolicy::oldest, ht::DropPolicy::newest, ht::DropPolicy::thin_out);
  const auto sectors = GENERATE(3U, 5U);
  for (std::uint64_t operation = 0; operation < 150; ++operation) {
    CAPTURE(static_cast<int>(policy), sectors, operation);
    Device device({512, sectors, 4}, {policy, ht::DrainOrder::live_first});
    device.flash.cut_after(operation, 3);
    std::uint32_t taken = 0;
    std::uint32_t failed = 0;
    const auto recover = [&] {
      if (!device.flash.cut()) return false;
      device.flash.restart(0);
      ++failed;
      return true;
    };
    for (int i = 1; i <= 30; ++i) {
      ht::Status status = device->append("{", {noon + i * 1000, 0});
      if (recover()) {
        REQUIRE(status == Code::hook_failed);
        status = device->append("{", {noon + i * 1000, 0});
      }
      if (status.ok())
        ++taken;
      else
        REQUIRE(status == Code::queue_full);
      if (i % 10 != 0) continue;
      ht::QueueBatch batch;
      ht::BatchLimits limits;
      limits.max_samples = 2;
      REQUIRE(device->next(batch, limits).ok());
      status = device->release(batch, Fate::delivered);
      if (recover()) {
        REQUIRE(status == Code::hook_failed);
        REQUIRE(device->release(batch, Fate::delivered).ok());
      }
      REQUIRE(device->stats().pending + gone(device->stats()) -
                  device->stats().count(Fate::dropped_newest) ==
              taken);
    }
    REQUIRE(failed <= 1);
    device.flash.restart(0);
    const ht::QueueStats stats = device->stats();
    device.restart();
    REQUIRE(device->pending() == stats.pending);
    REQUIRE(device->stats().last_id == taken);
    drain(device.queue());
    REQUIRE(device->stats().count(Fate::corrupted) == 0);
    REQUIRE(gone(device->stats()) - device->stats().count(Fate::dropped_newest) == taken);
  }
}

TEST_CASE("Queue: one sector that can no longer be written does not stop it, without a restart") {
  const auto policy =
      GENERATE(ht::DropPolicy::oldest, ht::DropPolicy::newest, ht::DropPolicy::thin_out);
  CAPTURE(static_cast<int>(policy));
  constexpr std::uint32_t sector_count = 6;
  CountingSectors good({1024, sector_count, 1});
  FailingSectors storage(good);
  std::array<ht::QueueSector, sector_count> table;
  ht::SampleQueue queue(storage, table, {policy, ht::DrainOrder::oldest_first});
  REQUIRE(queue.open().ok());
  const std::string text = "{\"payload\":\"" + std::string(95, 'x') + '"';  // 5 a sector
  int number = 0;
  const auto append = [&] {
    ++number;
    return queue.append(text, {noon + number * 1000, 0});
  };
  // Until one sector alone is free. That one breaks.
  while (queue.stats().used_bytes < (sector_count - 1) * 1024)
    REQUIRE(append().ok());
  storage.worn_sector = sector_count - 1;
  for (int i = 0; i < 6; ++i)
    (void)append();

  ht::QueueBatch batch;
  ht::BatchLimits limits;
  limits.max_samples = 1;
  int failed = 0;
  while (queue.next(batch, limits).ok() && failed < 10) {
    if (!queue.release(batch, Fate::delivered).ok()) ++failed;
  }
  CHECK(queue.pending() == 0);
  CHECK(failed <= 3);
  int taken = 0;
  for (int i = 0; i < 10; ++i) {  // two sectors full
    if (append().ok() || append().ok()) ++taken;
  }
  CHECK(taken == 10);
}

TEST_CASE("Queue: all sectors wear alike") {
  Device device({1024, 5, 4});
  for (int i = 1; i <= 1000; ++i) {
    REQUIRE(device.append(i).ok());
    if (i % 3 == 0) drain(device.queue());
  }
  const auto& erases = device.flash.erases;
  const auto extremes = std::minmax_element(erases.begin(), erases.end());
  CHECK(*extremes.first > 20);
  CHECK(*extremes.second - *extremes.first <= 1);
}

TEST_CASE("Queue: a queue in RAM survives a reset that keeps the memory, and garbage is no queue") {
  std::vector<std::uint8_t> memory(2048, 0x5a);
  std::array<ht::QueueSector, 4> table;
  ht::RamSectors ram({memory.data(), memory.size()}, 512);
  CHECK(ram.geometry().sector_count == 4);
  ht::SampleQueue queue(ram, table);
  REQUIRE(queue.open().ok());
  CHECK(queue.pending() == 0);
  REQUIRE(queue.append("{", {noon, 0}).ok());
  ht::SampleQueue after(ram, table);
  REQUIRE(after.open().ok());
  CHECK(after.pending() == 1);
}

TEST_CASE("Queue: fates have names") {
  CHECK(std::string(ht::to_string(Fate::delivered)) == "delivered");
  CHECK(std::string(ht::to_string(Fate::corrupted)) == "corrupted");
  for (std::size_t i = 0; i < ht::fate_count; ++i)
    CHECK_FALSE(std::string(ht::to_string(static_cast<Fate>(i))).empty());
}

namespace {

// tests/data/queue_v1: what version 1 wrote, and what is read from it. Made anew by
//   cd tests/data/queue_v1 && .../unit_tests "Queue: makes the image of its format"
// when the format gets another version, into a new directory.
constexpr std::uint32_t golden_sectors = 5;
constexpr std::uint32_t golden_sector_bytes = 512;
const ht::QueueConfig golden_config = {ht::DropPolicy::thin_out, ht::DrainOrder::live_first};

std::string file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// All that can be read from a queue, which is empty then.
std::string told_by(ht::SampleQueue& queue) {
  std::ostringstream out;
  const ht::QueueStats stats = queue.stats();
  out << "pending " << stats.pending << ", last_id " << stats.last_id << '\n';
  for (std::size_t i = 0; i < ht::fate_count; ++i)
    out << to_string(static_cast<Fate>(i)) << ' ' << stats.left[i] << '\n';
  for (std::uint32_t id = 1; id <= stats.last_id; ++id) {
    std::array<char, 100> text{};
    std::array<char, 100> note{};
    std::size_t size = 0;
    std::size_t note_size = 0;
    if (!queue.text(id, text, size, note, note_size).ok()) continue;
    out << id << ' ' << std::string_view(text.data(), size)
        << " note: " << std::string_view(note.data(), note_size) << '\n';
  }
  ht::QueueBatch batch;
  while (queue.next(batch).ok()) {
    out << read(batch) << '\n';
    REQUIRE(queue.release(batch, batch.time_known() ? Fate::delivered : Fate::time_unknown).ok());
  }
  return out.str();
}

}  // namespace

// With HERE_TRACKING_IMAGE=DIRECTORY in the environment it writes there.
TEST_CASE("Queue: makes the image of its format", "[.]") {
  const char* const directory = std::getenv("HERE_TRACKING_IMAGE");
  if (directory == nullptr) return;
  std::vector<std::uint8_t> memory(golden_sectors * golden_sector_bytes);
  std::array<ht::QueueSector, golden_sectors> table;
  ht::RamSectors ram({memory.data(), memory.size()}, golden_sector_bytes);
  ht::SampleQueue queue(ram, table, golden_config);
  REQUIRE(queue.clear().ok());
  const auto append = [&](int number, std::uint64_t boot, std::string_view note) {
    const std::int64_t ms = number * 1000;
    const std::string text = R"({"payload":{"n":)" + std::to_string(number) + "}";
    REQUIRE(queue.append(text, {boot == 0 ? noon + ms : ms, boot}, note).ok());
  };
  const auto release = [&](std::uint32_t max_samples, Fate fate) {
    ht::BatchLimits limits;
    limits.max_samples = max_samples;
    ht::QueueBatch batch;
    REQUIRE(queue.next(batch, limits).ok());
    REQUIRE(queue.release(batch, fate).ok());
  };
  append(1, 7, "at the gate");
  append(2, 9, "");
  REQUIRE(queue.set_time_base({7, noon}).ok());
  for (int i = 3; i <= 24; ++i)
    append(i, 0, i % 3 == 0 ? "a note" : "");
  release(2, Fate::delivered);
  append(25, 0, "");
  release(1, Fate::quarantined);
  append(26, 0, "the newest");
  std::ofstream(std::string(directory) + "/image.bin", std::ios::binary)
      .write(reinterpret_cast<const char*>(memory.data()),
             static_cast<std::streamsize>(memory.size()));
  std::ofstream(std::string(directory) + "/content.txt") << told_by(queue);
}

TEST_CASE("Queue: what version 1 of the format wrote is read") {
  const std::string directory = HERE_TRACKING_TEST_DATA "/queue_v1/";
  std::string image = file(directory + "image.bin");
  REQUIRE(image.size() == golden_sectors * golden_sector_bytes);
  std::array<ht::QueueSector, golden_sectors> table;
  ht::RamSectors ram({reinterpret_cast<std::uint8_t*>(image.data()), image.size()},
                     golden_sector_bytes);
  ht::SampleQueue queue(ram, table, golden_config);
  REQUIRE(queue.open().ok());
  CHECK(told_by(queue) == file(directory + "content.txt"));
}

TEST_CASE("Queue: a later version of the format is left alone") {
  std::string image = file(HERE_TRACKING_TEST_DATA "/queue_v1/image.bin");
  REQUIRE(image.size() == golden_sectors * golden_sector_bytes);
  // One of its sectors says version 2, with a checksum that is right.
  auto* const bytes = reinterpret_cast<std::uint8_t*>(image.data());
  bytes[4] = 2;
  const std::uint32_t crc = ht::crc32(bytes, 188);
  for (std::size_t i = 0; i < 4; ++i)
    bytes[188 + i] = static_cast<std::uint8_t>(crc >> (8 * i));
  const std::string before = image;
  std::array<ht::QueueSector, golden_sectors> table;
  ht::RamSectors ram({bytes, image.size()}, golden_sector_bytes);
  ht::SampleQueue queue(ram, table, golden_config);
  CHECK(queue.open() == Code::queue_foreign);
  CHECK(image == before);
}
