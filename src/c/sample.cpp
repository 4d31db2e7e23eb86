// SPDX-License-Identifier: Apache-2.0
#include "here_tracking/telemetry.hpp"

#include "c/convert.hpp"
#include "c/settings.hpp"

#include <cstring>

using namespace here_tracking;
using namespace here_tracking::c;

namespace {

/// More neighbours than the stack of a small device should hold. The service takes 256 of a WCDMA
/// or TD-SCDMA cell.
constexpr std::size_t max_neighbours = 32;

Sample& cpp(ht_sample_t* sample) {
  return find<Sample>(sample);
}
const Sample& cpp(const ht_sample_t* sample) {
  return find<Sample>(sample);
}
Reported* cpp(ht_reported_t* reported) {
  // All zeros is a Reported that knows nothing.
  return reported != nullptr ? &find<Reported>(reported) : nullptr;
}

template <std::size_t size>
std::optional<std::array<std::uint8_t, size>> bytes(const std::uint8_t* from) {
  if (from == nullptr) return std::nullopt;
  std::array<std::uint8_t, size> bytes;
  std::memcpy(bytes.data(), from, size);
  return bytes;
}

/// What the cells of LTE, LTE-M and NB-IoT have in common.
template <typename To, typename From>
void take_evolved(const From& from, To& to) {
  to.mcc = from.mcc;
  to.mnc = from.mnc;
  to.cid = from.cid;
  to.tac = from_c(from.tac);
  to.pci = from_c(from.pci);
  to.earfcn = from_c(from.earfcn);
  to.ta = from_c(from.ta);
  to.timestamp_ms = from_c(from.timestamp_ms);
}

template <typename To>
ht_code_t add_lte(ht_sample_t* sample, const ht_lte_cell_t* cell) {
  const List<LteNeighbour, max_neighbours> nmr(
      cell->nmr, cell->nmr_count, [](const ht_lte_neighbour_t& from, LteNeighbour& to) {
        to.pci = from.pci;
        to.earfcn = from.earfcn;
        to.cid = from_c(from.cid);
        to.rsrp_dbm = from_c(from.rsrp_dbm);
        to.rsrq_db_e1 = from_c(from.rsrq_db_e1);
      });
  To to;
  take_evolved(*cell, to);
  to.rsrp_dbm = from_c(cell->rsrp_dbm);
  to.rsrq_db_e1 = from_c(cell->rsrq_db_e1);
  to.nmr = nmr.span();
  return to_c(cpp(sample).add(to));
}

}  // namespace

void ht_reported_confirm(ht_reported_t* reported) {
  cpp(reported)->confirm();
}

void ht_reported_forget(ht_reported_t* reported) {
  cpp(reported)->forget();
}

void ht_sample_init(ht_sample_t* sample, ht_memory_t memory, const ht_sample_options_t* options) {
  make<Sample>(*sample, from_c(memory), options != nullptr ? from_c(*options) : SampleOptions());
}

void ht_sample_clear(ht_sample_t* sample) {
  cpp(sample).clear();
}

void ht_sample_withhold(ht_sample_t* sample, const ht_shadow_t* shadow, int64_t at_ms) {
  const DisableTracking& disable = find<DesiredShadow>(shadow).disable_tracking;
  if (disable.applies_at(at_ms)) {
    cpp(sample).withhold(disable.position, disable.sensors);
  } else {
    cpp(sample).withhold({}, {});
  }
}

bool ht_sample_withholds_method(const ht_sample_t* sample, ht_position_method_t method) {
  return cpp(sample).withholds(static_cast<PositionMethod>(method));
}

bool ht_sample_withholds_sensor(const ht_sample_t* sample, ht_sensor_data_t sensor) {
  return cpp(sample).withholds(static_cast<SensorData>(sensor));
}

ht_code_t ht_sample_set_timestamp(ht_sample_t* sample, int64_t timestamp_ms) {
  return to_c(cpp(sample).set_timestamp(timestamp_ms));
}

ht_code_t ht_sample_set_position(ht_sample_t* sample, const ht_fix_t* fix) {
  return to_c(cpp(sample).set_position(from_c(*fix)));
}

