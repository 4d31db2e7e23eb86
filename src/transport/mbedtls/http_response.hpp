// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "here_tracking/hooks/transport.hpp"
#include "here_tracking/span.hpp"
#include "here_tracking/status.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace here_tracking {

/// Reads one HTTP/1.x response (RFC 9112), which comes in pieces that end anywhere, and hands it to
/// a ResponseHandler. Strict: what could be read in two ways is refused.
class HttpResponse {
 public:
  static constexpr std::uint32_t max_header_lines = 100;
  static constexpr std::uint32_t max_header_bytes = 16 * 1024;

  /// @param line memory for one line with its end; borrowed, as the handler is.
  HttpResponse(Span<char> line, ResponseHandler& handler) : line_(line), handler_(handler) {}

  /// @return ok: complete(), or more is needed; response_invalid, response_too_large: rule() says
  ///         why, and nothing more may be taken.
  Code take(std::string_view bytes);

  /// The connection has ended in order. @return ok, or connection_lost when the response has not.
  Code end();

  [[nodiscard]] bool complete() const { return part_ == Part::complete; }
  /// Whether any byte of it has come.
  [[nodiscard]] bool begun() const { return begun_; }
  /// Whether, after a complete one, the connection can carry another.
  [[nodiscard]] bool keeps_connection() const { return keeps_connection_; }
  [[nodiscard]] std::uint16_t status() const { return status_; }
  /// The rule that was broken; static text.
  [[nodiscard]] const char* rule() const { return rule_; }

 private:
  enum class Part : std::uint8_t {
    status_line,
    header_line,
    body,
    body_until_end,
    chunk_size,
    chunk,
    chunk_end,
    trailer_line,
    complete
  };

  Code invalid(const char* rule);
  Code too_large(const char* rule);
  Code take_byte_of_line(char c);
  Code take_line(std::string_view line);
  Code take_status_line(std::string_view line);
  Code take_header_line(std::string_view line);
  Code take_framing(std::string_view name, std::string_view value);
  void take_connection(std::string_view value);
  Code take_end_of_headers();
  Code take_chunk_size(std::string_view line);
  Code take_body(std::string_view& bytes);

  Span<char> line_;
  ResponseHandler& handler_;
  const char* rule_ = "";
  std::size_t line_size_ = 0;
  std::uint32_t left_ = 0;  // of the body, or of a chunk
  std::uint32_t header_bytes_ = 0;
  std::uint32_t header_lines_ = 0;
  std::uint16_t status_ = 0;
  Part part_ = Part::status_line;
  bool begun_ = false;
  bool keeps_connection_ = true;
  bool is_http_1_0_ = false;
  bool has_length_ = false;
  bool chunked_ = false;
};

}  // namespace here_tracking
