// SPDX-License-Identifier: Apache-2.0
#include "here_tracking/tracker.hpp"

#include "here_tracking/restamp.hpp"

#include "distance.hpp"
#include "support/catch.hpp"
#include "support/tracked_device.hpp"

#include <cstdint>
#include <numeric>
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

std::vector<int> numbers(int first, int last) {
  std::vector<int> all(static_cast<std::size_t>(last - first + 1));
  std::iota(all.begin(), all.end(), first);
  return all;
}

/// Refuses what holds a sample that `is_bad`, takes everything else.
auto refusing(TrackedDevice& tracked, std::function<bool(const fake::SentSample&)> is_bad,
              std::uint16_t status = 400) {
  return [&tracked, is_bad = std::move(is_bad), status](const Request& request) -> Reply {
    if (is_ingestion(request)) {
      for (const fake::SentSample& sample : fake::samples_of(request.body)) {
        if (is_bad(sample)) {
          return {status,
                  R"({"error":"Bad Request","code":400,"id":"e-1","message":"no good"})",
                  {},
                  {}};
        }
      }
    }
    return tracked.device.transport.healthy(request);
  };
}

auto failing(TrackedDevice& tracked, Reply reply) {
  return [&tracked, reply = std::move(reply)](const Request& request) -> Reply {
    return is_ingestion(request) ? reply : tracked.device.transport.healthy(request);
  };
}

ht::Fix fix_at(std::int32_t lat_deg_e7, std::int32_t lng_deg_e7) {
  ht::Fix fix;
  fix.lat_deg_e7 = lat_deg_e7;
  fix.lng_deg_e7 = lng_deg_e7;
  fix.accuracy_mm = 5000;
  return fix;
}

}  // namespace

TEST_CASE("A tracker measures, queues and sends at the device's own pace") {
  TrackedDevice tracked;
  tracked.device.transport.shadow = "{}";
  tracked.run_for_s(30 * 60);
  // At once, then every ten minutes with what was measured in between.
  CHECK(tracked.posts() == 3);
  CHECK(tracked.observer.measured >= 30);
  CHECK(tracked.observer.queued == tracked.observer.measured);
  CHECK(tracked.numbers_delivered() == numbers(1, static_cast<int>(tracked.delivered.size())));
  CHECK(tracked.queue->pending() <= 10);
}

TEST_CASE("A step measures or sends, and says when to call again") {
  TrackedDevice tracked;
  const std::int64_t start = tracked.device.clock.now;
  CHECK(tracked.tracker->step() == start);  // measured; to be sent at once
  CHECK(tracked.observer.measured == 1);
  CHECK(tracked.posts() == 0);
  CHECK(tracked.tracker->step() == start + 60000);
  CHECK(tracked.posts() == 1);
  CHECK(tracked.observer.measured == 1);
  CHECK(tracked.tracker->step() == start + 60000);  // called too early: nothing to do
  CHECK(tracked.observer.measured == 1);
  tracked.device.clock.now = start + 60000;
  CHECK(tracked.tracker->step() == start + 120000);
  CHECK(tracked.observer.measured == 2);
}

TEST_CASE("Sources that take longer than the interval do not keep reports back") {
  TrackedDevice tracked;
  tracked.config.sample_ms = 5000;
  tracked.config.send_ms = 10000;
  tracked.start();
  tracked.sensors.before = [&tracked] { tracked.device.clock.now += 10000; };
  tracked.run_for_s(600);
  CHECK(tracked.delivered.size() >= 50);
  CHECK(tracked.queue->pending() <= 2);
}

TEST_CASE("Without a clock a tracker does nothing and says so") {
  TrackedDevice tracked;
  tracked.device.clock.now = -1;
  CHECK(tracked.tracker->step() == -1);
  CHECK(tracked.tracker->start() == Code::not_provided);
  CHECK(tracked.observer.measured == 0);
}

