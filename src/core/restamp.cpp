// SPDX-License-Identifier: Apache-2.0
#include "here_tracking/restamp.hpp"

#include "here_tracking/measurements.hpp"

#include "calendar.hpp"
#include "sample_end.hpp"
#include "text.hpp"

namespace here_tracking {
namespace {

/// What has a time of its own, while the text is between its brackets.
enum class Timed : std::uint8_t { nothing, in_ms, in_utc };

/// Copies a sample's text and adds times. Knows no more of JSON than where strings end and objects
/// begin: the text is a Sample's own.
class Restamper {
 public:
  Restamper(std::string_view text, std::int64_t measured_ms, TextBuilder& out)
      : text_(text), measured_ms_(measured_ms), out_(out) {}

  /// False: it is not a sample without its end.
  bool run() {
    while (at_ < text_.size()) {
      switch (text_[at_]) {
        case '"':
          if (!take_string()) return false;
          continue;
        case '{':
        case '[':
          begin();
          break;
        case '}':
        case ']':
          if (depth_ <= 1) return false;
          end();
          break;
        default:
          if (depth_ == 0) return false;
          break;
      }
      ++at_;
    }
    copy();
    return depth_ == 1;
  }

 private:
  // How deep the members of these are.
  static constexpr std::uint32_t root = 1;
  static constexpr std::uint32_t child = 2;       // of position, scan
  static constexpr std::uint32_t grandchild = 3;  // of scan.gps; the items of a scan's list
  static constexpr std::uint32_t item = 4;        // of an item of a list

  /// A key or a text, and what it means to be here.
  bool take_string() {
    const std::size_t begin = ++at_;
    while (at_ < text_.size() && text_[at_] != '"')
      at_ += text_[at_] == '\\' ? 2 : 1;
    if (at_ >= text_.size() || depth_ == 0) return false;
    const std::string_view string = slice(text_, begin, at_ - begin);
    ++at_;
    if (at_ >= text_.size() || text_[at_] != ':') return true;
    if (depth_ == root) in_ = string;
    if (depth_ == child) below_ = string;
    if (depth_ == timed_depth_ && string == "timestamp") has_time_ = true;
    return true;
  }

  void begin() {
    ++depth_;
    const bool in_scan = in_ == "scan";
    if ((depth_ == child && in_ == "position") ||
        (depth_ == grandchild && in_scan && below_ == "gps")) {
      start(Timed::in_ms);
    } else if (depth_ == item && in_scan) {
      start(Timed::in_utc);
    }
  }

  void start(Timed timed) {
    timed_ = timed;
    timed_depth_ = depth_;
    has_time_ = false;
  }

  void end() {
    if (timed_ != Timed::nothing && depth_ == timed_depth_) {
      if (!has_time_) write_time();
      timed_ = Timed::nothing;
      timed_depth_ = 0;
    }
    --depth_;
  }

  void write_time() {
    copy();
    out_.append(",\"timestamp\":");
    if (timed_ == Timed::in_ms) return out_.append_integer(measured_ms_);
    out_.append('"');
    write_utc(measured_ms_, out_);
    out_.append('"');
  }

  void copy() {
    out_.append(slice(text_, copied_, at_ - copied_));
    copied_ = at_;
  }

  std::string_view text_;
  std::int64_t measured_ms_;
  TextBuilder& out_;
  std::size_t at_ = 0;
  std::size_t copied_ = 0;
  std::uint32_t depth_ = 0;
  std::uint32_t timed_depth_ = 0;
  std::string_view in_;     // the member of the sample
  std::string_view below_;  // and the member of that
  Timed timed_ = Timed::nothing;
  bool has_time_ = false;
};

/// A telemetry object as the only one of a request's array.
class OnlyObject final : public BodySource {
 public:
  explicit OnlyObject(std::string_view text) : text_(text) {}

  [[nodiscard]] std::size_t size() const override { return text_.size() + 2; }
  std::size_t read(std::size_t offset, Span<char> into) override {
    std::size_t count = 0;
    for (; count < into.size() && offset < size(); ++offset)
      into[count++] = offset == 0 ? '[' : offset > text_.size() ? ']' : text_[offset - 1];
    return count;
  }

 private:
  std::string_view text_;
};

}  // namespace

Status restamp(std::string_view untimed_json, std::int64_t measured_ms, Span<char> into,
               std::size_t& size) {
  size = 0;
  if (measured_ms < min_timestamp_ms || measured_ms > max_timestamp_ms) return Code::invalid_value;
  TextBuilder out(into);
  if (!Restamper(untimed_json, measured_ms, out).run()) return Code::invalid_value;
  size = out.wanted();
  return out.overflow() ? Code::buffer_too_small : Code::ok;
}

Status restamp(detail::Sender& sender, detail::Attempt& attempt) {
  const std::size_t half = sender.memory_.size() / 2;
  char* const into = sender.memory_.data();
  char* const from = into + half;
  std::size_t size = 0;
  std::size_t note_size = 0;
  Status status = sender.queue_.text(attempt.batch.first_id(), {from, sender.memory_.size() - half},
                                     size, {}, note_size);
  if (status.ok()) status = restamp({from, size}, attempt.batch.first_ms(), {into, half}, size);
  if (status.ok()) {
    TextBuilder end({into + size, half - size});
    append_sample_end(end, size, sender.now_ms_);
    size += end.size();
    if (end.overflow()) status = Code::buffer_too_small;
  }
  if (status == Code::hook_failed) return status;
  // What cannot be restamped must not keep the others from being sent.
  if (!status.ok()) return sender.set_suspect_aside(attempt.batch, Fate::too_old);
  OnlyObject body({into, size});
  return sender.post(attempt, body);
}

}  // namespace here_tracking
