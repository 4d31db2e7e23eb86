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

const std::string_view& text_at(const void* place) {
  return *static_cast<const std::string_view*>(place);
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
    case FieldType::opt_u16:
      return take<std::uint16_t>(at, value);
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
      value = static_cast<std::int64_t>(text_at(at).size());
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

SampleWriter::SampleWriter(Sample& sample)
    : json_({sample.buffer_.data() + sample.content_.end[Sample::root],
             sample.buffer_.size() -
                 std::min<std::size_t>(sample.buffer_.size(),
                                       sample.content_.end[Sample::root] + sample_end_bytes)}),
      sample_(sample) {}

Status SampleWriter::add_item(Sample& sample, const FieldRule& list, const ObjectRules* rules,
                              const void* item) {
  SampleWriter writer(sample);
  writer.begin_item(list);
  writer.write(*rules, item);
  return writer.commit();
}

// ---- where it belongs ----

const char* SampleWriter::name_of(Container container) {
  static constexpr const char* names[] = {"scan", "system", ""};
  return names[container - Sample::scan];
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

void SampleWriter::begin(const FieldRule& member) {
  const auto container = static_cast<Container>(member.offset);
  scope_ = name_of(container);
  given_ = 1U << member.high;
  if ((sample_.content_.given & given_) != 0) refuse(member, 2, Rule::given_once);
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

bool SampleWriter::refuse(const FieldRule& field, Rule rule) {
  if (!is_open()) return false;
  state_ = State::refused;
  Sample::Refusal& refusal = sample_.content_.refusal;
  refusal.value = value_;
  refusal.field = &field;
  refusal.scope = scope_;
  refusal.index = index_;
  refusal.rule = rule;
  refusal.text[0] = '\0';
  return false;
}

void SampleWriter::withhold() {
  ++sample_.content_.withheld;
  close();
}

void SampleWriter::show(const std::string_view& text) {
  std::array<char, 24>& shown = sample_.content_.refusal.text;
  shown[copy_text(text, {shown.data(), shown.size() - 1})] = '\0';
}

bool SampleWriter::is_given(const FieldRule& field, const void* object) {
  std::int64_t value = 0;
  return load(field, object, value);
}

bool SampleWriter::check(const FieldRule& field) {
  number_ = value_;
  if (field.is_time()) {
    return (value_ >= min_timestamp_ms && value_ <= max_timestamp_ms) ||
           refuse(field, Rule::timestamp);
  }
  if (field.low == field.high) return true;
  const std::int32_t least = field.min();
  const std::int32_t most = field.max();
  if (value_ >= least && value_ <= most) return true;
  if (field.kind != FieldKind::clamped) return refuse(field, Rule::range);
  number_ = value_ < least ? least : most;
  ++clamped_;
  return true;
}

void SampleWriter::write(const ObjectRules& rules, const void* object) {
  for (const FieldRule& field : rules) {
    scope_ = rules.scope;
    if (!is_open() || !load(field, object, value_)) continue;
    const bool is_alone = field.partner != 0 && !is_given((&field)[field.partner], object);
    if (is_alone && field.kind == FieldKind::whole) continue;
    json_.key(field.name);
    const void* const at = place_of(field, object);
    switch (field.type) {
      case FieldType::mac:
      case FieldType::opt_mac:  // which begins with it
        write_mac(*static_cast<const MacAddress*>(at));
        break;
      case FieldType::text:
      case FieldType::required_text:
        write_text(field, text_at(at));
        break;
      case FieldType::opt_bool:
        json_.raw(value_ != 0 ? "true" : "false");
        break;
      case FieldType::list:
        if (check(field)) write_list(rules, at);
        break;
      default:
        write_number(field);
    }
    if (is_alone) refuse(field, Rule::given_with);
  }
}

void SampleWriter::write_text(const FieldRule& field, const std::string_view& text) {
  std::size_t size = count_characters(text);
  const bool is_utf8 = size != not_utf8;
  if (!is_utf8) size = text.size();
  value_ = static_cast<std::int64_t>(size);
  if (is_utf8 ? check(field) : refuse(field, Rule::utf8)) {
    json_.string(text);
  } else {
    show(text);
  }
}

void SampleWriter::write_number(const FieldRule& field) {
  check(field);
  if (field.kind == FieldKind::utc_text) {
    json_.begin('"');
    write_utc(number_, json_.out());
    json_.end('"');
  } else if (field.kind == FieldKind::whole) {
    std::uint32_t half = 5;
    for (unsigned i = field.decimals; i > 1; --i)
      half *= 10;
    const std::uint32_t nearest = (static_cast<std::uint32_t>(number_) / half + 1) / 2;
    json_.number(nearest * half * 2 == static_cast<std::uint32_t>(field.max()) ? 0 : nearest);
  } else {
    json_.decimal(field.decimals, number_);
  }
}

void SampleWriter::write_list(const ObjectRules& rules, const void* place) {
  const Span<const unsigned char> list = list_at(place);
  const unsigned char* item = list.data();
  json_.begin('[');
  for (std::size_t i = 0; i < list.size(); ++i) {
    set_index(i);
    json_.begin('{');
    write((&rules)[1], item);
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
  if (!is_open()) return state_ == State::refused ? Code::invalid_value : Code::ok;
  TextBuilder& out = json_.out();
  if (item_of_ < Sample::list_count) out.append('}');
  // Containers are numbered from the inside to the outside.
  auto closing = static_cast<std::uint32_t>(at_ + out.wanted());
  constexpr std::uint32_t lists = (1U << Sample::list_count) - 1;
  if ((opened_ & lists) != 0) out.append(']');
  for (std::uint32_t objects = opened_ >> Sample::list_count; objects != 0; objects &= objects - 1)
    out.append('}');
  if (out.overflow()) {
    sample_.content_.is_full = true;
    return Code::buffer_too_small;
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