TEST_CASE("The desired shadow sets the pace") {
  TrackedDevice tracked;
  tracked.device.transport.shadow = R"({"system":{"rate":{"sampleMs":20000,"sendMs":120000}}})";
  tracked.run_for_s(1);
  CHECK(tracked.tracker->state().sample_ms == 20000);
  CHECK(tracked.tracker->state().send_ms == 120000);
  tracked.run_for_s(1200);
  CHECK(tracked.posts() == 11);
  CHECK(tracked.observer.measured == 61);

  SECTION("and a shadow without a wish gives it back to the device") {
    tracked.device.transport.shadow = "{}";
    tracked.run_for_s(120);
    CHECK(tracked.tracker->state().sample_ms == 60000);
    CHECK(tracked.tracker->state().send_ms == 600000);
  }
}

TEST_CASE("Wishes have floors, and what contradicts itself falls back") {
  const auto [rate, sample_ms, send_ms] =
      GENERATE(table<const char*, std::uint32_t, std::uint32_t>({
          {R"({"sampleMs":1,"sendMs":2})", 1000U, 10000U},
          {R"({"sampleMs":0,"sendMs":0})", 60000U, 600000U},
          {R"({"sampleMs":300000,"sendMs":60000})", 60000U, 60000U},
          {R"({"sampleMs":60000,"sendMs":60000})", 60000U, 60000U},
          {R"({"sendMs":30000})", 30000U, 30000U},
          {R"({"sampleMs":3600000})", 3600000U, 3600000U},
          {R"({"sampleMs":1e30,"sendMs":1e30})", 0xffffffffU, 0xffffffffU},
      }));
  CAPTURE(rate);
  TrackedDevice tracked;
  tracked.device.transport.shadow = std::string(R"({"system":{"rate":)") + rate + "}}";
  tracked.run_for_s(1);
  CHECK(tracked.tracker->state().sample_ms == sample_ms);
  CHECK(tracked.tracker->state().send_ms == send_ms);
}

TEST_CASE("An outage loses nothing, and what waited goes in order") {
  TrackedDevice tracked;
  tracked.run_for_s(60);
  tracked.service = failing(tracked, {503, "", {}, {}});
  tracked.run_for_s(3 * 3600);
  tracked.service = nullptr;
  tracked.run_for_s(3600);
  CHECK(tracked.numbers_delivered() ==
        numbers(1, static_cast<int>(tracked.numbers_delivered().size())));
  CHECK(tracked.queue->pending() <= 10);
  // Drained in few requests: 180 samples, some 16 to 30 in each.
  CHECK(tracked.observer.connections == std::vector<Connection>{Connection::online,
                                                                Connection::service_failed,
                                                                Connection::online});
}

TEST_CASE("All requests of a drain but the last do without the shadow") {
  TrackedDevice tracked;
  tracked.service = failing(tracked, {503, "", {}, {}});
  tracked.run_for_s(3600);
  tracked.service = nullptr;
  tracked.device.transport.requests.clear();
  tracked.run_for_s(1000);
  std::vector<std::string> lines;
  for (const Request& request : tracked.device.transport.requests)
    if (is_ingestion(request)) lines.push_back(request.line);
  REQUIRE(lines.size() >= 4);
  CHECK(lines[0] == "POST /v2/?async=true");
  CHECK(lines[1] == "POST /v2/?async=true");
  const auto first_sync = std::find(lines.begin(), lines.end(), "POST /v2/");
  REQUIRE(first_sync != lines.end());
}

