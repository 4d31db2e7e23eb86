// SPDX-License-Identifier: Apache-2.0
#include "session_record.hpp"

#include "core/little_endian.hpp"
#include "core/records.hpp"

namespace here_tracking {
namespace {

constexpr std::uint32_t session_magic = 0x314b5348;  // "HSK1"
constexpr std::size_t header_bytes = 4 + 3 * 8;
constexpr std::size_t hash_bytes = 8;

}  // namespace

Span<std::uint8_t> SessionRecord::session_in(Span<std::uint8_t> memory) {
  return {memory.data() + header_bytes, memory.size() - header_bytes - hash_bytes};
}

Span<const std::uint8_t> SessionRecord::encode(std::uint64_t identity, const Validity& validity,
                                               std::size_t session_size,
                                               Span<std::uint8_t> memory) {
  ByteWriter writer(memory.data());
  writer.put(session_magic);
  writer.put(identity);
  writer.put(validity.from_s);
  writer.put(validity.until_s);
  const std::size_t hashed = header_bytes + session_size;
  ByteWriter(memory.data() + hashed).put(fnv1a(Span<const std::uint8_t>(memory.data(), hashed)));
  return {memory.data(), hashed + hash_bytes};
}

bool SessionRecord::decode(Span<const std::uint8_t> bytes, SessionRecord& record) {
  if (bytes.size() <= header_bytes + hash_bytes) return false;
  const std::size_t hashed = bytes.size() - hash_bytes;
  std::uint32_t magic = 0;
  std::uint64_t hash = 0;
  ByteReader reader(bytes.data());
  reader.get(magic);
  reader.get(record.identity);
  reader.get(record.validity.from_s);
  reader.get(record.validity.until_s);
  ByteReader(bytes.data() + hashed).get(hash);
  record.session = {reader.at(), hashed - header_bytes};
  return magic == session_magic && hash == fnv1a({bytes.data(), hashed});
}

}  // namespace here_tracking
