// SPDX-License-Identifier: Apache-2.0
#include "measurement_file.hpp"

#include "failure.hpp"
#include "text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>
#include <set>
#include <type_traits>
#include <vector>

namespace here_tracking::cli {
namespace {

using nlohmann::json;

// ---- where we are ----

/// A number that its C++ member cannot hold.
struct Overflow {
  std::string path;
  std::string value;
  std::string range;
};

struct Reading {
  const std::string& file;
  std::optional<Overflow> overflow = std::nullopt;
};

/// A place in a file. Its parents must outlive it.
class Path {
 public:
  explicit Path(Reading& reading) : reading_(reading) {}

  [[nodiscard]] Path member(std::string_view name) const { return {*this, name, no_index}; }
  [[nodiscard]] Path item(std::size_t index) const { return {*this, {}, index}; }
  [[nodiscard]] Reading& reading() const { return reading_; }
  [[nodiscard]] bool is_root() const { return parent_ == nullptr; }

  /// "gsm[1].nmr[0].cid"
  [[nodiscard]] std::string text() const {
    if (is_root()) return {};
    std::string text = parent_->text();
    if (index_ != no_index) return text + "[" + std::to_string(index_) + "]";
    if (!text.empty()) text += '.';
    return text + printable(name_);
  }
  [[noreturn]] void refuse(const std::string& what) const {
    throw Failure(Exit::usage, reading_.file + ": " + text() + what);
  }

 private:
  static constexpr std::size_t no_index = std::numeric_limits<std::size_t>::max();

  Path(const Path& parent, std::string_view name, std::size_t index)
      : parent_(&parent), reading_(parent.reading_), name_(name), index_(index) {}

