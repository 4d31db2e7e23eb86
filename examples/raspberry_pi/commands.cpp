// SPDX-License-Identifier: Apache-2.0
#include "commands.hpp"

#include "session.hpp"
#include "sources.hpp"
#include "text.hpp"

#include <optional>
#include <string>
#include <vector>

namespace here_tracking::cli {
namespace {

void set_time(Sample& sample, std::int64_t time_ms) {
  if (sample.set_timestamp(time_ms).ok()) return;
  throw Failure(Exit::local, "timestamp = " + std::to_string(time_ms) + ": must be " +
                                 to_string(sample.field_error().rule) +
                                 ": set this machine's date");
}

}  // namespace

void show_time(const Options& options) {
  check_files(options);
  Session session(options);
  session.require(session.client().sync_time());
  const std::int64_t server_ms = session.client().server_time_ms().value_or(0);
  const std::int64_t behind_ms = server_ms - system_time_ms();
  print(options.json ? "{\"server_time_ms\":" + std::to_string(server_ms) +
                           ",\"system_clock_offset_ms\":" + std::to_string(behind_ms) + "}"
                     : "server time  " + utc_time(server_ms) + "\nthis clock   " +
                           clock_difference(behind_ms));
}

void show_token(const Options& options) {
  require_credentials(options);
  check_files(options);
  Session session(options);
  const std::uint32_t life_before_s = session.client().token_life_s();
  session.require(session.client().ensure_token());
  const std::uint32_t life_s = session.client().token_life_s();
  const bool reused = life_before_s != 0 && life_s <= life_before_s;
  print(options.json ? "{\"expires_in_s\":" + std::to_string(life_s) +
                           ",\"reused\":" + (reused ? "true" : "false") + "}"
                     : std::string("token       ") + (reused ? "reused" : "new") +
                           "\nexpires in  " + duration(life_s));
}

void show_sample(const Options& options) {
  Session session(options);
  SourceSet sources(options.settings.sources, session.log());
  std::vector<char> buffer(SourceSet::sample_bytes);
  Sample sample({buffer.data(), buffer.size()}, options.sample);
  sources.gather_into(sample);
  const std::optional<std::int64_t> server_ms = session.client().server_time_ms();
  note(server_ms ? "the timestamp is server time, from what was stored"
                 : "the timestamp is this machine's time: no server time is stored");
  set_time(sample, server_ms.value_or(system_time_ms()));
  print(sample.json());
}

}  // namespace here_tracking::cli
