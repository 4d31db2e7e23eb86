// SPDX-License-Identifier: Apache-2.0
#include "here_tracking/gather.hpp"

#include "support/catch.hpp"
#include "support/fake_device.hpp"

#include <string>
#include <vector>

using here_tracking::CellSource;
using here_tracking::Code;
using here_tracking::Fix;
using here_tracking::PositionSource;
using here_tracking::Sample;
using here_tracking::SourceSlot;
using here_tracking::Status;

namespace {

class Position final : public PositionSource {
 public:
  Position(Status status, std::int32_t lat_deg_e7) : status_(status), lat_deg_e7_(lat_deg_e7) {}
  Status read(Fix& fix, std::uint32_t timeout_ms) override {
    ++asked;
    given_ms = timeout_ms;
    fix.lat_deg_e7 = lat_deg_e7_;
    return status_;
  }
  int asked = 0;
  std::uint32_t given_ms = 0;

 private:
  Status status_;
  std::int32_t lat_deg_e7_;
};

class Cells final : public CellSource {
 public:
  explicit Cells(std::int32_t mcc) : mcc_(mcc) {}
  Status scan(Sample& sample, std::uint32_t) override {
    here_tracking::GsmCell cell;
    cell.mcc = mcc_;
    cell.lac = 1;
    return sample.add(cell);
  }

 private:
  std::int32_t mcc_;
};

class AccessPoints final : public here_tracking::WlanSource {
 public:
  Status scan(Sample& sample, std::uint32_t) override {
    return sample.add(here_tracking::WlanAccessPoint{});
  }
};

/// A modem that takes as long, and answers, as it is told.
class Modem final : public CellSource {
 public:
  explicit Modem(fake::Clock& clock) : clock_(clock) {}
  Status scan(Sample&, std::uint32_t timeout_ms) override {
    given_ms.push_back(timeout_ms);
    clock_.now += takes_ms;
    return status;
  }
  std::vector<std::uint32_t> given_ms;
  std::int64_t takes_ms = 0;
  Status status;

 private:
  fake::Clock& clock_;
};

class Gathering {
 public:
  Status operator()(const here_tracking::Sources& sources) {
    sample.clear();
    log.lines.clear();
    return here_tracking::gather(sources, sample, clock, log);
  }

  fake::Clock clock;
  fake::Log log;

 private:
  char buffer_[512];

 public:
  Sample sample{buffer_};
};

/// In which of the next gathers, counted from 1, the source is asked.
std::vector<int> turns(Gathering& gather, const here_tracking::Sources& sources, const Modem& modem,
                       int gathers) {
  std::vector<int> asked;
  for (int i = 1; i <= gathers; ++i) {
    const std::size_t before = modem.given_ms.size();
    (void)gather(sources);
    if (modem.given_ms.size() != before) asked.push_back(i);
  }
  return asked;
}

}  // namespace

TEST_CASE("The first position source with a fix is taken, the later ones are not asked") {
  Gathering gather;
  Position none(Code::no_data, 1);
  Position failing(Code::hook_failed, 2);
  Position good(Code::ok, 30000000);
  Position spare(Code::ok, 4);
  SourceSlot<PositionSource> slots[] = {none, failing, {good, 1234}, spare};
  here_tracking::Sources all;
  all.position = slots;
  CHECK(gather(all) == Code::hook_failed);
  REQUIRE(gather.sample.set_timestamp(2).ok());
  CHECK(gather.sample.json() == R"({"position":{"lat":3,"lng":0,"accuracy":0},"timestamp":2})");
  CHECK(spare.asked == 0);
  CHECK(none.given_ms == 10000);
  CHECK(good.given_ms == 1234);
  CHECK(gather.log.lines == "position[1]: hook_failed, passed over for some time\n");
}

TEST_CASE("A source that fails keeps no other from being asked, and the failure is told") {
  Gathering gather;
  Cells bad(100);
  Cells good(262);
  AccessPoints wlan;
  here_tracking::NoWlan missing;
  SourceSlot<CellSource> cells[] = {bad, good};
  SourceSlot<here_tracking::WlanSource> access_points[] = {missing, wlan};
  here_tracking::Sources all;
  all.cell = cells;
  all.wlan = access_points;
  CHECK(gather(all) == Code::invalid_value);
  REQUIRE(gather.sample.set_timestamp(2).ok());
  CHECK(gather.sample.json() == R"({"scan":{"gsm":[{"mcc":262,"mnc":0,"lac":1,"cid":0}],)"
                                R"("wlan":[{"mac":"00:00:00:00:00:00"}]},"timestamp":2})");
  CHECK(gather.log.lines ==
        "cell[0]: scan.gsm.mcc = 100: must be 200..999\nwlan[0]: not_provided\n");
}

