// SPDX-License-Identifier: Apache-2.0
#include "file_system.hpp"

#include "directories.hpp"

#include <cerrno>
#include <utility>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace here_tracking::detail {

namespace {

constexpr mode_t file_mode = 0600;

template <typename Result>
Result or_errno(Result result) {
  return result >= 0 ? result : -errno;
}

/// 0 or an errno.
int check_and_lock(const FileDescriptor& directory) {
  struct stat status {};
  if (::fstat(directory.get(), &status) != 0) return errno;
  if (status.st_uid != ::geteuid() || (status.st_mode & 022U) != 0) return EPERM;
  return ::flock(directory.get(), LOCK_EX | LOCK_NB) == 0 ? 0 : errno;
}

/// 0 or an errno.
int check(const FileDescriptor& file, int flags) {
  struct stat status {};
  if ((flags & O_CREAT) != 0 && ::fchmod(file.get(), file_mode) != 0) return errno;
  if (::fstat(file.get(), &status) != 0) return errno;
  const bool reads = (flags & O_ACCMODE) == O_RDONLY;
  const bool good = reads ? S_ISREG(status.st_mode) : is_private(status) && status.st_nlink == 1;
  return good ? 0 : EPERM;
}

class KernelFiles final : public FileSystem {
 public:
  int open_directory(const std::string& path, bool read_only) override {
    if (path.empty()) return -EINVAL;
    if (!read_only) {
      if (const int error = make_directories(path); error != 0) return -error;
    }
    FileDescriptor directory = here_tracking::open_directory(path);
    if (!directory.valid()) return -errno;
    if (!read_only) {
      if (const int error = check_and_lock(directory); error != 0) return -error;
    }
    return directory.release();
  }

  int open(int directory, const char* name, int flags) override {
    FileDescriptor file(
        ::openat(directory, name, flags | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, file_mode));
    if (!file.valid()) return -errno;
    if (const int error = check(file, flags); error != 0) return -error;
    return file.release();
  }

  void close(int file) override { const FileDescriptor closed(file); }

  std::int64_t size(int file) override {
    struct stat status {};
    return ::fstat(file, &status) == 0 ? status.st_size : -errno;
  }

  ssize_t read(int file, void* into, std::size_t size, std::int64_t offset) override {
    return or_errno(::pread(file, into, size, static_cast<off_t>(offset)));
  }

  ssize_t write(int file, const void* bytes, std::size_t size, std::int64_t offset) override {
    return or_errno(::pwrite(file, bytes, size, static_cast<off_t>(offset)));
  }

  int truncate(int file, std::int64_t size) override {
    return or_errno(::ftruncate(file, static_cast<off_t>(size)));
  }
  int sync_data(int file) override { return or_errno(::fdatasync(file)); }
  int sync(int file) override { return or_errno(::fsync(file)); }
};

}  // namespace

FileSystem& kernel_files() {
  static KernelFiles files;
  return files;
}

}  // namespace here_tracking::detail
