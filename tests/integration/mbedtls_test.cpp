// SPDX-License-Identifier: Apache-2.0
#include "here_tracking/transport/mbedtls.hpp"

#include "here_tracking/platform/linux.hpp"

#include "support/catch.hpp"
#include "support/emulator.hpp"
#include "support/fake_device.hpp"
#include "support/tested_transport.hpp"

#include <cstdint>
#include <ctime>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <mbedtls/base64.h>

namespace ht = here_tracking;
using ht::Code;
using ht::Status;

namespace {

constexpr std::int64_t day_s = 86400;

struct Time final : ht::CertificateTime {
  [[nodiscard]] std::optional<std::int64_t> now_s() override { return known; }
  std::optional<std::int64_t> known;
};

struct Ignored final : ht::ResponseHandler {
  void on_status(std::uint16_t http_status) override { status = http_status; }
  void on_header(std::string_view, std::string_view) override {}
  bool on_body(std::string_view) override { return true; }
  std::uint16_t status = 0;
};

/// A device, from one start to the next.
class Device {
 public:
  explicit Device(const Emulator& emulator, std::int64_t not_before_s = 1,
                  ht::Storage* storage = nullptr, ht::ByteStream* stream = nullptr)
      : port_(static_cast<std::uint16_t>(
            std::stoi(emulator.url().substr(emulator.url().rfind(':') + 1)))),
        root_(read_root(emulator.ca_file())) {
    ht::MbedtlsOptions options;
    options.stream = stream != nullptr ? stream : &stream_;
    options.clock = &clock_;
    options.entropy = &entropy;
    options.time = &time;
    options.log = &log;
    if (storage != nullptr) options.storage = storage;
    options.not_before_s = not_before_s;
    own_.resize(ht::MbedtlsTransport::own_bytes() / sizeof(own_[0]) + 1);
    transport_.emplace(options, ht::MbedtlsMemory{{reinterpret_cast<std::uint8_t*>(own_.data()),
                                                   own_.size() * sizeof(own_[0])},
                                                  tls_});
    REQUIRE(trust(root_).ok());
  }

  /// The bytes must live on.
  Status trust(const std::vector<std::uint8_t>& root) {
    roots_[0] = {root.data(), root.size()};
    return transport_->set_roots(roots_);
  }
  ht::MbedtlsTransport& transport() { return *transport_; }
  [[nodiscard]] const std::vector<std::uint8_t>& root() const { return root_; }

  Status ask_time(std::string_view host = "localhost") { return exchange({}, host); }
  Status send_secret() {
    const ht::HttpHeader headers[] = {{"Authorization", "Bearer none"}};
    return exchange(headers);
  }

  Time time;
  fake::Log log;
  fake::Entropy entropy;

 private:
  Status exchange(ht::Span<const ht::HttpHeader> headers, std::string_view host = "localhost") {
    ht::HttpRequest request;
    request.method = "GET";
    request.origin = {host, port_, true};
    request.target = "/v2/timestamp";
    request.headers = headers;
    request.connect_timeout_ms = request.timeout_ms = 5000;
    Ignored response;
    return transport_->exchange(request, response);
  }

  std::uint16_t port_;
  std::vector<std::uint8_t> root_;
  ht::Span<const std::uint8_t> roots_[1];
  ht::PosixByteStream stream_;
  ht::SystemClock clock_;
  std::vector<std::uint64_t> own_;
  std::uint8_t tls_[40 * 1024];
  std::optional<ht::MbedtlsTransport> transport_;
};

std::int64_t now_s() {
  return static_cast<std::int64_t>(std::time(nullptr));
}

}  // namespace

TEST_CASE("Without the time, a device can ask for it and for nothing else") {
  const Emulator emulator;
  Device device(emulator);
  CHECK(device.send_secret() == Code::clock_not_set);
  CHECK(emulator.count("connections") == 0);
  CHECK(device.ask_time().ok());
  CHECK(device.send_secret() == Code::clock_not_set);
  CHECK(emulator.count("requests") == 1);

  device.time.known = now_s();
  CHECK(device.ask_time().ok());
  CHECK(device.send_secret().ok());
}

