// SPDX-License-Identifier: Apache-2.0
#include "here_tracking/client.hpp"
#include "here_tracking/telemetry.hpp"
#include "here_tracking/tracker.hpp"

#include "support/catch.hpp"

#include <cstddef>
#include <cstdlib>
#include <new>
#include <string_view>

extern "C" {
// glibc's own names for the functions that are replaced here.
void* __libc_malloc(std::size_t size);                     // NOLINT
void* __libc_calloc(std::size_t count, std::size_t size);  // NOLINT
void* __libc_realloc(void* memory, std::size_t size);      // NOLINT
}

namespace {
std::size_t allocations = 0;
}

extern "C" {
void* malloc(std::size_t size) {
  ++allocations;
  return __libc_malloc(size);
}
void* calloc(std::size_t count, std::size_t size) {
  ++allocations;
  return __libc_calloc(count, size);
}
void* realloc(void* memory, std::size_t size) {
  ++allocations;
  return __libc_realloc(memory, size);
}
}

namespace {

class Clock final : public here_tracking::Clock {
 public:
  std::int64_t now_ms() override { return ++now_; }
  std::uint64_t boot_id() override { return 1; }

 private:
  std::int64_t now_ = 0;
};

class Entropy final : public here_tracking::Entropy {
 public:
  here_tracking::Status fill(here_tracking::Span<std::uint8_t> into) override {
    for (std::uint8_t& byte : into)
      byte = ++next_;
    return {};
  }

 private:
  std::uint8_t next_ = 0;
};

class Gateway final : public here_tracking::SuppliedToken {
 public:
  here_tracking::Status token(here_tracking::Span<char> into, std::size_t& size,
                              std::uint32_t&) override {
    into[0] = 'x';
    size = 1;
    return {};
  }
};

class Service final : public here_tracking::Transport {
 public:
  here_tracking::Status exchange(const here_tracking::HttpRequest& request,
                                 here_tracking::ResponseHandler& response) override {
    char piece[64];
    if (request.body != nullptr) {
      for (std::size_t at = 0, n = 0; (n = request.body->read(at, piece)) > 0;)
        at += n;
    }
    ++requests;
    response.on_status(200);
    response.on_header("Date", "Thu, 01 Jan 2026 00:00:00 GMT");
    if (request.target == "/v2/timestamp") {
      response.on_body(R"({"timestamp":1767225600})");
    } else if (request.target == "/v2/token") {
      response.on_body(R"({"accessToken":"h1.abc","expiresIn":86399})");
    } else {
      response.on_body(
          R"({"payload":{"a":[1]},"system":{"stateVersion":1,"rate":{"sendMs":6e4}}})");
    }
    return {};
  }
  int requests = 0;
};

}  // namespace

TEST_CASE("Sample, time, token, ingestion and health take nothing from the heap") {
  const std::size_t before_probe = allocations;
  void* volatile probe = std::malloc(1);
  std::free(probe);
  REQUIRE(allocations == before_probe + 1);  // the count works

  Clock clock;
  Entropy entropy;
  Service service;
  here_tracking::Hooks hooks;
  hooks.clock = &clock;
  hooks.entropy = &entropy;
  hooks.transport = &service;
  here_tracking::DeviceLicense license(
      "device", "secret-that-is-longer-than-a-block-of-sha-256-so-that-it-is-hashed-first");
  static char token[2048];
  static char work[8192];
  static char buffer[4096];

  const std::size_t before = allocations;
  here_tracking::Client client({}, license, hooks, {token, work});
  here_tracking::Sample sample(buffer);
  here_tracking::Fix fix;
  fix.lat_deg_e7 = 525200066;
  here_tracking::GsmNeighbour neighbour;
  here_tracking::GsmCell cell;
  cell.mcc = 262;
  cell.lac = 1;
  cell.nmr = {&neighbour, 1};
  here_tracking::WlanAccessPoint access_point;
  bool ok = sample.set_position(fix).ok() && sample.add(cell).ok() &&
            sample.add(access_point).ok() && sample.set_payload(R"({"a": [1, "b"]})").ok() &&
            sample.set_timestamp(1767225600000).ok();
  cell.mcc = 1;
  ok = ok && !sample.add(cell).ok();
  const std::string_view json = sample.json();
  here_tracking::DesiredShadow shadow;
  ok = ok && client.ingest({&json, 1}, shadow).ok();
  client.drop_token();
  ok = ok && client.ingest({&json, 1}, shadow).ok() && client.sync_time().ok();

  Gateway gateway;
  here_tracking::Client other({}, gateway, hooks, {token, work});
  std::string_view health;
  here_tracking::Ingestion how;
  how.id = "\"truck\"";
  how.app_id = "app-0815";
  ok = ok && other.ingest({&json, 1}, shadow, how).ok() && other.health(health).ok();
  const std::size_t after = allocations;

  CHECK(ok);
  CHECK(service.requests == 9);
  CHECK(shadow.rate.send_ms == 60000U);
  CHECK(after - before == 0);
}

TEST_CASE("A tracker measures, queues and sends without the heap") {
  Clock clock;
  Entropy entropy;
  Service service;
  here_tracking::DeviceLicense license("device", "secret");
  const here_tracking::Hooks hooks{&clock, &entropy, &here_tracking::not_provided::storage,
                                   &service, &here_tracking::not_provided::log};
  static char token[2048];
  static char work[8192];
  static char sample[2048];
  static char shadow[4400];
  static std::uint8_t memory[4 * 2048];
  here_tracking::RamSectors sectors(memory, 2048);
  here_tracking::QueueSector table[4];

  const std::size_t before = allocations;
  here_tracking::Client client({}, license, hooks, {token, work});
  here_tracking::QueueConfig config;
  config.when_full = here_tracking::DropPolicy::thin_out;
  here_tracking::SampleQueue queue(sectors, table, config);
  bool ok = queue.clear().ok();
  const here_tracking::Sources sources;
  here_tracking::Tracker tracker(client, queue, sources, hooks, {sample, shadow});
  for (int i = 0; i < 500; ++i) {
    tracker.measure_now();
    if (i % 200 == 0) tracker.send_now();
    ok = ok && tracker.step() >= 0;
  }
  const std::uint32_t thinned_out = queue.left(here_tracking::Fate::thinned_out);
  tracker.send_now();
  while (queue.pending() != 0 && ok)
    ok = tracker.step() >= 0;
  const std::size_t after = allocations;

  CHECK(ok);
  CHECK(thinned_out > 0);
  CHECK(queue.left(here_tracking::Fate::delivered) > 0);
  CHECK(tracker.state().send_ms == 60000U);
  CHECK(after - before == 0);
}
