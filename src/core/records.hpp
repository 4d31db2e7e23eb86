// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "here_tracking/detail/server_time.hpp"
#include "here_tracking/span.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace here_tracking {

// What is kept through the storage hook: four bytes that name the kind and its version, an identity
// that ties the record to the service and device that it was made for, the fields of the kind, a
// text, and a 64-bit FNV-1a hash of all before it. Integers are in the order of the processor,
// which is little endian: who reads a record wrote it.

/// FNV-1a, 64 bits. Chain calls by passing the result on.
[[nodiscard]] std::uint64_t fnv1a(std::string_view text);
[[nodiscard, gnu::noinline]] std::uint64_t fnv1a(std::string_view text, std::uint64_t hash);
[[nodiscard]] inline std::uint64_t fnv1a(Span<const std::uint8_t> bytes, std::uint64_t hash) {
  return fnv1a({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, hash);
}

namespace detail {
struct RecordKind {
  std::uint32_t magic;
  std::uint32_t field_bytes;
  std::string_view name;  ///< In the storage
  const char* what;       ///< For people
};
}  // namespace detail
using detail::RecordKind;

/// What stands before its fields, and what a record has beside its fields and its text.
inline constexpr std::size_t record_header_bytes = 4 + 8;
inline constexpr std::size_t record_overhead_bytes = record_header_bytes + 8;

/// Makes a record in `memory`.
/// @param text becomes the whole record. It may lie in `memory`, where it belongs.
/// @return false when there is no room.
[[nodiscard]] bool write_record(std::uint64_t identity, const RecordKind& kind, const void* fields,
                                Span<char> memory, std::string_view& text);
/// @param record becomes its text.
/// @return whether it is intact, of that kind and identity. Else nothing is changed.
[[nodiscard]] bool read_record(std::uint64_t identity, const RecordKind& kind, void* fields,
                               std::string_view& record);

/// A record as the storage hook takes it.
[[nodiscard]] inline Span<const std::uint8_t> bytes_of(std::string_view record) {
  return {reinterpret_cast<const std::uint8_t*>(record.data()), record.size()};
}

struct ClockRecord {
  static constexpr RecordKind kind = {0x314b4348, 28, "clock", "time offset"};  // "HCK1"

  std::uint64_t boot_id;
  std::int64_t offset_ms;
  std::int64_t synced_at_ms;
  std::uint32_t date_trusted;
};

/// Its fields are TokenTimes, its text is the token.
inline constexpr RecordKind token_kind = {0x314b5448, 16, "token", "token"};  // "HTK1"
static_assert(sizeof(detail::TokenTimes) == 16);

/// The desired shadow, made and read in one piece of memory: `text_in` says where its text goes.
struct ShadowRecord {
  static constexpr std::string_view name = "shadow";
  static constexpr std::size_t overhead_bytes = record_overhead_bytes;

  [[nodiscard]] static Span<char> text_in(Span<char> memory);
  [[nodiscard]] static Span<const std::uint8_t> encode(std::uint64_t identity,
                                                       std::size_t text_size, Span<char> memory);
  /// Empty when it is not what it should be.
  [[nodiscard]] static std::string_view decode(Span<const std::uint8_t> bytes,
                                               std::uint64_t identity);
};

}  // namespace here_tracking
