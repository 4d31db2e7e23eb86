// SPDX-License-Identifier: Apache-2.0
#include "here_tracking/client.hpp"
#include "here_tracking/platform/linux.hpp"
#include "here_tracking/self_test.hpp"
#include "here_tracking/telemetry.hpp"

#include "support/catch.hpp"
#include "support/emulator.hpp"
#include "support/tested_transport.hpp"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <pthread.h>

using here_tracking::Client;
using here_tracking::ClientConfig;
using here_tracking::Code;
using here_tracking::DesiredShadow;
using here_tracking::Status;

namespace {

constexpr const char* device_id = "7c0f3d52-1e7a-4b7c-9a55-0d6a3b1f2c4e";
constexpr const char* device_secret = "k3Jx9Qv_0aB-7mNpR2sTuVwXyZ1c4D5e6F8gHhIiJjL";

using Lines = std::vector<std::string>;

std::vector<std::string> with_device(std::vector<std::string> arguments = {}) {
  arguments.insert(arguments.end(), {"--device", std::string(device_id) + ":" + device_secret});
  return arguments;
}

/// One run of a program on this machine: what it would make of the hooks for Linux.
class Device {
 public:
  explicit Device(const Emulator& emulator, const std::string& ca_file = {},
                  const std::string& url = {}, const std::string& id = device_id,
                  const std::string& secret = device_secret,
                  here_tracking::Authorization* authorization = nullptr)
      : url_(url.empty() ? emulator.url() : url),
        id_(id),
        secret_(secret),
        license_(id_, secret_),
        storage_(emulator.directory() + "/device"),
        transport_(ca_file.empty() ? emulator.ca_file() : ca_file, &log_, &storage_) {
    ClientConfig config;
    config.base_url = url_;
    config.timeout_ms = 2000;
    client_ = std::make_unique<Client>(
        config, authorization != nullptr ? *authorization : license_,
        here_tracking::Hooks{&clock_, &entropy_, &storage_, &transport_.get(), &log_},
        here_tracking::ClientMemory{token_, work_});
    transport_.follow(*client_);
  }

  Device(const Emulator& emulator, here_tracking::Authorization& authorization)
      : Device(emulator, {}, {}, device_id, device_secret, &authorization) {}

  Client& client() { return *client_; }
  auto& transport() { return transport_.get(); }

  Status send(const here_tracking::Ingestion& how = {}) {
    const Status status = client_->ensure_time();
    if (!status.ok()) return status;
    char buffer[512];
    here_tracking::Sample sample(buffer);
    here_tracking::Fix fix;
    fix.lat_deg_e7 = 525200066;
    fix.lng_deg_e7 = 134049540;
    fix.accuracy_mm = 4500;
    fix.type = here_tracking::PositionType::gnss;
    REQUIRE(sample.set_position(fix).ok());
    REQUIRE(sample.set_timestamp(*client_->server_time_ms()).ok());
    const std::string_view json = sample.json();
    return client_->ingest({&json, 1}, shadow, how);
  }

  DesiredShadow shadow;

