// SPDX-License-Identifier: Apache-2.0
#include "here_tracking/client.hpp"
#include "here_tracking/queue.hpp"
#include "here_tracking/self_test.hpp"
#include "here_tracking/tracker.hpp"

#include "bluetooth.hpp"
#include "byte_stream.hpp"
#include "cell.hpp"
#include "clock.hpp"
#include "entropy.hpp"
#include "log.hpp"
#include "position.hpp"
#include "sector_storage.hpp"
#include "sensors.hpp"
#include "storage.hpp"
#include "transport.hpp"
#include "wlan.hpp"

#include <array>
#include <cstdint>

namespace ht = here_tracking;

namespace {

constexpr std::uint32_t queue_sectors = 64;

std::array<char, 2048> token;
std::array<char, 8192> work;
std::array<char, 2048> sample;
std::array<char, 4400> shadow;
std::array<ht::QueueSector, queue_sectors> queue_table;

// The milliseconds of Clock::now_ms(). Sleep here; what sleeps so deep that RAM is lost begins
// again at the top: all that has to outlast it is in storage and in the queue.
void sleep_until(std::int64_t at_ms) {
  (void)at_ms;
}

}  // namespace

// Calls all of the hooks, so that whatever is filled in is tried at once.
int main() {
  board::Log log;
  board::Clock clock;
  board::Entropy entropy;
  board::Storage storage;
  board::Transport transport;  // or an ht::MbedtlsTransport on the stream:
  [[maybe_unused]] board::ByteStream stream;
  board::Flash flash;
  board::Position position;
  board::Cell cell;
  board::Wlan wlan;
  board::Bluetooth bluetooth;
  board::Sensors sensors;

  std::array<ht::SourceSlot<ht::PositionSource>, 1> positions = {position};
  std::array<ht::SourceSlot<ht::CellSource>, 1> cells = {cell};
  std::array<ht::SourceSlot<ht::WlanSource>, 1> wlans = {wlan};
  std::array<ht::SourceSlot<ht::BluetoothSource>, 1> bluetooths = {bluetooth};
  std::array<ht::SourceSlot<ht::SensorSource>, 1> sensor_list = {sensors};
  ht::Sources sources;
  sources.position = positions;
  sources.cell = cells;
  sources.wlan = wlans;
  sources.bluetooth = bluetooths;
  sources.sensors = sensor_list;

  const ht::Hooks hooks = {&clock, &entropy, &storage, &transport, &log};
  const ht::ClientConfig config;

  ht::SelfTest device;
  device.hooks = hooks;
  device.memory = {reinterpret_cast<std::uint8_t*>(work.data()), work.size()};
  device.sectors = &flash;  // spare_sector_count: more is tested, and destroyed
  device.sources = &sources;
  device.base_url = config.base_url.text();
  if (!ht::self_test(device).usable()) return 1;

  ht::DeviceLicense license("the device id", "the device secret");
  ht::Client client(config, license, hooks, {token, work});
  ht::SampleQueue queue(flash, queue_table);
  ht::Tracker tracker(client, queue, sources, hooks, {sample, shadow});
  for (;;)
    sleep_until(tracker.step());
}
