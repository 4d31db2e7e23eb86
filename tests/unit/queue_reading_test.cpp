// SPDX-License-Identifier: Apache-2.0
#include "here_tracking/queue.hpp"

#include "support/catch.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ht = here_tracking;

namespace {

/// A queue of samples 1, 2, 3, ... in RAM.
class Device {
 public:
  explicit Device(ht::DrainOrder order) : queue_(sectors_, table_, {{}, order}) {
    REQUIRE(queue_.clear().ok());
  }

  void append(int number) {
    for (int i = 0; i < number; ++i) {
      ++last_;
      const std::string text = R"({"payload":{"number":)" + std::to_string(last_) + "}";
      REQUIRE(queue_.append(text, {1767225600000 + last_ * 60000, 0}).ok());
    }
  }

  void release_one() {
    ht::QueueBatch batch;
    REQUIRE(queue_.next(batch, {1}).ok());
    REQUIRE(queue_.release(batch, ht::Fate::delivered).ok());
  }

  void damage(int number) {
    const std::string text = R"("number":)" + std::to_string(number) + "}";
    const auto found = std::search(memory_.begin(), memory_.end(), text.begin(), text.end());
    REQUIRE(found != memory_.end());
    *found = 0;
  }

  std::vector<std::uint32_t> read_all(std::uint32_t max_samples) {
    std::vector<std::uint32_t> ids;
    ht::BatchLimits limits;
    limits.max_samples = max_samples;
    limits.only_to_read = true;
    for (ht::QueueBatch batch; queue_.next(batch, limits).ok();) {
      std::string body(batch.size(), ' ');
      REQUIRE(batch.read(0, {body.data(), body.size()}) == body.size());
      for (std::uint32_t id = batch.first_id(); id <= batch.last_id(); ++id) {
        if (body.find(R"("number":)" + std::to_string(id) + "}") != std::string::npos)
          ids.push_back(id);
      }
      limits.first_id = batch.last_id() + 1;
    }
    return ids;
  }

  ht::SampleQueue& queue() { return queue_; }

 private:
  std::vector<std::uint8_t> memory_ = std::vector<std::uint8_t>(8192, 0xff);
  ht::RamSectors sectors_{{memory_.data(), memory_.size()}, 1024};
  std::array<ht::QueueSector, 8> table_;
  ht::SampleQueue queue_;
  int last_ = 0;
};

}  // namespace

TEST_CASE("Queue: who only reads gets all that waits, oldest first, past any number of gaps") {
  Device device(ht::DrainOrder::live_first);
  for (int i = 0; i < 4; ++i) {
    device.append(2);
    device.release_one();  // the newer one
  }
  device.append(1);
  const std::uint32_t max_samples = GENERATE(1, 2, 16);
  CHECK(device.read_all(max_samples) == std::vector<std::uint32_t>{1, 3, 5, 7, 9});
  CHECK(device.queue().pending() == 5);
}

TEST_CASE("Queue: what cannot be read stays, and who only reads gets the rest") {
  Device device(GENERATE(ht::DrainOrder::oldest_first, ht::DrainOrder::live_first));
  device.append(6);
  for (const int number : {1, 3, 6})
    device.damage(number);
  CHECK(device.read_all(GENERATE(1, 16)) == std::vector<std::uint32_t>{2, 4, 5});
  CHECK(device.queue().pending() == 6);
  CHECK(device.queue().left(ht::Fate::corrupted) == 0);
}
