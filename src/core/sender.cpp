// SPDX-License-Identifier: Apache-2.0
#include "here_tracking/detail/sender.hpp"

#include "words.hpp"

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

std::uint32_t halved(std::uint32_t value) {
  return value > 1 ? value / 2 : 1;
}

std::uint32_t grown(std::uint32_t value, std::uint32_t most) {
  return std::max<std::uint32_t>(std::min(value + std::max<std::uint32_t>(value / 4, 1), most), 1);
}

/// What is left of the memory for samples.
Span<char> without_reason(Span<char> memory, const SampleQueue* quarantine) {
  if (quarantine == nullptr) return memory;
  return {memory.data(), memory.size() - std::min(memory.size(), SampleQueue::max_note_bytes)};
}

}  // namespace

Sender::Sender(Client& client, SampleQueue& queue, SampleQueue* quarantine, Span<char> memory,
               const TrackerConfig& config)
    : client_(client),
      queue_(queue),
      quarantine_(quarantine),
      memory_(without_reason(memory, quarantine)),
      config_(config) {}

bool Sender::is_old(std::int64_t measured_ms) const {
  return now_ms_ - measured_ms > old_ms;
}

void Sender::clear_suspicion() {
  suspect_count_ = 0;
  check_ = Check::none;
  rounds_ = 0;
  restamp_ = false;
  is_doubtful_ = false;
}

Status Sender::choose(QueueBatch& batch) {
  std::uint32_t max_samples = std::min(max_samples_, config_.send.max_samples);
  std::uint32_t first_id = 1;
  std::uint32_t last_id = 0xffffffff;
  if (suspect_count_ != 0) {
    max_samples = std::min(max_samples, halved(suspect_count_));
    first_id = suspect_first_;
    last_id = suspect_last_;
  }
  if (check_ == Check::sibling) {
    first_id = suspect_last_ + 1;
    last_id = suspect_last_ + siblings;
  } else if (check_ == Check::fresh) {
    last_id = queue_.last_id();
    first_id = std::max(last_id, suspect_last_ + 1);
  }
  BatchLimits limits = {max_samples, std::min(max_bytes_, config_.send.max_bytes), first_id,
                        last_id, false};
  const Status status = queue_.next(batch, limits);
  if (!status.ok() || suspect_count_ != 0 || old_budget_ == 0 || batch.count() == 1 ||
      !is_old(batch.first_ms())) {
    return status;
  }
  limits.max_samples = 1;
  return queue_.next(batch, limits);
}

void Sender::note_reason() {
  if (quarantine_ == nullptr) return;
  const ErrorDetail& detail = client_.last_error();
  TextBuilder text({memory_.end(), SampleQueue::max_note_bytes});
  text.append_integer(detail.status.http_status());
  append_words(text, " ", to_string(detail.status.code()));
  if (detail.message[0] != '\0') append_words(text, ": ", detail.message.data());
  if (detail.id[0] != '\0') append_words(text, " (error id ", detail.id.data(), ")");
  reason_size_ = static_cast<std::uint8_t>(text.size());
}

Status Sender::set_aside(const QueueBatch& batch, Fate fate) {
  std::size_t size = 0;
  std::size_t note_size = 0;
  SampleTime time;
  // A quarantine that takes nothing must not keep the others from being sent.
  if (quarantine_ != nullptr &&
      queue_.text(batch.first_id(), memory_, size, {}, note_size, &time).ok()) {
    std::string_view note(memory_.end(), reason_size_);
    if (fate == Fate::time_unknown) {
      note = "measured before a restart, with a clock that was never synchronised";
    }
    (void)quarantine_->append({memory_.data(), size}, time, note);
  }
  return queue_.release(batch, fate);
}

Status Sender::set_suspect_aside(QueueBatch& batch, Fate fate) {
  const BatchLimits limits = {1, 1, suspect_first_, suspect_last_, false};
  clear_suspicion();
  const Status status = queue_.next(batch, limits);
  if (status == Code::no_data) return {};
  return status.ok() ? set_aside(batch, fate) : status;
}

Status Sender::judge(QueueBatch& batch) {
  Fate fate = Fate::quarantined;
  if (is_old(suspect_ms_) && taken_ != Taken::old) {
    old_budget_ = old_budget_ == 0 ? old_budget : static_cast<std::uint8_t>(old_budget_ - 1);
    check_ = Check::none;
    restamp_ = config_.send.restamp != nullptr;
    if (restamp_) return {};
    fate = Fate::too_old;
  }
  return set_suspect_aside(batch, fate);
}

Status Sender::accepted(QueueBatch& batch) {
  const Status status = queue_.release(batch, Fate::delivered);
  if (!status.ok()) return status;
  if (restamp_) {
    clear_suspicion();
    return {};
  }
  if (is_old(batch.first_ms())) {
    taken_ = Taken::old;
    old_budget_ = 0;
  } else if (taken_ == Taken::none) {
    taken_ = Taken::recent;
  }
  if (suspect_count_ == 0) {
    const bool is_full = batch.count() >= max_samples_ || queue_.pending() != 0;
    if (is_full && ++full_batches_ >= full_batches_before_growth) {
      full_batches_ = 0;
      max_samples_ = grown(max_samples_, config_.send.max_samples);
      max_bytes_ = grown(max_bytes_, config_.send.max_bytes);
    }
    return {};
  }
  if (check_ != Check::none && !is_doubtful_) return judge(batch);
  if (check_ != Check::none || batch.count() >= suspect_count_) {
    clear_suspicion();
    return {};
  }
  suspect_count_ -= batch.count();
  if (batch.first_id() == suspect_first_) {
    suspect_first_ = batch.last_id() + 1;
  } else {
    suspect_last_ = batch.first_id() - 1;
  }
  return {};
}

