// SPDX-License-Identifier: Apache-2.0
#include "here_tracking/gather.hpp"

#include "words.hpp"

#include <algorithm>

namespace here_tracking {
namespace {

using Call = Status(void* source, Sample& sample, std::uint32_t timeout_ms);

template <typename Source>
Status scan(void* source, Sample& sample, std::uint32_t timeout_ms) {
  return static_cast<Source*>(source)->scan(sample, timeout_ms);
}

Status read_sensors(void* source, Sample& sample, std::uint32_t timeout_ms) {
  return static_cast<SensorSource*>(source)->read(sample, timeout_ms);
}

Status read_position(void* source, Sample& sample, std::uint32_t timeout_ms) {
  Fix fix;
  const Status status = static_cast<PositionSource*>(source)->read(fix, timeout_ms);
  return status.ok() ? sample.set_position(fix) : status;
}

/// What a list of Sources is called, and how one of them is asked.
struct Kind {
  const char* list;
  Call* call;
};
constexpr Kind kinds[] = {{"position", read_position},
                          {"cell", scan<CellSource>},
                          {"wlan", scan<WlanSource>},
                          {"bluetooth", scan<BluetoothSource>},
                          {"sensors", read_sensors}};

bool withholds_cells(const Sample& sample) {
  return sample.withholds(PositionMethod::gsm) && sample.withholds(PositionMethod::wcdma) &&
         sample.withholds(PositionMethod::tdscdma) && sample.withholds(PositionMethod::lte) &&
         sample.withholds(PositionMethod::cdma);
}

}  // namespace

/// One call of gather().
class Gatherer {
 public:
  Gatherer(Sample& sample, Clock& clock, Log& log, std::uint32_t total_ms)
      : sample_(sample),
        clock_(clock),
        log_(log),
        begin_ms_(clock.now_ms()),
        total_ms_(begin_ms_ < 0 ? 0xffffffff : total_ms) {}

  /// Those of the next kind.
  template <typename Source>
  void ask(Span<SourceSlot<Source>> slots, bool in_vain) {
    static_assert(sizeof(SourceSlot<Source>) == sizeof(SourceRecord), "a record of a known type");
    ask(slots.data(), in_vain ? 0 : slots.size());
  }

  [[nodiscard]] Status first_failure() const { return first_failure_; }

 private:
  static constexpr unsigned max_penalty = 32;

  void ask(SourceRecord* sources, std::size_t count) {
    const bool is_position = kind_ == kinds;
    for (index_ = 0; index_ < count && !(is_position && sample_.has_position()); ++index_)
      ask(sources[index_]);
    ++kind_;
  }

  void ask(SourceRecord& source) {
    const std::uint32_t asked_ms = elapsed_ms();
    if (asked_ms >= total_ms_) {
      if (!time_is_up_) log_.write(LogLevel::warning, "no time left to ask all sources");
      time_is_up_ = true;
      return;
    }
    if (source.left_ != 0) {
      --source.left_;
      return;
    }
    const std::uint32_t given_ms = std::min(source.timeout_ms_, total_ms_ - asked_ms);
    const Status status = kind_->call(source.source_, sample_, given_ms);
    const bool failed = !status.ok() && status != Code::no_data;
    if (failed && first_failure_.ok()) first_failure_ = status;
    Code code = status.code();
    const char* what = to_string(code);
    if (is_late(elapsed_ms() - asked_ms, given_ms)) {
      what = "late";
      code = Code::hook_failed;
    }

    unsigned penalty = source.penalty_;
    if (code == Code::hook_failed) {
      if (penalty == 0) say(what, ", passed over for some time");
      penalty = penalty == 0 ? 1 : std::min(penalty * 2, max_penalty);
    } else {
      if (penalty != 0) say("back");
      if (failed) say(code == Code::invalid_value ? nullptr : what);
      penalty = 0;
    }
    source.penalty_ = source.left_ = static_cast<std::uint8_t>(penalty);
  }

  /// Of this call. Without a clock none.
  [[nodiscard]] std::uint32_t elapsed_ms() const {
    return begin_ms_ < 0 ? 0 : static_cast<std::uint32_t>(clock_.now_ms() - begin_ms_);
  }

  /// @param what nullptr: what the sample refused.
  void say(const char* what, const char* consequence = nullptr) {
    char memory[160];
    TextBuilder text(memory);
    append_words(text, kind_->list, "[");
    text.append_integer(index_);
    append_words(text, "]: ", what, consequence);
    std::size_t size = text.size();
    if (what == nullptr)
      size += format(sample_.field_error(), {memory + size, sizeof(memory) - size});
    log_.write(LogLevel::warning, {memory, size});
  }

  Sample& sample_;
  Clock& clock_;
  Log& log_;
  std::int64_t begin_ms_;
  std::uint32_t total_ms_;
  const Kind* kind_ = kinds;
  std::uint32_t index_ = 0;
  bool time_is_up_ = false;
  Status first_failure_;
};

Status gather(const Sources& sources, Sample& sample, Clock& clock, Log& log) {
  Gatherer gatherer(sample, clock, log, sources.total_timeout_ms);
  gatherer.ask(sources.position, sample.withholds_position());
  gatherer.ask(sources.cell, withholds_cells(sample));
  gatherer.ask(sources.wlan, sample.withholds(PositionMethod::wlan));
  gatherer.ask(sources.bluetooth, sample.withholds(PositionMethod::bt));
  gatherer.ask(sources.sensors, false);
  return gatherer.first_failure();
}

}  // namespace here_tracking
