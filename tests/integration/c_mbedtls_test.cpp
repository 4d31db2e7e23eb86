// SPDX-License-Identifier: Apache-2.0
#include "here_tracking/c/linux.h"
#include "here_tracking/c/mbedtls.h"
#include "here_tracking/platform/linux.hpp"

#include "support/catch.hpp"
#include "support/emulator.hpp"
#include "support/fake_device.hpp"
#include "support/tested_transport.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace {

ht_code_t code(here_tracking::Status status) {
  return static_cast<ht_code_t>(status.code());
}

/// A board in C, from one start to the next.
class Board {
 public:
  explicit Board(const Emulator& emulator)
      : root_(read_root(emulator.ca_file())),
        storage_(ht_file_storage_new((emulator.directory() + "/device").c_str())) {
    stream_.connect = [](void* self, const char* host, std::uint16_t port,
                         std::uint32_t timeout_ms) {
      return code(tcp(self).connect(host, port, timeout_ms));
    };
    stream_.read = [](void* self, char* into, std::size_t room, std::size_t* size,
                      std::uint32_t timeout_ms) {
      return code(tcp(self).read({into, room}, *size, timeout_ms));
    };
    stream_.write = [](void* self, const char* bytes, std::size_t count, std::size_t* size,
                       std::uint32_t timeout_ms) {
      return code(tcp(self).write({bytes, count}, *size, timeout_ms));
    };
    stream_.close = [](void* self) { tcp(self).close(); };
    stream_.context = &tcp_;

    ht_mbedtls_options_t options = {};
    options.stream = &stream_;
    options.clock = &ht_system_clock;
    options.entropy = &ht_system_entropy;
    options.storage = storage_;
    options.log = &ht_stderr_log;
    const ht_root_t roots[] = {{root_.data(), root_.size()}};  // the list need not live on
    options.roots = roots;
    options.root_count = 1;
    own_.resize(ht_mbedtls_transport_own_bytes() / sizeof(own_[0]) + 1);
    options.own = {own_.data(), own_.size() * sizeof(own_[0])};
    options.tls = HT_MEMORY(tls_);
    REQUIRE(ht_mbedtls_transport_init(&transport, &options) == HT_OK);

    ht_client_config_t config = {};
    config.base_url = emulator.url().c_str();
    config.hooks = {&ht_system_clock, &ht_system_entropy, storage_, &transport.hook, nullptr};
    config.token = HT_MEMORY(token_);
    config.work = HT_MEMORY(work_);
    ht_client_init(&client, &config, fake::device_id, fake::device_secret);
  }
  ~Board() {
    ht_mbedtls_transport_end(&transport);
    ht_client_end(&client);
    ht_file_storage_free(storage_);
  }
  Board(const Board&) = delete;
  Board& operator=(const Board&) = delete;

  ht_code_t report() {
    ht_code_t status = ht_client_ensure_time(&client);
    if (status != HT_OK) return status;
    const std::string json =
        R"({"timestamp":)" + std::to_string(ht_client_server_time_ms(&client).value) + "}";
    const ht_text_t sample = {json.data(), json.size()};
    ht_shadow_t shadow;
    ht_shadow_init(&shadow);
    return ht_client_ingest(&client, &sample, 1, nullptr, &shadow);
  }

  ht_mbedtls_transport_t transport = {};
  ht_client_t client = {};

 private:
  static here_tracking::PosixByteStream& tcp(void* self) {
    return *static_cast<here_tracking::PosixByteStream*>(self);
  }

  std::vector<std::uint8_t> root_;
  const ht_storage_t* storage_;
  here_tracking::PosixByteStream tcp_;
  ht_byte_stream_t stream_ = {};
  std::vector<std::uint64_t> own_;
  std::uint8_t tls_[40 * 1024];
  char token_[2048] = {};
  char work_[8192] = {};
};

Emulator emulator_with_device() {
  return Emulator({"--device", std::string(fake::device_id) + ":" + fake::device_secret});
}

}  // namespace

TEST_CASE("A C program reports over TLS on its byte stream, and resumes the session it stored") {
  const Emulator emulator = emulator_with_device();
  {
    Board board(emulator);
    ht_mbedtls_transport_follow(&board.transport, &board.client);
    CHECK(board.report() == HT_OK);
    CHECK(emulator.count("connections") == 1);
  }
  Board board(emulator);
  ht_mbedtls_transport_follow(&board.transport, &board.client);
  CHECK(board.report() == HT_OK);
  CHECK(emulator.count("tls_resumed") == 1);
}

TEST_CASE("A C program's transport that follows no client sends no secret") {
  const Emulator emulator = emulator_with_device();
  Board board(emulator);
  CHECK(board.report() == HT_CLOCK_NOT_SET);
  CHECK(emulator.requests() == std::vector<std::string>{"GET /v2/timestamp 200"});
}

TEST_CASE("A C program trusts the roots that it sets, and keeps those before bad ones") {
  const Emulator emulator = emulator_with_device();
  const Emulator other;
  Board board(emulator);
  ht_mbedtls_transport_follow(&board.transport, &board.client);
  REQUIRE(board.report() == HT_OK);

  const std::vector<std::uint8_t> foreign = read_root(other.ca_file());
  const ht_root_t wrong[] = {{foreign.data(), foreign.size()}, {foreign.data(), 1}};
  CHECK(ht_mbedtls_transport_set_roots(&board.transport, wrong, 2) == HT_INVALID_VALUE);
  ht_mbedtls_transport_close(&board.transport);
  CHECK(board.report() == HT_OK);
  CHECK(ht_mbedtls_transport_set_roots(&board.transport, wrong, 1) == HT_OK);
  CHECK(board.report() == HT_TLS_FAILED);
}
