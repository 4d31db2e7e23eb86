// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "here_tracking/tracker.hpp"

#include "support/fake_device.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// A device that tracks: fake hooks, a queue in RAM, simulated time. Each sample carries its number
/// as a payload.
namespace fake {

inline bool is_ingestion(const Request& request) {
  return request.line.rfind("POST /v2/", 0) == 0 && request.line != "POST /v2/token";
}

/// What a request's body holds, as far as tests look at it.
struct SentSample {
  int number = 0;
  std::int64_t timestamp_ms = 0;
  std::string json;
};

inline std::int64_t number_after(std::string_view text, std::string_view key) {
  const std::size_t at = text.rfind(key);
  return at == std::string_view::npos ? -1 : std::stoll(std::string(text.substr(at + key.size())));
}

/// The objects of a JSON array of objects.
inline std::vector<std::string> objects_of(std::string_view array) {
  std::vector<std::string> objects;
  int depth = 0;
  std::size_t start = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < array.size(); ++i) {
    const char c = array[i];
    if (c == '"' && (i == 0 || array[i - 1] != '\\')) quoted = !quoted;
    if (quoted) continue;
    if (c == '{' && depth++ == 0) start = i;
    if (c == '}' && --depth == 0) objects.emplace_back(array.substr(start, i + 1 - start));
  }
  return objects;
}

inline std::vector<SentSample> samples_of(std::string_view body) {
  std::vector<SentSample> samples;
  for (std::string& json : objects_of(body)) {
    const auto number = static_cast<int>(number_after(json, "\"n\":"));
    const std::int64_t timestamp_ms = number_after(json, "\"timestamp\":");
    samples.push_back({number, timestamp_ms, std::move(json)});
  }
  return samples;
}

class Observer final : public here_tracking::TrackerObserver {
 public:
  void on_sample(here_tracking::Sample& sample) override {
    ++measured;
    if (!payload_rule || payload_rule(measured)) {
      (void)sample.set_payload("{\"n\":" + std::to_string(measured) + "}");
    }
  }
  void on_queued() override { ++queued; }
  bool on_shadow(const here_tracking::DesiredShadow& before,
                 const here_tracking::DesiredShadow& now) override {
    shadows.emplace_back(std::string(before.json), std::string(now.json));
    return takes_shadow;
  }
  void on_dropped(here_tracking::Fate fate, std::uint32_t count) override {
    drops.emplace_back(fate, count);
  }
  void on_connection(here_tracking::Connection connection,
                     const here_tracking::ErrorDetail&) override {
    connections.push_back(connection);
  }
  void on_report(const here_tracking::Report& report) override { reports.push_back(report); }

  int measured = 0;
  int queued = 0;
  bool takes_shadow = true;
  std::function<bool(int)> payload_rule;
  std::vector<std::pair<std::string, std::string>> shadows;
  std::vector<std::pair<here_tracking::Fate, std::uint32_t>> drops;
  std::vector<here_tracking::Connection> connections;
  std::vector<here_tracking::Report> reports;
};

class Sensors final : public here_tracking::SensorSource {
 public:
  here_tracking::Status read(here_tracking::Sample& sample, std::uint32_t) override {
    if (before) before();
    return sample.add(readings);
  }
  here_tracking::SensorReadings readings;
  std::function<void()> before;
};

class Position final : public here_tracking::PositionSource {
 public:
  here_tracking::Status read(here_tracking::Fix& into, std::uint32_t) override {
    if (!fix) return here_tracking::Code::no_data;
    into = *fix;
    return {};
  }
  std::optional<here_tracking::Fix> fix;
};

/// All that survives a restart stays when start() is called again.
class TrackedDevice {
 public:
  static constexpr std::uint32_t sector_bytes = 4096;

  TrackedDevice() : TrackedDevice(16) {}
  explicit TrackedDevice(std::size_t sector_count)
      : flash(sector_count * sector_bytes, 0xff), table(sector_count), quarantine_table(4) {
    device.transport.answer = [this](const Request& request) {
      const Reply reply = service ? service(request) : device.transport.healthy(request);
      if (is_ingestion(request)) {
        for (SentSample& sample : samples_of(request.body)) {
          sent.push_back(sample);
          if (reply.failure == here_tracking::Code::ok && reply.status < 300) {
            delivered.push_back(sample);
          }
        }
      }
      return reply;
    };
    start();
  }

