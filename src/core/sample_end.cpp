// SPDX-License-Identifier: Apache-2.0
#include "sample_end.hpp"

namespace here_tracking {

void append_sample_end(TextBuilder& out, std::size_t untimed_size, std::int64_t timestamp_ms) {
  if (untimed_size > 1) out.append(',');
  out.append("\"timestamp\":");
  out.append_integer(timestamp_ms);
  out.append('}');
}

}  // namespace here_tracking
