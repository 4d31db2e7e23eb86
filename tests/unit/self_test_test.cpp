// SPDX-License-Identifier: Apache-2.0
#include "here_tracking/self_test.hpp"

#include "support/catch.hpp"
#include "support/fake_device.hpp"

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

using here_tracking::Code;
using here_tracking::HookFault;
using here_tracking::HookFaults;
using here_tracking::SelfTest;
using here_tracking::Span;
using here_tracking::Status;

namespace {

/// What is wrong with a board: one fault, in one of the ways to have it. 0: nothing.
struct Flaw {
  HookFault fault{};
  int way = 0;

  [[nodiscard]] bool is(HookFault other, int other_way = 0) const {
    return fault == other && way == other_way;
  }
};

class Clock final : public here_tracking::Clock {
 public:
  explicit Clock(Flaw flaw) : flaw_(flaw) {}
  std::int64_t now_ms() override {
    if (flaw_.is(HookFault::clock_missing)) return -1;
    if (flaw_.is(HookFault::clock_stopped)) return 5;
    if (flaw_.is(HookFault::clock_backwards) && calls_ == 9000) return calls_ = 1;
    if (++calls_ % 100 == 0) ++now;
    return now;
  }
  std::uint64_t boot_id() override {
    if (flaw_.is(HookFault::boot_id_missing)) return 0;
    return flaw_.is(HookFault::boot_id_changed) ? ++boot_id_ : boot_id_;
  }
  std::int64_t now = 5;

 private:
  Flaw flaw_;
  std::uint64_t boot_id_ = 7;
  int calls_ = 0;
};

class Entropy final : public here_tracking::Entropy {
 public:
  explicit Entropy(Flaw flaw) : flaw_(flaw) {}
  Status fill(Span<std::uint8_t> into) override {
    if (flaw_.is(HookFault::entropy_failed)) return Code::hook_failed;
    if (flaw_.is(HookFault::entropy_failed, 1)) return Code::not_provided;
    if (flaw_.is(HookFault::entropy_repeats)) state_ = 1;
    std::size_t size = into.size();
    if (flaw_.is(HookFault::entropy_incomplete)) size = size / 4 * 4;
    if (flaw_.is(HookFault::entropy_overrun)) size = (size + 3) / 4 * 4;
    for (std::size_t i = 0; i < size; ++i) {
      state_ = state_ * 1664525U + 1013904223U;
      into.data()[i] = static_cast<std::uint8_t>(state_ >> 24U);
    }
    if (flaw_.is(HookFault::entropy_incomplete, 1)) into[3] = 0;
    return {};
  }

 private:
  Flaw flaw_;
  std::uint32_t state_ = 7;
};

class Storage final : public here_tracking::Storage {
 public:
  explicit Storage(Flaw flaw) : flaw_(flaw) {}

