// SPDX-License-Identifier: Apache-2.0
#include "here_tracking/transport/mbedtls.hpp"

#include "support/catch.hpp"
#include "support/fake_device.hpp"
#include "transport/mbedtls/session_record.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace ht = here_tracking;
using ht::Code;
using ht::Status;

namespace {

/// What a server does with one connection.
struct Script {
  std::string answer;                 // to what comes first
  Code connect = Code::ok;            // of connect()
  Code then = Code::ok;               // of a read() behind the answer; ok: it closes in order
  std::size_t takes_bytes = 1000000;  // then write() fails
  std::size_t piece = 1000;           // at most so much each read() or write()
  std::int64_t call_ms = 0;           // each call takes so long
};

class ScriptedStream final : public ht::ByteStream {
 public:
  explicit ScriptedStream(fake::Clock& clock) : clock_(clock) {}

  Status connect(std::string_view host, std::uint16_t port, std::uint32_t timeout_ms) override {
    log += "connect " + std::string(host) + ":" + std::to_string(port) + " " +
           std::to_string(timeout_ms) + "\n";
    REQUIRE_FALSE(scripts.empty());
    script_ = scripts.front();
    scripts.pop_front();
    clock_.now += script_.call_ms;
    open_ = script_.connect == Code::ok;
    return script_.connect;
  }
  Status read(ht::Span<char> into, std::size_t& size, std::uint32_t timeout_ms) override {
    REQUIRE(open_);
    REQUIRE(timeout_ms > 0);
    clock_.now += script_.call_ms;
    size = std::min({script_.piece, into.size(), script_.answer.size()});
    std::copy_n(script_.answer.begin(), size, into.begin());
    script_.answer.erase(0, size);
    return size > 0 ? Code::ok : script_.then;
  }
  Status write(std::string_view bytes, std::size_t& size, std::uint32_t timeout_ms) override {
    REQUIRE(open_);
    REQUIRE(timeout_ms > 0);
    clock_.now += script_.call_ms;
    if (script_.takes_bytes == 0) return Code::connection_lost;
    size = std::min({script_.piece, bytes.size(), script_.takes_bytes});
    script_.takes_bytes -= size;
    written.append(bytes.substr(0, size));
    return {};
  }
  void close() override {
    if (open_) log += "close\n";
    open_ = false;
  }
  /// On the connection that is open.
  void answer_more(std::string_view text) { script_.answer.append(text); }

  std::deque<Script> scripts;
  std::string written;
  std::string log;

 private:
  fake::Clock& clock_;
  Script script_;
  bool open_ = false;
};

struct Answer final : ht::ResponseHandler {
  void on_status(std::uint16_t http_status) override {
    status = http_status;
    body.clear();
  }
  void on_header(std::string_view, std::string_view) override {}
  bool on_body(std::string_view piece) override {
    body.append(piece);
    return true;
  }
  std::uint16_t status = 0;
  std::string body;
};

class Text final : public ht::BodySource {
 public:
  explicit Text(std::string text) : text_(std::move(text)) {}
  [[nodiscard]] std::size_t size() const override { return text_.size(); }
  std::size_t read(std::size_t offset, ht::Span<char> into) override {
    if (offset >= readable) return 0;
    const std::size_t size =
        std::min({into.size(), text_.size() - offset, readable - offset, std::size_t{7}});
    std::copy_n(text_.begin() + static_cast<std::ptrdiff_t>(offset), size, into.begin());
    return size;
  }
  std::size_t readable = 1000000;

 private:
  std::string text_;
};

constexpr const char* ok_answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";

struct World {
  World() {
    ht::MbedtlsOptions options;
    options.stream = &stream;
    options.clock = &clock;
    options.log = &log;
    own.resize(ht::MbedtlsTransport::own_bytes() / 8 + 1);
    transport.emplace(
        options,
        ht::MbedtlsMemory{{reinterpret_cast<std::uint8_t*>(own.data()), own.size() * 8}, {}});
  }

  Status get() { return exchange("GET", nullptr); }
  Status post(std::string text) {
    Text body(std::move(text));
    return exchange("POST", &body);
  }
  Status exchange(std::string_view method, ht::BodySource* body) {
    const ht::HttpHeader headers[] = {{"Accept", "application/json"}, {"X-Empty", ""}};
    ht::HttpRequest request;
    request.method = method;
    request.origin = {"localhost", port, false};
    request.target = "/v2/?a=b";
    request.headers = headers;
    request.body = body;
    request.connect_timeout_ms = 3000;
    request.timeout_ms = 5000;
    return transport->exchange(request, answer);
  }

  fake::Clock clock;
  fake::Log log;
  ScriptedStream stream{clock};
  std::uint16_t port = 8080;
  Answer answer;
  std::vector<std::uint64_t> own;
  std::optional<ht::MbedtlsTransport> transport;
};

}  // namespace

TEST_CASE("A stream that says no_data has broken its contract, and has not ended in order") {
  World w;
  w.stream.scripts = {{"HTTP/1.1 200 OK\r\n\r\n{\"half\":", Code::ok, Code::no_data}};
  CHECK(w.get() == Code::hook_failed);
}

