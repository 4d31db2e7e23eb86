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

  bool on_key(const here_tracking::JsonString& key) override { return add("key " + text(key)); }
  bool on_string(const here_tracking::JsonString& value) override { return add(text(value)); }
  bool on_number(std::string_view number) override { return add(std::string(number)); }
  bool on_bool(bool value) override { return add(value ? "true" : "false"); }
  bool on_null() override { return add("null"); }
  bool on_begin(bool object, std::size_t, std::size_t offset) override {
    return add(object ? "{" : "[") && is_at(offset, object ? '{' : '[');
  }
  bool on_end(bool object, std::size_t, std::size_t offset) override {
    return add(object ? "}" : "]") && is_at(offset, object ? '}' : ']');
  }

  /// Whether a text has half a surrogate pair. RapidJSON refuses a first half, and writes a second
  /// one as what is not UTF-8.
  [[nodiscard]] bool has_half() const { return has_half_; }
  /// Whether each offset and raw text was where it should be.
  [[nodiscard]] bool places_are_right() const { return places_are_right_; }
  [[nodiscard]] const JsonEvents& all() const { return all_; }

 private:
  bool add(std::string event) {
    all_.push_back(std::move(event));
    return true;
  }
  bool is_at(std::size_t offset, char bracket) {
    if (offset >= json_.size() || json_[offset] != bracket) places_are_right_ = false;
    return true;
  }
  std::string text(const here_tracking::JsonString& string) {
    const char* const begin = string.raw.data();
    const char* const end = begin + string.raw.size();
    if (!string.complete || begin[-1] != '"' || *end != '"') places_are_right_ = false;
    if (!string.raw.empty() && here_tracking::count_json_characters(string.raw) == 0) {
      has_half_ = true;
    }
    return "text " + std::string(string.text);
  }

  std::string_view json_;
  JsonEvents all_;
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
