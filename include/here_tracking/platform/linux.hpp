// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "here_tracking/hooks/byte_stream.hpp"
#include "here_tracking/hooks/clock.hpp"
#include "here_tracking/hooks/entropy.hpp"
#include "here_tracking/hooks/log.hpp"
#include "here_tracking/hooks/sector_storage.hpp"
#include "here_tracking/hooks/storage.hpp"

#include <cstdint>
#include <memory>
#include <string>

/// Hooks for Linux. They may use the heap, and each is used by one thread at a time.

namespace here_tracking {

/// CLOCK_BOOTTIME, which goes on in suspend, and the kernel's boot id.
class SystemClock final : public Clock {
 public:
  std::int64_t now_ms() override;
  std::uint64_t boot_id() override;
};

/// getrandom(2).
class SystemEntropy final : public Entropy {
 public:
  Status fill(Span<std::uint8_t> into) override;
};

/// A directory with a file a record, readable by its owner alone. A record is replaced by writing a
/// temporary file, fsync, rename, fsync of the directory, so several processes may share it.
class FileStorage final : public Storage {
 public:
  /// The directory (and its missing parents) is made with mode 0700 at the first store().
  explicit FileStorage(std::string directory) : directory_(std::move(directory)) {}

  Status load(std::string_view name, Span<std::uint8_t> into, std::size_t& size) override;
  Status store(std::string_view name, Span<const std::uint8_t> record) override;
  Status erase(std::string_view name) override;

  /// errno of the last hook_failed.
  [[nodiscard]] int last_errno() const { return last_errno_; }

 private:
  std::string directory_;
  int last_errno_ = 0;
};

namespace detail {
class FileSystem;
}  // namespace detail

struct FileSectorsOptions {
  std::uint32_t sector_bytes = 256 * 1024;  ///< As SectorGeometry; the same each time.
  std::uint32_t sector_count = 32;          ///< Likewise. Each takes a file descriptor.
  /// For a look into what another process uses: takes no lock, and every write fails.
  bool read_only = false;
};

/// A directory with a file a sector, readable by its owner alone. A file is as long as what was
/// programmed, so an erased sector takes no space.
///
/// What a write error leaves behind is not trusted: a sector whose sync() or erase() failed takes
/// nothing more, program() returns hook_failed, until an erase() of it succeeds.
///
/// A block of 512 bytes that the disk cannot read, at the second try either, is read as zeros if
/// something else of its file can be read; else read() returns hook_failed.
class FileSectors final : public SectorStorage {
 public:
  explicit FileSectors(std::string directory, const FileSectorsOptions& options = {});
  /// For tests: on a model of a file system. @param files borrowed.
  FileSectors(std::string directory, const FileSectorsOptions& options, detail::FileSystem& files);
  ~FileSectors();

  /// Makes the directory (and its missing parents) with mode 0700, locks it against other processes
  /// until the end of this object, and makes durable what a process that was killed had programmed.
  /// Required before all else. read_only: opens the directory.
  /// @return ok; no_data (read_only: there is no such directory); hook_failed (last_errno():
  ///         EWOULDBLOCK: another process has the lock; EPERM: others may write to the directory,
  ///         or it belongs to another user, or that or more is true of a file in it).
  Status open();

  /// All zeros before open().
  [[nodiscard]] SectorGeometry geometry() override;
  Status read(std::uint32_t sector, std::uint32_t offset, Span<std::uint8_t> into) override;
  Status program(std::uint32_t sector, std::uint32_t offset,
                 Span<const std::uint8_t> bytes) override;
  Status erase(std::uint32_t sector) override;
  Status sync() override;

  /// errno of the last hook_failed.
  [[nodiscard]] int last_errno() const { return last_errno_; }

 private:
  struct State;

  Status outcome(int error);

  std::unique_ptr<State> state_;
  int last_errno_ = 0;
};

/// A TCP socket; IPv6 and IPv4. The system's resolver is given the time that it takes.
class PosixByteStream final : public ByteStream {
 public:
  PosixByteStream() = default;
  ~PosixByteStream() { PosixByteStream::close(); }

  Status connect(std::string_view host, std::uint16_t port, std::uint32_t timeout_ms) override;
  Status read(Span<char> into, std::size_t& size, std::uint32_t timeout_ms) override;
  Status write(std::string_view bytes, std::size_t& size, std::uint32_t timeout_ms) override;
  void close() override;

 private:
  int fd_ = -1;
};

/// Lines on standard error, "warning: text", up to and including `most`.
class StderrLog final : public Log {
 public:
  explicit StderrLog(LogLevel most = LogLevel::warning) : most_(most) {}
  void write(LogLevel level, std::string_view text) override;

 private:
  LogLevel most_;
};

}  // namespace here_tracking