TEST_CASE("A request is written as it was given, with Host and Content-Length added") {
  World w;
  w.stream.scripts = {{ok_answer, Code::ok, Code::timeout, 1000000, GENERATE(1U, 1000U)}};
  SECTION("GET") {
    CHECK(w.get().ok());
    CHECK(w.stream.written ==
          "GET /v2/?a=b HTTP/1.1\r\nHost: localhost:8080\r\nAccept: application/json\r\n"
          "X-Empty: \r\n\r\n");
  }
  SECTION("a port that is the scheme's own is not named") {
    w.port = 80;
    CHECK(w.get().ok());
    CHECK(w.stream.written.find("\r\nHost: localhost\r\n") != std::string::npos);
  }
  SECTION("POST without a body") {
    CHECK(w.exchange("POST", nullptr).ok());
    CHECK(w.stream.written.find("\r\nContent-Length: 0\r\n\r\n") != std::string::npos);
  }
  SECTION("POST with a body that is longer than any memory here") {
    const std::string text(5000, 'x');
    CHECK(w.post(text).ok());
    const std::string end = "\r\nContent-Length: 5000\r\n\r\n" + text;
    CHECK(w.stream.written.find(end) == w.stream.written.size() - end.size());
  }
  CHECK(w.answer.status == 200);
  CHECK(w.answer.body == "{}");
  CHECK(w.stream.log == "connect localhost:" + std::to_string(w.port) + " 3000\n");
}

