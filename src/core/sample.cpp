// SPDX-License-Identifier: Apache-2.0
#include "here_tracking/telemetry.hpp"

#include "sample_writer.hpp"

#include <new>

namespace here_tracking {

Sample::Sample(Span<char> buffer, SampleOptions options) : buffer_(buffer), options_(options) {
  if (buffer_.size() >= sample_end_bytes) {
    buffer_[0] = '{';
    end_[root] = 1;
  } else {
    status_ = Code::buffer_too_small;
  }
}

void Sample::clear() {
  const Span<char> buffer = buffer_;
  const SampleOptions options = options_;
  new (this) Sample(buffer, options);
}

bool Sample::empty() const {
  return end_[root] <= 1;
}

bool Sample::can_be_positioned() const {
  for (std::size_t list = 0; list < wlan; ++list) {
    if (item_count_[list] != 0) return true;
  }
  return has_position() || item_count_[wlan] + item_count_[bt] > 1;
}

void Sample::withhold(NameSet<PositionMethod> methods, NameSet<SensorData> data) {
  withheld_methods_ = methods;
  withheld_data_ = data;
}

bool Sample::keep_back(PositionMethod method) {
  if (withholds(method)) ++withheld_;
  return withholds(method);
}

Status Sample::set_timestamp(std::int64_t timestamp_ms) {
  static constexpr FieldRule timestamp = epoch_ms("timestamp", {});
  if (!SampleWriter(*this).check(timestamp, timestamp_ms)) return Code::invalid_value;
  timestamp_ms_ = timestamp_ms;
  return {};
}

std::string_view Sample::json() {
  const std::size_t length = end_[root];
  if (timestamp_ms_ == 0 || length == 0) return {};
  TextBuilder end({buffer_.data() + length, sample_end_bytes});
  append_sample_end(end, length, timestamp_ms_);
  return {buffer_.data(), length + end.size()};
}

}  // namespace here_tracking
