// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "here_tracking/hooks/log.hpp"
#include "here_tracking/hooks/transport.hpp"

#include <cstdint>
#include <memory>
#include <string>

namespace here_tracking {

struct CurlOptions {
  /// PEM file with the certificate authorities to trust instead of the system's; empty: the
  /// system's.
  std::string ca_file;
  Log* log = nullptr;  ///< Borrowed. One debug line a request, and the reason of each failure.
  /// A time that lies behind for certain, in seconds since 1970: a certificate that is not accepted
  /// while this machine's clock is before it is clock_not_set, not tls_failed. 0: the day on which
  /// the library was built (SOURCE_DATE_EPOCH, if that is set).
  std::int64_t not_before_s = 0;
};

/// Transport on libcurl, for Linux boards: one handle, one connection kept open, TLS sessions
/// resumed, HTTP/2 when the server offers it, HTTP/1.1 otherwise. TLS 1.2 or later. Proxies are
/// taken from the environment as libcurl does (https_proxy, no_proxy), never for plain http.
///
/// Uses the heap (libcurl does). One thread at a time, but for cancel(). Call curl_global_init()
/// yourself before starting threads if other code uses libcurl too.
class CurlTransport final : public Transport {
 public:
  explicit CurlTransport(const CurlOptions& options = {});
  ~CurlTransport();

  /// As Transport::exchange(). connection_lost also after cancel(); hook_failed when libcurl
  /// could not be set up, or the CA file is missing or no PEM file.
  Status exchange(const HttpRequest& request, ResponseHandler& response) override;

  /// Ends the exchange that runs, and each later one before anything is sent, with connection_lost
  /// within 0.2 s; libcurl before 7.87 first waits for a name that is being resolved. For a program
  /// that is told to stop: may be called from a signal handler or another thread, as long as this
  /// object lives.
  void cancel();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace here_tracking