TEST_CASE("A sample measured before the first synchronisation gets its time when it is sent") {
  TrackedDevice tracked;
  tracked.service = [](const Request&) -> Reply { return {0, "", {}, Code::connect_failed}; };
  const std::int64_t start = tracked.device.clock.now;
  tracked.run_for_s(600);
  REQUIRE(tracked.delivered.empty());
  tracked.service = nullptr;
  tracked.run_for_s(1800);
  REQUIRE(tracked.delivered.size() > 10);
  for (std::size_t i = 0; i < 10; ++i) {
    const std::int64_t measured_ms =
        start + static_cast<std::int64_t>(i) * 60000 + tracked.device.transport.server_ahead_ms;
    CHECK(std::abs(tracked.delivered[i].timestamp_ms - measured_ms) <= 1100);
  }

  SECTION("the same one when it is sent twice") {
    std::set<std::pair<int, std::int64_t>> seen;
    std::set<int> numbers_seen;
    for (const fake::SentSample& sample : tracked.sent) {
      seen.emplace(sample.number, sample.timestamp_ms);
      numbers_seen.insert(sample.number);
    }
    CHECK(seen.size() == numbers_seen.size());
  }
}

TEST_CASE("A sample of an earlier boot whose time was never known is set aside") {
  TrackedDevice tracked;
  tracked.service = [](const Request&) -> Reply { return {0, "", {}, Code::connect_failed}; };
  tracked.run_for_s(90);
  tracked.device.clock.boot = 2;
  tracked.device.clock.now = 500;
  tracked.start();
  tracked.service = nullptr;
  tracked.run_for_s(600);
  const auto quarantined = tracked.quarantined();
  REQUIRE(quarantined.size() == 2);
  CHECK(quarantined[0].second.find("never synchronised") != std::string::npos);
  CHECK(tracked.numbers_delivered() == numbers(3, 2 + static_cast<int>(tracked.delivered.size())));
  CHECK(tracked.queue->pending() <= 10);
}

TEST_CASE("A bad sample in a batch goes to quarantine with the reason, the rest goes through") {
  TrackedDevice tracked;
  const int bad = GENERATE(2, 9, 17, 30);
  CAPTURE(bad);
  tracked.service = failing(tracked, {503, "", {}, {}});
  tracked.run_for_s(40 * 60);
  tracked.service = refusing(tracked, [bad](const auto& sample) { return sample.number == bad; });
  tracked.device.transport.requests.clear();
  tracked.run_for_s(3600);
  const auto quarantined = tracked.quarantined();
  REQUIRE(quarantined.size() == 1);
  CHECK(quarantined[0].first == bad);
  CHECK(quarantined[0].second == "400 rejected: no good (error id e-1)");
  CHECK(tracked.queue->left(Fate::quarantined) == 1);
  std::set<int> got;
  for (const int number : tracked.numbers_delivered())
    got.insert(number);
  CHECK(got.size() == tracked.delivered.size());
  CHECK(got.size() >= 90);
  CHECK(got.count(bad) == 0);
  CHECK(*got.rbegin() == static_cast<int>(got.size()) + 1);
  CHECK(tracked.observer.drops ==
        std::vector<std::pair<Fate, std::uint32_t>>{{Fate::quarantined, 1}});
  CHECK(tracked.posts() < 6 + 2 * 5 + 6);
}

TEST_CASE("A single bad sample waits for another one to show that it is bad") {
  TrackedDevice tracked;
  tracked.service = refusing(tracked, [](const auto& sample) { return sample.number == 1; });
  tracked.run_for_s(30);
  CHECK(tracked.quarantined().size() == 1);
  CHECK(tracked.numbers_delivered() == std::vector<int>{2});
  tracked.run_for_s(3600);
  CHECK(tracked.quarantined().size() == 1);
}

