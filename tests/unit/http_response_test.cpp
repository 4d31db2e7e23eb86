// SPDX-License-Identifier: Apache-2.0
#include "transport/mbedtls/http_response.hpp"

#include "support/catch.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <string_view>

using here_tracking::Code;
using here_tracking::HttpResponse;
using here_tracking::read_response;

namespace {

/// What came of a response, and what a handler saw of it.
struct Seen {
  std::string log;
  std::string body;
  Code code = Code::ok;
  bool complete = false;
  bool keeps = false;
  std::string rule;
};

class Handler final : public here_tracking::ResponseHandler {
 public:
  Handler(Seen& seen, std::size_t max_body) : seen_(seen), max_body_(max_body) {}

  void on_status(std::uint16_t http_status) override {
    seen_.log.append(std::to_string(http_status)).append("\n");
  }
  void on_header(std::string_view name, std::string_view value) override {
    seen_.log.append(name).append("=").append(value).append("\n");
  }
  bool on_body(std::string_view piece) override {
    CHECK_FALSE(piece.empty());
    seen_.body.append(piece);
    return seen_.body.size() <= max_body_;
  }

 private:
  Seen& seen_;
  std::size_t max_body_;
};

/// A connection that ends behind the text, or has no more for now.
class Input final : public here_tracking::HttpInput {
 public:
  Input(std::string_view text, std::size_t piece_size, bool ends)
      : text_(text), piece_size_(piece_size), ends_(ends) {}

  Code receive(char* into, std::size_t room, std::size_t& size) override {
    if (text_.empty()) return ends_ ? Code::no_data : Code::timeout;
    size = std::min({piece_size_, text_.size(), room});
    std::copy_n(text_.begin(), size, into);
    text_.remove_prefix(size);
    return Code::ok;
  }

 private:
  std::string_view text_;
  std::size_t piece_size_;
  bool ends_;
};

Seen read(std::string_view text, std::size_t piece_size, bool and_end = false,
          std::size_t max_body = 1000) {
  Seen seen;
  Handler handler(seen, max_body);
  Input input(text, piece_size, and_end);
  std::array<char, 2 * HttpResponse::max_line_bytes> memory{};
  HttpResponse response;
  read_response(input, memory.data(), handler, response);
  CHECK(response.begun == !text.empty());
  seen.complete = response.code == Code::ok;
  seen.code = response.code == Code::timeout ? Code::ok : response.code;
  seen.keeps = response.keeps_connection;
  if (response.rule != nullptr) seen.rule = response.rule;
  return seen;
}

/// Reads it whole and in pieces of every size: it must not matter.
Seen read(std::string_view text) {
  Seen whole = read(text, text.size());
  for (std::size_t piece_size = 1; piece_size < text.size(); ++piece_size) {
    const Seen pieces = read(text, piece_size);
    CAPTURE(text, piece_size);
    CHECK(pieces.code == whole.code);
    CHECK(pieces.complete == whole.complete);
    if (whole.complete) CHECK(pieces.keeps == whole.keeps);
    if (whole.code == Code::ok) {
      CHECK(pieces.log == whole.log);
      CHECK(pieces.body == whole.body);
    }
  }
  return whole;
}

std::string ok(std::string_view headers, std::string_view body = {}) {
  return std::string("HTTP/1.1 200 OK\r\n").append(headers).append("\r\n").append(body);
}

void is_refused(const std::string& text, Code code = Code::response_invalid) {
  const Seen seen = read(text);
  CAPTURE(text, seen.rule);
  CHECK(seen.code == code);
  CHECK_FALSE(seen.rule.empty());
}

}  // namespace

TEST_CASE("A response with a Content-Length is its status, headers and so many bytes") {
  const Seen seen = read(ok("Content-Length: 5\r\nDate:\t x y \r\nempty:\r\n", "hello"));
  CHECK(seen.code == Code::ok);
  CHECK(seen.complete);
  CHECK(seen.keeps);
  CHECK(seen.log == "200\nContent-Length=5\nDate=x y\nempty=\n");
  CHECK(seen.body == "hello");
}

TEST_CASE("A response without a body is complete with its headers") {
  const char* const texts[] = {
      "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
      "HTTP/1.1 204 No Content\r\n\r\n",
      "HTTP/1.1 204 No Content\r\nContent-Length: 7\r\n\r\n",
      "HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n",
      "HTTP/1.1 404 \r\nContent-Length: 0\r\n\r\n",
      "HTTP/1.1 599\r\ncontent-length:0\r\n\r\n",
  };
  for (const char* const text : texts) {
    const Seen seen = read(text);
    CAPTURE(text, seen.rule);
    CHECK(seen.code == Code::ok);
    CHECK(seen.complete);
    CHECK(seen.keeps);
    CHECK(seen.body.empty());
  }
}

