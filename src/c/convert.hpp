// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "here_tracking/c/here_tracking.h"
#include "here_tracking/measurements.hpp"
#include "here_tracking/span.hpp"
#include "here_tracking/status.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <new>
#include <optional>
#include <string_view>

/// From C to C++ and back.

namespace here_tracking::c {

// ---- objects ----

/// The C++ object in the memory of a C one. A function that makes it and one that finds it.
template <typename Object, typename Memory, typename... Arguments>
Object& make(Memory& memory, Arguments&&... arguments) {
  static_assert(sizeof(Object) <= sizeof(Memory), "its header names its size");
  static_assert(alignof(Object) <= alignof(Memory));
  return *new (static_cast<void*>(&memory)) Object{static_cast<Arguments&&>(arguments)...};
}
template <typename Object, typename Memory>
Object& find(Memory* memory) {
  return *std::launder(reinterpret_cast<Object*>(memory));
}
template <typename Object, typename Memory>
const Object& find(const Memory* memory) {
  return *std::launder(reinterpret_cast<const Object*>(memory));
}

// ---- values ----

/// What no code of the library is comes from a hook that has lost its way.
inline Status from_c(ht_code_t code) {
  const auto value = static_cast<unsigned>(code);
  if (value > static_cast<unsigned>(HT_SERVER_ERROR)) return Code::hook_failed;
  return static_cast<Code>(value);
}
inline ht_code_t to_c(Status status) {
  return static_cast<ht_code_t>(status.code());
}

inline std::string_view from_c(const char* text) {
  return text != nullptr ? std::string_view(text) : std::string_view();
}
inline std::string_view from_c(ht_text_t text) {
  return {text.data, text.size};
}
inline ht_text_t to_c(std::string_view text) {
  return {text.data(), text.size()};
}
inline Span<char> from_c(ht_memory_t memory) {
  return {memory.data, memory.size};
}

inline std::optional<bool> from_c(ht_opt_bool_t from) {
  return from.given ? std::optional<bool>(from.value) : std::nullopt;
}
inline std::optional<std::uint8_t> from_c(ht_opt_u8_t from) {
  return from.given ? std::optional<std::uint8_t>(from.value) : std::nullopt;
}
inline std::optional<std::uint16_t> from_c(ht_opt_u16_t from) {
  return from.given ? std::optional<std::uint16_t>(from.value) : std::nullopt;
}
inline std::optional<std::int32_t> from_c(ht_opt_i32_t from) {
  return from.given ? std::optional<std::int32_t>(from.value) : std::nullopt;
}
inline std::optional<std::uint32_t> from_c(ht_opt_u32_t from) {
  return from.given ? std::optional<std::uint32_t>(from.value) : std::nullopt;
}
inline std::optional<std::int64_t> from_c(ht_opt_i64_t from) {
  return from.given ? std::optional<std::int64_t>(from.value) : std::nullopt;
}

inline ht_opt_bool_t to_c(const std::optional<bool>& from) {
  return {from.has_value(), from.value_or(false)};
}
inline ht_opt_u8_t to_c(const std::optional<std::uint8_t>& from) {
  return {from.has_value(), from.value_or(std::uint8_t{0})};
}
inline ht_opt_u16_t to_c(const std::optional<std::uint16_t>& from) {
  return {from.has_value(), from.value_or(std::uint16_t{0})};
}
inline ht_opt_i32_t to_c(const std::optional<std::int32_t>& from) {
  return {from.has_value(), from.value_or(0)};
}
inline ht_opt_u32_t to_c(const std::optional<std::uint32_t>& from) {
  return {from.has_value(), from.value_or(0)};
}
inline ht_opt_i64_t to_c(const std::optional<std::int64_t>& from) {
  return {from.has_value(), from.value_or(0)};
}
inline ht_opt_u64_t to_c(const std::optional<std::uint64_t>& from) {
  return {from.has_value(), from.value_or(0)};
}

/// Zero in a configuration is the default.
template <typename T>
void replace(T& value, T from) {
  if (from != 0) value = from;
}

/// A C list as the list of C++ objects that the core takes. One that is longer is handed on with
/// its length alone: the core refuses it before it looks at an item.
template <typename To, std::size_t most>
class List {
 public:
  template <typename From, typename Convert>
  List(const From* items, std::size_t count, Convert convert) : count_(count) {
    if (count > most) return;
    for (std::size_t i = 0; i < count; ++i)
      convert(items[i], items_[i]);
  }
  [[nodiscard]] Span<const To> span() const { return {items_.data(), count_}; }

 private:
  std::array<To, most> items_;
  std::size_t count_;
};

Fix from_c(const ht_fix_t& from);
/// But for its floor, whose texts have no zero at their end.
ht_fix_t to_c(const Fix& from);

/// Writes it with a zero at its end.
const char* write_field_error(const FieldError& error, ht_memory_t into);

}  // namespace here_tracking::c
