// SPDX-License-Identifier: Apache-2.0
#include "here_tracking/platform/linux.hpp"
#include "here_tracking/self_test.hpp"

#include "support/catch.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <sys/stat.h>
#include <unistd.h>

using here_tracking::Code;
using here_tracking::FileStorage;
using here_tracking::LogLevel;
using here_tracking::StderrLog;
using here_tracking::SystemClock;
using here_tracking::SystemEntropy;

namespace fs = std::filesystem;

namespace {

class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string name = (fs::temp_directory_path() / "here_tracking.XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path = name;
  }
  ~TemporaryDirectory() { fs::remove_all(path); }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  fs::path path;
};

using Bytes = std::vector<std::uint8_t>;

here_tracking::Status store(FileStorage& storage, const std::string& name, const Bytes& record) {
  return storage.store(name, {record.data(), record.size()});
}

/// What is loaded, or nothing when load() does not return ok.
std::optional<Bytes> load(FileStorage& storage, const std::string& name) {
  std::array<std::uint8_t, 4096> memory{};
  std::size_t size = 0;
  if (!storage.load(name, memory, size).ok()) return std::nullopt;
  return Bytes(memory.begin(), memory.begin() + static_cast<std::ptrdiff_t>(size));
}

Code load_code(FileStorage& storage, const std::string& name) {
  std::array<std::uint8_t, 16> memory{};
  std::size_t size = 0;
  return storage.load(name, memory, size).code();
}

void write_file(const fs::path& path, const std::string& text, mode_t mode = 0600) {
  std::ofstream(path) << text;
  REQUIRE(::chmod(path.c_str(), mode) == 0);
}

std::string read_file(const fs::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

unsigned mode_of(const fs::path& path) {
  struct stat status {};
  REQUIRE(::lstat(path.c_str(), &status) == 0);
  return status.st_mode & 07777U;
}

std::size_t files_in(const fs::path& path) {
  return static_cast<std::size_t>(std::distance(fs::directory_iterator(path), {}));
}

const Bytes record = {1, 2, 3, 0, 255};

}  // namespace

TEST_CASE("the clock goes on and never back") {
  SystemClock clock;
  const std::int64_t start = clock.now_ms();
  CHECK(start >= 0);
  std::int64_t last = start;
  for (int i = 0; i < 1000; ++i) {
    const std::int64_t now = clock.now_ms();
    REQUIRE(now >= last);
    last = now;
  }
  std::this_thread::sleep_for(std::chrono::milliseconds(30));
  CHECK(clock.now_ms() >= start + 30);
}

TEST_CASE("the boot id is the same for each program until the next boot") {
  const std::uint64_t id = SystemClock().boot_id();
  CHECK(id != 0);
  CHECK(SystemClock().boot_id() == id);
}

TEST_CASE("the hooks keep their contracts") {
  const TemporaryDirectory directory;
  SystemClock clock;
  SystemEntropy entropy;
  FileStorage storage(directory.path.string());
  std::array<std::uint8_t, 4400> memory{};
  here_tracking::SelfTest device;
  device.hooks.clock = &clock;
  device.hooks.entropy = &entropy;
  device.hooks.storage = &storage;
  device.memory = memory;
  CHECK(here_tracking::self_test(device).bits() ==
        static_cast<std::uint32_t>(here_tracking::HookFault::transport_missing));
  CHECK(files_in(directory.path) == 0);
}

TEST_CASE("entropy fills all bytes, differently each time") {
  SystemEntropy entropy;
  std::array<std::uint8_t, 1024> first{};
  std::array<std::uint8_t, 1024> second{};
  REQUIRE(entropy.fill(first).ok());
  REQUIRE(entropy.fill(second).ok());
  CHECK(first != second);
  // In 1024 random bytes four zeros at the end occur once in four thousand million times.
  CHECK(std::any_of(first.end() - 4, first.end(), [](std::uint8_t byte) { return byte != 0; }));
  CHECK(entropy.fill({}).ok());
}

