// SPDX-License-Identifier: Apache-2.0
#include "here_tracking/gather.hpp"

#include "text.hpp"

#include <algorithm>

namespace here_tracking {

/// One call of gather().
class Gatherer {
 public:
  Gatherer(const Sources& sources, Sample& sample, Clock& clock, Log& log)
      : sample_(sample),
        clock_(clock),
        log_(log),
        begin_ms_(clock.now_ms()),
        total_ms_(sources.total_timeout_ms) {}

  template <typename Source, typename Ask, typename Enough>
  void ask(const char* list, Span<SourceSlot<Source>> slots, Ask ask, Enough enough) {
    for (std::size_t i = 0; i < slots.size() && !enough(); ++i) {
      if (!begin(slots[i])) continue;
      const Status status = ask(slots[i].source(), given_ms_);
      end(slots[i], list, i, status);
    }
  }

  [[nodiscard]] Status first_failure() const { return first_failure_; }

 private:
  static constexpr unsigned max_penalty = 32;

  /// Whether it is asked, and then for how long.
  bool begin(SourceRecord& source) {
    given_ms_ = source.timeout_ms_;
    asked_ms_ = clock_.now_ms();
    if (has_clock()) {
      const std::int64_t left_ms = begin_ms_ + total_ms_ - asked_ms_;
      if (left_ms <= 0) {
        if (!time_is_up_) log_.write(LogLevel::warning, "no time left to ask all sources");
        time_is_up_ = true;
        return false;
      }
      given_ms_ = static_cast<std::uint32_t>(std::min<std::int64_t>(given_ms_, left_ms));
    }
    if (source.left_ == 0) return true;
    --source.left_;
    return false;
  }

  void end(SourceRecord& source, const char* list, std::size_t index, Status status) {
    const std::int64_t took_ms = clock_.now_ms() - asked_ms_;
    const bool late = has_clock() && is_late(took_ms, given_ms_);
    const bool failed = !status.ok() && status != Code::no_data;
    const bool was_out = source.out();
    if (late || status == Code::hook_failed) {
      source.penalty_ =
          was_out ? static_cast<std::uint8_t>(std::min(source.penalty_ * 2U, max_penalty)) : 1;
      source.left_ = source.penalty_;
    } else {
      source.penalty_ = 0;
    }
    if (failed && first_failure_.ok()) first_failure_ = status;

    if (!was_out && source.out()) {
      write(list, index, late ? "late" : to_string(status.code()), ", passed over for some time");
    } else if (was_out && !source.out()) {
      write(list, index, "back", "");
    }
    if (!failed || source.out()) return;
    if (status == Code::invalid_value) {
      char reason[160];
      write(list, index, {reason, format(sample_.field_error(), reason)}, "");
    } else {
      write(list, index, to_string(status.code()), "");
    }
  }

  void write(const char* list, std::size_t index, std::string_view what, const char* consequence) {
    char memory[160];
    TextBuilder text(memory);
    text.append(list);
    text.append('[');
    text.append_integer(static_cast<std::int64_t>(index));
    text.append("]: ");
    text.append(what);
    text.append(consequence);
    log_.write(LogLevel::warning, text.text());
  }

  [[nodiscard]] bool has_clock() const { return begin_ms_ >= 0; }

  Sample& sample_;
  Clock& clock_;
  Log& log_;
  std::int64_t begin_ms_;
  std::int64_t asked_ms_ = 0;
  std::uint32_t total_ms_;
  std::uint32_t given_ms_ = 0;
  bool time_is_up_ = false;
  Status first_failure_;
};

Status gather(const Sources& sources, Sample& sample, Clock& clock, Log& log) {
  Gatherer gatherer(sources, sample, clock, log);
  gatherer.ask(
      "position", sources.position,
      [&sample](PositionSource& source, std::uint32_t timeout_ms) {
        Fix fix;
        const Status status = source.read(fix, timeout_ms);
        return status.ok() ? sample.set_position(fix) : status;
      },
      [&sample] { return sample.has_position() || sample.withholds_position(); });
  const auto scan = [&sample](auto& source, std::uint32_t timeout_ms) {
    return source.scan(sample, timeout_ms);
  };
  gatherer.ask("cell", sources.cell, scan, [&sample] {
    return sample.withholds(PositionMethod::gsm) && sample.withholds(PositionMethod::wcdma) &&
           sample.withholds(PositionMethod::tdscdma) && sample.withholds(PositionMethod::lte) &&
           sample.withholds(PositionMethod::cdma);
  });
  gatherer.ask("wlan", sources.wlan, scan,
               [&sample] { return sample.withholds(PositionMethod::wlan); });
  gatherer.ask("bluetooth", sources.bluetooth, scan,
               [&sample] { return sample.withholds(PositionMethod::bt); });
  const auto read = [&sample](SensorSource& source, std::uint32_t timeout_ms) {
    return source.read(sample, timeout_ms);
  };
  gatherer.ask("sensors", sources.sensors, read, [] { return false; });
  return gatherer.first_failure();
}

}  // namespace here_tracking
