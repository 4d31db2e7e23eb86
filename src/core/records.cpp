// SPDX-License-Identifier: Apache-2.0
#include "records.hpp"

#include "little_endian.hpp"

namespace here_tracking {
namespace {

constexpr std::uint32_t clock_magic = 0x314b4348;   // "HCK1"
constexpr std::uint32_t shadow_magic = 0x314b4853;  // "SHK1"
constexpr std::uint32_t token_magic = 0x314b5448;   // "HTK1"
constexpr std::size_t shadow_text_at = sizeof(shadow_magic) + sizeof(std::uint64_t);

class Writer : public ByteWriter {
 public:
  explicit Writer(std::uint8_t* into) : ByteWriter(into), start_(into) {}

  using ByteWriter::put;
  void put(std::string_view text) {
    for (const char c : text)
      put(static_cast<std::uint8_t>(c));
  }
  void put_hash() { seal_record(start_, static_cast<std::size_t>(at() - start_)); }

 private:
  std::uint8_t* start_;
};

}  // namespace

std::uint64_t fnv1a(Span<const std::uint8_t> bytes, std::uint64_t hash) {
  for (const std::uint8_t byte : bytes)
    hash = (hash ^ byte) * 0x100000001b3U;
  return hash;
}

std::uint64_t fnv1a(std::string_view text, std::uint64_t hash) {
  return fnv1a({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}, hash);
}

Span<const std::uint8_t> seal_record(std::uint8_t* record, std::size_t size) {
  ByteWriter(record + size).put(fnv1a(Span<const std::uint8_t>(record, size)));
  return {record, size + record_hash_bytes};
}

bool is_intact(Span<const std::uint8_t> record, std::uint32_t magic) {
  const std::size_t hashed = record.size() - record_hash_bytes;
  std::uint32_t found = 0;
  std::uint64_t hash = 0;
  ByteReader(record.data()).get(found);
  ByteReader(record.data() + hashed).get(hash);
  return found == magic && hash == fnv1a({record.data(), hashed});
}

std::array<std::uint8_t, ClockRecord::bytes> encode(const ClockRecord& record) {
  std::array<std::uint8_t, ClockRecord::bytes> bytes{};
  Writer writer(bytes.data());
  writer.put(clock_magic);
  writer.put(record.identity);
  writer.put(record.boot_id);
  writer.put(record.offset_ms);
  writer.put(record.synced_at_ms);
  writer.put(record.date_trusted);
  writer.put_hash();
  return bytes;
}

bool decode(Span<const std::uint8_t> bytes, ClockRecord& record) {
  if (bytes.size() != ClockRecord::bytes || !is_intact(bytes, clock_magic)) return false;
  ByteReader reader(bytes.data() + sizeof(clock_magic));
  reader.get(record.identity);
  reader.get(record.boot_id);
  reader.get(record.offset_ms);
  reader.get(record.synced_at_ms);
  reader.get(record.date_trusted);
  return true;
}

std::size_t encode(const TokenRecord& record, Span<std::uint8_t> into) {
  const std::size_t size = TokenRecord::overhead_bytes + record.token.size();
  if (size > into.size()) return 0;
  Writer writer(into.data());
  writer.put(token_magic);
  writer.put(record.identity);
  writer.put(record.expires_ms);
  writer.put(record.renew_ms);
  writer.put(record.token);
  writer.put_hash();
  return size;
}

bool decode(Span<const std::uint8_t> bytes, TokenRecord& record) {
  if (bytes.size() <= TokenRecord::overhead_bytes || !is_intact(bytes, token_magic)) return false;
  ByteReader reader(bytes.data() + sizeof(token_magic));
  reader.get(record.identity);
  reader.get(record.expires_ms);
  reader.get(record.renew_ms);
  record.token = {reinterpret_cast<const char*>(reader.at()),
                  bytes.size() - TokenRecord::overhead_bytes};
  return true;
}

Span<char> ShadowRecord::text_in(Span<char> memory) {
  if (memory.size() < overhead_bytes) return {};
  return {memory.data() + shadow_text_at, memory.size() - overhead_bytes};
}

Span<const std::uint8_t> ShadowRecord::encode(std::uint64_t identity, std::size_t text_size,
                                              Span<char> memory) {
  auto* const bytes = reinterpret_cast<std::uint8_t*>(memory.data());
  Writer writer(bytes);
  writer.put(shadow_magic);
  writer.put(identity);
  return seal_record(bytes, shadow_text_at + text_size);
}

std::string_view ShadowRecord::decode(Span<const std::uint8_t> bytes, std::uint64_t identity) {
  if (bytes.size() <= overhead_bytes || !is_intact(bytes, shadow_magic)) return {};
  std::uint64_t whose = 0;
  ByteReader reader(bytes.data() + sizeof(shadow_magic));
  reader.get(whose);
  if (whose != identity) return {};
  return {reinterpret_cast<const char*>(reader.at()), bytes.size() - overhead_bytes};
}

}  // namespace here_tracking
