// SPDX-License-Identifier: Apache-2.0
#include "records.hpp"

#include <cstring>

namespace here_tracking {
namespace {

constexpr RecordKind shadow_kind = {0x314b4853, 0, "shadow", ""};  // "SHK1"

struct Header {
  Header(const RecordKind& kind, std::uint64_t identity)
      : words{kind.magic, static_cast<std::uint32_t>(identity),
              static_cast<std::uint32_t>(identity >> 32U)} {}

  std::uint32_t words[3];
};
static_assert(sizeof(Header) == record_header_bytes);

}  // namespace

std::uint64_t fnv1a(std::string_view text, std::uint64_t hash) {
  for (const char c : text)
    hash = (hash ^ static_cast<std::uint8_t>(c)) * 0x100000001b3U;
  return hash;
}

std::uint64_t fnv1a(std::string_view text) {
  return fnv1a(text, 0xcbf29ce484222325U);
}

bool write_record(std::uint64_t identity, const RecordKind& kind, const void* fields,
                  Span<char> memory, std::string_view& text) {
  const std::size_t text_at = record_header_bytes + kind.field_bytes;
  const std::size_t size = text_at + text.size();
  if (size + sizeof(std::uint64_t) > memory.size()) return false;
  const Header header(kind, identity);
  char* const record = memory.data();
  std::memcpy(record, &header, sizeof(header));
  std::memcpy(record + sizeof(header), fields, kind.field_bytes);
  if (!text.empty()) std::memmove(record + text_at, text.data(), text.size());
  const std::uint64_t hash = fnv1a({record, size});
  std::memcpy(record + size, &hash, sizeof(hash));
  text = {record, size + sizeof(hash)};
  return true;
}

bool read_record(std::uint64_t identity, const RecordKind& kind, void* fields,
                 std::string_view& record) {
  const std::size_t overhead = record_overhead_bytes + kind.field_bytes;
  if (record.size() < overhead) return false;
  const char* const start = record.data();
  const std::size_t size = record.size() - sizeof(std::uint64_t);
  const Header header(kind, identity);
  std::uint64_t hash = 0;
  std::memcpy(&hash, start + size, sizeof(hash));
  if (std::memcmp(start, &header, sizeof(header)) != 0 || fnv1a({start, size}) != hash) {
    return false;
  }
  std::memcpy(fields, start + sizeof(header), kind.field_bytes);
  record = {start + sizeof(header) + kind.field_bytes, record.size() - overhead};
  return true;
}

Span<char> ShadowRecord::text_in(Span<char> memory) {
  if (memory.size() < overhead_bytes) return {};
  return {memory.data() + record_header_bytes, memory.size() - overhead_bytes};
}

Span<const std::uint8_t> ShadowRecord::encode(std::uint64_t identity, std::size_t text_size,
                                              Span<char> memory) {
  std::string_view text(text_in(memory).data(), text_size);
  (void)write_record(identity, shadow_kind, &identity, memory, text);  // text_in() is the room
  return bytes_of(text);
}

std::string_view ShadowRecord::decode(Span<const std::uint8_t> bytes, std::uint64_t identity) {
  std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  return read_record(identity, shadow_kind, &identity, text) ? text : std::string_view();
}

}  // namespace here_tracking
