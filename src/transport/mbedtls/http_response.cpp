// SPDX-License-Identifier: Apache-2.0
#include "http_response.hpp"

#include "core/text.hpp"

#include <algorithm>

namespace here_tracking {
namespace {

constexpr std::uint32_t max_body_bytes = 0xffffffff;
constexpr std::string_view version = "HTTP/1.";

bool is_token_character(char c) {
  return is_digit(c) || (to_lower(c) >= 'a' && to_lower(c) <= 'z') ||
         (c != '\0' && std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos);
}

bool is_token(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_token_character);
}

bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

/// What may stand in a value, a reason or a chunk extension.
bool is_field_text(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte == '\t' || (byte >= 0x20 && byte != 0x7f);
  });
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_blank(text.front()))
    text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back()))
    text.remove_suffix(1);
  return text;
}

}  // namespace

Code HttpResponse::invalid(const char* rule) {
  rule_ = rule;
  return Code::response_invalid;
}

Code HttpResponse::too_large(const char* rule) {
  rule_ = rule;
  return Code::response_too_large;
}

Code HttpResponse::take(std::string_view bytes) {
  if (!bytes.empty()) begun_ = true;
  Code code = Code::ok;
  while (!bytes.empty() && code == Code::ok && !complete()) {
    if (part_ == Part::body || part_ == Part::body_until_end || part_ == Part::chunk) {
      code = take_body(bytes);
    } else {
      code = take_byte_of_line(bytes.front());
      bytes.remove_prefix(1);
    }
  }
  if (!bytes.empty()) keeps_connection_ = false;  // nobody has asked for more
  return code;
}

Code HttpResponse::end() {
  if (part_ == Part::body_until_end) part_ = Part::complete;
  return complete() ? Code::ok : Code::connection_lost;
}

Code HttpResponse::take_body(std::string_view& bytes) {
  std::string_view piece = bytes;
  if (part_ != Part::body_until_end) {
    piece = head(bytes, left_);
    left_ -= static_cast<std::uint32_t>(piece.size());
  }
  bytes.remove_prefix(piece.size());
  if (!handler_.on_body(piece)) return too_large("body: longer than is wanted");
  if (part_ != Part::body_until_end && left_ == 0) {
    part_ = part_ == Part::body ? Part::complete : Part::chunk_end;
  }
  return Code::ok;
}

Code HttpResponse::take_byte_of_line(char c) {
  // Another protocol is seen at once: it may have no lines.
  if (part_ == Part::status_line && line_size_ < version.size() && c != version[line_size_]) {
    return invalid("status line: must begin with HTTP/1.");
  }
  if (part_ == Part::chunk_end && c != "\r\n"[line_size_]) {
    return invalid("chunk: must be as long as it says");
  }
  if (line_size_ == line_.size()) return too_large("line: longer than the memory for it");
  line_[line_size_++] = c;
  if (part_ == Part::header_line || part_ == Part::trailer_line) {
    if (++header_bytes_ > max_header_bytes) return too_large("headers: must be 16 KiB or less");
  }
  if (c != '\n') return Code::ok;
  const std::string_view line(line_.data(), line_size_ - 1);
  line_size_ = 0;
  if (line.empty() || line.back() != '\r') return invalid("line: must end with CR LF");
  return take_line(head(line, line.size() - 1));
}

Code HttpResponse::take_line(std::string_view line) {
  switch (part_) {
    case Part::status_line:
      return take_status_line(line);
    case Part::header_line:
      return line.empty() ? take_end_of_headers() : take_header_line(line);
    case Part::chunk_size:
      return take_chunk_size(line);
    case Part::chunk_end:
      part_ = Part::chunk_size;
      return Code::ok;
    default:  // trailer_line
      if (!line.empty()) return take_header_line(line);
      part_ = Part::complete;
      return Code::ok;
  }
}

