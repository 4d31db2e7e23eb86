// SPDX-License-Identifier: Apache-2.0
#include "support/catch.hpp"
#include "support/emulator.hpp"
#include "support/seed.hpp"
#include "support/tested_transport.hpp"
#include "support/tracked_device.hpp"

#include <algorithm>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace ht = here_tracking;
using ht::Code;

namespace {

/// What goes wrong with a request. Those with a name are the emulator's (examples/emulator/README);
/// the others happen on the way to it.
struct Kind {
  enum class Where : std::uint8_t { emulator, refused, upload_cut, answer_lost };

  const char* name;
  const char* fault;  // of the emulator: the members that make it
  Where where = Where::emulator;
};

constexpr Kind kinds[] = {
    {"refused connection", "", Kind::Where::refused},
    {"upload cut in the middle", "", Kind::Where::upload_cut},
    {"reset before it is processed", R"("fault":"reset")"},
    {"no answer in time", R"("fault":"stall")"},
    {"400", R"("fault":"status","status":400)"},
    {"401", R"("fault":"status","status":401)"},
    {"403", R"("fault":"status","status":403)"},
    {"404", R"("fault":"status","status":404)"},
    {"412", R"("fault":"status","status":412)"},
    {"413", R"("fault":"status","status":413)"},
    {"418", R"("fault":"status","status":418)"},
    {"429", R"("fault":"status","status":429)"},
    {"429 with Retry-After", R"("fault":"status","status":429,"retry_after":"90")"},
    {"500", R"("fault":"status","status":500,"body":"<html>")"},
    {"502", R"("fault":"status","status":502,"body":"")"},
    {"503 with Retry-After", R"("fault":"status","status":503,"retry_after":"90")"},
    {"504", R"("fault":"status","status":504)"},
    {"redirect", R"("fault":"status","status":302,"headers":{"Location":"http://[::1]:1/"})"},
    {"slow answer", R"("fault":"stall","stall_ms":50)"},
    {"truncated answer", R"("fault":"truncated")"},
    {"oversized answer", R"("fault":"oversized")"},
    {"garbage for an answer", R"("fault":"garbage")"},
    {"reset after it was processed", R"("fault":"reset_after")"},
    {"answer lost on the way", "", Kind::Where::answer_lost},
};

struct Target {
  const char* method;
  const char* path;
  std::vector<int> skips;  // how many such requests pass before
};

const Target targets[] = {
    {"GET", "/v2/timestamp", {0}},
    {"POST", "/v2/token", {0, 1}},
    {"POST", "/v2/", {0, 1, 4}},
};

/// The transport, with a way to the emulator on which things happen.
class Way final : public ht::Transport {
 public:
  explicit Way(ht::Transport& transport) : transport_(transport) {}

  ht::Status exchange(const ht::HttpRequest& request, ht::ResponseHandler& response) override {
    ++exchanges;
    const bool hit = request.method == method &&
                     request.target.substr(0, request.target.find('?')) == path && skip-- <= 0 &&
                     times > 0;
    if (!hit) return transport_.exchange(request, response);
    --times;
    if (where == Kind::Where::refused) return Code::connect_failed;
    if (where == Kind::Where::answer_lost) {
      Ignored ignored;
      (void)transport_.exchange(request, ignored);
      return Code::timeout;
    }
    if (request.body == nullptr) return Code::connection_lost;
    CutBody cut(*request.body);
    ht::HttpRequest half = request;
    half.body = &cut;
    (void)transport_.exchange(half, response);
    return Code::connection_lost;
  }

  std::string_view method;
  std::string_view path;
  Kind::Where where = Kind::Where::emulator;
  int skip = 0;
  int times = 0;
  int exchanges = 0;

 private:
  class Ignored final : public ht::ResponseHandler {
   public:
    void on_status(std::uint16_t) override {}
    void on_header(std::string_view, std::string_view) override {}
    bool on_body(std::string_view) override { return true; }
  };
  class CutBody final : public ht::BodySource {
   public:
    explicit CutBody(ht::BodySource& body) : body_(body) {}
    [[nodiscard]] std::size_t size() const override { return body_.size(); }
    std::size_t read(std::size_t offset, ht::Span<char> into) override {
      const std::size_t half = body_.size() / 2;
      if (offset >= half) return 0;
      return body_.read(offset, {into.data(), std::min(into.size(), half - offset)});
    }

   private:
    ht::BodySource& body_;
  };

  ht::Transport& transport_;
};

/// A device in simulated time whose requests go to the emulator for real. The emulator's clock goes
/// with the device's.
class Cell {
 public:
  Cell(const Emulator& emulator, double& clock_offset_s, std::uint32_t number)
      : emulator_(emulator), clock_offset_s_(clock_offset_s) {
    const std::string device = std::string("/control/devices/") + fake::device_id;
    emulator.control("DELETE", "/control/faults");
    emulator.control("DELETE", device);
    emulator.control("PUT", device,
                     std::string("{\"secret\":\"") + fake::device_secret + "\",\"claimed\":true}");
    tracked.device.entropy.state = seed() * 1000 + number;
    tracked.transport = &way;
    tracked.client_config.base_url = emulator.url();
    tracked.client_config.timeout_ms = 250;
    tracked.config.sample_ms = 60 * 1000;
    tracked.config.send_ms = 120 * 1000;
    tracked.start();
  }

  void run_for_s(std::int64_t duration_s) {
    const std::int64_t end_ms = tracked.device.clock.now + duration_s * 1000;
    while (tracked.device.clock.now < end_ms) {
      const std::int64_t next_ms = std::min(tracked.tracker->step(), end_ms);
      const std::int64_t skipped_ms = next_ms - tracked.device.clock.now;
      if (skipped_ms <= 0) continue;
      tracked.device.clock.now = next_ms;
      clock_offset_s_ += static_cast<double>(skipped_ms) / 1000;
      emulator_.control("PUT", "/control/clock",
                        "{\"offset_s\":" + std::to_string(clock_offset_s_) + "}");
    }
  }

  /// The numbers of all samples that the service has.
  [[nodiscard]] std::set<int> arrived() const {
    const std::string text =
        emulator_.control("GET", std::string("/control/devices/") + fake::device_id + "/telemetry");
    std::set<int> numbers;
    constexpr std::string_view key = "\"n\":";
    for (std::size_t at = 0; (at = text.find(key, at)) != std::string::npos; at += key.size())
      numbers.insert(std::stoi(text.substr(at + key.size())));
    return numbers;
  }

  TestedTransport transport{"", nullptr, nullptr};
  Way way{transport.get()};
  fake::TrackedDevice tracked;

 private:
  const Emulator& emulator_;
  double& clock_offset_s_;
};

constexpr std::int64_t trouble_s = 20 * 60;
constexpr std::int64_t recovery_s = 2 * 60 * 60;

/// @return the number of exchanges that were tried.
int run_cell(const Emulator& emulator, double& clock_offset_s, std::uint32_t number,
             const Kind* kind, const Target& target, int skip, int times) {
  Cell cell(emulator, clock_offset_s, number);
  if (kind != nullptr && kind->where == Kind::Where::emulator) {
    emulator.control("POST", "/control/faults",
                     std::string("{\"method\":\"") + target.method + "\",\"path\":\"" +
                         target.path + "\"," + kind->fault + ",\"skip\":" + std::to_string(skip) +
                         ",\"times\":" + std::to_string(times) + "}");
  } else if (kind != nullptr) {
    cell.way.method = target.method;
    cell.way.path = target.path;
    cell.way.where = kind->where;
    cell.way.skip = skip;
    cell.way.times = times;
  }
  cell.run_for_s(trouble_s);
  if (kind != nullptr && kind->where == Kind::Where::emulator) {
    INFO("the fault has to come about");
    CHECK(emulator.control("GET", "/control/faults").find("\"times\":" + std::to_string(times)) ==
          std::string::npos);
  } else {
    CHECK((kind == nullptr || cell.way.times < times));
  }
  emulator.control("DELETE", "/control/faults");
  cell.way.times = 0;
  cell.run_for_s(recovery_s);
  const int exchanges = cell.way.exchanges;
  // A sample may be measured behind the report that was asked for.
  for (int i = 0; i < 2 && cell.tracked.queue->pending() != 0; ++i) {
    cell.tracked.tracker->send_now();
    cell.run_for_s(1);
  }

  CHECK(cell.tracked.queue->pending() == 0);
  std::set<int> arrived = cell.arrived();
  CHECK((arrived.empty() ||
         (*arrived.begin() >= 1 && *arrived.rbegin() <= cell.tracked.observer.measured)));
  // A 400 or a 413 for a single sample means that sample.
  const bool may_be_set_aside =
      kind != nullptr && std::string_view(target.path) == "/v2/" &&
      (std::string_view(kind->name) == "400" || std::string_view(kind->name) == "413");
  const auto quarantined = cell.tracked.quarantined();
  CHECK((quarantined.empty() || may_be_set_aside));
  for (const auto& [sample, reason] : quarantined)
    arrived.insert(sample);
  CHECK(static_cast<int>(arrived.size()) == cell.tracked.observer.measured);
  return exchanges;
}

void try_all_kinds(const Target& target) {
  const Emulator emulator({"--http", "--quiet", "--token-lifetime", "600", "--device",
                           std::string(fake::device_id) + ":" + fake::device_secret});
  double clock_offset_s = 0;
  std::uint32_t number = 0;
  const int healthy = run_cell(emulator, clock_offset_s, ++number, nullptr, target, 0, 0);
  for (const Kind& kind : kinds) {
    for (const int skip : target.skips) {
      for (const int times : {1, 3}) {
        CAPTURE(kind.name, target.method, target.path, skip, times, seed());
        const int exchanges =
            run_cell(emulator, clock_offset_s, ++number, &kind, target, skip, times);
        // For each fault the request itself once more, a token, and what finds a bad sample.
        CHECK(exchanges <= healthy + 6 * times);
      }
    }
  }
}

}  // namespace

// Everything arrives once it is over, the queue ends empty, and it costs few requests.

TEST_CASE("Whatever goes wrong with a request for the time") {
  try_all_kinds(targets[0]);
}

TEST_CASE("Whatever goes wrong with a request for a token") {
  try_all_kinds(targets[1]);
}

TEST_CASE("Whatever goes wrong with a request that carries samples") {
  try_all_kinds(targets[2]);
}
