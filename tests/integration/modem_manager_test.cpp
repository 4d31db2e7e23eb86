// SPDX-License-Identifier: Apache-2.0
#include "here_tracking/platform/modem_manager.hpp"

#include "support/catch.hpp"
#include "support/private_bus.hpp"
#include "support/recording_log.hpp"

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using here_tracking::Code;
using here_tracking::ModemIdentity;
using here_tracking::ModemManagerCells;
using here_tracking::Sample;
using here_tracking::Status;

namespace {

struct Scan {
  Status status;
  std::string json;
};

Scan scan(ModemManagerCells& cells, std::uint32_t timeout_ms = long_ms) {
  std::array<char, 4096> buffer{};
  Sample sample(buffer);
  const Status status = cells.scan(sample, timeout_ms);
  return {status, std::string(sample.untimed_json())};
}

const std::string lte_json =
    R"({"scan":{"lte":[{"mcc":262,"mnc":1,"tac":37135,"cid":26378497,"pci":416,"earfcn":1300,)"
    R"("rsrp":-98,"rsrq":-11.5,"nmr":[{"pci":503,"earfcn":6300,"rsrp":-101},)"
    R"({"pci":87,"earfcn":1300,"rsrp":-104,"rsrq":-14.5}]}]})";

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("cells of each technology come with their neighbours") {
  const PrivateBus bus;
  RecordingLog log;
  ModemManagerCells cells(&log);
  const auto json_of = [&](const char* modem) {
    const StandIn daemon(bus, "modem_manager.py", {modem});
    const Scan result = scan(cells);
    CHECK(result.status.ok());
    return result.json;
  };
  CHECK(json_of("lte") == lte_json);
  CHECK(json_of("umts") ==
        R"({"scan":{"wcdma":[{"mcc":262,"mnc":2,"lac":33997,"cid":13828438,"uarfcndl":10563,)"
        R"("psc":402,"rscp":-98,"pathloss":120,"nmr":[{"uarfcndl":10588,"psc":2,"rscp":-101}]}]})");
  CHECK(json_of("gsm") ==
        R"({"scan":{"gsm":[{"mcc":262,"mnc":1,"lac":5126,"cid":16504,"bsic":63,"bcch":82,)"
        R"("rxlevel":-63,"ta":3,"nmr":[{"bsic":26,"bcch":90,"rxlevel":-90}]}]})");
  CHECK(json_of("us") == R"({"scan":{"lte":[{"mcc":310,"mnc":410,"cid":26378497}]})");
  CHECK(json_of("limited").find(R"("gsm":[{"mcc":262)") != std::string::npos);
  CHECK(log.take().empty());

  CHECK(json_of("nsa") == lte_json);
  CHECK(json_of("nsa") == lte_json);
  CHECK(log.take() == Texts{"info: 5G NR cells are left out: the service has no field for them"});
  CHECK(cells.nr_cells_left_out() == 2);
}

TEST_CASE("all modems are asked, and one that has nothing keeps no other from it") {
  const PrivateBus bus;
  RecordingLog log;
  ModemManagerCells cells(&log);

  SECTION("two SIMs") {
    const StandIn daemon(bus, "modem_manager.py", {"lte", "umts"});
    const Scan result = scan(cells);
    CHECK(result.status.ok());
    CHECK(result.json.find(R"("lte":[{"mcc":262,"mnc":1,)") != std::string::npos);
    CHECK(result.json.find(R"("wcdma":[{"mcc":262,"mnc":2,)") != std::string::npos);
    CHECK(log.take().empty());
  }
  SECTION("the first has no SIM, the second hangs, the third may not be asked") {
    const StandIn daemon(bus, "modem_manager.py", {"no_sim", "hangs", "denied", "lte"});
    const Scan result = scan(cells, 4 * short_ms);
    CHECK(result.status.ok());
    CHECK(result.json == lte_json);
    CHECK(
        log.take() ==
        Texts{"warning: modem 0: no SIM; insert one",
              "warning: modem 1: ModemManager gave no answer in time; if it hangs: sudo systemctl "
              "restart ModemManager",
              "warning: modem 2: ModemManager does not let this user in; run as root, or allow "
              "it in D-Bus and polkit"});
  }
  SECTION("what the service refuses of one is told, and the cells of the other are there") {
    const StandIn daemon(bus, "modem_manager.py", {"test_network", "lte"});
    const Scan result = scan(cells);
    CHECK(result.status == Code::invalid_value);
    CHECK(result.json == lte_json);
  }
}

TEST_CASE(
    "where the modem does not tell its cells, the place of registration is the serving cell") {
  const PrivateBus bus;
  RecordingLog log;
  ModemManagerCells cells(&log);
  const auto json_of = [&](const char* modem) {
    const StandIn daemon(bus, "modem_manager.py", {modem});
    const Scan result = scan(cells);
    CHECK(result.status.ok());
    return result.json;
  };
  CHECK(json_of("unsupported") ==
        R"({"scan":{"lte":[{"mcc":262,"mnc":1,"tac":37135,"cid":26378497,"rsrp":-98,)"
        R"("rsrq":-11.5}]})");
  CHECK(json_of("old") == R"({"scan":{"gsm":[{"mcc":262,"mnc":1,"lac":5126,"cid":16504}]})");
  CHECK(json_of("umts_over_qmi") ==
        R"({"scan":{"wcdma":[{"mcc":262,"mnc":2,"lac":33997,"cid":13828438}]})");
  CHECK(json_of("location_off") ==
        R"({"scan":{"lte":[{"mcc":262,"mnc":1,"tac":37135,"cid":26378497}]})");
  CHECK(log.take().empty());
}

TEST_CASE("a bus that lets root alone ask for all cells still gives the serving one") {
  const PrivateBus bus(
      "<deny send_interface=\"org.freedesktop.ModemManager1.Modem\" "
      "send_member=\"GetCellInfo\"/>");
  RecordingLog log;
  ModemManagerCells cells(&log);
  {
    const StandIn daemon(bus, "modem_manager.py", {"located"});
    for (int i = 0; i < 2; ++i) {
      const Scan result = scan(cells);
      CHECK(result.status.ok());
      CHECK(result.json == R"({"scan":{"lte":[{"mcc":262,"mnc":1,"tac":37135,"cid":26378497}]})");
    }
    CHECK(log.take() ==
          Texts{"warning: modem 0: its serving cell alone, as this user may not ask for all; run "
                "as root, or allow it in D-Bus and polkit"});
  }
  const StandIn daemon(bus, "modem_manager.py", {"lte"});
  CHECK(scan(cells).status == Code::hook_failed);
  CHECK(log.take() == Texts{"warning: modem 0: ModemManager does not let this user in; run as "
                            "root, or allow it in D-Bus and polkit"});
}

TEST_CASE("a modem without a cell says why, once") {
  const PrivateBus bus;
  RecordingLog log;
  ModemManagerCells cells(&log);
  const auto reason = [&](const char* modem) {
    const StandIn daemon(bus, "modem_manager.py", {modem});
    for (int i = 0; i < 2; ++i) {
      const Scan result = scan(cells);
      CHECK(result.status == Code::no_data);
      CHECK(result.json == "{");
    }
    const Texts lines = log.take();
    REQUIRE(lines.size() == 1);
    return lines.front();
  };
  CHECK(reason("no_sim") == "warning: modem 0: no SIM; insert one");
  CHECK(reason("locked") == "warning: modem 0: the SIM is locked; unlock it: mmcli -m 0 --pin=PIN");
  CHECK(reason("disabled") == "warning: modem 0: it is disabled; enable it: mmcli -m 0 --enable");
  CHECK(reason("no_service") == "warning: modem 0: no service; check antenna and subscription");
  {
    const StandIn daemon(bus, "modem_manager.py", {"nr"});
    CHECK(scan(cells).status == Code::no_data);
    CHECK(log.take() ==
          Texts{"info: 5G NR cells are left out: the service has no field for them",
                "warning: modem 0: only 5G NR cells, for which the service has no field; allow LTE "
                "too"});
  }
  {
    const StandIn daemon(bus, "modem_manager.py", {"lte"});
    CHECK(scan(cells).status.ok());
    CHECK(log.take() == Texts{"info: modem 0: has cells again"});
  }
  const StandIn daemon(bus, "modem_manager.py", {});
  CHECK(scan(cells).status == Code::no_data);
  CHECK(log.take() == Texts{"warning: ModemManager has no modem; plug one in, and see mmcli -L"});
}

TEST_CASE("a daemon that is missing, dies or hangs costs its cells and no more") {
  PrivateBus bus;
  RecordingLog log;
  ModemManagerCells cells(&log);
  const Texts missing{
      "warning: ModemManager is not on the system bus; sudo apt install modemmanager; sudo "
      "systemctl "
      "start ModemManager"};
  CHECK(scan(cells).status == Code::hook_failed);
  CHECK(scan(cells).status == Code::hook_failed);
  CHECK(log.take() == missing);
  {
    const StandIn daemon(bus, "modem_manager.py", {"hangs"});
    CHECK(scan(cells, short_ms).status == Code::hook_failed);
    CHECK(
        log.take() ==
        Texts{"info: ModemManager has modems again",
              "warning: modem 0: ModemManager gave no answer in time; if it hangs: sudo systemctl "
              "restart ModemManager"});
  }
  {
    const StandIn daemon(bus, "modem_manager.py", {"lte"});
    CHECK(scan(cells).json == lte_json);
    CHECK(log.take() == Texts{"info: modem 0: has cells again"});
  }
  {
    const StandIn daemon(bus, "modem_manager.py", {"dies"});
    CHECK(scan(cells).status == Code::hook_failed);
    CHECK(log.take().size() == 1);
    CHECK(scan(cells).status == Code::hook_failed);
    CHECK(log.take() == missing);
  }
  {
    const StandIn daemon(bus, "modem_manager.py", {"lte"});
    CHECK(scan(cells).json == lte_json);
  }
  log.take();
  bus.stop();
  CHECK(scan(cells).status == Code::hook_failed);
  CHECK(log.take().front().find("warning: cannot reach the system bus (") == 0);
  bus.start();
  const StandIn daemon(bus, "modem_manager.py", {"lte"});
  CHECK(scan(cells).json == lte_json);
}

TEST_CASE("who the modem and its SIM are") {
  const PrivateBus bus;
  RecordingLog log;
  ModemManagerCells cells(&log);
  ModemIdentity identity;
  CHECK(cells.identify(identity, long_ms) == Code::hook_failed);
  {
    const StandIn daemon(bus, "modem_manager.py", {"no_sim"});
    CHECK(cells.identify(identity, long_ms) == Code::no_data);
  }
  {
    const StandIn daemon(bus, "modem_manager.py", {"disabled", "lte"});
    REQUIRE(cells.identify(identity, long_ms).ok());
  }
  // The one in service.
  CHECK(identity.imsi == "262011234567891");
  CHECK(identity.iccid == "89490172012345678901");
  CHECK(identity.phone_number == "+491701234561");
  CHECK(identity.manufacturer == "Quectel");
  CHECK(identity.model == "EG25-G");
  CHECK(identity.firmware_version == "EG25GGBR07A08M2G_30.006");
  REQUIRE(identity.home_networks.size() == 2);
  CHECK(identity.home_networks[0].mcc == 310);
  CHECK(identity.home_networks[0].mnc == 410);
  CHECK(identity.home_networks[1].mcc == 262);
  CHECK(identity.home_networks[1].mnc == 1);

  // The service takes it.
  std::array<char, 1024> buffer{};
  Sample sample(buffer);
  CHECK(sample.set_sim(identity.sim()).ok());
  const std::array<here_tracking::ClientModule, 1> modules{identity.client_module()};
  here_tracking::ClientInfo client;
  client.modules = modules;
  client.homenetwork = {identity.home_networks.data(), identity.home_networks.size()};
  CHECK(sample.set_client(client).ok());

  for (const std::string& line : log.lines) {
    CHECK(line.find(identity.imsi) == std::string::npos);
    CHECK(line.find(identity.iccid) == std::string::npos);
  }
}

TEST_CASE("a SIM that cannot be asked is told once, whatever the cells do") {
  const PrivateBus bus("<deny send_path=\"/org/freedesktop/ModemManager1/SIM/0\"/>");
  const StandIn daemon(bus, "modem_manager.py", {"lte"});
  RecordingLog log;
  ModemManagerCells cells(&log);
  for (int i = 0; i < 2; ++i) {
    ModemIdentity identity;
    CHECK(cells.identify(identity, long_ms) == Code::hook_failed);
    CHECK(scan(cells).status.ok());
  }
  CHECK(log.take() == Texts{"warning: SIM of modem 0: ModemManager does not let this user in; run "
                            "as root, or allow it in D-Bus and polkit"});
}

TEST_CASE("without a log it is as well") {
  const PrivateBus bus;
  ModemManagerCells cells;
  CHECK(scan(cells).status == Code::hook_failed);
}
