// SPDX-License-Identifier: Apache-2.0
#include "here_tracking/platform/linux.hpp"

#include "failure.hpp"
#include "queue_store.hpp"
#include "state_lock.hpp"
#include "state_owner.hpp"
#include "status_file.hpp"
#include "support/catch.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace cli = here_tracking::cli;
namespace ht = here_tracking;

namespace {

class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    char name[] = "/tmp/here-tracking-test-XXXXXX";
    REQUIRE(mkdtemp(name) != nullptr);
    path_ = name;
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  ~TemporaryDirectory() { std::filesystem::remove_all(path_); }

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] cli::Setting setting() const { return {path_, "--state-dir"}; }

 private:
  std::string path_;
};

/// Whether `holds` is true in another process.
template <typename Condition>
bool elsewhere(Condition holds) {
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    bool held = false;
    try {
      held = holds();
    } catch (...) {
      held = false;
    }
    _exit(held ? 0 : 1);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

cli::Environment variables(std::map<std::string, std::string> values) {
  return [values = std::move(values)](const char* name) -> const char* {
    const auto found = values.find(name);
    return found == values.end() ? nullptr : found->second.c_str();
  };
}

cli::RunStatus some_status() {
  cli::RunStatus status;
  status.pid = 7;
  status.boot_id = 0xffffffffffffffff;
  status.started_ms = 1767225600000;
  status.last_success_ms = 1767225600500;
  status.shadow_version = 3;
  status.next_sample_ms = 100;
  status.next_send_ms = 200;
  status.sample_ms = 60000;
  status.send_ms = 600000;
  status.not_stored = 5;
  status.connection = "online";
  status.trouble = "words \"of\" the service \xff";
  return status;
}

}  // namespace

TEST_CASE("a state directory has one user at a time, and others learn which") {
  const TemporaryDirectory directory;
  CHECK(cli::lock_holder(directory.path()).pid == 0);
  {
    const cli::StateLock lock(directory.setting(), "run", "/run/x/status.json");
    const int pid = getpid();
    CHECK(elsewhere([&] {
      const cli::LockHolder holder = cli::lock_holder(directory.path());
      return holder.pid == pid && holder.command == "run" &&
             holder.status_file == "/run/x/status.json";
    }));
    CHECK(elsewhere([&] {
      try {
        const cli::StateLock second(directory.setting(), "send");
      } catch (const cli::Failure& failure) {
        const std::string text = failure.what();
        return failure.exit() == cli::Exit::configuration &&
               text.find("'run' with pid " + std::to_string(pid)) != std::string::npos;
      }
      return false;
    }));
  }
  CHECK(cli::lock_holder(directory.path()).pid == 0);
  const cli::StateLock lock(directory.setting(), "send");
  CHECK(elsewhere([&] {
    // Where the last run wrote is still known.
    return cli::lock_holder(directory.path()).status_file == "/run/x/status.json";
  }));
}

TEST_CASE("the lock of a program that was killed is free") {
  const TemporaryDirectory directory;
  CHECK(elsewhere([&] {
    new cli::StateLock(directory.setting(), "run");  // NOLINT: _exit() comes before its end
    return true;
  }));
  CHECK(cli::lock_holder(directory.path()).pid == 0);
  const cli::StateLock lock(directory.setting(), "run");
}

TEST_CASE("what run tells comes back as it was") {
  const std::optional<cli::RunStatus> status = cli::parse_run_status(cli::to_json(some_status()));
  REQUIRE(status);
  CHECK(status->pid == 7);
  CHECK(status->boot_id == 0xffffffffffffffff);
  CHECK(status->started_ms == 1767225600000);
  CHECK(status->last_success_ms == 1767225600500);
  CHECK(status->shadow_version == 3);
  CHECK(status->next_sample_ms == 100);
  CHECK(status->next_send_ms == 200);
  CHECK(status->sample_ms == 60000);
  CHECK(status->send_ms == 600000);
  CHECK(status->not_stored == 5);
  CHECK(status->connection == "online");
  CHECK(status->trouble == "words \"of\" the service \xef\xbf\xbd");
}

TEST_CASE("what is no status is none") {
  CHECK_FALSE(cli::parse_run_status(""));
  CHECK_FALSE(cli::parse_run_status("{}"));
  CHECK_FALSE(cli::parse_run_status("[7]"));
  std::string other = cli::to_json(some_status());
  other.replace(other.find("600000"), 6, "\"six\"");
  CHECK_FALSE(cli::parse_run_status(other));
}

