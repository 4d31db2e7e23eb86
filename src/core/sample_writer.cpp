// SPDX-License-Identifier: Apache-2.0
#include "sample_writer.hpp"

#include "calendar.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace here_tracking {
namespace {

template <typename T>
bool take(const void* at, std::int64_t& value) {
  const auto& from = *static_cast<const std::optional<T>*>(at);
  if (from) value = static_cast<std::int64_t>(*from);
  return from.has_value();
}

const void* place_of(const FieldRule& field, const void* object) {
  return static_cast<const unsigned char*>(object) + field.offset;
}

bool is_text(const FieldRule& field) {
  return field.type == FieldType::text || field.type == FieldType::required_text;
}

std::string_view text_of(const FieldRule& field, const void* object) {
  return *static_cast<const std::string_view*>(place_of(field, object));
}

/// A list of whatever it is.
Span<const unsigned char> list_of(const FieldRule& field, const void* object) {
  Span<const unsigned char> items;
  std::memcpy(&items, place_of(field, object), sizeof(items));
  return items;
}

/// Whether the field is given, and the number that it then holds: of a text or a list, its size.
bool load(const FieldRule& field, const void* object, std::int64_t& value) {
  const void* const at = place_of(field, object);
  switch (field.type) {
    case FieldType::i32:
      value = *static_cast<const std::int32_t*>(at);
      return true;
    case FieldType::u32:
      value = *static_cast<const std::uint32_t*>(at);
      return true;
    case FieldType::opt_i32:
      return take<std::int32_t>(at, value);
    case FieldType::opt_u32:
      return take<std::uint32_t>(at, value);
    case FieldType::opt_u8:
      return take<std::uint8_t>(at, value);
    case FieldType::opt_i64:
      return take<std::int64_t>(at, value);
    case FieldType::opt_bool:
      return take<bool>(at, value);
    case FieldType::mac:
    case FieldType::required_text:
      return true;
    case FieldType::opt_mac:
      return static_cast<const std::optional<MacAddress>*>(at)->has_value();
    case FieldType::text:
      value = static_cast<std::int64_t>(text_of(field, object).size());
      return value != 0;
    case FieldType::list:
      value = static_cast<std::int64_t>(list_of(field, object).size());
      return value != 0;
  }
  return false;
}

void reverse(char* first, char* last) {
  while (first < last)
    std::swap(*first++, *--last);
}

}  // namespace

SampleWriter::SampleWriter(Sample& sample)
    : json_({sample.buffer_.data() + sample.end_[Sample::root],
             sample.buffer_.size() -
                 std::min<std::size_t>(sample.buffer_.size(),
                                       sample.end_[Sample::root] + sample_end_bytes)}),
      sample_(sample) {}

Status SampleWriter::add_item(Sample& sample, const FieldRule& list, const void* item) {
  SampleWriter writer(sample);
  writer.begin_item(list);
  writer.write(*list.bounds.items, item);
  return writer.commit();
}

// ---- where it belongs ----

void SampleWriter::begin_members(Container container, const char* name) {
  at_ = sample_.end_[container];
  if (container == Sample::root || at_ != 0) {
    if (at_ > 1) json_.out().append(',');
  } else {
    const bool is_list = container < Sample::list_count;
    if (is_list) {
      begin_members(Sample::scan, "scan");
    } else if (container == Sample::sensors) {
      begin_members(Sample::system, "system");
    } else {
      begin_members(Sample::root, "");
    }
    json_.key(name);
    json_.begin(is_list ? '[' : '{');
    opened_[opened_count_++] = container;
  }
  members_at_ = json_.out().wanted();
}

void SampleWriter::begin(Container container, Given given, const char* field) {
  scope_ = container == Sample::root ? "" : container == Sample::scan ? "scan" : "system";
  given_ = given;
  if ((sample_.given_ & given) != 0) refuse(any(field, {}), 2, Rule::given_once);
  begin_members(container, scope_);
}

void SampleWriter::begin_item(const FieldRule& list) {
  constexpr std::array methods = {
      PositionMethod::gsm,  PositionMethod::wcdma,     PositionMethod::tdscdma,
      PositionMethod::lte,  PositionMethod::lte_cat_m, PositionMethod::nb_iot,
      PositionMethod::cdma, PositionMethod::wlan,      PositionMethod::bt};
  static_assert(methods.size() == Sample::list_count);
  container_ = static_cast<Container>(list.offset);
  if (sample_.keep_back(methods[container_])) return close({});
  scope_ = "scan";
  (void)check(list, sample_.item_count_[container_] + 1);
  begin_members(container_, list.name);
  json_.begin('{');
}

// ---- content ----

bool SampleWriter::refuse(const FieldRule& field, std::int64_t value, Rule rule) {
  if (closed_) return false;
  close(Code::invalid_value);
  FieldError& error = sample_.field_error_;
  error = {};
  error.scope = scope_;
  error.field = field.name;
  if (rule == Rule::given_with) error.partner = (&field)[field.partner].name;
  error.value = value;
  if (field.type == FieldType::list) {
    error.max = field.bounds.items->max_items;
  } else {
    error.min = field.bounds.range.min;
    error.max = field.bounds.range.max;
  }
  error.rule = rule;
  error.unit = field.unit;
  error.decimals = field.decimals;
  return false;
}

