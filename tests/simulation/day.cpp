// SPDX-License-Identifier: Apache-2.0
#include "day.hpp"

#include "support/counting_sectors.hpp"
#include "support/tracked_device.hpp"

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <map>
#include <random>
#include <set>
#include <string>

namespace simulation {
namespace {

using fake::is_ingestion;
using fake::Reply;
using fake::Request;
using here_tracking::Code;

enum class Trouble : std::uint8_t {
  none,
  not_claimed,
  no_name,
  no_connection,
  unavailable,    // 503
  rate_limited,   // 429, Retry-After
  lost_answers,   // taken, but the answer does not arrive, every third time
  flaky,          // a third of the requests fail in one way or another
  small_bodies,   // 413 above 2 kB
  token_revoked,  // 401 for the token of before
};

struct Period {
  int from_min;
  int to_min;
  Trouble trouble;
};

constexpr int minutes(int hours, int minute = 0) {
  return hours * 60 + minute;
}

constexpr Period periods[] = {
    {minutes(0), minutes(0, 40), Trouble::not_claimed},
    {minutes(3), minutes(3, 45), Trouble::no_name},
    {minutes(5, 10), minutes(5, 12), Trouble::unavailable},
    {minutes(6), minutes(6, 10), Trouble::rate_limited},
    {minutes(8), minutes(9, 30), Trouble::lost_answers},
    {minutes(12), minutes(14), Trouble::no_connection},
    {minutes(15, 20), minutes(15, 50), Trouble::small_bodies},
    {minutes(17), minutes(17, 30), Trouble::unavailable},
    {minutes(17, 30), minutes(18), Trouble::small_bodies},
    {minutes(18), minutes(20), Trouble::flaky},
    {minutes(21), minutes(21, 1), Trouble::token_revoked},
};

enum class Event : std::uint8_t { reboot, clock_behind, clock_ahead };

struct Moment {
  int at_min;
  Event event;
};

// The second reboot of the two in the outage leaves samples whose time nobody will ever know.
constexpr Moment moments[] = {
    {minutes(2), Event::reboot},        {minutes(10), Event::reboot},
    {minutes(11), Event::clock_behind}, {minutes(13), Event::reboot},
    {minutes(13, 30), Event::reboot},   {minutes(16), Event::clock_ahead},
    {minutes(20, 30), Event::reboot},
};

constexpr int end_min = minutes(25);
constexpr std::int64_t step_ms = 45000;

std::string http_date(std::int64_t ms) {
  const auto seconds = static_cast<std::time_t>(ms / 1000);
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  std::array<char, 40> text{};
  return {text.data(), std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &utc)};
}

class Simulation {
 public:
  explicit Simulation(std::uint32_t seed) : random_(seed) {
    device_.device.entropy.state = seed;
    device_.config.sample_ms = 60000;
    device_.config.send_ms = 60000;
    device_.service = [this](const Request& request) { return dated(answer(request)); };
    device_.observer.payload_rule = [this](int number) {
      measured_at_ms_[number] = server_ms();
      return true;
    };
    device_.storage = &flash_;
    device_.start();
  }

  Day run() {
    for (const Moment& moment : moments) {
      run_until(moment.at_min);
      happens(moment.event);
    }
    run_until(end_min);
    return judge();
  }

 private:
  [[nodiscard]] std::int64_t server_ms() const { return device_.device.transport.server_ms(); }
  [[nodiscard]] std::int64_t minute_now() const { return (server_ms() - began_ms_) / 60000; }
  [[nodiscard]] std::uint32_t one_in(std::uint32_t n) { return random_() % n == 0 ? 1 : 0; }

  void run_until(int minute) {
    while (minute_now() < minute) {
      const std::size_t changes = device_.observer.connections.size();
      const std::int64_t end_ms = began_ms_ + std::int64_t{minute} * 60000;
      device_.run_for_ms(std::min<std::int64_t>(60000, end_ms - server_ms()));
      for (std::size_t i = changes; i < device_.observer.connections.size(); ++i) {
        std::array<char, 64> line{};
        std::snprintf(line.data(), line.size(), "%02d:%02d  %s",
                      static_cast<int>(minute_now() / 60), static_cast<int>(minute_now() % 60),
                      here_tracking::to_string(device_.observer.connections[i]));
        day_.log.emplace_back(line.data());
      }
    }
  }

  void happens(Event event) {
    switch (event) {
      case Event::reboot: {
        const std::int64_t now_ms = server_ms();
        ++device_.device.clock.boot;
        device_.device.clock.now = 2000;
        device_.device.transport.server_ahead_ms = now_ms + 20000 - 2000;
        device_.start();
        break;
      }
      case Event::clock_behind:
      case Event::clock_ahead:
        // Seen from the device, the world has made a step; seen from the world, its clock.
        device_.device.clock.now += event == Event::clock_ahead ? step_ms : -step_ms;
        device_.device.transport.server_ahead_ms -=
            event == Event::clock_ahead ? step_ms : -step_ms;
        stepped_at_ms_.push_back(server_ms());
        break;
    }
  }

