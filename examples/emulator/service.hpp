// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "message.hpp"
#include "reported_shadow.hpp"
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

  // For the control interface. Functions that make something return the reason when refused.
  // Functions that name a device return nothing or false when there is no such device.
  std::string put_device(const std::string& id, const std::string& secret, bool claimed);
  std::string put_virtual_device(const std::string& external_id, const std::string& app_id,
                                 bool claimed);
  bool has_device(const std::string& id) const;
  bool remove_device(const std::string& id);
  bool set_claimed(const std::string& id, bool claimed);
  bool revoke_tokens(const std::string& id);
  nlohmann::json devices() const;
  std::optional<nlohmann::json> desired(const std::string& id) const;
  std::optional<nlohmann::json> telemetry(const std::string& id) const;
  std::optional<nlohmann::json> traces(const std::string& id) const;
  std::optional<nlohmann::json> reported(const std::string& id) const;

  std::string add_project_token(const std::string& token);
  bool revoke_project_token(const std::string& token);
  std::size_t project_tokens() const;

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

    void set_claimed(bool is_claimed);
    bool is_virtual() const { return !app_id.empty(); }

    std::string secret;       // of a licensed device
    std::string app_id;       // of a virtual one
    std::string tracking_id;  // while it is claimed
    bool claimed = false;
    std::string signing_key;
    std::set<std::string> used_nonces;
    nlohmann::json desired;
    ReportedShadow reported;
    std::vector<nlohmann::json> telemetry;
  };
  using Devices = std::map<std::string, Device>;
  struct Token {
    std::string device_id;
    std::int64_t expires_ms;
  };

  Reply issue_token(const Request& request);
  Reply ingest(const Request& request);
  Reply ingest_for(Devices::value_type* device, const Request& request, bool is_async);
  Devices::value_type* addressed(const std::string& id, const std::string& app_id);
  Reply accept(nlohmann::json items, const Request& request, Device& device, bool is_async);
  std::optional<Reply> refuse_unknown_route(const Request& request) const;
  std::vector<std::string> check_timestamps(const nlohmann::json& items,
                                            const std::string& list) const;

  const ServiceOptions options_;
  RequestLog& log_;
  const Validator validator_;
  std::atomic<std::int64_t> clock_offset_ms_{0};
  mutable std::mutex mutex_;
  Devices devices_;
  std::map<std::string, Token> tokens_;
  std::set<std::string> project_tokens_;
};

}  // namespace emulator
