// SPDX-License-Identifier: Apache-2.0
#include "here_tracking/platform/modem_manager.hpp"

#include "bus.hpp"
#include "modem_cells.hpp"

#include <algorithm>
#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace here_tracking {

namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

const std::string service = "org.freedesktop.ModemManager1";
const std::string root = "/org/freedesktop/ModemManager1";
const std::string modem_interface = service + ".Modem";
const std::string gpp_interface = modem_interface + ".Modem3gpp";
const std::string location_interface = modem_interface + ".Location";
const std::string signal_interface = modem_interface + ".Signal";

// MMModemState.
constexpr std::int64_t state_failed = -1;
constexpr std::int64_t state_locked = 2;
constexpr std::int64_t state_disabled = 3;
constexpr std::int64_t state_disabling = 4;
constexpr std::int64_t state_enabled = 6;
constexpr std::int64_t state_registered = 8;
// MMModemStateFailedReason.
constexpr std::int64_t reason_sim_missing = 2;
constexpr std::int64_t reason_sim_error = 3;
constexpr std::int64_t reason_no_esim_profile = 5;
// MMModemLocationSource.
constexpr std::int64_t source_3gpp = 1;

constexpr std::size_t max_log_bytes = 160;
constexpr const char* only_serving_cell =
    "its serving cell alone, as this user may not ask for all; run as root, or allow it in D-Bus "
    "and polkit";
// In place of a modem's path.
const std::string all_modems;
const std::string sims = "SIM";

/// A modem and all that ModemManager says of it without asking it.
struct Modem {
  std::string path;
  const BusValue* interfaces;

  [[nodiscard]] const BusValue& property(const std::string& interface, const char* name) const {
    return interfaces->at(interface).at(name);
  }
  [[nodiscard]] std::int64_t state() const {
    return property(modem_interface, "State").integer().value_or(0);
  }
  [[nodiscard]] std::string number() const { return path.substr(path.rfind('/') + 1); }
  [[nodiscard]] std::string name() const { return "modem " + number(); }
  [[nodiscard]] BusObject object(const std::string& interface) const {
    return {service, path, interface};
  }
};

std::vector<Modem> modems_in(const BusValue& objects) {
  std::vector<Modem> modems;
  for (const BusValue::Entry& object : objects.dictionary()) {
    if (!object.value.at(modem_interface).is_nothing()) {
      modems.push_back({object.key, &object.value});
    }
  }
  return modems;
}

/// MMModem3gppRegistrationState: home and roaming, with or without restrictions.
bool is_registered(std::optional<std::int64_t> state) {
  return state && (*state == 1 || *state == 5 || *state == 6 || *state == 7 || *state == 9 ||
                   *state == 10 || *state == 11);
}

ModemContext context_of(const Modem& modem) {
  ModemContext context;
  if (is_registered(modem.property(gpp_interface, "RegistrationState").integer())) {
    context.registered = parse_plmn(modem.property(gpp_interface, "OperatorCode").text());
  }
  context.access_technologies = static_cast<std::uint32_t>(
      modem.property(modem_interface, "AccessTechnologies").integer().value_or(0));
  return context;
}

/// Why a modem in that state cannot be asked, and what helps; empty: it can.
std::string obstacle(const Modem& modem) {
  const std::int64_t state = modem.state();
  if (state >= state_enabled) return {};
  if (state == state_failed) {
    switch (modem.property(modem_interface, "StateFailedReason").integer().value_or(0)) {
      case reason_sim_missing:
        return "no SIM; insert one";
      case reason_sim_error:
        return "the SIM cannot be read; insert it anew";
      case reason_no_esim_profile:
        return "the eSIM has no profile; install one";
      default:
        return "it failed; see mmcli -m " + modem.number() + ", and the log of ModemManager";
    }
  }
  if (state == state_locked) {
    return "the SIM is locked; unlock it: mmcli -m " + modem.number() + " --pin=PIN";
  }
  if (state == state_disabled || state == state_disabling) {
    return "it is disabled; enable it: mmcli -m " + modem.number() + " --enable";
  }
  return "it is not ready yet; wait";
}

std::string no_cell(const Modem& modem, const ModemCells& cells) {
  if (cells.nr != 0) return "only 5G NR cells, for which the service has no field; allow LTE too";
  if (cells.incomplete != 0) return "the modem does not tell which cell serves it; wait";
  if (modem.state() < state_registered) return "no service; check antenna and subscription";
  return "the modem tells of no cell; see mmcli -m " + modem.number() + " --get-cell-info";
}

bool is_digits(std::string_view text) {
  return text.find_first_not_of("0123456789") == std::string_view::npos;
}

