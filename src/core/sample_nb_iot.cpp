// SPDX-License-Identifier: Apache-2.0
#include "here_tracking/telemetry.hpp"

#include "sample_writer.hpp"

namespace here_tracking {
namespace {

#define FIELD(member) HERE_TRACKING_FIELD(NbIotNeighbour, member)
constexpr FieldRule nb_iot_nmr_fields[] = {
    limited("pci", FIELD(pci), 0, 503),
    limited("earfcn", FIELD(earfcn), 0, 262143),
    limited("cid", FIELD(cid), 0, max_cell_id),
    clamped("nrsrp", FIELD(nrsrp_dbm), -156, -44),
    clamped("nrsrq", FIELD(nrsrq_db_e1), -340, 25, 1),
};
#undef FIELD

#define FIELD(member) HERE_TRACKING_FIELD(NbIotCell, member)
constexpr FieldRule nb_iot_fields[] = {
    limited("mcc", FIELD(mcc), 200, 999),
    limited("mnc", FIELD(mnc), 0, 999),
    limited("tac", FIELD(tac), 0, 65535),
    limited("cid", FIELD(cid), 0, max_cell_id),
    needs_next(limited("pci", FIELD(pci), 0, 503)),
    needs_previous(limited("earfcn", FIELD(earfcn), 0, 262143)),
    clamped("nrsrp", FIELD(nrsrp_dbm), -156, -44),
    clamped("nrsrq", FIELD(nrsrq_db_e1), -340, 25, 1),
    limited("ta", FIELD(ta), 0, 1282),
    utc_text("timestamp", FIELD(timestamp_ms)),
    at_most(32, "nmr", FIELD(nmr)),
};
#undef FIELD
constexpr ObjectRules nb_iot_rules[] = {{"scan.nbIot", nb_iot_fields, sizeof(NbIotNeighbour)},
                                        {"scan.nbIot.nmr", nb_iot_nmr_fields}};

}  // namespace

Status Sample::add(const NbIotCell& cell) {
  static constexpr FieldRule cells = cell_list("nbIot", nb_iot);
  return SampleWriter::add_item(*this, cells, nb_iot_rules, &cell);
}

}  // namespace here_tracking
