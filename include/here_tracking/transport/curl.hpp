// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "here_tracking/hooks/log.hpp"
#include "here_tracking/hooks/transport.hpp"

#include <memory>
#include <string>

namespace here_tracking {

struct CurlOptions {
  /// PEM file with the certificate authorities to trust instead of the system's; empty: the
  /// system's.
  std::string ca_file;
  Log* log = nullptr;  ///< Borrowed. One debug line a request, and the reason of each failure.
};

/// Transport on libcurl, for Linux boards: one handle, one connection kept open, TLS sessions
/// resumed, HTTP/2 when the server offers it, HTTP/1.1 otherwise. TLS 1.2 or later. Proxies are
/// taken from the environment as libcurl does (https_proxy, no_proxy), never for plain http.
///
/// Uses the heap (libcurl does). One thread at a time. Call curl_global_init() yourself before
/// starting threads if other code uses libcurl too.
class CurlTransport final : public Transport {
 public:
  explicit CurlTransport(const CurlOptions& options = {});
  ~CurlTransport();

  /// As Transport::exchange(). hook_failed when libcurl could not be set up, or the CA file is
  /// missing or no PEM file.
  Status exchange(const HttpRequest& request, ResponseHandler& response) override;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace here_tracking
