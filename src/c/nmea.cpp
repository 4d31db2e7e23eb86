// SPDX-License-Identifier: Apache-2.0
#include "here_tracking/nmea.hpp"

#include "c/convert.hpp"

using namespace here_tracking;
using namespace here_tracking::c;

namespace {

NmeaParser& cpp(ht_nmea_t* nmea) {
  return find<NmeaParser>(nmea);
}

}  // namespace

void ht_nmea_init(ht_nmea_t* nmea) {
  make<NmeaParser>(*nmea);
}

void ht_nmea_feed(ht_nmea_t* nmea, const char* bytes, size_t size) {
  cpp(nmea).feed({bytes, size});
}

void ht_nmea_finish(ht_nmea_t* nmea) {
  cpp(nmea).finish();
}

bool ht_nmea_take_fix(ht_nmea_t* nmea, ht_fix_t* into) {
  const std::optional<Fix> fix = cpp(nmea).take_fix();
  if (!fix) return false;
  *into = to_c(*fix);
  return true;
}

ht_nmea_stats_t ht_nmea_stats(const ht_nmea_t* nmea) {
  const NmeaParser::Stats& from = find<NmeaParser>(nmea).stats();
  return {from.sentences, from.checksums_wrong, from.fixes};
}
