// SPDX-License-Identifier: Apache-2.0
#include "here_tracking/platform/linux.hpp"

#include <cerrno>

#include <sys/random.h>

namespace here_tracking {

Status SystemEntropy::fill(Span<std::uint8_t> into) {
  std::size_t filled = 0;
  while (filled < into.size()) {
    const ssize_t count = ::getrandom(into.data() + filled, into.size() - filled, 0);
    if (count > 0) {
      filled += static_cast<std::size_t>(count);
    } else if (count == 0 || errno != EINTR) {
      return Code::hook_failed;
    }
  }
  return {};
}

}  // namespace here_tracking
