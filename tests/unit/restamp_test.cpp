// SPDX-License-Identifier: Apache-2.0
#include "here_tracking/restamp.hpp"

#include "here_tracking/telemetry.hpp"

#include "support/catch.hpp"

#include <string>

using here_tracking::Code;
using here_tracking::Sample;
using here_tracking::SampleOptions;

namespace {

constexpr std::int64_t measured_ms = 1767225600120;

std::string restamped(std::string_view untimed_json) {
  char memory[2048];
  std::size_t size = 0;
  REQUIRE(here_tracking::restamp(untimed_json, measured_ms, memory, size).ok());
  return {memory, size};
}

}  // namespace

TEST_CASE("Position, gps, cells, access points and beacons take the time of measurement") {
  SampleOptions options;
  options.contribute_gps = true;
  char buffer[2048];
  Sample sample(buffer, options);
  const here_tracking::LteNeighbour neighbours[] = {{1, 2, {}, {}, {}}};
  here_tracking::LteCell cell;
  cell.mcc = 262;
  cell.nmr = neighbours;
  here_tracking::BluetoothBeacon beacon;
  beacon.mac.emplace();
  REQUIRE(sample.set_position({}).ok());
  REQUIRE(sample.add(cell).ok());
  REQUIRE(sample.add(here_tracking::WlanAccessPoint{}).ok());
  REQUIRE(sample.add(here_tracking::WlanAccessPoint{}).ok());
  REQUIRE(sample.set_gps({}).ok());
  REQUIRE(sample.add(beacon).ok());
  REQUIRE(sample.set_country(262).ok());
  REQUIRE(sample.set_mode(here_tracking::DeviceMode::normal).ok());
  CHECK(restamped(sample.untimed_json()) ==
        R"({"position":{"lat":0,"lng":0,"accuracy":0,"timestamp":1767225600120},"scan":{)"
        R"("lte":[{"mcc":262,"mnc":0,"cid":0,"nmr":[{"pci":1,"earfcn":2}],)"
        R"("timestamp":"2026-01-01T00:00:00.12Z"}],)"
        R"("wlan":[{"mac":"00:00:00:00:00:00","timestamp":"2026-01-01T00:00:00.12Z"},)"
        R"({"mac":"00:00:00:00:00:00","timestamp":"2026-01-01T00:00:00.12Z"}],)"
        R"("gps":{"lat":0,"lng":0,"accuracy":0,"timestamp":1767225600120},)"
        R"("bt":[{"mac":"00:00:00:00:00:00","rss":0,"timestamp":"2026-01-01T00:00:00.12Z"}],)"
        R"("country":{"mcc":262}},"system":{"mode":"normal"})");
}

TEST_CASE("What has a time of its own keeps it") {
  SampleOptions options;
  options.contribute_gps = true;
  char buffer[2048];
  Sample sample(buffer, options);
  here_tracking::Fix fix;
  fix.timestamp_ms = 2;
  here_tracking::Floor floor;
  floor.id = "1";
  floor.name = "timestamp";
  fix.floor = floor;
  here_tracking::GsmCell cell;
  cell.mcc = 262;
  cell.lac = 1;
  cell.timestamp_ms = 1000;
  REQUIRE(sample.set_position(fix).ok());
  REQUIRE(sample.set_gps(fix).ok());
  REQUIRE(sample.add(cell).ok());
  CHECK(restamped(sample.untimed_json()) == sample.untimed_json());
}

TEST_CASE("What only looks like it in the payload, a text or a floor is left alone") {
  char buffer[2048];
  Sample sample(buffer);
  REQUIRE(sample
              .set_payload(R"({"position":{"a":{}},"scan":{"gps":{"b":1},"wlan":[{"mac":"x"}]},)"
                           R"("c\"}]{[\\":"\"}\\","timestamp":[{}]})")
              .ok());
  here_tracking::ClientInfo client;
  client.model = R"("scan":{"wlan":[{}]})";
  REQUIRE(sample.set_client(client).ok());
  CHECK(restamped(sample.untimed_json()) == sample.untimed_json());

  here_tracking::Fix fix;
  here_tracking::Floor floor;
  floor.id = R"(timestamp":)";
  floor.name = "}";
  fix.floor = floor;
  REQUIRE(sample.set_position(fix).ok());
  const std::string text = restamped(sample.untimed_json());
  CHECK(text.size() == sample.untimed_json().size() + 26);
  CHECK(text.find(R"("level":0},"timestamp":1767225600120})") != std::string::npos);
}

TEST_CASE("An empty sample has nowhere to put its time") {
  CHECK(restamped("{") == "{");
}

TEST_CASE("What does not fit is told, with the size that it takes, and nothing is overrun") {
  const std::string untimed = R"({"scan":{"wlan":[{"mac":"00:00:00:00:00:00"}]})";
  const std::size_t wanted = untimed.size() + 38;
  for (std::size_t room = 0; room <= wanted; ++room) {
    std::string memory(room + 1, '#');
    std::size_t size = 0;
    const here_tracking::Status status =
        here_tracking::restamp(untimed, measured_ms, {memory.data(), room}, size);
    CHECK(status.code() == (room < wanted ? Code::buffer_too_small : Code::ok));
    CHECK(size == wanted);
    CHECK(memory[room] == '#');
  }
}

TEST_CASE("What is no untimed sample, and no time, is refused") {
  char memory[64];
  std::size_t size = 1;
  for (const char* text : {"", "}", "{}", "{}{", "[]", "x{", "{\"a", "{\"a\\", "{[", "\"a\"{",
                           "{\"scan\":{\"wlan\":[{"}) {
    INFO(text);
    CHECK(here_tracking::restamp(text, measured_ms, memory, size) == Code::invalid_value);
    CHECK(size == 0);
  }
  for (const std::int64_t ms : {std::int64_t{1}, here_tracking::max_timestamp_ms + 1}) {
    CHECK(here_tracking::restamp("{", ms, memory, size) == Code::invalid_value);
  }
}
