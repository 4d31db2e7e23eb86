// SPDX-License-Identifier: Apache-2.0
// How deep the stack goes in the library's own code: its steps one by one, over hooks that need
// next to nothing, and the stack painted anew before each. No TLS, no network.
#include "here_tracking/c/here_tracking.h"
#include "here_tracking/client.hpp"
#include "here_tracking/nmea.hpp"
#include "here_tracking/queue.hpp"
#include "here_tracking/self_test.hpp"
#include "here_tracking/tracker.hpp"
#include "here_tracking/transport/mbedtls.hpp"

#include "machine.hpp"
#include "measurements.hpp"
#include "semihosting.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <string_view>

// For mbedTLS, which has nothing to do here.
extern "C" unsigned int board_random() {
  return 0;
}

namespace {

namespace ht = here_tracking;

/// What docs/porting.md sets aside for the library without TLS.
constexpr std::uint32_t most_bytes = 4096;

// ---- hooks that need next to nothing ----

class HandClock final : public ht::Clock {
 public:
  [[nodiscard]] std::int64_t now_ms() override { return ++now_ms_; }
  [[nodiscard]] std::uint64_t boot_id() override { return 1; }
  void set(std::int64_t now_ms) { now_ms_ = std::max(now_ms, now_ms_); }

 private:
  std::int64_t now_ms_ = 0;
};

class Generator final : public ht::Entropy {
 public:
  ht::Status fill(ht::Span<std::uint8_t> into) override {
    for (std::uint8_t& byte : into)
      byte = static_cast<std::uint8_t>((state_ = state_ * 1664525U + 1013904223U) >> 24U);
    return {};
  }

 private:
  std::uint32_t state_ = 1;
};

/// The service's answers.
std::string_view answer_to(std::string_view target) {
  if (target == "/v2/timestamp") return R"({"timestamp":1718000000})";
  if (target == "/v2/token") return R"({"accessToken":"token","expiresIn":86399})";
  return R"({"system":{"stateVersion":1,"rate":{"sampleMs":1000,"sendMs":2000}}})";
}

class Answering final : public ht::Transport {
 public:
  std::uint32_t deepest_call = 0;

  ht::Status exchange(const ht::HttpRequest& request, ht::ResponseHandler& response) override {
    static std::array<char, 256> piece;
    deepest_call = std::max(deepest_call, machine::stack_now());
    if (request.body != nullptr) {
      for (std::size_t at = 0; at < request.body->size();)
        at += request.body->read(at, piece);
    }
    response.on_status(200);
    return response.on_body(answer_to(request.target)) ? ht::Code::ok
                                                       : ht::Code::response_too_large;
  }
};

/// The same below HTTP: answers the request that was written last.
class AnsweringStream final : public ht::ByteStream {
 public:
  std::uint32_t deepest_call = 0;

  ht::Status connect(std::string_view host, std::uint16_t port, std::uint32_t timeout_ms) override {
    (void)host;
    (void)port;
    (void)timeout_ms;
    return {};
  }
  ht::Status write(std::string_view bytes, std::size_t& size, std::uint32_t timeout_ms) override {
    (void)timeout_ms;
    const std::size_t taken = std::min(bytes.size(), request_.size() - begun_);
    std::copy_n(bytes.data(), taken, request_.data() + begun_);
    begun_ += taken;
    size = bytes.size();
    return {};
  }
  ht::Status read(ht::Span<char> into, std::size_t& size, std::uint32_t timeout_ms) override {
    (void)timeout_ms;
    deepest_call = std::max(deepest_call, machine::stack_now());
    const char* const line = request_.data();
    const char* const sent = line + begun_;
    const char* const target = std::find(line, sent, ' ') + 1;
    const auto target_size = static_cast<std::size_t>(std::find(target, sent, ' ') - target);
    const std::string_view body = answer_to({target, target_size});
    constexpr std::string_view head = "HTTP/1.1 200 OK\r\nContent-Length: ";
    char* end = std::copy(head.begin(), head.end(), into.data());
    end = std::to_chars(end, into.data() + into.size(), body.size()).ptr;
    constexpr std::string_view head_end = "\r\n\r\n";
    end = std::copy(head_end.begin(), head_end.end(), end);
    end = std::copy(body.begin(), body.end(), end);
    size = static_cast<std::size_t>(end - into.data());
    begun_ = 0;
    return {};
  }

