// SPDX-License-Identifier: Apache-2.0
#include "here_tracking/platform/linux.hpp"

#include "file_system.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <fcntl.h>

namespace here_tracking {

namespace {

/// What a system call returns when no signal comes in between.
template <typename Call>
auto uninterrupted(Call call) {
  auto result = call();
  while (result == -EINTR)
    result = call();
  return result;
}

constexpr std::int64_t block_bytes = 512;

struct File {
  int descriptor = -1;                // -1: not opened yet, or there is none
  bool written = false;               // since it was synced
  bool made = false;                  // since the directory was synced
  bool failed = false;                // nobody knows what is in it
  std::set<std::int64_t> unreadable;  // blocks: a disk may try for seconds before it gives one up
};

}  // namespace

// Its functions return 0 or an errno, those that open one a negative one.
struct FileSectors::State {
  State(std::string path_of_all, const FileSectorsOptions& chosen, detail::FileSystem& system)
      : path(std::move(path_of_all)), options(chosen), files(system) {}
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() { close(); }

  void close() {
    for (const File& file : sectors) {
      if (file.descriptor >= 0) files.close(file.descriptor);
    }
    sectors.clear();
    if (directory >= 0) files.close(directory);
    directory = -1;
  }

  [[nodiscard]] bool contains(std::uint32_t sector, std::uint32_t offset, std::size_t size) const {
    return sector < sectors.size() && offset <= options.sector_bytes &&
           size <= options.sector_bytes - offset;
  }

  int open() {
    directory = files.open_directory(path, options.read_only);
    if (directory < 0) return -directory;
    sectors.resize(options.sector_count);
    if (options.read_only) return 0;
    for (std::uint32_t sector = 0; sector < options.sector_count; ++sector) {
      const int file = open_file(sector, 0);
      if (file >= 0) {
        sectors[sector].written = true;
        sectors[sector].made = true;
      } else if (file != -ENOENT) {
        return -file;
      }
    }
    return sync();
  }

  int open_file(std::uint32_t sector, int more_flags) {
    File& file = sectors[sector];
    if (file.descriptor >= 0) return file.descriptor;
    const std::string name = std::to_string(100000 + sector).substr(1);
    const int flags = (options.read_only ? O_RDONLY : O_RDWR) | more_flags;
    const int opened = uninterrupted([&] { return files.open(directory, name.c_str(), flags); });
    if (opened < 0) return opened;
    file.descriptor = opened;
    return opened;
  }

  /// Opens it, or makes it.
  int make_file(std::uint32_t sector) {
    const int found = open_file(sector, 0);
    if (found != -ENOENT) return found;
    const int made = open_file(sector, O_CREAT | O_EXCL);
    if (made >= 0) sectors[sector].made = true;
    return made;
  }

  ssize_t read_once(int file, std::uint8_t* into, std::size_t size, std::int64_t offset) {
    return uninterrupted([&] { return files.read(file, into, size, offset); });
  }

  /// Whether the disk reads anything of it.
  bool reads_some(int file) {
    const std::int64_t size = files.size(file);
    for (const std::int64_t offset : {std::int64_t{0}, size / 2, size - 1}) {
      std::uint8_t byte = 0;
      if (offset >= 0 && read_once(file, &byte, 1, offset) == 1) return true;
    }
    return false;
  }

  /// A part of it, with zeros for a block that the disk has lost.
  ssize_t read_part(File& file, std::uint8_t* into, std::size_t size, std::int64_t offset) {
    const std::int64_t block = offset / block_bytes;
    if (file.unreadable.count(block) == 0) {
      const ssize_t count = read_once(file.descriptor, into, size, offset);
      if (count != -EIO) return count;
    }
    const std::int64_t length = files.size(file.descriptor);
    if (length <= offset) return static_cast<ssize_t>(std::min<std::int64_t>(length, 0));
    const auto part = static_cast<std::size_t>(std::min<std::int64_t>(
        static_cast<std::int64_t>(size), std::min((block + 1) * block_bytes, length) - offset));
    if (file.unreadable.count(block) == 0) {
      // In this order, so that a disk that was away for a moment is not taken for one that lost it.
      const bool is_there = reads_some(file.descriptor);
      const ssize_t count = read_once(file.descriptor, into, part, offset);
      if (count != -EIO || !is_there) return count;
      file.unreadable.insert(block);
    }
    std::fill_n(into, part, std::uint8_t{0});
    return static_cast<ssize_t>(part);
  }

  int read(std::uint32_t sector, std::uint32_t offset, Span<std::uint8_t> into) {
    const int file = open_file(sector, 0);
    if (file < 0 && file != -ENOENT) return -file;
    std::size_t filled = 0;
    while (file >= 0 && filled < into.size()) {
      const ssize_t count = read_part(sectors[sector], into.data() + filled, into.size() - filled,
                                      std::int64_t{offset} + static_cast<std::int64_t>(filled));
      if (count < 0) return static_cast<int>(-count);
      if (count == 0) break;
      filled += static_cast<std::size_t>(count);
    }
    std::fill(into.begin() + filled, into.end(), std::uint8_t{0xff});
    return 0;
  }