TEST_CASE("A connection is kept for a minute, unless the server closes or the origin is another") {
  World w;
  w.stream.scripts = {{ok_answer, Code::ok, Code::timeout}};
  REQUIRE(w.get().ok());
  w.stream.log.clear();

  SECTION("kept") {
    w.stream.answer_more(ok_answer);
    CHECK(w.get().ok());
    CHECK(w.stream.log.empty());
  }
  SECTION("the server closes") {
    w.stream.answer_more("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
    CHECK(w.get().ok());
    CHECK(w.stream.log == "close\n");
  }
  SECTION("more came than was asked for") {
    w.stream.answer_more(std::string(ok_answer) + "HTTP");
    CHECK(w.get().ok());
    CHECK(w.stream.log == "close\n");
  }
  SECTION("idle for a minute: kept") {
    w.clock.now += 60000;
    w.stream.answer_more(ok_answer);
    CHECK(w.get().ok());
    CHECK(w.stream.log.empty());
  }
  SECTION("idle for longer: a NAT may have forgotten it") {
    w.clock.now += 60001;
    w.stream.scripts = {{ok_answer, Code::ok, Code::timeout}};
    CHECK(w.get().ok());
    CHECK(w.stream.log == "close\nconnect localhost:8080 3000\n");
  }
  SECTION("another port") {
    w.stream.scripts = {{ok_answer, Code::ok, Code::timeout}};
    w.port = 8081;
    CHECK(w.get().ok());
    CHECK(w.stream.log == "close\nconnect localhost:8081 3000\n");
  }
  SECTION("closed by hand, before a sleep") {
    w.transport->close();
    w.stream.scripts = {{ok_answer, Code::ok, Code::timeout}};
    CHECK(w.get().ok());
    CHECK(w.stream.log == "close\nconnect localhost:8080 3000\n");
  }
}

TEST_CASE("A kept connection that is closed before an answer begins: once more, on a new one") {
  World w;
  const Code how = GENERATE(Code::ok, Code::connection_lost);
  const Script lost = {"", Code::ok, how};
  w.stream.scripts = {{ok_answer, Code::ok, how}};
  REQUIRE(w.get().ok());
  w.stream.log.clear();
  w.stream.written.clear();

  SECTION("delivered") {
    w.stream.scripts = {{ok_answer, Code::ok, how}};
    CHECK(w.post("once more").ok());
    CHECK(w.stream.log == "close\nconnect localhost:8080 3000\n");
    const std::size_t first = w.stream.written.find("once more");
    CHECK(w.stream.written.find("once more", first + 1) != std::string::npos);
  }
  SECTION("lost again: given up") {
    w.stream.scripts = {lost};
    CHECK(w.get() == Code::connection_lost);
    CHECK(w.stream.log == "close\nconnect localhost:8080 3000\nclose\n");
  }
  SECTION("an answer had begun: given up") {
    w.stream.answer_more("H");
    CHECK(w.get() == Code::connection_lost);
    CHECK(w.stream.log == "close\n");
  }
}

TEST_CASE("A fresh connection that is lost is not tried again") {
  World w;
  w.stream.scripts = {{"", Code::ok, Code::connection_lost}};
  CHECK(w.get() == Code::connection_lost);
  CHECK(w.stream.log == "connect localhost:8080 3000\nclose\n");
}

TEST_CASE("An answer that comes before all of the request was taken counts") {
  World w;
  Script script = {"HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\n\r\n"};
  script.takes_bytes = 300;
  w.stream.scripts = {script};
  CHECK(w.post(std::string(5000, 'x')).ok());
  CHECK(w.answer.status == 413);
  CHECK(w.stream.log == "connect localhost:8080 3000\nclose\n");
}

TEST_CASE("What a stream says about connecting is the outcome") {
  World w;
  for (const Code code : {Code::dns_failed, Code::connect_failed, Code::timeout, Code::hook_failed,
                          Code::not_provided}) {
    w.stream.scripts = {{"", code}};
    CHECK(w.get() == code);
  }
  CHECK(w.stream.written.empty());
}

TEST_CASE("Time limits hold however small the steps are") {
  World w;
  SECTION("while reading") {
    Script slow = {ok_answer, Code::ok, Code::timeout, 1000000, 1};
    slow.call_ms = 100;
    w.stream.scripts = {slow};
    CHECK(w.get() == Code::timeout);
    CHECK(w.clock.now <= 1000 + 5000 + 100);
  }
  SECTION("a connect that took its time leaves the rest") {
    Script slow = {ok_answer, Code::ok, Code::timeout};
    slow.call_ms = 2600;
    w.stream.scripts = {slow};
    CHECK(w.get() == Code::timeout);
    CHECK(w.stream.log.find("connect localhost:8080 3000") == 0);
  }
  CHECK(w.stream.log.find("close") != std::string::npos);
}

TEST_CASE("A body that cannot be read is a failure of the device, and costs the connection") {
  World w;
  w.stream.scripts = {{ok_answer, Code::ok, Code::timeout}};
  Text body(std::string(100, 'x'));
  body.readable = 50;
  CHECK(w.exchange("POST", &body) == Code::hook_failed);
  CHECK(w.stream.log == "connect localhost:8080 3000\nclose\n");
}

TEST_CASE("What is missing is said before anything is sent") {
  World w;
  CHECK(w.exchange("PUT", nullptr) == Code::hook_failed);
  w.clock.now = -1;
  CHECK(w.get() == Code::not_provided);
  CHECK(w.stream.log.empty());

  ht::MbedtlsTransport nothing({}, {});
  CHECK(nothing.exchange({}, w.answer) == Code::hook_failed);
  CHECK(nothing.set_roots({}) == Code::hook_failed);
}

TEST_CASE("A request with a secret waits for the time; one without does not") {
  World w;
  ht::HttpRequest request;
  request.method = "GET";
  request.origin = {"localhost", 443, true};
  request.target = "/";
  request.connect_timeout_ms = request.timeout_ms = 1000;
  const ht::HttpHeader authorization[] = {{"authorization", "Bearer x"}};
  Text body("{}");
  SECTION("an Authorization header") {
    request.headers = authorization;
  }
  SECTION("a body") {
    request.method = "POST";
    request.body = &body;
  }
  CHECK(w.transport->exchange(request, w.answer) == Code::clock_not_set);
  CHECK(w.stream.log.empty());

  request.headers = {};
  request.body = nullptr;
  w.stream.scripts = {{"", Code::connect_failed}};
  CHECK(w.transport->exchange(request, w.answer) == Code::connect_failed);
}

TEST_CASE("Roots that cannot be read leave those before") {
  World w;
  const std::array<std::uint8_t, 5> der = {0x30, 0x03, 0x02, 0x01, 0x01};
  const std::array<std::uint8_t, 4> pem = {'-', '-', '-', '\0'};
  const ht::Span<const std::uint8_t> bad_der[] = {der};
  const ht::Span<const std::uint8_t> bad_pem[] = {pem};
  CHECK(w.transport->set_roots(bad_der) == Code::invalid_value);
  CHECK(w.transport->set_roots(bad_pem) == Code::invalid_value);
  CHECK(w.transport->set_roots({}) == Code::invalid_value);
}

TEST_CASE("A stored session is what was stored, or nothing") {
  std::array<std::uint8_t, 200> memory{};
  std::fill_n(memory.begin() + ht::SessionRecord::session_at, 100, std::uint8_t{0x5a});
  const auto encoded = ht::SessionRecord::encode({7, {5, 1767225600}}, 100, memory);
  CHECK(encoded.size() == 100 + ht::SessionRecord::overhead);
  std::vector<std::uint8_t> bytes(encoded.begin(), encoded.end());

  ht::Peer peer;
  CHECK(ht::SessionRecord::decode({bytes.data(), bytes.size()}, peer) == std::string(100, 'Z'));
  CHECK(peer.identity == 7);
  CHECK(peer.validity.from_s == 5);
  CHECK(peer.validity.until_s == 1767225600);

  for (std::size_t size = 0; size < bytes.size(); ++size)
    CHECK(ht::SessionRecord::decode({bytes.data(), size}, peer).empty());
  for (std::uint8_t& byte : bytes) {
    byte ^= 1U;
    CHECK(ht::SessionRecord::decode({bytes.data(), bytes.size()}, peer).empty());
    byte ^= 1U;
  }
}
