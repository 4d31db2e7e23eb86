// SPDX-License-Identifier: Apache-2.0
#include "here_tracking/telemetry.hpp"

#include "sample_writer.hpp"

namespace here_tracking {
namespace {

constexpr FieldRule country_fields[] = {limited("mcc", {0, FieldType::i32}, 200, 999)};
constexpr ObjectRules country_rules = {"scan.country", country_fields};

}  // namespace

Status Sample::set_country(std::int32_t mcc) {
  SampleWriter writer(*this);
  if (withholds(PositionMethod::country)) writer.withhold();
  writer.begin(scan, given_country, "country");
  writer.json().begin_object("country");
  writer.write(country_rules, &mcc);
  writer.json().end('}');
  return writer.commit();
}

}  // namespace here_tracking
