// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include <sys/types.h>

namespace here_tracking::detail {

/// The system calls that FileSectors makes, so that a test may put a model in their place. Each
/// returns what the call that it names does, but -errno in place of -1.
class FileSystem {
 public:
  FileSystem() = default;
  FileSystem(const FileSystem&) = delete;
  FileSystem& operator=(const FileSystem&) = delete;

  /// open(2). Unless `read_only`, makes the directory and its missing parents durably, refuses one
  /// that somebody else may write to, and locks it, until close().
  virtual int open_directory(const std::string& path, bool read_only) = 0;
  /// openat(2). A file for more than reading is refused when it is not its owner's alone.
  virtual int open(int directory, const char* name, int flags) = 0;
  virtual void close(int file) = 0;

  virtual std::int64_t size(int file) = 0;  ///< st_size of fstat(2)
  virtual ssize_t read(int file, void* into, std::size_t size, std::int64_t offset) = 0;
  virtual ssize_t write(int file, const void* bytes, std::size_t size, std::int64_t offset) = 0;
  virtual int truncate(int file, std::int64_t size) = 0;
  virtual int sync_data(int file) = 0;  ///< fdatasync(2)
  virtual int sync(int file) = 0;       ///< fsync(2)

 protected:
  ~FileSystem() = default;
};

/// The kernel's.
[[nodiscard]] FileSystem& kernel_files();

}  // namespace here_tracking::detail
