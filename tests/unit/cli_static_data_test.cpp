// SPDX-License-Identifier: Apache-2.0
#include "static_data.hpp"
#include "support/catch.hpp"
#include "support/fake_device.hpp"

#include <array>
#include <string>

namespace ht = here_tracking;
using ht::cli::StaticData;

namespace {

constexpr std::string_view url = "https://localhost";

/// Whether client and SIM stand in the sample: "", "c", "s" or "cs".
std::string written(StaticData& known, bool with_client = true, bool with_sim = true,
                    std::string_view name = "tracker") {
  std::array<char, 512> memory{};
  ht::Sample sample(memory);
  ht::ClientInfo client;
  client.name = name;
  ht::SimIdentity sim;
  sim.imsi = "262011234567890";
  if (with_client) REQUIRE(sample.set_client(client, known.client()).ok());
  if (with_sim) REQUIRE(sample.set_sim(sim, known.sim()).ok());
  REQUIRE(sample.set_timestamp(2).ok());
  const std::string json(sample.json());
  return std::string(json.find("client") == std::string::npos ? "" : "c") +
         (json.find("imsi") == std::string::npos ? "" : "s");
}

}  // namespace

TEST_CASE("client and SIM go out until the service has taken them, and again when they change") {
  fake::Storage storage;
  {
    StaticData known(storage, url, "dev", 1);
    CHECK(written(known) == "cs");
  }
  {
    StaticData known(storage, url, "dev", 1);
    CHECK(written(known) == "cs");
    CHECK(known.confirm().ok());
  }
  {
    StaticData known(storage, url, "dev", 1);
    CHECK(written(known).empty());
    CHECK(written(known, true, true, "another") == "c");
    CHECK(known.confirm().ok());
  }
  StaticData known(storage, url, "dev", 1);
  CHECK(written(known, true, true, "another").empty());
}

TEST_CASE("a sample without client and SIM does not make them go out again") {
  fake::Storage storage;
  StaticData first(storage, url, "dev", 1);
  CHECK(written(first) == "cs");
  CHECK(first.confirm().ok());
  StaticData without(storage, url, "dev", 1);
  CHECK(written(without, false, false).empty());
  CHECK(without.confirm().ok());
  StaticData known(storage, url, "dev", 1);
  CHECK(written(known).empty());
}

TEST_CASE("another boot, device or service starts anew, and so does a damaged record") {
  fake::Storage storage;
  StaticData first(storage, url, "dev", 1);
  CHECK(written(first) == "cs");
  CHECK(first.confirm().ok());
  StaticData rebooted(storage, url, "dev", 2);
  CHECK(written(rebooted) == "cs");
  StaticData other_device(storage, url, "dev-2", 1);
  CHECK(written(other_device) == "cs");
  StaticData other_service(storage, "https://example.com", "dev", 1);
  CHECK(written(other_service) == "cs");
  storage.records["reported"].pop_back();
  StaticData damaged(storage, url, "dev", 1);
  CHECK(written(damaged) == "cs");
}

TEST_CASE("they go out again when samples were lost, also after a restart") {
  fake::Storage storage;
  StaticData known(storage, url, "dev", 1);
  CHECK(written(known) == "cs");
  CHECK(known.confirm().ok());
  known.forget();
  CHECK(written(known) == "cs");
  StaticData restarted(storage, url, "dev", 1);
  CHECK(written(restarted) == "cs");
}

TEST_CASE("where the boot is not known nothing is kept") {
  fake::Storage storage;
  StaticData known(storage, url, "dev", 0);
  CHECK(written(known) == "cs");
  CHECK(known.confirm().ok());
  CHECK(storage.records.empty());
}

TEST_CASE("the record holds nothing personal") {
  fake::Storage storage;
  StaticData known(storage, url, "dev", 1);
  CHECK(written(known) == "cs");
  CHECK(known.confirm().ok());
  const auto& record = storage.records["reported"];
  CHECK(std::string(record.begin(), record.end()).find("262011234567890") == std::string::npos);
}