  [[nodiscard]] Trouble trouble() const {
    const std::int64_t minute = minute_now();
    for (const Period& period : periods) {
      if (minute >= period.from_min && minute < period.to_min) return period.trouble;
    }
    return Trouble::none;
  }

  Reply dated(Reply reply) {
    reply.headers.emplace_back("Date", http_date(server_ms()));
    ++day_.requests;
    if (reply.failure != Code::ok || reply.status >= 300) ++day_.failed_requests;
    return reply;
  }

  Reply take(const Request& request) {
    if (is_ingestion(request)) {
      for (fake::SentSample& sample : fake::samples_of(request.body))
        arrivals_.push_back(std::move(sample));
    }
    return device_.device.transport.healthy(request);
  }

  Reply answer(const Request& request) {
    day_.body_bytes += request.body.size();
    switch (trouble()) {
      case Trouble::none:
        break;
      case Trouble::not_claimed:
        if (request.line == "POST /v2/token") return {412, "", {}, {}};
        break;
      case Trouble::no_name:
        return {0, "", {}, Code::dns_failed};
      case Trouble::no_connection:
        return {0, "", {}, Code::connect_failed};
      case Trouble::unavailable:
        return {503, "", {}, {}};
      case Trouble::rate_limited:
        return {429, "", {{"Retry-After", "120"}}, {}};
      case Trouble::lost_answers:
        if (one_in(3) != 0) {
          (void)take(request);
          return {0, "", {}, Code::timeout};
        }
        break;
      case Trouble::flaky:
        switch (random_() % 9) {
          case 0:
            return {500, "<html>", {}, {}};
          case 1:
            (void)take(request);
            return {0, "", {}, Code::connection_lost};
          case 2:
            return {200, "{\"truncated", {}, {}};
          default:
            break;
        }
        break;
      case Trouble::small_bodies:
        if (is_ingestion(request) && request.body.size() > 500) return {413, "", {}, {}};
        break;
      case Trouble::token_revoked:
        if (is_ingestion(request) && !revoked_) {
          revoked_ = true;
          return {401, "", {}, {}};
        }
        break;
    }
    return take(request);
  }

  [[nodiscard]] bool near_step(std::int64_t ms) const {
    return std::any_of(stepped_at_ms_.begin(), stepped_at_ms_.end(), [ms](std::int64_t at_ms) {
      return ms >= at_ms - 60000 && ms <= at_ms + 4 * 60000;
    });
  }

  Day judge() {
    std::set<int> arrived;
    for (const fake::SentSample& sample : arrivals_) {
      if (!arrived.insert(sample.number).second) {
        ++day_.duplicates;
        continue;
      }
      if (sample.number < *arrived.rbegin()) ++day_.out_of_order;
      const auto measured = measured_at_ms_.find(sample.number);
      if (measured == measured_at_ms_.end()) {
        ++day_.never_measured;
        continue;
      }
      if (near_step(measured->second)) continue;
      day_.worst_time_error_ms = std::max<std::int64_t>(
          day_.worst_time_error_ms, std::abs(sample.timestamp_ms - measured->second));
    }
    std::set<int> accounted = arrived;
    for (const auto& [number, reason] : device_.quarantined())
      accounted.insert(number);
    const here_tracking::QueueStats stats = device_.queue->stats();
    day_.measured = device_.observer.measured;
    day_.arrived = static_cast<int>(arrived.size());
    day_.left = stats.left;
    day_.pending = stats.pending;
    day_.connection_changes = device_.observer.connections.size();
    day_.erases = flash_.erases;
    day_.programmed_bytes = flash_.programmed_bytes;
    for (int number = 1; number <= day_.measured; ++number) {
      // What still waits is the newest.
      if (accounted.count(number) == 0 &&
          number <= day_.measured - static_cast<int>(day_.pending)) {
        day_.missing.push_back(number);
      }
    }
    return day_;
  }

  std::mt19937 random_;
  fake::TrackedDevice device_{64};
  CountingSectors flash_{device_.sectors.geometry()};
  Day day_;
  std::vector<fake::SentSample> arrivals_;
  std::map<int, std::int64_t> measured_at_ms_;
  std::vector<std::int64_t> stepped_at_ms_;
  bool revoked_ = false;
  std::int64_t began_ms_ = server_ms();
};

}  // namespace

Day run_day(std::uint32_t seed) {
  return Simulation(seed).run();
}

}  // namespace simulation
