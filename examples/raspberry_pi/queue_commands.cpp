// SPDX-License-Identifier: Apache-2.0
#include "commands.hpp"
#include "console.hpp"
#include "queue_store.hpp"
#include "session.hpp"
#include "state_lock.hpp"
#include "text.hpp"

#include <array>
#include <cstdio>
#include <iostream>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>
#include <unistd.h>

namespace here_tracking::cli {
namespace {

std::optional<QueueStore> look(const Options& options) {
  return options.quarantine ? QueueStore::look_at_quarantine(options.state_dir)
                            : QueueStore::look_at_queue(options.state_dir);
}

/// An empty one where there is none, so that the commands need not tell them apart.
QueueStore open_for_change(const Options& options, bool quarantine) {
  return quarantine ? QueueStore::quarantine(options.state_dir)
                    : QueueStore::queue(options.state_dir, options.tracking);
}

std::string export_sample(SampleQueue& queue, const QueueBatch& batch, bool with_reason,
                          std::size_t& untimed) {
  const StoredSample stored = stored_sample(queue, batch.first_id());
  std::string json = stored.untimed_json;
  if (batch.time_known()) {
    if (json.size() > 1) json += ',';
    json += "\"timestamp\":" + std::to_string(batch.first_ms());
  } else {
    ++untimed;
  }
  json += '}';
  if (!with_reason) return json;
  return "{\"reason\":" +
         nlohmann::json(stored.note)
             .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) +
         ",\"sample\":" + json + "}";
}

bool is_confirmed(const std::string& question) {
  static_cast<void>(std::fprintf(stderr, "%s [y/N] ", question.c_str()));
  std::string answer;
  std::getline(std::cin, answer);
  return answer == "y" || answer == "Y" || answer == "yes";
}

std::string time_text(const QueueBatch& batch) {
  return batch.time_known() ? utc_time(batch.first_ms()) : "unknown";
}

void list_quarantine(const Options& options) {
  std::optional<QueueStore> store = QueueStore::look_at_quarantine(options.state_dir);
  nlohmann::json list = nlohmann::json::array();
  std::string lines;
  if (store) {
    for_each_sample(**store, [&](const QueueBatch& batch) {
      const StoredSample stored = stored_sample(**store, batch.first_id());
      if (options.json) {
        nlohmann::json entry{{"bytes", stored.untimed_json.size()}, {"reason", stored.note}};
        if (batch.time_known()) entry["timestamp"] = batch.first_ms();
        list.push_back(std::move(entry));
        return;
      }
      constexpr std::size_t indent = 36;
      std::string line = time_text(batch);
      line.resize(26, ' ');
      const std::string bytes = std::to_string(stored.untimed_json.size());
      line.append(bytes.size() < 7 ? 7 - bytes.size() : 0, ' ').append(bytes).append(" B ");
      lines += wrapped(line + printable(stored.note, stored.note.size()), indent) + "\n";
    });
  }
  if (options.json) {
    print(list.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
  } else if (lines.empty()) {
    note("nothing is in quarantine");
  } else {
    print(trimmed(lines));
  }
}

void release_quarantine(const Options& options) {
  prepare_state_dir(options.state_dir);
  const StateLock lock(options.state_dir, "queue quarantine");
  QueueStore quarantine = open_for_change(options, true);
  QueueStore queue = open_for_change(options, false);
  const std::uint32_t released = put_back(quarantine, *queue);
  std::uint32_t untimed = 0;
  std::uint32_t timed = 0;
  for_each_sample(*quarantine,
                  [&](const QueueBatch& batch) { ++(batch.time_known() ? timed : untimed); });
  if (untimed != 0) {
    warn(count(untimed, "sample stays", "samples stay") + ": nobody knows when it was measured");
  }
  if (timed != 0) {
    warn(count(timed, "sample stays", "samples stay") +
         " between those, as the quarantine is full: see queue export and queue purge with "
         "--quarantine");
  }
  print(options.json ? "{\"released\":" + std::to_string(released) + "}"
                     : count(released, "sample waits", "samples wait") +
                           " again: the next send or run tries them");
}

}  // namespace

void export_queue(const Options& options) {
  std::optional<QueueStore> store = look(options);
  std::size_t untimed = 0;
  std::string last;
  print("[");
  if (store) {
    for_each_sample(**store, [&](const QueueBatch& batch) {
      if (!last.empty()) print(last + ",");
      last = export_sample(**store, batch, options.quarantine, untimed);
    });
  }
  if (!last.empty()) print(last);
  print("]");
  if (untimed != 0) {
    note(count(untimed, "sample has", "samples have") +
         " no timestamp: measured before the service's time was known");
  }
}

void purge_queue(const Options& options) {
  prepare_state_dir(options.state_dir);
  const StateLock lock(options.state_dir, "queue purge");
  QueueStore store = open_for_change(options, options.quarantine);
  const std::uint32_t pending = store->pending();
  const std::string what = count(pending, "sample", "samples") +
                           (options.quarantine ? " in quarantine" : " that nobody has received");
  if (pending != 0 && !options.yes) {
    if (isatty(STDIN_FILENO) == 0) {
      throw Failure(Exit::usage, "purge would remove " + what + ": must be given --yes");
    }
    if (!is_confirmed("remove " + what + "?")) {
      note("nothing was removed");
      return;
    }
  }
  if (pending != 0 && !store->release_all(Fate::purged).ok()) {
    throw Failure(Exit::local, "the queue cannot be written: see here-tracking doctor");
  }
  print(options.json ? "{\"purged\":" + std::to_string(pending) + "}"
                     : "removed " + count(pending, "sample", "samples"));
}

void show_quarantine(const Options& options) {
  if (options.release) {
    release_quarantine(options);
  } else {
    list_quarantine(options);
  }
}

}  // namespace here_tracking::cli