Code HttpResponse::take_status_line(std::string_view line) {
  const std::string_view minor = slice(line, version.size(), 2);
  const std::string_view status = slice(line, version.size() + 2, 3);
  const std::string_view reason = after(line, version.size() + 5);
  std::uint64_t number = 0;
  if (minor.size() != 2 || !is_digit(minor[0]) || minor[1] != ' ' || status.size() != 3 ||
      !parse_digits(status, 599, number) || number < 100 || number == 101 ||
      (!reason.empty() && reason[0] != ' ') || !is_field_text(reason)) {
    return invalid("status line: must be HTTP/1.x and a status of 100..599, not 101");
  }
  status_ = static_cast<std::uint16_t>(number);
  is_http_1_0_ = minor[0] == '0';
  keeps_connection_ = !is_http_1_0_;
  part_ = Part::header_line;
  if (status_ >= 200) handler_.on_status(status_);
  return Code::ok;
}

Code HttpResponse::take_header_line(std::string_view line) {
  if (++header_lines_ > max_header_lines) return too_large("headers: must be 100 or fewer");
  const std::size_t colon = line.find(':');
  const std::string_view name = head(line, colon);
  const std::string_view value = trimmed(after(line, name.size() + 1));
  if (colon == std::string_view::npos || !is_token(name) || !is_field_text(value)) {
    return invalid("header: must be a name, a colon and text");
  }
  // An interim response is none, and whoever reads the body has no use for a trailer.
  if (status_ < 200 || part_ == Part::trailer_line) return Code::ok;
  const Code code = take_framing(name, value);
  if (code == Code::ok) handler_.on_header(name, value);
  return code;
}

Code HttpResponse::take_framing(std::string_view name, std::string_view value) {
  if (equals_ignoring_case(name, "Content-Length")) {
    std::uint64_t length = 0;
    if (!parse_digits(value, 1000000000000000000, length)) {
      return invalid("Content-Length: must be a number");
    }
    if (length > max_body_bytes) return too_large("Content-Length: must be 4294967295 or less");
    if (has_length_ && left_ != length) return invalid("Content-Length: must be there once");
    has_length_ = true;
    left_ = static_cast<std::uint32_t>(length);
  } else if (equals_ignoring_case(name, "Transfer-Encoding")) {
    if (chunked_ || is_http_1_0_ || !equals_ignoring_case(value, "chunked")) {
      return invalid("Transfer-Encoding: must be chunked, once, in HTTP/1.1");
    }
    chunked_ = true;
  } else if (equals_ignoring_case(name, "Connection")) {
    take_connection(value);
  }
  return Code::ok;
}

void HttpResponse::take_connection(std::string_view value) {
  while (!value.empty()) {
    const std::string_view option = head(value, value.find(','));
    value = after(value, option.size() + 1);
    if (equals_ignoring_case(trimmed(option), "close")) keeps_connection_ = false;
  }
}

Code HttpResponse::take_end_of_headers() {
  if (status_ < 200) {
    part_ = Part::status_line;
  } else if (status_ == 204 || status_ == 304) {
    part_ = Part::complete;
  } else if (chunked_) {
    // Whoever sends both, or lets it pass, may mean either.
    if (has_length_) return invalid("Content-Length: must not be there with Transfer-Encoding");
    part_ = Part::chunk_size;
  } else if (has_length_) {
    part_ = left_ == 0 ? Part::complete : Part::body;
  } else {
    keeps_connection_ = false;
    part_ = Part::body_until_end;
  }
  return Code::ok;
}

Code HttpResponse::take_chunk_size(std::string_view line) {
  std::uint32_t size = 0;
  std::size_t digits = 0;
  for (; digits < line.size() && hex_value(line[digits]) >= 0; ++digits) {
    if (size > max_body_bytes / 16) return too_large("chunk: must be 4294967295 bytes or less");
    size = size * 16 + static_cast<std::uint32_t>(hex_value(line[digits]));
  }
  const std::string_view extension = trimmed(after(line, digits));
  if (digits == 0 || (!extension.empty() && extension.front() != ';') ||
      !is_field_text(extension)) {
    return invalid("chunk: must begin with its size in hexadecimal");
  }
  left_ = size;
  part_ = size == 0 ? Part::trailer_line : Part::chunk;
  return Code::ok;
}

}  // namespace here_tracking
