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

const std::string_view& text_of(const FieldRule& field, const void* object) {
  return *static_cast<const std::string_view*>(place_of(field, object));
}

/// A list of whatever it is.
Span<const unsigned char> list_at(const void* place) {
  Span<const unsigned char> items;
  std::memcpy(&items, place, sizeof(items));
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
    case FieldType::band:
      value = static_cast<std::int64_t>(*static_cast<const WlanBand*>(at));
      return value != 0;
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
      value = static_cast<std::int64_t>(list_at(at).size());
      return value != 0;
  }
  return false;
}

void reverse(char* first, char* last) {
  while (first < last)
    std::swap(*first++, *--last);
}

}  // namespace

std::int32_t FieldRule::unfold(std::int32_t end) const {
  if (scale == FieldBounds::bits) return (std::int32_t{1} << end) - 1;
  for (unsigned i = scale; i > 0; --i)
    end *= 10;
  return end;
}

std::int64_t FieldRule::nearest(std::int64_t value) const {
  const std::int32_t least = min();
  const std::int32_t most = max();
  return value < least ? least : value > most ? most : value;
}

SampleWriter::SampleWriter(Sample& sample)
    : json_({sample.buffer_.data() + sample.content_.end[Sample::root],
             sample.buffer_.size() -
                 std::min<std::size_t>(sample.buffer_.size(),
                                       sample.content_.end[Sample::root] + sample_end_bytes)}),
      sample_(sample) {}

Status SampleWriter::add_item(Sample& sample, const FieldRule& list, const ObjectRules& rules,
                              const void* item) {
  SampleWriter writer(sample);
  writer.begin_item(list);
  writer.write(rules, item);
  return writer.commit();
}

// ---- where it belongs ----

const char* SampleWriter::name_of(Container container) {
  return container == Sample::root ? "" : container == Sample::scan ? "scan" : "system";
}

void SampleWriter::begin_members(Container container, const char* name) {
  at_ = sample_.content_.end[container];
  if (container == Sample::root || at_ != 0) {
    if (at_ > 1) json_.out().append(',');
  } else {
    const bool is_list = container < Sample::list_count;
    const Container parent = is_list                        ? Sample::scan
                             : container == Sample::sensors ? Sample::system
                                                            : Sample::root;
    begin_members(parent, name_of(parent));
    json_.key(name);
    json_.begin(is_list ? '[' : '{');
    opened_ |= 1U << container;
  }
  members_at_ = json_.out().wanted();
}

void SampleWriter::begin(Container container, Given given, const char* field) {
  scope_ = name_of(container);
  given_ = given;
  if ((sample_.content_.given & given) != 0) refuse(any(field, {}), 2, Rule::given_once);
  begin_members(container, scope_);
}

void SampleWriter::begin_item(const FieldRule& list) {
  static constexpr std::array methods = {
      PositionMethod::gsm,  PositionMethod::wcdma,     PositionMethod::tdscdma,
      PositionMethod::lte,  PositionMethod::lte_cat_m, PositionMethod::nb_iot,
      PositionMethod::cdma, PositionMethod::wlan,      PositionMethod::bt};
  static_assert(methods.size() == Sample::list_count);
  item_of_ = static_cast<Container>(list.offset);
  if (sample_.withholds(methods[item_of_])) withhold();
  scope_ = "scan";
  (void)check(list, sample_.content_.item_count[item_of_] + 1);
  begin_members(item_of_, list.name);
  json_.begin('{');
}

// ---- content ----

bool SampleWriter::refuse(const FieldRule& field, std::int64_t value, Rule rule) {
  if (closed_) return false;
  close(Code::invalid_value);
  FieldError& error = sample_.content_.field_error;
  error.scope = scope_;
  error.field = field.name;
  error.partner = rule == Rule::given_with ? (&field)[field.partner].name : "";
  error.index = index_;
  error.value = value;
  error.min = field.min();
  error.max = field.max();
  error.rule = rule;
  error.unit = field.unit;
  error.decimals = field.decimals;
  error.text = {};
  return false;
}

void SampleWriter::withhold() {
  ++sample_.content_.withheld;
  close({});
}

void SampleWriter::show(std::string_view text) {
  std::array<char, 24>& shown = sample_.content_.field_error.text;
  (void)copy_text(text, {shown.data(), shown.size() - 1});
}

bool SampleWriter::is_given(const FieldRule& field, const void* object) {
  std::int64_t value = 0;
  return load(field, object, value);
}

