// SPDX-License-Identifier: Apache-2.0
#include "here_tracking/platform/linux.hpp"
#include "here_tracking/queue.hpp"
#include "here_tracking/self_test.hpp"

#include "support/catch.hpp"
#include "support/file_system_model.hpp"

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
#include <utility>
#include <vector>

#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

using here_tracking::Code;
using here_tracking::FileSectors;
using here_tracking::FileSectorsOptions;
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

constexpr FileSectorsOptions four_sectors{1024, 4, false};

here_tracking::Status program(FileSectors& sectors, std::uint32_t sector, std::uint32_t offset,
                              const Bytes& bytes) {
  return sectors.program(sector, offset, {bytes.data(), bytes.size()});
}

Bytes read(FileSectors& sectors, std::uint32_t sector, std::uint32_t offset, std::size_t size) {
  Bytes bytes(size, 0x55);
  REQUIRE(sectors.read(sector, offset, {bytes.data(), bytes.size()}).ok());
  return bytes;
}

/// What open() returns in another process, and its errno.
std::pair<Code, int> open_elsewhere(const fs::path& path) {
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  const pid_t child = ::fork();
  if (child == 0) {
    FileSectors sectors(path, four_sectors);
    const Code code = sectors.open().code();
    const std::pair outcome(code, sectors.last_errno());
    ::_exit(::write(ends[1], &outcome, sizeof(outcome)) == sizeof(outcome) ? 0 : 1);
  }
  std::pair<Code, int> outcome;
  CHECK(::read(ends[0], &outcome, sizeof(outcome)) == sizeof(outcome));
  ::close(ends[0]);
  ::close(ends[1]);
  CHECK(::waitpid(child, nullptr, 0) == child);
  return outcome;
}

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

TEST_CASE("what is programmed into a sector of files is read until it is erased") {
  const TemporaryDirectory directory;
  FileSectors sectors(directory.path / "queue", four_sectors);
  REQUIRE(sectors.open().ok());
  const here_tracking::SectorGeometry geometry = sectors.geometry();
  CHECK(geometry.sector_bytes == 1024);
  CHECK(geometry.sector_count == 4);
  CHECK(geometry.program_bytes == 1);

  CHECK(read(sectors, 3, 1000, 24) == Bytes(24, 0xff));
  REQUIRE(program(sectors, 3, 0, {1, 2, 3}).ok());
  REQUIRE(program(sectors, 3, 5, {0xff, 6}).ok());
  REQUIRE(program(sectors, 0, 1021, {7, 8, 9}).ok());
  REQUIRE(sectors.sync().ok());
  CHECK(read(sectors, 3, 0, 9) == Bytes{1, 2, 3, 0xff, 0xff, 0xff, 6, 0xff, 0xff});
  CHECK(read(sectors, 0, 1020, 4) == Bytes{0xff, 7, 8, 9});
  CHECK(read(sectors, 3, 1024, 0).empty());
  CHECK(files_in(directory.path / "queue") == 2);

  REQUIRE(sectors.erase(3).ok());
  REQUIRE(sectors.erase(2).ok());
  CHECK(read(sectors, 3, 0, 9) == Bytes(9, 0xff));
  CHECK(read(sectors, 0, 1020, 4) == Bytes{0xff, 7, 8, 9});
  REQUIRE(program(sectors, 3, 0, {4}).ok());
  CHECK(read(sectors, 3, 0, 2) == Bytes{4, 0xff});
}

TEST_CASE("sectors of files are there for the next process") {
  const TemporaryDirectory directory;
  {
    FileSectors sectors(directory.path, four_sectors);
    REQUIRE(sectors.open().ok());
    REQUIRE(program(sectors, 1, 0, record).ok());
  }
  FileSectors sectors(directory.path, four_sectors);
  REQUIRE(sectors.open().ok());
  CHECK(read(sectors, 1, 0, record.size()) == record);
  REQUIRE(program(sectors, 1, 5, {6}).ok());
  CHECK(read(sectors, 1, 4, 3) == Bytes{255, 6, 255});
}

