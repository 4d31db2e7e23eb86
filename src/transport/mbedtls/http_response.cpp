// SPDX-License-Identifier: Apache-2.0
#include "http_response.hpp"

#include "core/text.hpp"

#include <algorithm>
#include <cstring>
#include <string_view>

namespace here_tracking {
namespace {

constexpr std::uint32_t max_body_bytes = 0xffffffff;
constexpr const char* status_line_rule = "HTTP/1.x with 100..599, not 101";
constexpr const char* headers_rule = "100 headers or fewer, 16 KiB or less";
constexpr const char* length_rule = "one numeric Content-Length, no Transfer-Encoding";
constexpr const char* chunk_rule = "chunks as long as their hexadecimal size";

/// What may stand in a line, its carriage return included.
bool is_text(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x20 ? byte != 0x7f : byte == '\t' || byte == '\r';
}

bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

/// Where the token at the beginning of `text` ends.
const char* end_of_token(const char* text) {
  constexpr std::string_view separators = "\"(),/:;<=>?@[\\]{}";
  while (*text > ' ' && *text < 0x7f && separators.find(*text) == std::string_view::npos)
    ++text;
  return text;
}

/// Whether `text` up to the character `end` is the `word`, of small letters and hyphens, which have
/// the bit that a capital letter lacks.
bool is(const char* text, const char* word, char end) {
  for (; *word != '\0'; ++word, ++text) {
    if ((*text | 0x20) != *word) return false;
  }
  return *text == end;
}

/// After the first failure nothing more is read: lines are empty, bodies over.
class Reader {
 public:
  Reader(HttpInput& input, char* memory, ResponseHandler& handler, HttpResponse& response)
      : input_(input), handler_(handler), response_(response), line_(memory) {}

  void read();

 private:
  [[nodiscard]] bool ok() const { return response_.code == Code::ok; }
  [[gnu::noinline]] void fail(Code code, const char* rule);
  void invalid(const char* rule) { fail(Code::response_invalid, rule); }
  void too_large(const char* rule) { fail(Code::response_too_large, rule); }

  bool has_data();
  std::size_t read_line(const char* begin, const char* rule);
  std::uint32_t take_number(const char*& at, std::uint32_t base);
  void read_status_line();
  void read_headers(bool wanted);
  void take_framing(const char* value);
  void read_body(std::uint32_t size);
  void read_chunks();

