// SPDX-License-Identifier: Apache-2.0
#include "here_tracking/telemetry.hpp"

#include "records.hpp"
#include "sample_writer.hpp"
#include "words.hpp"

#include <limits>

namespace here_tracking {

Status Sample::set_state_version(std::uint64_t state_version) {
  static constexpr FieldRule field = once("stateVersion", system, given_state_version);
  constexpr std::int64_t max = std::numeric_limits<std::int64_t>::max();
  SampleWriter writer(*this);
  writer.begin(field);
  if (state_version > std::uint64_t{max}) writer.refuse(field, max, Rule::state_version);
  writer.json().key(field.name);
  writer.json().number(static_cast<std::int64_t>(state_version));
  return writer.commit();
}

Status Sample::set_mode(DeviceMode mode) {
  static constexpr FieldRule field = once("mode", system, given_mode);
  SampleWriter writer(*this);
  writer.begin(field);
  const auto index = static_cast<std::size_t>(mode);
  const char* const name = word_at("unknown\0normal\0flight\0transport\0sleep\0powerSave\0", index);
  if (*name != '\0') {
    writer.json().key(field.name);
    writer.json().string(name);
  } else {
    writer.refuse(field, static_cast<std::int64_t>(index), Rule::mode);
  }
  return writer.commit();
}

Status Sample::commit_reported(SampleWriter& writer, std::string_view empty, Reported* reported) {
  Reported forgotten;
  Reported& told = reported != nullptr ? *reported : forgotten;
  told.written_ = told.confirmed_;
  const std::uint64_t fingerprint = fnv1a(writer.members());
  const bool fits = !writer.json().out().overflow();
  if (writer.is_open() && fits && (writer.members() == empty || told.confirmed_ == fingerprint))
    return {};
  const Status status = writer.commit();
  if (status.ok()) told.written_ = fingerprint;
  return status;
}

}  // namespace here_tracking
