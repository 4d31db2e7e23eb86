// SPDX-License-Identifier: Apache-2.0
#include "power_loss.hpp"
#include "support/catch.hpp"
#include "support/file_model.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <optional>
#include <set>
#include <string>

namespace ht = here_tracking;

namespace {

/// A queue in files, and what it owes.
class Device {
 public:
  Device() { start(); }

  ht::Status append(int number) {
    const std::string text = "{\"n\":" + std::to_string(number) + ",\"x\":\"" +
                             std::string(static_cast<std::size_t>(number * 37 % 60), 'x') + '"';
    const ht::Status status = queue_->append(text, {1767225600000 + number * 1000, 0});
    if (status.ok()) waiting_.insert(number);
    return status;
  }

  void send(std::uint32_t max_samples) {
    ht::QueueBatch batch;
    if (!queue_->next(batch, {max_samples}).ok()) return;
    std::string body(batch.size(), ' ');
    REQUIRE(batch.read(0, {body.data(), body.size()}) == body.size());
    for (std::size_t at = 0; (at = body.find("\"n\":", at)) != std::string::npos; at += 4)
      waiting_.erase(std::atoi(&body[at + 4]));
    static_cast<void>(queue_->release(batch, ht::Fate::delivered));
  }

  void cut_power(std::uint32_t seed) {
    queue_.reset();
    sectors_.reset();
    files.next_data_is_lost = files.next_entries_are_lost = false;
    files.restart(seed);
    start();
  }

  [[nodiscard]] std::uint32_t pending() const { return queue_->pending(); }
  /// Acknowledged, and not sent.
  [[nodiscard]] const std::set<int>& waiting() const { return waiting_; }

  FileSystemModel files;

 private:
  void start() {
    sectors_.emplace("queue", ht::FileSectorsOptions{1024, 8, false}, files);
    REQUIRE(sectors_->open().ok());
    queue_.emplace(*sectors_, table_);
    REQUIRE(queue_->open().ok());
  }

  std::optional<ht::FileSectors> sectors_;
  std::array<ht::QueueSector, 8> table_;
  std::optional<ht::SampleQueue> queue_;
  std::set<int> waiting_;
};

}  // namespace

TEST_CASE("Power cuts: files, with what a file system makes of writes that were not synced") {
  power_loss::prove("file", [] { return std::make_unique<FileModel>(512, 4); }, {1, 1001});
}

TEST_CASE("A disk that fails for a moment costs no sample that was acknowledged") {
  enum class Fault { full, broken, loses_data, loses_names };
  const Fault fault = GENERATE(Fault::full, Fault::broken, Fault::loses_data, Fault::loses_names);
  int refused = 0;
  for (int moment = 0; moment < 30; ++moment) {
    for (std::uint32_t seed = 1; seed <= 10; ++seed) {
      CAPTURE(fault, moment, seed);
      Device device;
      for (int number = 0; number < 30; ++number) {
        const bool now = number == moment;
        const std::size_t free_bytes = device.files.free_bytes;
        if (now && fault == Fault::full) device.files.free_bytes = 20;
        if (now && fault == Fault::loses_data) device.files.next_data_is_lost = true;
        if (now && fault == Fault::loses_names) device.files.next_entries_are_lost = true;
        device.files.writes_fail = now && fault == Fault::broken;
        if (!device.append(number).ok()) ++refused;
        device.files.writes_fail = false;
        if (now) device.files.free_bytes = free_bytes;
        if (number % 7 == 6) device.send(3);
      }
      // Space came back, and so did the disk.
      REQUIRE(device.append(30).ok());
      device.cut_power(seed);
      while (device.pending() > 0)
        device.send(100);
      REQUIRE(device.waiting().empty());
    }
  }
  CHECK(refused > 0);
}
