// SPDX-License-Identifier: Apache-2.0
#include "here_tracking/detail/sender.hpp"

#include "request_body.hpp"
#include "sample_end.hpp"
#include "text.hpp"

#include <algorithm>

namespace here_tracking::detail {
namespace {

// Above the ten seconds that a literal reading of the service's documentation allows.
constexpr std::int64_t old_ms = 15000;
// No service is that small: it is the number of samples that made a short body too long.
constexpr std::uint32_t least_bytes = 1024;
constexpr std::uint32_t siblings = 64;
constexpr std::uint8_t full_batches_before_growth = 4;
constexpr std::uint8_t max_rounds = 3;
// How many samples are taken to be too old before a fresh one has to prove it again.
constexpr std::uint8_t old_budget = 8;

template <typename T>
T halved(T value) {
  return std::max<T>(value / 2, 1);
}

}  // namespace

void Sender::clear_suspicion() {
  suspect_count_ = 0;
  check_ = Check::none;
  rounds_ = 0;
  restamp_ = false;
  is_doubtful_ = false;
}

void Sender::shrink(const QueueBatch& batch) {
  full_batches_ = 0;
  if (batch.count() <= 1) return;
  max_samples_ = halved(batch.count());
  max_bytes_ = std::max(static_cast<std::uint32_t>(batch.size()) / 2, least_bytes);
}

void Sender::grow() {
  if (++full_batches_ < full_batches_before_growth) return;
  full_batches_ = 0;
  const auto more = [](std::uint32_t value, std::uint32_t most) {
    return std::max<std::uint32_t>(std::min(value + std::max<std::uint32_t>(value / 4, 1), most),
                                   1);
  };
  max_samples_ = more(max_samples_, config_.max_samples);
  max_bytes_ = more(max_bytes_, config_.max_bytes);
}

Status Sender::choose(QueueBatch& batch, std::int64_t now_ms) {
  BatchLimits limits;
  limits.max_samples = std::min(max_samples_, config_.max_samples);
  limits.max_bytes = std::min(max_bytes_, config_.max_bytes);
  if (suspect_count_ == 0) {
    const Status status = queue_.next(batch, limits);
    if (!status.ok() || old_budget_ == 0 || batch.count() == 1 ||
        now_ms - batch.first_ms() <= old_ms) {
      return status;
    }
    limits.max_samples = 1;
    return queue_.next(batch, limits);
  }
  limits.first_id = suspect_first_;
  limits.last_id = suspect_last_;
  limits.max_samples = std::min(limits.max_samples, halved(suspect_count_));
  if (check_ == Check::sibling) {
    limits.first_id = suspect_last_ + 1;
    limits.last_id = suspect_last_ + siblings;
  } else if (check_ == Check::fresh) {
    limits.last_id = queue_.stats().last_id;
    limits.first_id = std::max(limits.last_id, suspect_last_ + 1);
  }
  return queue_.next(batch, limits);
}

Status Sender::restamp(const QueueBatch& batch, Span<char> memory, std::int64_t now_ms,
                       std::string_view& object) {
  const std::size_t half = memory.size() / 2;
  const Span<char> into(memory.data(), half);
  const Span<char> from(memory.data() + half, memory.size() - half);
  std::size_t size = 0;
  std::size_t note_size = 0;
  Status status = queue_.text(batch.first_id(), from, size, {}, note_size);
  if (!status.ok()) return status;
  status = config_.restamp({from.data(), size}, batch.first_ms(), into, size);
  if (!status.ok()) return status;
  TextBuilder end({into.data() + size, into.size() - size});
  append_sample_end(end, size, now_ms);
  if (end.overflow()) return Code::buffer_too_small;
  object = {into.data(), size + end.size()};
  return {};
}

Status Sender::post(QueueBatch& batch, std::string_view object, std::string_view& answer) {
  Ingestion how;
  how.id = config_.id;
  how.app_id = config_.app_id;
  // What is to come after a request brings a newer shadow than its own answer would.
  how.delivery = queue_.pending() > batch.count() ? Delivery::asynchronous : config_.delivery;
  if (object.empty()) return client_.ingest(batch, answer, how);
  ArrayBody body(Span<const std::string_view>(&object, 1));
  return client_.ingest(body, answer, how);
}

void Sender::note_reason() {
  const ErrorDetail& detail = client_.last_error();
  TextBuilder text(reason_);
  text.append_integer(detail.status.http_status());
  text.append(' ');
  text.append(to_string(detail.status.code()));
  if (detail.message[0] != '\0') {
    text.append(": ");
    text.append(detail.message.data());
  }
  if (detail.id[0] != '\0') {
    text.append(" (error id ");
    text.append(detail.id.data());
    text.append(')');
  }
  reason_size_ = static_cast<std::uint8_t>(text.size());
}

Status Sender::set_aside(const QueueBatch& batch, Fate fate, Span<char> memory) {
  if (quarantine_ != nullptr) {
    std::size_t size = 0;
    std::size_t note_size = 0;
    SampleTime time;
    const Status status = queue_.text(batch.first_id(), memory, size, {}, note_size, &time);
    // A quarantine that takes nothing must not keep the others from being sent.
    if (status.ok()) {
      (void)quarantine_->append({memory.data(), size}, time, {reason_.data(), reason_size_});
    }
  }
  return queue_.release(batch, fate);
}

Status Sender::set_suspect_aside(Fate fate, Span<char> memory) {
  BatchLimits limits;
  limits.first_id = suspect_first_;
  limits.last_id = suspect_last_;
  QueueBatch batch;
  clear_suspicion();
  const Status status = queue_.next(batch, limits);
  if (status == Code::no_data) return {};
  return status.ok() ? set_aside(batch, fate, memory) : status;
}

Status Sender::judge(Span<char> memory, std::int64_t now_ms) {
  const bool is_old = now_ms - suspect_ms_ > old_ms;
  if (!is_old || accepted_age_ms_ > old_ms) {
    return set_suspect_aside(Fate::quarantined, memory);
  }
  old_budget_ = old_budget_ == 0 ? old_budget : static_cast<std::uint8_t>(old_budget_ - 1);
  if (config_.restamp == nullptr) return set_suspect_aside(Fate::too_old, memory);
  check_ = Check::none;
  restamp_ = true;
  return {};
}

Status Sender::accepted(const QueueBatch& batch, Span<char> memory, std::int64_t now_ms) {
  const Status status = queue_.release(batch, Fate::delivered);
  if (!status.ok()) return status;
  if (restamp_) {
    clear_suspicion();
    return {};
  }
  const std::int64_t age_ms = now_ms - batch.first_ms();
  accepted_age_ms_ = std::max({accepted_age_ms_, age_ms, std::int64_t{0}});
  if (age_ms > old_ms) old_budget_ = 0;
  if (suspect_count_ == 0) {
    if (batch.count() >= max_samples_ || queue_.pending() != 0) grow();
    return {};
  }
  if (check_ != Check::none) {
    if (!is_doubtful_) return judge(memory, now_ms);
    clear_suspicion();
    return {};
  }
  if (batch.count() >= suspect_count_) {
    clear_suspicion();
  } else {
    suspect_count_ -= batch.count();
    if (batch.first_id() == suspect_first_) {
      suspect_first_ = batch.last_id() + 1;
    } else {
      suspect_last_ = batch.first_id() - 1;
    }
  }
  return {};
}

Status Sender::refused(const QueueBatch& batch, Span<char> memory, std::int64_t now_ms) {
  if (check_ == Check::sibling) {
    check_ = Check::fresh;
    return {};
  }
  if (suspect_count_ == 0) accepted_age_ms_ = -1;
  suspect_first_ = batch.first_id();
  suspect_last_ = batch.last_id();
  suspect_count_ = batch.count();
  if (suspect_count_ > 1) return {};

  suspect_ms_ = batch.first_ms();
  note_reason();
  if (restamp_) return set_suspect_aside(Fate::quarantined, memory);
  const bool is_old = now_ms - suspect_ms_ > old_ms;
  if (accepted_age_ms_ >= 0 || (is_old && old_budget_ != 0)) return judge(memory, now_ms);
  check_ = is_old ? Check::sibling : Check::fresh;
  return {};
}

RetryVerdict Sender::nothing_taken(bool was_fresh, Span<char> memory, std::int64_t now_ms,
                                   std::uint32_t random, Status& status) {
  if (!was_fresh && ++rounds_ >= max_rounds) {
    accepted_age_ms_ = 0;
    status = judge(memory, now_ms);
    return {};
  }
  if (was_fresh) is_doubtful_ = true;
  return policy_.after_all_refused(random);
}

Sender::Outcome Sender::send(Clock& clock, std::uint64_t boot_id, std::uint32_t random,
                             Span<char> memory, std::string_view& answer) {
  Outcome outcome;
  Status status = client_.ensure_time();
  const std::optional<std::int64_t> server_ms = client_.server_time_ms();
  if (!status.ok() || !server_ms) {
    if (status.ok()) status = Code::no_data;
    outcome.verdict = policy_.after(status, client_.last_error().retry_after_s, random);
    return outcome;
  }
  const std::int64_t now_ms = *server_ms;
  // Where it cannot be written down it holds for this run all the same.
  (void)queue_.set_time_base({boot_id, now_ms - clock.now_ms()});

  QueueBatch batch;
  status = choose(batch, now_ms);
  if (status == Code::no_data && suspect_count_ != 0) {
    if (check_ == Check::sibling) {
      check_ = Check::fresh;
      outcome.more = true;
      return outcome;
    }
    if (check_ == Check::fresh) {
      status = {};
      outcome.verdict = nothing_taken(false, memory, now_ms, random, status);
      if (!status.ok()) outcome.verdict = policy_.after(status, {}, random);
    } else {
      clear_suspicion();  // it was dropped meanwhile
    }
    outcome.more = outcome.verdict.advice != Advice::wait;
    return outcome;
  }
  if (status == Code::no_data) return outcome;
  if (!status.ok()) {
    outcome.verdict = policy_.after(status, {}, random);
    return outcome;
  }
  if (!batch.time_known()) {
    TextBuilder reason(reason_);
    reason.append("measured before a restart, with a clock that was never synchronised");
    reason_size_ = static_cast<std::uint8_t>(reason.size());
    status = set_aside(batch, Fate::time_unknown, memory);
    if (!status.ok()) outcome.verdict = policy_.after(status, {}, random);
    outcome.more = status.ok();
    return outcome;
  }
  std::string_view object;
  if (restamp_) {
    status = restamp(batch, memory, now_ms, object);
    // What cannot be restamped must not keep the others from being sent.
    if (!status.ok() && status != Code::hook_failed) {
      status = set_suspect_aside(Fate::too_old, memory);
      outcome.more = status.ok();
      if (status.ok()) return outcome;
    }
    if (!status.ok()) {
      outcome.verdict = policy_.after(status, {}, random);
      return outcome;
    }
  }

  outcome.has_report = true;
  outcome.report.samples = batch.count();
  outcome.report.bytes = static_cast<std::uint32_t>(batch.size());
  status = post(batch, object, answer);
  outcome.report.status = status;
  outcome.report.has_shadow = status.ok() && !is_blank(answer);

  // The service has the samples also where its answer is too long for the work memory.
  if (status == Code::response_too_large && status.http_status() / 100 == 2) status = Code::ok;

  Status kept;  // where not, the storage failed, and what was sent will be sent again
  if (status == Code::rejected && check_ == Check::fresh) {
    outcome.verdict =
        nothing_taken(now_ms - batch.first_ms() <= old_ms, memory, now_ms, random, kept);
  } else {
    if (status.ok()) {
      kept = accepted(batch, memory, now_ms);
    } else if (status == Code::rejected) {
      kept = refused(batch, memory, now_ms);
    } else if (status == Code::too_large && batch.count() <= 1) {
      note_reason();
      clear_suspicion();
      kept = set_aside(batch, Fate::quarantined, memory);
    } else if (status == Code::too_large || (status == Code::timeout && batch.was_read())) {
      shrink(batch);
    }
    if (kept.ok())
      outcome.verdict = policy_.after(status, client_.last_error().retry_after_s, random);
  }
  if (!kept.ok()) outcome.verdict = policy_.after(kept, {}, random);
  outcome.more = outcome.verdict.advice != Advice::wait && queue_.pending() != 0;
  outcome.report.pending = queue_.pending();
  return outcome;
}

}  // namespace here_tracking::detail
