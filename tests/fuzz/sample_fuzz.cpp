// SPDX-License-Identifier: Apache-2.0
// Measurements of any value, in any order, into a buffer of any size.
#include "here_tracking/restamp.hpp"
#include "here_tracking/telemetry.hpp"

#include "json_reader.hpp"

#include <array>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include <fuzzer/FuzzedDataProvider.h>

namespace {

namespace ht = here_tracking;

void require(bool condition) {
  if (!condition) std::abort();
}

class AcceptAll final : public ht::JsonHandler {
 public:
  bool on_part(const ht::JsonPart&) override { return true; }
};

class Maker {
 public:
  explicit Maker(FuzzedDataProvider& data) : data_(data) {}

  std::int32_t number() {
    constexpr std::int32_t often[] = {0, 1, -1, 200, 262, 999, 503, -44, -50, 65535, 268435455};
    return data_.ConsumeBool() ? data_.PickValueInArray(often)
                               : data_.ConsumeIntegral<std::int32_t>();
  }
  template <typename T>
  void fill(T& value) {
    value = static_cast<T>(number());
  }
  template <typename T>
  void fill(std::optional<T>& value) {
    if (data_.ConsumeBool()) fill(value.emplace());
  }
  void fill(std::string_view& text) {
    texts_[next_] = data_.ConsumeRandomLengthString(160);
    text = texts_[next_++ % texts_.size()];
    next_ %= texts_.size();
  }
  template <typename... Fields>
  void fill_all(Fields&... fields) {
    (fill(fields), ...);
  }
  template <typename Item, std::size_t N, typename Fill>
  ht::Span<const Item> list(std::array<Item, N>& items, Fill fill_item) {
    const auto count = data_.ConsumeIntegralInRange<std::size_t>(0, N);
    for (std::size_t i = 0; i < count; ++i)
      fill_item(items[i]);
    return {items.data(), count};
  }
  std::optional<std::int64_t> time() {
    if (data_.ConsumeBool()) return {};
    return data_.ConsumeIntegralInRange<std::int64_t>(-2, ht::max_timestamp_ms + 2);
  }