 private:
  std::string url_;
  std::string id_;
  std::string secret_;
  here_tracking::DeviceLicense license_;
  here_tracking::StderrLog log_;
  here_tracking::SystemClock clock_;
  here_tracking::SystemEntropy entropy_;
  here_tracking::FileStorage storage_;
  TestedTransport transport_;
  char token_[2048];
  char work_[8192];
  std::unique_ptr<Client> client_;
};

std::string fault(const char* path, const char* kind, const char* more = "") {
  return std::string("{\"path\":\"") + path + "\",\"fault\":\"" + kind + "\"" + more + "}";
}

std::int64_t device_offset_ms(Device& device) {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return *device.client().server_time_ms() -
         std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

}  // namespace

TEST_CASE("the hooks for Linux and the transport keep their contracts") {
  const Emulator emulator;
  here_tracking::StderrLog log;
  here_tracking::SystemClock clock;
  here_tracking::SystemEntropy entropy;
  here_tracking::FileStorage storage(emulator.directory() + "/device");
  TestedTransport transport(emulator.ca_file(), &log, &storage);
  std::vector<std::uint8_t> memory(4400);
  here_tracking::SelfTest device;
  device.hooks = {&clock, &entropy, &storage, &transport.get(), &log};
  device.memory = {memory.data(), memory.size()};
  device.base_url = emulator.url();
  CHECK(here_tracking::self_test(device).none());
  const Lines asked(3, "GET /v2/timestamp 200");
  CHECK(emulator.requests() == asked);
}

TEST_CASE("The first report makes three requests over one connection and one handshake") {
  const Emulator emulator(with_device());
  Device device(emulator);
  REQUIRE(device.send().ok());
  CHECK(emulator.requests() ==
        Lines{"GET /v2/timestamp 200", "POST /v2/token 200", "POST /v2/ 200"});
  CHECK(emulator.count("connections") == 1);
  CHECK(emulator.count("tls_handshakes") == 1);
}

TEST_CASE("A second run with the same state makes one request") {
  const Emulator emulator(with_device());
  REQUIRE(Device(emulator).send().ok());
  emulator.control("DELETE", "/control/requests");
  REQUIRE(Device(emulator).send().ok());
  CHECK(emulator.requests() == Lines{"POST /v2/ 200"});
}

TEST_CASE("100 reports through one Client cost one handshake") {
  const Emulator emulator(with_device());
  Device device(emulator);
  for (int i = 0; i < 100; ++i)
    REQUIRE(device.send().ok());
  CHECK(emulator.count("requests") == 102);
  CHECK(emulator.count("connections") == 1);
  CHECK(emulator.count("tls_handshakes") == 1);
}

TEST_CASE("What the owner wishes arrives as the desired shadow") {
  const Emulator emulator(with_device());
  emulator.control("PUT", std::string("/control/devices/") + device_id + "/desired",
                   R"({"payload":{"led":"on"},"system":{"rate":{"sampleMs":5000,"sendMs":60000,)"
                   R"("distanceM":50}}})");
  Device device(emulator);
  REQUIRE(device.send().ok());
  CHECK(device.shadow.payload == R"({"led":"on"})");
  CHECK(device.shadow.rate.sample_ms == 5000U);
  CHECK(device.shadow.rate.send_ms == 60000U);
  CHECK(device.shadow.rate.distance_m == 50U);
  REQUIRE(device.shadow.state_version);
  const std::uint64_t version = *device.shadow.state_version;
  emulator.control("PUT", std::string("/control/devices/") + device_id + "/desired",
                   R"({"payload":{"led":"off"}})");
  REQUIRE(device.send().ok());
  CHECK(device.shadow.state_version == version + 1);
}

TEST_CASE("An asynchronous report is answered without a shadow") {
  const Emulator emulator(with_device());
  Device device(emulator);
  const std::string_view sample = R"({"timestamp":1767225600000})";
  REQUIRE(device.client()
              .ingest({&sample, 1}, device.shadow, {here_tracking::Delivery::asynchronous})
              .ok());
  CHECK(emulator.requests().back() == "POST /v2/ 204");
  CHECK(device.shadow.json.empty());
  CHECK(emulator.count("telemetry") == 1);
}

TEST_CASE("A service clock that is an hour off is followed, in both directions") {
  const int offset_s = GENERATE(-3600, 3600);
  const Emulator emulator(
      with_device({"--strict-timestamps", "--clock-offset", std::to_string(offset_s)}));
  Device device(emulator);
  REQUIRE(device.send().ok());
  CHECK(std::abs(device_offset_ms(device) - offset_s * 1000) < 5000);
}

TEST_CASE("A service clock that jumps by an hour is followed with one more request") {
  const Emulator emulator(with_device());
  Device device(emulator);
  REQUIRE(device.client().ensure_time().ok());
  const int offset_s = GENERATE(-3600, 3600);
  emulator.control("PUT", "/control/clock", "{\"offset_s\":" + std::to_string(offset_s) + "}");
  REQUIRE(device.client().ensure_token().ok());
  CHECK(emulator.requests() ==
        Lines{"GET /v2/timestamp 200", "POST /v2/token 401", "POST /v2/token 200"});
  CHECK(std::abs(device_offset_ms(device) - offset_s * 1000) < 5000);
}

TEST_CASE("A revoked token is replaced and the report delivered") {
  const Emulator emulator(with_device());
  Device device(emulator);
  REQUIRE(device.send().ok());
  emulator.control("POST", std::string("/control/devices/") + device_id + "/revoke");
  emulator.control("DELETE", "/control/requests");
  REQUIRE(device.send().ok());
  CHECK(emulator.requests() == Lines{"POST /v2/ 401", "POST /v2/token 200", "POST /v2/ 200"});
}

TEST_CASE("A device that nobody has claimed, or no longer, is told apart") {
  const Emulator emulator(with_device());
  Device device(emulator);
  const std::string path = std::string("/control/devices/") + device_id;
  emulator.control("POST", path + "/unclaim");
  CHECK(device.send() == Status(Code::not_claimed, 412));
  emulator.control("POST", path + "/claim");
  CHECK(device.send().ok());
  emulator.control("POST", path + "/unclaim");
  CHECK(device.send() == Status(Code::not_claimed, 412));
}

TEST_CASE("An unknown device and a wrong secret are told apart") {
  const Emulator emulator(with_device());
  CHECK(Device(emulator, {}, {}, "00000000-0000-4000-8000-000000000000").send() ==
        Status(Code::unknown_device, 404));
  CHECK(Device(emulator, {}, {}, device_id, "wrong").send() ==
        Status(Code::credentials_refused, 401));
}

TEST_CASE("A secret with reserved characters signs as RFC 5849 says") {
  const Emulator emulator;
  emulator.control("PUT", "/control/devices/odd", R"({"secret":"a/b+c=d&e%f ~g","claimed":true})");
  CHECK(Device(emulator, {}, {}, "odd", "a/b+c=d&e%f ~g").send().ok());
}

TEST_CASE("A server that cannot prove who it is gets no request") {
  SECTION("a CA that is not trusted") {
    const Emulator emulator(with_device());
    const Emulator other;
    CHECK(Device(emulator, other.ca_file()).send() == Code::tls_failed);
    CHECK(emulator.count("requests") == 0);
  }
  SECTION("the system's CAs do not know it either") {
    const Emulator emulator(with_device());
    const std::filesystem::path system = "/etc/ssl/certs/ca-certificates.crt";
    if (std::filesystem::exists(system)) {
      CHECK(Device(emulator, system.string()).send() == Code::tls_failed);
    }
    CHECK(emulator.count("requests") == 0);
  }
  SECTION("an expired certificate") {
    const Emulator emulator(with_device({"--certificate", "expired"}));
    CHECK(Device(emulator).send() == Code::tls_failed);
    CHECK(emulator.count("requests") == 0);
  }
  SECTION("a certificate for another host") {
    const Emulator emulator(with_device({"--certificate", "wrong-host"}));
    CHECK(Device(emulator).send() == Code::tls_failed);
    CHECK(emulator.count("requests") == 0);
  }
  SECTION("a certificate that signed itself") {
    const Emulator emulator(with_device({"--certificate", "self-signed"}));
    CHECK(Device(emulator).send() == Code::tls_failed);
    CHECK(emulator.count("requests") == 0);
  }
}

#if !defined(TESTED_TRANSPORT_MBEDTLS)
TEST_CASE("A clock that is not set is told apart from a certificate that is bad") {
  const Emulator emulator(with_device());
  const Emulator other;
  here_tracking::SystemClock clock;
  here_tracking::SystemEntropy entropy;
  char token[2048];
  char work[8192];
  ClientConfig config;
  config.base_url = emulator.url();
  const auto ask = [&](const std::string& ca_file, std::int64_t not_before_s) {
    here_tracking::CurlOptions options;
    options.ca_file = ca_file;
    options.not_before_s = not_before_s;
    here_tracking::CurlTransport transport(options);
    here_tracking::Hooks hooks;
    hooks.clock = &clock;
    hooks.entropy = &entropy;
    hooks.transport = &transport;
    Client client(config, here_tracking::not_provided::authorization, hooks, {token, work});
    return client.sync_time();
  };
  constexpr std::int64_t year_2100_s = 4102444800;
  CHECK(ask(other.ca_file(), 0) == Code::tls_failed);
  CHECK(ask(other.ca_file(), year_2100_s) == Code::clock_not_set);
  CHECK(ask(emulator.ca_file(), year_2100_s).ok());
}
#endif

TEST_CASE("A CA file that is missing or no certificate is an error of this device") {
  const Emulator emulator(with_device());
  CHECK(Device(emulator, "/nonexistent/ca.pem").send() == Code::hook_failed);
  CHECK(Device(emulator, "/etc/hostname").send() == Code::hook_failed);
}

TEST_CASE("Nobody there, and no such host") {
  const Emulator emulator(with_device());
  CHECK(Device(emulator, {}, "https://localhost:1").send() == Code::connect_failed);
  CHECK(Device(emulator, {}, "https://nobody.invalid").send() == Code::dns_failed);
}

TEST_CASE("Each fault of the service ends in its own code, within the time limit") {
  const Emulator emulator(with_device());
  Device device(emulator);
  REQUIRE(device.send().ok());
  struct Case {
    const char* kind;
    const char* more;
    Code code;
    bool stored;
  };
  const Case cases[] = {
      {"status", R"(,"status":429,"retry_after":"7")", Code::rate_limited, false},
      {"status", R"(,"status":500)", Code::server_error, false},
      {"status", R"(,"status":503)", Code::server_error, false},
      {"status", R"(,"status":400)", Code::rejected, false},
      {"status", R"(,"status":413)", Code::too_large, false},
      {"stall", R"(,"stall_ms":20000)", Code::timeout, false},
      {"truncated", "", Code::connection_lost, true},
      {"oversized", "", Code::response_too_large, true},
      {"garbage", "", Code::response_invalid, true},
  };
  for (const Case& c : cases) {
    CAPTURE(c.kind, c.more);
    const std::int64_t before = emulator.count("telemetry");
    emulator.control("POST", "/control/faults", fault("/v2/", c.kind, c.more));
    const auto start = std::chrono::steady_clock::now();
    CHECK(device.send().code() == c.code);
    CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(15));
    CHECK(emulator.count("telemetry") == before + (c.stored ? 1 : 0));
    if (c.code == Code::rate_limited) CHECK(device.client().last_error().retry_after_s == 7U);
    CHECK(device.send().ok());
  }
}

