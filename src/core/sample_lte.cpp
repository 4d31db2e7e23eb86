// SPDX-License-Identifier: Apache-2.0
#include "here_tracking/telemetry.hpp"

#include "sample_writer.hpp"

#include <array>

namespace here_tracking {
namespace {

/// What is clamped: rsrp in dBm, rsrq in tenths of a dB.
struct LteRange {
  std::int32_t rsrp_min;
  std::int32_t rsrq_min;
  std::int32_t rsrq_max;
};
constexpr LteRange every_edition = {-140, -195, -30};
constexpr LteRange since_2_6_11 = {-156, -340, 30};

#define FIELD(member) HERE_TRACKING_FIELD(LteNeighbour, member)
constexpr std::array<FieldRule, 5> nmr_fields(LteRange range) {
  return {
      limited("pci", FIELD(pci), 0, 503),
      limited("earfcn", FIELD(earfcn), 0, 262143),
      limited("cid", FIELD(cid), 0, max_cell_id),
      clamped("rsrp", FIELD(rsrp_dbm), range.rsrp_min, -44),
      needs_previous(clamped("rsrq", FIELD(rsrq_db_e1), range.rsrq_min, range.rsrq_max, 1)),
  };
}
#undef FIELD
constexpr std::array narrow_nmr_fields = nmr_fields(every_edition);
constexpr std::array wide_nmr_fields = nmr_fields(since_2_6_11);

#define FIELD(member) HERE_TRACKING_FIELD(LteCell, member)
constexpr std::array<FieldRule, 11> cell_fields(LteRange range, std::int32_t max_neighbours) {
  return {
      limited("mcc", FIELD(mcc), 200, 999),
      limited("mnc", FIELD(mnc), 0, 999),
      limited("tac", FIELD(tac), 0, 65535),
      limited("cid", FIELD(cid), 0, max_cell_id),
      needs_next(limited("pci", FIELD(pci), 0, 503)),
      needs_previous(limited("earfcn", FIELD(earfcn), 0, 262143)),
      clamped("rsrp", FIELD(rsrp_dbm), range.rsrp_min, -44),
      needs_previous(clamped("rsrq", FIELD(rsrq_db_e1), range.rsrq_min, range.rsrq_max, 1)),
      limited("ta", FIELD(ta), 0, 1282),
      utc_text("timestamp", FIELD(timestamp_ms)),
      at_most(max_neighbours, "nmr", FIELD(nmr)),
  };
}
#undef FIELD
constexpr std::array narrow_fields = cell_fields(every_edition, 16);
constexpr std::array wide_fields = cell_fields(since_2_6_11, 16);
constexpr std::array cat_m_fields = cell_fields(since_2_6_11, 32);
constexpr std::size_t neighbour = sizeof(LteNeighbour);
constexpr ObjectRules narrow_rules[] = {{"scan.lte", narrow_fields, neighbour},
                                        {"scan.lte.nmr", narrow_nmr_fields}};
constexpr ObjectRules wide_rules[] = {{"scan.lte", wide_fields, neighbour},
                                      {"scan.lte.nmr", wide_nmr_fields}};
constexpr ObjectRules cat_m_rules[] = {{"scan.lteCatM", cat_m_fields, neighbour},
                                       {"scan.lteCatM.nmr", wide_nmr_fields}};

}  // namespace

Status Sample::add(const LteCell& cell) {
  static constexpr FieldRule cells = cell_list("lte", lte);
  return SampleWriter::add_item(*this, cells, options_.wide_lte_range ? wide_rules : narrow_rules,
                                &cell);
}

Status Sample::add(const LteCatMCell& cell) {
  static constexpr FieldRule cells = cell_list("lteCatM", lte_cat_m);
  return SampleWriter::add_item(*this, cells, cat_m_rules, static_cast<const LteCell*>(&cell));
}

}  // namespace here_tracking
