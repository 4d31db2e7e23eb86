// SPDX-License-Identifier: Apache-2.0
#include "here_tracking/telemetry.hpp"

#include "sample_writer.hpp"

#include <new>

namespace here_tracking {

Sample::Sample(Span<char> buffer, SampleOptions options)
    : buffer_(buffer), options_(options), content_() {
  content_.is_full = buffer_.size() < sample_end_bytes;
  if (content_.is_full) return;
  buffer_[0] = '{';
  content_.end[root] = 1;
}

void Sample::clear() {
  const Span<char> buffer = buffer_;
  const SampleOptions options = options_;
  new (this) Sample(buffer, options);
}

bool Sample::empty() const {
  return content_.end[root] <= 1;
}

bool Sample::can_be_positioned() const {
  for (std::size_t list = 0; list < wlan; ++list) {
    if (content_.item_count[list] != 0) return true;
  }
  return has_position() || content_.item_count[wlan] + content_.item_count[bt] > 1;
}

void Sample::withhold(NameSet<PositionMethod> methods, NameSet<SensorData> data) {
  content_.withheld_methods = methods;
  content_.withheld_data = data;
}

Status Sample::set_timestamp(std::int64_t timestamp_ms) {
  static constexpr FieldRule timestamp = epoch_ms("timestamp", {});
  if (!SampleWriter(*this).check(timestamp, timestamp_ms)) return Code::invalid_value;
  content_.timestamp_ms = timestamp_ms;
  return {};
}

FieldError Sample::field_error() const {
  FieldError error;
  const Refusal& refusal = content_.refusal;
  if (refusal.field == nullptr) return error;
  const FieldRule& field = *refusal.field;
  error.scope = refusal.scope;
  error.field = field.name;
  if (refusal.rule == Rule::given_with) error.partner = (&field)[field.partner].name;
  error.index = refusal.index;
  error.value = refusal.value;
  if (field.kind != FieldKind::any) {
    error.min = field.min();
    error.max = field.max();
  }
  error.rule = refusal.rule;
  error.unit = field.unit;
  // Else the value is a count.
  if (refusal.rule != Rule::given_once) error.decimals = field.decimals;
  error.text = refusal.text;
  return error;
}

std::string_view Sample::json() {
  const std::size_t length = content_.end[root];
  if (content_.timestamp_ms == 0 || length == 0) return {};
  TextBuilder end({buffer_.data() + length, sample_end_bytes});
  append_sample_end(end, length, content_.timestamp_ms);
  return {buffer_.data(), length + end.size()};
}

}  // namespace here_tracking
