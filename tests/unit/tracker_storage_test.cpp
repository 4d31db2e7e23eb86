// SPDX-License-Identifier: Apache-2.0
// What a tracker makes of a storage that fails, and of answers that say nothing about samples.
#include "here_tracking/restamp.hpp"
#include "here_tracking/tracker.hpp"

#include "support/catch.hpp"
#include "support/failing_sectors.hpp"
#include "support/tracked_device.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <ctime>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace ht = here_tracking;
using fake::is_ingestion;
using fake::Reply;
using fake::Request;
using fake::TrackedDevice;
using ht::Code;
using ht::Connection;
using ht::Fate;

namespace {

class Tracked final : public TrackedDevice {
 public:
  Tracked() {
    storage = &flash_chip;
    start();
  }
  FailingSectors flash_chip{sectors};
};

Reply away(const Request& /*request*/) {
  return {0, "", {}, Code::connect_failed};
}

std::string http_date(std::int64_t ms) {
  const std::time_t s = ms / 1000;
  std::tm utc{};
  gmtime_r(&s, &utc);
  std::array<char, 40> text{};
  return {text.data(), std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &utc)};
}

std::size_t times_sent(const TrackedDevice& tracked, int number) {
  return static_cast<std::size_t>(
      std::count_if(tracked.sent.begin(), tracked.sent.end(),
                    [number](const fake::SentSample& sample) { return sample.number == number; }));
}

}  // namespace

TEST_CASE("A storage that takes no releases is tried less and less often, and told once") {
  Tracked tracked;
  tracked.service = [](const Request&) -> Reply { return {503, "", {}, {}}; };
  tracked.run_for_s(1200);
  tracked.service = nullptr;
  tracked.flash_chip.is_read_only = true;
  const int before = tracked.posts();
  tracked.observer.connections.clear();
  tracked.run_for_s(6 * 3600);
  // Waits double from seconds to a quarter of an hour.
  CHECK(tracked.posts() - before < 80);
  CHECK(tracked.observer.connections.size() <= 2);

  tracked.flash_chip.is_read_only = false;
  tracked.run_for_s(3600);
  CHECK(tracked.tracker->state().connection == Connection::online);
}

TEST_CASE("A time that cannot be written down holds all the same, and is written later") {
  Tracked tracked;
  tracked.service = away;
  tracked.run_for_s(600);
  tracked.service = [&](const Request& request) -> Reply {
    if (request.line == "GET /v2/timestamp") tracked.flash_chip.missed_writes = 1;
    return tracked.device.transport.healthy(request);
  };
  tracked.run_for_s(1800);
  CHECK(tracked.quarantined().empty());
  const std::vector<int> delivered = tracked.numbers_delivered();
  for (int number = 1; number <= 10; ++number) {
    CAPTURE(number);
    CHECK(std::count(delivered.begin(), delivered.end(), number) == 1);
  }
}

TEST_CASE("Where nothing can be written, what was measured before the first time is sent") {
  Tracked tracked;
  tracked.service = away;
  tracked.run_for_s(600);
  tracked.service = nullptr;
  tracked.flash_chip.is_read_only = true;
  tracked.run_for_s(3600);
  CHECK(tracked.quarantined().empty());
  CHECK(times_sent(tracked, 1) > 0);
}

TEST_CASE("Queue: a time base that could not be written holds, and the next call writes it") {
  constexpr std::int64_t offset_ms = 1767225600000;
  std::vector<std::uint8_t> flash(8 * 1024, 0xff);
  ht::RamSectors sectors({flash.data(), flash.size()}, 1024);
  FailingSectors chip(sectors);
  std::array<ht::QueueSector, 8> table;
  ht::SampleQueue queue(chip, table);
  REQUIRE(queue.open().ok());
  REQUIRE(queue.append(R"({"payload":{"n":1})", {1000, 7}).ok());

  chip.missed_writes = 1;
  CHECK(queue.set_time_base({7, offset_ms}) == Code::hook_failed);
  ht::QueueBatch batch;
  REQUIRE(queue.next(batch).ok());
  CHECK(batch.time_known());
  // The sample may have been sent with that time, so it keeps it.
  CHECK(queue.set_time_base({7, offset_ms + 5000}).ok());

  ht::SampleQueue restarted(chip, table);
  REQUIRE(restarted.open().ok());
  REQUIRE(restarted.next(batch).ok());
  CHECK(batch.time_known());
  CHECK(batch.first_ms() == offset_ms + 1000);
}