TEST_CASE("Once the time is known the connection is judged again, and kept") {
  const Emulator emulator;
  Device device(emulator);
  REQUIRE(device.ask_time().ok());
  device.time.known = now_s();
  CHECK(device.send_secret().ok());
  CHECK(emulator.count("connections") == 1);
}

TEST_CASE("A certificate that has ended gets no secret") {
  const Emulator emulator({"--certificate", "expired"});
  SECTION("and no request when it did before the library was built") {
    Device device(emulator, now_s());
    CHECK(device.ask_time() == Code::tls_failed);
    CHECK(emulator.count("requests") == 0);
  }
  SECTION("and no request when the time is known") {
    Device device(emulator);
    device.time.known = now_s();
    CHECK(device.ask_time() == Code::tls_failed);
    CHECK(device.send_secret() == Code::tls_failed);
    CHECK(emulator.count("requests") == 0);
  }
  SECTION("also not on the connection that was made to ask for the time") {
    Device device(emulator);
    REQUIRE(device.ask_time().ok());
    device.time.known = now_s();
    CHECK(device.send_secret() == Code::tls_failed);
    CHECK(emulator.count("requests") == 1);
  }
}

TEST_CASE("A clock that lags gets no secret out, and can be put right") {
  const Emulator emulator;  // its certificates begin a day ago
  SECTION("after the library was built, as far as is known: the certificate is wrong") {
    Device device(emulator, 1);
    device.time.known = now_s() - 2 * day_s;
    CHECK(device.send_secret() == Code::tls_failed);
    CHECK(device.ask_time().ok());
    device.time.known = now_s();
    CHECK(device.send_secret().ok());
  }
  SECTION("before it: the clock is wrong") {
    Device device(emulator, now_s());
    device.time.known = now_s() - 2 * day_s;
    CHECK(device.send_secret() == Code::clock_not_set);
    CHECK(device.ask_time().ok());
  }
  CHECK(emulator.count("requests") >= 1);
}

TEST_CASE("A connection that is closed is resumed, without a certificate") {
  const Emulator emulator;
  Device device(emulator);
  device.time.known = now_s();
  REQUIRE(device.send_secret().ok());
  device.transport().close();
  CHECK(device.send_secret().ok());
  CHECK(emulator.count("tls_handshakes") == 2);
  CHECK(emulator.count("tls_resumed") == 1);
  CHECK(device.log.lines.find("TLS session resumed") != std::string::npos);

  SECTION("it is judged by the certificate that it began with") {
    device.transport().close();
    device.time.known = now_s() - 2 * day_s;
    CHECK(device.ask_time().ok());
    CHECK(emulator.count("tls_resumed") == 2);
    CHECK(device.send_secret() == Code::tls_failed);
    device.time.known = now_s() + 1000 * day_s;
    CHECK(device.ask_time() == Code::tls_failed);
    CHECK(emulator.count("tls_resumed") == 2);
  }
}

TEST_CASE("A session outlives a deep sleep in storage, written once a full handshake") {
  const Emulator emulator;
  fake::Storage storage;
  const auto run = [&] {
    Device device(emulator, 1, &storage);
    device.time.known = now_s();
    CHECK(device.send_secret().ok());
    CHECK(device.log.lines.find("Bearer") == std::string::npos);
  };
  run();
  REQUIRE(storage.records.count("tls_session") == 1);
  std::vector<std::uint8_t>& record = storage.records["tls_session"];
  CHECK(record.size() <= 2048);
  const std::vector<std::uint8_t> first = record;

  SECTION("resumed") {
    run();
    run();
    CHECK(emulator.count("tls_resumed") == 2);
    CHECK(record == first);
  }
  SECTION("a record that is damaged is ignored and replaced") {
    record[record.size() / 2] ^= 1U;
    run();
    CHECK(emulator.count("tls_resumed") == 0);
    run();
    CHECK(emulator.count("tls_resumed") == 1);
  }
  SECTION("a record of another server is ignored") {
    const Emulator other;
    Device device(other, 1, &storage);
    device.time.known = now_s();
    CHECK(device.send_secret().ok());
    CHECK(other.count("tls_resumed") == 0);
  }
  SECTION("a storage that fails costs a full handshake") {
    storage.records.clear();
    storage.broken = true;
    run();
    run();
    CHECK(emulator.count("tls_resumed") == 0);
  }
}

