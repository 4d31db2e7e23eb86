// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "text.hpp"

#include <cstdint>
#include <string_view>

namespace here_tracking {

/// Writes JSON, compactly, to any depth: it knows where a comma is missing, and no more.
class JsonWriter {
 public:
  explicit JsonWriter(Span<char> into) : out_(into) {}

  /// What stands between these: an object, a list, or a string that out() is given by the caller.
  void begin(char bracket);
  void end(char bracket);
  void key(const char* name);
  /// A member that is an object.
  void begin_object(const char* name);
  /// What follows is the value of the member whose name was written.
  void colon();
  void number(std::int64_t value) { decimal(0, value); }
  /// value / 10^decimals. In this order all of it fits into registers.
  void decimal(std::uint8_t decimals, std::int64_t value);
  void string(std::string_view value);
  /// A value that is JSON already.
  void raw(std::string_view json);
  void raw(const char* json);

  TextBuilder& out() { return out_; }
  [[nodiscard]] const TextBuilder& out() const { return out_; }

 private:
  void separate();

  TextBuilder out_;
  bool first_ = true;
};

}  // namespace here_tracking
