// SPDX-License-Identifier: Apache-2.0
#include "here_tracking/transport/mbedtls.hpp"

#include "core/text.hpp"
#include "http_response.hpp"
#include "tls_connection.hpp"

#include <algorithm>
#include <array>
#include <new>

#if defined(MBEDTLS_MEMORY_BUFFER_ALLOC_C)
#include <mbedtls/memory_buffer_alloc.h>
#endif

namespace here_tracking {
namespace {

using Carries = TlsConnection::Carries;

/// A NAT on the way forgets a connection that is silent for long, and says so to nobody.
constexpr std::int64_t max_idle_ms = 60000;

/// Fills a piece of memory and sends it whenever it is full.
class Output {
 public:
  Output(TlsConnection& connection, Span<char> memory) : connection_(connection), memory_(memory) {}

  void append(std::string_view text) {
    while (!text.empty() && status_.ok()) {
      const std::size_t taken = copy_text(text, {memory_.data() + size_, memory_.size() - size_});
      text.remove_prefix(taken);
      size_ += taken;
      if (size_ == memory_.size()) flush();
    }
  }
  void append_number(std::uint32_t number) {
    char digits[12];
    TextBuilder text(digits);
    text.append_integer(number);
    append(text.text());
  }
  void append(BodySource& body) {
    const std::size_t length = body.size();
    for (std::size_t offset = 0; offset < length && status_.ok();) {
      const std::size_t room = std::min(memory_.size() - size_, length - offset);
      const std::size_t read = body.read(offset, {memory_.data() + size_, room});
      if (read == 0 || read > room) {
        status_ = Code::hook_failed;
        return;
      }
      offset += read;
      size_ += read;
      if (size_ == memory_.size()) flush();
    }
  }
  Status finish() {
    if (status_.ok()) flush();
    return status_;
  }

 private:
  void flush() {
    status_ = connection_.write({memory_.data(), size_});
    size_ = 0;
  }

  TlsConnection& connection_;
  Span<char> memory_;
  std::size_t size_ = 0;
  Status status_;
};

Carries what_carries(const HttpRequest& request) {
  const bool secret =
      request.body != nullptr ||
      std::any_of(request.headers.begin(), request.headers.end(), [](const HttpHeader& header) {
        return equals_ignoring_case(header.name, "Authorization");
      });
  return secret ? Carries::a_secret : Carries::nothing_secret;
}

}  // namespace

struct MbedtlsTransport::State {
  State(const MbedtlsOptions& options, bool gave)
      : clock(*options.clock), log(*options.log), connection(options), gave_memory(gave) {}

  Status exchange(const HttpRequest& request, ResponseHandler& handler);
  Status connect(const HttpRequest& request, std::int64_t begin_ms);
  Status send(const HttpRequest& request);
  Status receive(HttpResponse& response);
  void report(const HttpRequest& request, Status status, const HttpResponse& response, bool kept,
              std::int64_t begin_ms);

  [[nodiscard]] Span<char> line_memory() { return {memory.data(), memory.size() / 2}; }
  [[nodiscard]] Span<char> data_memory() {
    return {memory.data() + memory.size() / 2, memory.size() / 2};
  }