TEST_CASE("Where the service refuses everything, everything is kept") {
  TrackedDevice tracked(32);
  tracked.run_for_s(30);
  tracked.service = refusing(tracked, [](const auto&) { return true; });
  tracked.device.transport.requests.clear();
  tracked.run_for_s(24 * 3600);
  CHECK(tracked.quarantined().empty());
  CHECK(tracked.observer.drops.empty());
  CHECK(tracked.tracker->state().connection == Connection::data_refused);
  CHECK(tracked.observer.connections ==
        std::vector<Connection>{Connection::online, Connection::data_refused});
  CHECK(tracked.posts() < 60);
  tracked.service = nullptr;
  tracked.run_for_s(7200);
  CHECK(tracked.quarantined().empty());
  CHECK(tracked.queue->pending() <= 10);
  std::set<int> got;
  for (const int number : tracked.numbers_delivered())
    got.insert(number);
  CHECK(static_cast<int>(got.size()) == *got.rbegin());
}

TEST_CASE("A service that takes no old samples gets the configured fallback") {
  TrackedDevice tracked;
  const bool restamps = GENERATE(false, true);
  CAPTURE(restamps);
  if (restamps) tracked.config.send.restamp = ht::restamp;
  tracked.position.fix = fix_at(525200000, 134000000);
  tracked.start();
  tracked.run_for_s(30);
  tracked.service = failing(tracked, {503, "", {}, {}});
  tracked.run_for_s(20 * 60);
  const auto backlog = static_cast<int>(tracked.queue->pending());
  tracked.service = refusing(tracked, [&tracked](const auto& sample) {
    return std::abs(tracked.device.transport.server_ms() - sample.timestamp_ms) > 10000;
  });
  tracked.run_for_s(2 * 3600);
  CHECK(tracked.queue->pending() <= 10);
  std::set<int> got;
  for (const int number : tracked.numbers_delivered())
    got.insert(number);
  if (restamps) {
    CHECK(static_cast<int>(got.size()) == *got.rbegin());
    CHECK(tracked.quarantined().empty());
    const auto restamped =
        std::find_if(tracked.delivered.begin(), tracked.delivered.end(), [](const auto& sample) {
          return sample.json.find("\"timestamp\":") != sample.json.rfind("\"timestamp\":");
        });
    REQUIRE(restamped != tracked.delivered.end());
    const std::int64_t measured_ms =
        std::stoll(restamped->json.substr(restamped->json.find("\"timestamp\":") + 12));
    CHECK(restamped->timestamp_ms - measured_ms > 10000);
  } else {
    CHECK(tracked.queue->left(Fate::too_old) >= static_cast<std::uint32_t>(backlog));
    CHECK(tracked.quarantined().size() > 10);  // the newest of them: its room has an end
    CHECK(tracked.queue->left(Fate::quarantined) == 0);
  }
}

TEST_CASE("A batch that is too large is halved and grows again slowly") {
  TrackedDevice tracked;
  tracked.service = failing(tracked, {503, "", {}, {}});
  tracked.run_for_s(3 * 3600);
  std::vector<std::size_t> sizes;
  tracked.service = [&](const Request& request) -> Reply {
    if (!is_ingestion(request)) return tracked.device.transport.healthy(request);
    sizes.push_back(fake::samples_of(request.body).size());
    if (sizes.back() > 5) return {413, "", {}, {}};
    return tracked.device.transport.healthy(request);
  };
  tracked.run_for_s(3600);
  REQUIRE(sizes.size() > 10);
  CHECK(sizes[0] == 16);
  CHECK(sizes[1] == 8);
  CHECK(sizes[2] == 4);
  CHECK(std::find(sizes.begin(), sizes.end(), 5U) != sizes.end());
  CHECK(tracked.quarantined().empty());
  CHECK(tracked.queue->pending() <= 10);
}

TEST_CASE("A sample that is too large alone goes to quarantine") {
  TrackedDevice tracked;
  tracked.service = refusing(
      tracked, [](const auto& sample) { return sample.number == 3; }, 413);
  tracked.run_for_s(3600);
  const auto quarantined = tracked.quarantined();
  REQUIRE(quarantined.size() == 1);
  CHECK(quarantined[0].first == 3);
  CHECK(quarantined[0].second.rfind("413 too_large", 0) == 0);
}

