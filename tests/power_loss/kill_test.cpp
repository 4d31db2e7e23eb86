// SPDX-License-Identifier: Apache-2.0
#include "power_loss/killed_device.hpp"
#include "support/catch.hpp"
#include "support/emulator.hpp"

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <map>
#include <random>
#include <set>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <poll.h>
#include <rapidjson/document.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

/// Samples that a run measures at most.
constexpr std::uint32_t most_of_a_run = 100000;

/// HERE_TRACKING_KILLS, or a thousand.
int number_of_kills() {
  const char* const text = std::getenv("HERE_TRACKING_KILLS");
  return text == nullptr ? 1000 : std::atoi(text);
}

/// In memory where that is possible: a kill takes nothing from a disk that is slow.
class DeviceDirectory {
 public:
  DeviceDirectory() {
    const std::filesystem::path memory = "/dev/shm";
    path_ =
        ((std::filesystem::is_directory(memory) ? memory : std::filesystem::temp_directory_path()) /
         "here-tracking-test-XXXXXX")
            .string();
    REQUIRE(::mkdtemp(path_.data()) != nullptr);
  }
  ~DeviceDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  DeviceDirectory(const DeviceDirectory&) = delete;
  DeviceDirectory& operator=(const DeviceDirectory&) = delete;

  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

/// A program whose standard output is a pipe.
class Child {
 public:
  explicit Child(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), KILL_CHILD_PATH);
    std::vector<char*> argv;
    for (std::string& argument : arguments)
      argv.push_back(argument.data());
    argv.push_back(nullptr);
    int ends[2];
    REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    const int error = ::posix_spawn(&pid_, argv[0], &actions, nullptr, argv.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    ::close(ends[1]);
    output_ = ends[0];
    REQUIRE(error == 0);
  }
  ~Child() {
    ::close(output_);
    if (pid_ > 0) kill();
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  /// What waitpid() says of it.
  int kill() {
    ::kill(pid_, SIGKILL);
    return wait();
  }
  int wait() {
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    pid_ = -1;
    return status;
  }
  void wait_for_output() const {
    pollfd output{output_, POLLIN, 0};
    while (::poll(&output, 1, -1) < 0 && errno == EINTR) {
    }
  }
  /// All that it wrote; waits for its end.
  [[nodiscard]] std::string output() const {
    std::string text;
    char piece[4096];
    for (ssize_t count = 0; (count = ::read(output_, piece, sizeof(piece))) != 0;) {
      if (count > 0) text.append(piece, static_cast<std::size_t>(count));
    }
    return text;
  }

 private:
  pid_t pid_ = -1;
  int output_ = -1;
};

std::string text_of(const rapidjson::Value& value) {
  rapidjson::StringBuffer text;
  rapidjson::Writer<rapidjson::StringBuffer> writer(text);
  value.Accept(writer);
  return text.GetString();
}

}  // namespace

TEST_CASE("A program that is killed at any moment loses no sample and invents none") {
  const Emulator emulator(
      {"--http", "--device", std::string(killed::device_id) + ":" + killed::device_secret});
  const DeviceDirectory directory;
  const int kills = number_of_kills();
  std::mt19937 random(1);
  std::set<std::uint32_t> begun;
  std::set<std::uint32_t> acknowledged;
  int killed_before_the_first = 0;
  for (int i = 0; i < kills; ++i) {
    const std::uint32_t first = static_cast<std::uint32_t>(i) * most_of_a_run;
    Child child({directory.path(), emulator.url(), std::to_string(first)});
    // Some while it starts, most while it measures and sends.
    if (i % 4 != 0) child.wait_for_output();
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 20000));
    const int status = child.kill();
    const std::string said = child.output();
    CAPTURE(i, said);
    REQUIRE(WIFSIGNALED(status));
    const std::size_t before = acknowledged.size();
    std::istringstream lines(said);
    for (std::string line; std::getline(lines, line);) {
      const auto number = static_cast<std::uint32_t>(std::stoul(line.substr(1)));
      (line[0] == '+' ? begun : acknowledged).insert(number);
    }
    if (acknowledged.size() == before) ++killed_before_the_first;
  }
  Child last({directory.path(), emulator.url(), "drain"});
  const std::string said = last.output();
  CAPTURE(said);
  REQUIRE(last.wait() == 0);

  rapidjson::Document telemetry;
  telemetry.Parse(
      emulator.control("GET", std::string("/control/devices/") + killed::device_id + "/telemetry")
          .c_str());
  REQUIRE(telemetry.IsArray());
  std::map<std::uint32_t, std::string> arrived;
  int repeated = 0;
  for (const auto& item : telemetry.GetArray()) {
    const rapidjson::Value& data = item["data"];
    const std::uint32_t number = data["payload"]["n"].GetUint();
    CAPTURE(number);
    REQUIRE(begun.count(number) == 1);
    REQUIRE(text_of(data["payload"]) == killed::payload(number));
    // The same text, with the same time in it.
    const auto [found, is_new] = arrived.emplace(number, text_of(data));
    REQUIRE(found->second == text_of(data));
    if (!is_new) ++repeated;
  }
  for (const std::uint32_t number : acknowledged) {
    CAPTURE(number);
    REQUIRE(arrived.count(number) == 1);
  }
  CHECK(acknowledged.size() > static_cast<std::size_t>(kills));
  std::cout << kills << " kills, " << killed_before_the_first << " before the first sample; "
            << begun.size() << " samples begun, " << acknowledged.size() << " acknowledged, "
            << arrived.size() << " arrived, " << repeated << " times again\n";
}
