// SPDX-License-Identifier: Apache-2.0
#include "service_manager.hpp"
#include "support/catch.hpp"

#include <array>
#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace cli = here_tracking::cli;

namespace {

cli::Environment variables(std::map<std::string, std::string> values) {
  return [values = std::move(values)](const char* name) {
    const auto found = values.find(name);
    return found == values.end() ? nullptr : found->second.c_str();
  };
}

/// The other end: what systemd would listen on.
class Listener {
 public:
  explicit Listener(bool abstract)
      : name_((abstract ? "@" : "") + std::string("/tmp/here-tracking-notify-") +
              std::to_string(getpid())),
        fd_(socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    name_.copy(address.sun_path, name_.size());
    if (abstract) address.sun_path[0] = '\0';
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name_.size());
    REQUIRE(bind(fd_, reinterpret_cast<const sockaddr*>(&address), size) == 0);
  }
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;
  ~Listener() {
    close(fd_);
    if (name_.front() == '/') unlink(name_.c_str());
  }

  [[nodiscard]] const std::string& name() const { return name_; }

  std::vector<std::string> heard() {
    std::vector<std::string> messages;
    std::array<char, 512> bytes{};
    for (;;) {
      const ssize_t size = recv(fd_, bytes.data(), bytes.size(), 0);
      if (size < 0) return messages;
      messages.emplace_back(bytes.data(), static_cast<std::size_t>(size));
    }
  }

 private:
  std::string name_;
  int fd_;
};

}  // namespace

TEST_CASE("systemd hears how a service gets on", "[service_manager]") {
  const bool abstract = GENERATE(false, true);
  CAPTURE(abstract);
  Listener systemd(abstract);
  cli::ServiceManager manager(variables({{"NOTIFY_SOCKET", systemd.name()}}));

  manager.ready();
  manager.alive("online");
  manager.alive("online");
  manager.alive("offline");
  manager.stopping();
  CHECK(systemd.heard() ==
        std::vector<std::string>{"READY=1", "STATUS=online", "STATUS=offline", "STOPPING=1"});

  manager.reloading();
  const std::vector<std::string> heard = systemd.heard();
  REQUIRE(heard.size() == 1);
  CHECK(heard.front().find("RELOADING=1\nMONOTONIC_USEC=") == 0);
}

TEST_CASE("the watchdog is fed when it is for this process", "[service_manager]") {
  Listener systemd(false);
  std::map<std::string, std::string> environment{{"NOTIFY_SOCKET", systemd.name()},
                                                 {"WATCHDOG_USEC", "20000000"}};
  const std::vector<std::string> fed{"WATCHDOG=1\nSTATUS=online", "WATCHDOG=1"};
  const std::vector<std::string> not_fed{"STATUS=online"};
  const auto hears_alive = [&] {
    cli::ServiceManager manager(variables(environment));
    manager.alive("online");
    manager.alive("online");
    return systemd.heard();
  };

  CHECK(hears_alive() == fed);
  CHECK(cli::ServiceManager(variables(environment)).max_pause_ms() == 10000);
  environment["WATCHDOG_PID"] = std::to_string(getpid());
  CHECK(hears_alive() == fed);
  environment["WATCHDOG_PID"] = std::to_string(getppid());
  CHECK(hears_alive() == not_fed);
  environment.erase("WATCHDOG_PID");
  for (const char* const none : {"0", "", "soon", "-1", "99999999999999999999999"}) {
    CAPTURE(none);
    environment["WATCHDOG_USEC"] = none;
    CHECK(hears_alive() == not_fed);
  }
}

TEST_CASE("without a service manager nothing is told", "[service_manager]") {
  const std::string address =
      GENERATE(std::string(), std::string("relative"), std::string("/nowhere/at/all"),
               "/" + std::string(200, 'x'), std::string("vsock:2:1234"));
  CAPTURE(address);
  cli::ServiceManager manager(
      variables({{"NOTIFY_SOCKET", address}, {"WATCHDOG_USEC", "20000000"}}));
  manager.ready();
  manager.alive("online");
  manager.stopping();
  CHECK(manager.max_pause_ms() >= 10000);
}

TEST_CASE("lines are for the journal when it reads that very stream", "[service_manager]") {
  std::array<int, 2> ends{};
  REQUIRE(pipe(ends.data()) == 0);
  struct stat info {};
  REQUIRE(fstat(ends[1], &info) == 0);
  const std::string device = std::to_string(info.st_dev);
  const std::string inode = std::to_string(info.st_ino);

  CHECK(cli::is_journal(ends[1], variables({{"JOURNAL_STREAM", device + ":" + inode}})));
  // A program that was started with another standard error inherits the variable.
  CHECK_FALSE(
      cli::is_journal(ends[1], variables({{"JOURNAL_STREAM", device + ":" + inode + "0"}})));
  CHECK_FALSE(cli::is_journal(ends[1], variables({})));
  close(ends[0]);
  close(ends[1]);
  CHECK_FALSE(cli::is_journal(ends[1], variables({{"JOURNAL_STREAM", device + ":" + inode}})));
}