TEST_CASE("A kept connection that breaks before an answer is tried once more, on a new one") {
  const Emulator emulator(with_device());
  Device device(emulator);
  REQUIRE(device.send().ok());
  const std::int64_t before = emulator.count("telemetry");
  SECTION("broken before the request was processed: delivered once") {
    emulator.control("POST", "/control/faults", fault("/v2/", "reset"));
    CHECK(device.send().ok());
    CHECK(emulator.count("telemetry") == before + 1);
  }
  SECTION("broken after: delivered twice, as at-least-once delivery allows") {
    emulator.control("POST", "/control/faults", fault("/v2/", "reset_after"));
    CHECK(device.send().ok());
    CHECK(emulator.count("telemetry") == before + 2);
  }
  SECTION("broken again: given up") {
    emulator.control("POST", "/control/faults", fault("/v2/", "reset", R"(,"times":2)"));
    CHECK(device.send() == Code::connection_lost);
    CHECK(emulator.count("telemetry") == before);
  }
  SECTION("broken again after the request was processed: given up, and delivered") {
    emulator.control("POST", "/control/faults", fault("/v2/", "reset_after", R"(,"times":2)"));
    CHECK(device.send() == Code::connection_lost);
    CHECK(emulator.count("telemetry") == before + 2);
  }
  CHECK(device.send().ok());
}