ht_code_t ht_sample_set_gps(ht_sample_t* sample, const ht_fix_t* fix) {
  return to_c(cpp(sample).set_gps(from_c(*fix)));
}

ht_code_t ht_sample_set_country(ht_sample_t* sample, int32_t mcc) {
  return to_c(cpp(sample).set_country(mcc));
}

ht_code_t ht_sample_add_gsm(ht_sample_t* sample, const ht_gsm_cell_t* cell) {
  const List<GsmNeighbour, 16> nmr(cell->nmr, cell->nmr_count,
                                   [](const ht_gsm_neighbour_t& from, GsmNeighbour& to) {
                                     to.bsic = from.bsic;
                                     to.bcch = from.bcch;
                                     to.lac = from_c(from.lac);
                                     to.cid = from_c(from.cid);
                                     to.rxlevel_dbm = from_c(from.rxlevel_dbm);
                                   });
  GsmCell to;
  to.mcc = cell->mcc;
  to.mnc = cell->mnc;
  to.lac = cell->lac;
  to.cid = cell->cid;
  to.bsic = from_c(cell->bsic);
  to.bcch = from_c(cell->bcch);
  to.rxlevel_dbm = from_c(cell->rxlevel_dbm);
  to.ta = from_c(cell->ta);
  to.nmr = nmr.span();
  to.timestamp_ms = from_c(cell->timestamp_ms);
  return to_c(cpp(sample).add(to));
}

ht_code_t ht_sample_add_wcdma(ht_sample_t* sample, const ht_wcdma_cell_t* cell) {
  if (cell->nmr_count > max_neighbours) return HT_BUFFER_TOO_SMALL;
  const List<WcdmaNeighbour, max_neighbours> nmr(
      cell->nmr, cell->nmr_count, [](const ht_wcdma_neighbour_t& from, WcdmaNeighbour& to) {
        to.uarfcndl = from.uarfcndl;
        to.psc = from.psc;
        to.cid = from_c(from.cid);
        to.rscp_dbm = from_c(from.rscp_dbm);
        to.pathloss_db = from_c(from.pathloss_db);
      });
  WcdmaCell to;
  to.mcc = cell->mcc;
  to.mnc = cell->mnc;
  to.cid = cell->cid;
  to.lac = from_c(cell->lac);
  to.uarfcndl = from_c(cell->uarfcndl);
  to.psc = from_c(cell->psc);
  to.rscp_dbm = from_c(cell->rscp_dbm);
  to.pathloss_db = from_c(cell->pathloss_db);
  to.nmr = nmr.span();
  to.timestamp_ms = from_c(cell->timestamp_ms);
  return to_c(cpp(sample).add(to));
}

ht_code_t ht_sample_add_tdscdma(ht_sample_t* sample, const ht_tdscdma_cell_t* cell) {
  if (cell->nmr_count > max_neighbours) return HT_BUFFER_TOO_SMALL;
  const List<TdscdmaNeighbour, max_neighbours> nmr(
      cell->nmr, cell->nmr_count, [](const ht_tdscdma_neighbour_t& from, TdscdmaNeighbour& to) {
        to.uarfcn = from.uarfcn;
        to.cellparams = from.cellparams;
        to.cid = from_c(from.cid);
        to.rscp_dbm = from_c(from.rscp_dbm);
        to.pathloss_db = from_c(from.pathloss_db);
      });
  TdscdmaCell to;
  to.mcc = cell->mcc;
  to.mnc = cell->mnc;
  to.cid = cell->cid;
  to.lac = from_c(cell->lac);
  to.uarfcn = from_c(cell->uarfcn);
  to.cellparams = from_c(cell->cellparams);
  to.rscp_dbm = from_c(cell->rscp_dbm);
  to.pathloss_db = from_c(cell->pathloss_db);
  to.ta = from_c(cell->ta);
  to.nmr = nmr.span();
  to.timestamp_ms = from_c(cell->timestamp_ms);
  return to_c(cpp(sample).add(to));
}

ht_code_t ht_sample_add_lte(ht_sample_t* sample, const ht_lte_cell_t* cell) {
  return add_lte<LteCell>(sample, cell);
}

