// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "here_tracking/span.hpp"
#include "here_tracking/status.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace here_tracking {

class Client;

/// In whose name a Client sends: a DeviceLicense, a DeviceLicenseV3, or a class derived from
/// SuppliedToken. A program links only what the one that it uses needs.
///
/// Borrowed: it must outlive the Client. Used from the thread that calls the Client.
class Authorization {
 public:
  Authorization() = default;
  Authorization(const Authorization&) = delete;
  Authorization& operator=(const Authorization&) = delete;

 protected:
  /// @param identity whose token it is; empty: a token that is never stored.
  explicit Authorization(std::string_view identity) : identity_(identity) {}
  ~Authorization() = default;
  [[nodiscard]] std::string_view identity() const { return identity_; }

  friend class Client;
  struct Report;

  // Inline, as all that a class outside of the library inherits: it may have RTTI, the library has
  // none.
  virtual Status check(Client&) const { return Code::not_provided; }
  virtual Status get_token(Client&) { return Code::not_provided; }
  virtual Status send(Client&, Report&) const { return Code::not_provided; }

 private:
  std::string_view identity_;
};

/// The "not provided" default: time, health and version work without any.
class NoAuthorization final : public Authorization {};

namespace not_provided {
inline NoAuthorization authorization;
}  // namespace not_provided

/// A device that sends for itself. Its licence gets it a token, with a signature (OAuth 1.0,
/// HMAC-SHA256); the token is kept through the storage hook.
class LicensedDevice : public Authorization {
 public:
  /// The text is borrowed.
  /// @param device_id 1..50 characters, a UUID as a rule.
  /// @param device_secret 1..128 bytes; never logged, never stored.
  LicensedDevice(std::string_view device_id, std::string_view device_secret)
      : Authorization(device_id), device_secret_(device_secret) {}

 protected:
  ~LicensedDevice() = default;

  static Status send_for_itself(Client& client, const Report& report);

 private:
  Status check(Client& client) const final;
  Status get_token(Client& client) final;

  std::string_view device_secret_;
};

/// It sends through `POST /v2/`.
class DeviceLicense final : public LicensedDevice {
 public:
  using LicensedDevice::LicensedDevice;

 private:
  Status send(Client& client, Report& report) const override;
};

/// It sends through `POST /v3/`.
class DeviceLicenseV3 final : public LicensedDevice {
 public:
  using LicensedDevice::LicensedDevice;

 private:
  Status send(Client& client, Report& report) const override;
};

/// A gateway that sends for others, through `POST /v3/`, with a user or client token of their
/// project. Where that comes from is the gateway's matter: derive from this class. Such a token
/// opens the whole project, so keep it off field devices; it never reaches the storage hook.
///
/// Each ingest() then says for whom it is: Ingestion::id.
class SuppliedToken : public Authorization {
 public:
  /// The life of a token whose end is not known.
  static constexpr std::uint32_t until_refused = 0xffffffff;

  /// Gets a new token. Called from within calls of the Client, which it must not call: when there
  /// is no token, shortly before its end, and once after the service refused it (401, 403), so
  /// that one must not be given again. May block.
  /// @param into room for the token, the Client's work memory; wiped afterwards. Letters, digits
  ///        and `-._~+/`, `=` at its end (RFC 6750); at most 7 bytes less than
  ///        ClientMemory::token, else it is buffer_too_small.
  /// @param size receives its length.
  /// @param life_s receives for how many seconds it is good from now on, 1 or more; is
  ///        until_refused before.
  /// @return ok; no_data, rate_limited, server_error or a network code where there is none now: the
  ///         one before then serves to its end. Any code but ok is otherwise that of the Client's
  ///         call.
  virtual Status token(Span<char> into, std::size_t& size, std::uint32_t& life_s) {
    (void)into;
    (void)size;
    (void)life_s;
    return Code::not_provided;
  }

 protected:
  ~SuppliedToken() = default;

 private:
  Status check(Client&) const final { return {}; }
  Status get_token(Client& client) final { return take_token(client); }
  Status send(Client& client, Report& report) const final { return send_for(client, report); }
  Status take_token(Client& client);
  static Status send_for(Client& client, Report& report);
};

}  // namespace here_tracking
