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

void JsonWriter::colon() {
  out_.append(':');
  first_ = true;
}

void JsonWriter::number(std::int64_t value, std::uint8_t decimals) {
  separate();
  out_.append_decimal(value, decimals);
}

void JsonWriter::string(std::string_view value) {
  begin('"');
  for (const char c : value) {
    if (c == '"' || c == '\\') out_.append('\\');
    if (static_cast<unsigned char>(c) >= ' ') {
      out_.append(c);
      continue;
    }
    out_.append('\\');
    const char letter = c >= '\b' && c <= '\r' ? "btnufr"[c - '\b'] : 'u';
    out_.append(letter);
    if (letter != 'u') continue;
    out_.append("00");
    out_.append(c < 0x10 ? '0' : '1');
    out_.append("0123456789ABCDEF"[c & 15]);
  }
  end('"');
}

void JsonWriter::raw(std::string_view json) {
  separate();
  out_.append(json);
}

}  // namespace here_tracking