  Status load(std::string_view name, Span<std::uint8_t> into, std::size_t& size) override {
    if (flaw_.is(HookFault::storage_missing)) return Code::not_provided;
    const auto found = records.find(key(name));
    if (found == records.end()) {
      if (flaw_.is(HookFault::storage_absent)) return Code::hook_failed;
      size = 0;
      return flaw_.is(HookFault::storage_absent, 1) ? Code::ok : Code::no_data;
    }
    const std::vector<std::uint8_t>& record = found->second;
    if (flaw_.is(HookFault::storage_empty, 1) && record.empty()) return Code::no_data;
    if (record.size() > into.size()) {
      if (flaw_.is(HookFault::storage_too_small, 1)) into.data()[into.size()] = 0;
      if (!flaw_.is(HookFault::storage_too_small)) return Code::buffer_too_small;
    }
    size = std::min(record.size(), into.size());
    std::copy_n(record.begin(), size, into.begin());
    if (flaw_.is(HookFault::storage_data, 2)) ++size;
    return {};
  }
  Status store(std::string_view name, Span<const std::uint8_t> record) override {
    if (flaw_.is(HookFault::storage_missing)) return Code::not_provided;
    if (flaw_.is(HookFault::storage_failed)) return Code::hook_failed;
    if (flaw_.is(HookFault::storage_names, 1) && name.size() > 15) return Code::hook_failed;
    if (flaw_.is(HookFault::storage_empty) && record.size() == 0) return Code::hook_failed;
    if (flaw_.is(HookFault::storage_large) && record.size() > 1000) return Code::hook_failed;
    std::vector<std::uint8_t>& kept = records[key(name)];
    const std::size_t before = kept.size();
    kept.assign(record.begin(), record.end());
    if (flaw_.is(HookFault::storage_data)) {  // text
      kept.erase(std::find(kept.begin(), kept.end(), 0), kept.end());
    }
    if (flaw_.is(HookFault::storage_data, 1) && !kept.empty() && kept.size() < before) {
      kept.resize(before);
    }
    if (flaw_.is(HookFault::storage_large, 1))
      kept.resize(std::min<std::size_t>(1000, kept.size()));
    return {};
  }
  Status erase(std::string_view name) override {
    if (flaw_.is(HookFault::storage_missing)) return Code::not_provided;
    if (flaw_.is(HookFault::storage_failed, 1) && records.count(key(name)) != 0) {
      records.clear();
      return Code::hook_failed;
    }
    if (flaw_.is(HookFault::storage_absent, 3)) return {};
    const bool was_there = records.erase(key(name)) != 0;
    return flaw_.is(HookFault::storage_absent, 2) && !was_there ? Code::hook_failed : Code::ok;
  }

  std::map<std::string, std::vector<std::uint8_t>> records;

 private:
  [[nodiscard]] std::string key(std::string_view name) const {
    return std::string(name.substr(0, flaw_.is(HookFault::storage_names) ? 15 : 16));
  }
  Flaw flaw_;
};

/// NOR flash with pages, in its strictest form: it takes nothing twice and nothing out of line.
class Flash final : public here_tracking::SectorStorage {
 public:
  explicit Flash(Flaw flaw) : flaw_(flaw) {}

  here_tracking::SectorGeometry geometry() override {
    here_tracking::SectorGeometry g;
    g.sector_bytes = flaw_.is(HookFault::sectors_geometry) ? 4095 : 4096;
    g.sector_count = flaw_.is(HookFault::sectors_geometry, 1) ? 2 : 8;
    g.program_bytes = flaw_.is(HookFault::sectors_geometry, 2) ? 6 : 8;
    if (flaw_.is(HookFault::sectors_geometry, 3)) g.sector_count += ++asked_;
    return g;
  }
  Status read(std::uint32_t sector, std::uint32_t offset, Span<std::uint8_t> into) override {
    if (flaw_.is(HookFault::sectors_failed)) return Code::hook_failed;
    REQUIRE(offset + into.size() <= 4096);
    if (flaw_.is(HookFault::sectors_program)) offset = offset / 4 * 4;
    std::copy_n(at(sector, offset), into.size(), into.begin());
    return {};
  }
  Status program(std::uint32_t sector, std::uint32_t offset,
                 Span<const std::uint8_t> bytes) override {
    if (flaw_.is(HookFault::sectors_failed, 1)) return Code::hook_failed;
    REQUIRE(offset % 8 == 0);
    REQUIRE(bytes.size() % 8 == 0);
    REQUIRE(offset + bytes.size() <= 4096);
    bool twice = false;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      std::size_t place = offset + i;
      // The page wraps.
      if (flaw_.is(HookFault::sectors_program, 1)) place = offset / 256 * 256 + place % 256;
      std::uint8_t& byte = *at(sector, static_cast<std::uint32_t>(place));
      if (byte != 0xff) twice = true;
      byte = static_cast<std::uint8_t>(byte & bytes[i]);
    }
    if (flaw_.fault == HookFault{}) REQUIRE_FALSE(twice);
    if (flaw_.is(HookFault::sectors_overlap, 1) && sector == 3) *at(2, 17) = 0;
    return {};
  }
  Status erase(std::uint32_t sector) override {
    if (flaw_.is(HookFault::sectors_failed, 2)) return Code::hook_failed;
    erased.push_back(sector);
    const std::uint32_t bytes = flaw_.is(HookFault::sectors_erase) ? 4032 : 4096;
    std::fill_n(at(sector, 0), bytes, std::uint8_t{0xff});
    if (flaw_.is(HookFault::sectors_erase, 1)) std::fill_n(at(sector, 0), bytes, std::uint8_t{0});
    if (flaw_.is(HookFault::sectors_overlap, 2) && sector > 0) {
      std::fill_n(at(sector - 1, 0), bytes, std::uint8_t{0xff});
    }
    return {};
  }
  Status sync() override {
    return flaw_.is(HookFault::sectors_failed, 3) ? Code::hook_failed : Code::ok;
  }