TEST_CASE("Chunks are put together; extensions and trailers are dropped") {
  const Seen seen = read(ok("Transfer-Encoding: Chunked\r\n",
                            "5\r\nhello\r\n00000a ; a=\"b;c\"\r\n 123456789\r\nC;x\r\n, and "
                            "more.\r\r\n0\r\nExpires: never\r\nContent-Length: 3\r\n\r\n"));
  CHECK(seen.rule.empty());
  CHECK(seen.complete);
  CHECK(seen.keeps);
  CHECK(seen.log == "200\nTransfer-Encoding=Chunked\n");
  CHECK(seen.body == "hello 123456789, and more.\r");
}

TEST_CASE("Interim responses are passed over") {
  const Seen seen = read(
      "HTTP/1.1 100 Continue\r\n\r\n"
      "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\nContent-Length: 3\r\nConnection: close\r\n\r\n"
      "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}");
  CHECK(seen.complete);
  CHECK(seen.keeps);
  CHECK(seen.log == "200\nContent-Length=2\n");
  CHECK(seen.body == "{}");
}

TEST_CASE("A body without a length ends with the connection") {
  const std::string text = ok("", "until the end");
  const Seen open = read(text);
  CHECK(open.code == Code::ok);
  CHECK_FALSE(open.complete);
  const Seen ended = read(text, 7, true);
  CHECK(ended.code == Code::ok);
  CHECK(ended.complete);
  CHECK_FALSE(ended.keeps);
  CHECK(ended.body == "until the end");
}

TEST_CASE("A connection that ends before a response does has lost it") {
  const std::string whole = ok("Transfer-Encoding: chunked\r\n", "2\r\n{}\r\n0\r\na: b\r\n\r\n");
  for (std::size_t size = 0; size < whole.size(); ++size) {
    CAPTURE(size);
    CHECK(read(whole.substr(0, size), 1000, true).code == Code::connection_lost);
  }
  CHECK(read(whole, 1000, true).code == Code::ok);
  CHECK(read(ok("Content-Length: 3\r\n", "{}"), 1000, true).code == Code::connection_lost);
}

TEST_CASE("Whether the connection stays is the server's word") {
  const auto keeps = [](const std::string& text) {
    const Seen seen = read(text);
    CHECK(seen.complete);
    return seen.keeps;
  };
  CHECK(keeps(ok("Content-Length: 0\r\nConnection: keep-alive\r\n")));
  CHECK(keeps(ok("Content-Length: 0\r\nConnection: closed, x-close\r\n")));
  CHECK_FALSE(keeps(ok("Content-Length: 0\r\nconnection: Close\r\n")));
  CHECK_FALSE(keeps(ok("Content-Length: 0\r\nConnection: x ,\tclose , y\r\n")));
  CHECK_FALSE(keeps(ok("Connection: close\r\nContent-Length: 0\r\nConnection: keep-alive\r\n")));
  CHECK_FALSE(keeps("HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n"));
}

TEST_CASE("Bytes behind a response cost the connection") {
  const Seen seen = read(ok("Content-Length: 2\r\n", "{}HTTP/1.1 200 OK\r\n"), 1000);
  CHECK(seen.complete);
  CHECK(seen.body == "{}");
  CHECK_FALSE(seen.keeps);
}

TEST_CASE("Another protocol is seen at its first wrong byte") {
  CHECK(read("S", 1).code == Code::response_invalid);
  CHECK(read("HTTP/2", 1).code == Code::response_invalid);
  CHECK(read("\r\nHTTP/1.1", 1).code == Code::response_invalid);
  CHECK(read("HTTP/1.", 1).code == Code::ok);
}

TEST_CASE("A status line that is none is refused") {
  for (const char* const line :
       {"HTTP/1.1 200OK", "HTTP/1.1  200 OK", "HTTP/1.1 20 OK", "HTTP/1.1 2000 OK",
        "HTTP/1.1 600 OK", "HTTP/1.1 099 OK", "HTTP/1.1 +20 OK", "HTTP/1.1\t200 OK",
        "HTTP/1.10 200", "HTTP/1.x 200 OK", "HTTP/1. 200 OK", "HTTP/1.1", "HTTP/1.1 ",
        "http/1.1 200 OK", "HTTP/1.1 200 \x01", "HTTP/1.1 101 Switching Protocols"}) {
    is_refused(std::string(line) + "\r\n\r\n");
  }
}

