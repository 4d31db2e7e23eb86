// SPDX-License-Identifier: Apache-2.0
#include "here_tracking/retry.hpp"

#include "support/catch.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

namespace ht = here_tracking;
using ht::Advice;
using ht::Code;
using ht::Connection;

namespace {

constexpr std::uint32_t least = 0;
constexpr std::uint32_t middle = 0x80000000U;
constexpr std::uint32_t most = 0xffffffffU;

std::uint32_t wait_after(ht::RetryPolicy& policy, Code code, std::uint32_t random,
                         std::optional<std::uint32_t> retry_after_s = {}) {
  const ht::RetryVerdict verdict = policy.after(code, retry_after_s, random);
  REQUIRE(verdict.advice == Advice::wait);
  return verdict.wait_ms;
}

constexpr Code every_code[] = {
    Code::ok,
    Code::invalid_value,
    Code::buffer_too_small,
    Code::not_provided,
    Code::no_data,
    Code::hook_failed,
    Code::queue_full,
    Code::queue_foreign,
    Code::dns_failed,
    Code::connect_failed,
    Code::tls_failed,
    Code::clock_not_set,
    Code::timeout,
    Code::connection_lost,
    Code::response_too_large,
    Code::response_invalid,
    Code::rejected,
    Code::credentials_refused,
    Code::clock_refused,
    Code::forbidden,
    Code::unknown_device,
    Code::not_claimed,
    Code::too_large,
    Code::rate_limited,
    Code::server_error,
};

}  // namespace

TEST_CASE("Each outcome has its treatment") {
  const auto [code, advice, connection] = GENERATE(table<Code, Advice, Connection>({
      {Code::ok, Advice::go_on, Connection::online},
      {Code::rejected, Advice::split, Connection::online},
      {Code::too_large, Advice::shrink, Connection::online},
      {Code::dns_failed, Advice::wait, Connection::unreachable},
      {Code::connect_failed, Advice::wait, Connection::unreachable},
      {Code::timeout, Advice::wait, Connection::unreachable},
      {Code::connection_lost, Advice::wait, Connection::unreachable},
      {Code::response_too_large, Advice::wait, Connection::unreachable},
      {Code::response_invalid, Advice::wait, Connection::unreachable},
      {Code::hook_failed, Advice::wait, Connection::unreachable},
      {Code::no_data, Advice::wait, Connection::unreachable},
      {Code::tls_failed, Advice::wait, Connection::tls_failed},
      {Code::clock_not_set, Advice::wait, Connection::clock_not_set},
      {Code::rate_limited, Advice::wait, Connection::rate_limited},
      {Code::server_error, Advice::wait, Connection::service_failed},
      {Code::not_claimed, Advice::wait, Connection::not_claimed},
      {Code::credentials_refused, Advice::wait, Connection::credentials_refused},
      {Code::clock_refused, Advice::wait, Connection::credentials_refused},
      {Code::forbidden, Advice::wait, Connection::forbidden},
      {Code::unknown_device, Advice::wait, Connection::unknown_device},
      {Code::invalid_value, Advice::wait, Connection::not_set_up},
      {Code::buffer_too_small, Advice::wait, Connection::not_set_up},
      {Code::not_provided, Advice::wait, Connection::not_set_up},
      {Code::queue_full, Advice::wait, Connection::not_set_up},
      {Code::queue_foreign, Advice::wait, Connection::not_set_up},
  }));
  CAPTURE(ht::to_string(code));
  ht::RetryPolicy policy;
  const ht::RetryVerdict verdict = policy.after(code, {}, middle);
  CHECK(verdict.advice == advice);
  CHECK((verdict.wait_ms > 0) == (advice == Advice::wait));
  CHECK(verdict.changed);
  CHECK(policy.connection() == connection);
}

TEST_CASE("The range of waits doubles from five seconds to a quarter of an hour") {
  ht::RetryPolicy policy;
  for (const std::uint32_t range_ms :
       {5000U, 10000U, 20000U, 40000U, 80000U, 160000U, 320000U, 640000U, 900000U, 900000U}) {
    CHECK(wait_after(policy, Code::timeout, most) == range_ms);
  }
}

TEST_CASE("When every sample is refused alone, the service is asked seldom and it is said once") {
  ht::RetryPolicy policy;
  (void)policy.after(Code::ok, {}, middle);
  const ht::RetryVerdict first = policy.after_all_refused(most);
  CHECK(first.advice == Advice::wait);
  CHECK(first.changed);
  CHECK(first.wait_ms == 150000);
  CHECK(policy.connection() == Connection::data_refused);
  const ht::RetryVerdict second = policy.after_all_refused(0);
  CHECK(!second.changed);
  CHECK(second.wait_ms == 600000);
  CHECK(policy.after(Code::ok, {}, middle).changed);
  CHECK(policy.failures() == 0);
}