ht_code_t ht_sample_add_lte_cat_m(ht_sample_t* sample, const ht_lte_cell_t* cell) {
  return add_lte<LteCatMCell>(sample, cell);
}

ht_code_t ht_sample_add_nb_iot(ht_sample_t* sample, const ht_nb_iot_cell_t* cell) {
  const List<NbIotNeighbour, max_neighbours> nmr(
      cell->nmr, cell->nmr_count, [](const ht_nb_iot_neighbour_t& from, NbIotNeighbour& to) {
        to.pci = from.pci;
        to.earfcn = from.earfcn;
        to.cid = from_c(from.cid);
        to.nrsrp_dbm = from_c(from.nrsrp_dbm);
        to.nrsrq_db_e1 = from_c(from.nrsrq_db_e1);
      });
  NbIotCell to;
  take_evolved(*cell, to);
  to.nrsrp_dbm = from_c(cell->nrsrp_dbm);
  to.nrsrq_db_e1 = from_c(cell->nrsrq_db_e1);
  to.nmr = nmr.span();
  return to_c(cpp(sample).add(to));
}

ht_code_t ht_sample_add_cdma(ht_sample_t* sample, const ht_cdma_cell_t* cell) {
  const List<CdmaNeighbour, max_neighbours> nmr(
      cell->nmr, cell->nmr_count, [](const ht_cdma_neighbour_t& from, CdmaNeighbour& to) {
        to.pnoffset = from.pnoffset;
        to.channel = from.channel;
        to.bsid = from_c(from.bsid);
        to.pilotpower_dbm = from_c(from.pilotpower_dbm);
        to.frequency = from_c(from.frequency);
      });
  CdmaCell to;
  to.sid = cell->sid;
  to.nid = cell->nid;
  to.bsid = cell->bsid;
  to.rz = from_c(cell->rz);
  to.pnoffset = from_c(cell->pnoffset);
  to.channel = from_c(cell->channel);
  to.pilotpower_dbm = from_c(cell->pilotpower_dbm);
  to.baselat_deg_e7 = from_c(cell->baselat_deg_e7);
  to.baselng_deg_e7 = from_c(cell->baselng_deg_e7);
  to.nmr = nmr.span();
  to.timestamp_ms = from_c(cell->timestamp_ms);
  return to_c(cpp(sample).add(to));
}

ht_code_t ht_sample_add_wlan(ht_sample_t* sample, const ht_wlan_access_point_t* access_point) {
  WlanAccessPoint to;
  std::memcpy(to.mac.data(), access_point->mac, to.mac.size());
  to.powrx_dbm = from_c(access_point->powrx_dbm);
  to.ssid = from_c(access_point->ssid);
  to.band = static_cast<WlanBand>(access_point->band);
  to.timestamp_ms = from_c(access_point->timestamp_ms);
  return to_c(cpp(sample).add(to));
}

ht_code_t ht_sample_add_bluetooth(ht_sample_t* sample, const ht_bluetooth_beacon_t* beacon) {
  BluetoothBeacon to;
  to.rss_dbm = beacon->rss_dbm;
  to.mac = bytes<6>(beacon->mac);
  to.eddystone_id = bytes<16>(beacon->eddystone_id);
  to.ibeacon_id = bytes<20>(beacon->ibeacon_id);
  to.timestamp_ms = from_c(beacon->timestamp_ms);
  return to_c(cpp(sample).add(to));
}

ht_code_t ht_sample_add_sensors(ht_sample_t* sample, const ht_sensor_readings_t* readings) {
  SensorReadings to;
  to.temperature_c_e2 = from_c(readings->temperature_c_e2);
  to.relative_humidity_percent_e2 = from_c(readings->relative_humidity_percent_e2);
  to.pressure_hpa_e4 = from_c(readings->pressure_hpa_e4);
  to.acceleration_g_e6 = from_c(readings->acceleration_g_e6);
  to.tilt_degree_e2 = from_c(readings->tilt_degree_e2);
  to.battery_level_percent = from_c(readings->battery_level_percent);
  to.battery_is_charging = from_c(readings->battery_is_charging);
  to.device_is_attached = from_c(readings->device_is_attached);
  to.device_is_stationary = from_c(readings->device_is_stationary);
  to.device_is_tampered = from_c(readings->device_is_tampered);
  return to_c(cpp(sample).add(to));
}