  const Path* parent_ = nullptr;
  Reading& reading_;
  std::string_view name_;
  std::size_t index_ = no_index;
};

[[noreturn]] void refuse_kind(const Path& path, const json& value, const char* wanted) {
  const std::string shown = value.is_object()   ? "an object"
                            : value.is_array()  ? "a list"
                            : value.is_string() ? "\"" + printable(value.get<std::string>()) + "\""
                                                : value.dump();
  path.refuse((path.is_root() ? "holds " : " = ") + shown + ": must be " + wanted);
}

// ---- members: from JSON into the C++ member of the same meaning ----

template <typename T>
struct Plain {
  using Type = T;
};
template <typename T>
struct Plain<std::optional<T>> {
  using Type = T;
};

template <typename T, typename Integer>
bool fits(Integer value) {
  if constexpr (std::is_signed_v<Integer>) {
    if (value < 0) return std::is_signed_v<T> && value >= Integer{std::numeric_limits<T>::min()};
  }
  return static_cast<std::uint64_t>(value) <=
         static_cast<std::uint64_t>(std::numeric_limits<T>::max());
}

/// A JSON number times 10^decimals, as an integer. One that does not fit becomes the nearest that
/// does, and is noted.
template <typename T>
T scaled(const Path& path, const json& value, int decimals) {
  constexpr T min = std::numeric_limits<T>::min();
  constexpr T max = std::numeric_limits<T>::max();
  const double factor = std::pow(10.0, decimals);
  if (decimals == 0 && value.is_number_unsigned()) {
    const auto number = value.get<std::uint64_t>();
    if (fits<T>(number)) return static_cast<T>(number);
  } else if (decimals == 0 && value.is_number_integer()) {
    const auto number = value.get<std::int64_t>();
    if (fits<T>(number)) return static_cast<T>(number);
  } else {
    // A double holds 15 decimal digits, and no member has more: this rounds to the value as it was
    // written.
    const double number = std::round(value.get<double>() * factor);
    if (number >= static_cast<double>(min) && number < static_cast<double>(max) + 1) {
      return static_cast<T>(number);
    }
  }
  const auto limit = [decimals, factor](T number) {
    const bool whole = decimals == 0 || number == 0;
    return whole ? json(number).dump() : json(static_cast<double>(number) / factor).dump();
  };
  path.reading().overflow = Overflow{path.text(), value.dump(), limit(min) + ".." + limit(max)};
  return value.get<double>() < 0 ? min : max;
}

template <auto member, int decimals = 0, typename Item>
void number(const Path& path, const json& value, Item& item) {
  using T = typename Plain<std::decay_t<decltype(item.*member)>>::Type;
  if (!value.is_number()) refuse_kind(path, value, "a number");
  item.*member = scaled<T>(path, value, decimals);
}

template <auto member, int decimals = 0, typename Item>
void integer(const Path& path, const json& value, Item& item) {
  if (!value.is_number_integer()) refuse_kind(path, value, "an integer");
  number<member, decimals>(path, value, item);
}

template <auto member, typename Item>
void flag(const Path& path, const json& value, Item& item) {
  if (!value.is_boolean()) refuse_kind(path, value, "true or false");
  item.*member = value.get<bool>();
}

const std::string& string(const Path& path, const json& value) {
  if (!value.is_string()) refuse_kind(path, value, "a string");
  return value.get_ref<const std::string&>();
}

/// Sample takes an empty text for one that is not given.
template <auto member, typename Item>
void text(const Path& path, const json& value, Item& item) {
  if (string(path, value).empty()) path.refuse(" is empty: must have a text, or be left out");
  item.*member = string(path, value);
}

template <auto member, typename Item>
void text_that_may_be_empty(const Path& path, const json& value, Item& item) {
  item.*member = string(path, value);
}

/// What it holds is nobody's business, whatever its kind.
template <auto member, typename Item>
void personal_text(const Path& path, const json& value, Item& item) {
  if (!value.is_string())
    path.refuse(" = " + std::string(value.type_name()) + ": must be a string");
  text<member>(path, value, item);
}

bool parse_mac(std::string_view text, MacAddress& mac) {
  if (text.size() != 17 || (text[2] != ':' && text[2] != '-')) return false;
  for (std::size_t i = 0; i < mac.size(); ++i) {
    const char* const pair = text.data() + 3 * i;
    if (i > 0 && pair[-1] != text[2]) return false;
    const auto [end, error] = std::from_chars(pair, pair + 2, mac[i], 16);
    if (error != std::errc{} || end != pair + 2) return false;
  }
  return true;
}

template <auto member, typename Item>
void mac(const Path& path, const json& value, Item& item) {
  MacAddress address{};
  if (!parse_mac(string(path, value), address)) {
    refuse_kind(path, value, "six pairs of hex digits, all with ':' or all with '-' between");
  }
  item.*member = address;
}

bool parse_base64(std::string_view text, Span<std::uint8_t> into) {
  constexpr std::string_view digits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const std::size_t padding = (3 - into.size() % 3) % 3;
  if (text.size() != (into.size() + padding) / 3 * 4) return false;
  if (text.substr(text.size() - padding) != std::string_view("==").substr(0, padding)) return false;
  std::uint32_t bits = 0;
  std::size_t size = 0;
  for (std::size_t i = 0; i < text.size() - padding; ++i) {
    const std::size_t digit = digits.find(text[i]);
    if (digit == std::string_view::npos) return false;
    bits = bits << 6U | static_cast<std::uint32_t>(digit);
    if (i % 4 != 0) into[size++] = static_cast<std::uint8_t>(bits >> (6 - i % 4 * 2));
  }
  return true;
}

template <auto member, typename Item>
void base64(const Path& path, const json& value, Item& item) {
  typename Plain<std::decay_t<decltype(item.*member)>>::Type bytes{};
  if (!parse_base64(string(path, value), bytes)) {
    refuse_kind(path, value,
                bytes.size() == 16 ? "base64 of 16 bytes, 24 characters"
                                   : "base64 of 20 bytes, 28 characters");
  }
  item.*member = bytes;
}

template <auto member, typename Item>
void utc(const Path& path, const json& value, Item& item) {
  item.*member = parse_utc_time(string(path, value));
  if (!(item.*member)) {
    refuse_kind(path, value, "an RFC 3339 UTC time such as 2026-01-01T00:00:00Z");
  }
}

template <auto member, typename Item>
void band(const Path& path, const json& value, Item& item) {
  if (!value.is_number()) refuse_kind(path, value, "a number");
  item.*member = static_cast<WlanBand>(scaled<std::uint16_t>(path, value, 2));
}

template <auto member, typename Item>
void mode(const Path& path, const json& value, Item& item) {
  constexpr std::array<std::string_view, 6> names{"unknown",   "normal", "flight",
                                                  "transport", "sleep",  "powerSave"};
  const auto* const found = std::find(names.begin(), names.end(), string(path, value));
  if (found == names.end()) {
    refuse_kind(path, value, "one of unknown, normal, flight, transport, sleep, powerSave");
  }
  item.*member = static_cast<DeviceMode>(found - names.begin());
}

// ---- objects and lists ----

template <typename Item>
struct Member {
  const char* name;
  bool required;
  void (*read)(const Path&, const json&, Item&);
};

/// The members of an Item.
template <typename Item>
struct Table;

template <typename Item>
void read_object(const Path& path, const json& value, Item& item) {
  if (!value.is_object()) refuse_kind(path, value, "an object");
  for (const auto& [name, part] : value.items()) {
    const auto* const known =
        std::find_if(std::begin(Table<Item>::members), std::end(Table<Item>::members),
                     [&name = name](const Member<Item>& one) { return one.name == name; });
    if (known == std::end(Table<Item>::members)) {
      std::string names;
      for (const Member<Item>& one : Table<Item>::members)
        names.append(names.empty() ? "" : ", ").append(one.name);
      path.member(name).refuse(": unknown member: must be one of " + names);
    }
    known->read(path.member(name), part, item);
  }
  for (const Member<Item>& one : Table<Item>::members) {
    if (one.required && !value.contains(one.name)) {
      path.member(one.name).refuse(" is missing: must be given");
    }
  }
}

template <auto member, typename Item>
void object(const Path& path, const json& value, Item& item) {
  typename Plain<std::decay_t<decltype(item.*member)>>::Type part;
  read_object(path, value, part);
  item.*member = std::move(part);
}

/// Into a vector, and a span of the same items for Sample.
template <auto items, auto span, typename Item>
void list(const Path& path, const json& value, Item& item) {
  if (!value.is_array()) refuse_kind(path, value, "a list");
  auto& vector = item.*items;
  vector.resize(value.size());
  for (std::size_t i = 0; i < vector.size(); ++i)
    read_object(path.item(i), value[i], vector[i]);
  item.*span = {vector.data(), vector.size()};
}

/// A cell with the neighbours that its span shows. Not to be copied, therefore.
template <typename Cell, typename NeighbourCell>
struct Read : Cell {
  Read() = default;
  Read(const Read&) = delete;
  Read& operator=(const Read&) = delete;
  ~Read() = default;
  std::vector<NeighbourCell> neighbours;
};

using Gsm = Read<GsmCell, GsmNeighbour>;
using Wcdma = Read<WcdmaCell, WcdmaNeighbour>;
using Tdscdma = Read<TdscdmaCell, TdscdmaNeighbour>;
using Lte = Read<LteCell, LteNeighbour>;
using LteCatM = Read<LteCatMCell, LteNeighbour>;
using NbIot = Read<NbIotCell, NbIotNeighbour>;
using Cdma = Read<CdmaCell, CdmaNeighbour>;

template <>
struct Table<GsmNeighbour> {
  using Item = GsmNeighbour;
  static constexpr Member<Item> members[] = {
      {"bsic", true, integer<&Item::bsic>},
      {"bcch", true, integer<&Item::bcch>},
      {"lac", false, integer<&Item::lac>},
      {"cid", false, integer<&Item::cid>},
      {"rxlevel", false, integer<&Item::rxlevel_dbm>},
  };
};
template <>
struct Table<Gsm> {
  using Item = Gsm;
  static constexpr Member<Item> members[] = {
      {"mcc", true, integer<&Item::mcc>},
      {"mnc", true, integer<&Item::mnc>},
      {"lac", true, integer<&Item::lac>},
      {"cid", true, integer<&Item::cid>},
      {"bsic", false, integer<&Item::bsic>},
      {"bcch", false, integer<&Item::bcch>},
      {"rxlevel", false, integer<&Item::rxlevel_dbm>},
      {"ta", false, integer<&Item::ta>},
      {"timestamp", false, utc<&Item::timestamp_ms>},
      {"nmr", false, list<&Item::neighbours, &Item::nmr>},
  };
};

template <>
struct Table<WcdmaNeighbour> {
  using Item = WcdmaNeighbour;
  static constexpr Member<Item> members[] = {
      {"uarfcndl", true, integer<&Item::uarfcndl>},
      {"psc", true, integer<&Item::psc>},
      {"cid", false, integer<&Item::cid>},
      {"rscp", false, integer<&Item::rscp_dbm>},
      {"pathloss", false, integer<&Item::pathloss_db>},
  };
};
template <>
struct Table<Wcdma> {
  using Item = Wcdma;
  static constexpr Member<Item> members[] = {
      {"mcc", true, integer<&Item::mcc>},
      {"mnc", true, integer<&Item::mnc>},
      {"cid", true, integer<&Item::cid>},
      {"lac", false, integer<&Item::lac>},
      {"uarfcndl", false, integer<&Item::uarfcndl>},
      {"psc", false, integer<&Item::psc>},
      {"rscp", false, integer<&Item::rscp_dbm>},
      {"pathloss", false, integer<&Item::pathloss_db>},
      {"timestamp", false, utc<&Item::timestamp_ms>},
      {"nmr", false, list<&Item::neighbours, &Item::nmr>},
  };
};

template <>
struct Table<TdscdmaNeighbour> {
  using Item = TdscdmaNeighbour;
  static constexpr Member<Item> members[] = {
      {"uarfcn", true, integer<&Item::uarfcn>},
      {"cellparams", true, integer<&Item::cellparams>},
      {"cid", false, integer<&Item::cid>},
      {"rscp", false, integer<&Item::rscp_dbm>},
      {"pathloss", false, integer<&Item::pathloss_db>},
  };
};
template <>
struct Table<Tdscdma> {
  using Item = Tdscdma;
  static constexpr Member<Item> members[] = {
      {"mcc", true, integer<&Item::mcc>},
      {"mnc", true, integer<&Item::mnc>},
      {"cid", true, integer<&Item::cid>},
      {"lac", false, integer<&Item::lac>},
      {"uarfcn", false, integer<&Item::uarfcn>},
      {"cellparams", false, integer<&Item::cellparams>},
      {"rscp", false, integer<&Item::rscp_dbm>},
      {"pathloss", false, integer<&Item::pathloss_db>},
      {"ta", false, integer<&Item::ta>},
      {"timestamp", false, utc<&Item::timestamp_ms>},
      {"nmr", false, list<&Item::neighbours, &Item::nmr>},
  };
};

template <>
struct Table<LteNeighbour> {
  using Item = LteNeighbour;
  static constexpr Member<Item> members[] = {
      {"pci", true, integer<&Item::pci>},
      {"earfcn", true, integer<&Item::earfcn>},
      {"cid", false, integer<&Item::cid>},
      {"rsrp", false, integer<&Item::rsrp_dbm>},
      {"rsrq", false, number<&Item::rsrq_db_e1, 1>},
  };
};
template <typename LteItem>
struct LteTable {
  using Item = LteItem;
  static constexpr Member<Item> members[] = {
      {"mcc", true, integer<&Item::mcc>},
      {"mnc", true, integer<&Item::mnc>},
      {"cid", true, integer<&Item::cid>},
      {"tac", false, integer<&Item::tac>},
      {"pci", false, integer<&Item::pci>},
      {"earfcn", false, integer<&Item::earfcn>},
      {"rsrp", false, integer<&Item::rsrp_dbm>},
      {"rsrq", false, number<&Item::rsrq_db_e1, 1>},
      {"ta", false, integer<&Item::ta>},
      {"timestamp", false, utc<&Item::timestamp_ms>},
      {"nmr", false, list<&Item::neighbours, &Item::nmr>},
  };
};
template <>
struct Table<Lte> : LteTable<Lte> {};
template <>
struct Table<LteCatM> : LteTable<LteCatM> {};

template <>
struct Table<NbIotNeighbour> {
  using Item = NbIotNeighbour;
  static constexpr Member<Item> members[] = {
      {"pci", true, integer<&Item::pci>},
      {"earfcn", true, integer<&Item::earfcn>},
      {"cid", false, integer<&Item::cid>},
      {"nrsrp", false, integer<&Item::nrsrp_dbm>},
      {"nrsrq", false, number<&Item::nrsrq_db_e1, 1>},
  };
};
template <>
struct Table<NbIot> {
  using Item = NbIot;
  static constexpr Member<Item> members[] = {
      {"mcc", true, integer<&Item::mcc>},
      {"mnc", true, integer<&Item::mnc>},
      {"cid", true, integer<&Item::cid>},
      {"tac", false, integer<&Item::tac>},
      {"pci", false, integer<&Item::pci>},
      {"earfcn", false, integer<&Item::earfcn>},
      {"nrsrp", false, integer<&Item::nrsrp_dbm>},
      {"nrsrq", false, number<&Item::nrsrq_db_e1, 1>},
      {"ta", false, integer<&Item::ta>},
      {"timestamp", false, utc<&Item::timestamp_ms>},
      {"nmr", false, list<&Item::neighbours, &Item::nmr>},
  };
};

template <>
struct Table<CdmaNeighbour> {
  using Item = CdmaNeighbour;
  static constexpr Member<Item> members[] = {
      {"pnoffset", true, integer<&Item::pnoffset>},
      {"channel", true, integer<&Item::channel>},
      {"bsid", false, integer<&Item::bsid>},
      {"pilotpower", false, integer<&Item::pilotpower_dbm>},
      {"frequency", false, integer<&Item::frequency>},
  };
};
template <>
struct Table<Cdma> {
  using Item = Cdma;
  static constexpr Member<Item> members[] = {
      {"sid", true, integer<&Item::sid>},
      {"nid", true, integer<&Item::nid>},
      {"bsid", true, integer<&Item::bsid>},
      {"rz", false, integer<&Item::rz>},
      {"pnoffset", false, integer<&Item::pnoffset>},
      {"channel", false, integer<&Item::channel>},
      {"pilotpower", false, integer<&Item::pilotpower_dbm>},
      {"baselat", false, number<&Item::baselat_deg_e7, 7>},
      {"baselng", false, number<&Item::baselng_deg_e7, 7>},
      {"timestamp", false, utc<&Item::timestamp_ms>},
      {"nmr", false, list<&Item::neighbours, &Item::nmr>},
  };
};

template <>
struct Table<WlanAccessPoint> {
  using Item = WlanAccessPoint;
  static constexpr Member<Item> members[] = {
      {"mac", true, mac<&Item::mac>},
      {"powrx", false, integer<&Item::powrx_dbm>},
      {"band", false, band<&Item::band>},
      {"timestamp", false, utc<&Item::timestamp_ms>},
      {"ssid", false, text_that_may_be_empty<&Item::ssid>},
  };
};

template <>
struct Table<BluetoothBeacon> {
  using Item = BluetoothBeacon;
  static constexpr Member<Item> members[] = {
      {"rss", true, integer<&Item::rss_dbm>},
      {"mac", false, mac<&Item::mac>},
      {"eddystoneId", false, base64<&Item::eddystone_id>},
      {"iBeaconId", false, base64<&Item::ibeacon_id>},
      {"timestamp", false, utc<&Item::timestamp_ms>},
  };
};

struct Country {
  std::int32_t mcc = 0;
};
template <>
struct Table<Country> {
  static constexpr Member<Country> members[] = {{"mcc", true, integer<&Country::mcc>}};
};

template <>
struct Table<Fix> {
  using Item = Fix;
  static constexpr Member<Item> members[] = {
      {"lat", true, number<&Item::lat_deg_e7, 7>},
      {"lng", true, number<&Item::lng_deg_e7, 7>},
      {"accuracy", true, number<&Item::accuracy_mm, 3>},
      {"alt", false, number<&Item::alt_mm, 3>},
      {"altaccuracy", false, number<&Item::altaccuracy_mm, 3>},
      {"heading", false, integer<&Item::heading_cdeg, 2>},
      {"speed", false, integer<&Item::speed_mm_s, 3>},
      {"satellitecount", false, integer<&Item::satellite_count>},
      {"timestamp", false, integer<&Item::timestamp_ms>},
  };
};

template <>
struct Table<ClientModule> {
  using Item = ClientModule;
  static constexpr Member<Item> members[] = {
      {"manufacturer", false, text<&Item::manufacturer>},
      {"model", false, text<&Item::model>},
      {"firmwareVersion", false, text<&Item::firmware_version>},
  };
};

template <>
struct Table<HomeNetwork> {
  using Item = HomeNetwork;
  static constexpr Member<Item> members[] = {
      {"mcc", false, integer<&Item::mcc>},
      {"mnc", false, integer<&Item::mnc>},
      {"sid", false, integer<&Item::sid>},
      {"nid", false, integer<&Item::nid>},
  };
};

/// With what its spans show. It may be moved: that leaves the items where they are.
struct Client : ClientInfo {
  std::vector<ClientModule> module_items;
  std::vector<HomeNetwork> network_items;
  std::vector<std::int32_t> range_items;
};

void sensor_ranges(const Path& path, const json& value, Client& client) {
  if (!value.is_array()) refuse_kind(path, value, "a list");
  for (std::size_t i = 0; i < value.size(); ++i) {
    if (!value[i].is_number_integer()) refuse_kind(path.item(i), value[i], "an integer");
    client.range_items.push_back(scaled<std::int32_t>(path.item(i), value[i], 0));
  }
  client.accelerometer_sensor_range_g = {client.range_items.data(), client.range_items.size()};
}

template <>
struct Table<Client> {
  using Item = Client;
  static constexpr Member<Item> members[] = {
      {"manufacturer", false, text<&Item::manufacturer>},
      {"model", false, text<&Item::model>},
      {"firmware", false, text<&Item::firmware>},
      {"name", false, text<&Item::name>},
      {"version", false, text<&Item::version>},
      {"platform", false, text<&Item::platform>},
      {"modules", false, list<&Item::module_items, &Item::modules>},
      {"diskquota", false, number<&Item::diskquota_kb>},
      {"diagnosticscode", false, number<&Item::diagnosticscode>},
      {"homenetwork", false, list<&Item::network_items, &Item::homenetwork>},
      {"hasTemperatureSensor", false, flag<&Item::has_temperature_sensor>},
      {"hasHumiditySensor", false, flag<&Item::has_humidity_sensor>},
      {"hasPressureSensor", false, flag<&Item::has_pressure_sensor>},
      {"hasAccelerometerSensor", false, flag<&Item::has_accelerometer_sensor>},
      {"hasAttachSensor", false, flag<&Item::has_attach_sensor>},
      {"hasTamperSensor", false, flag<&Item::has_tamper_sensor>},
      {"hasNoBattery", false, flag<&Item::has_no_battery>},
      {"accelerometerSensorRange", false, sensor_ranges},
  };
};

template <>
struct Table<SensorReadings> {
  using Item = SensorReadings;
  static constexpr Member<Item> members[] = {
      {"temperatureC", false, number<&Item::temperature_c_e2, 2>},
      {"relativeHumidity", false, number<&Item::relative_humidity_percent_e2, 2>},
      {"pressureHpa", false, number<&Item::pressure_hpa_e4, 4>},
      {"accelerationG", false, number<&Item::acceleration_g_e6, 6>},
      {"tiltDegree", false, number<&Item::tilt_degree_e2, 2>},
      {"batteryLevel", false, integer<&Item::battery_level_percent>},
      {"batteryIsCharging", false, flag<&Item::battery_is_charging>},
      {"deviceIsAttached", false, flag<&Item::device_is_attached>},
      {"deviceIsStationary", false, flag<&Item::device_is_stationary>},
      {"deviceIsTampered", false, flag<&Item::device_is_tampered>},
  };
};

struct System : SimIdentity {
  std::optional<std::uint64_t> state_version;
  std::optional<DeviceMode> mode;
  std::optional<Client> client;
  std::optional<SensorReadings> sensors;
};
template <>
struct Table<System> {
  using Item = System;
  static constexpr Member<Item> members[] = {
      {"stateVersion", false, integer<&Item::state_version>},
      {"mode", false, mode<&Item::mode>},
      {"imsi", false, personal_text<&Item::imsi>},
      {"iccid", false, personal_text<&Item::iccid>},
      {"phoneNumber", false, personal_text<&Item::phone_number>},
      {"client", false, object<&Item::client>},
      {"reportedSensorData", false, object<&Item::sensors>},
  };
};

// ---- to Sample ----

Status add(Sample& sample, const Country& country) {
  return sample.set_country(country.mcc);
}
Status add(Sample& sample, const Fix& gps) {
  return sample.set_gps(gps);
}
template <typename Item>
Status add(Sample& sample, const Item& item) {
  return sample.add(item);
}

/// What Sample says of its last refusal, with the value (" = 70000: must be 0..65535") or without.
std::string refusal(const Sample& sample, bool with_value) {
  FieldError error = sample.field_error();
  error.scope = "";
  error.index = -1;
  error.field = "";
  std::array<char, 160> memory{};
  const std::string text(memory.data(), format(error, memory));
  return with_value ? text : text.substr(text.find(": must be "));
}

/// A number that its C++ member cannot hold is out of the service's range too, if there is one. The
/// range is Sample's affair, so that is asked about the nearest number that the member can hold.
template <typename Add>
void check_overflow(const Reading& reading, Add add_to) {
  if (!reading.overflow) return;
  std::vector<char> memory(64UL * 1024);
  SampleOptions options;
  options.contribute_gps = true;
  Sample sample({memory.data(), memory.size()}, options);
  const bool refused = add_to(sample) == Code::invalid_value;
  if (!refused && sample.clamped() != 0) return;  // as a signal level is, however far out
  const auto& [path, value, range] = *reading.overflow;
  throw Failure(Exit::usage,
                reading.file + ": " + path + " = " + value +
                    (refused ? refusal(sample, false) : std::string(": must be ") + range));
}

template <typename Item>
Status read_and_add(const Path& path, const json& value, Sample& sample) {
  Item item;
  read_object(path, value, item);
  check_overflow(path.reading(), [&item](Sample& to) { return add(to, item); });
  return add(sample, item);
}

struct Technology {
  const char* name;
  const char* scope;  // in an error of Sample
  ScanPart part;
  Status (*add)(const Path&, const json&, Sample&);
};
constexpr std::array technologies{
    Technology{"gsm", "scan.gsm", ScanPart::cells, read_and_add<Gsm>},
    Technology{"wcdma", "scan.wcdma", ScanPart::cells, read_and_add<Wcdma>},
    Technology{"tdscdma", "scan.tdscdma", ScanPart::cells, read_and_add<Tdscdma>},
    Technology{"lte", "scan.lte", ScanPart::cells, read_and_add<Lte>},
    Technology{"lteCatM", "scan.lteCatM", ScanPart::cells, read_and_add<LteCatM>},
    Technology{"nbIot", "scan.nbIot", ScanPart::cells, read_and_add<NbIot>},
    Technology{"cdma", "scan.cdma", ScanPart::cells, read_and_add<Cdma>},
    Technology{"wlan", "scan.wlan", ScanPart::access_points, read_and_add<WlanAccessPoint>},
    Technology{"bt", "scan.bt", ScanPart::beacons, read_and_add<BluetoothBeacon>},
    Technology{"country", "scan.country", ScanPart::place, read_and_add<Country>},
    Technology{"gps", "scan.gps", ScanPart::place, read_and_add<Fix>},
};

const Technology& find_technology(const Path& path, std::string_view name) {
  std::string names;
  for (const Technology& technology : technologies) {
    if (technology.name == name) return technology;
    names.append(names.empty() ? "" : ", ").append(technology.name);
  }
  path.refuse(": unknown member: must be one of " + names);
}

/// Calls `take(technology, path, item)` for each measurement.
template <typename Take>
void for_each_measurement(const MeasurementFile& scan, Take take) {
  Reading reading{scan.name};
  const Path root(reading);
  if (!scan.json.is_object()) refuse_kind(root, scan.json, "an object");
  for (const auto& [name, value] : scan.json.items()) {
    const Path path = root.member(name);
    const Technology& technology = find_technology(path, name);
    if (technology.part == ScanPart::place) {
      take(technology, path, value);
      continue;
    }
    if (!value.is_array()) refuse_kind(path, value, "a list");
    for (std::size_t i = 0; i < value.size(); ++i)
      take(technology, path.item(i), value[i]);
  }
}

/// Throws what Sample refused, as a place below `path`: that is what Sample calls `scope`.
void require(Status status, const Path& path, std::string_view scope, const Sample& sample) {
  if (status != Code::invalid_value) return;
  const FieldError& error = sample.field_error();
  std::string below = error.scope;
  if (below.size() < scope.size()) {
    // It is about the list, or about the item as a whole.
    if (error.unit == Unit::none) path.refuse(refusal(sample, false));
    throw Failure(Exit::usage, path.reading().file + ": " + error.field + refusal(sample, true) +
                                   " in all files together");
  }
  below.erase(0, scope.size());
  if (!below.empty() && error.index >= 0) {
    below.append("[").append(std::to_string(error.index)).append("]");
  }
  if (*error.field != '\0') below.append(".").append(error.field);
  if (path.is_root()) below.erase(0, 1);
  path.refuse(below + refusal(sample, true));
}

System read_system(const MeasurementFile& file) {
  Reading reading{file.name};
  System system;
  read_object(Path(reading), file.json, system);
  const auto add_all = [&system](Sample& sample) {
    Status status;
    if (system.state_version) status = sample.set_state_version(*system.state_version);
    if (status.ok() && system.client) status = sample.set_client(*system.client);
    if (status.ok() && system.sensors) status = sample.add(*system.sensors);
    return status;
  };
  check_overflow(reading, add_all);
  return system;
}

// ---- the text of a file ----

/// Follows the parser, for what a parsed document does not show any more.
class TextCheck {
 public:
  explicit TextCheck(const std::string& file) : file_(file) {}

