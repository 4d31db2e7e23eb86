// SPDX-License-Identifier: Apache-2.0
#include "platform/linux/modem_cells.hpp"

#include "support/catch.hpp"

#include <array>
#include <limits>
#include <string>
#include <utility>

using here_tracking::add_cells;
using here_tracking::BusValue;
using here_tracking::cell_of_location;
using here_tracking::cells_of_info;
using here_tracking::Code;
using here_tracking::ModemCells;
using here_tracking::ModemContext;
using here_tracking::ModemSignal;
using here_tracking::parse_plmn;
using here_tracking::Plmn;
using here_tracking::Sample;
using here_tracking::Status;
namespace technology = here_tracking::access_technology;

namespace {

constexpr std::int64_t unknown = 0xffffffff;  // ModemManager's G_MAXUINT
constexpr double no_level = -std::numeric_limits<double>::max();

BusValue text(const char* value) {
  return BusValue(std::string(value));
}
BusValue number(std::int64_t value) {
  return BusValue(value);
}
BusValue level(double value) {
  return BusValue(value);
}

/// A dictionary of GetCellInfo.
BusValue cell(std::int64_t type, bool serving, BusValue::Dictionary more) {
  more.push_back({"cell-type", number(type)});
  more.push_back({"serving", BusValue(serving)});
  return BusValue(std::move(more));
}
BusValue cdma(bool serving, BusValue::Dictionary more) {
  return cell(1, serving, std::move(more));
}
BusValue gsm(bool serving, BusValue::Dictionary more) {
  return cell(2, serving, std::move(more));
}
BusValue umts(bool serving, BusValue::Dictionary more) {
  return cell(3, serving, std::move(more));
}
BusValue tdscdma(bool serving, BusValue::Dictionary more) {
  return cell(4, serving, std::move(more));
}
BusValue lte(bool serving, BusValue::Dictionary more) {
  return cell(5, serving, std::move(more));
}

template <typename... Cells>
BusValue info(Cells... cells) {
  return BusValue(BusValue::List{cells...});
}

ModemContext registered_in(std::int32_t mcc, std::int32_t mnc) {
  ModemContext context;
  context.registered = Plmn{mcc, mnc};
  return context;
}

/// What the service would get.
std::string json_of(const ModemCells& cells) {
  static std::array<char, 65536> buffer;
  Sample sample(buffer);
  REQUIRE(add_cells(cells, sample).ok());
  const std::string json(sample.untimed_json());
  const std::string begin = "{\"scan\":";
  REQUIRE(json.substr(0, begin.size()) == begin);
  return json.substr(begin.size());
}

ModemSignal no_signal() {
  static const BusValue nothing;
  return {nothing, nothing, nothing};
}

}  // namespace

TEST_CASE("a network is three digits of a country and two or three of an operator") {
  CHECK(parse_plmn("26201")->mcc == 262);
  CHECK(parse_plmn("26201")->mnc == 1);
  CHECK(parse_plmn("310410")->mnc == 410);
  for (const char* const wrong : {"", "2620", "3104101", "2620a", "+2620", "262 1"}) {
    CAPTURE(wrong);
    CHECK_FALSE(parse_plmn(wrong));
  }
}

TEST_CASE("GSM cells: hexadecimal identities, RXLEV becomes dBm") {
  const ModemCells cells =
      cells_of_info(info(gsm(true, {{"operator-id", text("26201")},
                                    {"lac", text("1406")},
                                    {"ci", text("4078")},
                                    {"timing-advance", number(3)},
                                    {"arfcn", number(82)},
                                    {"base-station-id", text("3F")},
                                    {"rx-level", number(47)}}),
                         gsm(false, {{"arfcn", number(7)}, {"base-station-id", text("1A")}}),
                         gsm(false, {{"operator-id", text("26201")},
                                     {"lac", text("1406")},
                                     {"ci", text("4079")},
                                     {"timing-advance", number(3)},
                                     {"arfcn", number(90)},
                                     {"base-station-id", text("0")},
                                     {"rx-level", number(0)}}),
                         gsm(false, {{"arfcn", number(91)}, {"rx-level", number(63)}})),
                    {});
  CHECK(json_of(cells) ==
        R"({"gsm":[{"mcc":262,"mnc":1,"lac":5126,"cid":16504,"bsic":63,"bcch":82,"rxlevel":-63,)"
        R"("ta":3,"nmr":[{"bsic":0,"bcch":90,"lac":5126,"cid":16505,"rxlevel":-110},)"
        R"({"bsic":26,"bcch":7}]}]})");
}