TEST_CASE("Faults of the time and token requests come through as they are") {
  const Emulator emulator(with_device());
  struct Case {
    const char* kind;
    const char* more;
    Code code;
  };
  const Case cases[] = {
      {"status", R"(,"status":500)", Code::server_error},
      {"status", R"(,"status":429,"retry_after":"3")", Code::rate_limited},
      {"truncated", "", Code::connection_lost},
      {"oversized", "", Code::response_too_large},
      {"garbage", "", Code::response_invalid},
      {"stall", R"(,"stall_ms":20000)", Code::timeout},
  };
  for (const char* path : {"/v2/timestamp", "/v2/token"}) {
    for (const Case& c : cases) {
      CAPTURE(path, c.kind, c.more);
      Device device(emulator);
      emulator.control("POST", "/control/faults", fault(path, c.kind, c.more));
      const Status status = path == std::string_view("/v2/timestamp")
                                ? device.client().sync_time()
                                : device.client().ensure_token();
      CHECK(status.code() == c.code);
      CHECK(device.client().sync_time().ok());
    }
  }
}

TEST_CASE("A redirect is not followed") {
  const Emulator emulator(with_device());
  Device device(emulator);
  REQUIRE(device.send().ok());
  emulator.control("DELETE", "/control/requests");
  emulator.control(
      "POST", "/control/faults",
      fault("/v2/", "status", R"(,"status":307,"headers":{"Location":"/v2/timestamp"})"));
  CHECK(device.send() == Status(Code::response_invalid, 307));
  CHECK(emulator.requests() == Lines{"POST /v2/ 307"});
}

TEST_CASE("What the service finds wrong is told with its own words") {
  const Emulator emulator(with_device());
  Device device(emulator);
  const std::string_view sample = R"({"timestamp":1})";
  CHECK(device.client().ingest({&sample, 1}, device.shadow) == Status(Code::rejected, 400));
  const here_tracking::ErrorDetail& error = device.client().last_error();
  CHECK(std::string(error.message.data()).find("timestamp") != std::string::npos);
  CHECK(error.here_error_code == 400306);
  CHECK_FALSE(std::string(error.id.data()).empty());
}

