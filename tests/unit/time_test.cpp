// SPDX-License-Identifier: Apache-2.0
#include "here_tracking/detail/server_time.hpp"
#include "here_tracking/measurements.hpp"

#include "core/calendar.hpp"
#include "core/records.hpp"
#include "support/catch.hpp"

#include <string>

using here_tracking::ClockRecord;
using here_tracking::TokenRecord;
using here_tracking::detail::ServerTime;

TEST_CASE("Server time is the monotonic clock plus the offset") {
  ServerTime time;
  CHECK_FALSE(time.known());
  time.set(1767225600000, 50);
  CHECK(time.known());
  CHECK(time.at(100) == 1767225600100);
  CHECK(time.synced_at_ms() == 50);
}

TEST_CASE("A correction of up to ten seconds never makes server time run backwards") {
  ServerTime time;
  time.set(1000000, 0);
  CHECK(time.at(20000) == 1020000);
  time.set(990000, 20000);
  CHECK(time.at(20000) == 1020000);
  CHECK(time.at(29000) == 1020000);
  CHECK(time.at(30001) == 1020001);
}

TEST_CASE("A clock that was wrong by more is corrected at once") {
  ServerTime time;
  time.set(3600000, 0);
  CHECK(time.at(0) == 3600000);
  time.set(0, 0);
  CHECK(time.at(5) == 5);
}

TEST_CASE("A date is as many days after 1970-01-01 as the calendar says") {
  std::int32_t expected = 0;
  for (std::uint32_t year = 1970; year <= 2101; ++year) {
    const bool leap = year % 4 == 0 && year != 2100;
    for (std::uint32_t month = 1; month <= 12; ++month) {
      const std::uint32_t length = month == 2 ? (leap ? 29 : 28)
                                   : month == 4 || month == 6 || month == 9 || month == 11 ? 30
                                                                                           : 31;
      for (std::uint32_t day = 1; day <= length; ++day) {
        REQUIRE(here_tracking::days_since_1970(year, month, day) == expected++);
      }
      REQUIRE_FALSE(here_tracking::days_since_1970(year, month, length + 1));
    }
  }
  CHECK(here_tracking::days_since_1970(2026, 1, 1) == 20454);
  CHECK_FALSE(here_tracking::days_since_1970(1969, 12, 31));
  CHECK_FALSE(here_tracking::days_since_1970(2026, 0, 1));
  CHECK_FALSE(here_tracking::days_since_1970(2026, 13, 1));
  CHECK_FALSE(here_tracking::days_since_1970(2026, 1, 0));
}

TEST_CASE("A time is written as the date that it lies in, on every day that the service knows") {
  for (std::int32_t day = 0; day * std::int64_t{86400000} < here_tracking::max_timestamp_ms;
       ++day) {
    char memory[here_tracking::utc_text_bytes];
    here_tracking::TextBuilder text(memory);
    here_tracking::write_utc(day * std::int64_t{86400000} + 86399999, text);
    const std::string written(text.text());
    REQUIRE(written.substr(10) == "T23:59:59.999Z");
    REQUIRE(here_tracking::days_since_1970(
                static_cast<std::uint32_t>(std::stoul(written.substr(0, 4))),
                static_cast<std::uint32_t>(std::stoul(written.substr(5, 2))),
                static_cast<std::uint32_t>(std::stoul(written.substr(8, 2)))) == day);
  }
}

TEST_CASE("An HTTP date in its fixed form is read") {
  struct Case {
    const char* text;
    std::int64_t epoch_s;
  };
  const Case cases[] = {{"Sun, 06 Nov 1994 08:49:37 GMT", 784111777},
                        {"Thu, 01 Jan 1970 00:00:00 GMT", 0},
                        {"Thu, 01 Jan 2026 00:00:00 GMT", 1767225600},
                        {"Thu, 29 Feb 2024 23:59:59 GMT", 1709251199},
                        {"Sat, 31 Dec 2016 23:59:60 GMT", 1483228800}};
  for (const Case& c : cases) {
    std::int64_t epoch_s = -1;
    CAPTURE(c.text);
    CHECK(here_tracking::parse_http_date(c.text, epoch_s));
    CHECK(epoch_s == c.epoch_s);
  }
}

TEST_CASE("Anything else is no HTTP date") {
  std::int64_t epoch_s = -1;
  for (const char* text : {"", "0", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994",
                           "Sun, 06 Nov 1994 08:49:37 UTC", "Sun, 06 Nov 1994 24:49:37 GMT",
                           "Sun, 00 Nov 1994 08:49:37 GMT", "Sun, 06 nov 1994 08:49:37 GMT",
                           "Sun, 06 anF 1994 08:49:37 GMT", "Sun, 6  Nov 1994 08:49:37 GMT",
                           "Sun, 06 Nov 1969 08:49:37 GMT"}) {
    CAPTURE(text);
    CHECK_FALSE(here_tracking::parse_http_date(text, epoch_s));
  }
  CHECK(epoch_s == -1);
}

TEST_CASE("A stored record is read back, and not if a single bit of it has changed") {
  const ClockRecord clock{0x1122334455667788, 42, -1767225600123, 99};
  auto bytes = here_tracking::encode(clock);
  ClockRecord read;
  REQUIRE(here_tracking::decode(bytes, read));
  CHECK(read.identity == clock.identity);
  CHECK(read.boot_id == 42);
  CHECK(read.offset_ms == -1767225600123);
  CHECK(read.synced_at_ms == 99);
  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    bytes[bit / 8] = static_cast<std::uint8_t>(bytes[bit / 8] ^ (1U << bit % 8));
    CHECK_FALSE(here_tracking::decode(bytes, read));
    bytes[bit / 8] = static_cast<std::uint8_t>(bytes[bit / 8] ^ (1U << bit % 8));
  }
}

TEST_CASE("A token record is read back, and not when it is torn or of another kind") {
  TokenRecord token;
  token.identity = 7;
  token.expires_ms = 1767225600000;
  token.renew_ms = 1767225000000;
  token.token = "h1.abc";
  std::array<std::uint8_t, 64> bytes{};
  const std::size_t size = here_tracking::encode(token, bytes);
  REQUIRE(size == TokenRecord::overhead_bytes + 6);
  TokenRecord read;
  REQUIRE(here_tracking::decode({bytes.data(), size}, read));
  CHECK(read.identity == 7);
  CHECK(read.expires_ms == 1767225600000);
  CHECK(read.renew_ms == 1767225000000);
  CHECK(read.token == "h1.abc");
  for (std::size_t torn = 0; torn < size; ++torn) {
    CHECK_FALSE(here_tracking::decode({bytes.data(), torn}, read));
  }
  ClockRecord clock;
  CHECK_FALSE(here_tracking::decode({bytes.data(), ClockRecord::bytes}, clock));
  CHECK(here_tracking::encode(token, {bytes.data(), size - 1}) == 0);
}