TEST_CASE("a stored record is found again, by another process too") {
  const TemporaryDirectory directory;
  FileStorage storage(directory.path);
  REQUIRE(store(storage, "token", record).ok());
  CHECK(load(storage, "token") == record);
  FileStorage other(directory.path);
  CHECK(load(other, "token") == record);

  SECTION("a new record replaces it as a whole") {
    REQUIRE(store(storage, "token", {9}).ok());
    CHECK(load(other, "token") == Bytes{9});
    REQUIRE(store(storage, "token", {}).ok());
    CHECK(load(other, "token") == Bytes{});
    CHECK(files_in(directory.path) == 1);
  }
  SECTION("records are independent of each other") {
    REQUIRE(store(storage, "clock", {7}).ok());
    REQUIRE(storage.erase("token").ok());
    CHECK(load_code(storage, "token") == Code::no_data);
    CHECK(load(storage, "clock") == Bytes{7});
  }
  SECTION("it must fit") {
    std::array<std::uint8_t, 4> memory{};
    std::size_t size = 99;
    CHECK(storage.load("token", memory, size) == Code::buffer_too_small);
    CHECK(size == 99);
    std::array<std::uint8_t, 5> enough{};
    CHECK(storage.load("token", enough, size).ok());
    CHECK(size == 5);
  }
}

TEST_CASE("what is not there is no data, and may be erased") {
  const TemporaryDirectory directory;
  FileStorage storage(directory.path);
  CHECK(load_code(storage, "token") == Code::no_data);
  CHECK(storage.erase("token").ok());
  FileStorage nowhere(directory.path / "a");
  CHECK(load_code(nowhere, "token") == Code::no_data);
  CHECK(nowhere.erase("token").ok());
  CHECK_FALSE(fs::exists(directory.path / "a"));
}

TEST_CASE("directory and record are for their owner alone, whatever the umask is") {
  const TemporaryDirectory directory;
  const fs::path path = directory.path / "var" / "lib" / "tracker/";
  FileStorage storage(path);
  const mode_t mask = ::umask(0);
  const bool stored = store(storage, "token", record).ok();
  ::umask(mask);
  REQUIRE(stored);
  CHECK(mode_of(directory.path / "var") == 0700);
  CHECK(mode_of(directory.path / "var" / "lib" / "tracker") == 0700);
  CHECK(mode_of(path / "token") == 0600);
  CHECK(load(storage, "token") == record);
}

TEST_CASE("a relative directory is made as well") {
  const TemporaryDirectory directory;
  const fs::path before = fs::current_path();
  fs::current_path(directory.path);
  FileStorage storage("state/here");
  const bool stored = store(storage, "token", record).ok();
  const auto loaded = load(storage, "token");
  fs::current_path(before);
  CHECK(stored);
  CHECK(loaded == record);
  CHECK(fs::exists(directory.path / "state" / "here" / "token"));
}

TEST_CASE("a record that others can read or write is ignored, and replaced by a private one") {
  const TemporaryDirectory directory;
  FileStorage storage(directory.path);
  for (const mode_t mode : {0640U, 0604U, 0620U, 0602U, 0610U, 0666U}) {
    write_file(directory.path / "token", "secret", mode);
    CHECK(load_code(storage, "token") == Code::no_data);
  }
  REQUIRE(store(storage, "token", record).ok());
  CHECK(mode_of(directory.path / "token") == 0600);
  CHECK(load(storage, "token") == record);
}

TEST_CASE("a record of another user is ignored") {
  if (::geteuid() != 0) {
    WARN("only root can make a file of another user: not checked");
    return;
  }
  const TemporaryDirectory directory;
  FileStorage storage(directory.path);
  write_file(directory.path / "token", "planted");
  REQUIRE(::chown((directory.path / "token").c_str(), 65534, 65534) == 0);
  CHECK(load_code(storage, "token") == Code::no_data);
}

TEST_CASE("a symbolic link is neither read nor written through") {
  const TemporaryDirectory directory;
  const fs::path target = directory.path / "target";
  write_file(target, "mine");
  FileStorage storage(directory.path);

  SECTION("in the place of the record") {
    fs::create_symlink(target, directory.path / "token");
    CHECK(load_code(storage, "token") == Code::hook_failed);
    CHECK(storage.last_errno() == ELOOP);
    SECTION("and is replaced") {
      REQUIRE(store(storage, "token", record).ok());
      CHECK_FALSE(fs::is_symlink(directory.path / "token"));
      CHECK(load(storage, "token") == record);
    }
    SECTION("and is erased") {
      REQUIRE(storage.erase("token").ok());
      CHECK_FALSE(fs::is_symlink(directory.path / "token"));
    }
  }
  SECTION("in the place of the temporary file") {
    fs::create_symlink(target, directory.path / "token.new");
    CHECK(store(storage, "token", record) == Code::hook_failed);
    CHECK(storage.last_errno() == ELOOP);
  }
  SECTION("nor is a hard link in the place of the temporary file") {
    fs::create_hard_link(target, directory.path / "token.new");
    CHECK(store(storage, "token", record) == Code::hook_failed);
    CHECK(storage.last_errno() == EPERM);
  }
  CHECK(read_file(target) == "mine");
}

