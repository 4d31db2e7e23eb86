// SPDX-License-Identifier: Apache-2.0
#include "state_lock.hpp"

#include "text.hpp"

#include <array>
#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <unistd.h>

namespace here_tracking::cli {
namespace {

constexpr const char* file_name = "/lock";

// A lock of a record, not of the file: the kernel tells who has it to those who only ask.
struct flock whole_file() {
  struct flock lock {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  return lock;
}

LockHolder read_holder(int fd) {
  LockHolder holder;
  struct flock lock = whole_file();
  if (fcntl(fd, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK) holder.pid = lock.l_pid;
  std::array<char, 4200> bytes{};
  const ssize_t size = pread(fd, bytes.data(), bytes.size(), 0);
  std::string_view text(bytes.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
  const std::size_t end = text.find('\n');
  if (end == std::string_view::npos) return holder;
  holder.command = text.substr(0, end);
  text.remove_prefix(end + 1);
  holder.status_file = text.substr(0, text.find('\n'));
  return holder;
}

}  // namespace

StateLock::StateLock(const Setting& state_dir, const std::string& command,
                     const std::string& status_file)
    : fd_(open((state_dir.value + file_name).c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW,
               0600)) {
  if (fd_ < 0) {
    throw Failure(Exit::configuration,
                  describe(state_dir, std::string("a directory that you can write to (") +
                                          std::strerror(errno) + ")"));
  }
  struct flock lock = whole_file();
  if (fcntl(fd_, F_SETLK, &lock) != 0) {
    const LockHolder holder = read_holder(fd_);
    close(fd_);
    const std::string pid = std::to_string(holder.pid);
    const std::string who = "'" + printable(holder.command) + "' with pid " + pid;
    throw Failure(Exit::configuration,
                  quote(state_dir) + ": " + who + " works there: must be the only one: " +
                      (holder.command != "run" ? "wait until it is done"
                       : command == "send"
                           ? "run sends what it measures; or end it first (systemctl stop "
                             "here-tracking, or kill " +
                                 pid + ")"
                           : "end it first (systemctl stop here-tracking, or kill " + pid + ")"));
  }
  // What is no run leaves standing where the last one wrote its status.
  const std::string file = status_file.empty() ? read_holder(fd_).status_file : status_file;
  const std::string text = command + "\n" + file + "\n";
  if (pwrite(fd_, text.data(), text.size(), 0) != static_cast<ssize_t>(text.size()) ||
      ftruncate(fd_, static_cast<off_t>(text.size())) != 0) {
    // Only what status shows suffers.
    if (ftruncate(fd_, 0) != 0) return;
  }
}

StateLock::~StateLock() {
  close(fd_);
}

LockHolder lock_holder(const std::string& state_dir) {
  const int fd = open((state_dir + file_name).c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (fd < 0) return {};
  LockHolder holder = read_holder(fd);
  close(fd);
  return holder;
}

}  // namespace here_tracking::cli
