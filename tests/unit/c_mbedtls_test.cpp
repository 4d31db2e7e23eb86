// SPDX-License-Identifier: Apache-2.0
// First: the header needs no other C++ one.
#include "here_tracking/c/mbedtls.h"
#include "here_tracking/transport/mbedtls.hpp"

#include "support/catch.hpp"
#include "support/fake_device.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <vector>

extern "C" {
extern const ht_byte_stream_t c_stream_without_route;
extern const ht_mbedtls_options_t c_mbedtls_options;
}

namespace {

/// A board in C whose connection gives the answers of a script.
struct Board {
  Board() {
    clock.now_ms = [](void* self) { return ++static_cast<Board*>(self)->now_ms; };
    clock.context = this;
    entropy.fill = [](void*, std::uint8_t* into, std::size_t size) {
      std::fill_n(into, size, std::uint8_t{7});
      return HT_OK;
    };
    log.write = [](void* self, ht_log_level_t, const char* text) {
      static_cast<Board*>(self)->lines += std::string(text) + "\n";
    };
    log.context = this;

    stream.connect = [](void* self, const char* host, std::uint16_t port, std::uint32_t) {
      Board& board = *static_cast<Board*>(self);
      board.connections += std::string(host) + ":" + std::to_string(port) + " ";
      return board.connect;
    };
    stream.read = [](void* self, char* into, std::size_t room, std::size_t* size, std::uint32_t) {
      Board& board = *static_cast<Board*>(self);
      *size = std::min(room, board.answer.size());
      std::copy_n(board.answer.begin(), *size, into);
      board.answer.erase(0, *size);
      return *size > 0 ? HT_OK : HT_TIMEOUT;
    };
    stream.write = [](void* self, const char* bytes, std::size_t count, std::size_t* size,
                      std::uint32_t) {
      Board& board = *static_cast<Board*>(self);
      *size = std::min(count, std::size_t{100});
      board.written.append(bytes, *size);
      return board.write;
    };
    stream.close = [](void* self) { ++static_cast<Board*>(self)->closed; };
    stream.context = this;

    options.stream = &stream;
    options.clock = &clock;
    options.entropy = &entropy;
    options.log = &log;
    own.resize(ht_mbedtls_transport_own_bytes() / sizeof(own[0]) + 1);
    options.own = {own.data(), own.size() * sizeof(own[0])};
  }

  void init(const char* base_url = "http://localhost:8080") {
    REQUIRE(ht_mbedtls_transport_init(&transport, &options) == HT_OK);
    ht_client_config_t config = {};
    config.base_url = base_url;
    config.hooks = {&clock, &entropy, nullptr, &transport.hook, &log};
    config.token = HT_MEMORY(token);
    config.work = HT_MEMORY(work);
    ht_client_init(&client, &config, fake::device_id, fake::device_secret);
    ht_mbedtls_transport_follow(&transport, &client);
  }

  void will_answer(const std::string& json) {
    answer +=
        "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(json.size()) + "\r\n\r\n" + json;
  }

  ht_clock_t clock = {};
  ht_entropy_t entropy = {};
  ht_log_t log = {};
  ht_byte_stream_t stream = {};
  ht_mbedtls_options_t options = {};
  ht_mbedtls_transport_t transport = {};
  ht_client_t client = {};
  std::vector<std::uint64_t> own;
  char token[2048] = {};
  char work[8192] = {};

  std::int64_t now_ms = 1000;
  ht_code_t connect = HT_OK;
  ht_code_t write = HT_OK;
  std::string answer;
  std::string written;
  std::string connections;
  std::string lines;
  int closed = 0;
};

constexpr std::int64_t time_ms = 1767225600000;
const std::string time_json = R"({"timestamp":1767225600})";

}  // namespace

TEST_CASE("A C program syncs the time and posts over its byte stream, on one connection") {
  Board board;
  board.init();
  board.will_answer(time_json);
  REQUIRE(ht_client_sync_time(&board.client) == HT_OK);
  CHECK(ht_client_server_time_ms(&board.client).value >= time_ms);

  board.will_answer(R"({"accessToken":"h1.token","expiresIn":86399})");
  REQUIRE(ht_client_ensure_token(&board.client) == HT_OK);
  board.will_answer(R"({"system":{"stateVersion":3}})");
  const std::string json = R"({"timestamp":1767225600000})";
  const ht_text_t sample = {json.data(), json.size()};
  ht_shadow_t shadow;
  ht_shadow_init(&shadow);
  REQUIRE(ht_client_ingest(&board.client, &sample, 1, nullptr, &shadow) == HT_OK);
  const ht_text_t answered = ht_shadow_json(&shadow);
  CHECK(std::string(answered.data, answered.size) == R"({"system":{"stateVersion":3}})");

  CHECK(board.connections == "localhost:8080 ");
  CHECK(board.written.rfind("GET /v2/timestamp HTTP/1.1\r\nHost: localhost:8080\r\n", 0) == 0);
  CHECK(board.written.find("\r\nAuthorization: Bearer h1.token\r\n") != std::string::npos);
  const std::string body = "\r\n\r\n[" + json + "]";
  CHECK(board.written.substr(board.written.size() - body.size()) == body);
  CHECK(board.lines.find("GET localhost/v2/timestamp: 200, new connection") != std::string::npos);

  const int closed = board.closed;
  ht_mbedtls_transport_close(&board.transport);
  CHECK(board.closed == closed + 1);
  board.will_answer(time_json);
  CHECK(ht_client_sync_time(&board.client) == HT_OK);
  CHECK(board.connections == "localhost:8080 localhost:8080 ");
}

