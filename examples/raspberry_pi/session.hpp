// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "here_tracking/client.hpp"
#include "here_tracking/platform/linux.hpp"
#include "here_tracking/transport/curl.hpp"

#include "console.hpp"
#include "options.hpp"
#include "static_data.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>

namespace here_tracking::cli {

[[nodiscard]] std::int64_t system_time_ms();

/// @throws Failure (credentials) when there are none.
void require_credentials(const Options& options);

/// @throws Failure (configuration).
void check_ca_file(const Setting& file);

/// Makes it, if need be.
/// @throws Failure (configuration).
void prepare_state_dir(const Setting& directory);

/// Before the first request, so that a mistake costs none.
/// @throws Failure (configuration).
void check_files(const Options& options);

/// What went wrong, in words.
struct Trouble {
  Exit exit = Exit::local;
  std::string what;
  std::string remedy;  ///< May be empty

  [[nodiscard]] std::string line() const { return remedy.empty() ? what : what + ": " + remedy; }
};

/// A Client and all that it borrows.
class Session {
 public:
  /// @param options borrowed. @throws Failure (configuration) for a URL that is none.
  explicit Session(const Options& options);

  [[nodiscard]] Client& client() { return client_; }
  [[nodiscard]] StaticData static_data();
  [[nodiscard]] Log& log() { return log_; }

  [[nodiscard]] Hooks hooks();
  [[nodiscard]] CurlTransport& transport() { return transport_; }
  [[nodiscard]] std::string url() const { return std::string(config(options_).base_url.text()); }

  /// What the last call came to, which returned `status`.
  [[nodiscard]] Trouble explain(Status status) const;

  /// @throws Failure unless `status` is ok.
  void require(Status status) const;

 private:
  static ClientConfig config(const Options& options);
  Authorization& authorization();

  const Options& options_;
  ConsoleLog log_;
  ReasonLog transport_log_;
  SystemClock clock_;
  SystemEntropy entropy_;
  FileStorage storage_;
  CurlTransport transport_;
  std::array<char, 2048> token_{};
  std::array<char, 16384> work_{};
  std::optional<DeviceLicense> license_;
  Client client_;
};

}  // namespace here_tracking::cli