bool is_printable(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

/// `text`, if the service takes one of such a length.
std::string if_fits(std::string_view text, std::size_t least, std::size_t most) {
  return text.size() >= least && text.size() <= most && is_printable(text) ? std::string(text)
                                                                           : std::string();
}

std::string phone_number_in(const BusValue& numbers) {
  for (const BusValue& number : numbers.list()) {
    const std::string_view text = number.text();
    if (text.size() >= 3 && text.size() <= 16 && text[0] == '+' && text[1] != '0' &&
        is_digits(text.substr(1))) {
      return std::string(text);
    }
  }
  return {};
}

}  // namespace

class ModemManagerCells::Daemon {
 public:
  explicit Daemon(Log* log) : log_(log) {}

  Status scan(Sample& sample, std::uint32_t timeout_ms) {
    const Bus::Time deadline = steady_clock::now() + milliseconds(timeout_ms);
    const BusReply objects = bus_.managed_objects(service, root, deadline);
    if (!objects.ok())
      return complain(all_modems, explain(objects, "ModemManager"), Code::hook_failed);
    const std::vector<Modem> modems = modems_in(objects.value());
    forget_all_but(modems);
    if (modems.empty()) {
      return complain(all_modems, "ModemManager has no modem; plug one in, and see mmcli -L",
                      Code::no_data);
    }
    settle(all_modems, "ModemManager has modems again");

    std::optional<Status> added;
    Status failed = Code::no_data;
    for (std::size_t i = 0; i < modems.size(); ++i) {
      const auto now = steady_clock::now();
      const auto share = (deadline - now) / static_cast<int>(modems.size() - i);
      const Status status = scan_modem(modems[i], sample, now + share);
      if (is_of_sample(status)) {
        if (!added || added->ok()) added = status;
      } else if (status != Code::no_data) {
        failed = status;
      }
    }
    return added.value_or(failed);
  }

  Status identify(ModemIdentity& identity, std::uint32_t timeout_ms) {
    const Bus::Time deadline = steady_clock::now() + milliseconds(timeout_ms);
    const BusReply objects = bus_.managed_objects(service, root, deadline);
    if (!objects.ok())
      return complain(all_modems, explain(objects, "ModemManager"), Code::hook_failed);
    std::vector<Modem> modems = modems_in(objects.value());
    if (!modems.empty()) settle(all_modems, "ModemManager has modems again");
    std::stable_sort(modems.begin(), modems.end(), [](const Modem& a, const Modem& b) {
      return (a.state() >= state_registered) > (b.state() >= state_registered);
    });
    ModemIdentity found;
    bool any = false;
    for (const Modem& modem : modems) {
      const std::string path(modem.property(modem_interface, "Sim").text());
      if (path.size() < 2) continue;  // "/" is none
      const BusReply sim = bus_.get_all({service, path, service + ".Sim"}, deadline);
      if (!sim.ok()) {
        // One that has just been pulled out is no failure.
        if (sim.failure == BusFailure::other) continue;
        return complain(sims, "SIM of " + modem.name() + ": " + explain(sim, "ModemManager"),
                        Code::hook_failed);
      }
      if (!any) take(modem, sim.value(), found);
      any = true;
      const auto home = parse_plmn(sim.value().at("OperatorIdentifier").text());
      if (home && home->mcc >= 200 && found.home_networks.size() < 2) {
        HomeNetwork network;
        network.mcc = home->mcc;
        network.mnc = home->mnc;
        found.home_networks.push_back(network);
      }
    }
    if (!any) return Code::no_data;
    settle(sims, "the SIM can be read again");
    identity = std::move(found);
    return {};
  }

  [[nodiscard]] std::uint64_t nr_cells_left_out() const { return nr_cells_; }

 private:
  /// What Sample::add() returned for cells that there were.
  static bool is_of_sample(Status status) {
    return status.ok() || status == Code::invalid_value || status == Code::buffer_too_small;
  }

  static void take(const Modem& modem, const BusValue& sim, ModemIdentity& into) {
    const std::string_view imsi = sim.at("Imsi").text();
    if (!imsi.empty() && imsi.size() <= 15 && is_digits(imsi)) into.imsi = imsi;
    into.iccid = if_fits(sim.at("SimIdentifier").text(), 18, 22);
    into.phone_number = phone_number_in(modem.property(modem_interface, "OwnNumbers"));
    const auto text = [&modem](const char* name) {
      return modem.property(modem_interface, name).text();
    };
    into.manufacturer = if_fits(text("Manufacturer"), 2, 50);
    into.model = if_fits(text("Model"), 1, 50);
    // Some add the date of the build and more.
    const std::string_view revision = text("Revision");
    into.firmware_version = if_fits(revision.substr(0, revision.find_first_of(" \r\n")), 3, 60);
  }