TEST_CASE("Nothing urgent goes before the service's Retry-After") {
  TrackedDevice tracked;
  tracked.run_for_s(5);
  tracked.service = failing(tracked, {429, "", {{"Retry-After", "600"}}, {}});
  tracked.tracker->send_now();
  tracked.run_for_s(5);
  REQUIRE(tracked.tracker->state().waiting);
  const int before = tracked.posts();
  for (int i = 0; i < 50; ++i) {
    tracked.tracker->send_now();
    tracked.tracker->measure_now();
    tracked.run_for_s(10);
  }
  CHECK(tracked.posts() == before);
  tracked.service = nullptr;
  tracked.run_for_s(300);
  CHECK(tracked.posts() > before);
  CHECK(tracked.queue->pending() <= 5);
}

TEST_CASE("An unclaimed device asks seldom, says so once, and loses nothing") {
  TrackedDevice tracked;
  tracked.service = [&tracked](const Request& request) -> Reply {
    if (request.line == "POST /v2/token") return {412, "", {}, {}};
    return tracked.device.transport.healthy(request);
  };
  tracked.run_for_s(12 * 3600);
  CHECK(tracked.observer.connections == std::vector<Connection>{Connection::not_claimed});
  CHECK(tracked.device.transport.requests.size() < 40);
  tracked.service = nullptr;
  tracked.run_for_s(2 * 3600);
  CHECK(tracked.numbers_delivered() ==
        numbers(1, static_cast<int>(tracked.numbers_delivered().size())));
  CHECK(tracked.queue->pending() <= 10);
}

TEST_CASE("A reading that crosses an alarm limit is reported at once, and only once") {
  TrackedDevice tracked;
  tracked.device.transport.shadow =
      R"({"system":{"sensorAlarmConfig":{"alertTemperatureCMax":8,"alertBatteryLevelPMin":20}}})";
  tracked.sensors.readings.temperature_c_e2 = 500;
  tracked.run_for_s(90);
  const int before = tracked.posts();
  tracked.sensors.readings.temperature_c_e2 = 801;
  tracked.run_for_s(60);
  CHECK(tracked.posts() == before + 1);
  tracked.sensors.readings.temperature_c_e2 = 900;
  tracked.run_for_s(120);
  CHECK(tracked.posts() == before + 1);
  tracked.sensors.readings.temperature_c_e2 = 700;
  tracked.run_for_s(60);
  CHECK(tracked.posts() == before + 1);
  tracked.sensors.readings.battery_level_percent = 19;
  tracked.run_for_s(60);
  CHECK(tracked.posts() == before + 2);
}

TEST_CASE("Tampering and attachment are reported at once where the owner wants to know") {
  TrackedDevice tracked;
  const bool enabled = GENERATE(false, true);
  tracked.device.transport.shadow =
      std::string(R"({"system":{"sensorAlarmConfig":{"isTamperAlertEnabled":)") +
      (enabled ? "true" : "false") + R"(,"isAttachAlertEnabled":)" + (enabled ? "true" : "false") +
      "}}}";
  tracked.sensors.readings.device_is_tampered = false;
  tracked.sensors.readings.device_is_attached = true;
  tracked.run_for_s(90);
  const int before = tracked.posts();
  tracked.sensors.readings.device_is_tampered = true;
  tracked.run_for_s(60);
  CHECK(tracked.posts() == before + (enabled ? 1 : 0));
  tracked.sensors.readings.device_is_attached = false;
  tracked.run_for_s(60);
  CHECK(tracked.posts() == before + (enabled ? 2 : 0));
}

