// SPDX-License-Identifier: Apache-2.0
#include "here_tracking/gather.hpp"

#include "text.hpp"

namespace here_tracking {
namespace {

class Failures {
 public:
  Failures(const Sample& sample, Log& log) : sample_(sample), log_(log) {}

  void note(const char* source, Status status) {
    if (status.ok() || status == Code::no_data) return;
    char memory[160];
    TextBuilder text(memory);
    text.append(source);
    text.append(": ");
    if (status == Code::invalid_value) {
      char reason[160];
      text.append({reason, format(sample_.field_error(), reason)});
    } else {
      text.append(to_string(status.code()));
    }
    log_.write(LogLevel::warning, text.text());
    if (first_.ok()) first_ = status;
  }

  [[nodiscard]] Status first() const { return first_; }

 private:
  const Sample& sample_;
  Log& log_;
  Status first_;
};

}  // namespace

Status gather(const Sources& sources, Sample& sample, Log& log) {
  Failures failures(sample, log);
  for (PositionSource* const source : sources.position) {
    if (sample.has_position()) break;
    Fix fix;
    Status status = source->read(fix, sources.timeout_ms);
    if (status.ok()) status = sample.set_position(fix);
    failures.note("position source", status);
  }
  for (CellSource* const source : sources.cell) {
    failures.note("cell source", source->scan(sample, sources.timeout_ms));
  }
  for (WlanSource* const source : sources.wlan) {
    failures.note("WLAN source", source->scan(sample, sources.timeout_ms));
  }
  for (BluetoothSource* const source : sources.bluetooth) {
    failures.note("Bluetooth source", source->scan(sample, sources.timeout_ms));
  }
  for (SensorSource* const source : sources.sensors) {
    failures.note("sensor source", source->read(sample, sources.timeout_ms));
  }
  return failures.first();
}

}  // namespace here_tracking
