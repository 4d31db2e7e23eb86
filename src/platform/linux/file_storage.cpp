// SPDX-License-Identifier: Apache-2.0
#include "here_tracking/platform/linux.hpp"

#include "directories.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

// The functions below return 0 or an errno.

namespace here_tracking {

namespace {

constexpr mode_t file_mode = 0600;

bool is_valid_name(std::string_view name) {
  return !name.empty() && name.size() <= 16 && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  });
}

int synchronise(const FileDescriptor& file) {
  return ::fsync(file.get()) == 0 ? 0 : errno;
}

/// Opens the temporary file and holds its lock. Whoever had it before may have renamed it away
/// while this process waited, so what was locked is compared with what has the name now.
FileDescriptor lock_temporary(int directory, const std::string& name, int& error) {
  error = 0;
  for (;;) {
    FileDescriptor file(::openat(directory, name.c_str(),
                                 O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC,
                                 file_mode));
    if (!file.valid()) {
      error = errno;
      return file;
    }
    struct stat locked {};
    struct stat named {};
    while (error == 0 && ::flock(file.get(), LOCK_EX) != 0) {
      if (errno != EINTR) error = errno;
    }
    if (error == 0 && ::fstat(file.get(), &locked) != 0) error = errno;
    const bool has_name = ::fstatat(directory, name.c_str(), &named, AT_SYMLINK_NOFOLLOW) == 0 &&
                          locked.st_dev == named.st_dev && locked.st_ino == named.st_ino;
    if (error == 0 && !has_name) continue;
    // Somebody else's file, or one that has a second name, is not to be written to.
    const bool ours =
        S_ISREG(locked.st_mode) && locked.st_uid == ::geteuid() && locked.st_nlink == 1;
    if (error == 0 && !ours) error = EPERM;
    return file;
  }
}

int write_all(const FileDescriptor& file, Span<const std::uint8_t> record) {
  if (::fchmod(file.get(), file_mode) != 0 || ::ftruncate(file.get(), 0) != 0) return errno;
  std::size_t written = 0;
  while (written < record.size()) {
    const ssize_t count = ::write(file.get(), record.data() + written, record.size() - written);
    if (count >= 0) {
      written += static_cast<std::size_t>(count);
    } else if (errno != EINTR) {
      return errno;
    }
  }
  return synchronise(file);
}

/// Also ENOENT when there is no record that may be used, and EMSGSIZE when it does not fit.
int read_record(const std::string& path, Span<std::uint8_t> into, std::size_t& size) {
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (!file.valid()) return errno;
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) return errno;
  if (!is_private(status)) return ENOENT;
  if (static_cast<std::uint64_t>(status.st_size) > into.size()) return EMSGSIZE;
  std::size_t filled = 0;
  while (filled < into.size()) {
    const ssize_t count = ::read(file.get(), into.data() + filled, into.size() - filled);
    if (count > 0) {
      filled += static_cast<std::size_t>(count);
    } else if (count == 0) {
      break;
    } else if (errno != EINTR) {
      return errno;
    }
  }
  size = filled;
  return 0;
}

int write_record(const std::string& path, const std::string& name,
                 Span<const std::uint8_t> record) {
  if (const int error = make_directories(path); error != 0) return error;
  const FileDescriptor directory = open_directory(path);
  if (!directory.valid()) return errno;
  const std::string temporary = name + ".new";
  int error = 0;
  const FileDescriptor file = lock_temporary(directory.get(), temporary, error);
  if (error != 0) return error;
  error = write_all(file, record);
  if (error == 0 &&
      ::renameat(directory.get(), temporary.c_str(), directory.get(), name.c_str()) != 0) {
    error = errno;
  }
  if (error != 0) {
    ::unlinkat(directory.get(), temporary.c_str(), 0);
    return error;
  }
  return synchronise(directory);
}

int erase_record(const std::string& path, const std::string& name) {
  const FileDescriptor directory = open_directory(path);
  if (!directory.valid()) return errno;
  if (::unlinkat(directory.get(), name.c_str(), 0) != 0) return errno;
  return synchronise(directory);
}

}  // namespace

Status FileStorage::load(std::string_view name, Span<std::uint8_t> into, std::size_t& size) {
  const std::string path = directory_ + "/" + std::string(name);
  const int error =
      is_valid_name(name) && !directory_.empty() ? read_record(path, into, size) : EINVAL;
  if (error == 0) return {};
  if (error == ENOENT) return Code::no_data;
  if (error == EMSGSIZE) return Code::buffer_too_small;
  last_errno_ = error;
  return Code::hook_failed;
}

Status FileStorage::store(std::string_view name, Span<const std::uint8_t> record) {
  const int error = is_valid_name(name) && !directory_.empty()
                        ? write_record(directory_, std::string(name), record)
                        : EINVAL;
  if (error == 0) return {};
  last_errno_ = error;
  return Code::hook_failed;
}

Status FileStorage::erase(std::string_view name) {
  const int error = is_valid_name(name) && !directory_.empty()
                        ? erase_record(directory_, std::string(name))
                        : EINVAL;
  if (error == 0 || error == ENOENT) return {};
  last_errno_ = error;
  return Code::hook_failed;
}

}  // namespace here_tracking