bool SampleWriter::check(const FieldRule& field, std::int64_t value) {
  if (field.kind == FieldKind::epoch_ms || field.kind == FieldKind::utc_text) {
    return (value >= min_timestamp_ms && value <= max_timestamp_ms) ||
           refuse(field, value, Rule::timestamp);
  }
  return field.kind != FieldKind::limited || field.nearest(value) == value ||
         refuse(field, value, Rule::range);
}

bool SampleWriter::keeps(const FieldRule& field, const void* object, std::int64_t value) {
  if (is_text(field)) {
    const std::string_view& text = text_of(field, object);
    const std::size_t characters = count_characters(text);
    if (characters != not_utf8 ? check(field, static_cast<std::int64_t>(characters))
                               : refuse(field, value, Rule::utf8)) {
      return true;
    }
    show(text);
    return false;
  }
  if (!check(field, value)) return false;
  return field.partner == 0 || load((&field)[field.partner], object, value) ||
         refuse(field, value, Rule::given_with);
}

void SampleWriter::write(const ObjectRules& rules, const void* object) {
  std::int64_t value = 0;
  for (const FieldRule& field : rules) {
    if (closed_) return;
    if (!load(field, object, value)) continue;
    scope_ = rules.scope;
    if (!keeps(field, object, value)) return;
    json_.key(field.name);
    const void* const at = place_of(field, object);
    switch (field.type) {
      case FieldType::mac:
        write_mac(*static_cast<const MacAddress*>(at));
        break;
      case FieldType::opt_mac:
        write_mac(**static_cast<const std::optional<MacAddress>*>(at));
        break;
      case FieldType::text:
      case FieldType::required_text:
        json_.string(text_of(field, object));
        break;
      case FieldType::opt_bool:
        json_.raw(value != 0 ? "true" : "false");
        break;
      case FieldType::list:
        write_list(rules, at);
        break;
      default:
        write_number(field, value);
    }
  }
}

void SampleWriter::write_number(const FieldRule& field, std::int64_t value) {
  if (field.kind == FieldKind::utc_text) {
    json_.begin('"');
    write_utc(value, json_.out());
    json_.end('"');
    return;
  }
  if (field.kind == FieldKind::clamped) {
    const std::int64_t measured = value;
    value = field.nearest(measured);
    if (value != measured) ++clamped_;
  }
  json_.decimal(field.decimals, value);
}

void SampleWriter::write_list(const ObjectRules& rules, const void* place) {
  const Span<const unsigned char> list = list_at(place);
  const unsigned char* item = list.data();
  json_.begin('[');
  for (std::size_t i = 0; i < list.size(); ++i) {
    set_index(i);
    json_.begin('{');
    write(*rules.items, item);
    json_.end('}');
    item += rules.item_bytes;
  }
  index_ = -1;
  json_.end(']');
}

void SampleWriter::write_mac(const MacAddress& mac) {
  json_.begin('"');
  for (std::size_t i = 0; i < mac.size(); ++i) {
    if (i != 0) json_.out().append(':');
    json_.out().append_hex(mac[i]);
  }
  json_.end('"');
}

Status SampleWriter::commit() {
  if (closed_) return outcome_;
  TextBuilder& out = json_.out();
  if (item_of_ < Sample::list_count) out.append('}');
  // Containers are numbered from the inside to the outside.
  auto closing = static_cast<std::uint32_t>(at_ + out.wanted());
  for (std::uint32_t i = 0; i < Sample::root; ++i) {
    if ((opened_ >> i & 1U) != 0) out.append(i < Sample::list_count ? ']' : '}');
  }
  if (out.overflow()) {
    sample_.content_.status = Code::buffer_too_small;
    return sample_.content_.status;
  }
  const auto size = static_cast<std::uint32_t>(out.size());
  char* const begin = sample_.buffer_.data() + at_;
  char* const text = sample_.buffer_.data() + sample_.content_.end[Sample::root];
  reverse(begin, text);
  reverse(text, text + size);
  reverse(begin, text + size);

  for (std::uint32_t i = 0; i <= Sample::root; ++i) {
    std::uint32_t& end = sample_.content_.end[i];
    if ((opened_ >> i & 1U) != 0) {
      end = closing++;
    } else if (end >= at_) {
      end += size;
    }
  }
  ++sample_.content_.item_count[item_of_];
  sample_.content_.clamped = static_cast<std::uint16_t>(sample_.content_.clamped + clamped_);
  sample_.content_.given |= given_;
  return {};
}

}  // namespace here_tracking