  std::vector<std::uint32_t> erased;

 private:
  std::uint8_t* at(std::uint32_t sector, std::uint32_t offset) {
    if (flaw_.is(HookFault::sectors_overlap)) sector %= 2;
    return &bytes_.at(std::size_t{sector} * 4096 + offset);
  }

  Flaw flaw_;
  std::uint32_t asked_ = 0;
  std::vector<std::uint8_t> bytes_ = std::vector<std::uint8_t>(8UL * 4096, 0x55);
};

class Transport final : public here_tracking::Transport {
 public:
  Transport(Flaw flaw, Clock& clock) : flaw_(flaw), clock_(clock) {}

  Status exchange(const here_tracking::HttpRequest& request,
                  here_tracking::ResponseHandler& response) override {
    if (flaw_.is(HookFault::transport_missing)) return Code::not_provided;
    if (flaw_.is(HookFault::transport_late)) clock_.now += request.timeout_ms + 751;
    if (request.origin.port == 1) {
      if (flaw_.is(HookFault::transport_status)) return Code::ok;
      if (flaw_.is(HookFault::transport_status, 1)) return Code::server_error;
      if (flaw_.is(HookFault::transport_status, 2)) response.on_status(502);
      return Code::connect_failed;
    }
    ++asked;
    CHECK(request.method == "GET");
    CHECK(request.target == "/v2/timestamp");
    if (flaw_.is(HookFault::service_failed)) return Code::tls_failed;
    if (flaw_.is(HookFault::transport_break_off, 1) && asked == 3) return Code::connection_lost;
    if (!flaw_.is(HookFault::transport_response)) {
      response.on_status(flaw_.is(HookFault::service_failed, 1) ? 503 : 200);
    }
    if (!flaw_.is(HookFault::transport_response, 1)) {
      response.on_header(flaw_.is(HookFault::transport_response, 2) ? "Date " : "Date",
                         "Sun, 06 Nov 1994 08:49:37 GMT");
    }
    response.on_header("Content-Length", flaw_.is(HookFault::transport_response, 3) ? " 24" : "24");
    if (flaw_.is(HookFault::transport_response, 4)) response.on_header("Server", "x\r\n");
    if (flaw_.is(HookFault::transport_response, 5) && !response.on_body("18\r\n")) {
      return Code::response_too_large;
    }
    const bool on = response.on_body(R"({"timestamp":)");
    if (!on && !flaw_.is(HookFault::transport_break_off)) return Code::response_too_large;
    if (!flaw_.is(HookFault::transport_response, 6)) (void)response.on_body("1767225600}");
    return {};
  }
  int asked = 0;

 private:
  Flaw flaw_;
  Clock& clock_;
};

class Receiver final : public here_tracking::PositionSource {
 public:
  explicit Receiver(Flaw flaw) : flaw_(flaw) {}
  Status read(here_tracking::Fix& fix, std::uint32_t) override {
    if (flaw_.is(HookFault::source_failed, 1)) return Code::not_provided;
    fix.lat_deg_e7 = flaw_.is(HookFault::source_refused, 1) ? 900000001 : 1;
    return {};
  }

 private:
  Flaw flaw_;
};

