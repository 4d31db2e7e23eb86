// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "here_tracking/measurements.hpp"
#include "here_tracking/span.hpp"
#include "here_tracking/status.hpp"

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
  opt_u16,
  opt_i64,
  opt_bool,
  mac,
  opt_mac,
  band,           ///< WlanBand
  text,           ///< std::string_view, empty when it is not given
  required_text,  ///< std::string_view, always given
  list            ///< A Span of structs, empty when it is not given
};

template <typename T>
constexpr FieldType list_type(const Span<const T>& /*of*/) {
  return FieldType::list;
}

template <typename T>
constexpr FieldType field_type() {
  if constexpr (std::is_same_v<T, std::int32_t>) {
    return FieldType::i32;
  } else if constexpr (std::is_same_v<T, std::uint32_t>) {
    return FieldType::u32;
  } else if constexpr (std::is_same_v<T, std::optional<std::int32_t>>) {
    return FieldType::opt_i32;
  } else if constexpr (std::is_same_v<T, std::optional<std::uint32_t>>) {
    return FieldType::opt_u32;
  } else if constexpr (std::is_same_v<T, std::optional<std::uint8_t>>) {
    return FieldType::opt_u8;
  } else if constexpr (std::is_same_v<T, std::optional<std::uint16_t>>) {
    return FieldType::opt_u16;
  } else if constexpr (std::is_same_v<T, std::optional<std::int64_t>>) {
    return FieldType::opt_i64;
  } else if constexpr (std::is_same_v<T, std::optional<bool>>) {
    return FieldType::opt_bool;
  } else if constexpr (std::is_same_v<T, MacAddress>) {
    return FieldType::mac;
  } else if constexpr (std::is_same_v<T, std::optional<MacAddress>>) {
    return FieldType::opt_mac;
  } else if constexpr (std::is_same_v<T, WlanBand>) {
    return FieldType::band;
  } else if constexpr (std::is_same_v<T, std::string_view>) {
    return FieldType::text;
  } else {
    return list_type(T{});
  }
}

enum class FieldKind : std::uint8_t {
  any,       ///< Its type is its range, as that of every kind with 0..0
  limited,   ///< Refused outside of min..max; of a text, the number of its characters
  clamped,   ///< Brought into min..max
  whole,     ///< As limited; written in whole units, the maximum as 0, and only with its partner
  epoch_ms,  ///< Written as milliseconds
  utc_text   ///< Milliseconds, written as RFC 3339 text
};

/// The largest identity of a cell where it has 28 bits.
inline constexpr std::int32_t max_cell_id = 268435455;

/// Both ends of a range, in 16 bits each: times 10^scale, or, with `bits`, as 2^n - 1.
struct FieldBounds {
  static constexpr std::uint8_t bits = 15;

  std::int16_t min;
  std::int16_t max;
  std::uint8_t scale;
};

/// Not constexpr, so that a table with such a range does not compile.
inline void this_range_cannot_be_kept() {}

constexpr FieldBounds bounds(std::int32_t min, std::int32_t max) {
  constexpr std::int32_t limit = 32767;
  std::uint8_t scale = 0;
  for (; (min < -limit || max > limit) && min % 10 == 0 && max % 10 == 0; ++scale) {
    min /= 10;
    max /= 10;
  }
  if (max > limit && (min == 0 || min == 1)) {
    scale = FieldBounds::bits;
    std::int16_t n = 0;
    for (; max % 2 == 1; max /= 2)
      ++n;
    max = max == 0 ? n : limit + 1;
  }
  if (min < -limit || max > limit) this_range_cannot_be_kept();
  return {static_cast<std::int16_t>(min), static_cast<std::int16_t>(max), scale};
}

/// A field of a struct and the service's rule for it: 12 bytes of flash.
struct FieldRule {
  [[nodiscard]] std::int32_t min() const { return unfold(low); }
  [[nodiscard]] std::int32_t max() const { return unfold(high); }
  [[nodiscard]] bool is_time() const { return kind >= FieldKind::epoch_ms; }

  const char* name;
  std::int16_t low;   ///< FieldBounds::min
  std::int16_t high;  ///< FieldBounds::max
  std::uint8_t offset;
  FieldType type : 4;
  FieldKind kind : 4;
  std::uint8_t decimals : 4;
  Unit unit : 4;
  std::uint8_t scale : 4;   ///< FieldBounds::scale
  std::int8_t partner : 4;  ///< How far from here in the table the field is that it needs; 0: none

 private:
  [[nodiscard]] std::int32_t unfold(std::int32_t end) const;
};
static_assert(sizeof(void*) > 4 || sizeof(FieldRule) == 12);

/// An object's fields, in the order in which they are written. Where a list of structs is among
/// them, the rules of these stand behind it in an array.
struct ObjectRules {
  constexpr ObjectRules(const char* name, Span<const FieldRule> table,
                        std::size_t bytes_of_item = 0)
      : scope(name),
        fields(table.data()),
        count(static_cast<std::uint8_t>(table.size())),
        item_bytes(static_cast<std::uint8_t>(bytes_of_item)) {}

  [[nodiscard]] constexpr const FieldRule* begin() const { return fields; }
  [[nodiscard]] constexpr const FieldRule* end() const { return fields + count; }

  const char* scope;  ///< As FieldError::scope
  const FieldRule* fields;
  std::uint8_t count;
  std::uint8_t item_bytes;
};

struct FieldPlace {
  std::uint8_t offset;
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
                          std::int32_t max, std::uint8_t decimals) {
  const FieldBounds range = bounds(min, max);
  FieldRule rule{name, range.min, range.max, place.offset, place.type, kind, 0, Unit::none, 0, 0};
  rule.decimals = decimals & 15U;
  rule.scale = range.scale & 15U;
  if (place.type == FieldType::text) rule.unit = Unit::characters;
  if (place.type == FieldType::list) rule.unit = Unit::items;
  return rule;
}
constexpr FieldRule limited(const char* name, FieldPlace place, std::int32_t min, std::int32_t max,
                            std::uint8_t decimals = 0) {
  return field(name, place, FieldKind::limited, min, max, decimals);
}
constexpr FieldRule clamped(const char* name, FieldPlace place, std::int32_t min, std::int32_t max,
                            std::uint8_t decimals = 0) {
  return field(name, place, FieldKind::clamped, min, max, decimals);
}
constexpr FieldRule whole(const char* name, FieldPlace place, std::int32_t max,
                          std::uint8_t decimals) {
  return field(name, place, FieldKind::whole, 0, max, decimals);
}
constexpr FieldRule any(const char* name, FieldPlace place, std::uint8_t decimals = 0) {
  return field(name, place, FieldKind::any, 0, 0, decimals);
}
constexpr FieldRule epoch_ms(const char* name, FieldPlace place) {
  return field(name, place, FieldKind::epoch_ms, 0, 0, 0);
}
constexpr FieldRule utc_text(const char* name, FieldPlace place) {
  return field(name, place, FieldKind::utc_text, 0, 0, 0);
}
constexpr FieldRule at_most(std::int32_t max, const char* name, FieldPlace place) {
  return field(name, place, FieldKind::limited, 0, max, 0);
}
constexpr FieldRule in(Unit unit, FieldRule rule) {
  rule.unit = unit;
  return rule;
}
constexpr FieldRule required(FieldRule rule) {
  rule.type = FieldType::required_text;
  return rule;
}
constexpr FieldRule needs_next(FieldRule rule) {
  rule.partner = 1;
  return rule;
}
constexpr FieldRule needs_previous(FieldRule rule) {
  rule.partner = -1;
  return rule;
}

}  // namespace here_tracking
