// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "file_descriptor.hpp"

#include <string>

#include <sys/stat.h>

namespace here_tracking {

[[nodiscard]] FileDescriptor open_directory(const std::string& path);

/// Makes a directory and its missing parents durably, with mode 0700. Returns 0 or an errno.
[[nodiscard]] int make_directories(const std::string& path);

/// A file that belongs to this user and that nobody else may read or write.
[[nodiscard]] bool is_private(const struct stat& status);

}  // namespace here_tracking