  /// A program that starts, on a machine that was not restarted unless `boot` changed before.
  void start() {
    tracker.reset();
    here_tracking::Hooks hooks = device.hooks();
    if (transport != nullptr) hooks.transport = transport;
    client.emplace(client_config, device.license, hooks, device.memory());
    queue.emplace(*storage,
                  here_tracking::Span<here_tracking::QueueSector>(table.data(), table.size()),
                  queue_config);
    quarantine.emplace(quarantine_sectors, here_tracking::Span<here_tracking::QueueSector>(
                                               quarantine_table.data(), quarantine_table.size()));
    position_slot.emplace(position);
    sensor_slot.emplace(sensors);
    sources.position = {&*position_slot, 1};
    sources.sensors = {&*sensor_slot, 1};
    tracker = std::make_unique<here_tracking::Tracker>(
        *client, *queue, sources, hooks, here_tracking::TrackerMemory{sample_memory, shadow_memory},
        config, &observer, &*quarantine);
  }

  /// Steps, and lets time pass in between, until it is over.
  void run_for_ms(std::int64_t duration_ms) {
    const std::int64_t end_ms = device.clock.now + duration_ms;
    for (int steps = 0; device.clock.now < end_ms; ++steps) {
      if (steps > 200000) throw std::runtime_error("the tracker never sleeps");
      const std::int64_t next_ms = tracker->step();
      if (next_ms < 0) return;
      device.clock.now = std::max(device.clock.now, std::min(next_ms, end_ms));
    }
  }
  void run_for_s(std::int64_t duration_s) { run_for_ms(duration_s * 1000); }

  [[nodiscard]] std::vector<int> numbers_delivered() const {
    std::vector<int> numbers;
    for (const SentSample& sample : delivered)
      numbers.push_back(sample.number);
    return numbers;
  }
  [[nodiscard]] int posts() const {
    const std::vector<Request>& requests = device.transport.requests;
    return static_cast<int>(std::count_if(requests.begin(), requests.end(), is_ingestion));
  }
  /// The notes and numbers of what is in quarantine.
  [[nodiscard]] std::vector<std::pair<int, std::string>> quarantined() {
    std::vector<std::pair<int, std::string>> all;
    const std::uint32_t last = quarantine->stats().last_id;
    for (std::uint32_t id = 1; id <= last; ++id) {
      std::array<char, 4096> text{};
      std::array<char, 160> note{};
      std::size_t size = 0;
      std::size_t note_size = 0;
      if (!quarantine->text(id, text, size, note, note_size).ok()) continue;
      all.emplace_back(number_after({text.data(), size}, "\"n\":"),
                       std::string(note.data(), note_size));
    }
    return all;
  }

  Device device;
  std::function<Reply(const Request&)> service;   ///< Instead of the healthy one
  here_tracking::Transport* transport = nullptr;  ///< Instead of the fake one
  here_tracking::ClientConfig client_config;
  Observer observer;
  Position position;
  Sensors sensors;
  here_tracking::TrackerConfig config;
  here_tracking::QueueConfig queue_config;
  std::vector<SentSample> sent;
  std::vector<SentSample> delivered;

  std::vector<std::uint8_t> flash;
  std::vector<std::uint8_t> quarantine_flash = std::vector<std::uint8_t>(4 * sector_bytes, 0xff);
  here_tracking::RamSectors sectors{{flash.data(), flash.size()}, sector_bytes};
  here_tracking::RamSectors quarantine_sectors{{quarantine_flash.data(), quarantine_flash.size()},
                                               sector_bytes};
  here_tracking::SectorStorage* storage = &sectors;
  std::vector<here_tracking::QueueSector> table;
  std::vector<here_tracking::QueueSector> quarantine_table;
  std::optional<here_tracking::SourceSlot<here_tracking::PositionSource>> position_slot;
  std::optional<here_tracking::SourceSlot<here_tracking::SensorSource>> sensor_slot;
  here_tracking::Sources sources;
  std::array<char, 4096> sample_memory{};
  std::array<char, 4600> shadow_memory{};
  std::optional<here_tracking::Client> client;
  std::optional<here_tracking::SampleQueue> queue;
  std::optional<here_tracking::SampleQueue> quarantine;
  std::unique_ptr<here_tracking::Tracker> tracker;
};

}  // namespace fake
