// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tls_connection.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace here_tracking {

/// Fills memory of TlsConnection::memory_bytes, and sends it whenever it is full; without a
/// connection, what does not fit is dropped.
class Output {
 public:
  Output(char* memory, TlsConnection* connection);

  void append(const char* text);
  void append(const char* before, std::string_view text);
  void append(const char* before, std::uint32_t number, std::uint32_t base = 10);
  void append(BodySource& body);

  /// Sends what it still has. Says what came of all that was to be sent.
  Code flush();
  /// What was not sent.
  [[nodiscard]] std::string_view text() const {
    return {begin_, static_cast<std::size_t>(at_ - begin_)};
  }

 private:
  void put(const char* text, std::size_t size);

  TlsConnection* connection_;
  char* begin_;
  char* end_;
  char* at_;
  Code code_ = Code::ok;
};

}  // namespace here_tracking
