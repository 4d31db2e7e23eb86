// SPDX-License-Identifier: Apache-2.0
#include "here_tracking/telemetry.hpp"

#include "sample_writer.hpp"

namespace here_tracking {
namespace {

#define FIELD(member) HERE_TRACKING_FIELD(CdmaNeighbour, member)
constexpr FieldRule cdma_nmr_fields[] = {
    limited("pnoffset", FIELD(pnoffset), 0, 511),
    limited("channel", FIELD(channel), 0, 2047),
    limited("bsid", FIELD(bsid), 0, 65535),
    clamped("pilotpower", FIELD(pilotpower_dbm), -142, -49),
    limited("frequency", FIELD(frequency), 0, 2047),
};
#undef FIELD

#define FIELD(member) HERE_TRACKING_FIELD(CdmaCell, member)
constexpr FieldRule cdma_fields[] = {
    limited("sid", FIELD(sid), 1, 32767),
    limited("nid", FIELD(nid), 0, 65535),
    limited("bsid", FIELD(bsid), 0, 65535),
    limited("rz", FIELD(rz), 0, 4095),
    needs_next(limited("pnoffset", FIELD(pnoffset), 0, 511)),
    needs_previous(limited("channel", FIELD(channel), 0, 2047)),
    clamped("pilotpower", FIELD(pilotpower_dbm), -142, -49),
    limited("baselat", FIELD(baselat_deg_e7), -900000000, 900000000, 7),
    limited("baselng", FIELD(baselng_deg_e7), -1800000000, 1800000000, 7),
    utc_text("timestamp", FIELD(timestamp_ms)),
    at_most(32, "nmr", FIELD(nmr)),
};
#undef FIELD
constexpr ObjectRules cdma_rules[] = {{"scan.cdma", cdma_fields, sizeof(CdmaNeighbour)},
                                      {"scan.cdma.nmr", cdma_nmr_fields}};

}  // namespace

Status Sample::add(const CdmaCell& cell) {
  static constexpr FieldRule cells = cell_list("cdma", cdma);
  return SampleWriter::add_item(*this, cells, cdma_rules, &cell);
}

}  // namespace here_tracking