  Status scan_modem(const Modem& modem, Sample& sample, Bus::Time deadline) {
    const std::string why_not = obstacle(modem);
    if (!why_not.empty()) return complain(modem, why_not, Code::no_data);
    const ModemContext context = context_of(modem);

    const BusReply info = bus_.call(modem.object(modem_interface), "GetCellInfo", deadline);
    // The bus may let root alone call that, and others ask for the location.
    const bool denied = info.failure == BusFailure::denied;
    if (!info.ok() && info.failure != BusFailure::other && !denied) {
      return complain(modem, explain(info, "ModemManager"), Code::hook_failed);
    }
    ModemCells cells = cells_of_info(info.value(), context);
    note_nr(cells);
    if (cells.empty()) {
      BusReply failure;
      ModemCells served = registered_cell(modem, context, deadline, failure);
      if (!failure.ok()) {
        return complain(modem, explain(failure, "ModemManager"), Code::hook_failed);
      }
      if (served.empty()) {
        return denied ? complain(modem, explain(info, "ModemManager"), Code::hook_failed)
                      : complain(modem, no_cell(modem, cells), Code::no_data);
      }
      cells = std::move(served);
    }
    const Status status = add_cells(cells, sample);
    if (denied) return complain(modem, only_serving_cell, status);
    settle(modem.path, modem.name() + ": has cells again");
    return status;
  }

  /// @param failure set when it is worth a complaint.
  ModemCells registered_cell(const Modem& modem, const ModemContext& context, Bus::Time deadline,
                             BusReply& failure) {
    const auto bits = [&modem](const char* name) {
      return modem.property(location_interface, name).integer().value_or(0);
    };
    if ((bits("Capabilities") & source_3gpp) == 0) return {};
    const BusObject location = modem.object(location_interface);
    if ((bits("Enabled") & source_3gpp) == 0) {
      const auto sources = static_cast<std::uint32_t>(bits("Enabled") | source_3gpp);
      const int signals =
          modem.property(location_interface, "SignalsLocation").boolean() == true ? 1 : 0;
      BusReply setup = bus_.call(location, "Setup", deadline, [&](sd_bus_message* message) {
        return sd_bus_message_append(message, "ub", sources, signals);
      });
      if (!setup.ok()) {
        if (setup.failure != BusFailure::other) failure = std::move(setup);
        return {};
      }
    }
    BusReply where = bus_.call(location, "GetLocation", deadline);
    if (!where.ok()) {
      if (where.failure != BusFailure::other) failure = std::move(where);
      return {};
    }
    const ModemSignal signal{modem.property(signal_interface, "Gsm"),
                             modem.property(signal_interface, "Umts"),
                             modem.property(signal_interface, "Lte")};
    return cell_of_location(where.value().at(std::to_string(source_3gpp)).text(), context, signal);
  }

  void note_nr(const ModemCells& cells) {
    if (cells.nr != 0 && nr_cells_ == 0) {
      write(LogLevel::info, "5G NR cells are left out: the service has no field for them");
    }
    nr_cells_ += cells.nr;
  }

  Status complain(const Modem& modem, const std::string& why, Status code) {
    return complain(modem.path, modem.name() + ": " + why, code);
  }
  /// Says the same once. @param about a modem's path, all_modems or sims.
  Status complain(const std::string& about, const std::string& text, Status code) {
    std::string& last = complaints_[about];
    if (text != last) write(LogLevel::warning, text);
    last = text;
    return code;
  }
  void settle(const std::string& about, const std::string& text) {
    if (complaints_.erase(about) != 0) write(LogLevel::info, text);
  }

  /// A modem that comes again has another number.
  void forget_all_but(const std::vector<Modem>& modems) {
    for (auto it = complaints_.begin(); it != complaints_.end();) {
      const bool stays = it->first == all_modems || it->first == sims ||
                         std::any_of(modems.begin(), modems.end(),
                                     [&it](const Modem& modem) { return modem.path == it->first; });
      it = stays ? std::next(it) : complaints_.erase(it);
    }
  }

  void write(LogLevel level, std::string text) {
    if (log_ == nullptr) return;
    // It may hold what a daemon said.
    for (char& c : text) {
      if (c < ' ' || c > '~') c = '?';
    }
    log_->write(level, std::string_view(text).substr(0, max_log_bytes));
  }

  Log* log_;
  Bus bus_;
  std::map<std::string, std::string> complaints_;
  std::uint64_t nr_cells_ = 0;
};

ModemManagerCells::ModemManagerCells(Log* log) : daemon_(std::make_unique<Daemon>(log)) {}
ModemManagerCells::~ModemManagerCells() = default;

Status ModemManagerCells::scan(Sample& sample, std::uint32_t timeout_ms) {
  return daemon_->scan(sample, timeout_ms);
}

Status ModemManagerCells::identify(ModemIdentity& identity, std::uint32_t timeout_ms) {
  return daemon_->identify(identity, timeout_ms);
}

std::uint64_t ModemManagerCells::nr_cells_left_out() const {
  return daemon_->nr_cells_left_out();
}

}  // namespace here_tracking
