// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "here_tracking/telemetry.hpp"

#include "field_rules.hpp"
#include "json_writer.hpp"
#include "sample_end.hpp"
#include "text.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace here_tracking {

/// One addition to a Sample. The text is written behind what the sample holds and counts only once
/// it is committed: then it is rotated into its place.
class SampleWriter {
 public:
  using Container = Sample::Container;
  using Given = Sample::Given;

  explicit SampleWriter(Sample& sample);

  // -- refusals: each notes why and leaves the sample as it was --

  Status refuse(const char* scope, const char* field, std::int64_t value, Rule rule);
  Status refuse_range(const char* scope, const char* field, std::int64_t value, std::int32_t min,
                      std::int32_t max, Unit unit = Unit::none);
  /// The text is shown only where it may be.
  Status refuse_text(const char* scope, const char* field, std::string_view text, Rule rule,
                     bool shown = true);
  /// invalid_value if that is in the sample already.
  Status once(Given given, const char* scope, const char* field);
  // What the last refusal is about, in more detail.
  void set_decimals(std::uint8_t decimals) { sample_.field_error_.decimals = decimals; }
  void set_unit(Unit unit) { sample_.field_error_.unit = unit; }
  void set_index(std::size_t index) {
    sample_.field_error_.index = static_cast<std::int32_t>(index);
  }

  /// Whether `object` keeps the rules. `index` is its place in a list.
  Status check(const ObjectRules& rules, const void* object, std::int32_t index = -1);
  Status check(const ListRules& rules, const char* scope, const void* items, std::size_t count);

  /// One bit for each field of the table that is given.
  [[nodiscard]] static std::uint32_t given_fields(const ObjectRules& rules, const void* object);

  // -- text --

  /// What follows goes to the end of that container, as members of an object; `name` is the
  /// container's own.
  void begin_members(Container container, const char* name);
  /// What follows are the members of a new item of that list.
  void begin_item(Container list, const char* name);
  void end_item() { json_.end_object(); }

  JsonWriter& json() { return json_; }
  void write(const ObjectRules& rules, const void* object);
  void write(const ListRules& rules, const void* items, std::size_t count);

  /// The members written so far.
  [[nodiscard]] std::string_view members() const { return after(text_.text(), members_at_); }
  /// What the members would take if there were room.
  [[nodiscard]] std::size_t members_wanted() const { return text_.wanted() - members_at_; }

  /// @return ok, or buffer_too_small.
  Status commit(std::uint32_t given = 0);
  Status commit_item(Container list);

  /// A whole item of a list of cells.
  Status add_cell(Container list, const char* name, const ObjectRules& rules, const void* cell,
                  const ListRules& nmr, const void* neighbours, std::size_t count);
  /// invalid_value if that list is full.
  Status check_room(Container list, const char* name, std::size_t max_items, Unit unit);

 private:
  void open(Container container, const char* name);

  Sample& sample_;
  TextBuilder text_;
  JsonWriter json_;
  std::size_t at_ = 0;          // where the text belongs
  std::size_t members_at_ = 0;  // where the members begin in it
  Container opened_[2] = {};    // from the outside to the inside
  std::uint8_t opened_count_ = 0;
  std::uint16_t clamped_ = 0;
};

}  // namespace here_tracking