TEST_CASE("A move farther than distanceM since the last report is reported at once") {
  TrackedDevice tracked;
  tracked.device.transport.shadow = R"({"system":{"rate":{"distanceM":500}}})";
  tracked.position.fix = fix_at(525200000, 134000000);
  tracked.run_for_s(90);
  const int before = tracked.posts();
  tracked.position.fix->lat_deg_e7 += 40000;  // 445 m
  tracked.run_for_s(60);
  CHECK(tracked.posts() == before);
  tracked.position.fix->lat_deg_e7 += 10000;  // 557 m
  tracked.run_for_s(60);
  CHECK(tracked.posts() == before + 1);
  tracked.run_for_s(120);
  CHECK(tracked.posts() == before + 1);
}

TEST_CASE("A device that does not move saves power where the owner wants it") {
  TrackedDevice tracked;
  tracked.device.transport.shadow =
      R"({"system":{"rate":{"sendMs":120000},"powerSave":{"sendMs":3600000}}})";
  SECTION("by its sensor") {
    tracked.sensors.readings.device_is_stationary = true;
  }
  SECTION("by its positions") {
    tracked.position.fix = fix_at(525200000, 134000000);
  }
  tracked.run_for_s(200);
  CHECK(tracked.tracker->state().is_stationary);
  CHECK(tracked.tracker->state().send_ms == 3600000);
  const int before = tracked.posts();
  tracked.run_for_s(3300);
  CHECK(tracked.posts() == before);
  tracked.run_for_s(300);
  CHECK(tracked.posts() == before + 4);  // of 16 samples each
  tracked.run_for_s(3600);
  REQUIRE(!tracked.delivered.empty());
  CHECK(tracked.delivered.back().json.find(R"("mode":"powerSave")") != std::string::npos);

  const int at_rest = tracked.posts();
  for (int minute = 0; minute < 10; ++minute) {
    if (tracked.sensors.readings.device_is_stationary) {
      tracked.sensors.readings.device_is_stationary = false;
    } else {
      tracked.position.fix->lng_deg_e7 += 20000;  // 135 m
    }
    tracked.run_for_s(60);
    CHECK(!tracked.tracker->state().is_stationary);
    CHECK(tracked.tracker->state().send_ms == 120000);
  }
  CHECK(tracked.posts() >= at_rest + 4);
}

TEST_CASE("In a period of disableTracking nothing of what is meant leaves the device") {
  TrackedDevice tracked;
  tracked.position.fix = fix_at(525200000, 134000000);
  tracked.sensors.readings.temperature_c_e2 = 500;
  tracked.sensors.readings.battery_level_percent = 50;
  const std::int64_t begin_ms = tracked.device.transport.server_ms() + 10 * 60000;
  tracked.device.transport.shadow =
      R"({"system":{"disableTracking":{"position":"all","sensors":["temperatureC"],"periods":[{"begin":)" +
      std::to_string(begin_ms) + R"(,"end":)" + std::to_string(begin_ms + 10 * 60000) + "}]}}}";
  tracked.run_for_s(40 * 60);
  int inside = 0;
  int outside = 0;
  for (const fake::SentSample& sample : tracked.delivered) {
    CAPTURE(sample.json);
    const bool disabled =
        sample.timestamp_ms >= begin_ms && sample.timestamp_ms <= begin_ms + 10 * 60000;
    (disabled ? inside : outside) += 1;
    CHECK((sample.json.find("\"position\"") == std::string::npos) == disabled);
    CHECK((sample.json.find("\"temperatureC\"") == std::string::npos) == disabled);
    CHECK(sample.json.find("\"batteryLevel\"") != std::string::npos);
  }
  CHECK(inside >= 9);
  CHECK(outside >= 15);
}