TEST_CASE("GSM cells: what QMI has for unknown is left out") {
  const ModemCells cells = cells_of_info(info(gsm(true, {{"operator-id", text("26201")},
                                                         {"lac", text("1406")},
                                                         {"ci", text("4078")},
                                                         {"timing-advance", number(unknown)},
                                                         {"arfcn", number(65535)},
                                                         {"base-station-id", text("FF")},
                                                         {"rx-level", number(65535)}})),
                                         {});
  CHECK(json_of(cells) == R"({"gsm":[{"mcc":262,"mnc":1,"lac":5126,"cid":16504}]})");
}

TEST_CASE("WCDMA cells: levels in dBm, path loss in dB") {
  const ModemCells cells = cells_of_info(
      info(umts(true, {{"operator-id", text("26202")},
                       {"lac", text("84CD")},
                       {"ci", text("D30156")},
                       {"frequency-fdd-dl", number(10562)},
                       {"uarfcn", number(10563)},
                       {"psc", number(402)},
                       {"rscp", level(-98.4)},
                       {"ecio", level(-7)},
                       {"path-loss", number(120)}}),
           umts(false, {{"uarfcn", number(10588)}, {"psc", number(1)}, {"rscp", level(no_level)}}),
           umts(false, {{"uarfcn", number(10588)},
                        {"psc", number(2)},
                        {"ci", text("D30157")},
                        {"rscp", level(-101.6)},
                        {"path-loss", number(unknown)}}),
           umts(false, {{"uarfcn", number(10588)}})),
      {});
  CHECK(json_of(cells) ==
        R"({"wcdma":[{"mcc":262,"mnc":2,"lac":33997,"cid":13828438,"uarfcndl":10563,"psc":402,)"
        R"("rscp":-98,"pathloss":120,"nmr":[{"uarfcndl":10588,"psc":2,"cid":13828439,"rscp":-102},)"
        R"({"uarfcndl":10588,"psc":1}]}]})");
}

TEST_CASE("TD-SCDMA cells: power and path loss go together, the timing advance has no known unit") {
  const ModemCells cells = cells_of_info(info(tdscdma(true, {{"operator-id", text("46000")},
                                                             {"lac", text("10")},
                                                             {"ci", text("1F")},
                                                             {"uarfcn", number(10080)},
                                                             {"cell-parameter-id", number(127)},
                                                             {"timing-advance", number(4)},
                                                             {"rscp", level(-80)},
                                                             {"path-loss", number(97)}}),
                                              tdscdma(false, {{"uarfcn", number(10088)},
                                                              {"cell-parameter-id", number(0)},
                                                              {"rscp", level(-90)}})),
                                         {});
  CHECK(json_of(cells) ==
        R"({"tdscdma":[{"mcc":460,"mnc":0,"lac":16,"cid":31,"uarfcn":10080,"cellparams":127,)"
        R"("rscp":-80,"pathloss":97,"nmr":[{"uarfcn":10088,"cellparams":0}]}]})");
}