 private:
  FuzzedDataProvider& data_;
  std::array<std::string, 40> texts_;
  std::size_t next_ = 0;
};

ht::Status add(ht::Sample& sample, FuzzedDataProvider& data) {
  Maker make(data);
  switch (data.ConsumeIntegralInRange(0, 17)) {
    case 0: {
      ht::GsmCell c;
      std::array<ht::GsmNeighbour, 17> nmr{};
      make.fill_all(c.mcc, c.mnc, c.lac, c.cid, c.bsic, c.bcch, c.rxlevel_dbm, c.ta);
      c.timestamp_ms = make.time();
      c.nmr = make.list(
          nmr, [&](auto& n) { make.fill_all(n.bsic, n.bcch, n.lac, n.cid, n.rxlevel_dbm); });
      return sample.add(c);
    }
    case 1: {
      ht::WcdmaCell c;
      make.fill_all(c.mcc, c.mnc, c.cid, c.lac, c.uarfcndl, c.psc, c.rscp_dbm, c.pathloss_db);
      return sample.add(c);
    }
    case 2: {
      ht::TdscdmaCell c;
      make.fill_all(c.mcc, c.mnc, c.cid, c.lac, c.uarfcn, c.cellparams, c.rscp_dbm, c.pathloss_db);
      return sample.add(c);
    }
    case 3: {
      ht::LteCell c;
      std::array<ht::LteNeighbour, 17> nmr{};
      make.fill_all(c.mcc, c.mnc, c.cid, c.tac, c.pci, c.earfcn, c.rsrp_dbm, c.rsrq_db_e1, c.ta);
      c.timestamp_ms = make.time();
      c.nmr = make.list(
          nmr, [&](auto& n) { make.fill_all(n.pci, n.earfcn, n.cid, n.rsrp_dbm, n.rsrq_db_e1); });
      return sample.add(c);
    }
    case 4: {
      ht::LteCatMCell c;
      make.fill_all(c.mcc, c.mnc, c.cid, c.tac, c.pci, c.earfcn, c.rsrp_dbm, c.rsrq_db_e1, c.ta);
      return sample.add(c);
    }
    case 5: {
      ht::NbIotCell c;
      make.fill_all(c.mcc, c.mnc, c.cid, c.tac, c.pci, c.earfcn, c.nrsrp_dbm, c.nrsrq_db_e1, c.ta);
      return sample.add(c);
    }
    case 6: {
      ht::CdmaCell c;
      make.fill_all(c.sid, c.nid, c.bsid, c.rz, c.pnoffset, c.channel, c.pilotpower_dbm,
                    c.baselat_deg_e7, c.baselng_deg_e7);
      return sample.add(c);
    }
    case 7: {
      ht::WlanAccessPoint a;
      make.fill_all(a.powrx_dbm, a.ssid);
      a.band = data.ConsumeBool()
                   ? ht::WlanBand::ghz_5
                   : static_cast<ht::WlanBand>(data.ConsumeIntegral<std::uint16_t>());
      a.timestamp_ms = make.time();
      return sample.add(a);
    }
    case 8: {
      ht::BluetoothBeacon b;
      make.fill(b.rss_dbm);
      if (data.ConsumeBool()) b.mac.emplace();
      if (data.ConsumeBool()) b.eddystone_id.emplace();
      if (data.ConsumeBool()) b.ibeacon_id.emplace();
      return sample.add(b);
    }
    case 9: {
      ht::SensorReadings r;
      make.fill_all(r.temperature_c_e2, r.relative_humidity_percent_e2, r.pressure_hpa_e4,
                    r.acceleration_g_e6, r.tilt_degree_e2, r.battery_level_percent,
                    r.device_is_attached);
      return sample.add(r);
    }
    case 10:
      return sample.set_mode(static_cast<ht::DeviceMode>(data.ConsumeIntegral<std::uint8_t>()));
    case 11:
      return sample.set_state_version(data.ConsumeIntegral<std::uint64_t>());
    case 12: {
      ht::SimIdentity s;
      make.fill_all(s.imsi, s.iccid, s.phone_number);
      return sample.set_sim(s);
    }
    case 13: {
      ht::ClientInfo c;
      std::array<ht::ClientModule, 11> modules{};
      std::array<ht::HomeNetwork, 3> networks{};
      std::array<std::int32_t, 6> ranges{};
      make.fill_all(c.manufacturer, c.model, c.firmware, c.name, c.version, c.platform,
                    c.diskquota_kb, c.diagnosticscode, c.has_no_battery);
      c.modules = make.list(modules, [&](auto& m) { make.fill_all(m.manufacturer, m.model); });
      c.homenetwork =
          make.list(networks, [&](auto& n) { make.fill_all(n.mcc, n.mnc, n.sid, n.nid); });
      c.accelerometer_sensor_range_g = make.list(ranges, [&](auto& r) { make.fill(r); });
      return sample.set_client(c);
    }
    case 14:
      return sample.set_country(make.number());
    case 15:
    case 16: {
      ht::Fix f;
      make.fill_all(f.lat_deg_e7, f.lng_deg_e7, f.accuracy_mm, f.confidence_percent, f.alt_mm,
                    f.altaccuracy_mm, f.heading_cdeg, f.speed_mm_s, f.satellite_count,
                    f.wlan_count);
      f.type = static_cast<ht::PositionType>(data.ConsumeIntegralInRange(0, 4));
      f.timestamp_ms = make.time();
      if (data.ConsumeBool()) {
        f.floor.emplace();
        make.fill_all(f.floor->id, f.floor->name, f.floor->level_e2);
      }
      return data.ConsumeBool() ? sample.set_position(f) : sample.set_gps(f);
    }
    default:
      return sample.set_payload(R"({"a":[1,"b"]})");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  FuzzedDataProvider data(bytes, size);
  const auto room = data.ConsumeIntegralInRange<std::size_t>(0, 6000);
  std::vector<char> memory(room + 1, '#');
  ht::SampleOptions options;
  options.contribute_gps = data.ConsumeBool();
  options.wide_lte_range = data.ConsumeBool();
  ht::Sample sample({memory.data(), room}, options);
  require(sample.set_timestamp(ht::max_timestamp_ms).ok());
  std::string before(sample.json());
  while (data.remaining_bytes() > 0) {
    const ht::Status status = add(sample, data);
    const std::string_view json = sample.json();
    require(memory[room] == '#');
    if (status.ok()) {
      AcceptAll accept_all;
      require(json.empty() || ht::parse_json(json, 8, accept_all) == ht::JsonResult::ok);
      before = json;
    } else {
      require(status == ht::Code::invalid_value || status == ht::Code::buffer_too_small);
      require(json == before);
      char text[200];
      require(status != ht::Code::invalid_value || format(sample.field_error(), text) <= 160);
    }
  }
  if (room < 27) return 0;
  std::vector<char> restamped(16UL * 1024);
  std::size_t restamped_size = 0;
  require(ht::restamp(sample.untimed_json(), ht::max_timestamp_ms,
                      {restamped.data(), restamped.size() - 1}, restamped_size)
              .ok());
  restamped[restamped_size++] = '}';
  AcceptAll accept_all;
  require(ht::parse_json({restamped.data(), restamped_size}, 8, accept_all) == ht::JsonResult::ok);
  return 0;
}
