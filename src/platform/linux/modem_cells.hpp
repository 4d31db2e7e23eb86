// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "here_tracking/status.hpp"
#include "here_tracking/telemetry.hpp"

#include "bus_value.hpp"

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace here_tracking {

/// Cells of one technology that one modem sees. The neighbours are those of the first cell.
template <typename Cell, typename Neighbour>
struct CellsOf {
  std::vector<Cell> cells;
  std::vector<Neighbour> neighbours;
};

/// What one modem sees, in the service's terms. docs/linux-sources.md has the rules.
struct ModemCells {
  CellsOf<GsmCell, GsmNeighbour> gsm;
  CellsOf<WcdmaCell, WcdmaNeighbour> wcdma;
  CellsOf<TdscdmaCell, TdscdmaNeighbour> tdscdma;
  CellsOf<LteCell, LteNeighbour> lte;
  CellsOf<LteCatMCell, LteNeighbour> lte_cat_m;
  CellsOf<NbIotCell, NbIotNeighbour> nb_iot;
  CellsOf<CdmaCell, CdmaNeighbour> cdma;
  std::uint32_t nr = 0;          ///< 5G NR cells, for which the service has no field
  std::uint32_t incomplete = 0;  ///< Other serving cells, whose identity the modem does not tell

  [[nodiscard]] bool empty() const;
};

/// Bits of ModemManager's MMModemAccessTechnology.
namespace access_technology {
inline constexpr std::uint32_t gsm = 0x1e;    ///< GSM, GSM compact, GPRS, EDGE
inline constexpr std::uint32_t umts = 0x3e0;  ///< UMTS, HSDPA, HSUPA, HSPA, HSPA+
inline constexpr std::uint32_t lte = 1U << 14U;
inline constexpr std::uint32_t nr = 1U << 15U;
inline constexpr std::uint32_t lte_cat_m = 1U << 16U;
inline constexpr std::uint32_t nb_iot = 1U << 17U;
}  // namespace access_technology

/// A public land mobile network.
struct Plmn {
  std::int32_t mcc = 0;
  std::int32_t mnc = 0;
};

/// "26201", "310410". Nothing for anything else.
[[nodiscard]] std::optional<Plmn> parse_plmn(std::string_view code);

/// What else is known of the modem.
struct ModemContext {
  std::optional<Plmn> registered;  ///< Where it is registered, if it is
  std::uint32_t access_technologies = 0;
};

/// From the answer of org.freedesktop.ModemManager1.Modem.GetCellInfo (aa{sv}).
[[nodiscard]] ModemCells cells_of_info(const BusValue& info, const ModemContext& context);

/// The properties Gsm, Umts and Lte of org.freedesktop.ModemManager1.Modem.Signal (a{sv}); may be
/// nothing.
struct ModemSignal {
  const BusValue& gsm;
  const BusValue& umts;
  const BusValue& lte;
};

/// The serving cell alone, from "MCC,MNC,LAC,CI,TAC" of
/// org.freedesktop.ModemManager1.Modem.Location. Of which technology it is, the context says.
[[nodiscard]] ModemCells cell_of_location(std::string_view location, const ModemContext& context,
                                          const ModemSignal& signal);

/// @return as CellSource::scan().
Status add_cells(const ModemCells& cells, Sample& sample);

}  // namespace here_tracking