TEST_CASE("LTE cells: RSRQ in tenths, no timing advance, whose unit depends on the modem") {
  const ModemCells cells =
      cells_of_info(info(lte(true, {{"operator-id", text("26201")},
                                    {"tac", text("910F")},
                                    {"ci", text("1928101")},
                                    {"physical-ci", text("1A0")},
                                    {"earfcn", number(1300)},
                                    {"rsrp", level(-98.3)},
                                    {"rsrq", level(-11.25)},
                                    {"timing-advance", number(17)}}),
                         // As QMI tells them: those of the same frequency have network and area.
                         lte(false, {{"operator-id", text("26201")},
                                     {"tac", text("910F")},
                                     {"earfcn", number(1300)},
                                     {"physical-ci", text("57")},
                                     {"rsrp", level(-104)},
                                     {"rsrq", level(-14.5)}}),
                         lte(false, {{"earfcn", number(6300)},
                                     {"physical-ci", text("1F7")},
                                     {"rsrp", level(-101.7)},
                                     {"rsrq", level(no_level)}}),
                         lte(false, {{"earfcn", number(6300)}, {"physical-ci", text("FFFF")}}),
                         lte(false, {{"earfcn", number(65535)}, {"physical-ci", text("1")}})),
                    {});
  CHECK(json_of(cells) ==
        R"({"lte":[{"mcc":262,"mnc":1,"tac":37135,"cid":26378497,"pci":416,"earfcn":1300,)"
        R"("rsrp":-98,"rsrq":-11.3,"nmr":[{"pci":503,"earfcn":6300,"rsrp":-102},)"
        R"({"pci":87,"earfcn":1300,"rsrp":-104,"rsrq":-14.5}]}]})");
}

TEST_CASE("LTE cells are LTE-M or NB-IoT where that is the technology in use") {
  const BusValue cells = info(
      lte(true, {{"operator-id", text("26201")},
                 {"ci", text("1928101")},
                 {"rsrp", level(-120)},
                 {"rsrq", level(-20)}}),
      lte(false, {{"earfcn", number(6300)}, {"physical-ci", text("0")}, {"rsrp", level(-125)}}));
  ModemContext context;
  context.access_technologies = technology::lte_cat_m;
  CHECK(json_of(cells_of_info(cells, context)) ==
        R"({"lteCatM":[{"mcc":262,"mnc":1,"cid":26378497,"rsrp":-120,"rsrq":-20,)"
        R"("nmr":[{"pci":0,"earfcn":6300,"rsrp":-125}]}]})");
  context.access_technologies = technology::nb_iot;
  CHECK(json_of(cells_of_info(cells, context)) ==
        R"({"nbIot":[{"mcc":262,"mnc":1,"cid":26378497,"nrsrp":-120,"nrsrq":-20,)"
        R"("nmr":[{"pci":0,"earfcn":6300,"nrsrp":-125}]}]})");
}

TEST_CASE("CDMA cells: what has no field or no unit of the service's is left out") {
  const ModemCells cells = cells_of_info(info(cdma(true, {{"sid", text("7FFF")},
                                                          {"nid", text("C")},
                                                          {"base-station-id", text("3F")},
                                                          {"ref-pn", text("1F")},
                                                          {"pilot-strength", number(20)}}),
                                              cdma(false, {{"ref-pn", text("20")}})),
                                         {});
  CHECK(json_of(cells) == R"({"cdma":[{"sid":32767,"nid":12,"bsid":63}]})");
}

TEST_CASE("a serving cell belongs to the network that it says, else to that of the registration") {
  const auto mnc_of = [](const char* operator_id, const ModemContext& context) {
    const ModemCells cells = cells_of_info(
        info(lte(true, {{"operator-id", text(operator_id)}, {"ci", text("1928101")}})), context);
    return cells.lte.cells.empty() ? -1 : cells.lte.cells.front().mnc;
  };
  CHECK(mnc_of("31026", registered_in(310, 410)) == 26);
  CHECK(mnc_of("", registered_in(310, 410)) == 410);
  CHECK(mnc_of("3102x", registered_in(310, 410)) == 410);

  // ModemManager gives the last digit of a long MNC first when the modem speaks QMI.
  CHECK(mnc_of("310041", registered_in(310, 410)) == 410);
  CHECK(mnc_of("310410", registered_in(310, 410)) == 410);

  // Nothing is guessed.
  CHECK(mnc_of("310041", {}) == -1);
  CHECK(mnc_of("", {}) == -1);
}

TEST_CASE("a serving cell without its identity is counted, and is a neighbour at most") {
  const BusValue nameless = lte(true, {{"earfcn", number(1300)}, {"physical-ci", text("1")}});
  ModemCells cells = cells_of_info(info(nameless), registered_in(262, 1));
  CHECK(cells.empty());
  CHECK(cells.incomplete == 1);

  // A secondary cell of carrier aggregation.
  const BusValue primary = lte(true, {{"operator-id", text("26201")}, {"ci", text("1928101")}});
  cells = cells_of_info(info(primary, nameless), {});
  CHECK(cells.incomplete == 0);
  CHECK(json_of(cells) ==
        R"({"lte":[{"mcc":262,"mnc":1,"cid":26378497,"nmr":[{"pci":1,"earfcn":1300}]}]})");
}