TEST_CASE("Beacons and readings join cells and access points") {
  class Beacons final : public here_tracking::BluetoothSource {
   public:
    Status scan(Sample& sample, std::uint32_t) override {
      here_tracking::BluetoothBeacon beacon;
      beacon.mac.emplace();
      return sample.add(beacon);
    }
  };
  class Sensors final : public here_tracking::SensorSource {
   public:
    explicit Sensors(std::int32_t percent) : percent_(percent) {}
    Status read(Sample& sample, std::uint32_t) override {
      here_tracking::SensorReadings readings;
      readings.battery_level_percent = percent_;
      return sample.add(readings);
    }

   private:
    std::int32_t percent_;
  };
  Gathering gather;
  Beacons beacons;
  Sensors battery(100);
  Sensors broken(101);
  SourceSlot<here_tracking::BluetoothSource> bluetooth[] = {beacons};
  SourceSlot<here_tracking::SensorSource> sensors[] = {broken, battery};
  here_tracking::Sources sources;
  sources.bluetooth = bluetooth;
  sources.sensors = sensors;
  CHECK(gather(sources) == Code::invalid_value);
  CHECK(gather.log.lines ==
        "sensors[0]: system.reportedSensorData.batteryLevel = 101: must be 0..100\n");
  REQUIRE(gather.sample.set_timestamp(2).ok());
  CHECK(gather.sample.json() ==
        R"({"scan":{"bt":[{"mac":"00:00:00:00:00:00","rss":0}]},)"
        R"("system":{"reportedSensorData":{"batteryLevel":100}},"timestamp":2})");
}

TEST_CASE("A source is given its own timeout or what is left of the total one, and nothing after") {
  Gathering gather;
  Modem first(gather.clock);
  Modem second(gather.clock);
  Modem third(gather.clock);
  Modem fourth(gather.clock);
  SourceSlot<CellSource> slots[] = {
      {first, 20000}, {second, 20000}, {third, 20000}, {fourth, 20000}};
  here_tracking::Sources sources;
  sources.cell = slots;
  first.takes_ms = 15000;
  second.takes_ms = 15000;
  CHECK(gather(sources).ok());
  CHECK(first.given_ms == std::vector<std::uint32_t>{20000});
  CHECK(second.given_ms == std::vector<std::uint32_t>{15000});
  CHECK(third.given_ms.empty());
  CHECK(fourth.given_ms.empty());
  CHECK(gather.log.lines == "no time left to ask all sources\n");

  // Nor was that their fault.
  first.takes_ms = 0;
  CHECK(gather(sources).ok());
  CHECK(third.given_ms == std::vector<std::uint32_t>{15000});
}

TEST_CASE("A source that fails is passed over ever longer, up to 32 gathers") {
  Gathering gather;
  Modem modem(gather.clock);
  SourceSlot<CellSource> slots[] = {modem};
  here_tracking::Sources sources;
  sources.cell = slots;
  modem.status = Code::hook_failed;
  CHECK(gather(sources) == Code::hook_failed);
  CHECK(slots[0].out());
  CHECK(gather(sources).ok());
  CHECK(turns(gather, sources, modem, 130) == std::vector<int>{1, 4, 9, 18, 35, 68, 101});
}

TEST_CASE("What is passed over is told once, and its return") {
  Gathering gather;
  Modem modem(gather.clock);
  SourceSlot<CellSource> slots[] = {modem};
  here_tracking::Sources sources;
  sources.cell = slots;
  modem.status = Code::hook_failed;
  std::string lines;
  for (int i = 0; i < 5; ++i) {
    if (i == 4) modem.status = Code::no_data;
    (void)gather(sources);
    lines += gather.log.lines;
  }
  CHECK(lines == "cell[0]: hook_failed, passed over for some time\n");
  (void)gather(sources);
  CHECK(gather.log.lines == "cell[0]: back\n");
  CHECK_FALSE(slots[0].out());

  // A success forgives all.
  modem.status = Code::hook_failed;
  CHECK(turns(gather, sources, modem, 3) == std::vector<int>{1, 3});
}

