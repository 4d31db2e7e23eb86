// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "here_tracking/span.hpp"
#include "here_tracking/status.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace here_tracking {

/// Who is called: the parts of an origin (RFC 6454). The host is spelled as in
/// ClientConfig::base_url; an IPv6 address is in brackets. The port is never 0.
struct Origin {
  std::string_view host;
  std::uint16_t port = 443;
  bool tls = true;
};

struct HttpHeader {
  std::string_view name;
  std::string_view value;
};

/// The bytes of a request body, read as they are needed and, when a connection breaks, once more.
class BodySource {
 public:
  BodySource() = default;
  BodySource(const BodySource&) = delete;
  BodySource& operator=(const BodySource&) = delete;

  /// The total length in bytes; does not change.
  [[nodiscard]] virtual std::size_t size() const = 0;

  /// Copies up to `into.size()` bytes from `offset` on. Returns how many; 0 at the end, or before
  /// it when the data cannot be read, and then the transport gives the request up (hook_failed).
  virtual std::size_t read(std::size_t offset, Span<char> into) = 0;

 protected:
  ~BodySource() = default;
};

struct HttpRequest {
  std::string_view method;  ///< "GET", "POST"
  Origin origin;
  std::string_view target;  ///< Path and query, "/v2/?async=true"
  Span<const HttpHeader> headers;
  BodySource* body = nullptr;  ///< nullptr: none. For a POST that means "Content-Length: 0".
  std::uint32_t connect_timeout_ms = 0;  ///< Name resolution, TCP and TLS together.
  std::uint32_t timeout_ms = 0;          ///< The whole exchange.
};

/// Takes a response as it arrives. All views are valid during the call only.
class ResponseHandler {
 public:
  ResponseHandler() = default;
  ResponseHandler(const ResponseHandler&) = delete;
  ResponseHandler& operator=(const ResponseHandler&) = delete;

  /// The final status (not 1xx). Starts the response anew: if a transport repeats a request on a
  /// fresh connection, what came before is void.
  virtual void on_status(std::uint16_t http_status) = 0;

  /// One header field, white space around the value removed.
  virtual void on_header(std::string_view name, std::string_view value) = 0;

  /// A piece of the decoded body. False: enough, break off; exchange() then returns
  /// response_too_large.
  virtual bool on_body(std::string_view piece) = 0;

 protected:
  ~ResponseHandler() = default;
};

/// Hook: HTTPS.
///
/// Called by Client from the thread that calls Client, one request at a time; blocks until the
/// response is complete or a time limit runs out.
///
/// Contract: HTTP/1.1 or later. The connection is kept open and used again, and its TLS session is
/// resumed where it was closed. The server's certificate chain and name are always verified.
/// Redirects are not followed. Headers are sent as given, with Host and Content-Length added;
/// Transfer-Encoding of the response is undone. A request may be repeated by the transport only if
/// a kept connection turned out to be closed before any byte of a response arrived.
class Transport {
 public:
  Transport() = default;
  Transport(const Transport&) = delete;
  Transport& operator=(const Transport&) = delete;

  /// @return ok when a complete response was handed over, whatever its status; dns_failed,
  ///         connect_failed, tls_failed, clock_not_set, timeout, connection_lost,
  ///         response_too_large, response_invalid (no HTTP), hook_failed, not_provided.
  virtual Status exchange(const HttpRequest& request, ResponseHandler& response) {
    (void)request;
    (void)response;
    return Code::not_provided;
  }

 protected:
  ~Transport() = default;
};

/// The "not provided" default.
class NoTransport final : public Transport {};

}  // namespace here_tracking