TEST_CASE("what modems give for an identity that they do not know is none") {
  for (const char* const ci :
       {"", "0", "FFFFFFFF", "10000000", "-1", "0x1F", "G", "1 ", "123456789"}) {
    CAPTURE(ci);
    const ModemCells cells =
        cells_of_info(info(lte(true, {{"operator-id", text("26201")}, {"ci", text(ci)}})), {});
    CHECK(cells.empty());
  }
  for (const char* const area : {"", "0", "FFFE", "FFFF", "12345"}) {
    CAPTURE(area);
    const ModemCells cells = cells_of_info(
        info(lte(true, {{"operator-id", text("26201")}, {"ci", text("1")}, {"tac", text(area)}}),
             gsm(true, {{"operator-id", text("26201")}, {"ci", text("1")}, {"lac", text(area)}})),
        {});
    REQUIRE(cells.lte.cells.size() == 1);
    CHECK_FALSE(cells.lte.cells.front().tac);
    CHECK(cells.gsm.cells.empty());
  }
}

TEST_CASE("members of another type read as not given") {
  const ModemCells cells = cells_of_info(info(lte(true, {{"operator-id", text("26201")},
                                                         {"ci", text("1")},
                                                         {"tac", number(37135)},
                                                         {"earfcn", text("1300")},
                                                         {"physical-ci", text("1")},
                                                         {"rsrp", number(-98)}})),
                                         {});
  CHECK(json_of(cells) == R"({"lte":[{"mcc":262,"mnc":1,"cid":1}]})");
  CHECK(cells_of_info(text("26201"), {}).empty());
  CHECK(cells_of_info(BusValue(), {}).empty());
}

TEST_CASE("cells that nobody serves stand for themselves if they say all about themselves") {
  const ModemCells cells = cells_of_info(
      info(lte(false, {{"operator-id", text("26201")}, {"ci", text("2")}, {"tac", text("1")}}),
           lte(false, {{"ci", text("3")}, {"tac", text("1")}}),
           lte(false, {{"earfcn", number(1300)}, {"physical-ci", text("1")}})),
      registered_in(262, 1));
  CHECK(json_of(cells) == R"({"lte":[{"mcc":262,"mnc":1,"tac":1,"cid":2}]})");
}

TEST_CASE("the strongest neighbours are kept, as many as the service takes") {
  BusValue::List all{lte(true, {{"operator-id", text("26201")}, {"ci", text("1")}})};
  for (std::int64_t i = 0; i < 40; ++i) {
    all.push_back(lte(false, {{"earfcn", number(i)},
                              {"physical-ci", text("1")},
                              {"rsrp", level(static_cast<double>(-140 + i))}}));
  }
  const BusValue many{std::move(all)};
  const ModemCells cells = cells_of_info(many, {});
  REQUIRE(cells.lte.neighbours.size() == 16);
  CHECK(cells.lte.neighbours.front().rsrp_dbm == -101);
  CHECK(cells.lte.neighbours.back().rsrp_dbm == -116);
  CHECK_FALSE(json_of(cells).empty());

  ModemContext context;
  context.access_technologies = technology::lte_cat_m;
  CHECK(cells_of_info(many, context).lte_cat_m.neighbours.size() == 32);
  CHECK_FALSE(json_of(cells_of_info(many, context)).empty());
}

TEST_CASE("5G NR cells are counted") {
  const ModemCells cells =
      cells_of_info(info(cell(6, true, {{"operator-id", text("26201")}, {"ci", text("1")}}),
                         cell(6, false, {}), cell(7, true, {}), cell(0, true, {})),
                    registered_in(262, 1));
  CHECK(cells.nr == 2);
  CHECK(cells.incomplete == 0);
  CHECK(cells.empty());
}

