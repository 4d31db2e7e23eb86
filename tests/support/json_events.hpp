// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/json_reader.hpp"

#include <string>
#include <string_view>
#include <vector>

#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>

/// What a JSON text consists of, an item a part.
using JsonEvents = std::vector<std::string>;

class JsonEventList final : public here_tracking::JsonHandler {
 public:
  explicit JsonEventList(std::string_view json) : json_(json) {}

  bool on_part(const here_tracking::JsonPart& part) override {
    using here_tracking::JsonType;
    const bool is_string = part.type <= JsonType::text;
    std::string event(part.text);
    if (is_string) event = (part.type == JsonType::key ? "key text " : "text ") + event;
    all_.push_back(event);
    if (part.raw.data() < json_.data() || part.raw.empty() ||
        part.raw.data() + part.raw.size() > json_.data() + json_.size()) {
      places_are_right_ = false;
    }
    if (is_string) {
      const bool is_quoted =
          part.raw.size() >= 2 && part.raw.front() == '"' && part.raw.back() == '"';
      if (!part.complete || !is_quoted) places_are_right_ = false;
      if (part.raw != "\"\"" && part.characters == 0) has_half_ = true;
    } else if (part.text != part.raw) {
      places_are_right_ = false;
    }
    if (part.type == JsonType::end) --depth_;
    if (part.depth != depth_) places_are_right_ = false;
    if (part.type == JsonType::list || part.type == JsonType::object) ++depth_;
    return true;
  }

  /// Whether a text has half a surrogate pair. RapidJSON refuses a first half, and writes a second
  /// one as what is not UTF-8.
  [[nodiscard]] bool has_half() const { return has_half_; }
  /// Whether each raw text and depth was what it should be.
  [[nodiscard]] bool places_are_right() const { return places_are_right_; }
  [[nodiscard]] const JsonEvents& all() const { return all_; }

 private:
  std::string_view json_;
  JsonEvents all_;
  std::size_t depth_ = 0;
  bool places_are_right_ = true;
  bool has_half_ = false;
};

/// By the reader of the core, which takes at most max_json_depth levels.
inline here_tracking::JsonResult read_json(std::string_view json, JsonEventList& events) {
  std::vector<char> decoded(json.size() + 1);
  return here_tracking::parse_json(json, here_tracking::max_json_depth, events,
                                   {decoded.data(), decoded.size()});
}

/// By RapidJSON, the reference. It refuses numbers beyond a double, also where it reads them as
/// text: of these nothing is said.
struct JsonReference {
  bool is_known = true;
  bool is_valid = false;  ///< One JSON value in UTF-8
  JsonEvents events;
};
inline JsonReference read_json_with_rapidjson(std::string_view json) {
  struct Handler {
    JsonEvents all;
    bool add(std::string event) {
      all.push_back(std::move(event));
      return true;
    }
    // NOLINTBEGIN(readability-identifier-naming): RapidJSON's handler concept
    bool Null() { return add("null"); }
    bool Bool(bool value) { return add(value ? "true" : "false"); }
    bool Int(int) { return false; }
    bool Uint(unsigned) { return false; }
    bool Int64(std::int64_t) { return false; }
    bool Uint64(std::uint64_t) { return false; }
    bool Double(double) { return false; }
    bool RawNumber(const char* text, unsigned size, bool) { return add(std::string(text, size)); }
    bool String(const char* text, unsigned size, bool) {
      return add("text " + std::string(text, size));
    }
    bool Key(const char* text, unsigned size, bool) {
      return add("key text " + std::string(text, size));
    }
    bool StartObject() { return add("{"); }
    bool EndObject(unsigned) { return add("}"); }
    bool StartArray() { return add("["); }
    bool EndArray(unsigned) { return add("]"); }
    // NOLINTEND(readability-identifier-naming)
  } handler;
  rapidjson::MemoryStream stream(json.data(), json.size());
  rapidjson::Reader reader;
  constexpr unsigned flags = rapidjson::kParseIterativeFlag |
                             rapidjson::kParseNumbersAsStringsFlag |
                             rapidjson::kParseValidateEncodingFlag;
  const rapidjson::ParseResult result = reader.Parse<flags>(stream, handler);
  return {result.Code() != rapidjson::kParseErrorNumberTooBig,
          !result.IsError() && stream.Tell() == json.size(), handler.all};
}
