// SPDX-License-Identifier: Apache-2.0
#include "output.hpp"

#include <algorithm>
#include <cstring>

namespace here_tracking {

Output::Output(char* memory, TlsConnection* connection)
    : connection_(connection),
      begin_(memory),
      end_(memory + TlsConnection::memory_bytes),
      at_(memory) {}

void Output::put(const char* text, std::size_t size) {
  for (; size > 0; --size) {
    if (at_ == end_) (void)flush();
    if (at_ != end_) *at_++ = *text++;
  }
}

void Output::append(const char* text) {
  put(text, std::strlen(text));
}

void Output::append(const char* before, std::string_view text) {
  append(before);
  put(text.data(), text.size());
}

void Output::append(const char* before, std::uint32_t number, std::uint32_t base) {
  char digits[10];
  std::size_t at = sizeof(digits);
  do {
    digits[--at] = "0123456789abcdef"[number % base];
    number /= base;
  } while (number != 0);
  append(before, {digits + at, sizeof(digits) - at});
}

void Output::append(BodySource& body) {
  const std::size_t length = body.size();
  for (std::size_t offset = 0; offset < length && code_ == Code::ok;) {
    if (at_ == end_) (void)flush();
    const std::size_t room = std::min(static_cast<std::size_t>(end_ - at_), length - offset);
    const std::size_t read = body.read(offset, {at_, room});
    if (read == 0 || read > room) {
      code_ = Code::hook_failed;
    } else {
      offset += read;
      at_ += read;
    }
  }
}

Code Output::flush() {
  if (connection_ != nullptr) {
    if (code_ == Code::ok) code_ = connection_->write(begin_, text().size());
    at_ = begin_;
  }
  return code_;
}

}  // namespace here_tracking