TEST_CASE("A source that is late by a quarter, and by half a second, is passed over") {
  struct Case {
    std::uint32_t timeout_ms;
    std::int64_t takes_ms;
    bool late;
  };
  const Case c = GENERATE(Case{10000, 12500, false}, Case{10000, 12501, true},
                          Case{1000, 1500, false}, Case{1000, 1501, true});
  const Status status = GENERATE(Status{}, Status{Code::no_data});
  Gathering gather;
  Modem modem(gather.clock);
  SourceSlot<CellSource> slots[] = {{modem, c.timeout_ms}};
  here_tracking::Sources sources;
  sources.cell = slots;
  modem.takes_ms = c.takes_ms;
  modem.status = status;
  CHECK(gather(sources).ok());
  CHECK(slots[0].out() == c.late);
  CHECK(gather.log.lines == (c.late ? "cell[0]: late, passed over for some time\n" : ""));
}

TEST_CASE("A source that hangs for ever is asked in one gather of 33") {
  Gathering gather;
  Modem modem(gather.clock);
  SourceSlot<CellSource> slots[] = {modem};
  here_tracking::Sources sources;
  sources.cell = slots;
  modem.takes_ms = 60000;
  CHECK(turns(gather, sources, modem, 1000).size() == 35);
}

TEST_CASE("A fix that comes late is a fix") {
  class Slow final : public PositionSource {
   public:
    explicit Slow(fake::Clock& clock) : clock_(clock) {}
    Status read(Fix&, std::uint32_t) override {
      clock_.now += 20000;
      return {};
    }

   private:
    fake::Clock& clock_;
  };
  Gathering gather;
  Slow slow(gather.clock);
  SourceSlot<PositionSource> slots[] = {slow};
  here_tracking::Sources sources;
  sources.position = slots;
  CHECK(gather(sources).ok());
  CHECK(gather.sample.has_position());
  CHECK(slots[0].out());
}

TEST_CASE("Without a clock nobody is late and time does not run out") {
  Gathering gather;
  gather.clock.now = -1000000;
  Modem first(gather.clock);
  Modem second(gather.clock);
  SourceSlot<CellSource> slots[] = {first, second};
  here_tracking::Sources sources;
  sources.cell = slots;
  first.takes_ms = 60000;
  CHECK(gather(sources).ok());
  CHECK(second.given_ms == std::vector<std::uint32_t>{10000});
  CHECK_FALSE(slots[0].out());
}

TEST_CASE("A source whose measurements would be withheld is not asked") {
  class Scanner final : public CellSource,
                        public here_tracking::WlanSource,
                        public here_tracking::BluetoothSource {
   public:
    Status scan(Sample&, std::uint32_t) override {
      ++asked;
      return Code::no_data;
    }
    int asked = 0;
  };
  using here_tracking::PositionMethod;
  using Methods = here_tracking::NameSet<PositionMethod>;
  struct Case {
    Methods withheld;
    int position, cell, wlan, bluetooth;
  };
  const Methods cells = {PositionMethod::gsm, PositionMethod::wcdma, PositionMethod::tdscdma,
                         PositionMethod::lte, PositionMethod::cdma};
  const Methods most_cells = {PositionMethod::gsm, PositionMethod::wcdma, PositionMethod::lte,
                              PositionMethod::cdma};
  const Case cases[] = {
      {{}, 1, 1, 1, 1},
      {Methods::everything(), 0, 0, 0, 0},
      {{PositionMethod::gps}, 1, 1, 1, 1},
      {{PositionMethod::wlan}, 1, 1, 0, 1},
      {{PositionMethod::bt}, 1, 1, 1, 0},
      {cells, 1, 0, 1, 1},
      {most_cells, 1, 1, 1, 1},
  };
  for (const Case& c : cases) {
    Gathering gather;
    Position receiver(Code::ok, 1);
    Scanner modem;
    Scanner wlan;
    Scanner bluetooth;
    SourceSlot<PositionSource> position_slots[] = {receiver};
    SourceSlot<CellSource> cell_slots[] = {modem};
    SourceSlot<here_tracking::WlanSource> wlan_slots[] = {wlan};
    SourceSlot<here_tracking::BluetoothSource> bluetooth_slots[] = {bluetooth};
    here_tracking::Sources sources;
    sources.position = position_slots;
    sources.cell = cell_slots;
    sources.wlan = wlan_slots;
    sources.bluetooth = bluetooth_slots;
    gather.sample.withhold(c.withheld, {});
    CHECK(here_tracking::gather(sources, gather.sample, gather.clock, gather.log).ok());
    CHECK(receiver.asked == c.position);
    CHECK(modem.asked == c.cell);
    CHECK(wlan.asked == c.wlan);
    CHECK(bluetooth.asked == c.bluetooth);
    CHECK(gather.log.lines.empty());
  }
}
