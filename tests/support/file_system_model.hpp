// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "platform/linux/file_system.hpp"

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

/// A directory of files that tells what the disk has from what a program sees, and whose disk may
/// fail or lose its power. The program sees each write at once. The disk has for certain what was
/// synced: the bytes and the length of a file by sync_data(), its name by sync() of the directory.
class FileSystemModel final : public here_tracking::detail::FileSystem {
 public:
  // What may go wrong; a test sets it.
  bool interrupted = false;        ///< Each other call is ended by a signal.
  std::size_t most_at_once = ~0U;  ///< Bytes that a single write() takes.
  std::size_t free_bytes = ~0U;    ///< Then ENOSPC, after the part that fits.
  bool writes_fail = false;        ///< read() and sync() too: EIO
  int reads_to_fail = 0;           ///< So many read() fail: EIO
  std::set<std::pair<std::string, std::size_t>> lost_blocks;  ///< File, number of 512 bytes: EIO
  bool next_data_is_lost = false;  ///< The next sync_data() fails; what it was to write is gone.
  bool next_entries_are_lost = false;  ///< Likewise sync().

  /// Lets the power go when `steps` more are done. A step is a byte written, a file made or
  /// truncated, or a sync.
  void cut_after(std::uint64_t steps) { left_ = steps; }
  void cut_now() { off_ = true; }
  [[nodiscard]] bool off() const { return off_; }
  [[nodiscard]] std::uint64_t steps() const { return steps_; }
  [[nodiscard]] int failed_reads() const { return failed_reads_; }

  /// The power comes back. With 0, what the program saw is still there, and no safer than before:
  /// so it is when a program is killed. Any other seed says which of what was not synced is there:
  /// new names or not, the length as it was, as it became or between, and below that the bytes, or
  /// a part of a block, or zeros.
  void restart(std::uint32_t seed);

  /// What a program sees.
  [[nodiscard]] const std::vector<std::uint8_t>* find(const std::string& name) const;

  int open_directory(const std::string& path, bool read_only) override;
  int open(int directory, const char* name, int flags) override;
  void close(int file) override { open_files_.erase(file); }
  std::int64_t size(int file) override;
  ssize_t read(int file, void* into, std::size_t size, std::int64_t offset) override;
  ssize_t write(int file, const void* bytes, std::size_t size, std::int64_t offset) override;
  int truncate(int file, std::int64_t size) override;
  int sync_data(int file) override;
  int sync(int file) override;

 private:
  struct Range {
    std::size_t begin = 0;
    std::size_t end = 0;
  };
  struct File {
    /// What was not synced arrives on the disk, from `begin` to `end`.
    void arrive(std::size_t begin, std::size_t end);

    std::vector<std::uint8_t> seen;
    std::vector<Range> unsynced;  // of what is seen
    bool length_unsynced = false;
    std::vector<std::uint8_t> on_disk;
    bool name_on_disk = false;
  };

  bool step();
  bool interrupts();
  [[nodiscard]] bool is_lost(const File& file, std::size_t block) const;
  File& of(int file) { return *open_files_.at(file); }

  std::map<std::string, File> files_;
  std::map<int, File*> open_files_;  // nullptr: the directory
  int last_file_ = 2;
  int failed_reads_ = 0;
  std::uint64_t steps_ = 0;
  std::uint64_t left_ = ~std::uint64_t{0};
  bool off_ = false;
  bool interrupted_before_ = false;
};
