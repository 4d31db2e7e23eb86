// SPDX-License-Identifier: Apache-2.0
#include "power_loss.hpp"

#include "support/catch.hpp"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <random>
#include <set>
#include <string_view>

namespace power_loss {
namespace {

namespace ht = here_tracking;
using ht::Code;
using ht::Fate;

constexpr std::int64_t noon = 1767225600000;
constexpr std::uint64_t known_boot = 7;
constexpr std::uint64_t unknown_boot = 9;

constexpr std::array<const char*, 3> policy_names = {"oldest", "newest", "thin_out"};
constexpr std::array<const char*, 2> order_names = {"oldest_first", "live_first"};

class Device {
 public:
  Device(CuttableStorage& storage, const Case& scenario)
      : storage_(storage), scenario_(scenario), table_(storage.geometry().sector_count) {
    plan_cut();
    start();
  }

  Outcome work() {
    append(known_boot);
    append(known_boot);
    again([&] { return queue_->set_time_base({known_boot, noon}); });
    append(unknown_boot);
    for (int round = 0; round < 2; ++round) {
      for (int i = 0; i < 4; ++i)
        append(0);
      send(2);
    }
    for (int i = 0; i < 10; ++i)
      append(0);
    for (int i = 0; i < 3; ++i)
      send(1);
    for (int i = 0; i < 4; ++i)
      append(0);
    drain();
    // It takes new samples.
    while (error_.empty() && sent_.count(number_) == 0) {
      append(0);
      drain();
    }
    judge();
    return {error_, cuts_, cut_bytes_};
  }

 private:
  void fail(const std::string& what) {
    if (error_.empty()) error_ = what;
  }

  void plan_cut() {
    if (cuts_ < scenario_.cuts.size())
      storage_.cut_after(scenario_.cuts[cuts_].operation, scenario_.cuts[cuts_].byte);
  }

  void start() {
    queue_ = std::make_unique<ht::SampleQueue>(
        storage_, ht::Span<ht::QueueSector>(table_.data(), table_.size()), scenario_.config);
    const ht::Status status = queue_->open();
    if (!status.ok()) fail(std::string("open(): ") + to_string(status.code()));
    const ht::QueueStats stats = queue_->stats();
    if (stats.last_id < acknowledged_) fail("an acknowledged sample is lost");
    if (accounted(stats) != stats.last_id) fail("after open() the counts do not add up");
  }

  /// False: nothing went wrong. True: the power was gone, and came back.
  bool was_cut() {
    if (!storage_.cut()) return false;
    ++cuts_;
    cut_bytes_ = storage_.operation_bytes();
    storage_.restart(scenario_.restart_seed == 0
                         ? 0
                         : scenario_.restart_seed + static_cast<std::uint32_t>(cuts_) - 1);
    plan_cut();
    start();
    return true;
  }

  template <typename Call>
  void again(Call&& call) {
    for (;;) {
      const ht::Status status = call();
      if (was_cut()) continue;
      if (!status.ok()) fail(std::string("refused: ") + to_string(status.code()));
      return;
    }
  }

  void append(std::uint64_t boot) {
    if (!error_.empty()) return;
    ++number_;
    const std::string text = R"({"n":)" + std::to_string(number_) + R"(,"x":")" +
                             std::string(static_cast<std::size_t>(number_ * 37 % 60), 'x') + '"';
    const std::int64_t ms = number_ * 1000;
    const std::int64_t at = boot == 0 ? noon + ms : ms;
    measured_[number_] = text + R"(,"timestamp":)" + std::to_string(noon + ms);
    const ht::Status status = queue_->append(text, {at, boot}, "note");
    if (was_cut()) return;
    if (status.ok()) {
      acknowledged_ = queue_->stats().last_id;
    } else if (status != Code::queue_full || scenario_.config.when_full != ht::DropPolicy::newest) {
      fail(std::string("append(): ") + to_string(status.code()));
    }
  }

