// SPDX-License-Identifier: Apache-2.0
#include "here_tracking/detail/server_time.hpp"
#include "here_tracking/measurements.hpp"

#include "core/calendar.hpp"
#include "core/records.hpp"
#include "support/catch.hpp"

#include <array>
#include <string>
#include <string_view>

using here_tracking::ClockRecord;
using here_tracking::token_kind;
using here_tracking::detail::ServerTime;
using here_tracking::detail::TokenTimes;

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
      REQUIRE(here_tracking::days_since_1970(year, month, length + 1) == here_tracking::no_day);
    }
  }
  CHECK(here_tracking::days_since_1970(2026, 1, 1) == 20454);
  CHECK(here_tracking::days_since_1970(1969, 12, 31) == here_tracking::no_day);
  CHECK(here_tracking::days_since_1970(2026, 0, 1) == here_tracking::no_day);
  CHECK(here_tracking::days_since_1970(2026, 13, 1) == here_tracking::no_day);
  CHECK(here_tracking::days_since_1970(2026, 1, 0) == here_tracking::no_day);
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
  const ClockRecord clock{42, -1767225600123, 99, 1};
  std::array<char, 48> memory{};
  std::string_view record;
  REQUIRE(
      here_tracking::write_record(0x1122334455667788, ClockRecord::kind, &clock, memory, record));
  REQUIRE(record.size() == 48);
  ClockRecord read;
  std::string_view text;
  const auto is_read = [&](std::uint64_t identity) {
    text = record;
    return here_tracking::read_record(identity, ClockRecord::kind, &read, text);
  };
  REQUIRE(is_read(0x1122334455667788));
  CHECK(read.boot_id == 42);
  CHECK(read.offset_ms == -1767225600123);
  CHECK(read.synced_at_ms == 99);
  CHECK(read.date_trusted == 1);
  CHECK(text.empty());
  CHECK_FALSE(is_read(0x1122334455667789));
  for (std::size_t bit = 0; bit < memory.size() * 8; ++bit) {
    memory[bit / 8] = static_cast<char>(memory[bit / 8] ^ (1U << bit % 8));
    CHECK_FALSE(is_read(0x1122334455667788));
    memory[bit / 8] = static_cast<char>(memory[bit / 8] ^ (1U << bit % 8));
  }
}

TEST_CASE("Records are laid out as they ever were") {
  const auto hex = [](std::string_view record) {
    std::string text;
    for (const char c : record) {
      constexpr const char* digits = "0123456789abcdef";
      text += digits[static_cast<std::uint8_t>(c) >> 4U];
      text += digits[static_cast<std::uint8_t>(c) & 15U];
    }
    return text;
  };
  std::array<char, 64> memory{};
  const ClockRecord clock{42, -1767225600123, 99, 1};
  std::string_view record;
  REQUIRE(
      here_tracking::write_record(0x1122334455667788, ClockRecord::kind, &clock, memory, record));
  CHECK(hex(record) ==
        "48434b3188776655443322112a000000000000008557258964feffff630000000000000001000000"
        "02cbbeb2d8312410");
  const TokenTimes token{1767225600000, 1767225000000};
  record = "h1.abc";
  REQUIRE(here_tracking::write_record(7, token_kind, &token, memory, record));
  CHECK(hex(record) ==
        "48544b31070000000000000000a8da769b0100004080d1769b01000068312e616263cccf4f143d02"
        "37af");
}

TEST_CASE("A token record is read back, and not when it is torn or of another kind") {
  const TokenTimes token{1767225600000, 1767225000000};
  std::array<char, 64> memory{};
  std::string_view record = "h1.abc";
  REQUIRE(here_tracking::write_record(7, token_kind, &token, memory, record));
  REQUIRE(record.size() == 36 + 6);
  TokenTimes read;
  std::string_view text;
  const auto is_read = [&](std::uint64_t identity, std::size_t size) {
    text = record.substr(0, size);
    return here_tracking::read_record(identity, token_kind, &read, text);
  };
  REQUIRE(is_read(7, record.size()));
  CHECK(read.expires_ms == 1767225600000);
  CHECK(read.renew_ms == 1767225000000);
  CHECK(text == "h1.abc");
  CHECK_FALSE(is_read(8, record.size()));
  for (std::size_t torn = 0; torn < record.size(); ++torn) {
    CHECK_FALSE(is_read(7, torn));
  }
  ClockRecord clock;
  text = record;
  CHECK_FALSE(here_tracking::read_record(7, ClockRecord::kind, &clock, text));
  CHECK(text == record);
  std::string_view too_long = "h1.abc";
  CHECK_FALSE(here_tracking::write_record(7, token_kind, &token, {memory.data(), record.size() - 1},
                                          too_long));
  CHECK(too_long == "h1.abc");
}