TEST_CASE("A wait may be anywhere between the floor and the end of its range") {
  ht::RetryPolicy policy;
  CHECK(wait_after(policy, Code::timeout, least) == 1000);
  CHECK(wait_after(policy, Code::timeout, middle) == 1000 + 9000 / 2);
  for (int i = 0; i < 400; ++i)
    static_cast<void>(wait_after(policy, Code::server_error, most));
  CHECK(wait_after(policy, Code::timeout, least) == 1000);
  CHECK(wait_after(policy, Code::timeout, most) == 900000);
  CHECK(policy.failures() == 255);
}

TEST_CASE("A success makes the next failure a first one") {
  ht::RetryPolicy policy;
  for (int i = 0; i < 5; ++i)
    static_cast<void>(wait_after(policy, Code::connect_failed, most));
  CHECK(policy.failures() == 5);
  const Code success = GENERATE(Code::ok, Code::rejected, Code::too_large);
  static_cast<void>(policy.after(success, {}, 0));
  CHECK(policy.failures() == 0);
  CHECK(wait_after(policy, Code::connect_failed, most) == 5000);
}

TEST_CASE("Retry-After is obeyed, with up to a fifth more") {
  const Code code = GENERATE(Code::rate_limited, Code::server_error);
  ht::RetryPolicy policy;
  CHECK(wait_after(policy, code, least, 100) == 100000);
  CHECK(wait_after(policy, code, most, 100) == 120000);
}

TEST_CASE("Retry-After is clamped to the floor and to an hour") {
  ht::RetryPolicy policy;
  CHECK(wait_after(policy, Code::rate_limited, least, 0) == 1000);
  CHECK(wait_after(policy, Code::rate_limited, least, 3601) == 3600000);
  CHECK(wait_after(policy, Code::rate_limited, most, 0xffffffffU) == 3600000 + 720000);
}

TEST_CASE("Retry-After counts only where the service says when") {
  ht::RetryPolicy policy;
  CHECK(wait_after(policy, Code::timeout, most, 2000) == 5000);
  CHECK(wait_after(policy, Code::not_claimed, least, 1) == 300000);
}

TEST_CASE("Without Retry-After a rate limit backs off like an outage") {
  ht::RetryPolicy policy;
  CHECK(wait_after(policy, Code::rate_limited, most) == 5000);
  CHECK(wait_after(policy, Code::rate_limited, most) == 10000);
}

TEST_CASE("What needs a person is asked for in minutes, then an hour") {
  const Code code =
      GENERATE(Code::not_claimed, Code::credentials_refused, Code::clock_refused, Code::forbidden,
               Code::unknown_device, Code::invalid_value, Code::not_provided);
  ht::RetryPolicy policy;
  for (const std::uint32_t range_ms : {300000U, 600000U, 1200000U, 2400000U, 3600000U, 3600000U}) {
    ht::RetryPolicy twin = policy;
    CHECK(wait_after(twin, code, most) == range_ms / 2);
    CHECK(wait_after(policy, code, least) == range_ms);
  }
}

TEST_CASE("The two ranges of waits do not inherit from each other") {
  ht::RetryPolicy policy;
  for (int i = 0; i < 8; ++i)
    static_cast<void>(wait_after(policy, Code::timeout, most));
  CHECK(wait_after(policy, Code::not_claimed, least) == 300000);
  CHECK(wait_after(policy, Code::not_claimed, least) == 600000);
  CHECK(wait_after(policy, Code::timeout, most) == 5000);
}

TEST_CASE("The first interval after a recovery is a random part of itself") {
  ht::RetryPolicy policy;
  static_cast<void>(policy.after(Code::ok, {}, middle));
  CHECK(policy.next_report_ms(600000, least) == 600000);
  for (const auto& [random, expected_ms] :
       {std::pair{least, 1000U}, {middle, 1000U + 599000U / 2}, {most, 600000U}}) {
    static_cast<void>(policy.after(Code::timeout, {}, middle));
    static_cast<void>(policy.after(Code::ok, {}, middle));
    CHECK(policy.next_report_ms(600000, random) == expected_ms);
    CHECK(policy.next_report_ms(600000, random) == 600000);
  }
}

TEST_CASE("No interval is shorter than the floor") {
  ht::RetryPolicy policy;
  CHECK(policy.next_report_ms(0, most) == 1000);
  CHECK(policy.next_report_ms(1000, most) == 1000);
}

