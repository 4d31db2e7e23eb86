// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "here_tracking/hooks/cell.hpp"
#include "here_tracking/hooks/log.hpp"
#include "here_tracking/measurements.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace here_tracking {

/// Who a modem and its SIM are. Personal data: never in a log.
struct ModemIdentity {
  std::string imsi;                        ///< Empty where it is not known, as all of these
  std::string iccid;                       ///< Also called ICCID or SIM identifier
  std::string phone_number;                ///< E.164
  std::vector<HomeNetwork> home_networks;  ///< Of the SIMs of all modems, at most 2
  std::string manufacturer;                ///< Of the modem
  std::string model;
  std::string firmware_version;

  /// For Sample::set_sim(). Points into this object.
  [[nodiscard]] SimIdentity sim() const { return {imsi, iccid, phone_number}; }
  /// For ClientInfo::modules. Points into this object.
  [[nodiscard]] ClientModule client_module() const {
    return {manufacturer, model, firmware_version};
  }
};

/// Cells that the modems of this machine see, from ModemManager over D-Bus.
///
/// Asks `Modem.GetCellInfo`, which ModemManager answers for modems that speak MBIM (since 1.20) or
/// QMI (since 1.22): serving cells and neighbours. Where that is not supported, not
/// allowed, or has none, the place of registration in `Modem.Location` gives the serving cell
/// alone, with the levels of `Modem.Signal` if somebody has switched these on. The source switches
/// on the location source 3gpp-lac-ci if it is off, and nothing else. docs/linux-sources.md says
/// which of ModemManager's members becomes which of the service's fields, in which unit, and what
/// is left out.
///
/// All modems are asked that are enabled, with or without service; they share the time. A cell
/// whose network, area or identity nobody knows is left out, never guessed.
class ModemManagerCells final : public CellSource {
 public:
  /// @param log borrowed, may be nullptr. Told once for each modem why it has no cell (no SIM,
  ///        locked, disabled, no service, only 5G NR, a daemon that hangs or is missing), or its
  ///        serving cell alone for want of permission, and what helps; once when that is over.
  explicit ModemManagerCells(Log* log = nullptr);
  ~ModemManagerCells();
  ModemManagerCells(const ModemManagerCells&) = delete;
  ModemManagerCells& operator=(const ModemManagerCells&) = delete;

  /// @return ok; no_data (no modem, or none that sees a cell); invalid_value or buffer_too_small
  ///         from Sample::add(); hook_failed (no bus, no ModemManager, no answer within the time,
  ///         not allowed by D-Bus or polkit, and no cell from another modem); not_provided when the
  ///         library was built without D-Bus (HERE_TRACKING_DBUS).
  Status scan(Sample& sample, std::uint32_t timeout_ms) override;

  /// Who the first modem with a SIM is, one in service before the others.
  /// @return ok; no_data (no modem, no SIM); hook_failed, not_provided as scan().
  Status identify(ModemIdentity& identity, std::uint32_t timeout_ms);

  /// 5G NR cells that were left out so far, because the service has no field for them.
  [[nodiscard]] std::uint64_t nr_cells_left_out() const;

 private:
  class Daemon;
  std::unique_ptr<Daemon> daemon_;
};

}  // namespace here_tracking