TEST_CASE("before open() there are no sectors, and after it none beyond their number") {
  const TemporaryDirectory directory;
  FileSectors sectors(directory.path / "queue", four_sectors);
  CHECK(sectors.geometry().sector_count == 0);
  CHECK(program(sectors, 0, 0, {1}) == Code::hook_failed);
  CHECK(sectors.erase(0) == Code::hook_failed);
  CHECK_FALSE(fs::exists(directory.path / "queue"));
  REQUIRE(sectors.open().ok());
  REQUIRE(sectors.open().ok());
  for (const auto& [sector, offset] : {std::pair{4U, 0U}, {0U, 1024U}, {0U, 0xffffffffU}}) {
    CAPTURE(sector, offset);
    CHECK(program(sectors, sector, offset, {1}) == Code::hook_failed);
    CHECK(sectors.last_errno() == EINVAL);
    std::uint8_t byte[1];
    CHECK(sectors.read(sector, offset, byte) == Code::hook_failed);
  }
  CHECK(sectors.erase(4) == Code::hook_failed);
  CHECK(files_in(directory.path / "queue") == 0);
}

TEST_CASE("directory and sectors are for their owner alone, whatever the umask is") {
  const TemporaryDirectory directory;
  const fs::path path = directory.path / "lib" / "queue";
  const mode_t mask = ::umask(GENERATE(0U, 0277U));
  bool stored = false;
  {
    FileSectors sectors(directory.path / "made", four_sectors);
    fs::create_directory(directory.path / "made");
    ::chmod((directory.path / "made").c_str(), 0700);
    stored = sectors.open().ok() && program(sectors, 0, 0, record).ok();
  }
  ::umask(0);
  FileSectors sectors(path, four_sectors);
  const bool opened = sectors.open().ok();
  ::umask(mask);
  CHECK(stored);
  CHECK(mode_of(directory.path / "made" / "00000") == 0600);
  CHECK(opened);
  CHECK(mode_of(directory.path / "lib") == 0700);
  CHECK(mode_of(path) == 0700);
}

TEST_CASE("sectors that others can write to are refused") {
  const TemporaryDirectory directory;
  FileSectors sectors(directory.path, four_sectors);
  SECTION("by the directory") {
    const mode_t mode = GENERATE(0770U, 0703U, 0722U, 01777U);
    REQUIRE(::chmod(directory.path.c_str(), mode) == 0);
    CHECK(sectors.open() == Code::hook_failed);
    CHECK(sectors.last_errno() == EPERM);
    CHECK(sectors.geometry().sector_count == 0);
    REQUIRE(::chmod(directory.path.c_str(), 0755) == 0);
    CHECK(sectors.open().ok());
  }
  SECTION("by the file, or read") {
    const mode_t mode = GENERATE(0640U, 0602U, 0620U);
    write_file(directory.path / "00002", "planted", mode);
    CHECK(sectors.open() == Code::hook_failed);
    CHECK(sectors.last_errno() == EPERM);
  }
  SECTION("by a second name") {
    write_file(directory.path / "other", "mine");
    fs::create_hard_link(directory.path / "other", directory.path / "00000");
    CHECK(sectors.open() == Code::hook_failed);
    CHECK(sectors.last_errno() == EPERM);
  }
  SECTION("through a symbolic link") {
    write_file(directory.path / "target", "mine");
    fs::create_symlink(directory.path / "target", directory.path / "00001");
    CHECK(sectors.open() == Code::hook_failed);
    CHECK(sectors.last_errno() == ELOOP);
  }
  SECTION("by what is no file") {
    REQUIRE(::mkfifo((directory.path / "00003").c_str(), 0600) == 0);
    CHECK(sectors.open() == Code::hook_failed);
    CHECK(sectors.last_errno() == EPERM);
  }
  SECTION("by another user") {
    if (::geteuid() != 0) {
      WARN("only root can make a directory of another user: not checked");
      return;
    }
    REQUIRE(::chown(directory.path.c_str(), 65534, 65534) == 0);
    CHECK(sectors.open() == Code::hook_failed);
    CHECK(sectors.last_errno() == EPERM);
  }
}

