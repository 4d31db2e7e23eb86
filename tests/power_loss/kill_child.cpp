// SPDX-License-Identifier: Apache-2.0

// What kill_test kills: a device that measures and sends until it is ended, or sends what is left.
// It says on standard output, a line each, what it is about to append and what is in the queue.

#include "here_tracking/client.hpp"
#include "here_tracking/platform/linux.hpp"
#include "here_tracking/queue.hpp"
#include "here_tracking/transport/curl.hpp"

#include "power_loss/killed_device.hpp"

#include <array>
#include <cstdlib>
#include <string>

#include <unistd.h>

namespace ht = here_tracking;

namespace {

void require(bool condition, const char* what) {
  if (condition) return;
  const std::string line = std::string("FAILED ") + what + "\n";
  (void)!::write(STDOUT_FILENO, line.data(), line.size());
  ::_exit(1);
}

/// At once, and as a whole, so that it is out when the kill comes.
void say(char what, std::uint32_t number) {
  const std::string line = what + std::to_string(number) + "\n";
  require(::write(STDOUT_FILENO, line.data(), line.size()) == static_cast<ssize_t>(line.size()),
          "write");
}

class Device {
 public:
  Device(const std::string& directory, const std::string& url)
      : url_(url),
        state_(directory + "/state"),
        sectors_(directory + "/queue", {killed::sector_bytes, killed::sector_count, false}) {
    require(sectors_.open().ok(), "FileSectors::open");
    require(queue_.open().ok(), "SampleQueue::open");
  }

  void append(std::uint32_t number) {
    const std::string json = "{\"payload\":" + killed::payload(number);
    say('+', number);
    const ht::SampleTime time{clock_.now_ms(), clock_.boot_id()};
    const ht::Status status = queue_.append(json, time);
    require(status.ok() || status == ht::Code::queue_full, "append");
    if (status.ok()) say('=', number);
  }

  void send() {
    require(client_.ensure_time().ok(), "ensure_time");
    const ht::TimeBase base{clock_.boot_id(), *client_.server_time_ms() - clock_.now_ms()};
    require(queue_.set_time_base(base).ok(), "set_time_base");
    ht::QueueBatch batch;
    const ht::Status status = queue_.next(batch, {100});
    if (status == ht::Code::no_data) return;
    require(status.ok(), "next");
    require(batch.time_known(), "time_known");
    ht::DesiredShadow shadow;
    const ht::Status sent = client_.ingest(batch, shadow);
    if (!sent.ok()) {
      const std::string why =
          std::string(ht::to_string(sent.code())) + ": " + client_.last_error().message.data();
      require(false, why.c_str());
    }
    require(queue_.release(batch, ht::Fate::delivered).ok(), "release");
  }

  [[nodiscard]] std::uint32_t pending() const { return queue_.pending(); }

  void check_counts() {
    const ht::QueueStats stats = queue_.stats();
    require(stats.count(ht::Fate::corrupted) == 0, "no sample is corrupted");
    require(stats.count(ht::Fate::dropped_oldest) == 0, "no sample is dropped");
  }

 private:
  std::string url_;
  ht::SystemClock clock_;
  ht::SystemEntropy entropy_;
  ht::StderrLog log_;
  ht::FileStorage state_;
  ht::CurlTransport transport_{{{}, &log_}};
  ht::FileSectors sectors_;
  std::array<ht::QueueSector, killed::sector_count> memory_;
  ht::SampleQueue queue_{sectors_, memory_, {ht::DropPolicy::newest}};
  ht::DeviceLicense license_{killed::device_id, killed::device_secret};
  std::array<char, 2048> token_{};
  std::array<char, 8192> work_{};
  ht::Client client_{
      config(), license_, {&clock_, &entropy_, &state_, &transport_, &log_}, {token_, work_}};

  [[nodiscard]] ht::ClientConfig config() const {
    ht::ClientConfig config;
    config.base_url = url_;
    return config;
  }
};

}  // namespace

int main(int argc, char** argv) {
  require(argc == 4, "usage: kill_child DIRECTORY URL FIRST-NUMBER|drain");
  const std::string first = argv[3];
  Device device(argv[1], argv[2]);
  if (first == "drain") {
    while (device.pending() > 0)
      device.send();
    device.check_counts();
    return 0;
  }
  auto number = static_cast<std::uint32_t>(std::strtoul(first.c_str(), nullptr, 10));
  for (;;) {
    for (int i = 0; i < 30 && device.pending() < 100; ++i)
      device.append(number++);
    device.send();
  }
}
