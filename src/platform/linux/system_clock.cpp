// SPDX-License-Identifier: Apache-2.0
#include "here_tracking/platform/linux.hpp"

#include "file_descriptor.hpp"

#include <array>

#include <fcntl.h>
#include <time.h>  // NOLINT(modernize-deprecated-headers): clock_gettime() is POSIX
#include <unistd.h>

namespace here_tracking {

std::int64_t SystemClock::now_ms() {
  timespec now{};
  if (::clock_gettime(CLOCK_BOOTTIME, &now) != 0) return -1;
  return std::int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1000000;
}

std::uint64_t SystemClock::boot_id() {
  const FileDescriptor file(::open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC));
  if (!file.valid()) return 0;
  std::array<char, 36> uuid{};
  if (::read(file.get(), uuid.data(), uuid.size()) != static_cast<ssize_t>(uuid.size())) return 0;

  std::uint64_t hash = 0xcbf29ce484222325;  // FNV-1a
  for (const char c : uuid) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  }
  return hash != 0 ? hash : 1;
}

}  // namespace here_tracking