TEST_CASE("Roots are replaced while the device runs, and no session outlives its own") {
  const Emulator emulator;
  const Emulator other;
  fake::Storage storage;
  Device device(emulator, 1, &storage);
  device.time.known = now_s();
  REQUIRE(device.send_secret().ok());

  const std::vector<std::uint8_t> foreign = read_root(other.ca_file());
  REQUIRE(device.trust(foreign).ok());
  CHECK(storage.records.empty());
  CHECK(device.send_secret() == Code::tls_failed);
  CHECK(emulator.count("requests") == 1);

  REQUIRE(device.trust(device.root()).ok());
  CHECK(device.send_secret().ok());
  CHECK(emulator.count("tls_resumed") == 0);
}

TEST_CASE("A root may be DER, and one of several") {
  const Emulator emulator;
  const Emulator other;
  Device device(emulator);
  device.time.known = now_s();
  std::string base64;
  const std::string pem(device.root().begin(), device.root().end());
  const std::size_t begin = pem.find("-----\n") + 6;
  for (const char c : pem.substr(begin, pem.find("-----END") - begin)) {
    if (c != '\n') base64 += c;
  }
  std::vector<std::uint8_t> der(base64.size());
  std::size_t size = 0;
  REQUIRE(mbedtls_base64_decode(der.data(), der.size(), &size,
                                reinterpret_cast<const unsigned char*>(base64.data()),
                                base64.size()) == 0);
  der.resize(size);
  const std::vector<std::uint8_t> foreign = read_root(other.ca_file());

  const ht::Span<const std::uint8_t> both[] = {{foreign.data(), foreign.size()},
                                               {der.data(), der.size()}};
  REQUIRE(device.transport().set_roots(both).ok());
  CHECK(device.send_secret().ok());
  const ht::Span<const std::uint8_t> wrong[] = {{foreign.data(), foreign.size()},
                                                {der.data(), der.size() - 1}};
  CHECK(device.transport().set_roots(wrong) == Code::invalid_value);
  CHECK(device.send_secret().ok());
  CHECK(emulator.count("connections") == 1);
}

TEST_CASE("An IPv6 address has its brackets in HTTP alone, not in TLS") {
  class Recorder final : public ht::ByteStream {
   public:
    Status connect(std::string_view host, std::uint16_t, std::uint32_t) override {
      connected_to = host;
      return {};
    }
    Status read(ht::Span<char>, std::size_t&, std::uint32_t) override {
      return Code::connection_lost;
    }
    Status write(std::string_view bytes, std::size_t& size, std::uint32_t) override {
      written += bytes;
      size = bytes.size();
      return {};
    }
    std::string connected_to;
    std::string written;
  };
  const Emulator emulator;  // for a root
  Recorder stream;
  Device device(emulator, 1, nullptr, &stream);
  CHECK(device.ask_time("[2001:db8::7]") == Code::connection_lost);
  CHECK(stream.connected_to == "2001:db8::7");
  CHECK(stream.written.find("2001:db8::7") != std::string::npos);
  CHECK(stream.written.find('[' + stream.connected_to) == std::string::npos);
}

TEST_CASE("Without random bytes there is no TLS") {
  const Emulator emulator;
  Device device(emulator);
  device.entropy.broken = true;
  CHECK(device.ask_time() == Code::hook_failed);
  device.entropy.broken = false;
  CHECK(device.ask_time().ok());
}