  void send(std::uint32_t max_samples) {
    if (!error_.empty()) return;
    ht::BatchLimits limits;
    limits.max_samples = max_samples;
    ht::QueueBatch batch;
    const ht::Status status = queue_->next(batch, limits);
    if (was_cut()) return;
    if (status == Code::no_data && queue_->pending() == 0) return;
    if (!status.ok()) return fail(std::string("next(): ") + to_string(status.code()));
    deliver(batch);
    const ht::Status released =
        queue_->release(batch, batch.time_known() ? Fate::delivered : Fate::time_unknown);
    if (was_cut()) {
      may_repeat_ += batch.count();
    } else if (!released.ok()) {
      fail(std::string("release(): ") + to_string(released.code()));
    }
  }

  void drain() {
    for (int i = 0; error_.empty() && queue_->pending() != 0; ++i) {
      if (i == 1000) fail("the queue is stuck");
      send(3);
    }
  }

  void deliver(ht::QueueBatch& batch) {
    std::string body;
    std::array<char, 50> piece{};
    for (std::size_t n = 0; (n = batch.read(body.size(), piece)) > 0;)
      body.append(piece.data(), n);
    if (body.size() != batch.size()) return fail("a body is not as long as it says");
    if (body.empty()) return;
    std::uint32_t count = 0;
    for (std::size_t at = 1; at < body.size(); ++count) {
      const std::size_t end = body.find('}', at);
      if (end == std::string::npos) return fail("a body is cut");
      const std::string sample = body.substr(at, end - at);
      int number = 0;
      if (std::sscanf(sample.c_str(), R"({"n":%d,)", &number) != 1 || measured_[number] != sample)
        return fail("sent what was never measured: " + sample);
      if (!sent_.insert(number).second) ++repeated_;
      at = end + 2;
    }
    if (count != batch.count()) fail("a batch has not as many samples as it says");
  }

  [[nodiscard]] static std::uint32_t accounted(const ht::QueueStats& stats) {
    std::uint32_t sum = stats.pending;
    for (const std::uint32_t count : stats.left)
      sum += count;
    return sum - stats.count(Fate::dropped_newest);
  }

  void judge() {
    if (*storage_.broken_rule() != '\0') fail(storage_.broken_rule());
    const ht::QueueStats stats = queue_->stats();
    if (accounted(stats) != stats.last_id) fail("the counts do not add up");
    if (stats.count(Fate::corrupted) != 0) fail("a cut is taken for damage");
    if (stats.count(Fate::delivered) > sent_.size()) fail("counted as delivered, but never sent");
    if (repeated_ > may_repeat_) fail("more is repeated than was in flight");
  }

  CuttableStorage& storage_;
  const Case& scenario_;
  std::vector<ht::QueueSector> table_;
  std::unique_ptr<ht::SampleQueue> queue_;
  std::map<int, std::string> measured_;  // and how they must be sent
  std::set<int> sent_;
  int number_ = 0;
  std::uint32_t acknowledged_ = 0;  // the last id
  std::uint32_t repeated_ = 0;
  std::uint32_t may_repeat_ = 0;
  std::size_t cuts_ = 0;
  std::uint32_t cut_bytes_ = 0;
  std::string error_;
};

/// The ends of long operations and some places between; every place of the others.
std::uint32_t next_byte(std::uint32_t byte, std::uint32_t size) {
  if (size <= 256 || byte < 2 || byte + 2 >= size) return byte + 1;
  return std::min(byte + size / 6, size - 2);
}

class Prover {
 public:
  Prover(std::string storage, const MakeStorage& make)
      : storage_(std::move(storage)), make_(make) {}

  Outcome check(const Case& scenario) {
    Outcome outcome = run(make_, scenario);
    ++runs_;
    if (!outcome.error.empty()) {
      FAIL_CHECK(outcome.error << "\nHERE_TRACKING_CUT=\"" << to_text(storage_, scenario) << '"');
      ++failures_;
    }
    return outcome;
  }

  /// Returns how many operations there are.
  std::uint64_t cut_each(const Case& uncut) {
    for (std::uint64_t operation = 0;; ++operation) {
      std::uint32_t size = 1;
      for (std::uint32_t byte = 0; byte <= size && failures_ < 5; byte = next_byte(byte, size)) {
        Case scenario = uncut;
        scenario.cuts = {{operation, byte}};
        const Outcome outcome = check(scenario);
        if (outcome.cuts == 0) return operation;
        size = outcome.cut_bytes;
      }
      if (failures_ >= 5) return operation;
    }
  }

