// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "message.hpp"

#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <string>

#include <nlohmann/json.hpp>

namespace emulator {

struct Fault {
  std::string method = "*";
  std::string path = "*";
  std::string kind;
  int status = 503;
  std::string retry_after;
  std::optional<std::string> body;
  Headers headers;
  int times = 1;
  int skip = 0;
  std::optional<std::int64_t> stall_ms;  // nothing: until the peer leaves
  int body_bytes = 0;
};

// What goes wrong, and when. The first fault that matches a request decides: it lets `skip`
// requests pass, then hits `times` requests, then is gone.
class FaultQueue {
 public:
  // Takes one object or an array of them, all or none. Returns the reason when refused.
  std::string add(const nlohmann::json& faults);
  std::optional<Fault> take(const std::string& method, const std::string& path);
  nlohmann::json list() const;
  void clear();

 private:
  mutable std::mutex mutex_;
  std::deque<Fault> faults_;
};

Reply fault_reply(const Fault& fault);

}  // namespace emulator
