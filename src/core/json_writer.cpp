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
  out_.append("\":");
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
  for (char c : value) {
    // Pairs of a character and what stands for it behind a backslash.
    const char* pair = "\bb\tt\nn\ff\rr\"\"\\\\";
    while (*pair != '\0' && *pair != c)
      pair += 2;
    const auto byte = static_cast<unsigned char>(c);
    if (*pair != '\0') {
      out_.append('\\');
      c = pair[1];
    } else if (byte < ' ') {
      const unsigned low = byte & 15U;
      out_.append("\\u00");
      out_.append(static_cast<char>('0' + (byte >> 4U)));
      c = static_cast<char>(low < 10 ? '0' + low : 'A' + low - 10);
    }
    out_.append(c);
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
