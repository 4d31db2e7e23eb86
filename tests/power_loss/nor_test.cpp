// SPDX-License-Identifier: Apache-2.0
#include "power_loss.hpp"
#include "support/catch.hpp"
#include "support/nor_model.hpp"

namespace {

power_loss::MakeStorage flash(const here_tracking::SectorGeometry& geometry, bool reorders) {
  return [=] { return std::make_unique<NorModel>(geometry, reorders); };
}

}  // namespace

TEST_CASE("Power cuts: NOR flash") {
  power_loss::prove("nor", flash({512, 4, 4}, false), {0});
}

TEST_CASE("Power cuts: NOR flash with error correction, the smallest storage") {
  power_loss::prove("nor8", flash({512, 3, 8}, false), {0});
}

TEST_CASE("Power cuts: a storage that loses what was not synced, in any part") {
  power_loss::prove("cache", flash({512, 4, 4}, true), {1});
}

TEST_CASE("Power cuts: a case is written down and read again") {
  power_loss::Case scenario;
  const std::string text = "nor:thin_out:live_first:r3:op=17,byte=5;op=4,byte=0";
  REQUIRE(power_loss::parse(text, "nor", scenario));
  CHECK(scenario.restart_seed == 3);
  CHECK(scenario.cuts.size() == 2);
  CHECK(power_loss::to_text("nor", scenario) == text);
  CHECK_FALSE(power_loss::parse(text, "files", scenario));
  CHECK_FALSE(power_loss::parse("nor:thin_out:live_first:r3:op=17", "nor", scenario));
}