  bool operator()(json::parse_event_t event, const json& value) {
    switch (event) {
      case json::parse_event_t::object_start:
      case json::parse_event_t::array_start:
        if (frames_.size() == max_depth) refuse("", "nested at most 8 levels deep");
        frames_.emplace_back();
        frames_.back().is_list = event == json::parse_event_t::array_start;
        break;
      case json::parse_event_t::key:
        frames_.back().name = value.get<std::string>();
        if (!frames_.back().names.insert(frames_.back().name).second) {
          refuse(place(), "given once");
        }
        break;
      case json::parse_event_t::object_end:
      case json::parse_event_t::array_end:
        frames_.pop_back();
        [[fallthrough]];
      case json::parse_event_t::value:
        if (!frames_.empty()) ++frames_.back().index;
        break;
    }
    return true;
  }

 private:
  static constexpr std::size_t max_depth = 8;

  struct Frame {
    bool is_list = false;
    std::size_t index = 0;
    std::string name = {};
    std::set<std::string> names = {};
  };

  [[nodiscard]] std::string place() const {
    std::string text;
    for (const Frame& frame : frames_) {
      if (frame.is_list) {
        text += "[" + std::to_string(frame.index) + "]";
      } else {
        text.append(text.empty() ? "" : ".").append(printable(frame.name));
      }
    }
    return text;
  }
  [[noreturn]] void refuse(const std::string& place, const char* rule) const {
    throw Failure(Exit::usage,
                  file_ + ": " + place + (place.empty() ? "" : ": ") + "must be " + rule);
  }

