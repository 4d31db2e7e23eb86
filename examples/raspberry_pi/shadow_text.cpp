// SPDX-License-Identifier: Apache-2.0
#include "shadow_text.hpp"

#include "failure.hpp"

#include <cstddef>
#include <cstdint>

#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

namespace here_tracking::cli {
namespace {

/// Copies JSON to a writer, except the value of each "password" in system.wlanConfigurations, at
/// whatever depth and of whatever type.
class Masker {
 public:
  explicit Masker(rapidjson::StringBuffer& out) : writer_(out) {}

  // NOLINTBEGIN(readability-identifier-naming): RapidJSON's handler concept
  bool Null() { return masked() || writer_.Null(); }
  bool Bool(bool value) { return masked() || writer_.Bool(value); }
  bool RawNumber(const char* text, rapidjson::SizeType size, bool /*copy*/) {
    return masked() || writer_.RawValue(text, size, rapidjson::kNumberType);
  }
  bool String(const char* text, rapidjson::SizeType size, bool /*copy*/) {
    return masked() || writer_.String(text, size);
  }
  bool Key(const char* text, rapidjson::SizeType size, bool /*copy*/) {
    if (masked_depth_ != 0) return true;
    const std::string_view name(text, size);
    if (depth_ == 1) in_system_ = name == "system";
    if (depth_ == 2) in_wlan_ = in_system_ && name == "wlanConfigurations";
    is_password_ = depth_ > 2 && in_system_ && in_wlan_ && name == "password";
    return writer_.Key(text, size);
  }
  bool StartObject() { return begin() || writer_.StartObject(); }
  bool StartArray() { return begin() || writer_.StartArray(); }
  bool EndObject(rapidjson::SizeType /*count*/) { return end() || writer_.EndObject(); }
  bool EndArray(rapidjson::SizeType /*count*/) { return end() || writer_.EndArray(); }
  // Numbers come as text; RapidJSON names these all the same.
  static bool Int(int /*value*/) { return false; }
  static bool Uint(unsigned /*value*/) { return false; }
  static bool Int64(std::int64_t /*value*/) { return false; }
  static bool Uint64(std::uint64_t /*value*/) { return false; }
  static bool Double(double /*value*/) { return false; }
  // NOLINTEND(readability-identifier-naming)

 private:
  /// Whether what comes is not to be seen; its place is taken once.
  bool masked() {
    if (masked_depth_ != 0) return true;
    if (!is_password_) return false;
    is_password_ = false;
    return writer_.String("********");
  }
  bool begin() {
    const bool is_first = masked_depth_ == 0 && is_password_;
    const bool is_masked = masked();
    ++depth_;
    if (is_first) masked_depth_ = depth_;
    return is_masked;
  }
  bool end() {
    const bool is_masked = masked_depth_ != 0;
    if (depth_ == masked_depth_) masked_depth_ = 0;
    --depth_;
    return is_masked;
  }

  rapidjson::Writer<rapidjson::StringBuffer> writer_;
  std::size_t depth_ = 0;
  std::size_t masked_depth_ = 0;
  bool in_system_ = false;
  bool in_wlan_ = false;
  bool is_password_ = false;
};

}  // namespace

std::string without_passwords(std::string_view json) {
  rapidjson::MemoryStream stream(json.data(), json.size());
  rapidjson::StringBuffer out;
  Masker masker(out);
  rapidjson::Reader reader;
  constexpr unsigned flags = rapidjson::kParseIterativeFlag |
                             rapidjson::kParseNumbersAsStringsFlag |
                             rapidjson::kParseValidateEncodingFlag;
  // RapidJSON takes a zero byte for the end.
  if (reader.Parse<flags>(stream, masker).IsError() || stream.Tell() != json.size()) {
    throw Failure(Exit::refused, "the desired shadow cannot be shown: must be JSON in UTF-8");
  }
  return {out.GetString(), out.GetSize()};
}

}  // namespace here_tracking::cli
