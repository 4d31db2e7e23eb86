// SPDX-License-Identifier: Apache-2.0
#include "core/json_writer.hpp"

#include "support/catch.hpp"

#include <limits>
#include <string>

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

using here_tracking::JsonWriter;

namespace {

/// By RapidJSON, the reference.
std::string written_by_rapidjson(const std::string& text) {
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> writer(buffer);
  writer.String(text.data(), static_cast<rapidjson::SizeType>(text.size()));
  return {buffer.GetString(), buffer.GetSize()};
}

std::string written(const std::string& text) {
  char memory[4096];
  JsonWriter writer(memory);
  writer.string(text);
  return std::string(writer.out().text());
}

}  // namespace

TEST_CASE("A string is written as RapidJSON writes it") {
  std::string all;
  for (int byte = 0; byte < 0x80; ++byte) {
    const std::string text(1, static_cast<char>(byte));
    CAPTURE(byte);
    CHECK(written(text) == written_by_rapidjson(text));
    CHECK(written("a" + text + "u") == written_by_rapidjson("a" + text + "u"));
    all += text;
  }
  for (const char* const text : {"", "ä", "€", "\U0001d11e", "\x7f", "u\\u0000", "\"\"", "\xc2\x80",
                                 "\xf4\x8f\xbf\xbf", "</script>"}) {
    CAPTURE(text);
    CHECK(written(text) == written_by_rapidjson(text));
    all += text;
  }
  CHECK(written(all) == written_by_rapidjson(all));
}

TEST_CASE("A comma stands between what has something before it, at any depth") {
  char memory[256];
  JsonWriter writer(memory);
  writer.begin('{');
  writer.key("a");
  writer.begin('[');
  writer.number(1);
  writer.begin('[');
  writer.end(']');
  writer.begin('{');
  writer.end('}');
  writer.raw("null");
  writer.raw(std::string_view("2.50"));
  writer.string("");
  writer.end(']');
  writer.begin_object("b");
  writer.key("c");
  writer.decimal(2, -150);
  writer.end('}');
  writer.begin_object("d");
  writer.end('}');
  writer.raw(R"("e")");
  writer.colon();
  writer.number(std::numeric_limits<std::int64_t>::min());
  writer.end('}');
  CHECK(writer.out().text() ==
        R"({"a":[1,[],{},null,2.50,""],"b":{"c":-1.5},"d":{},"e":-9223372036854775808})");
}
