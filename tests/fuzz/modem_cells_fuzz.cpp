// SPDX-License-Identifier: Apache-2.0
// What a modem's firmware and ModemManager may say of cells.
#include "modem_cells.hpp"

#include <array>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>

#include <fuzzer/FuzzedDataProvider.h>

namespace {

namespace ht = here_tracking;
using ht::BusValue;

constexpr const char* keys[] = {"cell-type",
                                "serving",
                                "operator-id",
                                "lac",
                                "tac",
                                "ci",
                                "base-station-id",
                                "arfcn",
                                "timing-advance",
                                "rx-level",
                                "uarfcn",
                                "psc",
                                "rscp",
                                "path-loss",
                                "cell-parameter-id",
                                "physical-ci",
                                "earfcn",
                                "rsrp",
                                "rsrq",
                                "sid",
                                "nid"};
constexpr const char* texts[] = {"26201", "310410", "310041", "0",   "1",      "3F",
                                 "FF",    "FFFE",   "910F",   "1A0", "1928101"};
constexpr double levels[] = {-98.3, -140, -44, -11.5, 0, -1.7976931348623157e308, 1e300};

void require(bool condition) {
  if (!condition) std::abort();
}

BusValue make_value(FuzzedDataProvider& data) {
  switch (data.ConsumeIntegralInRange(0, 7)) {
    case 0:
      return BusValue(std::string(data.PickValueInArray(texts)));
    case 1:
      return BusValue(data.ConsumeRandomLengthString(10));
    case 2:
      return BusValue(data.ConsumeIntegralInRange<std::int64_t>(0, 2000));
    case 3:
      return BusValue(data.ConsumeIntegral<std::int64_t>());
    case 4:
      return BusValue(data.PickValueInArray(levels));
    case 5:
      return BusValue(data.ConsumeFloatingPoint<double>());
    case 6:
      return BusValue(data.ConsumeBool());
    default:
      return BusValue();
  }
}

BusValue make_cell(FuzzedDataProvider& data) {
  // Mostly what is a cell at all, so that more than the first member is looked at.
  BusValue::Dictionary cell{
      {"cell-type", BusValue(data.ConsumeIntegralInRange<std::int64_t>(0, 7))},
      {"serving", BusValue(data.ConsumeBool())},
      {"operator-id", BusValue(std::string(data.PickValueInArray(texts)))},
      {"ci", BusValue(std::string(data.PickValueInArray(texts)))}};
  const int members = data.ConsumeIntegralInRange(0, 12);
  for (int i = 0; i < members; ++i) {
    BusValue::Entry member{data.PickValueInArray(keys), make_value(data)};
    cell.insert(data.ConsumeBool() ? cell.begin() : cell.end(), std::move(member));
  }
  return BusValue(std::move(cell));
}

ht::ModemContext make_context(FuzzedDataProvider& data) {
  ht::ModemContext context;
  context.registered = ht::parse_plmn(data.ConsumeRandomLengthString(7));
  require(!context.registered || (context.registered->mcc >= 0 && context.registered->mcc <= 999 &&
                                  context.registered->mnc >= 0 && context.registered->mnc <= 999));
  context.access_technologies = data.ConsumeIntegral<std::uint32_t>();
  return context;
}

/// Nothing is made of it that the service refuses, but for a country that it does not have, and
/// more cells than it takes.
void check(const ht::ModemCells& cells) {
  static std::array<char, 262144> buffer;
  ht::Sample sample(buffer);
  const ht::Status status = ht::add_cells(cells, sample);
  require(sample.status().ok());
  require((status == ht::Code::no_data) == cells.empty());
  if (status.ok() || status == ht::Code::no_data) return;
  require(status == ht::Code::invalid_value);
  const ht::FieldError& error = sample.field_error();
  const std::string_view field = error.field != nullptr ? error.field : "";
  require(field == "mcc" || cells.lte.cells.size() > 16 || cells.gsm.cells.size() > 16 ||
          cells.wcdma.cells.size() > 16 || cells.tdscdma.cells.size() > 16 ||
          cells.cdma.cells.size() > 16 || cells.lte_cat_m.cells.size() > 16 ||
          cells.nb_iot.cells.size() > 16);
}

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer calls it so
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  FuzzedDataProvider data(bytes, size);
  const ht::ModemContext context = make_context(data);
  if (data.ConsumeBool()) {
    const BusValue signal{BusValue::Dictionary{{"rssi", make_value(data)},
                                               {"rscp", make_value(data)},
                                               {"rsrp", make_value(data)},
                                               {"rsrq", make_value(data)}}};
    const std::string location = data.ConsumeRandomLengthString(40);
    check(ht::cell_of_location(location, context, {signal, signal, signal}));
    return 0;
  }
  BusValue::List list;
  while (data.remaining_bytes() != 0 && list.size() < 40)
    list.push_back(make_cell(data));
  check(ht::cells_of_info(BusValue(std::move(list)), context));
  return 0;
}