 private:
  std::array<char, 64> request_;
  std::size_t begun_ = 0;
};

// ---- a device ----

std::array<char, 2048> token;
std::array<char, 8192> work;
std::array<char, 2048> sample_memory;
std::array<char, 4400> shadow_memory;
alignas(8) std::array<std::uint8_t, 4096> transport_memory;
std::array<std::uint8_t, 16384> sector_memory;
std::array<ht::QueueSector, 4> queue_table;

HandClock hand_clock;
Generator generator;
ht::NoStorage storage;
ht::NoLog no_log;
Answering answering;
AnsweringStream stream;
ht::RamSectors sectors(sector_memory, 4096);
board::TablePosition position;
board::TableCell cell;
board::TableWlan wlan;
board::TableSensors sensors;
std::array<ht::SourceSlot<ht::PositionSource>, 1> positions = {position};
std::array<ht::SourceSlot<ht::CellSource>, 1> cells = {cell};
std::array<ht::SourceSlot<ht::WlanSource>, 1> wlans = {wlan};
std::array<ht::SourceSlot<ht::SensorSource>, 1> sensor_list = {sensors};

const ht::Sources& sources() {
  static ht::Sources all;
  all.position = positions;
  all.cell = cells;
  all.wlan = wlans;
  all.sensors = sensor_list;
  return all;
}

ht::ClientConfig config(std::string_view url) {
  ht::ClientConfig config;
  config.base_url = url;
  return config;
}

ht::TrackerConfig pace() {
  ht::TrackerConfig pace;
  pace.sample_ms = pace.min_sample_ms = 1000;
  pace.send_ms = pace.min_send_ms = 2000;
  return pace;
}

ht::MbedtlsOptions options() {
  ht::MbedtlsOptions options;
  options.stream = &stream;
  options.clock = &hand_clock;
  options.entropy = &generator;
  return options;
}

const ht::Hooks hooks = {&hand_clock, &generator, &storage, &answering, &no_log};
ht::SampleQueue queue(sectors, queue_table);

/// What happens in a tracker's steps.
struct Watch final : ht::TrackerObserver {
  void on_queued() override { measured = true; }
  void on_report(const ht::Report& report) override { sent = report.status.ok(); }

