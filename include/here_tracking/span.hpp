// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <type_traits>

namespace here_tracking {

/// A pointer and a length: memory that somebody else owns. Two words, passed by value.
///
/// What C++20 calls std::span, cut down to what this library needs.
template <typename T>
class Span {
 public:
  constexpr Span() = default;
  constexpr Span(T* data, std::size_t size) : data_(data), size_(size) {}

  template <std::size_t N>
  constexpr Span(T (&array)[N]) : data_(array), size_(N) {}  // NOLINT(google-explicit-constructor)

  template <typename U, std::size_t N>
  constexpr Span(std::array<U, N>& array)  // NOLINT(google-explicit-constructor)
      : data_(array.data()), size_(N) {}

  template <typename U, std::size_t N>
  constexpr Span(const std::array<U, N>& array)  // NOLINT(google-explicit-constructor)
      : data_(array.data()), size_(N) {}

  /// Span<T> to Span<const T>.
  template <typename U, typename = std::enable_if_t<std::is_convertible_v<U (*)[], T (*)[]>>>
  constexpr Span(Span<U> other)  // NOLINT(google-explicit-constructor)
      : data_(other.data()), size_(other.size()) {}

  [[nodiscard]] constexpr T* data() const { return data_; }
  [[nodiscard]] constexpr std::size_t size() const { return size_; }
  [[nodiscard]] constexpr bool empty() const { return size_ == 0; }
  [[nodiscard]] constexpr T& operator[](std::size_t i) const { return data_[i]; }
  [[nodiscard]] constexpr T* begin() const { return data_; }
  [[nodiscard]] constexpr T* end() const { return data_ + size_; }

 private:
  T* data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace here_tracking