ht_code_t ht_sample_set_state_version(ht_sample_t* sample, uint64_t state_version) {
  return to_c(cpp(sample).set_state_version(state_version));
}

ht_code_t ht_sample_set_mode(ht_sample_t* sample, ht_device_mode_t mode) {
  return to_c(cpp(sample).set_mode(static_cast<DeviceMode>(mode)));
}

ht_code_t ht_sample_set_sim(ht_sample_t* sample, const ht_sim_identity_t* sim,
                            ht_reported_t* reported) {
  return to_c(cpp(sample).set_sim(
      {from_c(sim->imsi), from_c(sim->iccid), from_c(sim->phone_number)}, cpp(reported)));
}

ht_code_t ht_sample_set_client(ht_sample_t* sample, const ht_client_info_t* client,
                               ht_reported_t* reported) {
  const List<ClientModule, 10> modules(client->modules, client->module_count,
                                       [](const ht_client_module_t& from, ClientModule& to) {
                                         to.manufacturer = from_c(from.manufacturer);
                                         to.model = from_c(from.model);
                                         to.firmware_version = from_c(from.firmware_version);
                                       });
  const List<HomeNetwork, 2> networks(client->homenetwork, client->homenetwork_count,
                                      [](const ht_home_network_t& from, HomeNetwork& to) {
                                        to.mcc = from_c(from.mcc);
                                        to.mnc = from_c(from.mnc);
                                        to.sid = from_c(from.sid);
                                        to.nid = from_c(from.nid);
                                      });
  ClientInfo to;
  to.manufacturer = from_c(client->manufacturer);
  to.model = from_c(client->model);
  to.firmware = from_c(client->firmware);
  to.name = from_c(client->name);
  to.version = from_c(client->version);
  to.platform = from_c(client->platform);
  to.modules = modules.span();
  to.diskquota_kb = from_c(client->diskquota_kb);
  to.diagnosticscode = from_c(client->diagnosticscode);
  to.homenetwork = networks.span();
  to.has_temperature_sensor = from_c(client->has_temperature_sensor);
  to.has_humidity_sensor = from_c(client->has_humidity_sensor);
  to.has_pressure_sensor = from_c(client->has_pressure_sensor);
  to.has_accelerometer_sensor = from_c(client->has_accelerometer_sensor);
  to.has_attach_sensor = from_c(client->has_attach_sensor);
  to.has_tamper_sensor = from_c(client->has_tamper_sensor);
  to.has_no_battery = from_c(client->has_no_battery);
  to.accelerometer_sensor_range_g = {client->accelerometer_sensor_range_g,
                                     client->accelerometer_sensor_range_count};
  return to_c(cpp(sample).set_client(to, cpp(reported)));
}

ht_code_t ht_sample_set_payload(ht_sample_t* sample, const char* json_object) {
  return to_c(cpp(sample).set_payload(from_c(json_object)));
}

ht_text_t ht_sample_json(ht_sample_t* sample) {
  return to_c(cpp(sample).json());
}

ht_text_t ht_sample_untimed_json(const ht_sample_t* sample) {
  return to_c(cpp(sample).untimed_json());
}

ht_code_t ht_sample_status(const ht_sample_t* sample) {
  return to_c(cpp(sample).status());
}

const char* ht_sample_field_error(const ht_sample_t* sample, ht_memory_t into) {
  return write_field_error(cpp(sample).field_error(), into);
}

bool ht_sample_is_empty(const ht_sample_t* sample) {
  return cpp(sample).empty();
}

bool ht_sample_can_be_positioned(const ht_sample_t* sample) {
  return cpp(sample).can_be_positioned();
}

uint16_t ht_sample_clamped(const ht_sample_t* sample) {
  return cpp(sample).clamped();
}

uint16_t ht_sample_withheld(const ht_sample_t* sample) {
  return cpp(sample).withheld();
}