TEST_CASE("A change of state is told once") {
  ht::RetryPolicy policy;
  const auto changed = [&policy](Code code) { return policy.after(code, {}, middle).changed; };
  CHECK(policy.connection() == Connection::unknown);
  CHECK(changed(Code::not_claimed));
  for (int i = 0; i < 40; ++i)
    CHECK_FALSE(changed(Code::not_claimed));
  CHECK(changed(Code::ok));
  CHECK_FALSE(changed(Code::ok));
  CHECK_FALSE(changed(Code::rejected));
  CHECK(changed(Code::dns_failed));
  CHECK_FALSE(changed(Code::timeout));
  CHECK_FALSE(changed(Code::connect_failed));
  CHECK(changed(Code::tls_failed));
  CHECK(changed(Code::clock_not_set));
}

TEST_CASE("Whatever the configuration, no wait is shorter than the floor or than a millisecond") {
  ht::RetryConfig config;
  config.floor_ms = GENERATE(0U, 1U, 7000U, 0xffffffffU);
  config.first_ms = GENERATE(0U, 5000U, 0xffffffffU);
  config.cap_ms = GENERATE(0U, 900000U, 0xffffffffU);
  config.slow_first_ms = config.first_ms;
  config.slow_cap_ms = config.cap_ms;
  config.max_retry_after_ms = GENERATE(0U, 0xffffffffU);
  ht::RetryPolicy policy(config);
  for (const Code code : every_code) {
    for (const std::uint32_t random : {least, middle, most}) {
      for (const std::uint32_t retry_after_s : {0U, 0xffffffffU}) {
        const ht::RetryVerdict verdict = policy.after(code, retry_after_s, random);
        if (verdict.advice != Advice::wait) continue;
        CHECK(verdict.wait_ms >= 1);
        CHECK(verdict.wait_ms >= config.floor_ms);
      }
    }
  }
}

TEST_CASE("Each state of a connection has a name of its own") {
  std::string names = " ";
  for (auto i = static_cast<int>(Connection::unknown);
       i <= static_cast<int>(Connection::not_set_up); ++i) {
    const std::string name = ht::to_string(static_cast<Connection>(i));
    CHECK_FALSE(name.empty());
    CHECK(names.find(" " + name + " ") == std::string::npos);
    names += name + " ";
  }
}

TEST_CASE("A code and a connection are called as they are spelled") {
  const auto [code, code_name] = GENERATE(table<Code, std::string>({
      {Code::ok, "ok"},
      {Code::invalid_value, "invalid_value"},
      {Code::buffer_too_small, "buffer_too_small"},
      {Code::not_provided, "not_provided"},
      {Code::no_data, "no_data"},
      {Code::hook_failed, "hook_failed"},
      {Code::queue_full, "queue_full"},
      {Code::queue_foreign, "queue_foreign"},
      {Code::dns_failed, "dns_failed"},
      {Code::connect_failed, "connect_failed"},
      {Code::tls_failed, "tls_failed"},
      {Code::clock_not_set, "clock_not_set"},
      {Code::timeout, "timeout"},
      {Code::connection_lost, "connection_lost"},
      {Code::response_too_large, "response_too_large"},
      {Code::response_invalid, "response_invalid"},
      {Code::rejected, "rejected"},
      {Code::credentials_refused, "credentials_refused"},
      {Code::clock_refused, "clock_refused"},
      {Code::forbidden, "forbidden"},
      {Code::unknown_device, "unknown_device"},
      {Code::not_claimed, "not_claimed"},
      {Code::too_large, "too_large"},
      {Code::rate_limited, "rate_limited"},
      {Code::server_error, "server_error"},
  }));
  CHECK(ht::to_string(code) == code_name);
  const auto [connection, name] = GENERATE(table<Connection, std::string>({
      {Connection::unknown, "unknown"},
      {Connection::online, "online"},
      {Connection::unreachable, "unreachable"},
      {Connection::tls_failed, "tls_failed"},
      {Connection::clock_not_set, "clock_not_set"},
      {Connection::rate_limited, "rate_limited"},
      {Connection::service_failed, "service_failed"},
      {Connection::not_claimed, "not_claimed"},
      {Connection::credentials_refused, "credentials_refused"},
      {Connection::forbidden, "forbidden"},
      {Connection::unknown_device, "unknown_device"},
      {Connection::data_refused, "data_refused"},
      {Connection::not_set_up, "not_set_up"},
  }));
  CHECK(ht::to_string(connection) == name);
  CHECK(*ht::to_string(static_cast<Code>(200)) == '\0');
}
