// SPDX-License-Identifier: Apache-2.0
#include "here_tracking/telemetry.hpp"

#include "sample_writer.hpp"

namespace here_tracking {
namespace {

#define FIELD(member) HERE_TRACKING_FIELD(SimIdentity, member)
constexpr FieldRule sim_fields[] = {
    any("imsi", FIELD(imsi)),
    any("iccid", FIELD(iccid)),
    any("phoneNumber", FIELD(phone_number)),
};
#undef FIELD
constexpr ObjectRules sim_rules = {"system", sim_fields};

bool is_digits(std::string_view text) {
  for (const char c : text) {
    if (!is_digit(c)) return false;
  }
  return true;
}

bool is_imsi(std::string_view text) {
  return text.size() <= 15 && is_digits(text);
}

bool is_iccid(std::string_view text) {
  const std::size_t characters = count_characters(text);
  return characters >= 18 && characters <= 22;
}

/// E.164.
bool is_phone_number(std::string_view text) {
  return text.size() >= 3 && text.size() <= 16 && text[0] == '+' && text[1] != '0' &&
         is_digits(after(text, 1));
}

/// Whether it is either not given or what `is_valid` takes. What is refused is not shown.
void check(SampleWriter& writer, const FieldRule& field, std::string_view text, Rule rule,
           bool (*is_valid)(std::string_view)) {
  if (text.empty() || is_valid(text)) return;
  writer.refuse(field, static_cast<std::int64_t>(text.size()), rule);
}

}  // namespace

Status Sample::set_sim(const SimIdentity& sim, Reported* reported) {
  static constexpr FieldRule member = once("imsi", system, given_sim);
  SampleWriter writer(*this);
  writer.begin(member);
  check(writer, sim_fields[0], sim.imsi, Rule::imsi, is_imsi);
  check(writer, sim_fields[1], sim.iccid, Rule::iccid, is_iccid);
  check(writer, sim_fields[2], sim.phone_number, Rule::phone_number, is_phone_number);
  writer.write(sim_rules, &sim);
  return commit_reported(writer, "", reported);
}

}  // namespace here_tracking
