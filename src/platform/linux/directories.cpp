// SPDX-License-Identifier: Apache-2.0
#include "directories.hpp"

#include <algorithm>
#include <cerrno>

#include <fcntl.h>
#include <unistd.h>

namespace here_tracking {

FileDescriptor open_directory(const std::string& path) {
  return FileDescriptor(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

int make_directories(const std::string& path) {
  std::string parent = path.substr(0, 1) == "/" ? "/" : ".";
  for (std::size_t start = 0; start < path.size();) {
    const std::size_t end = std::min(path.find('/', start), path.size());
    const std::string made = path.substr(0, end);
    if (end > start) {
      if (::mkdir(made.c_str(), 0700) == 0) {
        const FileDescriptor directory = open_directory(parent);
        if (!directory.valid() || ::fsync(directory.get()) != 0) return errno;
      } else if (struct stat status{}; ::stat(made.c_str(), &status) != 0) {
        return errno;  // of stat(): a read-only or closed parent refuses mkdir() for what exists
      } else if (!S_ISDIR(status.st_mode)) {
        return ENOTDIR;
      }
      parent = made;
    }
    start = end + 1;
  }
  return 0;
}

bool is_private(const struct stat& status) {
  return S_ISREG(status.st_mode) && status.st_uid == ::geteuid() && (status.st_mode & 077U) == 0;
}

}  // namespace here_tracking
