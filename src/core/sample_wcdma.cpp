// SPDX-License-Identifier: Apache-2.0
#include "here_tracking/telemetry.hpp"

#include "sample_writer.hpp"

namespace here_tracking {
namespace {

#define FIELD(member) HERE_TRACKING_FIELD(WcdmaNeighbour, member)
constexpr FieldRule wcdma_nmr_fields[] = {
    limited("uarfcndl", FIELD(uarfcndl), 0, 16383),   limited("psc", FIELD(psc), 0, 511),
    limited("cid", FIELD(cid), 0, max_cell_id),       clamped("rscp", FIELD(rscp_dbm), -120, -25),
    clamped("pathloss", FIELD(pathloss_db), 46, 158),
};
#undef FIELD

#define FIELD(member) HERE_TRACKING_FIELD(WcdmaCell, member)
constexpr FieldRule wcdma_fields[] = {
    limited("mcc", FIELD(mcc), 200, 999),
    limited("mnc", FIELD(mnc), 0, 999),
    limited("lac", FIELD(lac), 1, 65535),
    limited("cid", FIELD(cid), 0, max_cell_id),
    needs_next(limited("uarfcndl", FIELD(uarfcndl), 0, 16383)),
    needs_previous(limited("psc", FIELD(psc), 0, 511)),
    clamped("rscp", FIELD(rscp_dbm), -120, -25),
    clamped("pathloss", FIELD(pathloss_db), 46, 158),
    utc_text("timestamp", FIELD(timestamp_ms)),
    at_most(256, "nmr", FIELD(nmr)),
};
#undef FIELD
constexpr ObjectRules wcdma_rules[] = {{"scan.wcdma", wcdma_fields, sizeof(WcdmaNeighbour)},
                                       {"scan.wcdma.nmr", wcdma_nmr_fields}};

}  // namespace

Status Sample::add(const WcdmaCell& cell) {
  static constexpr FieldRule cells = cell_list("wcdma", wcdma);
  return SampleWriter::add_item(*this, cells, wcdma_rules, &cell);
}

}  // namespace here_tracking