TEST_CASE("a directory of sectors has one user at a time") {
  const TemporaryDirectory directory;
  {
    FileSectors sectors(directory.path, four_sectors);
    REQUIRE(sectors.open().ok());
    CHECK(open_elsewhere(directory.path) == std::pair{Code::hook_failed, EWOULDBLOCK});
    FileSectors second(directory.path, four_sectors);
    CHECK(second.open() == Code::hook_failed);
    CHECK(second.last_errno() == EWOULDBLOCK);
  }
  CHECK(open_elsewhere(directory.path).first == Code::ok);
}

TEST_CASE("a look into sectors in use sees what their user does, and changes nothing") {
  const TemporaryDirectory directory;
  FileSectorsOptions looking = four_sectors;
  looking.read_only = true;
  FileSectors looker(directory.path / "queue", looking);
  CHECK(looker.open() == Code::no_data);
  CHECK_FALSE(fs::exists(directory.path / "queue"));

  FileSectors sectors(directory.path / "queue", four_sectors);
  REQUIRE(sectors.open().ok());
  REQUIRE(program(sectors, 0, 0, record).ok());
  REQUIRE(looker.open().ok());
  CHECK(looker.geometry().sector_count == 4);
  CHECK(read(looker, 0, 0, record.size()) == record);
  CHECK(read(looker, 1, 0, 1) == Bytes{0xff});
  REQUIRE(program(sectors, 1, 0, {7}).ok());
  CHECK(read(looker, 1, 0, 1) == Bytes{7});
  REQUIRE(sectors.erase(0).ok());
  CHECK(read(looker, 0, 0, 1) == Bytes{0xff});

  CHECK(program(looker, 0, 0, record) == Code::hook_failed);
  CHECK(looker.last_errno() == EROFS);
  CHECK(looker.erase(1) == Code::hook_failed);
  CHECK(looker.sync() == Code::hook_failed);
  CHECK(read(sectors, 1, 0, 1) == Bytes{7});
}

TEST_CASE("a full file system refuses a program, and what was there before stays") {
  const TemporaryDirectory directory;
  FileSectors sectors(directory.path, four_sectors);
  REQUIRE(sectors.open().ok());
  REQUIRE(program(sectors, 0, 0, record).ok());
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_FSIZE, &before) == 0);
  rlimit low = before;
  low.rlim_cur = 8;
  const auto handler = ::signal(SIGXFSZ, SIG_IGN);
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &low) == 0);
  const Code code = program(sectors, 0, 5, record).code();
  const int error = sectors.last_errno();
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &before) == 0);
  ::signal(SIGXFSZ, handler);
  CHECK(code == Code::hook_failed);
  CHECK(error == EFBIG);
  CHECK(read(sectors, 0, 0, 7) == Bytes{1, 2, 3, 0, 255, 255, 255});
  REQUIRE(program(sectors, 0, 5, {6}).ok());
  CHECK(read(sectors, 0, 4, 3) == Bytes{255, 6, 255});
}

