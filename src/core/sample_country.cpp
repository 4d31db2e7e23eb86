// SPDX-License-Identifier: Apache-2.0
#include "here_tracking/telemetry.hpp"

#include "sample_writer.hpp"

namespace here_tracking {
namespace {

constexpr FieldRule country_fields[] = {limited("mcc", {0, FieldType::i32}, 200, 999)};
constexpr ObjectRules country_rules = {"scan.country", country_fields};

}  // namespace

Status Sample::set_country(std::int32_t mcc) {
  static constexpr FieldRule member = once("country", scan, given_country);
  SampleWriter writer(*this);
  if (withholds(PositionMethod::country)) writer.withhold();
  writer.begin(member);
  writer.json().begin_object(member.name);
  writer.write(country_rules, &mcc);
  writer.json().end('}');
  return writer.commit();
}

}  // namespace here_tracking
