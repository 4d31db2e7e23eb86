// SPDX-License-Identifier: Apache-2.0
#include "here_tracking/telemetry.hpp"

#include "sample_writer.hpp"

namespace here_tracking {
namespace {

#define FIELD(member) HERE_TRACKING_FIELD(GsmNeighbour, member)
constexpr FieldRule gsm_nmr_fields[] = {
    limited("bsic", FIELD(bsic), 0, 63),
    limited("bcch", FIELD(bcch), 0, 1023),
    limited("lac", FIELD(lac), 1, 65535),
    limited("cid", FIELD(cid), 0, 65535),
    clamped("rxlevel", FIELD(rxlevel_dbm), -110, -25),
};
#undef FIELD

#define FIELD(member) HERE_TRACKING_FIELD(GsmCell, member)
constexpr FieldRule gsm_fields[] = {
    limited("mcc", FIELD(mcc), 200, 999),
    limited("mnc", FIELD(mnc), 0, 999),
    limited("lac", FIELD(lac), 1, 65535),
    limited("cid", FIELD(cid), 0, 65535),
    needs_next(limited("bsic", FIELD(bsic), 0, 63)),
    needs_previous(limited("bcch", FIELD(bcch), 0, 1023)),
    clamped("rxlevel", FIELD(rxlevel_dbm), -110, -25),
    limited("ta", FIELD(ta), 0, 63),
    utc_text("timestamp", FIELD(timestamp_ms)),
    at_most(16, "nmr", FIELD(nmr)),
};
#undef FIELD
constexpr ObjectRules gsm_rules[] = {{"scan.gsm", gsm_fields, sizeof(GsmNeighbour)},
                                     {"scan.gsm.nmr", gsm_nmr_fields}};

}  // namespace

Status Sample::add(const GsmCell& cell) {
  static constexpr FieldRule cells = cell_list("gsm", gsm);
  return SampleWriter::add_item(*this, cells, gsm_rules, &cell);
}

}  // namespace here_tracking