TEST_CASE("The state version is reported once, when the shadow was taken over") {
  TrackedDevice tracked;
  tracked.device.transport.shadow = R"({"system":{"stateVersion":7}})";
  const auto reports_of = [&tracked](const char* version) {
    return std::count_if(tracked.delivered.begin(), tracked.delivered.end(),
                         [version](const fake::SentSample& sample) {
                           return sample.json.find(version) != std::string::npos;
                         });
  };
  SECTION("in the next sample") {
    tracked.run_for_s(3600);
    CHECK(reports_of("\"stateVersion\":7") == 1);
    CHECK(tracked.delivered[1].json.find("\"stateVersion\":7") != std::string::npos);
    CHECK(tracked.observer.shadows ==
          std::vector<std::pair<std::string, std::string>>{{"", tracked.device.transport.shadow}});
  }
  SECTION("not before") {
    tracked.observer.takes_shadow = false;
    tracked.run_for_s(3600);
    CHECK(reports_of("\"stateVersion\":7") == 0);
    CHECK(tracked.observer.shadows.size() > 3);
    tracked.observer.takes_shadow = true;
    tracked.run_for_s(3600);
    CHECK(reports_of("\"stateVersion\":7") == 1);
  }
  SECTION("and each new one") {
    tracked.run_for_s(3600);
    const std::string before = tracked.device.transport.shadow;
    tracked.device.transport.shadow = R"({"system":{"stateVersion":5}})";
    tracked.run_for_s(3600);
    CHECK(reports_of("\"stateVersion\":5") == 1);
    REQUIRE(tracked.observer.shadows.size() == 2);
    CHECK(tracked.observer.shadows[1] == std::pair(before, tracked.device.transport.shadow));
  }
  SECTION("again when the sample that told it was refused") {
    tracked.service = refusing(tracked, [](const auto& sample) { return sample.number == 2; });
    tracked.run_for_s(3600);
    CHECK(tracked.quarantined().size() == 1);
    CHECK(reports_of("\"stateVersion\":7") == 1);
  }
}

TEST_CASE("The desired shadow survives a restart") {
  TrackedDevice tracked;
  tracked.device.transport.shadow =
      R"({"system":{"rate":{"sampleMs":20000,"sendMs":120000},"stateVersion":4},"payload":{"a":1}})";
  tracked.run_for_s(60);
  tracked.service = failing(tracked, {503, "", {}, {}});
  tracked.start();
  tracked.run_for_s(1);
  CHECK(tracked.tracker->state().send_ms == 120000);
  CHECK(tracked.tracker->shadow().payload == R"({"a":1})");
  CHECK(tracked.observer.shadows.size() == 1);

  SECTION("and is not that of another device") {
    tracked.device.license.~DeviceLicense();
    new (&tracked.device.license) ht::DeviceLicense("another", fake::device_secret);
    tracked.start();
    tracked.run_for_s(1);
    CHECK(tracked.tracker->state().send_ms == 600000);
  }
  SECTION("and is ignored when it is torn") {
    tracked.device.storage.records.at("shadow").resize(40);
    tracked.start();
    tracked.run_for_s(1);
    CHECK(tracked.tracker->state().send_ms == 600000);
  }
}

TEST_CASE("A shadow that the memory does not hold is obeyed and told once") {
  TrackedDevice tracked;
  tracked.device.transport.shadow =
      R"({"system":{"rate":{"sendMs":120000}},"payload":{"a":")" + std::string(4700, 'x') + "\"}}";
  tracked.run_for_s(900);
  CHECK(tracked.tracker->state().send_ms == 120000);
  CHECK(tracked.tracker->shadow().payload.empty());
  CHECK(tracked.observer.shadows.size() == 1);
}

TEST_CASE("The newest goes first where that is wanted, and the backlog follows") {
  TrackedDevice tracked;
  tracked.queue_config.order = ht::DrainOrder::live_first;
  tracked.start();
  tracked.service = failing(tracked, {503, "", {}, {}});
  tracked.run_for_s(3600);
  tracked.service = nullptr;
  tracked.run_for_s(3600);
  const std::vector<int> got = tracked.numbers_delivered();
  REQUIRE(got.size() > 100);
  CHECK(got.front() > 16);
  std::vector<int> sorted = got;
  std::sort(sorted.begin(), sorted.end());
  CHECK(sorted == numbers(1, static_cast<int>(got.size())));
}

