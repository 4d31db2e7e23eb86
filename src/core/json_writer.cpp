// SPDX-License-Identifier: Apache-2.0
#include "json_writer.hpp"

namespace here_tracking {

void JsonWriter::key(std::string_view name) {
  writer_.Key(name.data(), static_cast<here_tracking_rapidjson::SizeType>(name.size()));
}

void JsonWriter::decimal(std::string_view name, std::int64_t value, std::uint8_t decimals) {
  char digits[24];
  TextBuilder text(digits);
  text.append_decimal(value, decimals);
  key(name);
  raw(text.text());
}

void JsonWriter::element(std::int64_t value) {
  char digits[24];
  TextBuilder text(digits);
  text.append_integer(value);
  raw(text.text());
}

void JsonWriter::string(std::string_view name, std::string_view value) {
  key(name);
  writer_.String(value.data(), static_cast<here_tracking_rapidjson::SizeType>(value.size()));
}

void JsonWriter::raw(std::string_view json) {
  writer_.RawValue(json.data(), json.size(), here_tracking_rapidjson::kStringType);
}

}  // namespace here_tracking
