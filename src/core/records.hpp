// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "here_tracking/span.hpp"

#include "text.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace here_tracking {

// What the Client keeps through the storage hook. Integers are little endian; a record begins with
// four bytes that name its kind and version and ends with a 64-bit FNV-1a hash of all before it.
// `identity` ties it to the service and device that it was made for.

/// FNV-1a, 64 bits. Chain calls by passing the result on.
[[nodiscard]] std::uint64_t fnv1a(Span<const std::uint8_t> bytes,
                                  std::uint64_t hash = 0xcbf29ce484222325U);
[[nodiscard]] std::uint64_t fnv1a(std::string_view text, std::uint64_t hash = 0xcbf29ce484222325U);

/// The hash of what is written to it.
class HashSink final : public ByteSink {
 public:
  void append(std::string_view piece) override { value_ = fnv1a(piece, value_); }
  [[nodiscard]] std::uint64_t value() const { return value_; }

 private:
  std::uint64_t value_ = 0xcbf29ce484222325U;
};

/// Of the hash that a record ends with.
inline constexpr std::size_t record_hash_bytes = 8;
/// Writes the hash of the first `size` bytes behind them. Returns the whole record.
Span<const std::uint8_t> seal_record(std::uint8_t* record, std::size_t size);
/// Whether a record of at least 12 bytes begins with `magic`, and its hash is right.
[[nodiscard]] bool is_intact(Span<const std::uint8_t> record, std::uint32_t magic);

struct ClockRecord {
  static constexpr std::string_view name = "clock";
  static constexpr std::size_t bytes = 48;

  std::uint64_t identity = 0;
  std::uint64_t boot_id = 0;
  std::int64_t offset_ms = 0;
  std::int64_t synced_at_ms = 0;
  std::uint32_t date_trusted = 0;
};

[[nodiscard]] std::array<std::uint8_t, ClockRecord::bytes> encode(const ClockRecord& record);
bool decode(Span<const std::uint8_t> bytes, ClockRecord& record);

struct TokenRecord {
  static constexpr std::string_view name = "token";
  static constexpr std::size_t overhead_bytes = 36;

  std::uint64_t identity = 0;
  std::int64_t expires_ms = 0;
  std::int64_t renew_ms = 0;
  std::string_view token;
};

/// Returns the record's length, or 0 when it does not fit.
std::size_t encode(const TokenRecord& record, Span<std::uint8_t> into);
/// `record.token` points into `bytes`.
bool decode(Span<const std::uint8_t> bytes, TokenRecord& record);

/// The desired shadow, made and read in one piece of memory: `text_in` says where its text goes.
struct ShadowRecord {
  static constexpr std::string_view name = "shadow";
  static constexpr std::size_t overhead_bytes = 20;

  [[nodiscard]] static Span<char> text_in(Span<char> memory);
  [[nodiscard]] static Span<const std::uint8_t> encode(std::uint64_t identity,
                                                       std::size_t text_size, Span<char> memory);
  /// Empty when it is not what it should be.
  [[nodiscard]] static std::string_view decode(Span<const std::uint8_t> bytes,
                                               std::uint64_t identity);
};

}  // namespace here_tracking
