// SPDX-License-Identifier: Apache-2.0
#include "here_tracking/client.hpp"
#include "here_tracking/queue.hpp"
#include "here_tracking/self_test.hpp"
#include "here_tracking/tracker.hpp"
#include "here_tracking/transport/mbedtls.hpp"

#include "board_hooks.hpp"
#include "flash_records.hpp"
#include "lwip_stream.hpp"
#include "machine.hpp"
#include "measurements.hpp"
#include "network.hpp"
#include "nor_flash.hpp"
#include "provisioning.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <string_view>

#include <lwip/stats.h>

namespace ht = here_tracking;

namespace {

constexpr std::uint32_t record_sectors = 0;
constexpr std::uint32_t spare_sectors = 32;  // for the self-test
constexpr std::uint32_t spare_count = 4;
constexpr std::uint32_t quarantine_sectors = 36;
constexpr std::uint32_t quarantine_count = 4;
constexpr std::uint32_t queue_sectors = 64;
constexpr std::uint32_t queue_count = 64;
static_assert(spare_sectors >= record_sectors + board::FlashRecords::sectors);
static_assert(queue_sectors + queue_count <= board::NorFlash::sectors);

std::array<char, 2048> token_memory;
std::array<char, 8192> work_memory;
std::array<char, 2048> sample_memory;
std::array<char, 4400> shadow_memory;
alignas(8) std::array<std::uint8_t, 4096> transport_memory;
alignas(8) std::array<std::uint8_t, 30 * 1024> tls_memory;
constexpr std::uint8_t paint = 0xa5;  // what tls_memory holds where it was not used
std::array<ht::QueueSector, queue_count> queue_table;
std::array<ht::QueueSector, quarantine_count> quarantine_table;
board::Provisioning provisioning;

/// A line on the UART out of texts and numbers.
class Line {
 public:
  explicit Line(board::UartLog& log) : log_(log) {}
  ~Line() { log_.put("\n"); }
  Line(const Line&) = delete;
  Line& operator=(const Line&) = delete;

  Line& operator<<(std::string_view text) {
    log_.put(text);
    return *this;
  }
  Line& operator<<(std::uint64_t number) {
    std::array<char, 20> digits;
    char* const end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    return *this << std::string_view(digits.data(), static_cast<std::size_t>(end - digits.data()));
  }

 private:
  board::UartLog& log_;
};

/// Tells on the UART what the tracker does, and numbers the samples.
class Reporter final : public ht::TrackerObserver {
 public:
  Reporter(board::UartLog& log, ht::SampleQueue& queue) : log_(log), queue_(queue) {}

  void on_sample(ht::Sample& sample) override {
    std::array<char, 32> payload;
    constexpr std::string_view begin = R"({"sample":)";
    char* end = std::copy(begin.begin(), begin.end(), payload.data());
    end = std::to_chars(end, payload.data() + payload.size() - 1, queue_.stats().last_id + 1).ptr;
    *end++ = '}';
    (void)sample.set_payload({payload.data(), static_cast<std::size_t>(end - payload.data())});
  }
  void on_queued() override { Line(log_) << "queued " << queue_.stats().last_id; }
  void on_report(const ht::Report& report) override {
    Line(log_) << "report of " << report.samples
               << " samples: " << ht::to_string(report.status.code()) << ", waiting "
               << report.pending;
  }
  bool on_shadow(const ht::DesiredShadow& before, const ht::DesiredShadow& now) override {
    (void)before;
    // Not all of it: there may be WLAN passwords in it.
    Line(log_) << "desired shadow: version " << now.state_version.value_or(0) << ", sampleMs "
               << static_cast<std::uint64_t>(now.rate.sample_ms.value_or(0)) << ", sendMs "
               << static_cast<std::uint64_t>(now.rate.send_ms.value_or(0)) << ", payload "
               << (now.payload.empty() ? "none" : now.payload);
    return true;
  }
  void on_dropped(ht::Fate fate, std::uint32_t count) override {
    Line(log_) << "dropped " << count << ": " << ht::to_string(fate);
  }
  void on_connection(ht::Connection connection, const ht::ErrorDetail& detail) override {
    (void)detail;
    Line(log_) << "connection: " << ht::to_string(connection);
  }

 private:
  board::UartLog& log_;
  ht::SampleQueue& queue_;
};

/// What of tls_memory was used ends behind the last byte that is not so.
std::uint8_t* end_of_used(std::uint8_t unused) {
  return std::find_if(tls_memory.rbegin(), tls_memory.rend(),
                      [unused](std::uint8_t byte) { return byte != unused; })
      .base();
}

/// How much of each memory has been needed.
void say_memory(board::UartLog& log, std::uint32_t main_bytes) {
  Line(log) << "stack: " << machine::stack_used() << " of " << machine::stack_bytes()
            << " bytes used, " << main_bytes << " of them by the objects of main()";
  Line(log) << "mbedTLS: " << static_cast<std::uint64_t>(end_of_used(paint) - tls_memory.data())
            << " of " << tls_memory.size() << " bytes used";
  Line(log) << "lwIP: " << lwip_stats.mem.max << " of " << MEM_SIZE << " bytes used, "
            << lwip_stats.memp[MEMP_PBUF_POOL]->max << " of " << PBUF_POOL_SIZE << " packets";
}

/// Everything that the board needs between two steps.
class Waiting {
 public:
  Waiting(board::TimerClock& clock, board::Network& network, ht::MbedtlsTransport& transport,
          board::UartLog& log)
      : clock_(clock), network_(network), transport_(transport), log_(log) {}

