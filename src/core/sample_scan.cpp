// SPDX-License-Identifier: Apache-2.0
#include "here_tracking/telemetry.hpp"

#include "crypto.hpp"
#include "sample_writer.hpp"

namespace here_tracking {
namespace {

constexpr std::int32_t max_cell_id = 268435455;  // 28 bits

#define FIELD(member) HERE_TRACKING_FIELD(Cell, member)

// ---- GSM ----

namespace gsm_rules {
using Cell = GsmCell;
constexpr FieldRule cell_fields[] = {
    limited("mcc", FIELD(mcc), 200, 999),
    limited("mnc", FIELD(mnc), 0, 999),
    limited("lac", FIELD(lac), 1, 65535),
    limited("cid", FIELD(cid), 0, 65535),
    needs(6, limited("bsic", FIELD(bsic), 0, 63)),
    needs(5, limited("bcch", FIELD(bcch), 0, 1023)),
    clamped("rxlevel", FIELD(rxlevel_dbm), -110, -25),
    limited("ta", FIELD(ta), 0, 63),
    utc_text("timestamp", FIELD(timestamp_ms)),
};
constexpr ObjectRules cell = {"scan.gsm", cell_fields};
}  // namespace gsm_rules
namespace gsm_nmr_rules {
using Cell = GsmNeighbour;
constexpr FieldRule fields[] = {
    limited("bsic", FIELD(bsic), 0, 63),
    limited("bcch", FIELD(bcch), 0, 1023),
    limited("lac", FIELD(lac), 1, 65535),
    limited("cid", FIELD(cid), 0, 65535),
    clamped("rxlevel", FIELD(rxlevel_dbm), -110, -25),
};
constexpr ListRules list = {"nmr", {"scan.gsm.nmr", fields}, 16, sizeof(Cell)};
}  // namespace gsm_nmr_rules

// ---- WCDMA ----

namespace wcdma_rules {
using Cell = WcdmaCell;
constexpr FieldRule cell_fields[] = {
    limited("mcc", FIELD(mcc), 200, 999),
    limited("mnc", FIELD(mnc), 0, 999),
    limited("lac", FIELD(lac), 1, 65535),
    limited("cid", FIELD(cid), 0, max_cell_id),
    needs(6, limited("uarfcndl", FIELD(uarfcndl), 0, 16383)),
    needs(5, limited("psc", FIELD(psc), 0, 511)),
    clamped("rscp", FIELD(rscp_dbm), -120, -25),
    clamped("pathloss", FIELD(pathloss_db), 46, 158),
    utc_text("timestamp", FIELD(timestamp_ms)),
};
constexpr ObjectRules cell = {"scan.wcdma", cell_fields};
}  // namespace wcdma_rules
namespace wcdma_nmr_rules {
using Cell = WcdmaNeighbour;
constexpr FieldRule fields[] = {
    limited("uarfcndl", FIELD(uarfcndl), 0, 16383),   limited("psc", FIELD(psc), 0, 511),
    limited("cid", FIELD(cid), 0, max_cell_id),       clamped("rscp", FIELD(rscp_dbm), -120, -25),
    clamped("pathloss", FIELD(pathloss_db), 46, 158),
};
constexpr ListRules list = {"nmr", {"scan.wcdma.nmr", fields}, 256, sizeof(Cell)};
}  // namespace wcdma_nmr_rules

// ---- TD-SCDMA ----

namespace tdscdma_rules {
using Cell = TdscdmaCell;
constexpr FieldRule cell_fields[] = {
    limited("mcc", FIELD(mcc), 200, 999),
    limited("mnc", FIELD(mnc), 0, 999),
    limited("lac", FIELD(lac), 1, 65535),
    limited("cid", FIELD(cid), 0, max_cell_id),
    needs(6, limited("uarfcn", FIELD(uarfcn), 0, 16383)),
    needs(5, limited("cellparams", FIELD(cellparams), 0, 127)),
    needs(8, clamped("rscp", FIELD(rscp_dbm), -120, -25)),
    needs(7, clamped("pathloss", FIELD(pathloss_db), 46, 158)),
    limited("ta", FIELD(ta), 0, 1530),
    utc_text("timestamp", FIELD(timestamp_ms)),
};
constexpr ObjectRules cell = {"scan.tdscdma", cell_fields};
}  // namespace tdscdma_rules
namespace tdscdma_nmr_rules {
using Cell = TdscdmaNeighbour;
constexpr FieldRule fields[] = {
    limited("uarfcn", FIELD(uarfcn), 0, 16383),
    limited("cellparams", FIELD(cellparams), 0, 127),
    limited("cid", FIELD(cid), 0, max_cell_id),
    needs(5, clamped("rscp", FIELD(rscp_dbm), -120, -25)),
    needs(4, clamped("pathloss", FIELD(pathloss_db), 46, 158)),
};
constexpr ListRules list = {"nmr", {"scan.tdscdma.nmr", fields}, 256, sizeof(Cell)};
}  // namespace tdscdma_nmr_rules

// ---- LTE, LTE-M ----

/// What is clamped: rsrp in dBm, rsrq in tenths of a dB.
struct LteRange {
  std::int32_t rsrp_min;
  std::int32_t rsrq_min;
  std::int32_t rsrq_max;
};
constexpr LteRange every_edition = {-140, -195, -30};
constexpr LteRange since_2_6_11 = {-156, -340, 30};

namespace lte_rules {
using Cell = LteCell;
constexpr std::array<FieldRule, 10> cell_fields(LteRange range) {
  return {
      limited("mcc", FIELD(mcc), 200, 999),
      limited("mnc", FIELD(mnc), 0, 999),
      limited("tac", FIELD(tac), 0, 65535),
      limited("cid", FIELD(cid), 0, max_cell_id),
      needs(6, limited("pci", FIELD(pci), 0, 503)),
      needs(5, limited("earfcn", FIELD(earfcn), 0, 262143)),
      clamped("rsrp", FIELD(rsrp_dbm), range.rsrp_min, -44),
      needs(7, clamped("rsrq", FIELD(rsrq_db_e1), range.rsrq_min, range.rsrq_max, 1)),
      limited("ta", FIELD(ta), 0, 1282),
      utc_text("timestamp", FIELD(timestamp_ms)),
  };
}
constexpr std::array narrow_fields = cell_fields(every_edition);
constexpr std::array wide_fields = cell_fields(since_2_6_11);
constexpr ObjectRules narrow_cell = {"scan.lte", narrow_fields};
constexpr ObjectRules wide_cell = {"scan.lte", wide_fields};
constexpr ObjectRules cat_m_cell = {"scan.lteCatM", wide_fields};
}  // namespace lte_rules
namespace lte_nmr_rules {
using Cell = LteNeighbour;
constexpr std::array<FieldRule, 5> fields(LteRange range) {
  return {
      limited("pci", FIELD(pci), 0, 503),
      limited("earfcn", FIELD(earfcn), 0, 262143),
      limited("cid", FIELD(cid), 0, max_cell_id),
      clamped("rsrp", FIELD(rsrp_dbm), range.rsrp_min, -44),
      needs(4, clamped("rsrq", FIELD(rsrq_db_e1), range.rsrq_min, range.rsrq_max, 1)),
  };
}
constexpr std::array narrow_fields = fields(every_edition);
constexpr std::array wide_fields = fields(since_2_6_11);
constexpr ListRules narrow_list = {"nmr", {"scan.lte.nmr", narrow_fields}, 16, sizeof(Cell)};
constexpr ListRules wide_list = {"nmr", {"scan.lte.nmr", wide_fields}, 16, sizeof(Cell)};
constexpr ListRules cat_m_list = {"nmr", {"scan.lteCatM.nmr", wide_fields}, 32, sizeof(Cell)};
}  // namespace lte_nmr_rules

// ---- NB-IoT ----

namespace nb_iot_rules {
using Cell = NbIotCell;
constexpr FieldRule cell_fields[] = {
    limited("mcc", FIELD(mcc), 200, 999),
    limited("mnc", FIELD(mnc), 0, 999),
    limited("tac", FIELD(tac), 0, 65535),
    limited("cid", FIELD(cid), 0, max_cell_id),
    needs(6, limited("pci", FIELD(pci), 0, 503)),
    needs(5, limited("earfcn", FIELD(earfcn), 0, 262143)),
    clamped("nrsrp", FIELD(nrsrp_dbm), -156, -44),
    clamped("nrsrq", FIELD(nrsrq_db_e1), -340, 25, 1),
    limited("ta", FIELD(ta), 0, 1282),
    utc_text("timestamp", FIELD(timestamp_ms)),
};
constexpr ObjectRules cell = {"scan.nbIot", cell_fields};
}  // namespace nb_iot_rules
namespace nb_iot_nmr_rules {
using Cell = NbIotNeighbour;
constexpr FieldRule fields[] = {
    limited("pci", FIELD(pci), 0, 503),
    limited("earfcn", FIELD(earfcn), 0, 262143),
    limited("cid", FIELD(cid), 0, max_cell_id),
    clamped("nrsrp", FIELD(nrsrp_dbm), -156, -44),
    clamped("nrsrq", FIELD(nrsrq_db_e1), -340, 25, 1),
};
constexpr ListRules list = {"nmr", {"scan.nbIot.nmr", fields}, 32, sizeof(Cell)};
}  // namespace nb_iot_nmr_rules

// ---- CDMA ----

namespace cdma_rules {
using Cell = CdmaCell;
constexpr FieldRule cell_fields[] = {
    limited("sid", FIELD(sid), 1, 32767),
    limited("nid", FIELD(nid), 0, 65535),
    limited("bsid", FIELD(bsid), 0, 65535),
    limited("rz", FIELD(rz), 0, 4095),
    needs(6, limited("pnoffset", FIELD(pnoffset), 0, 511)),
    needs(5, limited("channel", FIELD(channel), 0, 2047)),
    clamped("pilotpower", FIELD(pilotpower_dbm), -142, -49),
    limited("baselat", FIELD(baselat_deg_e7), -900000000, 900000000, 7),
    limited("baselng", FIELD(baselng_deg_e7), -1800000000, 1800000000, 7),
    utc_text("timestamp", FIELD(timestamp_ms)),
};
constexpr ObjectRules cell = {"scan.cdma", cell_fields};
}  // namespace cdma_rules
namespace cdma_nmr_rules {
using Cell = CdmaNeighbour;
constexpr FieldRule fields[] = {
    limited("pnoffset", FIELD(pnoffset), 0, 511),
    limited("channel", FIELD(channel), 0, 2047),
    limited("bsid", FIELD(bsid), 0, 65535),
    clamped("pilotpower", FIELD(pilotpower_dbm), -142, -49),
    limited("frequency", FIELD(frequency), 0, 2047),
};
constexpr ListRules list = {"nmr", {"scan.cdma.nmr", fields}, 32, sizeof(Cell)};
}  // namespace cdma_nmr_rules

// ---- WLAN, Bluetooth ----

namespace wlan_rules {
using Cell = WlanAccessPoint;
constexpr FieldRule fields[] = {
    clamped("powrx", FIELD(powrx_dbm), -128, 0),
    utc_text("timestamp", FIELD(timestamp_ms)),
};
constexpr ObjectRules access_point = {"scan.wlan", fields};
}  // namespace wlan_rules
namespace bt_rules {
using Cell = BluetoothBeacon;
constexpr FieldRule fields[] = {
    clamped("rss", FIELD(rss_dbm), -128, 0),
    utc_text("timestamp", FIELD(timestamp_ms)),
};
constexpr ObjectRules beacon = {"scan.bt", fields};
}  // namespace bt_rules

#undef FIELD

bool ends_with(std::string_view text, std::string_view suffix) {
  return text.size() >= suffix.size() && after(text, text.size() - suffix.size()) == suffix;
}

void write_mac(JsonWriter& json, const MacAddress& mac) {
  char memory[17];
  TextBuilder text(memory);
  for (const std::uint8_t byte : mac) {
    if (text.size() != 0) text.append(':');
    text.append_hex(byte);
  }
  json.string("mac", text.text());
}

template <std::size_t N>
void write_base64(JsonWriter& json, const char* name, const std::array<std::uint8_t, N>& bytes) {
  char memory[base64_bytes(N)];
  json.string(name, {memory, base64(bytes, memory)});
}

}  // namespace

Status Sample::add(const GsmCell& cell) {
  return SampleWriter(*this).add_cell(gsm, "gsm", gsm_rules::cell, &cell, gsm_nmr_rules::list,
                                      cell.nmr.data(), cell.nmr.size());
}

Status Sample::add(const WcdmaCell& cell) {
  return SampleWriter(*this).add_cell(wcdma, "wcdma", wcdma_rules::cell, &cell,
                                      wcdma_nmr_rules::list, cell.nmr.data(), cell.nmr.size());
}

Status Sample::add(const TdscdmaCell& cell) {
  return SampleWriter(*this).add_cell(tdscdma, "tdscdma", tdscdma_rules::cell, &cell,
                                      tdscdma_nmr_rules::list, cell.nmr.data(), cell.nmr.size());
}

Status Sample::add(const LteCell& cell) {
  const bool wide = options_.wide_lte_range;
  return SampleWriter(*this).add_cell(lte, "lte",
                                      wide ? lte_rules::wide_cell : lte_rules::narrow_cell, &cell,
                                      wide ? lte_nmr_rules::wide_list : lte_nmr_rules::narrow_list,
                                      cell.nmr.data(), cell.nmr.size());
}

Status Sample::add(const LteCatMCell& cell) {
  return SampleWriter(*this).add_cell(lte_cat_m, "lteCatM", lte_rules::cat_m_cell,
                                      static_cast<const LteCell*>(&cell), lte_nmr_rules::cat_m_list,
                                      cell.nmr.data(), cell.nmr.size());
}

Status Sample::add(const NbIotCell& cell) {
  return SampleWriter(*this).add_cell(nb_iot, "nbIot", nb_iot_rules::cell, &cell,
                                      nb_iot_nmr_rules::list, cell.nmr.data(), cell.nmr.size());
}

Status Sample::add(const CdmaCell& cell) {
  return SampleWriter(*this).add_cell(cdma, "cdma", cdma_rules::cell, &cell, cdma_nmr_rules::list,
                                      cell.nmr.data(), cell.nmr.size());
}

Status Sample::add(const WlanAccessPoint& access_point) {
  if (ends_with(access_point.ssid, "_nomap")) {
    ++withheld_;
    return {};
  }
  if (keep_back(PositionMethod::wlan)) return {};
  SampleWriter writer(*this);
  Status status = writer.check_room(wlan, "wlan", max_wlan_access_points, Unit::access_points);
  if (status.ok()) status = writer.check(wlan_rules::access_point, &access_point);
  if (!status.ok()) return status;
  const auto band_e2 = static_cast<std::uint16_t>(access_point.band);
  switch (access_point.band) {
    case WlanBand::unspecified:
    case WlanBand::ghz_2_4:
    case WlanBand::ghz_3_65:
    case WlanBand::ghz_5:
      break;
    default:
      status = writer.refuse("scan.wlan", "band", band_e2, Rule::band);
      writer.set_decimals(2);
      return status;
  }

  writer.begin_item(wlan, "wlan");
  write_mac(writer.json(), access_point.mac);
  writer.write(wlan_rules::access_point, &access_point);
  if (band_e2 != 0) writer.json().decimal("band", band_e2, 2);
  return writer.commit_item(wlan);
}

Status Sample::add(const BluetoothBeacon& beacon) {
  if (keep_back(PositionMethod::bt)) return {};
  SampleWriter writer(*this);
  Status status = writer.check_room(bt, "bt", max_bluetooth_beacons, Unit::beacons);
  if (status.ok()) status = writer.check(bt_rules::beacon, &beacon);
  if (!status.ok()) return status;
  if (!beacon.mac && !beacon.eddystone_id && !beacon.ibeacon_id) {
    return writer.refuse("scan", "bt", 0, Rule::beacon_identity);
  }

  writer.begin_item(bt, "bt");
  JsonWriter& json = writer.json();
  if (beacon.mac) write_mac(json, *beacon.mac);
  if (beacon.eddystone_id) write_base64(json, "eddystoneId", *beacon.eddystone_id);
  if (beacon.ibeacon_id) write_base64(json, "iBeaconId", *beacon.ibeacon_id);
  writer.write(bt_rules::beacon, &beacon);
  return writer.commit_item(bt);
}

Status Sample::set_country(std::int32_t mcc) {
  if (keep_back(PositionMethod::country)) return {};
  SampleWriter writer(*this);
  const Status status = writer.once(given_country, "scan", "country");
  if (!status.ok()) return status;
  if (mcc < 200 || mcc > 999) return writer.refuse_range("scan.country", "mcc", mcc, 200, 999);
  writer.begin_members(scan, "scan");
  writer.json().key("country");
  writer.json().begin_object();
  writer.json().integer("mcc", mcc);
  writer.json().end_object();
  return writer.commit(given_country);
}

}  // namespace here_tracking
