// SPDX-License-Identifier: Apache-2.0
#include "commands.hpp"
#include "queue_store.hpp"
#include "session.hpp"
#include "state_lock.hpp"
#include "status_file.hpp"
#include "text.hpp"

#include <algorithm>
#include <optional>
#include <string>

#include <nlohmann/json.hpp>

namespace here_tracking::cli {
namespace {

std::uint32_t seconds(std::int64_t ms) {
  return static_cast<std::uint32_t>(std::clamp<std::int64_t>(ms / 1000, 0, 0xffffffff));
}

std::string megabytes(std::uint64_t bytes) {
  const auto tenths = static_cast<std::uint32_t>(bytes * 10 >> 20U);
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10);
}

std::string drops(const QueueStats& stats) {
  std::string text;
  for (std::size_t i = 0; i < fate_count; ++i) {
    const auto fate = static_cast<Fate>(i);
    if (fate == Fate::delivered || stats.count(fate) == 0) continue;
    text.append(text.empty() ? "" : ", ")
        .append(std::to_string(stats.count(fate)))
        .append(" ")
        .append(to_string(fate));
  }
  return text.empty() ? "none" : text;
}

class Table {
 public:
  void add(const char* name, const std::string& text) {
    constexpr std::size_t indent = 13;
    std::string line = name;
    line.resize(indent, ' ');
    if (!text_.empty()) text_ += "\n";
    text_ += wrapped(line + printable(text, text.size()), indent);
  }
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  std::string text_;
};

}  // namespace

void show_status(const Options& options) {
  const LockHolder holder = lock_holder(options.state_dir.value);
  const bool is_running = holder.pid != 0 && holder.command == "run";
  std::optional<RunStatus> run = read_run_status(holder.status_file);
  SystemClock clock;
  // Its times are those of another boot's clock.
  const bool is_now =
      is_running && run && run->pid == holder.pid && run->boot_id == clock.boot_id();

  std::optional<QueueStore> queue = QueueStore::look_at_queue(options.state_dir);
  std::optional<QueueStore> quarantine = QueueStore::look_at_quarantine(options.state_dir);
  const QueueStats stats = queue ? (*queue)->stats() : QueueStats();
  const std::uint32_t quarantined = quarantine ? (*quarantine)->pending() : 0;

  Session session(options);
  const std::optional<std::int64_t> server_ms = session.client().server_time_ms();
  const std::int64_t now_ms = server_ms.value_or(system_time_ms());
  const std::int64_t behind_ms = now_ms - system_time_ms();
  const std::uint32_t token_life_s = session.client().token_life_s();
  std::optional<std::int64_t> oldest_ms;  // age
  if (stats.oldest && stats.oldest->boot_id == 0) oldest_ms = now_ms - stats.oldest->ms;
  if (stats.oldest && stats.oldest->boot_id == clock.boot_id()) {
    oldest_ms = clock.now_ms() - stats.oldest->ms;
  }

  if (options.json) {
    nlohmann::json left;
    for (std::size_t i = 0; i < fate_count; ++i)
      left[to_string(static_cast<Fate>(i))] = stats.left[i];
    nlohmann::json json{{"running", is_running},
                        {"queue",
                         {{"pending", stats.pending},
                          {"last_id", stats.last_id},
                          {"used_bytes", stats.used_bytes},
                          {"capacity_bytes", stats.capacity_bytes},
                          {"left", left}}},
                        {"quarantine", {{"pending", quarantined}}},
                        {"token_life_s", token_life_s}};
    if (oldest_ms) json["queue"]["oldest_age_s"] = seconds(*oldest_ms);
    if (is_running) json["pid"] = holder.pid;
    if (is_now) {
      json["started_ms"] = run->started_ms;
      json["connection"] = run->connection;
      json["trouble"] = run->trouble;
      json["next_sample_s"] = seconds(run->next_sample_ms - clock.now_ms());
      json["next_send_s"] = seconds(run->next_send_ms - clock.now_ms());
      json["sample_ms"] = run->sample_ms;
      json["send_ms"] = run->send_ms;
      json["not_stored"] = run->not_stored;
    }
    if (run && run->last_success_ms) json["last_success_ms"] = *run->last_success_ms;
    if (run && run->shadow_version) json["shadow_version"] = *run->shadow_version;
    if (server_ms) json["system_clock_offset_ms"] = behind_ms;
    return print(json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
  }

  Table table;
  table.add("run",
            !is_running ? "is not running"
            : is_now ? "pid " + std::to_string(holder.pid) + ", since " + utc_time(run->started_ms)
                     : "pid " + std::to_string(holder.pid));
  if (is_now) {
    table.add("connection", run->connection + (run->trouble.empty() ? "" : ": " + run->trouble));
    table.add("pace", "a sample every " + duration(run->sample_ms / 1000) + ", a report every " +
                          duration(run->send_ms / 1000));
    table.add("next sample", "in " + duration(seconds(run->next_sample_ms - clock.now_ms())));
    table.add("next report", "in " + duration(seconds(run->next_send_ms - clock.now_ms())));
  }
  if (run && run->last_success_ms) {
    table.add("last report", utc_time(*run->last_success_ms) + ", " +
                                 duration(seconds(now_ms - *run->last_success_ms)) + " ago");
  }
  if (run && run->shadow_version) {
    table.add("shadow", "state version " + std::to_string(*run->shadow_version));
  }
  table.add("queue", count(stats.pending, "sample waits", "samples wait") +
                         (oldest_ms ? ", the oldest for " + duration(seconds(*oldest_ms)) : "") +
                         (queue ? "; " + megabytes(stats.used_bytes) + " of " +
                                      megabytes(stats.capacity_bytes) + " MB used"
                                : ""));
  table.add("delivered", std::to_string(stats.count(Fate::delivered)));
  table.add("dropped", drops(stats));
  if (is_now && run->not_stored != 0) {
    table.add("not stored", count(run->not_stored, "sample", "samples") + " since the start");
  }
  table.add("quarantine", count(quarantined, "sample", "samples"));
  const char* const no_credentials = "unknown without credentials";
  table.add("clock", server_ms             ? "this machine's is " + clock_difference(behind_ms)
                     : options.credentials ? "the service's time is not known yet"
                                           : no_credentials);
  table.add("token", token_life_s != 0     ? "good for another " + duration(token_life_s)
                     : options.credentials ? "none"
                                           : no_credentials);
  print(table.text());
}

}  // namespace here_tracking::cli
