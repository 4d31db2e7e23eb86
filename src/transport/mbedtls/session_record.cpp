// SPDX-License-Identifier: Apache-2.0
#include "session_record.hpp"

#include "core/little_endian.hpp"
#include "core/records.hpp"

namespace here_tracking {
namespace {

constexpr std::uint32_t session_magic = 0x314b5348;  // "HSK1"
constexpr std::size_t header_bytes = 4 + 3 * 8;

}  // namespace

Span<std::uint8_t> SessionRecord::session_in(Span<std::uint8_t> memory) {
  return {memory.data() + header_bytes, memory.size() - header_bytes - record_hash_bytes};
}

Span<const std::uint8_t> SessionRecord::encode(std::uint64_t identity, const Validity& validity,
                                               std::size_t session_size,
                                               Span<std::uint8_t> memory) {
  ByteWriter writer(memory.data());
  writer.put(session_magic);
  writer.put(identity);
  writer.put(validity.from_s);
  writer.put(validity.until_s);
  return seal_record(memory.data(), header_bytes + session_size);
}

bool SessionRecord::decode(Span<const std::uint8_t> bytes, SessionRecord& record) {
  constexpr std::size_t overhead = header_bytes + record_hash_bytes;
  if (bytes.size() <= overhead || !is_intact(bytes, session_magic)) return false;
  ByteReader reader(bytes.data() + sizeof(session_magic));
  reader.get(record.identity);
  reader.get(record.validity.from_s);
  reader.get(record.validity.until_s);
  record.session = {reader.at(), bytes.size() - overhead};
  return true;
}

}  // namespace here_tracking