TEST_CASE("A sample that could not be stored is stored elsewhere") {
  Tracked tracked;
  tracked.flash_chip.worn_sector = 3;
  tracked.run_for_s(7 * 24 * 3600);
  std::set<int> delivered;
  for (const int number : tracked.numbers_delivered())
    delivered.insert(number);
  CHECK(delivered.size() + tracked.queue->pending() ==
        static_cast<std::size_t>(tracked.observer.measured));
  CHECK(tracked.tracker->state().not_stored == 0);

  tracked.flash_chip.is_read_only = true;
  tracked.run_for_s(600);
  CHECK(tracked.tracker->state().not_stored > 5);
}

TEST_CASE("A refused request for time or token is no verdict on the samples") {
  const int status = GENERATE(400, 413);
  const std::string line = GENERATE("GET /v2/timestamp", "POST /v2/token");
  CAPTURE(status, line);
  TrackedDevice tracked;
  tracked.config.sample_ms = tracked.config.send_ms = 60000;
  tracked.start();
  int left = 3;
  tracked.service = [&](const Request& request) -> Reply {
    if (request.line == line && left-- > 0)
      return {static_cast<std::uint16_t>(status), R"({"code":400,"id":"e-1"})", {}, {}};
    return tracked.device.transport.healthy(request);
  };
  tracked.run_for_s(1800);
  CHECK(left < 0);
  CHECK(tracked.quarantined().empty());
  CHECK(tracked.observer.drops.empty());
  CHECK(tracked.numbers_delivered().front() == 1);
  CHECK(tracked.queue->pending() <= 1);
}

TEST_CASE("What does not fit restamped leaves as too old, and the others go on") {
  TrackedDevice tracked;
  tracked.config.send.restamp = ht::restamp;
  tracked.config.sample_ms = tracked.config.send_ms = 60000;
  tracked.start();
  tracked.service = away;
  tracked.run_for_s(60);
  std::string text = R"({"payload":{"n":1000},"scan":{"wlan":[)";
  for (int i = 0; i < 40; ++i)
    text += std::string(i == 0 ? "" : ",") + R"({"mac":"00:11:22:33:44:55","powrx":-60})";
  text += "]}";
  REQUIRE(text.size() < tracked.sample_memory.size() / 2);
  REQUIRE(tracked.queue->append(text, {tracked.device.clock.now, 1}).ok());
  tracked.run_for_s(600);
  tracked.service = [&](const Request& request) -> Reply {
    if (is_ingestion(request)) {
      for (const fake::SentSample& sample : fake::samples_of(request.body))
        if (tracked.device.transport.server_ms() - sample.timestamp_ms > 10000)
          return {400, "{}", {}, {}};
    }
    return tracked.device.transport.healthy(request);
  };
  tracked.run_for_s(24 * 3600);
  CHECK(tracked.queue->pending() <= 1);
  CHECK(tracked.queue->left(Fate::too_old) == 1);
  const auto quarantined = tracked.quarantined();
  REQUIRE(quarantined.size() == 1);
  CHECK(quarantined.front().first == 1000);
}