TEST_CASE("Reports go on when the token ends") {
  const Emulator emulator(with_device({"--token-lifetime", "3"}));
  Device device(emulator);
  const auto start = std::chrono::steady_clock::now();
  while (std::chrono::steady_clock::now() - start < std::chrono::seconds(5)) {
    REQUIRE(device.send().ok());
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  const Lines requests = emulator.requests();
  CHECK(std::count(requests.begin(), requests.end(), "POST /v2/token 200") >= 2);
}

TEST_CASE("A device sends for itself through /v3/ with the token that it has for /v2/") {
  const Emulator emulator(with_device());
  here_tracking::DeviceLicenseV3 license(device_id, device_secret);
  Device device(emulator, license);
  REQUIRE(device.send().ok());
  CHECK(device.shadow.state_version == 0U);
  REQUIRE(device.send({here_tracking::Delivery::asynchronous}).ok());
  REQUIRE(Device(emulator).send().ok());
  CHECK(emulator.requests() == Lines{"GET /v2/timestamp 200", "POST /v2/token 200", "POST /v3/ 200",
                                     "POST /v3/ 204", "POST /v2/ 200"});
  CHECK(emulator.count("telemetry") == 3);
}

TEST_CASE("A gateway sends for a virtual device with a token of its project") {
  const Emulator emulator(with_device({"--virtual-device", "app-0815/truck \"7\"",
                                       "--project-token", "t-1", "--project-token", "t-2"}));
  struct Gateway final : here_tracking::SuppliedToken {
    Status token(here_tracking::Span<char> into, std::size_t& size, std::uint32_t&) override {
      const std::string text = "t-" + std::to_string(++given);
      std::copy(text.begin(), text.end(), into.begin());
      size = text.size();
      return {};
    }
    int given = 0;
  } gateway;
  Device device(emulator, gateway);
  here_tracking::Ingestion how;
  how.id = "truck \"7\"";
  how.app_id = "app-0815";
  REQUIRE(device.send(how).ok());
  CHECK(emulator.requests() == Lines{"GET /v2/timestamp 200", "POST /v3/ 200"});

  SECTION("a revoked token is replaced") {
    emulator.control("DELETE", "/control/project-tokens/t-1");
    CHECK(device.send(how).ok());
    CHECK(emulator.count("telemetry") == 2);
  }
  SECTION("an unknown device") {
    how.id = "boat";
    CHECK(device.send(how) == Status(Code::unknown_device, 404));
    CHECK(gateway.given == 1);
    CHECK(emulator.count("telemetry") == 1);
  }
}

#if !defined(TESTED_TRANSPORT_MBEDTLS)
TEST_CASE("An exchange that is cancelled ends at once, and no other begins") {
  const Emulator emulator(with_device());
  Device device(emulator);
  REQUIRE(device.send().ok());
  emulator.control("POST", "/control/faults", fault("/v2/", "stall"));
  emulator.control("DELETE", "/control/requests");

  SECTION("by another thread") {
    std::thread other([&] {
      while (emulator.count("requests") == 0)
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
      device.transport().cancel();
    });
    CHECK(device.send() == Code::connection_lost);
    other.join();
  }
  SECTION("by a signal handler, before its thread is served") {
    static here_tracking::CurlTransport* transport;
    transport = &device.transport();
    const auto before = std::signal(SIGUSR1, [](int) { transport->cancel(); });
    std::thread other([&, thread = ::pthread_self()] {
      while (emulator.count("requests") == 0)
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
      ::pthread_kill(thread, SIGUSR1);
    });
    CHECK(device.send() == Code::connection_lost);
    other.join();
    std::signal(SIGUSR1, before);
  }
  CHECK(device.send() == Code::connection_lost);
  CHECK(emulator.count("requests") == 1);
  CHECK(Device(emulator).send().ok());
}
#endif

TEST_CASE("Health and version come as the service tells them") {
  const Emulator emulator(with_device());
  Device device(emulator, here_tracking::not_provided::authorization);
  std::string_view json;
  REQUIRE(device.client().health(json).ok());
  CHECK(json.find("\"message\"") != std::string_view::npos);
  REQUIRE(device.client().version(json).ok());
  CHECK(emulator.requests() == Lines{"GET /v2/health 200", "GET /v2/version 200"});
}

TEST_CASE("Plain HTTP works with this machine itself") {
  const Emulator emulator(with_device({"--http"}));
  CHECK(Device(emulator).send().ok());
}