Status Sender::refused(QueueBatch& batch) {
  if (check_ == Check::fresh) return nothing_taken(batch, !is_old(batch.first_ms()));
  if (check_ == Check::sibling) {
    check_ = Check::fresh;
    return {};
  }
  if (suspect_count_ == 0) taken_ = Taken::none;
  suspect_first_ = batch.first_id();
  suspect_last_ = batch.last_id();
  suspect_count_ = batch.count();
  if (suspect_count_ > 1) return {};

  suspect_ms_ = batch.first_ms();
  note_reason();
  if (restamp_) return set_suspect_aside(batch, Fate::quarantined);
  const bool old = is_old(suspect_ms_);
  if (taken_ != Taken::none || (old && old_budget_ != 0)) return judge(batch);
  check_ = old ? Check::sibling : Check::fresh;
  return {};
}

Status Sender::nothing_taken(QueueBatch& batch, bool was_fresh) {
  if (!was_fresh && ++rounds_ >= max_rounds) {
    told_ = Told::nothing;
    taken_ = Taken::recent;
    return judge(batch);
  }
  told_ = Told::all_refused;
  if (was_fresh) is_doubtful_ = true;
  return {};
}

Status Sender::post(Attempt& attempt, BodySource& body) {
  Outcome& outcome = attempt.outcome;
  QueueBatch& batch = attempt.batch;
  // What is to come after a request brings a newer shadow than its own answer would.
  const bool is_last = queue_.pending() <= batch.count();
  const Ingestion how = {is_last ? config_.send.delivery : Delivery::asynchronous, config_.send.id,
                         config_.send.app_id};
  told_ = Told::outcome;
  outcome.has_report = true;
  outcome.report.samples = batch.count();
  outcome.report.bytes = static_cast<std::uint32_t>(batch.size());
  Status status = client_.ingest(body, attempt.answer, how);
  outcome.report.status = status;
  // An answer is an object or blank.
  outcome.report.has_shadow = status.ok() && attempt.answer.find('{') != std::string_view::npos;

  Status kept;  // where not, the storage failed, and what was sent will be sent again
  // The service has the samples also where its answer is too long for the work memory.
  if (status == Code::response_too_large && status.http_status() / 100 == 2) status = Code::ok;
  if (status.ok()) {
    kept = accepted(batch);
  } else if (status == Code::rejected) {
    kept = refused(batch);
  } else if (status == Code::too_large && batch.count() <= 1) {
    note_reason();
    clear_suspicion();
    kept = set_aside(batch, Fate::quarantined);
  } else if (status == Code::too_large || (status == Code::timeout && batch.was_read())) {
    full_batches_ = 0;
    if (batch.count() > 1) {
      max_samples_ = halved(batch.count());
      max_bytes_ = std::max(static_cast<std::uint32_t>(batch.size()) / 2, least_bytes);
    }
  }
  return kept.ok() && told_ == Told::outcome ? status : kept;
}

Status Sender::try_to_send(Attempt& attempt) {
  QueueBatch& batch = attempt.batch;
  const Status status = choose(batch);
  attempt.outcome.more = suspect_count_ != 0 || status != Code::no_data;
  if (status.ok()) {
    if (!batch.time_known()) return set_aside(batch, Fate::time_unknown);
    return restamp_ ? config_.send.restamp(*this, attempt) : post(attempt, batch);
  }
  if (status != Code::no_data) return status;
  if (check_ == Check::fresh) return nothing_taken(batch, false);
  if (check_ == Check::sibling) {
    check_ = Check::fresh;
  } else {
    clear_suspicion();  // it was dropped meanwhile
  }
  return {};
}

Sender::Outcome Sender::send(std::uint64_t boot_id, std::uint32_t random,
                             std::string_view& answer) {
  Outcome outcome;
  told_ = Told::nothing;
  Status status = client_.ensure_time();
  if (status.ok()) {
    const std::optional<std::int64_t> server_ms = client_.server_time_ms();
    status = Code::no_data;
    if (server_ms) {
      now_ms_ = *server_ms;
      // Where it cannot be written down it holds for this run all the same.
      (void)queue_.set_time_base({boot_id, now_ms_ - client_.hooks_.clock->now_ms()});
      Attempt attempt{outcome, answer, {}};
      status = try_to_send(attempt);
    }
  }
  if (!status.ok()) told_ = Told::outcome;
  if (told_ != Told::nothing) {
    Connection connection = connection_after(status.code());
    if (told_ == Told::all_refused) connection = Connection::data_refused;
    policy_.after(config_.retry, connection, client_.last_error().retry_after_s, random,
                  outcome.verdict);
  }
  outcome.report.pending = queue_.pending();
  if (outcome.has_report && outcome.report.pending == 0) outcome.more = false;
  if (outcome.verdict.advice == Advice::wait) outcome.more = false;
  return outcome;
}

}  // namespace here_tracking::detail