TEST_CASE("the status goes into memory where there is such a place") {
  const TemporaryDirectory place;
  const cli::Setting state{"/var/lib/x", "--state-dir"};
  CHECK(cli::status_path(variables({{"RUNTIME_DIRECTORY", place.path()}}), state) ==
        place.path() + "/status.json");
  CHECK(cli::status_path(variables({{"RUNTIME_DIRECTORY", place.path() + ":/b"}}), state) ==
        place.path() + "/status.json");
  const std::string user = cli::status_path(variables({{"XDG_RUNTIME_DIR", place.path()}}), state);
  CHECK(user.rfind(place.path() + "/here-tracking-", 0) == 0);
  CHECK(cli::status_path(variables({{"XDG_RUNTIME_DIR", "relative"}}), state) ==
        "/var/lib/x/status.json");
  CHECK(cli::status_path(variables({{"XDG_RUNTIME_DIR", place.path() + "/gone"}}), state) ==
        "/var/lib/x/status.json");
}

TEST_CASE("the status is written when it has changed, and not too often") {
  const TemporaryDirectory directory;
  const std::string path = directory.path() + "/status.json";
  cli::StatusFile file(path, 1000);
  const auto connection = [&path] {
    return cli::parse_run_status(cli::read_file({path, "status"}, cli::Exit::local))->connection;
  };
  cli::RunStatus status = some_status();
  file.update(status, 0, false);
  CHECK(connection() == "online");
  struct stat info {};
  REQUIRE(stat(path.c_str(), &info) == 0);
  CHECK((info.st_mode & 0777U) == 0600U);

  status.connection = "unreachable";
  file.update(status, 999, false);
  CHECK(connection() == "online");
  file.update(status, 1000, false);
  CHECK(connection() == "unreachable");
  status.connection = "online";
  file.update(status, 1001, true);
  CHECK(connection() == "online");
}

TEST_CASE("a look into a queue needs no queue, and takes nothing from the one that uses it") {
  const TemporaryDirectory directory;
  CHECK_FALSE(cli::QueueStore::look_at_queue(directory.setting()));
  cli::Tracking tracking;
  tracking.queue_mb = 2;
  cli::QueueStore queue = cli::QueueStore::queue(directory.setting(), tracking);
  REQUIRE(queue->append(R"({"payload":{"n":1})", {1767225600000, 0}, "why").ok());
  std::optional<cli::QueueStore> look = cli::QueueStore::look_at_queue(directory.setting());
  REQUIRE(look);
  CHECK((*look)->pending() == 1);
  REQUIRE(queue->append(R"({"payload":{"n":2})", {1767225601000, 0}).ok());

  look = cli::QueueStore::look_at_queue(directory.setting());
  std::string seen;
  cli::for_each_sample(**look, [&](const ht::QueueBatch& batch) {
    const cli::StoredSample sample = cli::stored_sample(**look, batch.first_id());
    seen += sample.untimed_json + sample.note + ";";
  });
  CHECK(seen == R"({"payload":{"n":1}why;{"payload":{"n":2};)");
}

TEST_CASE("a queue keeps its samples when it is to be smaller, or to drop others") {
  const TemporaryDirectory directory;
  cli::Tracking tracking;
  tracking.queue_mb = 4;
  {
    cli::QueueStore queue = cli::QueueStore::queue(directory.setting(), tracking);
    CHECK(queue->stats().capacity_bytes == 4U * 1024 * 1024);
    const std::string sample = "{\"payload\":{\"a\":\"" + std::string(400000, 'x') + "\"}";
    for (int i = 0; i < 7; ++i)
      REQUIRE(queue->append(sample, {1767225600000 + i, 0}).ok());
    queue.configure({ht::DropPolicy::newest, ht::DrainOrder::live_first});
    CHECK(queue->pending() == 7);
  }
  tracking.queue_mb = 2;
  cli::QueueStore smaller = cli::QueueStore::queue(directory.setting(), tracking);
  CHECK(smaller->pending() == 7);
}

TEST_CASE("a look finds all that waits, however many gaps the newest first have left") {
  const TemporaryDirectory directory;
  cli::Tracking tracking;
  tracking.queue_mb = 2;
  tracking.queue.order = ht::DrainOrder::live_first;
  cli::QueueStore queue = cli::QueueStore::queue(directory.setting(), tracking);
  ht::BatchLimits one;
  one.max_samples = 1;
  for (int i = 0; i < 6; ++i) {
    for (int j = 0; j < 100; ++j)
      REQUIRE(queue->append(R"({"payload":{"n":1})", {1767225600000 + i * 100 + j, 0}).ok());
    ht::QueueBatch batch;
    REQUIRE(queue->next(batch, one).ok());
    REQUIRE(queue->release(batch, ht::Fate::delivered).ok());
  }
  std::optional<cli::QueueStore> look = cli::QueueStore::look_at_queue(directory.setting());
  REQUIRE(look);
  std::uint32_t seen = 0;
  cli::for_each_sample(**look, [&seen](const ht::QueueBatch&) { ++seen; });
  CHECK(seen == 594);
}