  bool is_http_1_0_ = false;
  bool has_length_ = false;
  bool chunked_ = false;
  HttpInput& input_;
  ResponseHandler& handler_;
  HttpResponse& response_;
  char* line_;                  // with a terminator in place of its end
  const char* data_ = nullptr;  // what has arrived and is not read yet
  const char* data_end_ = nullptr;
  std::uint32_t length_ = 0;
  std::uint32_t header_bytes_ = 0;
  std::uint32_t header_lines_ = 0;
};

void Reader::fail(Code code, const char* rule) {
  if (!ok()) return;
  response_.code = code;
  response_.rule = rule;
}

bool Reader::has_data() {
  if (data_ == data_end_ && ok()) {
    std::size_t size = 0;
    char* const data = line_ + HttpResponse::max_line_bytes;
    response_.code = input_.receive(data, HttpResponse::max_line_bytes, size);
    data_ = data;
    data_end_ = data + size;
    if (ok()) response_.begun = true;
  }
  return ok();
}

/// Returns its length without its end. `rule` is broken as soon as it does not begin with `begin`:
/// what comes instead may have no lines.
std::size_t Reader::read_line(const char* begin, const char* rule) {
  std::size_t size = 0;
  char last = '\0';
  while (has_data()) {
    const char c = *data_++;
    if (*begin != '\0' && c != *begin++) {
      invalid(rule);
    } else if (size == HttpResponse::max_line_bytes) {
      too_large("lines of 1024 bytes or less");
    } else if (last == '\r' && c == '\n') {
      line_[--size] = '\0';
      return size;
    } else if (last == '\r' || !is_text(c)) {
      invalid("lines of text that end with CR LF");
    } else {
      line_[size++] = last = c;
    }
  }
  *line_ = '\0';
  return 0;
}

/// Takes the digits at the front.
std::uint32_t Reader::take_number(const char*& at, std::uint32_t base) {
  std::uint64_t number = 0;
  for (;; ++at) {
    const auto digit = static_cast<std::uint32_t>(hex_value(*at));
    if (digit >= base) break;
    number = number * base + digit;
    if (number > max_body_bytes) {
      too_large("4294967295 bytes or less");
      break;
    }
  }
  return static_cast<std::uint32_t>(number);
}

void Reader::read_status_line() {
  constexpr const char* version = "HTTP/1.";
  if (read_line(version, status_line_rule) == 0) return;
  const char* at = line_ + std::strlen(version);
  const char minor = at[0];
  const bool spaced = is_digit(minor) && at[1] == ' ' && (at[5] == ' ' || at[5] == '\0');
  at += 2;
  const std::uint32_t status = spaced ? take_number(at, 10) : 0;
  if (status < 100 || status > 599 || status == 101) return invalid(status_line_rule);
  is_http_1_0_ = minor == '0';
  response_.keeps_connection = !is_http_1_0_;
  response_.status = static_cast<std::uint16_t>(status);
  if (status >= 200) handler_.on_status(response_.status);
}

void Reader::read() {
  do {
    read_status_line();
    read_headers(response_.status >= 200);
  } while (ok() && response_.status < 200);

  if (!ok() || response_.status == 204 || response_.status == 304) {
    // There is no body.
  } else if (chunked_) {
    // Whoever sends both, or lets it pass, may mean either.
    if (has_length_) invalid(length_rule);
    read_chunks();
    read_headers(false);  // trailers
  } else if (has_length_) {
    read_body(length_);
  } else {
    response_.keeps_connection = false;
    while (ok())
      read_body(max_body_bytes);
    if (response_.code == Code::no_data) response_.code = Code::ok;
  }
  if (response_.code == Code::no_data) response_.code = Code::connection_lost;
  // Nobody has asked for what is left.
  if (!ok() || data_ != data_end_) response_.keeps_connection = false;
}

void Reader::read_headers(bool wanted) {
  for (;;) {
    const std::size_t size = read_line("", "");
    header_bytes_ += static_cast<std::uint32_t>(size) + 2;
    if (header_bytes_ > HttpResponse::max_header_bytes) too_large(headers_rule);
    if (size == 0) return;
    if (++header_lines_ > HttpResponse::max_header_lines) too_large(headers_rule);
    const char* value = end_of_token(line_);
    if (value == line_ || *value != ':') {
      invalid("headers of name, colon, text");
    } else if (wanted && ok()) {
      const std::string_view name(line_, static_cast<std::size_t>(value - line_));
      char* end = line_ + size;
      while (is_blank(end[-1]))
        --end;
      *end = '\0';
      do {
        ++value;
      } while (is_blank(*value));
      take_framing(value);
      if (ok()) handler_.on_header(name, {value, static_cast<std::size_t>(end - value)});
    }
  }
}

void Reader::take_framing(const char* value) {
  if (is(line_, "content-length", ':')) {
    const char* at = value;
    const std::uint32_t length = take_number(at, 10);
    if (at == value || *at != '\0' || (has_length_ && length != length_)) invalid(length_rule);
    has_length_ = true;
    length_ = length;
  } else if (is(line_, "transfer-encoding", ':')) {
    if (chunked_ || is_http_1_0_ || !is(value, "chunked", '\0')) {
      invalid("chunked once, in HTTP/1.1");
    }
    chunked_ = true;
  } else if (is(line_, "connection", ':')) {
    while (*value != '\0') {
      const char* const end = end_of_token(value);
      if (is(value, "close", *end)) response_.keeps_connection = false;
      value = *end != '\0' ? end + 1 : end;
    }
  }
}

void Reader::read_body(std::uint32_t size) {
  while (size != 0 && has_data()) {
    const auto arrived = static_cast<std::uint32_t>(data_end_ - data_);
    const std::string_view piece(data_, std::min(arrived, size));
    data_ += piece.size();
    size -= static_cast<std::uint32_t>(piece.size());
    if (!handler_.on_body(piece)) too_large("a shorter body");
  }
}

void Reader::read_chunks() {
  while (ok()) {
    read_line("", "");
    const char* at = line_;
    const std::uint32_t size = take_number(at, 16);
    const bool sized = at != line_;
    while (is_blank(*at))
      ++at;
    if (!sized || (*at != '\0' && *at != ';')) invalid(chunk_rule);
    if (size == 0) return;
    read_body(size);
    read_line("\r\n", chunk_rule);
  }
}

}  // namespace

void read_response(HttpInput& input, char* memory, ResponseHandler& handler,
                   HttpResponse& response) {
  Reader(input, memory, handler, response).read();
}

}  // namespace here_tracking