TEST_CASE("the place of registration gives the serving cell of the technology in use") {
  ModemContext context;
  const auto located = [&](const char* location, std::uint32_t technologies) {
    context.access_technologies = technologies;
    return cell_of_location(location, context, no_signal());
  };
  CHECK(json_of(located("310,410,FFFE,1928101,910F", technology::lte)) ==
        R"({"lte":[{"mcc":310,"mnc":410,"tac":37135,"cid":26378497}]})");
  CHECK(json_of(located("262,01,0,1928101,910F", technology::lte | technology::nr)) ==
        R"({"lte":[{"mcc":262,"mnc":1,"tac":37135,"cid":26378497}]})");
  // ModemManager before 1.10 had no TAC.
  CHECK(json_of(located("262,01,910F,1928101", technology::lte)) ==
        R"({"lte":[{"mcc":262,"mnc":1,"cid":26378497}]})");
  CHECK(json_of(located("262,01,0,1928101,910F", technology::nb_iot)) ==
        R"({"nbIot":[{"mcc":262,"mnc":1,"tac":37135,"cid":26378497}]})");
  CHECK(json_of(located("262,02,84CD,D30156,0", 1U << 9U)) ==
        R"({"wcdma":[{"mcc":262,"mnc":2,"lac":33997,"cid":13828438}]})");
  CHECK(json_of(located("262,02,1406,4078,0", 1U << 4U)) ==
        R"({"gsm":[{"mcc":262,"mnc":2,"lac":5126,"cid":16504}]})");

  CHECK(located("262,01,0,1928101,910F", technology::nr).nr == 1);
  CHECK(located("262,01,0,1928101,910F", 0).empty());
  CHECK(located("", technology::lte).empty());
  CHECK(located("262,01,0,0,0", technology::lte).incomplete == 1);
  for (const char* const wrong : {"262", "26,201,0,1,1", "262,,0,1,1", "262,0123,0,1,1", ",,,,"}) {
    CAPTURE(wrong);
    CHECK(located(wrong, technology::lte).empty());
  }
}

TEST_CASE("the place of registration has the levels that ModemManager has") {
  const BusValue of_lte{BusValue::Dictionary{
      {"rssi", level(-70)}, {"rsrp", level(-98)}, {"rsrq", level(-11.5)}, {"snr", level(9)}}};
  const BusValue of_umts{BusValue::Dictionary{{"rssi", level(-80)}, {"rscp", level(-95)}}};
  const BusValue of_gsm{BusValue::Dictionary{{"rssi", level(-83)}}};
  ModemContext context;
  context.access_technologies = technology::lte;
  CHECK(json_of(cell_of_location("262,01,0,1928101,910F", context, {of_gsm, of_umts, of_lte})) ==
        R"({"lte":[{"mcc":262,"mnc":1,"tac":37135,"cid":26378497,"rsrp":-98,"rsrq":-11.5}]})");
  context.access_technologies = technology::umts;
  CHECK(json_of(cell_of_location("262,01,84CD,D30156,0", context, {of_gsm, of_umts, of_lte})) ==
        R"({"wcdma":[{"mcc":262,"mnc":1,"lac":33997,"cid":13828438,"rscp":-95}]})");
  context.access_technologies = technology::gsm;
  CHECK(json_of(cell_of_location("262,01,1406,4078,0", context, {of_gsm, of_umts, of_lte})) ==
        R"({"gsm":[{"mcc":262,"mnc":1,"lac":5126,"cid":16504,"rxlevel":-83}]})");
}

TEST_CASE("a cell that the service does not take is refused, and the others are given") {
  // 001 is the country of test networks.
  const ModemCells cells = cells_of_info(
      info(lte(true, {{"operator-id", text("00101")}, {"ci", text("1")}}),
           gsm(true, {{"operator-id", text("26201")}, {"lac", text("1")}, {"ci", text("1")}})),
      {});
  std::array<char, 1024> buffer{};
  Sample sample(buffer);
  CHECK(add_cells(cells, sample) == Code::invalid_value);
  CHECK(std::string(sample.field_error().field) == "mcc");
  CHECK(sample.set_timestamp(1767225600500).ok());
  CHECK(std::string(sample.json()).find(R"("gsm":[{"mcc":262)") != std::string::npos);

  Sample empty(buffer);
  CHECK(add_cells({}, empty) == Code::no_data);
}