namespace {

/// Puts samples into quarantine of which every second one has a time.
void fill_quarantine(cli::QueueStore& quarantine, int number, std::size_t bytes) {
  for (int i = 0; i < number; ++i) {
    const ht::SampleTime time =
        i % 2 != 0 ? ht::SampleTime{1767225600000 + i, 0} : ht::SampleTime{i, 77};
    const std::string text =
        "{\"payload\":{\"n\":" + std::to_string(i) + ",\"x\":\"" + std::string(bytes, 'x') + "\"}";
    REQUIRE(quarantine->append(text, time, "reason " + std::to_string(i)).ok());
  }
}

/// What waits, as "number@time: note" or, without a time, "number: note".
std::vector<std::string> content(cli::QueueStore& store) {
  std::vector<std::string> all;
  cli::for_each_sample(*store, [&](const ht::QueueBatch& batch) {
    const cli::StoredSample sample = cli::stored_sample(*store, batch.first_id());
    const std::size_t at = sample.untimed_json.find("\"n\":") + 4;
    std::string line = sample.untimed_json.substr(at, sample.untimed_json.find(',', at) - at);
    if (batch.time_known()) line += "@" + std::to_string(batch.first_ms() - 1767225600000);
    all.push_back(line + ": " + sample.note);
  });
  return all;
}

}  // namespace

TEST_CASE("samples without a time stay in quarantine, and keep none back that has one") {
  const TemporaryDirectory directory;
  cli::QueueStore queue = cli::QueueStore::queue(directory.setting(), {});
  cli::QueueStore quarantine = cli::QueueStore::quarantine(directory.setting());
  fill_quarantine(quarantine, 40, 1);
  CHECK(cli::put_back(quarantine, *queue) == 20);

  std::vector<std::string> timed;
  std::vector<std::string> untimed;
  for (int i = 0; i < 40; ++i) {
    const std::string number = std::to_string(i);
    if (i % 2 != 0) {
      timed.push_back(number + "@" + number + ": reason " + number);
    } else {
      untimed.push_back(number + ": reason " + number);
    }
  }
  CHECK(content(queue) == timed);
  CHECK(content(quarantine) == untimed);
  const std::uint32_t last_id = quarantine->stats().last_id;
  CHECK(cli::put_back(quarantine, *queue) == 0);
  CHECK(quarantine->stats().last_id == last_id);
}

TEST_CASE("a quarantine that is full loses nothing when samples are put back from it") {
  const TemporaryDirectory directory;
  cli::QueueStore queue = cli::QueueStore::queue(directory.setting(), {});
  cli::QueueStore quarantine = cli::QueueStore::quarantine(directory.setting());
  fill_quarantine(quarantine, 15, 100000);
  std::vector<std::string> before = content(quarantine);
  REQUIRE(before.size() == 15);
  const std::uint32_t moved = cli::put_back(quarantine, *queue);
  CHECK(moved > 0);
  CHECK(queue->pending() == moved);

  std::vector<std::string> after = content(queue);
  for (const std::string& stays : content(quarantine))
    after.push_back(stays);
  std::sort(before.begin(), before.end());
  std::sort(after.begin(), after.end());
  CHECK(after == before);
}

TEST_CASE("root goes on as the owner of a state directory, wherever that lies") {
  if (geteuid() != 0) {
    WARN("not root: skipped");
    return;
  }
  constexpr uid_t owner = 61184;
  const TemporaryDirectory closed;
  const cli::Setting state_dir{closed.path() + "/state", "--state-dir"};
  REQUIRE(mkdir(state_dir.value.c_str(), 0700) == 0);
  REQUIRE(chown(state_dir.value.c_str(), owner, owner) == 0);
  const std::string roots = closed.path() + "/file";
  REQUIRE(open(roots.c_str(), O_WRONLY | O_CREAT, 0600) >= 0);

  CHECK(elsewhere([&] {
    cli::become_owner(state_dir);
    const std::array<std::uint8_t, 1> record{1};
    const bool stored = ht::FileStorage(state_dir.value).store("token", record).ok();
    const bool reads = open(roots.c_str(), O_RDONLY) >= 0;
    const bool writes = open(roots.c_str(), O_WRONLY) >= 0;
    return stored && reads && !writes && geteuid() == owner && setuid(0) != 0;
  }));
  struct stat info {};
  REQUIRE(stat((state_dir.value + "/token").c_str(), &info) == 0);
  CHECK(info.st_uid == owner);

  CHECK(elsewhere([&] {
    cli::become_owner({closed.path(), "--state-dir"});
    cli::become_owner({closed.path() + "/not there yet", "--state-dir"});
    return geteuid() == 0;
  }));
}
