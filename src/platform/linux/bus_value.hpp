// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace here_tracking {

/// What came over D-Bus, as a tree of its own: no bus is needed to make one, so a mapping can be
/// tested without.
///
/// Variants are opened. A struct is a list. A dictionary keeps its order; its keys are text, those
/// that are numbers in decimal. What the caller asks for and is not there, or is of another kind,
/// reads as nothing: a daemon of another version must not be an error.
class BusValue {
 public:
  struct Entry;
  using List = std::vector<BusValue>;
  using Dictionary = std::vector<Entry>;
  using Bytes = std::vector<std::uint8_t>;

  BusValue() = default;
  template <typename T>
  explicit BusValue(T value) : value_(std::move(value)) {}

  [[nodiscard]] bool is_nothing() const { return std::holds_alternative<std::monostate>(value_); }

  [[nodiscard]] std::optional<bool> boolean() const { return copy<bool>(); }
  /// D-Bus types y, n, q, i, u, x; t up to the largest std::int64_t.
  [[nodiscard]] std::optional<std::int64_t> integer() const { return copy<std::int64_t>(); }
  [[nodiscard]] std::optional<double> real() const { return copy<double>(); }
  /// Strings, object paths, signatures. Empty when it is something else.
  [[nodiscard]] std::string_view text() const;
  /// An array of bytes (ay). Empty when it is something else.
  [[nodiscard]] const Bytes& bytes() const;
  /// Arrays, structs. Empty when it is something else.
  [[nodiscard]] const List& list() const;
  /// Dictionaries. Empty when it is something else.
  [[nodiscard]] const Dictionary& dictionary() const;

  /// The value of a key in a dictionary, or nothing.
  [[nodiscard]] const BusValue& at(std::string_view key) const;
  /// An item of a list, or nothing.
  [[nodiscard]] const BusValue& at(std::size_t index) const;

 private:
  template <typename T>
  [[nodiscard]] std::optional<T> copy() const {
    const T* const value = std::get_if<T>(&value_);
    return value != nullptr ? std::optional<T>(*value) : std::nullopt;
  }

  std::variant<std::monostate, bool, std::int64_t, double, std::string, Bytes, List, Dictionary>
      value_;
};

struct BusValue::Entry {
  std::string key;
  BusValue value;
};

}  // namespace here_tracking