TEST_CASE("what is no file is no record, and reading it does not block") {
  const TemporaryDirectory directory;
  FileStorage storage(directory.path);
  REQUIRE(::mkfifo((directory.path / "pipe").c_str(), 0600) == 0);
  CHECK(load_code(storage, "pipe") == Code::no_data);
  fs::create_directory(directory.path / "folder");
  CHECK(load_code(storage, "folder") == Code::no_data);
}

TEST_CASE("what a process left behind when it was cut off does not matter") {
  const TemporaryDirectory directory;
  FileStorage storage(directory.path);
  REQUIRE(store(storage, "token", record).ok());
  write_file(directory.path / "token.new", "half a record that is longer than the next", 0644);
  CHECK(load(storage, "token") == record);
  REQUIRE(store(storage, "token", {4, 5}).ok());
  CHECK(load(storage, "token") == Bytes{4, 5});
  CHECK(mode_of(directory.path / "token") == 0600);
  CHECK(files_in(directory.path) == 1);
}

TEST_CASE("names that are not of the contract are refused") {
  const TemporaryDirectory directory;
  FileStorage storage(directory.path / "inside");
  REQUIRE(store(storage, "abcdefghij_01234", record).ok());
  for (const std::string name : {"", "abcdefghij_012345", "Token", "../token", "a/b", "a.b", "."}) {
    CHECK(store(storage, name, record) == Code::hook_failed);
    CHECK(storage.last_errno() == EINVAL);
    CHECK(load_code(storage, name) == Code::hook_failed);
    CHECK(storage.erase(name) == Code::hook_failed);
  }
  CHECK(store(storage, std::string("a\0b", 3), record) == Code::hook_failed);
  CHECK(files_in(directory.path) == 1);
  CHECK(files_in(directory.path / "inside") == 1);
}

TEST_CASE("a directory that cannot be had is a failure with its errno") {
  const TemporaryDirectory directory;
  write_file(directory.path / "file", "");
  for (const fs::path& path : {directory.path / "file", directory.path / "file" / "below"}) {
    FileStorage storage(path);
    CHECK(store(storage, "token", record) == Code::hook_failed);
    CHECK(storage.last_errno() == ENOTDIR);
  }
  FileStorage unnamed("");
  CHECK(store(unnamed, "token", record) == Code::hook_failed);
  CHECK(load_code(unnamed, "token") == Code::hook_failed);
}

TEST_CASE("a record is whole at each moment while several write it") {
  const TemporaryDirectory directory;
  std::atomic<bool> failed{false};
  std::atomic<int> writing{3};
  std::vector<std::thread> writers;
  for (std::uint8_t writer = 1; writer <= 3; ++writer) {
    writers.emplace_back([&, writer] {
      FileStorage storage(directory.path);
      for (int i = 0; i < 50; ++i) {
        if (!store(storage, "token", Bytes(std::size_t{writer} * 1000, writer)).ok()) failed = true;
      }
      --writing;
    });
  }
  FileStorage storage(directory.path);
  std::size_t seen = 0;
  bool whole = true;
  while (writing > 0) {
    const auto found = load(storage, "token");
    if (!found) continue;
    ++seen;
    whole = whole && !found->empty() &&
            *found == Bytes(std::size_t{found->front()} * 1000, found->front());
  }
  for (std::thread& writer : writers) {
    writer.join();
  }
  CHECK_FALSE(failed);
  CHECK(whole);
  CHECK(seen > 0);
  CHECK(files_in(directory.path) == 1);
}

TEST_CASE("log lines go to standard error, up to the level that was asked for") {
  const TemporaryDirectory directory;
  const fs::path path = directory.path / "log";
  REQUIRE(std::fflush(stderr) == 0);
  const int before = ::dup(STDERR_FILENO);
  REQUIRE(before >= 0);
  REQUIRE(std::freopen(path.c_str(), "w", stderr) != nullptr);
  StderrLog quiet;
  quiet.write(LogLevel::error, "no space left");
  quiet.write(LogLevel::warning, "no fix");
  quiet.write(LogLevel::info, "hidden");
  StderrLog all(LogLevel::debug);
  all.write(LogLevel::info, "sent");
  all.write(LogLevel::debug, "service says: \x1b[31mred\nerror: forged");
  const bool flushed = std::fflush(stderr) == 0;
  ::dup2(before, STDERR_FILENO);
  ::close(before);
  CHECK(flushed);
  CHECK(read_file(path) ==
        "error: no space left\nwarning: no fix\ninfo: sent\n"
        "debug: service says: ?[31mred?error: forged\n");
}