  int write(int file, std::int64_t offset, Span<const std::uint8_t> bytes) {
    std::size_t written = 0;
    while (written < bytes.size()) {
      const ssize_t count = uninterrupted([&] {
        return files.write(file, bytes.data() + written, bytes.size() - written,
                           offset + static_cast<std::int64_t>(written));
      });
      if (count < 0) return static_cast<int>(-count);
      if (count == 0) return ENOSPC;
      written += static_cast<std::size_t>(count);
    }
    return 0;
  }

  int program(std::uint32_t sector, std::uint32_t offset, Span<const std::uint8_t> bytes) {
    if (sectors[sector].failed) return EIO;
    const int file = make_file(sector);
    if (file < 0) return -file;
    const std::int64_t end = files.size(file);
    if (end < 0) return static_cast<int>(-end);
    sectors[sector].written = true;
    sectors[sector].unreadable.clear();  // what is written anew may be read again
    int error = 0;
    // What lies between would be read as zeros.
    std::array<std::uint8_t, 512> erased{};
    erased.fill(0xff);
    for (std::int64_t at = end; error == 0 && at < offset;) {
      const auto size = std::min<std::int64_t>(erased.size(), offset - at);
      error = write(file, at, {erased.data(), static_cast<std::size_t>(size)});
      at += size;
    }
    if (error == 0) error = write(file, offset, bytes);
    if (error != 0) {
      // What arrived of it must not stand in the way of what comes next.
      uninterrupted([&] { return files.truncate(file, end); });
    }
    return error;
  }

  int erase(std::uint32_t sector) {
    File& file = sectors[sector];
    const int opened = open_file(sector, 0);
    if (opened == -ENOENT) return 0;
    if (opened < 0) return -opened;
    file.failed = true;
    file.unreadable.clear();
    int result = uninterrupted([&] { return files.truncate(opened, 0); });
    if (result == 0) result = uninterrupted([&] { return files.sync_data(opened); });
    if (result != 0) return -result;
    file.failed = false;
    file.written = false;
    return 0;
  }

  int sync() {
    int error = 0;
    bool made = false;
    for (File& file : sectors) {
      made = made || file.made;
      if (!file.written) continue;
      file.written = false;
      const int result = uninterrupted([&] { return files.sync_data(file.descriptor); });
      // The kernel gives up what it could not write, and says so once.
      file.failed = file.failed || result != 0;
      if (result != 0) error = -result;
    }
    if (!made) return error;
    const int result = uninterrupted([&] { return files.sync(directory); });
    for (File& file : sectors) {
      if (!file.made) continue;
      file.made = result != 0;
      file.failed = file.failed || result != 0;
    }
    return result != 0 ? -result : error;
  }

  std::string path;
  FileSectorsOptions options;
  detail::FileSystem& files;
  int directory = -1;
  std::vector<File> sectors;  // none before open()
};

FileSectors::FileSectors(std::string directory, const FileSectorsOptions& options)
    : FileSectors(std::move(directory), options, detail::kernel_files()) {}

FileSectors::FileSectors(std::string directory, const FileSectorsOptions& options,
                         detail::FileSystem& files)
    : state_(std::make_unique<State>(std::move(directory), options, files)) {}

FileSectors::~FileSectors() = default;

Status FileSectors::outcome(int error) {
  if (error == 0) return {};
  last_errno_ = error;
  return Code::hook_failed;
}

Status FileSectors::open() {
  if (!state_->sectors.empty()) return {};
  const int error = state_->open();
  if (error == 0) return {};
  state_->close();
  if (error == ENOENT && state_->options.read_only) return Code::no_data;
  return outcome(error);
}

SectorGeometry FileSectors::geometry() {
  if (state_->sectors.empty()) return {};
  return {state_->options.sector_bytes, state_->options.sector_count, 1};
}

Status FileSectors::read(std::uint32_t sector, std::uint32_t offset, Span<std::uint8_t> into) {
  return outcome(state_->contains(sector, offset, into.size()) ? state_->read(sector, offset, into)
                                                               : EINVAL);
}

Status FileSectors::program(std::uint32_t sector, std::uint32_t offset,
                            Span<const std::uint8_t> bytes) {
  if (!state_->contains(sector, offset, bytes.size())) return outcome(EINVAL);
  return outcome(state_->options.read_only ? EROFS : state_->program(sector, offset, bytes));
}

Status FileSectors::erase(std::uint32_t sector) {
  if (!state_->contains(sector, 0, 0)) return outcome(EINVAL);
  return outcome(state_->options.read_only ? EROFS : state_->erase(sector));
}

Status FileSectors::sync() {
  return outcome(state_->options.read_only ? EROFS : state_->sync());
}

}  // namespace here_tracking
