// SPDX-License-Identifier: Apache-2.0
// What a server, or whoever stands before it, answers. The first byte says in what pieces it comes
// and whether the connection ends behind it: neither may change what is read.
#include "transport/mbedtls/http_response.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace ht = here_tracking;

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

class Handler final : public ht::ResponseHandler {
 public:
  void on_status(std::uint16_t http_status) override {
    require(http_status >= 200 && http_status <= 599 && status_ == 0);
    status_ = http_status;
  }
  void on_header(std::string_view name, std::string_view value) override {
    require(status_ != 0 && body.empty() && !name.empty());
    for (const std::string_view text : {name, value}) {
      for (const char c : text)
        require(c != '\r' && c != '\n' && c != '\0');
    }
    headers.append(name).append(1, '\0').append(value).append(1, '\0');
  }
  bool on_body(std::string_view piece) override {
    require(status_ != 0 && status_ != 204 && status_ != 304 && !piece.empty());
    body.append(piece);
    return body.size() <= 4096;
  }

  std::string headers;
  std::string body;

 private:
  std::uint16_t status_ = 0;
};

class Input final : public ht::HttpInput {
 public:
  Input(std::string_view text, std::size_t piece_size, bool ends)
      : text_(text), piece_size_(piece_size), ends_(ends) {}

  ht::Code receive(char* into, std::size_t room, std::size_t& size) override {
    require(room > 0);
    if (text_.empty()) return ends_ ? ht::Code::no_data : ht::Code::timeout;
    size = std::min({piece_size_, text_.size(), room});
    std::copy_n(text_.begin(), size, into);
    text_.remove_prefix(size);
    return ht::Code::ok;
  }
  [[nodiscard]] bool is_read() const { return text_.empty(); }

 private:
  std::string_view text_;
  std::size_t piece_size_;
  bool ends_;
};

struct Outcome {
  ht::Code code = ht::Code::ok;
  bool keeps = false;
  std::string headers;
  std::string body;
};

Outcome read(std::string_view text, std::size_t piece_size, bool ends) {
  Handler handler;
  Input input(text, piece_size, ends);
  std::array<char, 2 * ht::HttpResponse::max_line_bytes> memory{};
  ht::HttpResponse response;
  ht::read_response(input, memory.data(), handler, response);
  const bool refused =
      response.code == ht::Code::response_invalid || response.code == ht::Code::response_too_large;
  require(refused == (response.rule != nullptr));
  require(refused || response.code == ht::Code::ok ||
          response.code == (ends ? ht::Code::connection_lost : ht::Code::timeout));
  require(response.code == ht::Code::ok || !response.keeps_connection);
  require(response.begun == !text.empty());
  // What is behind a response may have come with it, or not yet.
  return {response.code, response.keeps_connection && input.is_read(), handler.headers,
          handler.body};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const bool ends = (data[0] & 0x80U) != 0;
  const std::size_t piece_size = std::max<std::size_t>(data[0] & 0x7fU, 1);
  const std::string_view text(reinterpret_cast<const char*>(data + 1), size - 1);

  const Outcome whole = read(text, std::max<std::size_t>(text.size(), 1), ends);
  const Outcome pieces = read(text, piece_size, ends);
  require(whole.code == pieces.code && whole.keeps == pieces.keeps);
  require(whole.headers == pieces.headers);
  if (whole.code != ht::Code::response_too_large) require(whole.body == pieces.body);
  return 0;
}
