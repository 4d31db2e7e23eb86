// SPDX-License-Identifier: Apache-2.0
#include "here_tracking/telemetry.hpp"

#include <array>
#include <cstdint>

namespace ht = here_tracking;

namespace {

std::array<char, 4096> buffer;

/// What a source would have measured. Volatile, so that the compiler can foresee none of it.
volatile std::int32_t measured;

std::uint32_t code(ht::Status status) {
  return static_cast<std::uint32_t>(status.code());
}

template <typename Cell>
std::uint32_t add(ht::Sample& sample) {
  Cell cell;
  cell.nmr = {nullptr, static_cast<std::size_t>(measured)};
  return code(sample.add(cell));
}

}  // namespace

// A sample of GSM cells and WLAN access points, and one technology more where ADD names it.
extern "C" std::uint32_t firmware() {
  ht::Sample sample(buffer);
  std::uint32_t result = add<ht::GsmCell>(sample);
  ht::WlanAccessPoint access_point;
  access_point.powrx_dbm = measured;
  result += code(sample.add(access_point));
#if defined(ADD_CELL)
  result += add<ht::ADD_CELL>(sample);
#elif defined(ADD_BLUETOOTH)
  ht::BluetoothBeacon beacon;
  beacon.rss_dbm = measured;
  if (measured > 0) beacon.mac.emplace();
  if (measured > 1) beacon.eddystone_id.emplace();
  if (measured > 2) beacon.ibeacon_id.emplace();
  result += code(sample.add(beacon));
#elif defined(ADD_SENSORS)
  ht::SensorReadings readings;
  readings.temperature_c_e2 = measured;
  result += code(sample.add(readings));
#elif defined(ADD_CLIENT)
  ht::ClientInfo client;
  client.diskquota_kb = measured;
  result += code(sample.set_client(client));
#elif defined(ADD_SIM)
  ht::SimIdentity sim;
  sim.imsi = {buffer.data(), static_cast<std::size_t>(measured)};
  result += code(sample.set_sim(sim));
#elif defined(ADD_POSITION)
  ht::Fix fix;
  fix.lat_deg_e7 = measured;
  result += code(sample.set_position(fix));
#elif defined(ADD_GPS)
  ht::SampleOptions options;
  options.contribute_gps = true;
  ht::Sample contribution(buffer, options);
  result += code(contribution.set_gps({}));
#elif defined(ADD_COUNTRY)
  result += code(sample.set_country(measured));
#elif defined(ADD_PAYLOAD)
  result += code(sample.set_payload({buffer.data(), static_cast<std::size_t>(measured)}));
#endif
  result += code(sample.set_timestamp(measured));
  return result + static_cast<std::uint32_t>(sample.json().size());
}
