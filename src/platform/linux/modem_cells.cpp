// SPDX-License-Identifier: Apache-2.0
#include "modem_cells.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <string>
#include <type_traits>
#include <utility>

namespace here_tracking {

namespace {

// MMCellType.
constexpr std::int64_t type_cdma = 1;
constexpr std::int64_t type_gsm = 2;
constexpr std::int64_t type_umts = 3;
constexpr std::int64_t type_tdscdma = 4;
constexpr std::int64_t type_lte = 5;
constexpr std::int64_t type_nr = 6;

constexpr std::int64_t max_cid = 268435455;

using Number = std::optional<std::int32_t>;

/// A value outside of the range means "unknown": 0xFFFFFFFF, 0xFFFF for a PCI, and so on.
Number within(std::optional<std::int64_t> value, std::int64_t least, std::int64_t most) {
  if (!value || *value < least || *value > most) return {};
  return static_cast<std::int32_t>(*value);
}

std::optional<std::int64_t> parse_hex(std::string_view text) {
  std::int64_t value = 0;
  // from_chars() takes a sign.
  if (text.empty() || text.size() > 8 || text.front() == '-') return {};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
  if (error != std::errc{} || end != text.data() + text.size()) return {};
  return value;
}

Number hex(const BusValue& value, std::int64_t least, std::int64_t most) {
  return within(parse_hex(value.text()), least, most);
}

Number number(const BusValue& value, std::int64_t least, std::int64_t most) {
  return within(value.integer(), least, most);
}

/// A level, `scale` units a dB. What no receiver measures stands for "unknown", as -DBL_MAX does.
Number level(const BusValue& value, double least, double most, int scale = 1) {
  const std::optional<double> db = value.real();
  if (!db || !(*db >= least && *db <= most)) return {};
  return static_cast<std::int32_t>(std::lround(*db * scale));
}

// Wider than the service's ranges, to which Sample clamps.
Number power_dbm(const BusValue& value) {
  return level(value, -200, -1);
}
Number rsrq_db_e1(const BusValue& value) {
  return level(value, -50, 25, 10);
}

// 0000 and FFFE are reserved (3GPP TS 23.003), FFFF is what QMI has for unknown.
constexpr std::int64_t max_area = 0xfffd;
Number area(std::optional<std::int64_t> code) {
  return within(code, 1, max_area);
}

/// All of them or none.
template <typename... T>
void both_or_none(std::optional<T>&... values) {
  if (!(values && ...)) (values.reset(), ...);
}

/// Where the cell belongs to. An operator id of six digits is not relied on: what ModemManager
/// reads of a QMI modem has the digits of a long MNC in another order ("310041" for 310410).
std::optional<Plmn> plmn_of(const BusValue& cell, const std::optional<Plmn>& otherwise) {
  const std::string_view id = cell.at("operator-id").text();
  if (id.size() == 5) {
    if (const auto plmn = parse_plmn(id)) return plmn;
  }
  return otherwise;
}

// ---- a cell of each technology, if its identity is there ----

std::optional<GsmCell> gsm_cell(const BusValue& from, const std::optional<Plmn>& plmn) {
  const Number lac = area(parse_hex(from.at("lac").text()));
  const Number cid = hex(from.at("ci"), 1, 65535);
  if (!plmn || !lac || !cid) return {};
  GsmCell cell;
  cell.mcc = plmn->mcc;
  cell.mnc = plmn->mnc;
  cell.lac = *lac;
  cell.cid = *cid;
  cell.bsic = hex(from.at("base-station-id"), 0, 63);
  cell.bcch = number(from.at("arfcn"), 0, 1023);
  both_or_none(cell.bsic, cell.bcch);
  cell.ta = number(from.at("timing-advance"), 0, 63);
  // 3GPP TS 45.008, 8.1.4: the upper end of the interval of one dB.
  if (const Number rxlev = number(from.at("rx-level"), 0, 63)) cell.rxlevel_dbm = *rxlev - 110;
  return cell;
}

std::optional<GsmNeighbour> gsm_neighbour(const BusValue& from) {
  const Number bsic = hex(from.at("base-station-id"), 0, 63);
  const Number bcch = number(from.at("arfcn"), 0, 1023);
  if (!bsic || !bcch) return {};
  GsmNeighbour neighbour;
  neighbour.bsic = *bsic;
  neighbour.bcch = *bcch;
  neighbour.lac = area(parse_hex(from.at("lac").text()));
  neighbour.cid = hex(from.at("ci"), 1, 65535);
  if (const Number rxlev = number(from.at("rx-level"), 0, 63)) neighbour.rxlevel_dbm = *rxlev - 110;
  return neighbour;
}

std::optional<WcdmaCell> wcdma_cell(const BusValue& from, const std::optional<Plmn>& plmn) {
  const Number cid = hex(from.at("ci"), 1, max_cid);
  if (!plmn || !cid) return {};
  WcdmaCell cell;
  cell.mcc = plmn->mcc;
  cell.mnc = plmn->mnc;
  cell.cid = *cid;
  cell.lac = area(parse_hex(from.at("lac").text()));
  cell.uarfcndl = number(from.at("uarfcn"), 0, 16383);
  cell.psc = number(from.at("psc"), 0, 511);
  both_or_none(cell.uarfcndl, cell.psc);
  cell.rscp_dbm = power_dbm(from.at("rscp"));
  cell.pathloss_db = number(from.at("path-loss"), 1, 200);
  return cell;
}

std::optional<WcdmaNeighbour> wcdma_neighbour(const BusValue& from) {
  const Number uarfcn = number(from.at("uarfcn"), 0, 16383);
  const Number psc = number(from.at("psc"), 0, 511);
  if (!uarfcn || !psc) return {};
  WcdmaNeighbour neighbour;
  neighbour.uarfcndl = *uarfcn;
  neighbour.psc = *psc;
  neighbour.cid = hex(from.at("ci"), 1, max_cid);
  neighbour.rscp_dbm = power_dbm(from.at("rscp"));
  neighbour.pathloss_db = number(from.at("path-loss"), 1, 200);
  return neighbour;
}

std::optional<TdscdmaCell> tdscdma_cell(const BusValue& from, const std::optional<Plmn>& plmn) {
  const Number cid = hex(from.at("ci"), 1, max_cid);
  if (!plmn || !cid) return {};
  TdscdmaCell cell;
  cell.mcc = plmn->mcc;
  cell.mnc = plmn->mnc;
  cell.cid = *cid;
  cell.lac = area(parse_hex(from.at("lac").text()));
  cell.uarfcn = number(from.at("uarfcn"), 0, 16383);
  cell.cellparams = number(from.at("cell-parameter-id"), 0, 127);
  both_or_none(cell.uarfcn, cell.cellparams);
  cell.rscp_dbm = power_dbm(from.at("rscp"));
  cell.pathloss_db = number(from.at("path-loss"), 1, 200);
  both_or_none(cell.rscp_dbm, cell.pathloss_db);
  return cell;
}

std::optional<TdscdmaNeighbour> tdscdma_neighbour(const BusValue& from) {
  const Number uarfcn = number(from.at("uarfcn"), 0, 16383);
  const Number cellparams = number(from.at("cell-parameter-id"), 0, 127);
  if (!uarfcn || !cellparams) return {};
  TdscdmaNeighbour neighbour;
  neighbour.uarfcn = *uarfcn;
  neighbour.cellparams = *cellparams;
  neighbour.cid = hex(from.at("ci"), 1, max_cid);
  neighbour.rscp_dbm = power_dbm(from.at("rscp"));
  neighbour.pathloss_db = number(from.at("path-loss"), 1, 200);
  both_or_none(neighbour.rscp_dbm, neighbour.pathloss_db);
  return neighbour;
}

// 65535 says that the EARFCN has more than 16 bits (3GPP TS 36.331, 6.3.4), not which.
Number earfcn(const BusValue& value) {
  const Number channel = number(value, 0, 262143);
  return channel == 65535 ? Number() : channel;
}

std::optional<LteCell> lte_cell(const BusValue& from, const std::optional<Plmn>& plmn) {
  const Number cid = hex(from.at("ci"), 1, max_cid);
  if (!plmn || !cid) return {};
  LteCell cell;
  cell.mcc = plmn->mcc;
  cell.mnc = plmn->mnc;
  cell.cid = *cid;
  cell.tac = area(parse_hex(from.at("tac").text()));
  cell.pci = hex(from.at("physical-ci"), 0, 503);
  cell.earfcn = earfcn(from.at("earfcn"));
  both_or_none(cell.pci, cell.earfcn);
  cell.rsrp_dbm = power_dbm(from.at("rsrp"));
  if (cell.rsrp_dbm) cell.rsrq_db_e1 = rsrq_db_e1(from.at("rsrq"));
  return cell;
}

std::optional<LteNeighbour> lte_neighbour(const BusValue& from) {
  const Number pci = hex(from.at("physical-ci"), 0, 503);
  const Number channel = earfcn(from.at("earfcn"));
  if (!pci || !channel) return {};
  LteNeighbour neighbour;
  neighbour.pci = *pci;
  neighbour.earfcn = *channel;
  neighbour.cid = hex(from.at("ci"), 1, max_cid);
  neighbour.rsrp_dbm = power_dbm(from.at("rsrp"));
  if (neighbour.rsrp_dbm) neighbour.rsrq_db_e1 = rsrq_db_e1(from.at("rsrq"));
  return neighbour;
}

NbIotCell as_nb_iot(const LteCell& lte) {
  NbIotCell cell;
  cell.mcc = lte.mcc;
  cell.mnc = lte.mnc;
  cell.cid = lte.cid;
  cell.tac = lte.tac;
  cell.pci = lte.pci;
  cell.earfcn = lte.earfcn;
  cell.nrsrp_dbm = lte.rsrp_dbm;
  cell.nrsrq_db_e1 = lte.rsrq_db_e1;
  return cell;
}

NbIotNeighbour as_nb_iot(const LteNeighbour& lte) {
  NbIotNeighbour neighbour;
  neighbour.pci = lte.pci;
  neighbour.earfcn = lte.earfcn;
  neighbour.cid = lte.cid;
  neighbour.nrsrp_dbm = lte.rsrp_dbm;
  neighbour.nrsrq_db_e1 = lte.rsrq_db_e1;
  return neighbour;
}

std::optional<CdmaCell> cdma_cell(const BusValue& from, const std::optional<Plmn>& /*plmn*/) {
  const Number sid = hex(from.at("sid"), 1, 32767);
  const Number nid = hex(from.at("nid"), 0, 65535);
  const Number bsid = hex(from.at("base-station-id"), 0, 65535);
  if (!sid || !nid || !bsid) return {};
  CdmaCell cell;
  cell.sid = *sid;
  cell.nid = *nid;
  cell.bsid = *bsid;
  return cell;
}

/// One without a channel is none, and ModemManager does not tell the channel.
std::optional<CdmaNeighbour> cdma_neighbour(const BusValue& /*from*/) {
  return {};
}

// ---- who is whose neighbour ----

template <typename Neighbour>
Number strength(const Neighbour& neighbour) {
  if constexpr (std::is_same_v<Neighbour, GsmNeighbour>) {
    return neighbour.rxlevel_dbm;
  } else if constexpr (std::is_same_v<Neighbour, LteNeighbour>) {
    return neighbour.rsrp_dbm;
  } else if constexpr (std::is_same_v<Neighbour, CdmaNeighbour>) {
    return neighbour.pilotpower_dbm;
  } else {
    return neighbour.rscp_dbm;
  }
}

/// @param make_cell, make_neighbour return nothing when the identity is missing.
/// @return how many serving cells are left out.
template <typename Cell, typename Neighbour, typename MakeCell, typename MakeNeighbour>
std::uint32_t sort_out(const BusValue& info, std::int64_t type, const ModemContext& context,
                       std::size_t max_neighbours, CellsOf<Cell, Neighbour>& into,
                       MakeCell make_cell, MakeNeighbour make_neighbour) {
  std::uint32_t incomplete = 0;
  std::vector<const BusValue*> others;
  for (const BusValue& from : info.list()) {
    if (from.at("cell-type").integer() != type) continue;
    const bool serving = from.at("serving").boolean() == true;
    const auto cell =
        serving ? make_cell(from, plmn_of(from, context.registered)) : std::optional<Cell>();
    if (cell) {
      into.cells.push_back(*cell);
      continue;
    }
    // A secondary cell of carrier aggregation serves, and tells no more than a neighbour does.
    others.push_back(&from);
    incomplete += serving ? 1 : 0;
  }
  if (into.cells.empty()) {
    // Nobody's neighbours: those that say all about themselves stand for themselves.
    for (const BusValue* const from : others) {
      if (const auto cell = make_cell(*from, plmn_of(*from, std::nullopt))) {
        into.cells.push_back(*cell);
      }
    }
    return incomplete;
  }
  for (const BusValue* const from : others) {
    if (const auto neighbour = make_neighbour(*from)) into.neighbours.push_back(*neighbour);
  }
  std::stable_sort(
      into.neighbours.begin(), into.neighbours.end(),
      [](const Neighbour& a, const Neighbour& b) { return strength(a) > strength(b); });
  if (into.neighbours.size() > max_neighbours) into.neighbours.resize(max_neighbours);
  return 0;
}

bool is_only(std::uint32_t technologies, std::uint32_t one) {
  return (technologies & one) != 0 && (technologies & access_technology::lte) == 0;
}

/// Cells are of type LTE, whichever kind of LTE it is.
void tell_kinds_of_lte(ModemCells& cells, std::uint32_t technologies) {
  if (is_only(technologies, access_technology::nb_iot)) {
    for (const LteCell& cell : cells.lte.cells)
      cells.nb_iot.cells.push_back(as_nb_iot(cell));
    for (const LteNeighbour& neighbour : cells.lte.neighbours)
      cells.nb_iot.neighbours.push_back(as_nb_iot(neighbour));
    cells.lte = {};
  } else if (is_only(technologies, access_technology::lte_cat_m)) {
    for (const LteCell& cell : cells.lte.cells)
      cells.lte_cat_m.cells.push_back({cell});
    cells.lte_cat_m.neighbours = std::move(cells.lte.neighbours);
    cells.lte = {};
  } else if (cells.lte.neighbours.size() > 16) {
    cells.lte.neighbours.resize(16);
  }
}

template <typename Cell, typename Neighbour>
void add_all(const CellsOf<Cell, Neighbour>& all, Sample& sample, Status& first) {
  bool is_first = true;
  for (Cell cell : all.cells) {
    if (is_first) cell.nmr = {all.neighbours.data(), all.neighbours.size()};
    is_first = false;
    const Status status = sample.add(cell);
    if (first.ok() || first == Code::no_data) first = status;
  }
}

}  // namespace

bool ModemCells::empty() const {
  return gsm.cells.empty() && wcdma.cells.empty() && tdscdma.cells.empty() && lte.cells.empty() &&
         lte_cat_m.cells.empty() && nb_iot.cells.empty() && cdma.cells.empty();
}

std::optional<Plmn> parse_plmn(std::string_view code) {
  if (code.size() != 5 && code.size() != 6) return {};
  if (code.find_first_not_of("0123456789") != std::string_view::npos) return {};
  Plmn plmn;
  std::from_chars(code.data(), code.data() + 3, plmn.mcc);
  std::from_chars(code.data() + 3, code.data() + code.size(), plmn.mnc);
  return plmn;
}

ModemCells cells_of_info(const BusValue& info, const ModemContext& context) {
  ModemCells cells;
  std::uint32_t& incomplete = cells.incomplete;
  incomplete += sort_out(info, type_gsm, context, 16, cells.gsm, gsm_cell, gsm_neighbour);
  incomplete += sort_out(info, type_umts, context, 256, cells.wcdma, wcdma_cell, wcdma_neighbour);
  incomplete +=
      sort_out(info, type_tdscdma, context, 256, cells.tdscdma, tdscdma_cell, tdscdma_neighbour);
  incomplete += sort_out(info, type_lte, context, 32, cells.lte, lte_cell, lte_neighbour);
  incomplete += sort_out(info, type_cdma, context, 32, cells.cdma, cdma_cell, cdma_neighbour);
  tell_kinds_of_lte(cells, context.access_technologies);
  for (const BusValue& cell : info.list())
    cells.nr += cell.at("cell-type").integer() == type_nr ? 1 : 0;
  return cells;
}

ModemCells cell_of_location(std::string_view location, const ModemContext& context,
                            const ModemSignal& signal) {
  std::array<std::string_view, 5> parts;
  for (std::string_view& part : parts) {
    const std::size_t comma = std::min(location.find(','), location.size());
    part = location.substr(0, comma);
    location.remove_prefix(std::min(comma + 1, location.size()));
  }
  const auto& [mcc, mnc, lac, ci, tac] = parts;
  ModemContext own = context;
  own.registered = mcc.size() == 3 ? parse_plmn(std::string(mcc).append(mnc)) : std::nullopt;

  const auto text = [](std::string_view value) { return BusValue(std::string(value)); };
  BusValue::Dictionary cell{{"serving", BusValue(true)}, {"ci", text(ci)}};
  const auto set = [&cell](const char* key, const BusValue& value) {
    cell.push_back({key, value});
  };
  constexpr std::uint32_t any_lte =
      access_technology::lte | access_technology::lte_cat_m | access_technology::nb_iot;
  if ((context.access_technologies & any_lte) != 0) {
    set("cell-type", BusValue(type_lte));
    set("tac", text(tac));
    set("rsrp", signal.lte.at("rsrp"));
    set("rsrq", signal.lte.at("rsrq"));
  } else if ((context.access_technologies & access_technology::umts) != 0) {
    set("cell-type", BusValue(type_umts));
    set("lac", text(lac));
    set("rscp", signal.umts.at("rscp"));
  } else if ((context.access_technologies & access_technology::gsm) != 0) {
    set("cell-type", BusValue(type_gsm));
    set("lac", text(lac));
    if (const Number rssi = power_dbm(signal.gsm.at("rssi"))) {
      set("rx-level", BusValue(std::int64_t{std::clamp(*rssi + 110, 0, 63)}));
    }
  } else if ((context.access_technologies & access_technology::nr) != 0) {
    set("cell-type", BusValue(type_nr));
  }
  return cells_of_info(BusValue(BusValue::List{BusValue(std::move(cell))}), own);
}

Status add_cells(const ModemCells& cells, Sample& sample) {
  Status first = Code::no_data;
  add_all(cells.lte, sample, first);
  add_all(cells.lte_cat_m, sample, first);
  add_all(cells.nb_iot, sample, first);
  add_all(cells.wcdma, sample, first);
  add_all(cells.tdscdma, sample, first);
  add_all(cells.gsm, sample, first);
  add_all(cells.cdma, sample, first);
  return first;
}

}  // namespace here_tracking
