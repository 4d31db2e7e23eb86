// SPDX-License-Identifier: Apache-2.0
#include "json_writer.hpp"

namespace here_tracking {

void JsonWriter::separate() {
  if (!first_) out_.append(',');
  first_ = false;
}

void JsonWriter::begin(char bracket) {
  separate();
  out_.append(bracket);
  first_ = true;
}

void JsonWriter::end(char bracket) {
  out_.append(bracket);
  first_ = false;
}

void JsonWriter::key(const char* name) {
  begin('"');
  out_.append(name);
  out_.append('"');
  colon();
}

void JsonWriter::begin_object(const char* name) {
  key(name);
  begin('{');
}

void JsonWriter::colon() {
  out_.append(':');
  first_ = true;
}

void JsonWriter::decimal(std::uint8_t decimals, std::int64_t value) {
  separate();
  out_.append_decimal(value, decimals);
}

void JsonWriter::string(std::string_view value) {
  begin('"');
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    char escape = byte < ' ' ? 'u' : '\0';
    // Pairs of a character and what stands for it behind a backslash.
    for (const char* pair = "\bb\tt\nn\ff\rr\"\"\\\\"; *pair != '\0'; pair += 2) {
      if (c == pair[0]) escape = pair[1];
    }
    if (escape == '\0') {
      out_.append(c);
      continue;
    }
    out_.append('\\');
    out_.append(escape);
    if (escape != 'u') continue;
    const unsigned low = byte & 15U;
    out_.append("00");
    out_.append(static_cast<char>('0' + (byte >> 4U)));
    out_.append(static_cast<char>(low < 10 ? '0' + low : 'A' + low - 10));
  }
  end('"');
}

void JsonWriter::raw(std::string_view json) {
  separate();
  out_.append(json);
}

void JsonWriter::raw(const char* json) {
  separate();
  out_.append(json);
}

}  // namespace here_tracking