TEST_CASE("sectors of files on a file system with faults") {
  FileSystemModel files;
  std::optional<FileSectors> sectors;
  const auto start = [&] {
    sectors.emplace("queue", four_sectors, files);
    REQUIRE(sectors->open().ok());
  };
  /// The power goes, and comes back.
  const auto restart = [&](std::uint32_t seed) {
    sectors.reset();
    files.restart(seed);
    start();
  };
  start();
  const Bytes text(300, 'a');

  SECTION("signals and short writes are gone on from") {
    files.interrupted = true;
    files.most_at_once = 7;
    REQUIRE(program(*sectors, 2, 10, text).ok());
    REQUIRE(sectors->sync().ok());
    CHECK(read(*sectors, 2, 10, 301) == [&] {
      Bytes longer = text;
      longer.push_back(0xff);
      return longer;
    }());
    REQUIRE(sectors->erase(2).ok());
    CHECK(read(*sectors, 2, 0, 400) == Bytes(400, 0xff));
  }
  SECTION("what did not find space is not there, and there is space again after an erase") {
    REQUIRE(program(*sectors, 0, 0, text).ok());
    files.free_bytes = 100;
    CHECK(program(*sectors, 1, 0, text) == Code::hook_failed);
    CHECK(sectors->last_errno() == ENOSPC);
    CHECK(files.free_bytes == 100);
    CHECK(read(*sectors, 1, 0, 400) == Bytes(400, 0xff));
    REQUIRE(sectors->sync().ok());
    REQUIRE(sectors->erase(0).ok());
    CHECK(program(*sectors, 1, 0, text).ok());
  }
  SECTION("a disk that fails is no erased sector") {
    REQUIRE(program(*sectors, 0, 0, text).ok());
    files.writes_fail = true;
    std::uint8_t byte[1];
    CHECK(sectors->read(0, 0, byte) == Code::hook_failed);
    CHECK(program(*sectors, 0, 300, text) == Code::hook_failed);
    CHECK(sectors->sync() == Code::hook_failed);
    CHECK(sectors->erase(0) == Code::hook_failed);
    CHECK(sectors->last_errno() == EIO);
  }
  SECTION("what the disk has lost of a sector is zeros, and the rest is there") {
    Bytes bytes(1000);
    for (std::size_t i = 0; i < bytes.size(); ++i)
      bytes[i] = static_cast<std::uint8_t>(i % 251 + 1);
    REQUIRE(program(*sectors, 0, 0, bytes).ok());
    REQUIRE(program(*sectors, 1, 0, bytes).ok());
    const std::size_t lost = GENERATE(0, 1);
    files.lost_blocks = {{"00000", lost}};
    files.interrupted = GENERATE(false, true);
    Bytes expected = bytes;
    std::fill_n(expected.begin() + static_cast<std::ptrdiff_t>(lost * 512),
                std::min<std::size_t>(512, 1000 - lost * 512), std::uint8_t{0});
    expected.resize(1024, 0xff);
    CHECK(read(*sectors, 0, 0, 1024) == expected);
    for (std::size_t at = 0; at < 1024; at += 32) {
      CHECK(read(*sectors, 0, static_cast<std::uint32_t>(at), 32) ==
            Bytes(expected.begin() + static_cast<std::ptrdiff_t>(at),
                  expected.begin() + static_cast<std::ptrdiff_t>(at + 32)));
    }
    CHECK(read(*sectors, 1, 0, 1000) == bytes);
    // The disk is not asked for it over and over again.
    CHECK(files.failed_reads() <= 4);

    files.lost_blocks.clear();
    REQUIRE(sectors->erase(0).ok());
    REQUIRE(program(*sectors, 0, 0, bytes).ok());
    CHECK(read(*sectors, 0, 0, 1000) == bytes);
  }
  SECTION("a disk that was away for a moment has lost nothing") {
    REQUIRE(program(*sectors, 0, 0, Bytes(1000, 'a')).ok());
    files.reads_to_fail = GENERATE(1, 2, 3);
    CHECK(read(*sectors, 0, 0, 1000) == Bytes(1000, 'a'));
  }
  SECTION("a sector of which the disk reads nothing is no sector of zeros") {
    REQUIRE(program(*sectors, 0, 0, Bytes(1000, 'a')).ok());
    files.lost_blocks = {{"00000", 0}, {"00000", 1}};
    std::uint8_t byte[1];
    CHECK(sectors->read(0, 0, byte) == Code::hook_failed);
    CHECK(sectors->last_errno() == EIO);
    files.lost_blocks = {{"00000", 0}};
    CHECK(read(*sectors, 0, 0, 1) == Bytes{0});
  }
  SECTION("a queue goes on without what the disk has lost of it") {
    std::array<here_tracking::QueueSector, 4> table;
    here_tracking::SampleQueue queue(*sectors, table);
    REQUIRE(queue.open().ok());
    for (int i = 0; i < 6; ++i)
      REQUIRE(queue.append("{\"x\":\"" + std::string(200, 'x') + '"', {1000 + i, 0}).ok());
    REQUIRE(queue.pending() == 6);
    REQUIRE(files.find("00001") != nullptr);
    const bool is_header = GENERATE(false, true);
    files.lost_blocks = {{"00001", is_header ? 0U : 1U}};
    restart(0);
    here_tracking::SampleQueue again(*sectors, table);
    REQUIRE(again.open().ok());
    std::uint32_t sent = 0;
    here_tracking::QueueBatch batch;
    while (again.next(batch, {1}).ok()) {
      REQUIRE(again.release(batch, here_tracking::Fate::delivered).ok());
      ++sent;
    }
    CHECK(sent >= 3);
    CHECK(sent + again.left(here_tracking::Fate::corrupted) == 6);
    CHECK(again.pending() == 0);
    CHECK(again.append(R"({"x":1)", {2000, 0}).ok());
  }
  SECTION("synced is there after each power cut") {
    REQUIRE(program(*sectors, 0, 0, text).ok());
    REQUIRE(sectors->sync().ok());
    REQUIRE(program(*sectors, 0, 300, text).ok());
    restart(GENERATE(range(1U, 100U)));
    CHECK(read(*sectors, 0, 0, 300) == text);
  }
  SECTION("so is the work of a program that was killed, once the next one has begun") {
    REQUIRE(program(*sectors, 0, 0, text).ok());
    restart(0);
    restart(GENERATE(range(1U, 20U)));
    CHECK(read(*sectors, 0, 0, 300) == text);
  }
  SECTION("erased stays erased") {
    REQUIRE(program(*sectors, 0, 0, text).ok());
    REQUIRE(sectors->sync().ok());
    REQUIRE(sectors->erase(0).ok());
    restart(GENERATE(range(1U, 20U)));
    CHECK(read(*sectors, 0, 0, 300) == Bytes(300, 0xff));
  }
  SECTION("after a sync that lost something its sector takes nothing, until it is erased") {
    REQUIRE(program(*sectors, 0, 0, text).ok());
    REQUIRE(sectors->sync().ok());
    REQUIRE(program(*sectors, 0, 300, text).ok());
    REQUIRE(program(*sectors, 1, 0, text).ok());
    const bool name_lost = GENERATE(false, true);  // of the new file, or data of the other
    (name_lost ? files.next_entries_are_lost : files.next_data_is_lost) = true;
    const std::uint32_t bad = name_lost ? 1 : 0;
    CHECK(sectors->sync() == Code::hook_failed);
    CHECK(sectors->last_errno() == EIO);
    CHECK(program(*sectors, bad, 600, text) == Code::hook_failed);
    CHECK(program(*sectors, 1 - bad, 600, text).ok());
    CHECK(sectors->sync().ok());
    REQUIRE(sectors->erase(bad).ok());
    REQUIRE(program(*sectors, bad, 0, text).ok());
    REQUIRE(sectors->sync().ok());
    restart(GENERATE(range(1U, 20U)));
    CHECK(read(*sectors, bad, 0, 300) == text);
    CHECK(read(*sectors, 1 - bad, 600, 300) == text);
  }
  SECTION("after an erase that failed likewise") {
    REQUIRE(program(*sectors, 0, 0, text).ok());
    REQUIRE(sectors->sync().ok());
    files.next_data_is_lost = true;
    CHECK(sectors->erase(0) == Code::hook_failed);
    CHECK(program(*sectors, 0, 0, text) == Code::hook_failed);
    REQUIRE(sectors->erase(0).ok());
    CHECK(program(*sectors, 0, 0, text).ok());
  }
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