void SampleWriter::show(std::string_view text) {
  std::array<char, 24>& shown = sample_.field_error_.text;
  (void)copy_text(text, {shown.data(), shown.size() - 1});
}

bool SampleWriter::is_given(const FieldRule& field, const void* object) {
  std::int64_t value = 0;
  return load(field, object, value);
}

bool SampleWriter::check(const FieldRule& field, std::int64_t value) {
  std::int64_t min = 0;
  std::int64_t max = 0;
  Rule rule = Rule::range;
  if (field.type == FieldType::list) {
    max = field.bounds.items->max_items;
  } else if (field.kind == FieldKind::limited) {
    min = field.bounds.range.min;
    max = field.bounds.range.max;
  } else if (field.kind >= FieldKind::epoch_ms) {
    min = min_timestamp_ms;
    max = max_timestamp_ms;
    rule = Rule::timestamp;
  } else {
    return true;
  }
  return (value >= min && value <= max) || refuse(field, value, rule);
}

bool SampleWriter::keeps(const FieldRule& field, const void* object, std::int64_t value) {
  if (is_text(field)) {
    const std::optional<std::size_t> characters = count_characters(text_of(field, object));
    if (!characters) return refuse(field, value, Rule::utf8);
    value = static_cast<std::int64_t>(*characters);
  }
  if (!check(field, value)) return false;
  return field.partner == 0 || load((&field)[field.partner], object, value) ||
         refuse(field, value, Rule::given_with);
}

void SampleWriter::write(const ObjectRules& rules, const void* object, std::int32_t index) {
  for (const FieldRule& field : rules) {
    if (closed_) return;
    std::int64_t value = 0;
    if (!load(field, object, value)) continue;
    scope_ = rules.scope;
    if (!keeps(field, object, value)) {
      sample_.field_error_.index = index;
      if (is_text(field)) show(text_of(field, object));
      return;
    }
    json_.key(field.name);
    if (is_text(field)) {
      json_.string(text_of(field, object));
    } else if (field.type == FieldType::mac || field.type == FieldType::opt_mac) {
      json_.begin('"');
      const void* const at = place_of(field, object);
      const MacAddress& mac = field.type == FieldType::mac
                                  ? *static_cast<const MacAddress*>(at)
                                  : **static_cast<const std::optional<MacAddress>*>(at);
      for (std::size_t i = 0; i < mac.size(); ++i) {
        if (i != 0) json_.out().append(':');
        json_.out().append_hex(mac[i]);
      }
      json_.end('"');
    } else if (field.type == FieldType::opt_bool) {
      json_.raw(value != 0 ? "true" : "false");
    } else if (field.type == FieldType::list) {
      const ObjectRules& items = *field.bounds.items;
      const unsigned char* item = list_of(field, object).data();
      json_.begin('[');
      for (std::int32_t i = 0; i < value; ++i) {
        json_.begin('{');
        write(items, item, i);
        json_.end('}');
        item += items.item_bytes;
      }
      json_.end(']');
    } else if (field.kind == FieldKind::utc_text) {
      json_.begin('"');
      write_utc(value, json_.out());
      json_.end('"');
    } else {
      if (field.kind == FieldKind::clamped) {
        const std::int64_t measured = value;
        value = std::clamp<std::int64_t>(value, field.bounds.range.min, field.bounds.range.max);
        if (value != measured) ++clamped_;
      }
      json_.number(value, field.decimals);
    }
  }
}

Status SampleWriter::commit() {
  if (closed_) return outcome_;
  TextBuilder& out = json_.out();
  const bool is_item = container_ < Sample::list_count;
  if (is_item) out.append('}');
  for (std::size_t i = opened_count_; i > 0; --i)
    out.append(opened_[i - 1] < Sample::list_count ? ']' : '}');
  if (out.overflow()) {
    sample_.status_ = Code::buffer_too_small;
    return sample_.status_;
  }
  const auto size = static_cast<std::uint32_t>(out.size());
  char* const begin = sample_.buffer_.data() + at_;
  char* const text = sample_.buffer_.data() + sample_.end_[Sample::root];
  reverse(begin, text);
  reverse(text, text + size);
  reverse(begin, text + size);

  for (std::uint32_t& end : sample_.end_) {
    if (end >= at_) end += size;
  }
  for (std::uint32_t i = 0; i < opened_count_; ++i)
    sample_.end_[opened_[i]] = at_ + size - 1 - i;
  if (is_item) ++sample_.item_count_[container_];
  sample_.clamped_ = static_cast<std::uint16_t>(sample_.clamped_ + clamped_);
  sample_.given_ |= given_;
  return {};
}

}  // namespace here_tracking
