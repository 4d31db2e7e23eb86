// SPDX-License-Identifier: Apache-2.0
#include "support/file_system_model.hpp"

#include <algorithm>
#include <cerrno>
#include <random>
#include <utility>

#include <fcntl.h>

namespace {

constexpr std::size_t block_bytes = 64;  // smaller than real ones, so that small tests tear as well

constexpr std::size_t disk_block = 512;

}  // namespace

void FileSystemModel::File::arrive(std::size_t begin, std::size_t end) {
  for (const Range& range : unsynced) {
    for (std::size_t i = std::max(begin, range.begin); i < std::min(end, range.end); ++i)
      on_disk[i] = seen[i];
  }
}

bool FileSystemModel::step() {
  if (left_ == 0) off_ = true;
  if (off_) return false;
  --left_;
  ++steps_;
  return true;
}

bool FileSystemModel::interrupts() {
  interrupted_before_ = interrupted && !interrupted_before_;
  return interrupted_before_;
}

void FileSystemModel::restart(std::uint32_t seed) {
  off_ = false;
  left_ = ~std::uint64_t{0};
  open_files_.clear();
  if (seed == 0) return;
  // Other choices after each cut, and the same when it is tried again.
  std::mt19937 random(seed * 2654435761U + static_cast<std::uint32_t>(steps_));
  const auto below = [&](std::size_t end) { return std::size_t{random()} % end; };
  for (auto at = files_.begin(); at != files_.end();) {
    File& file = at->second;
    if (!file.name_on_disk && below(2) == 0) {
      at = files_.erase(at);
      continue;
    }
    if (file.length_unsynced) {
      const std::size_t seen = file.seen.size();
      const std::size_t synced = file.on_disk.size();
      const std::size_t between =
          std::min(seen, synced) + below(std::max(seen, synced) - std::min(seen, synced) + 1);
      const std::size_t lengths[] = {seen, synced, between};
      file.on_disk.resize(lengths[below(3)], 0);
    }
    const std::size_t end = std::min(file.on_disk.size(), file.seen.size());
    for (std::size_t begin = 0; begin < end; begin += block_bytes) {
      const std::size_t parts[] = {0, block_bytes, below(block_bytes)};
      const std::size_t arrived = begin + parts[below(3)];
      file.arrive(begin, std::min(arrived, end));
    }
    file.seen = file.on_disk;
    file.unsynced.clear();
    file.length_unsynced = false;
    file.name_on_disk = true;
    ++at;
  }
}

const std::vector<std::uint8_t>* FileSystemModel::find(const std::string& name) const {
  const auto found = files_.find(name);
  return found == files_.end() ? nullptr : &found->second.seen;
}

int FileSystemModel::open_directory(const std::string&, bool) {
  if (off_) return -EIO;
  open_files_[++last_file_] = nullptr;
  return last_file_;
}

int FileSystemModel::open(int, const char* name, int flags) {
  if (interrupts()) return -EINTR;
  if (off_) return -EIO;
  const bool exists = files_.count(name) > 0;
  if (!exists && (flags & O_CREAT) == 0) return -ENOENT;
  if (exists && (flags & O_EXCL) != 0) return -EEXIST;
  if (!exists && !step()) return -EIO;
  open_files_[++last_file_] = &files_[name];
  return last_file_;
}

std::int64_t FileSystemModel::size(int file) {
  if (off_) return -EIO;
  return static_cast<std::int64_t>(of(file).seen.size());
}

bool FileSystemModel::is_lost(const File& file, std::size_t block) const {
  return std::any_of(lost_blocks.begin(), lost_blocks.end(), [&](const auto& lost) {
    const auto found = files_.find(lost.first);
    return found != files_.end() && &found->second == &file && lost.second == block;
  });
}

ssize_t FileSystemModel::read(int file, void* into, std::size_t size, std::int64_t offset) {
  if (interrupts()) return -EINTR;
  const std::vector<std::uint8_t>& seen = of(file).seen;
  const std::size_t begin = std::min(static_cast<std::size_t>(offset), seen.size());
  std::size_t count = std::min({size, most_at_once, seen.size() - begin});
  // As the kernel does: up to what is lost, and an error only when that comes first.
  for (std::size_t at = begin; at < begin + count; at = (at / disk_block + 1) * disk_block) {
    if (is_lost(of(file), at / disk_block)) count = at - begin;
  }
  const bool is_lost = begin < seen.size() && size != 0 && count == 0;
  if (off_ || writes_fail || is_lost || reads_to_fail > 0) {
    reads_to_fail = std::max(reads_to_fail - 1, 0);
    ++failed_reads_;
    return -EIO;
  }
  std::copy_n(seen.data() + begin, count, static_cast<std::uint8_t*>(into));
  return static_cast<ssize_t>(count);
}

ssize_t FileSystemModel::write(int file, const void* bytes, std::size_t size, std::int64_t offset) {
  if (interrupts()) return -EINTR;
  if (off_ || writes_fail) return -EIO;
  if (free_bytes == 0) return -ENOSPC;
  File& to = of(file);
  const auto begin = static_cast<std::size_t>(offset);
  const std::size_t count = std::min({size, most_at_once, free_bytes});
  const auto done = static_cast<std::size_t>(std::min<std::uint64_t>(count, off_ ? 0 : left_));
  const std::size_t end = begin + done;
  if (to.seen.size() < end) {
    free_bytes -= end - to.seen.size();
    to.seen.resize(end, 0);
    to.length_unsynced = true;
  }
  std::copy_n(static_cast<const std::uint8_t*>(bytes), done, to.seen.data() + begin);
  if (done > 0) to.unsynced.push_back({begin, end});
  left_ -= done;
  steps_ += done;
  off_ = done < count;
  if (off_) return -EIO;
  return static_cast<ssize_t>(count);
}

int FileSystemModel::truncate(int file, std::int64_t size) {
  if (interrupts()) return -EINTR;
  if (writes_fail || !step()) return -EIO;
  File& of_it = of(file);
  const auto length = static_cast<std::size_t>(size);
  if (length < of_it.seen.size()) free_bytes += of_it.seen.size() - length;
  of_it.seen.resize(length, 0);
  for (Range& range : of_it.unsynced) {
    range.begin = std::min(range.begin, length);
    range.end = std::min(range.end, length);
  }
  of_it.length_unsynced = true;
  return 0;
}

int FileSystemModel::sync_data(int file) {
  if (interrupts()) return -EINTR;
  if (writes_fail || !step()) return -EIO;
  File& synced = of(file);
  const bool lost = std::exchange(next_data_is_lost, false);
  if (!lost) {
    synced.on_disk.resize(synced.seen.size(), 0);
    synced.arrive(0, synced.seen.size());
    synced.length_unsynced = false;
  }
  synced.unsynced.clear();
  return lost ? -EIO : 0;
}

int FileSystemModel::sync(int) {
  if (interrupts()) return -EINTR;
  if (writes_fail || !step()) return -EIO;
  if (std::exchange(next_entries_are_lost, false)) return -EIO;
  for (auto& [name, file] : files_)
    file.name_on_disk = true;
  return 0;
}