class Modem final : public here_tracking::CellSource {
 public:
  Modem(Flaw flaw, Clock& clock) : flaw_(flaw), clock_(clock) {}
  Status scan(here_tracking::Sample& sample, std::uint32_t timeout_ms) override {
    if (flaw_.is(HookFault::source_late)) clock_.now += timeout_ms + 2600;
    if (flaw_.is(HookFault::source_failed)) return Code::hook_failed;
    if (flaw_.is(HookFault::source_status)) return Code::timeout;
    if (flaw_.is(HookFault::source_status, 1)) return {};
    here_tracking::LteCell cell;
    cell.mcc = 262;
    cell.tac = flaw_.is(HookFault::source_refused) ? 65536 : 1;
    return sample.add(cell);
  }

 private:
  Flaw flaw_;
  Clock& clock_;
};

/// One that has nothing but an access point that must not be told, and one that has nothing.
class AccessPoints final : public here_tracking::WlanSource {
 public:
  Status scan(here_tracking::Sample& sample, std::uint32_t) override {
    here_tracking::WlanAccessPoint access_point;
    access_point.ssid = "home_nomap";
    return sample.add(access_point);
  }
};
class Silent final : public here_tracking::BluetoothSource {
 public:
  Status scan(here_tracking::Sample&, std::uint32_t) override { return Code::no_data; }
};
class Battery final : public here_tracking::SensorSource {
 public:
  Status read(here_tracking::Sample& sample, std::uint32_t) override {
    here_tracking::SensorReadings readings;
    readings.battery_level_percent = 50;
    return sample.add(readings);
  }
};

struct Board {
  explicit Board(Flaw flaw = {})
      : clock(flaw),
        entropy(flaw),
        storage(flaw),
        flash(flaw),
        transport(flaw, clock),
        receiver(flaw),
        modem(flaw, clock) {
    sources.position = position_slots;
    sources.cell = cell_slots;
    sources.wlan = wlan_slots;
    sources.bluetooth = bluetooth_slots;
    sources.sensors = sensor_slots;
    device.hooks = {&clock, &entropy, &storage, &transport, &log};
    device.memory = {memory.data(), memory.size()};
    device.sectors = &flash;
    device.spare_sector_count = 8;
    device.sources = &sources;
    device.base_url = "https://tracking.example";
  }

  Clock clock;
  Entropy entropy;
  Storage storage;
  Flash flash;
  Transport transport;
  Receiver receiver;
  Modem modem;
  AccessPoints access_points;
  Silent beacons;
  Battery battery;
  fake::Log log;
  here_tracking::SourceSlot<here_tracking::PositionSource> position_slots[1] = {receiver};
  here_tracking::SourceSlot<here_tracking::CellSource> cell_slots[1] = {modem};
  here_tracking::SourceSlot<here_tracking::WlanSource> wlan_slots[1] = {access_points};
  here_tracking::SourceSlot<here_tracking::BluetoothSource> bluetooth_slots[1] = {beacons};
  here_tracking::SourceSlot<here_tracking::SensorSource> sensor_slots[1] = {battery};
  here_tracking::Sources sources;
  std::vector<std::uint8_t> memory = std::vector<std::uint8_t>(4400);
  SelfTest device;
};

std::uint32_t bit(HookFault fault) {
  return static_cast<std::uint32_t>(fault);
}

}  // namespace

TEST_CASE("A board that keeps the contracts passes, and is left as it was") {
  Board board;
  board.storage.records["token"] = {1, 2, 3};
  const HookFaults faults = here_tracking::self_test(board.device);
  CHECK(faults.none());
  CHECK(faults.usable());
  CHECK(board.log.lines == "self-test: ok\n");
  CHECK(board.transport.asked == 3);
  CHECK(board.storage.records.size() == 1);
  CHECK_FALSE(board.cell_slots[0].out());
}

