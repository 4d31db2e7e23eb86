// SPDX-License-Identifier: Apache-2.0
#include "here_tracking/telemetry.hpp"

#include "sample_writer.hpp"

namespace here_tracking {
namespace {

#define FIELD(member) HERE_TRACKING_FIELD(TdscdmaNeighbour, member)
constexpr FieldRule tdscdma_nmr_fields[] = {
    limited("uarfcn", FIELD(uarfcn), 0, 16383),
    limited("cellparams", FIELD(cellparams), 0, 127),
    limited("cid", FIELD(cid), 0, max_cell_id),
    needs_next(clamped("rscp", FIELD(rscp_dbm), -120, -25)),
    needs_previous(clamped("pathloss", FIELD(pathloss_db), 46, 158)),
};
#undef FIELD

#define FIELD(member) HERE_TRACKING_FIELD(TdscdmaCell, member)
constexpr FieldRule tdscdma_fields[] = {
    limited("mcc", FIELD(mcc), 200, 999),
    limited("mnc", FIELD(mnc), 0, 999),
    limited("lac", FIELD(lac), 1, 65535),
    limited("cid", FIELD(cid), 0, max_cell_id),
    needs_next(limited("uarfcn", FIELD(uarfcn), 0, 16383)),
    needs_previous(limited("cellparams", FIELD(cellparams), 0, 127)),
    needs_next(clamped("rscp", FIELD(rscp_dbm), -120, -25)),
    needs_previous(clamped("pathloss", FIELD(pathloss_db), 46, 158)),
    limited("ta", FIELD(ta), 0, 1530),
    utc_text("timestamp", FIELD(timestamp_ms)),
    at_most(256, "nmr", FIELD(nmr)),
};
#undef FIELD
constexpr ObjectRules tdscdma_rules[] = {{"scan.tdscdma", tdscdma_fields, sizeof(TdscdmaNeighbour)},
                                         {"scan.tdscdma.nmr", tdscdma_nmr_fields}};

}  // namespace

Status Sample::add(const TdscdmaCell& cell) {
  static constexpr FieldRule cells = cell_list("tdscdma", tdscdma);
  return SampleWriter::add_item(*this, cells, tdscdma_rules, &cell);
}

}  // namespace here_tracking
