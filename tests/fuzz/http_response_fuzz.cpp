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

struct Outcome {
  ht::Code code = ht::Code::ok;
  bool complete = false;
  bool keeps = false;
  std::string headers;
  std::string body;
};

Outcome read(std::string_view text, std::size_t piece_size, bool ends) {
  Handler handler;
  std::array<char, 256> line{};
  ht::HttpResponse response(line, handler);
  Outcome outcome;
  for (std::size_t at = 0; at < text.size() && outcome.code == ht::Code::ok; at += piece_size)
    outcome.code = response.take(text.substr(at, piece_size));
  if (ends && outcome.code == ht::Code::ok) outcome.code = response.end();
  outcome.complete = response.complete();
  outcome.keeps = response.keeps_connection();
  outcome.headers = handler.headers;
  outcome.body = handler.body;
  require(outcome.code == ht::Code::ok || outcome.code == ht::Code::connection_lost ||
          *response.rule() != '\0');
  return outcome;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const bool ends = (data[0] & 0x80U) != 0;
  const std::size_t piece_size = std::max<std::size_t>(data[0] & 0x7fU, 1);
  const std::string_view text(reinterpret_cast<const char*>(data + 1), size - 1);

  const Outcome whole = read(text, std::max<std::size_t>(text.size(), 1), ends);
  const Outcome pieces = read(text, piece_size, ends);
  require(whole.code == pieces.code && whole.complete == pieces.complete);
  require(whole.headers == pieces.headers);
  if (whole.code == ht::Code::ok) require(whole.body == pieces.body);
  if (whole.complete && whole.code == ht::Code::ok) require(whole.keeps == pieces.keeps);
  return 0;
}