TEST_CASE("What a full queue drops is told by cause") {
  TrackedDevice tracked(4);
  tracked.queue_config.when_full =
      GENERATE(ht::DropPolicy::oldest, ht::DropPolicy::newest, ht::DropPolicy::thin_out);
  tracked.start();
  tracked.service = failing(tracked, {503, "", {}, {}});
  tracked.run_for_s(24 * 3600);
  tracked.service = nullptr;
  tracked.run_for_s(3600);
  std::uint32_t dropped = 0;
  for (const auto& [fate, count] : tracked.observer.drops)
    dropped += count;
  CHECK(dropped > 0);
  CHECK(tracked.delivered.size() + dropped + tracked.queue->pending() ==
        static_cast<std::size_t>(tracked.observer.measured));
}

TEST_CASE("A storage that fails is told once, and tried again") {
  TrackedDevice tracked;
  ht::NoSectorStorage none;
  ht::SampleQueue queue(none, {});
  const ht::Sources sources;
  ht::Tracker tracker(*tracked.client, queue, sources, tracked.device.hooks(),
                      {tracked.sample_memory, {}}, {}, &tracked.observer);
  CHECK(tracker.start() == Code::not_provided);
  for (int i = 0; i < 10; ++i) {
    const std::int64_t next_ms = tracker.step();
    CHECK(next_ms == tracked.device.clock.now + 60000);
    tracked.device.clock.now = next_ms;
  }
  CHECK(tracked.device.log.lines == "the tracker cannot start: not_provided\n");
}

TEST_CASE("A device that is told to send more often than it measures measures more often") {
  TrackedDevice tracked;
  tracked.device.transport.shadow = "{}";
  tracked.config.send_ms = 20000;
  tracked.start();
  tracked.run_for_s(200);
  CHECK(tracked.tracker->state().sample_ms == 20000);
  CHECK(tracked.posts() >= 10);
}

TEST_CASE("A new configuration holds from the next step on") {
  TrackedDevice tracked;
  tracked.device.transport.shadow = "{}";
  tracked.run_for_s(5);
  ht::TrackerConfig config;
  config.sample_ms = 5000;
  config.send_ms = 20000;
  tracked.tracker->set_config(config);
  CHECK(tracked.tracker->state().send_ms == 20000);
  const int before = tracked.posts();
  tracked.run_for_s(200);
  CHECK(tracked.posts() >= before + 9);
}

TEST_CASE("The distance between two places") {
  using ht::distance_m;
  const ht::Place berlin{525200000, 134050000, 0};
  const ht::Place nearby{525210000, 134065000, 0};
  CHECK(distance_m(berlin, berlin) == 0);
  CHECK(std::abs(static_cast<int>(distance_m(berlin, nearby)) - 150) <= 1);
  CHECK(distance_m(nearby, berlin) == distance_m(berlin, nearby));
  // Across the antimeridian, and at a pole, where all longitudes meet.
  CHECK(distance_m({0, 1799999000, 0}, {0, -1799999000, 0}) == 22);
  CHECK(distance_m({900000000, 0, 0}, {900000000, 1800000000, 0}) == 0);
  CHECK(distance_m({-900000000, 0, 0}, {900000000, 0, 0}) == 20037420);
}

TEST_CASE("With a quarantine the sample's memory takes the reason, too") {
  TrackedDevice tracked;
  const ht::Sources sources;
  const ht::Span<char> memory(tracked.sample_memory.data(), ht::SampleQueue::max_note_bytes + 20);
  ht::Tracker without(*tracked.client, *tracked.queue, sources, tracked.device.hooks(),
                      {memory, {}});
  CHECK(without.start().ok());
  ht::Tracker with(*tracked.client, *tracked.queue, sources, tracked.device.hooks(), {memory, {}},
                   {}, nullptr, &*tracked.quarantine);
  CHECK(with.start() == Code::buffer_too_small);
}
