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

/// A list in `scan`; FieldRule::offset is its Sample::Container.
constexpr FieldRule scan_list(std::int32_t max, const char* name, std::uint8_t container) {
  return at_most(max, name, {container, FieldType::list});
}
constexpr FieldRule cell_list(const char* name, std::uint8_t container) {
  return in(Unit::cells, scan_list(Sample::max_cells, name, container));
}
/// What may be given once a sample; FieldRule::offset is its Sample::Container, `high` its
/// Sample::Given.
constexpr FieldRule once(const char* name, std::uint8_t container, std::uint8_t given) {
  FieldRule rule = any(name, {container, FieldType::i32});
  rule.high = given;
  return rule;
}

/// One addition to a Sample. Its text is checked and written in one pass, behind what the sample
/// holds, and counts only once it is committed: then it is rotated into its place. What is refused
/// or withheld ends the addition: whatever follows is not looked at, and commit() says so.
class SampleWriter {
 public:
  using Container = Sample::Container;

  explicit SampleWriter(Sample& sample);

  /// A whole item of a scan_list().
  static Status add_item(Sample& sample, const FieldRule& list, const ObjectRules* rules,
                         const void* item);

  // -- where it belongs --

  /// In the container of that once().
  void begin(const FieldRule& member);
  /// At the end of that container, as members of an object; `name` is the container's own.
  void begin_members(Container container, const char* name);
  /// An item of that scan_list().
  void begin_item(const FieldRule& list);

  // -- content --

  // What FieldError is to say.
  void set_scope(const char* scope) { scope_ = scope; }
  void set_index(std::size_t index) { index_ = static_cast<std::int32_t>(index); }
  /// Notes why that is refused. Always false.
  bool refuse(const FieldRule& field, std::int64_t value, Rule rule) {
    value_ = value;
    return refuse(field, rule);
  }
  /// Whether a number, a number of characters or of items keeps the rule; else it is refused.
  bool check(const FieldRule& field, std::int64_t value) {
    value_ = value;
    return check(field);
  }
  /// Checks and writes the object's members.
  void write(const ObjectRules& rules, const void* object);
  /// Shows the beginning of the text that was just refused.
  void show(const std::string_view& text);
  static bool is_given(const FieldRule& field, const void* object);
  JsonWriter& json() { return json_; }

  /// The members written so far.
  [[nodiscard]] std::string_view members() const { return after(json_.out().text(), members_at_); }
  /// What the members would take if there were room.
  [[nodiscard]] std::size_t members_wanted() const { return json_.out().wanted() - members_at_; }

  /// Nothing is wanted of it, which is ok.
  void close() { state_ = State::closed; }
  /// It is kept back, and counted.
  void withhold();
  [[nodiscard]] bool is_open() const { return state_ == State::open; }
  /// What has been given once it is committed, beside that of begin().
  void add_given(std::uint32_t given) { given_ |= given; }
  /// @return ok, invalid_value or buffer_too_small.
  Status commit();

 private:
  static const char* name_of(Container container);
  enum class State : std::uint32_t { open, closed, refused };

  bool refuse(const FieldRule& field, Rule rule);
  bool check(const FieldRule& field);
  // Parts of write(), inline because nothing else calls them.
  inline void write_text(const FieldRule& field, const std::string_view& text);
  inline void write_number(const FieldRule& field);
  inline void write_list(const ObjectRules& rules, const void* place);
  inline void write_mac(const MacAddress& mac);

  JsonWriter json_;
  Sample& sample_;
  std::int64_t value_;   // what is looked at
  std::int64_t number_;  // what check() makes of it, to be written
  const char* scope_ = "";
  std::int32_t index_ = -1;
  std::uint32_t at_ = 0;  // where the text belongs
  std::uint32_t given_ = 0;
  std::uint32_t opened_ = 0;    // a bit for each Container that is
  std::size_t members_at_ = 0;  // where the members begin in it
  Container item_of_ = Sample::list_count;
  State state_ = State::open;
  std::uint32_t clamped_ = 0;
};

}  // namespace here_tracking
