// SPDX-License-Identifier: Apache-2.0
// What a GNSS receiver sends. The first byte says in what pieces the rest is fed.
#include "here_tracking/nmea.hpp"

#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string_view>

using here_tracking::Fix;
using here_tracking::NmeaParser;

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

void check(const Fix& fix) {
  require(fix.lat_deg_e7 >= -900000000 && fix.lat_deg_e7 <= 900000000);
  require(fix.lng_deg_e7 >= -1800000000 && fix.lng_deg_e7 <= 1800000000);
  require(fix.accuracy_mm > 0);
  require(!fix.altaccuracy_mm || fix.alt_mm);
  require(fix.heading_cdeg.has_value() == fix.speed_mm_s.has_value());
  require(!fix.heading_cdeg || *fix.heading_cdeg <= 36000);
  require(!fix.speed_mm_s || *fix.speed_mm_s >= 500);
  require(!fix.satellite_count || (*fix.satellite_count >= 1 && *fix.satellite_count <= 50));
  require(!fix.wlan_count && fix.type == here_tracking::PositionType::gnss);
  if (fix.timestamp_ms) {
    // The years 1980..2079, and a day more for a late or early sentence.
    require(*fix.timestamp_ms >= 315532800000 - 86400000);
    require(*fix.timestamp_ms <= 3471292800000 + 86400000);
  }
}

/// Feeds `text` in pieces of `size`; the newest fix and the counts are the result.
std::optional<Fix> parse(std::string_view text, std::size_t size, NmeaParser& parser) {
  while (!text.empty()) {
    parser.feed(text.substr(0, size));
    text.remove_prefix(text.size() < size ? text.size() : size);
  }
  parser.finish();
  return parser.take_fix();
}

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer calls it so
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data + 1), size - 1);

  NmeaParser whole;
  const auto fix = parse(text, text.size() + 1, whole);
  if (fix) check(*fix);
  require(fix.has_value() == (whole.stats().fixes > 0));

  NmeaParser pieces;
  const auto same = parse(text, 1U + data[0] % 32U, pieces);
  require(same.has_value() == fix.has_value());
  if (fix) {
    require(same->lat_deg_e7 == fix->lat_deg_e7 && same->lng_deg_e7 == fix->lng_deg_e7);
    require(same->timestamp_ms == fix->timestamp_ms && same->accuracy_mm == fix->accuracy_mm);
  }
  require(pieces.stats().sentences == whole.stats().sentences);
  require(pieces.stats().checksums_wrong == whole.stats().checksums_wrong);
  require(pieces.stats().fixes == whole.stats().fixes);

  // Mutations rarely keep a checksum right: each line once more with a right one.
  NmeaParser repaired;
  for (std::string_view rest = text; !rest.empty();) {
    const std::string_view line = rest.substr(0, rest.find_first_of("*\n"));
    rest.remove_prefix(line.size() < rest.size() ? line.size() + 1 : rest.size());
    unsigned sum = 0;
    for (const char c : line) {
      if (c != '$') sum ^= static_cast<unsigned char>(c);
    }
    const char end[] = {'*', "0123456789abcdef"[sum / 16], "0123456789abcdef"[sum % 16], '\n'};
    repaired.feed(line);
    repaired.feed({end, sizeof(end)});
    if (const auto each = repaired.take_fix()) check(*each);
  }
  repaired.finish();
  if (const auto last = repaired.take_fix()) check(*last);
  return 0;
}