TEST_CASE("Each way to break a contract is found, and is the only thing that is") {
  // How many ways there are to have each fault; in the order of the bits.
  constexpr int ways[32] = {1, 1, 1, 1, 1, 2, 2, 1, 1, 1, 2, 3, 2, 2, 4, 2,
                            2, 4, 4, 2, 2, 3, 1, 3, 1, 2, 7, 2, 1, 2, 2, 2};
  for (unsigned i = 0; i < 32; ++i) {
    for (int way = 0; way < ways[i]; ++way) {
      const auto fault = static_cast<HookFault>(1U << i);
      Board board({fault, way});
      const HookFaults faults = here_tracking::self_test(board.device);
      INFO(here_tracking::to_string(fault) << ", way " << way << ":\n" << board.log.lines);
      CHECK(faults.bits() == bit(fault));
      CHECK(faults.has(fault));
      CHECK_FALSE(faults.none());
      CHECK(faults.usable() ==
            (fault == HookFault::boot_id_missing || fault == HookFault::storage_missing));
      const std::string name = here_tracking::to_string(fault);
      CHECK_FALSE(name.empty());
      CHECK(board.log.lines.rfind("self-test: " + name, 0) == 0);
      // Where there is one.
      CHECK(board.log.lines.find("self-test: ok") == std::string::npos);
    }
  }
}

TEST_CASE("A line says what a bit cannot") {
  Board storage({HookFault::storage_empty});
  (void)here_tracking::self_test(storage.device);
  CHECK(storage.log.lines == "self-test: storage_empty: hook_failed\n");
  Board flash({HookFault::sectors_overlap, 1});
  (void)here_tracking::self_test(flash.device);
  CHECK(flash.log.lines == "self-test: sectors_overlap: sector 2\n");
  Board modem({HookFault::source_refused});
  (void)here_tracking::self_test(modem.device);
  CHECK(modem.log.lines ==
        "self-test: source_refused: cell[0]: scan.lte.tac = 65536: must be 0..65535\n");
}

TEST_CASE("A new port learns what is missing") {
  char memory[SelfTest::min_memory_bytes];
  SelfTest device;
  device.memory = {reinterpret_cast<std::uint8_t*>(memory), sizeof memory};
  const HookFaults faults = here_tracking::self_test(device);
  CHECK(faults.bits() == (bit(HookFault::clock_missing) | bit(HookFault::entropy_failed) |
                          bit(HookFault::storage_missing) | bit(HookFault::transport_missing)));
  CHECK_FALSE(faults.usable());
}

TEST_CASE("Sectors are destroyed where they were given up, and nowhere else") {
  Board board;
  SECTION("none") {
    board.device.spare_sector_count = 0;
    CHECK(here_tracking::self_test(board.device).none());
    CHECK(board.flash.erased.empty());
  }
  SECTION("one") {
    board.device.first_spare_sector = 7;
    board.device.spare_sector_count = 1;
    CHECK(here_tracking::self_test(board.device).none());
    CHECK(board.flash.erased == std::vector<std::uint32_t>{7, 7});
  }
  SECTION("some that do not exist") {
    board.device.first_spare_sector = 7;
    board.device.spare_sector_count = 2;
    CHECK(here_tracking::self_test(board.device).bits() == bit(HookFault::sectors_geometry));
    CHECK(board.flash.erased.empty());
  }
}

TEST_CASE("Without a base URL nothing leaves the device") {
  Board board;
  board.device.base_url = {};
  CHECK(here_tracking::self_test(board.device).none());
  CHECK(board.transport.asked == 0);
}

TEST_CASE("A base URL that is none is told") {
  Board board;
  board.device.base_url = "tracking.example";
  CHECK(here_tracking::self_test(board.device).bits() == bit(HookFault::service_failed));
}

TEST_CASE("With too little memory nothing is tested, which is no success") {
  Board board;
  board.device.memory = {board.memory.data(), SelfTest::min_memory_bytes - 1};
  CHECK(here_tracking::self_test(board.device).bits() == 0xffffffff);
  CHECK(board.storage.records.empty());
  CHECK(board.flash.erased.empty());
}