  void sleep_until(std::int64_t at_ms) {
    constexpr std::int64_t worth_a_handshake_ms = 10000;
    if (at_ms - clock_.now_ms() >= worth_a_handshake_ms) {
      // The TLS session stays, so the next handshake is a short one.
      transport_.close();
      say_memory(log_, main_bytes_);
      Line(log_) << "deep sleep";
      network_.sleep_deep(at_ms);
    }
    while (clock_.now_ms() < at_ms)
      network_.wait(at_ms);
  }

 private:
  board::TimerClock& clock_;
  board::Network& network_;
  ht::MbedtlsTransport& transport_;
  board::UartLog& log_;
  const std::uint32_t main_bytes_ = machine::stack_now();
};

/// Once a board, before its first report: it asks the service for the time as well.
bool passes_self_test(const ht::Hooks& hooks, board::NorFlash& flash, const ht::Sources& sources) {
  constexpr std::string_view record = "board_tested";
  std::uint8_t passed = 1;
  std::size_t size = 0;
  if (hooks.storage->load(record, {&passed, 1}, size).ok()) return true;
  board::FlashSectors spare(flash, spare_sectors, spare_count);
  ht::SelfTest device;
  device.hooks = hooks;
  device.memory = {reinterpret_cast<std::uint8_t*>(work_memory.data()), work_memory.size()};
  device.sectors = &spare;
  device.spare_sector_count = spare_count;
  device.sources = &sources;
  device.base_url = provisioning.url();
  return ht::self_test(device).usable() && hooks.storage->store(record, {&passed, 1}).ok();
}

}  // namespace

int main() {
  board::UartLog log;
  Line(log) << "here_tracking firmware";
  if (!provisioning.load(log)) machine::fail("not provisioned");

  board::HostEntropy entropy;
  board::TimerClock clock(entropy);
  board::NorFlash flash("flash.bin", log);
  board::FlashRecords storage(flash, record_sectors);
  board::Network network(clock, entropy);
  if (!network.start().ok()) machine::fail("no Ethernet controller");
  board::LwipStream stream(network, clock);

  const std::array<ht::Span<const std::uint8_t>, 1> roots = {provisioning.root()};
  ht::ClientTime time;
  ht::MbedtlsOptions options;
  options.stream = &stream;
  options.clock = &clock;
  options.entropy = &entropy;
  options.time = &time;
  options.storage = &storage;
  options.log = &log;
  options.roots = roots;
  ht::MbedtlsTransport transport(options, {transport_memory, tls_memory});
  std::fill(end_of_used(0), tls_memory.end(), paint);
  const ht::Hooks hooks = {&clock, &entropy, &storage, &transport, &log};

  board::TablePosition position;
  board::TableCell cell;
  board::TableWlan wlan;
  board::TableSensors sensors;
  std::array<ht::SourceSlot<ht::PositionSource>, 1> positions = {position};
  std::array<ht::SourceSlot<ht::CellSource>, 1> cells = {cell};
  std::array<ht::SourceSlot<ht::WlanSource>, 1> wlans = {wlan};
  std::array<ht::SourceSlot<ht::SensorSource>, 1> sensor_list = {sensors};
  ht::Sources sources;
  sources.position = positions;
  sources.cell = cells;
  sources.wlan = wlans;
  sources.sensors = sensor_list;

  if (!passes_self_test(hooks, flash, sources)) machine::fail("self-test failed");
  Line(log) << "self-test passed";

  ht::ClientConfig config;
  config.base_url = provisioning.url();
  ht::DeviceLicense license(provisioning.device_id(), provisioning.device_secret());
  ht::Client client(config, license, hooks, {token_memory, work_memory});
  time.follow(client);

  board::FlashSectors waiting(flash, queue_sectors, queue_count);
  board::FlashSectors refused(flash, quarantine_sectors, quarantine_count);
  ht::SampleQueue queue(waiting, queue_table);
  ht::SampleQueue quarantine(refused, quarantine_table);
  Reporter reporter(log, queue);
  ht::TrackerConfig pace;
  pace.sample_ms = 1000;
  pace.send_ms = 5000;
  pace.min_sample_ms = 200;
  pace.min_send_ms = 1000;
  pace.retry.first_ms = 2000;
  ht::Tracker tracker(client, queue, sources, hooks, {sample_memory, shadow_memory}, pace,
                      &reporter, &quarantine);
  const ht::Status opened = tracker.start();
  Line(log) << "queue: " << ht::to_string(opened.code()) << ", waiting " << queue.pending();

  // With an RTOS: a task of its own that waits for a notification until then.
  Waiting between(clock, network, transport, log);
  for (;;)
    between.sleep_until(tracker.step());
}
