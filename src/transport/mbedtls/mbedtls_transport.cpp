// SPDX-License-Identifier: Apache-2.0
#include "here_tracking/transport/mbedtls.hpp"

#include "core/text.hpp"
#include "http_response.hpp"
#include "output.hpp"
#include "tls_connection.hpp"

#include <algorithm>
#include <new>

#if defined(MBEDTLS_MEMORY_BUFFER_ALLOC_C)
#include <mbedtls/memory_buffer_alloc.h>
#endif

namespace here_tracking {
namespace {

using Carries = TlsConnection::Carries;

/// A NAT on the way forgets a connection that is silent for long, and says so to nobody.
constexpr std::int64_t max_idle_ms = 60000;

Carries what_carries(const HttpRequest& request) {
  for (const HttpHeader& header : request.headers) {
    if (equals_ignoring_case(header.name, "authorization")) return Carries::a_secret;
  }
  return request.body != nullptr ? Carries::a_secret : Carries::nothing_secret;
}

[[gnu::noinline]] Code send(TlsConnection& connection, char* memory, const HttpRequest& request) {
  Output out(memory, &connection);
  out.append("", request.method);
  out.append(" ", request.target);
  out.append(" HTTP/1.1\r\nHost: ", request.origin.host);
  if (request.origin.port != (request.origin.tls ? 443 : 80)) out.append(":", request.origin.port);
  for (const HttpHeader& header : request.headers) {
    out.append("\r\n", header.name);
    out.append(": ", header.value);
  }
  BodySource* const body = request.body;
  if (request.method.front() == 'P') {
    out.append("\r\nContent-Length: ",
               body == nullptr ? 0 : static_cast<std::uint32_t>(body->size()));
  }
  out.append("\r\n\r\n");
  if (body != nullptr) out.append(*body);
  return out.flush();
}

}  // namespace

struct MbedtlsTransport::State {
  State(const MbedtlsOptions& options, bool gave)
      : connection(options, memory), clock(*options.clock), gave_memory(gave) {}

  void report(const HttpRequest& request, const HttpResponse& response, bool kept,
              std::uint32_t took_ms);

  TlsConnection connection;
  Clock& clock;
  std::int64_t used_ms = 0;  // when the last exchange ended
  char memory[TlsConnection::memory_bytes];
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
  return state_ != nullptr ? state_->connection.set_roots(roots) : Code::hook_failed;
}

void MbedtlsTransport::close() {
  if (state_ != nullptr) state_->connection.take_leave();
}

Status MbedtlsTransport::exchange(const HttpRequest& request, ResponseHandler& handler) {
  if (state_ == nullptr || index_in("GET POST", request.method) == not_there) {
    return Code::hook_failed;
  }
  State& state = *state_;
  TlsConnection& connection = state.connection;
  const std::int64_t begin_ms = state.clock.now_ms();
  if (begin_ms < 0) return Code::not_provided;
  const Carries what = what_carries(request);
  connection.allow(request.timeout_ms);
  bool kept = connection.is_open_to(request.origin) && begin_ms - state.used_ms <= max_idle_ms &&
              connection.judge(what) == Code::ok;
  for (;;) {
    HttpResponse response;
    if (!kept) {
      connection.close();
      response.code = connection.open(request.origin, what, request.connect_timeout_ms);
    }
    if (response.code == Code::ok) {
      const Code sent = send(connection, state.memory, request);
      // Who refuses a request may answer and close before all of it has arrived.
      if (sent == Code::ok || sent == Code::connection_lost) {
        read_response(connection, state.memory, handler, response);
      } else {
        response.code = sent;
      }
      if (sent != Code::ok) response.keeps_connection = false;
    }
    if (!response.keeps_connection) connection.close();
    state.used_ms = state.clock.now_ms();
    if (!kept || response.code != Code::connection_lost || response.begun) {
      state.report(request, response, kept, static_cast<std::uint32_t>(state.used_ms - begin_ms));
      wipe(state.memory);  // tokens were in it
      return response.code;
    }
    kept = false;
  }
}

void MbedtlsTransport::State::report(const HttpRequest& request, const HttpResponse& response,
                                     bool kept, std::uint32_t took_ms) {
  Output line(memory, nullptr);
  line.append("", request.method);
  line.append(" ", request.origin.host);
  line.append("", request.target);
  line.append(": ");
  LogLevel level = LogLevel::debug;
  if (response.code == Code::ok) {
    line.append("", response.status);
    line.append(kept                   ? ", connection kept, "
                : connection.resumed() ? ", TLS session resumed, "
                                       : ", new connection, ",
                took_ms);
    line.append(" ms");
  } else {
    level = LogLevel::warning;
    line.append(to_string(response.code));
    if (response.rule != nullptr) {
      line.append(": must be ");
      line.append(response.rule);
    }
  }
  connection.log().write(level, head(line.text(), 160));
}

}  // namespace here_tracking
