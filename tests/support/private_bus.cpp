// SPDX-License-Identifier: Apache-2.0
#include "support/private_bus.hpp"

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <sstream>
#include <stdexcept>
#include <thread>

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

namespace fs = std::filesystem;

namespace {

std::string read_file(const std::string& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

int spawn(std::vector<std::string> arguments, const std::string& log) {
  std::vector<char*> argv;
  for (std::string& argument : arguments)
    argv.push_back(argument.data());
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 1, log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  posix_spawn_file_actions_adddup2(&actions, 1, 2);
  int pid = -1;
  const int result = posix_spawnp(&pid, argv[0], &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (result != 0) {
    throw std::runtime_error("cannot start " + arguments[0] +
                             "; the tests need Debian's dbus-daemon, python3-dbus, python3-gi");
  }
  return pid;
}

void end(int& pid) {
  if (pid <= 0) return;
  kill(pid, SIGKILL);
  while (waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
  }
  pid = -1;
}

void wait_for(int& pid, const std::string& log, const std::function<bool()>& ready) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (!ready()) {
    const bool ended = waitpid(pid, nullptr, WNOHANG) == pid;
    if (ended) pid = -1;
    if (ended || std::chrono::steady_clock::now() > deadline) {
      end(pid);
      throw std::runtime_error("did not get ready: " + read_file(log));
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
}

bool listens(const std::string& path) {
  const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof(address.sun_path) - 1);
  const bool connected =
      connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
  close(fd);
  return connected;
}

}  // namespace

PrivateBus::PrivateBus(const std::string& rules) {
  directory_ = fs::temp_directory_path() / "here-tracking-bus-XXXXXX";
  if (mkdtemp(directory_.data()) == nullptr) throw std::runtime_error("mkdtemp failed");
  const std::string address = "unix:path=" + directory_ + "/bus";
  std::ofstream(directory_ + "/bus.conf")
      << "<busconfig><type>system</type><listen>" << address
      << "</listen><auth>EXTERNAL</auth>"
         "<policy context=\"default\"><allow send_destination=\"*\"/>"
         "<allow receive_sender=\"*\"/><allow own=\"*\"/>"
      << rules << "</policy></busconfig>\n";
  setenv("DBUS_SYSTEM_BUS_ADDRESS", address.c_str(), 1);
  start();
}

PrivateBus::~PrivateBus() {
  stop();
  std::error_code ignored;
  fs::remove_all(directory_, ignored);
}

void PrivateBus::stop() {
  end(pid_);
  std::error_code ignored;
  fs::remove(directory_ + "/bus", ignored);
}

void PrivateBus::start() {
  const std::string log = directory_ + "/bus.log";
  pid_ = spawn({"dbus-daemon", "--config-file=" + directory_ + "/bus.conf", "--nofork",
                "--nopidfile", "--nosyslog"},
               log);
  wait_for(pid_, log, [this] { return listens(directory_ + "/bus"); });
}

StandIn::StandIn(const PrivateBus& bus, const std::string& script,
                 std::vector<std::string> arguments) {
  const std::string ready = bus.directory() + "/" + script + ".ready";
  const std::string log = bus.directory() + "/" + script + ".log";
  std::error_code ignored;
  fs::remove(ready, ignored);
  // Debian's own: another one in the PATH lacks its modules.
  const std::vector<std::string> own = {"/usr/bin/python3", STAND_INS_PATH "/" + script, ready};
  arguments.insert(arguments.begin(), own.begin(), own.end());
  pid_ = spawn(arguments, log);
  wait_for(pid_, log, [&] { return fs::exists(ready); });
}

StandIn::~StandIn() {
  end(pid_);
}