TEST_CASE("Samples whose answer does not fit are with the service all the same") {
  TrackedDevice tracked;
  tracked.device.transport.shadow = R"({"payload":{"x":")" + std::string(9000, 'a') + R"("}})";
  tracked.run_for_s(24 * 3600);
  CHECK(tracked.tracker->state().connection == Connection::online);
  for (const int number : {1, 100, 1000}) {
    CAPTURE(number);
    CHECK(times_sent(tracked, number) == 1);
  }
  REQUIRE_FALSE(tracked.observer.reports.empty());
  CHECK(tracked.observer.reports.back().status == Code::response_too_large);
}

TEST_CASE(
    "A batch is halved for what timed out while it was sent, not for a service that is away") {
  TrackedDevice tracked;
  tracked.run_for_s(60);
  tracked.service = [](const Request&) -> Reply { return {0, "", {}, Code::timeout}; };
  tracked.device.transport.reads_body = GENERATE(true, false);
  const bool reads_body = tracked.device.transport.reads_body;
  CAPTURE(reads_body);
  tracked.run_for_s(4 * 3600);
  tracked.service = nullptr;
  tracked.device.transport.reads_body = true;
  const int before = tracked.posts();
  tracked.run_for_s(1200);
  CHECK(tracked.queue->pending() < 15);
  CHECK((tracked.posts() - before > 30) == reads_body);
}

TEST_CASE("Moves are reported no more often than the least interval between reports") {
  TrackedDevice tracked;
  tracked.device.transport.shadow =
      R"({"system":{"rate":{"sampleMs":1000,"sendMs":600000,"distanceM":1}}})";
  ht::Fix fix;
  fix.lat_deg_e7 = 525170365;
  fix.lng_deg_e7 = 133888599;
  fix.accuracy_mm = 20000;
  tracked.position.fix = fix;
  tracked.observer.payload_rule = [&](int number) {
    tracked.position.fix->lat_deg_e7 = 525170365 + number % 3 * 1000;
    return true;
  };
  tracked.run_for_s(30);
  const int before = tracked.posts();
  tracked.run_for_s(60);
  CHECK(tracked.posts() - before <= 7);
  CHECK(tracked.posts() - before >= 4);
}

TEST_CASE("A distanceM of 0 is no wish") {
  TrackedDevice tracked;
  tracked.config.distance_m = 500;
  tracked.start();
  tracked.device.transport.shadow = R"({"system":{"rate":{"distanceM":0}}})";
  ht::Fix fix;
  fix.lat_deg_e7 = 525200000;
  fix.lng_deg_e7 = 134000000;
  fix.accuracy_mm = 5000;
  tracked.position.fix = fix;
  tracked.run_for_s(90);
  const int before = tracked.posts();
  tracked.position.fix->lat_deg_e7 += 50000;  // 557 m
  tracked.run_for_s(60);
  CHECK(tracked.posts() == before + 1);
}

TEST_CASE(
    "A sample measured while the time is unknown again has the time of now, not of the boot") {
  TrackedDevice tracked;
  std::map<int, std::int64_t> measured_ms;
  tracked.observer.payload_rule = [&](int number) {
    measured_ms[number] = tracked.device.transport.server_ms();
    return true;
  };
  bool is_away = true;
  tracked.service = [&](const Request& request) -> Reply {
    if (is_away) return away(request);
    Reply reply = tracked.device.transport.healthy(request);
    reply.headers.emplace_back("Date", http_date(tracked.device.transport.server_ms()));
    return reply;
  };
  tracked.run_for_s(300);
  is_away = false;
  // A clock that is slow by 100 ppm, for a month.
  for (int hour = 0; hour < 30 * 24; ++hour) {
    tracked.run_for_s(3600);
    tracked.device.transport.server_ahead_ms += 360;
  }
  // Now it is so wrong that the next answer shows it.
  tracked.device.transport.server_ahead_ms += 12000;
  tracked.run_for_s(3600);
  for (const fake::SentSample& sample : tracked.delivered) {
    CAPTURE(sample.number, sample.timestamp_ms - measured_ms[sample.number]);
    CHECK(std::abs(sample.timestamp_ms - measured_ms[sample.number]) < 15000);
  }
}