TEST_CASE("A byte stream in C is given an IPv6 address without brackets") {
  Board board;
  board.init("http://[::1]:8080");
  board.will_answer(time_json);
  CHECK(ht_client_sync_time(&board.client) == HT_OK);
  CHECK(board.connections == "::1:8080 ");
}

TEST_CASE("What a byte stream in C says is the outcome") {
  Board board;
  board.init();
  SECTION("of connecting") {
    board.connect =
        GENERATE(HT_DNS_FAILED, HT_CONNECT_FAILED, HT_TIMEOUT, HT_HOOK_FAILED, HT_NOT_PROVIDED);
    CHECK(ht_client_sync_time(&board.client) == board.connect);
  }
  SECTION("of writing") {
    board.write = GENERATE(HT_TIMEOUT, HT_HOOK_FAILED);
    CHECK(ht_client_sync_time(&board.client) == board.write);
  }
  SECTION("of reading") {
    CHECK(ht_client_sync_time(&board.client) == HT_TIMEOUT);
  }
}

TEST_CASE("An answer that arrived before a C program's connection was lost counts") {
  Board board;
  board.init();
  board.write = HT_CONNECTION_LOST;
  board.answer = "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n";
  CHECK(ht_client_sync_time(&board.client) == HT_SERVER_ERROR);
}

TEST_CASE("Without a byte stream, or one of its functions, there is none") {
  Board board;
  SECTION("none") {
    board.options.stream = nullptr;
  }
  SECTION("no connect") {
    board.stream.connect = nullptr;
  }
  SECTION("no write") {
    board.stream.write = nullptr;
  }
  SECTION("no read") {
    board.stream.read = nullptr;
  }
  board.init();
  CHECK(ht_client_sync_time(&board.client) == HT_NOT_PROVIDED);
  board.stream.close = nullptr;
  ht_mbedtls_transport_close(&board.transport);
}

TEST_CASE("Without roots, TLS waits for them, and a secret for the time") {
  Board board;
  board.init("https://localhost:8443");
  CHECK(ht_client_sync_time(&board.client) == HT_HOOK_FAILED);
  CHECK(ht_client_ensure_token(&board.client) == HT_HOOK_FAILED);
  CHECK(board.written.empty());
}

TEST_CASE("Roots of a C program that cannot be read are told, however many") {
  Board board;
  const std::array<std::uint8_t, 5> der = {0x30, 0x03, 0x02, 0x01, 0x01};
  const std::vector<ht_root_t> roots(HT_MAX_ROOTS + 1, ht_root_t{der.data(), der.size()});
  board.options.roots = roots.data();
  board.options.root_count = 1;
  CHECK(ht_mbedtls_transport_init(&board.transport, &board.options) == HT_INVALID_VALUE);
  for (const std::size_t count : {0, 1, HT_MAX_ROOTS, HT_MAX_ROOTS + 1}) {
    CHECK(ht_mbedtls_transport_set_roots(&board.transport, roots.data(), count) ==
          HT_INVALID_VALUE);
  }
  ht_mbedtls_transport_end(&board.transport);
}

TEST_CASE("A C program's transport whose own memory does not do says so and sends nothing") {
  Board board;
  SECTION("too small") {
    board.options.own.size = ht_mbedtls_transport_own_bytes() - 1;
  }
  SECTION("not aligned") {
    board.options.own.data = reinterpret_cast<char*>(board.own.data()) + 1;
  }
  SECTION("none") {
    board.options.own = {};
  }
  board.init();
  CHECK(ht_client_sync_time(&board.client) == HT_HOOK_FAILED);
  CHECK(ht_mbedtls_transport_set_roots(&board.transport, nullptr, 0) == HT_HOOK_FAILED);
  CHECK(board.connections.empty());
  ht_mbedtls_transport_end(&board.transport);
}

TEST_CASE("Options that a C program has in flash are enough to begin with") {
  // Those of C++: one more does not compile here, and belongs into c/mbedtls.h as well.
  [[maybe_unused]] const auto [stream, clock, entropy, time, storage, log, roots, not_before_s] =
      here_tracking::MbedtlsOptions();
  [[maybe_unused]] const auto [own_memory, tls_memory] = here_tracking::MbedtlsMemory();
  ht_mbedtls_transport_t transport;
  REQUIRE(c_mbedtls_options.own.size >= ht_mbedtls_transport_own_bytes());
  CHECK(ht_mbedtls_transport_init(&transport, &c_mbedtls_options) == HT_OK);
  CHECK(c_mbedtls_options.stream == &c_stream_without_route);
  ht_mbedtls_transport_end(&transport);
}
