// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rapidjson.hpp"
#include "text.hpp"

#include <cstdint>
#include <string_view>

#include <rapidjson/writer.h>

namespace here_tracking {

/// Writes one JSON value, compactly, at most 16 levels deep. Overflow is the builder's.
class JsonWriter {
 public:
  explicit JsonWriter(TextBuilder& out) : out_(out), writer_(out, &levels_, max_levels) {}

  void begin_object() { writer_.StartObject(); }
  void end_object() { writer_.EndObject(); }
  /// What follows are members of an object that was begun elsewhere.
  void begin_members() {
    writer_.StartObject();
    out_.drop(1);
  }
  void begin_array() { writer_.StartArray(); }
  void end_array() { writer_.EndArray(); }
  void key(std::string_view name);
  void integer(std::string_view name, std::int64_t value) { decimal(name, value, 0); }
  void decimal(std::string_view name, std::int64_t value, std::uint8_t decimals);
  void string(std::string_view name, std::string_view value);
  /// A number in a list.
  void element(std::int64_t value);
  /// A value that is JSON already.
  void raw(std::string_view json);

 private:
  /// A payload's 12 and what is around it.
  static constexpr std::size_t max_levels = 16;
  using Allocator = FixedAllocator<max_levels * 2 * sizeof(std::size_t)>;
  using Utf8 = here_tracking_rapidjson::UTF8<>;

  TextBuilder& out_;
  Allocator levels_;
  here_tracking_rapidjson::Writer<TextBuilder, Utf8, Utf8, Allocator> writer_;
};

}  // namespace here_tracking