  void cut_twice(const Case& uncut, std::uint64_t operations, std::uint32_t count) {
    std::mt19937 random(uncut.restart_seed);
    const auto below = [&](std::uint64_t limit) { return random() % limit; };
    for (std::uint32_t i = 0; i < count && failures_ < 5; ++i) {
      Case scenario = uncut;
      // The second one soon after the first: while it recovers.
      scenario.cuts = {
          {below(operations), static_cast<std::uint32_t>(below(140))},
          {below(i % 2 == 0 ? 8 : operations), static_cast<std::uint32_t>(below(140))}};
      scenario.restart_seed = uncut.restart_seed + i;
      check(scenario);
    }
  }

  [[nodiscard]] std::uint64_t runs() const { return runs_; }
  [[nodiscard]] bool failed() const { return failures_ != 0; }

 private:
  std::string storage_;
  const MakeStorage& make_;
  std::uint64_t runs_ = 0;
  int failures_ = 0;
};

}  // namespace

Outcome run(const MakeStorage& make, const Case& scenario) {
  const std::unique_ptr<CuttableStorage> storage = make();
  return Device(*storage, scenario).work();
}

std::string to_text(const std::string& storage, const Case& scenario) {
  std::string text = storage + ':' +
                     policy_names.at(static_cast<std::size_t>(scenario.config.when_full)) + ':' +
                     order_names.at(static_cast<std::size_t>(scenario.config.order)) + ":r" +
                     std::to_string(scenario.restart_seed) + ':';
  for (const Cut& cut : scenario.cuts)
    text += (text.back() == ':' ? "op=" : ";op=") + std::to_string(cut.operation) +
            ",byte=" + std::to_string(cut.byte);
  return text;
}

bool parse(const std::string& text, const std::string& storage, Case& scenario) {
  for (std::size_t policy = 0; policy < policy_names.size(); ++policy) {
    for (std::size_t order = 0; order < order_names.size(); ++order) {
      const std::string start =
          storage + ':' + policy_names.at(policy) + ':' + order_names.at(order) + ":r";
      if (text.compare(0, start.size(), start) != 0) continue;
      scenario = {};
      scenario.config = {static_cast<ht::DropPolicy>(policy), static_cast<ht::DrainOrder>(order)};
      const char* rest = text.c_str() + start.size();
      int used = 0;
      if (std::sscanf(rest, "%u:%n", &scenario.restart_seed, &used) != 1) return false;
      rest += used;
      unsigned long long operation = 0;
      Cut cut;
      while (std::sscanf(rest, "op=%llu,byte=%u%n", &operation, &cut.byte, &used) == 2) {
        cut.operation = operation;
        scenario.cuts.push_back(cut);
        rest += used;
        if (*rest == ';') ++rest;
      }
      return *rest == '\0';
    }
  }
  return false;
}

void prove(const std::string& storage, const MakeStorage& make,
           const std::vector<std::uint32_t>& restart_seeds) {
  Prover prover(storage, make);
  if (const char* const text = std::getenv("HERE_TRACKING_CUT")) {
    Case scenario;
    if (parse(text, storage, scenario)) prover.check(scenario);
    return;
  }
  const char* const wanted = std::getenv("HERE_TRACKING_CUTS");
  const std::uint32_t pairs =
      wanted != nullptr ? static_cast<std::uint32_t>(std::strtoul(wanted, nullptr, 10)) : 100;
  for (std::size_t policy = 0; policy < policy_names.size(); ++policy) {
    for (std::size_t order = 0; order < order_names.size(); ++order) {
      for (const std::uint32_t seed : restart_seeds) {
        Case scenario;
        scenario.config = {static_cast<ht::DropPolicy>(policy), static_cast<ht::DrainOrder>(order)};
        scenario.restart_seed = seed;
        prover.check(scenario);
        const std::uint64_t operations = prover.cut_each(scenario);
        CHECK(operations > 40);
        prover.cut_twice(scenario, operations, pairs);
        if (prover.failed()) return;
      }
    }
  }
}

}  // namespace power_loss
