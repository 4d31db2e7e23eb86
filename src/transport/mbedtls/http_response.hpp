// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "here_tracking/hooks/transport.hpp"
#include "here_tracking/status.hpp"

#include <cstddef>
#include <cstdint>

namespace here_tracking {

/// Where a response comes from.
class HttpInput {
 public:
  HttpInput() = default;
  HttpInput(const HttpInput&) = delete;
  HttpInput& operator=(const HttpInput&) = delete;

  /// Takes what has arrived, as soon as it is at least one byte, and sets `size` to its length.
  /// @return ok, no_data when the connection has ended in order, or why nothing can come.
  virtual Code receive(char* into, std::size_t room, std::size_t& size) = 0;

 protected:
  ~HttpInput() = default;
};

/// What came of a response.
struct HttpResponse {
  static constexpr std::size_t max_line_bytes = 1024;  // with its end
  static constexpr std::uint32_t max_header_lines = 100;
  static constexpr std::uint32_t max_header_bytes = 16 * 1024;

  /// ok: complete; response_invalid, response_too_large: `rule` says why; connection_lost, also
  /// when the connection ended in order but the response had not; else what the input said.
  Code code = Code::ok;
  /// Whether any byte of it has come.
  bool begun = false;
  /// Whether, after a complete one, the connection can carry another.
  bool keeps_connection = false;
  std::uint16_t status = 0;
  /// What the response must be and is not; static text. nullptr: it breaks no rule.
  const char* rule = nullptr;
};

/// Reads one HTTP/1.x response (RFC 9112) and hands it to `handler`. Strict: what could be read in
/// two ways is refused.
/// @param memory room for two lines: one is read, the other is what arrives at once.
/// @param response as it is made.
void read_response(HttpInput& input, char* memory, ResponseHandler& handler,
                   HttpResponse& response);

}  // namespace here_tracking
