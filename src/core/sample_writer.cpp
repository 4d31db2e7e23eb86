// SPDX-License-Identifier: Apache-2.0
#include "sample_writer.hpp"

#include "calendar.hpp"

#include <algorithm>

namespace here_tracking {
namespace {

template <typename T>
bool take(const std::optional<T>& from, std::int64_t& value) {
  if (from) value = static_cast<std::int64_t>(*from);
  return from.has_value();
}

const void* place_of(const FieldRule& rule, const void* object) {
  return static_cast<const unsigned char*>(object) + rule.offset;
}

bool is_text(const FieldRule& rule) {
  return rule.type == FieldType::text || rule.type == FieldType::required_text;
}

std::string_view text_of(const FieldRule& rule, const void* object) {
  return *static_cast<const std::string_view*>(place_of(rule, object));
}

/// Whether the field is given, and the number that it then holds.
bool load(const FieldRule& rule, const void* object, std::int64_t& value) {
  const void* const at = place_of(rule, object);
  switch (rule.type) {
    case FieldType::i32:
      value = *static_cast<const std::int32_t*>(at);
      return true;
    case FieldType::u32:
      value = *static_cast<const std::uint32_t*>(at);
      return true;
    case FieldType::opt_i32:
      return take(*static_cast<const std::optional<std::int32_t>*>(at), value);
    case FieldType::opt_u32:
      return take(*static_cast<const std::optional<std::uint32_t>*>(at), value);
    case FieldType::opt_u8:
      return take(*static_cast<const std::optional<std::uint8_t>*>(at), value);
    case FieldType::opt_i64:
      return take(*static_cast<const std::optional<std::int64_t>*>(at), value);
    case FieldType::opt_bool:
      return take(*static_cast<const std::optional<bool>*>(at), value);
    case FieldType::text:
      return !static_cast<const std::string_view*>(at)->empty();
    case FieldType::required_text:
      return true;
  }
  return false;
}

const void* item_of(const ListRules& rules, const void* items, std::size_t index) {
  return static_cast<const unsigned char*>(items) + index * rules.item_bytes;
}

}  // namespace

SampleWriter::SampleWriter(Sample& sample)
    : sample_(sample),
      text_({sample.buffer_.data() + sample.length_,
             sample.buffer_.size() -
                 std::min(sample.buffer_.size(), sample.length_ + sample_end_bytes)}),
      json_(text_) {}

// ---- refusals ----

Status SampleWriter::refuse(const char* scope, const char* field, std::int64_t value, Rule rule) {
  sample_.field_error_ = {};
  sample_.field_error_.scope = scope;
  sample_.field_error_.field = field;
  sample_.field_error_.value = value;
  sample_.field_error_.rule = rule;
  return Code::invalid_value;
}

Status SampleWriter::refuse_range(const char* scope, const char* field, std::int64_t value,
                                  std::int32_t min, std::int32_t max, Unit unit) {
  (void)refuse(scope, field, value, Rule::range);
  sample_.field_error_.min = min;
  sample_.field_error_.max = max;
  sample_.field_error_.unit = unit;
  return Code::invalid_value;
}

Status SampleWriter::refuse_text(const char* scope, const char* field, std::string_view text,
                                 Rule rule, bool shown) {
  (void)refuse(scope, field, static_cast<std::int64_t>(text.size()), rule);
  FieldError& error = sample_.field_error_;
  error.unit = Unit::characters;
  if (shown) (void)copy_text(text, {error.text.data(), error.text.size() - 1});
  return Code::invalid_value;
}

Status SampleWriter::once(Given given, const char* scope, const char* field) {
  if ((sample_.given_ & given) == 0) return {};
  return refuse(scope, field, 2, Rule::given_once);
}

Status SampleWriter::check(const ObjectRules& rules, const void* object, std::int32_t index) {
  FieldError& error = sample_.field_error_;
  for (const FieldRule& rule : rules.fields) {
    std::int64_t value = 0;
    if (!load(rule, object, value)) continue;
    Status status;
    if (is_text(rule)) {
      const std::string_view text = text_of(rule, object);
      const std::optional<std::size_t> characters = count_characters(text);
      if (!characters) {
        status = refuse_text(rules.scope, rule.name, text, Rule::utf8);
      } else if (*characters < static_cast<std::size_t>(rule.min) ||
                 *characters > static_cast<std::size_t>(rule.max)) {
        status = refuse_text(rules.scope, rule.name, text, Rule::range);
        error.value = static_cast<std::int64_t>(*characters);
      }
    } else if (rule.kind == FieldKind::limited && (value < rule.min || value > rule.max)) {
      status = refuse(rules.scope, rule.name, value, Rule::range);
    } else if ((rule.kind == FieldKind::epoch_ms || rule.kind == FieldKind::utc_text) &&
               (value < min_timestamp_ms || value > max_timestamp_ms)) {
      status = refuse(rules.scope, rule.name, value, Rule::timestamp);
    } else if (rule.partner != 0) {
      const FieldRule& partner = rules.fields[rule.partner - 1U];
      std::int64_t other = 0;
      if (!load(partner, object, other)) {
        status = refuse(rules.scope, rule.name, value, Rule::given_with);
        error.partner = partner.name;
      }
    }
    if (status.ok()) continue;
    error.index = index;
    error.decimals = rule.decimals;
    error.min = rule.min;
    error.max = rule.max;
    return status;
  }
  return {};
}

Status SampleWriter::check(const ListRules& rules, const char* scope, const void* items,
                           std::size_t count) {
  if (count > rules.max_items) {
    return refuse_range(scope, rules.name, static_cast<std::int64_t>(count), 0, rules.max_items,
                        Unit::items);
  }
  for (std::size_t i = 0; i < count; ++i) {
    const Status status = check(rules.item, item_of(rules, items, i), static_cast<std::int32_t>(i));
    if (!status.ok()) return status;
  }
  return {};
}

Status SampleWriter::check_room(Container list, const char* name, std::size_t max_items,
                                Unit unit) {
  if (sample_.item_count_[list] < max_items) return {};
  return refuse_range("scan", name, static_cast<std::int64_t>(max_items) + 1, 0,
                      static_cast<std::int32_t>(max_items), unit);
}

std::uint32_t SampleWriter::given_fields(const ObjectRules& rules, const void* object) {
  std::uint32_t given = 0;
  for (std::size_t i = 0; i < rules.fields.size(); ++i) {
    std::int64_t value = 0;
    if (load(rules.fields[i], object, value)) given |= 1U << i;
  }
  return given;
}

// ---- text ----

void SampleWriter::open(Container container, const char* name) {
  if (container == Sample::root) {
    at_ = sample_.length_;
    if (at_ > 1) text_.append(',');
    return;
  }
  if (sample_.end_[container] != 0) {
    at_ = sample_.end_[container];
    text_.append(',');
    return;
  }
  const bool is_list = container < Sample::list_count;
  if (is_list) {
    open(Sample::scan, "scan");
  } else if (container == Sample::sensors) {
    open(Sample::system, "system");
  } else {
    open(Sample::root, "");
  }
  text_.append('"');
  text_.append(name);
  text_.append("\":");
  text_.append(is_list ? '[' : '{');
  opened_[opened_count_++] = container;
}

void SampleWriter::begin_members(Container container, const char* name) {
  open(container, name);
  json_.begin_members();
  members_at_ = text_.wanted();
}

void SampleWriter::begin_item(Container list, const char* name) {
  open(list, name);
  json_.begin_object();
}

void SampleWriter::write(const ObjectRules& rules, const void* object) {
  for (const FieldRule& rule : rules.fields) {
    std::int64_t value = 0;
    if (!load(rule, object, value)) continue;
    if (is_text(rule)) {
      json_.string(rule.name, text_of(rule, object));
    } else if (rule.type == FieldType::opt_bool) {
      json_.key(rule.name);
      json_.raw(value != 0 ? "true" : "false");
    } else if (rule.kind == FieldKind::utc_text) {
      char memory[utc_text_bytes];
      TextBuilder text(memory);
      write_utc(value, text);
      json_.string(rule.name, text.text());
    } else {
      if (rule.kind == FieldKind::clamped) {
        const std::int64_t measured = value;
        value = std::clamp<std::int64_t>(value, rule.min, rule.max);
        if (value != measured) ++clamped_;
      }
      json_.decimal(rule.name, value, rule.decimals);
    }
  }
}

void SampleWriter::write(const ListRules& rules, const void* items, std::size_t count) {
  if (count == 0) return;
  json_.key(rules.name);
  json_.begin_array();
  for (std::size_t i = 0; i < count; ++i) {
    json_.begin_object();
    write(rules.item, item_of(rules, items, i));
    json_.end_object();
  }
  json_.end_array();
}

Status SampleWriter::commit(std::uint32_t given) {
  for (std::size_t i = opened_count_; i > 0; --i)
    text_.append(opened_[i - 1] < Sample::list_count ? ']' : '}');
  if (text_.overflow()) {
    sample_.status_ = Code::buffer_too_small;
    return sample_.status_;
  }
  const std::size_t size = text_.size();
  char* const text = sample_.buffer_.data();
  std::rotate(text + at_, text + sample_.length_, text + sample_.length_ + size);
  sample_.length_ += size;

  for (std::uint32_t& end : sample_.end_) {
    if (end != 0 && end >= at_) end += static_cast<std::uint32_t>(size);
  }
  for (std::size_t i = 0; i < opened_count_; ++i)
    sample_.end_[opened_[i]] = static_cast<std::uint32_t>(at_ + size - 1 - i);
  sample_.clamped_ = static_cast<std::uint16_t>(sample_.clamped_ + clamped_);
  sample_.given_ |= given;
  return {};
}

Status SampleWriter::commit_item(Container list) {
  end_item();
  const Status status = commit();
  if (status.ok()) ++sample_.item_count_[list];
  return status;
}

Status SampleWriter::add_cell(Container list, const char* name, const ObjectRules& rules,
                              const void* cell, const ListRules& nmr, const void* neighbours,
                              std::size_t count) {
  constexpr std::array methods = {PositionMethod::gsm,       PositionMethod::wcdma,
                                  PositionMethod::tdscdma,   PositionMethod::lte,
                                  PositionMethod::lte_cat_m, PositionMethod::nb_iot,
                                  PositionMethod::cdma};
  static_assert(methods.size() == Sample::wlan);
  if (sample_.keep_back(methods[list])) return {};
  Status status = check_room(list, name, Sample::max_cells, Unit::cells);
  if (status.ok()) status = check(rules, cell);
  if (status.ok()) status = check(nmr, rules.scope, neighbours, count);
  if (!status.ok()) return status;
  begin_item(list, name);
  write(rules, cell);
  write(nmr, neighbours, count);
  return commit_item(list);
}

}  // namespace here_tracking