  bool measured = false;
  bool sent = false;
};
Watch watch;
ht::Tracker* tracker;
ht::Tracker* clear_tracker;  // over an MbedtlsTransport

// ---- the steps ----

void expect(bool it, const char* what) {
  if (!it) machine::fail(what);
}

/// Steps until one has done it.
void step_until(ht::Tracker& which, bool Watch::*done) {
  watch.measured = watch.sent = false;
  while (!(watch.*done)) {
    machine::paint_stack();
    hand_clock.set(which.step());
  }
}

void write_sample() {
  static ht::Sample sample(sample_memory);
  static std::array<ht::LteNeighbour, 16> neighbours;
  ht::LteCell serving;
  serving.mcc = 262;
  serving.mnc = 1;
  serving.cid = 28011523;
  serving.nmr = neighbours;
  ht::Fix fix;
  fix.accuracy_mm = 4500;
  expect(sample.set_timestamp(1718000000000).ok() && sample.set_position(fix).ok() &&
             sample.add(serving).ok() && wlan.scan(sample, 0).ok() && !sample.json().empty(),
         "sample");
}

void write_sample_in_c() {
  static ht_sample_t sample;
  static std::array<ht_wcdma_neighbour_t, 32> neighbours;
  ht_sample_init(&sample, {sample_memory.data(), sample_memory.size()}, nullptr);
  ht_wcdma_cell_t serving = {};
  serving.mcc = 262;
  serving.cid = 28011523;
  serving.nmr = neighbours.data();
  serving.nmr_count = neighbours.size();
  expect(ht_sample_add_wcdma(&sample, &serving) == HT_OK, "sample in C");
}

void read_nmea() {
  static ht::NmeaParser parser;
  parser.feed("$GPRMC,123519.00,A,4807.038,N,01131.000,E,022.4,084.4,230394,003.1,W*44\r\n");
  parser.finish();
  expect(parser.take_fix().has_value(), "NMEA");
}

void open_queue() {
  expect(queue.clear().ok() && queue.open().ok(), "queue");
}

void measure() {
  step_until(*tracker, &Watch::measured);
}

void send() {
  step_until(*tracker, &Watch::sent);
}

void send_in_clear() {
  step_until(*clear_tracker, &Watch::sent);
}

void test_hooks() {
  ht::SelfTest device;
  device.hooks = hooks;
  device.memory = {reinterpret_cast<std::uint8_t*>(work.data()), work.size()};
  device.sectors = &sectors;
  device.spare_sector_count = 4;
  device.sources = &sources();
  device.base_url = "https://localhost";
  (void)ht::self_test(device);
}

struct Row {
  const char* name;
  void (*step)();
};
constexpr Row rows[] = {
    {"a sample, written measurement by measurement", &write_sample},
    {"a sample in C: a cell with 32 neighbours", &write_sample_in_c},
    {"NMEA", &read_nmea},
    {"the queue, emptied and opened", &open_queue},
    {"a tracker's step that measures and queues", &measure},
    {"its first one that sends: time, token, report", &send},
    {"one that sends", &send},
    {"the first, with the HTTP of MbedtlsTransport", &send_in_clear},
    {"the self-test", &test_hooks},
};

void print(std::uint32_t bytes, const char* name) {
  std::array<char, 12> text{};
  char* const end = std::to_chars(text.data(), text.data() + 10, bytes).ptr;
  constexpr std::ptrdiff_t width = 8;
  for (std::ptrdiff_t column = end - text.data(); column < width; ++column)
    semihosting::print(" ");
  semihosting::print(text.data());
  semihosting::print("  ");
  semihosting::print(name);
  semihosting::print("\n");
}

}  // namespace

int main() {
  ht::DeviceLicense license("demo-device", "demo-secret-of-no-value");
  ht::Client client(config("https://localhost"), license, hooks, {token, work});
  ht::Tracker plain(client, queue, sources(), hooks, {sample_memory, shadow_memory}, pace(),
                    &watch);
  tracker = &plain;
  ht::MbedtlsTransport transport(options(), {transport_memory, {}});
  const ht::Hooks clear_hooks = {&hand_clock, &generator, &storage, &transport, &no_log};
  ht::Client clear_client(config("http://localhost"), license, clear_hooks, {token, work});
  ht::Tracker clear(clear_client, queue, sources(), clear_hooks, {sample_memory, shadow_memory},
                    pace(), &watch);
  clear_tracker = &clear;

  const std::uint32_t before = machine::stack_now();
  std::uint32_t deepest = 0;
  for (const Row& row : rows) {
    machine::paint_stack();
    row.step();
    const std::uint32_t bytes = machine::stack_used() - before;
    print(bytes, row.name);
    deepest = std::max(deepest, bytes);
  }
  print(answering.deepest_call - before, "of these where the transport is called");
  print(stream.deepest_call - before, "of these where MbedtlsTransport calls its stream");
  if (deepest > most_bytes) machine::fail("deeper than docs/porting.md says");
  semihosting::exit(0);
}