  Clock& clock;
  Log& log;
  TlsConnection connection;
  std::int64_t used_ms = 0;  // when the last exchange ended
  std::array<char, SessionRecord::max_bytes> memory{};
  bool gave_memory;
};

MbedtlsTransport::MbedtlsTransport(const MbedtlsOptions& options, MbedtlsMemory memory) {
  const auto address = reinterpret_cast<std::uintptr_t>(memory.own.data());
  if (memory.own.size() < sizeof(State) || address % alignof(State) != 0) {
    options.log->write(LogLevel::error, "MbedtlsMemory::own: too small, or not aligned");
    return;
  }
#if defined(MBEDTLS_MEMORY_BUFFER_ALLOC_C)
  if (!memory.tls.empty()) {
    mbedtls_memory_buffer_alloc_init(memory.tls.data(), memory.tls.size());
  }
#endif
  state_ = new (memory.own.data()) State(options, !memory.tls.empty());
}

MbedtlsTransport::~MbedtlsTransport() {
  if (state_ == nullptr) return;
  close();
#if defined(MBEDTLS_MEMORY_BUFFER_ALLOC_C)
  const bool gave_memory = state_->gave_memory;
  state_->~State();
  if (gave_memory) mbedtls_memory_buffer_alloc_free();
#else
  state_->~State();
#endif
}

std::size_t MbedtlsTransport::own_bytes() {
  return sizeof(State);
}

Status MbedtlsTransport::set_roots(Roots roots) {
  return state_ != nullptr ? state_->connection.set_roots(roots) : Status(Code::hook_failed);
}

void MbedtlsTransport::close() {
  if (state_ == nullptr) return;
  constexpr std::int64_t goodbye_ms = 1000;
  state_->connection.set_deadline(state_->clock.now_ms() + goodbye_ms);
  state_->connection.close();
}

Status MbedtlsTransport::exchange(const HttpRequest& request, ResponseHandler& response) {
  if (state_ == nullptr) return Code::hook_failed;
  const Status status = state_->exchange(request, response);
  wipe(state_->memory);  // tokens were in it
  return status;
}

Status MbedtlsTransport::State::exchange(const HttpRequest& request, ResponseHandler& handler) {
  if (request.method != "GET" && request.method != "POST") return Code::hook_failed;
  const std::int64_t begin_ms = clock.now_ms();
  if (begin_ms < 0) return Code::not_provided;
  for (;;) {
    connection.set_deadline(begin_ms + request.timeout_ms);
    const bool kept = connection.is_open_to(request.origin) && begin_ms - used_ms <= max_idle_ms &&
                      connection.judge(what_carries(request)).ok();
    Status status = kept ? Status() : connect(request, begin_ms);
    HttpResponse response(line_memory(), handler);
    Status sent = status;
    if (status.ok()) {
      sent = send(request);
      // Who refuses a request may answer and close before all of it has arrived.
      const bool may_answer = sent.ok() || sent == Code::connection_lost;
      status = may_answer ? receive(response) : sent;
    }
    const bool again = kept && status == Code::connection_lost && !response.begun();
    if (!again) report(request, status, response, kept, begin_ms);
    if (!sent.ok() || !status.ok() || !response.keeps_connection()) connection.close();
    used_ms = clock.now_ms();
    if (!again) return status;
  }
}

Status MbedtlsTransport::State::connect(const HttpRequest& request, std::int64_t begin_ms) {
  const Carries what = what_carries(request);
  connection.close();
  if (request.origin.tls) {
    const Status status = connection.judge(what);
    if (!status.ok()) return status;
  }
  const std::int64_t limit_ms =
      std::min(clock.now_ms() + request.connect_timeout_ms, begin_ms + request.timeout_ms);
  connection.set_deadline(limit_ms);
  Status status = connection.open(request.origin, what,
                                  {reinterpret_cast<std::uint8_t*>(memory.data()), memory.size()});
  connection.set_deadline(begin_ms + request.timeout_ms);
  if (status.ok()) status = connection.judge(what);
  return status;
}

Status MbedtlsTransport::State::send(const HttpRequest& request) {
  Output out(connection, data_memory());
  out.append(request.method);
  out.append(" ");
  out.append(request.target);
  out.append(" HTTP/1.1\r\nHost: ");
  out.append(request.origin.host);
  if (request.origin.port != (request.origin.tls ? 443 : 80)) {
    out.append(":");
    out.append_number(request.origin.port);
  }
  for (const HttpHeader& header : request.headers) {
    out.append("\r\n");
    out.append(header.name);
    out.append(": ");
    out.append(header.value);
  }
  if (request.method == "POST") {
    out.append("\r\nContent-Length: ");
    out.append_number(request.body == nullptr ? 0
                                              : static_cast<std::uint32_t>(request.body->size()));
  }
  out.append("\r\n\r\n");
  if (request.body != nullptr) out.append(*request.body);
  return out.finish();
}

Status MbedtlsTransport::State::receive(HttpResponse& response) {
  const Span<char> data = data_memory();
  Code code = Code::ok;
  while (code == Code::ok && !response.complete()) {
    std::size_t size = 0;
    const Status status = connection.read(data, size);
    if (!status.ok()) return status;
    code = size > 0 ? response.take({data.data(), size}) : response.end();
  }
  return code;
}

void MbedtlsTransport::State::report(const HttpRequest& request, Status status,
                                     const HttpResponse& response, bool kept,
                                     std::int64_t begin_ms) {
  std::array<char, 160> line;
  TextBuilder text(line);
  text.append(request.method);
  text.append(" ");
  text.append(request.origin.host);
  text.append(request.target);
  text.append(": ");
  if (status.ok()) {
    text.append_integer(response.status());
    text.append(kept                   ? ", connection kept, "
                : connection.resumed() ? ", TLS session resumed, "
                                       : ", new connection, ");
    text.append_integer(clock.now_ms() - begin_ms);
    text.append(" ms");
  } else {
    text.append(to_string(status.code()));
    if (*response.rule() != '\0') {
      text.append(": ");
      text.append(response.rule());
    }
  }
  log.write(status.ok() ? LogLevel::debug : LogLevel::warning, text.text());
}

}  // namespace here_tracking
