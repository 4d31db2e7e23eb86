// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "here_tracking/span.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <type_traits>

namespace here_tracking {

/// How a field stands in its struct.
enum class FieldType : std::uint8_t {
  i32,
  u32,
  opt_i32,
  opt_u32,
  opt_u8,
  opt_i64,
  opt_bool,
  text,          ///< std::string_view, empty when it is not given
  required_text  ///< std::string_view, always given
};

template <typename T>
constexpr FieldType field_type() {
  if constexpr (std::is_same_v<T, std::int32_t>) return FieldType::i32;
  if constexpr (std::is_same_v<T, std::uint32_t>) return FieldType::u32;
  if constexpr (std::is_same_v<T, std::optional<std::int32_t>>) return FieldType::opt_i32;
  if constexpr (std::is_same_v<T, std::optional<std::uint32_t>>) return FieldType::opt_u32;
  if constexpr (std::is_same_v<T, std::optional<std::uint8_t>>) return FieldType::opt_u8;
  if constexpr (std::is_same_v<T, std::optional<std::int64_t>>) return FieldType::opt_i64;
  if constexpr (std::is_same_v<T, std::optional<bool>>) return FieldType::opt_bool;
  if constexpr (std::is_same_v<T, std::string_view>) return FieldType::text;
}

enum class FieldKind : std::uint8_t {
  any,       ///< Its type is its range
  limited,   ///< Refused outside of min..max; of a text, the number of its characters
  clamped,   ///< Brought into min..max
  epoch_ms,  ///< Written as milliseconds
  utc_text   ///< Milliseconds, written as RFC 3339 text
};

/// A field of a struct and the service's rule for it: 16 bytes of flash.
struct FieldRule {
  const char* name;
  std::int32_t min;
  std::int32_t max;
  std::uint8_t offset;
  FieldType type : 4;
  FieldKind kind : 4;
  std::uint8_t decimals : 4;
  std::uint8_t partner : 4;  ///< Which field of the same table it needs, counted from 1; 0: none
};

struct FieldPlace {
  std::size_t offset;
  FieldType type;
};

template <std::size_t offset, typename T>
constexpr FieldPlace field_place() {
  static_assert(offset <= 255, "FieldRule keeps it in a byte");
  return {offset, field_type<T>()};
}

#define HERE_TRACKING_FIELD(type, member) \
  field_place<offsetof(type, member), decltype(type::member)>()

constexpr FieldRule field(const char* name, FieldPlace place, FieldKind kind, std::int32_t min,
                          std::int32_t max, std::uint8_t decimals, std::uint8_t partner) {
  FieldRule rule{name, min, max, static_cast<std::uint8_t>(place.offset), place.type, kind, 0, 0};
  rule.decimals = decimals & 15U;
  rule.partner = partner & 15U;
  return rule;
}
constexpr FieldRule limited(const char* name, FieldPlace place, std::int32_t min, std::int32_t max,
                            std::uint8_t decimals = 0) {
  return field(name, place, FieldKind::limited, min, max, decimals, 0);
}
constexpr FieldRule clamped(const char* name, FieldPlace place, std::int32_t min, std::int32_t max,
                            std::uint8_t decimals = 0) {
  return field(name, place, FieldKind::clamped, min, max, decimals, 0);
}
constexpr FieldRule any(const char* name, FieldPlace place, std::uint8_t decimals = 0) {
  return field(name, place, FieldKind::any, 0, 0, decimals, 0);
}
constexpr FieldRule epoch_ms(const char* name, FieldPlace place) {
  return field(name, place, FieldKind::epoch_ms, 0, 0, 0, 0);
}
constexpr FieldRule utc_text(const char* name, FieldPlace place) {
  return field(name, place, FieldKind::utc_text, 0, 0, 0, 0);
}
constexpr FieldRule required(FieldRule rule) {
  rule.type = FieldType::required_text;
  return rule;
}
/// @param partner counted from 1.
constexpr FieldRule needs(std::uint8_t partner, FieldRule rule) {
  rule.partner = partner & 15U;
  return rule;
}

/// An object's fields, in the order in which they are written.
struct ObjectRules {
  const char* scope;  ///< As FieldError::scope
  Span<const FieldRule> fields;
};

/// A list inside an object.
struct ListRules {
  const char* name;
  ObjectRules item;
  std::uint16_t max_items;
  std::uint8_t item_bytes;
};

}  // namespace here_tracking
