// SPDX-License-Identifier: Apache-2.0
// An integrator's payload on its way into a sample.
#include "here_tracking/telemetry.hpp"

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string_view>

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  // The first byte chooses how much memory there is.
  static char memory[1200];
  const std::size_t room = data[0] * 4;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  memory[room] = '#';
  here_tracking::Sample sample({memory, room});
  const here_tracking::Status status = sample.set_payload(text);
  require(memory[room] == '#');
  require(sample.set_timestamp(2).ok());
  const std::string_view json = sample.json();
  if (!status.ok()) {
    require(json.empty() || json == R"({"timestamp":2})");
    return 0;
  }

  // What was taken is compact already: it is taken again, and comes out the same.
  static char again_memory[1200];
  here_tracking::Sample again(again_memory);
  const std::size_t name = std::strlen(R"({"payload":)");
  const std::size_t rest = std::strlen(R"(,"timestamp":2})");
  const std::string_view payload = json.substr(name, json.size() - name - rest);
  require(payload.size() <= here_tracking::Sample::max_payload_bytes);
  require(again.set_payload(payload).ok() && again.set_timestamp(2).ok());
  require(again.json() == json);
  return 0;
}
