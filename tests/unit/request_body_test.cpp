// SPDX-License-Identifier: Apache-2.0
#include "core/request_body.hpp"

#include "support/catch.hpp"

#include <string>
#include <string_view>
#include <vector>

using here_tracking::ArrayBody;
using here_tracking::BodySource;
using here_tracking::ObjectBody;
using here_tracking::Span;

namespace {

/// All of it, in pieces of a size.
std::string read(BodySource& body, std::size_t piece_size) {
  std::string all;
  std::vector<char> piece(piece_size);
  for (std::size_t n = 0; (n = body.read(all.size(), {piece.data(), piece.size()})) > 0;) {
    REQUIRE(n <= piece_size);
    all.append(piece.data(), n);
  }
  return all;
}

void check(BodySource& body, const std::string& expected) {
  CHECK(body.size() == expected.size());
  for (std::size_t piece_size = 1; piece_size <= expected.size() + 1; ++piece_size) {
    CAPTURE(piece_size);
    CHECK(read(body, piece_size) == expected);
  }
  std::vector<char> room(expected.size() + 1);
  for (std::size_t offset = 0; offset <= expected.size() + 1; ++offset) {
    CAPTURE(offset);
    const std::size_t size = body.read(offset, {room.data(), room.size()});
    CHECK(std::string(room.data(), size) ==
          (offset < expected.size() ? expected.substr(offset) : ""));
  }
  CHECK(body.read(0, {}) == 0);
}

}  // namespace

TEST_CASE("POST /v2/ takes an array of the objects") {
  const std::string_view one[] = {R"({"a":1})"};
  const std::string_view three[] = {R"({"a":1})", "{}", R"({"b":[]})"};
  ArrayBody single(one);
  check(single, R"([{"a":1}])");
  ArrayBody several(three);
  check(several, R"([{"a":1},{},{"b":[]}])");
}

TEST_CASE("POST /v3/ takes the array in an object that may name the device") {
  const std::string_view objects[] = {R"({"a":1})", "{}"};
  ArrayBody array(objects);
  ObjectBody itself(array, {}, {});
  check(itself, R"({"data":[{"a":1},{}]})");
  ObjectBody claimed(array, "HERE-1", {});
  check(claimed, R"({"data":[{"a":1},{}],"id":"HERE-1"})");
  ObjectBody virtual_device(array, "truck 7", "app-0815");
  check(virtual_device, R"({"data":[{"a":1},{}],"id":"truck 7","appId":"app-0815"})");
}

TEST_CASE("An id is any text: what JSON has a meaning for is escaped") {
  const std::string_view objects[] = {"{}"};
  ArrayBody array(objects);
  const std::string id("\"\\/\x00\x1f\n\x7f \xc3\xa9", 10);
  ObjectBody body(array, id, R"(\\"")");
  check(body,
        "{\"data\":[{}],\"id\":\"\\\"\\\\/\\u0000\\u001f\\u000a\x7f \xc3\xa9\","
        "\"appId\":\"\\\\\\\\\\\"\\\"\"}");
}

TEST_CASE("A body that ends too early is not sent as if it were whole") {
  struct Broken final : BodySource {
    [[nodiscard]] std::size_t size() const override { return 10; }
    std::size_t read(std::size_t offset, Span<char> into) override {
      if (offset >= 3 || into.empty()) return 0;
      into[0] = '[';
      return 1;
    }
  } broken;
  ObjectBody body(broken, "id", {});
  CHECK(body.size() == std::string(R"({"data":0123456789,"id":"id"})").size());
  CHECK(read(body, 64) == R"({"data":[[[)");
}
