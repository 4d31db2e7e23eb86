// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "message.hpp"

#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>

#include <nlohmann/json.hpp>

namespace emulator {

// What came in: counters, the newest requests, and one line a request on standard output.
class RequestLog {
 public:
  struct Entry;

  explicit RequestLog(bool quiet) : quiet_(quiet) {}

  void connection_opened();
  void handshake_done(bool resumed);
  void telemetry_accepted(std::size_t count);

  // An entry is visible from its begin() on, with status 0 until finish(): a client that gave up
  // on its request finds it all the same.
  std::shared_ptr<Entry> begin(const Request& request, const std::string& fault);
  void set_body(const std::shared_ptr<Entry>& entry, const std::string& body);
  void finish(const std::shared_ptr<Entry>& entry, const Reply& reply, std::int64_t time_ms);

  void print_header() const;
  nlohmann::json counters() const;
  nlohmann::json requests() const;
  void clear();

 private:
  mutable std::mutex mutex_;
  const bool quiet_;
  std::deque<std::shared_ptr<Entry>> entries_;
  std::uint64_t connections_ = 0;
  std::uint64_t tls_handshakes_ = 0;
  std::uint64_t tls_resumed_ = 0;
  std::uint64_t requests_ = 0;
  std::uint64_t telemetry_ = 0;
};

}  // namespace emulator
