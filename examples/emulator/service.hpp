// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "message.hpp"
#include "request_log.hpp"
#include "validation.hpp"

#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace emulator {

struct ServiceOptions {
  std::string scheme = "https";
  std::string public_url;  // a second base URL that signatures may be made for
  bool strict_timestamps = false;
  std::int64_t token_lifetime_s = 86399;
  std::size_t max_body_bytes = 1048576;
  std::size_t max_items = 1000;
};

// The service's behaviour and state, without any network. All functions are thread-safe.
class Service {
 public:
  Service(ServiceOptions options, RequestLog& log);

  Reply handle(const Request& request);

  std::int64_t now_ms() const;
  double clock_offset_s() const;
  void set_clock_offset_s(double offset_s);

  // For the control interface. Functions that name a device return nothing or false when there
  // is no such device.
  void put_device(const std::string& id, const std::string& secret, bool claimed);
  bool has_device(const std::string& id) const;
  bool remove_device(const std::string& id);
  bool set_claimed(const std::string& id, bool claimed);
  bool revoke_tokens(const std::string& id);
  nlohmann::json devices() const;
  std::optional<nlohmann::json> desired(const std::string& id) const;
  std::optional<nlohmann::json> telemetry(const std::string& id) const;

  struct Merged {
    nlohmann::json desired;
    std::vector<std::string> violations;
  };
  // RFC 7396: objects merge, null removes, all else replaces.
  std::optional<Merged> merge_desired(const std::string& id, const nlohmann::json& update);

 private:
  struct Device {
    Device();
    Device(const Device&) = delete;
    Device& operator=(const Device&) = delete;

    std::string secret;
    bool claimed = true;
    std::string signing_key;
    std::set<std::string> used_nonces;
    nlohmann::json desired;
    std::vector<nlohmann::json> telemetry;
  };
  struct Token {
    std::string device_id;
    std::int64_t expires_ms;
  };

  Reply issue_token(const Request& request);
  Reply ingest(const Request& request);
  Reply accept(const Request& request, Device& device, bool is_async);
  std::optional<Reply> refuse_unknown_route(const Request& request) const;
  std::vector<std::string> check_timestamps(const nlohmann::json& items) const;

  const ServiceOptions options_;
  RequestLog& log_;
  const Validator validator_;
  std::atomic<std::int64_t> clock_offset_ms_{0};
  mutable std::mutex mutex_;
  std::map<std::string, Device> devices_;
  std::map<std::string, Token> tokens_;
};

}  // namespace emulator