TEST_CASE("A header that could be read in two ways is refused") {
  using namespace std::string_literals;
  for (const std::string& line :
       {"Name : value"s, " folded: line"s, "\tfolded: line"s, "no colon"s, ": no name"s,
        "na me: value"s, "n\xc3\xa4me: value"s, "name: va\0lue"s, "name: va\rlue"s, "name: va\x7f"s,
        "na\0me: value"s, "na\rme: value"s}) {
    is_refused(ok(line + "\r\nContent-Length: 0\r\n"));
  }
  is_refused("HTTP/1.1 200 OK\nContent-Length: 0\r\n\r\n");
  is_refused("HTTP/1.1 200 OK\r\nContent-Length: 0\n\r\n");
  is_refused("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\n");
  is_refused(ok("Content-Length: 0\r\n\r"));
}

TEST_CASE("A length that is none, or not the only one, is refused") {
  for (const char* const value : {"", "-1", "+1", "1.", "0x10", "1 2", "1,1", "1, 1", "1;", "a"}) {
    is_refused(ok(std::string("Content-Length: ") + value + "\r\n", "1"));
  }
  is_refused(ok("Content-Length: 1\r\nContent-Length: 2\r\n", "12"));
  is_refused(ok("Content-Length: 1\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"));
  is_refused(ok("Transfer-Encoding: chunked\r\nContent-Length: 1\r\n", "0\r\n\r\n"));
  CHECK(read(ok("Content-Length: 1\r\ncontent-length: 01\r\n", "1")).complete);
}

TEST_CASE("A transfer coding other than chunked, once, is refused") {
  for (const char* const value :
       {"gzip", "gzip, chunked", "chunked, chunked", "identity", "", "xchunked", "chunked;q=1"}) {
    is_refused(ok(std::string("Transfer-Encoding: ") + value + "\r\n", "0\r\n\r\n"));
  }
  is_refused(ok("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"));
  is_refused("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
}

TEST_CASE("Chunks that are not what they say are refused") {
  for (const char* const body :
       {"g\r\n", "\r\n", " 2\r\n{}\r\n", "-2\r\n{}\r\n", "0x2\r\n{}\r\n", "2 2\r\n{}\r\n",
        "2\n{}\r\n", "2\r\n{}2\r\n", "2\r\n{}\n", "2\r\n{} \r\n", "2\r\n{}\r\r\n", "1\r\n{}\r\n",
        ";a\r\n", "2;\x01\r\n{}\r\n", "2\r\n{}\r\n0\r\nno colon\r\n\r\n"}) {
    is_refused(ok("Transfer-Encoding: chunked\r\n", body));
  }
}

TEST_CASE("What is too much is refused before it is taken") {
  const Code too_large = Code::response_too_large;
  is_refused(ok("Content-Length: 4294967296\r\n"), too_large);
  is_refused(ok("Transfer-Encoding: chunked\r\n", "100000000\r\n"), too_large);
  CHECK(read(ok("Content-Length: 4294967295\r\n")).code == Code::ok);
  CHECK(read(ok("Transfer-Encoding: chunked\r\n", "00000000ffffffff\r\n")).code == Code::ok);
  is_refused(ok("Content-Length: 99999999999999999999\r\n"), too_large);

  const std::string fitting = "a: " + std::string(HttpResponse::max_line_bytes - 5, 'b') + "\r\n";
  CHECK(read(ok(fitting), 1000).code == Code::ok);
  CHECK(read(ok("b" + fitting), 1000).code == too_large);

  std::string many;
  for (std::uint32_t i = 0; i < HttpResponse::max_header_lines; ++i)
    many += "a:\r\n";
  CHECK(read(ok(many), 1000).code == Code::ok);
  CHECK(read(ok(many + "a:\r\n"), 1000).code == too_large);

  std::string interim;
  for (std::uint32_t i = 0; i <= HttpResponse::max_header_bytes / 2; ++i)
    interim += "HTTP/1.1 100 Continue\r\n\r\n";
  CHECK(read(interim, 1000).code == too_large);

  const std::string body = ok("Content-Length: 5\r\n", "12345");
  CHECK(read(body, 3, false, 5).code == Code::ok);
  CHECK(read(body, 3, false, 4).code == too_large);
}