  const std::string& file_;
  std::vector<Frame> frames_;
};

[[noreturn]] void refuse_syntax(std::string_view before, const std::string& file,
                                const std::string& reason) {
  const auto line = std::count(before.begin(), before.end(), '\n') + 1;
  const std::size_t line_start = before.rfind('\n') + 1;  // npos + 1 is 0
  throw Failure(Exit::usage, file + ":" + std::to_string(line) + ":" +
                                 std::to_string(before.size() - line_start + 1) +
                                 ": must be JSON in UTF-8: " + reason);
}

/// The parser's reason without what it has read: that may be personal.
std::string reason_of(const json::exception& error) {
  std::string reason = error.what();
  if (const std::size_t start = reason.find(" - "); start != std::string::npos) {
    reason.erase(0, start + 3);
  } else {
    reason.erase(0, reason.find("] ") + 2);
  }
  return printable(reason.substr(0, reason.find("; ")));
}

}  // namespace

MeasurementFile parse_measurements(std::string_view text, const std::string& name) {
  // The parser would take it for the end.
  if (const std::size_t zero = text.find('\0'); zero != std::string_view::npos) {
    refuse_syntax(text.substr(0, zero), name, "a zero byte");
  }
  TextCheck check(name);
  const auto callback = [&check](int /*depth*/, json::parse_event_t event, json& value) {
    return check(event, value);
  };
  try {
    return {name, json::parse(text.begin(), text.end(), callback)};
  } catch (const json::parse_error& error) {
    refuse_syntax(text.substr(0, std::max<std::size_t>(error.byte, 1) - 1), name, reason_of(error));
  } catch (const json::exception& error) {
    throw Failure(Exit::usage, name + ": must be JSON in UTF-8: " + reason_of(error));
  }
}

void check_scan(const MeasurementFile& scan, Sample& sample) {
  const auto take = [&sample](const Technology& technology, const Path& path, const json& item) {
    require(technology.add(path, item, sample), path, technology.scope, sample);
  };
  for_each_measurement(scan, take);
}

void check_system(const MeasurementFile& system, Sample& sample) {
  Reading reading{system.name};
  const Path root(reading);
  require(add_device(system, sample), root, "system", sample);
  require(add_sensors(system, sample), root, "system", sample);
}

Status add_scan(const MeasurementFile& scan, ScanPart part, Sample& sample) {
  Status first = Code::no_data;
  const auto take = [&](const Technology& technology, const Path& path, const json& item) {
    if (technology.part != part) return;
    const Status status = technology.add(path, item, sample);
    if (first.ok() || first == Code::no_data) first = status;
  };
  for_each_measurement(scan, take);
  return first;
}

Status add_sensors(const MeasurementFile& system, Sample& sample) {
  const System read = read_system(system);
  return read.sensors ? sample.add(*read.sensors) : Code::no_data;
}

Status add_device(const MeasurementFile& system, Sample& sample, Reported* client, Reported* sim) {
  const System read = read_system(system);
  Status first;
  const auto note = [&first](Status status) {
    if (first.ok()) first = status;
  };
  if (read.state_version) note(sample.set_state_version(*read.state_version));
  if (read.mode) note(sample.set_mode(*read.mode));
  if (!read.imsi.empty() || !read.iccid.empty() || !read.phone_number.empty()) {
    note(sample.set_sim(read, sim));
  }
  if (read.client) note(sample.set_client(*read.client, client));
  return first;
}

Status add_measurement(const std::string& technology, const json& item, Sample& sample) {
  Reading reading{technology};
  const Path path(reading);
  return find_technology(path, technology).add(path, item, sample);
}

}  // namespace here_tracking::cli
