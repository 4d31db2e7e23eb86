// SPDX-License-Identifier: Apache-2.0
#include "here_tracking/transport/curl.hpp"

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <string>
#include <string_view>
#include <utility>

#include <curl/curl.h>

namespace here_tracking {
namespace {

constexpr int cancel_poll_ms = 100;
constexpr const char* user_agent = "here_tracking/" HERE_TRACKING_VERSION;

/// The header lines of one request. They hold the access token, so they are wiped.
class HeaderList {
 public:
  HeaderList() = default;
  HeaderList(const HeaderList&) = delete;
  HeaderList& operator=(const HeaderList&) = delete;
  ~HeaderList() {
    for (curl_slist* line = list_; line != nullptr; line = line->next) {
      wipe(line->data, std::strlen(line->data));
    }
    curl_slist_free_all(list_);
  }

  bool add(std::string_view name, std::string_view value) {
    std::string line(name);
    line.append(value.empty() ? ";" : ": ").append(value);
    return add_line(std::move(line));
  }
  /// Keeps libcurl from sending a header of its own.
  bool suppress(const char* name) { return add_line(std::string(name) + ":"); }

  [[nodiscard]] curl_slist* get() const { return list_; }

 private:
  static void wipe(char* text, std::size_t size) {
    volatile char* at = text;
    while (size-- > 0)
      *at++ = '\0';
  }

  bool add_line(std::string line) {
    curl_slist* longer = curl_slist_append(list_, line.c_str());
    wipe(line.data(), line.size());
    if (longer == nullptr) return false;
    list_ = longer;
    return true;
  }

  curl_slist* list_ = nullptr;
};

struct Exchange {
  CURL* handle = nullptr;
  BodySource* body = nullptr;
  std::size_t body_offset = 0;
  ResponseHandler* response = nullptr;
  bool expect_status = true;  // the next header line begins a response
  bool interim = false;
  bool in_body = false;
  bool too_large = false;
};

std::size_t read_body(char* into, std::size_t size, std::size_t count, void* user) {
  auto& exchange = *static_cast<Exchange*>(user);
  if (exchange.body == nullptr) return 0;
  const std::size_t left = exchange.body->size() - exchange.body_offset;
  const std::size_t wanted = std::min(size * count, left);
  if (wanted == 0) return 0;
  const std::size_t read = exchange.body->read(exchange.body_offset, {into, wanted});
  if (read == 0) return CURL_READFUNC_ABORT;
  exchange.body_offset += read;
  return read;
}

int seek_body(void* user, curl_off_t offset, int origin) {
  if (origin != SEEK_SET) return CURL_SEEKFUNC_CANTSEEK;
  static_cast<Exchange*>(user)->body_offset = static_cast<std::size_t>(offset);
  return CURL_SEEKFUNC_OK;
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blanks = " \t\r\n";
  const std::size_t begin = text.find_first_not_of(blanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(blanks) - begin + 1);
}

std::size_t take_header(char* data, std::size_t size, std::size_t count, void* user) {
  auto& exchange = *static_cast<Exchange*>(user);
  const std::string_view line(data, size * count);
  if (exchange.in_body) return line.size();  // a trailer
  if (line == "\r\n" || line == "\n") {
    exchange.expect_status = true;
  } else if (exchange.expect_status) {
    exchange.expect_status = false;
    long status = 0;
    curl_easy_getinfo(exchange.handle, CURLINFO_RESPONSE_CODE, &status);
    exchange.interim = status < 200;
    if (!exchange.interim) exchange.response->on_status(static_cast<std::uint16_t>(status));
  } else if (!exchange.interim) {
    const std::size_t colon = line.find(':');
    if (colon != std::string_view::npos) {
      exchange.response->on_header(line.substr(0, colon), trimmed(line.substr(colon + 1)));
    }
  }
  return line.size();
}

std::size_t take_body(char* data, std::size_t size, std::size_t count, void* user) {
  auto& exchange = *static_cast<Exchange*>(user);
  const std::size_t bytes = size * count;
  exchange.in_body = true;
  if (exchange.response->on_body({data, bytes})) return bytes;
  exchange.too_large = true;
  return 0;
}

/// libcurl names a proxy that it cannot use with its user and password.
std::string without_login(std::string text) {
  const std::size_t begin = text.find("//");
  const std::size_t end = text.rfind('@');
  if (begin != std::string::npos && end != std::string::npos && begin < end) {
    text.replace(begin + 2, end - begin - 2, "...");
  }
  return text;
}

Code to_code(CURLcode result, bool too_large) {
  switch (result) {
    case CURLE_OK:
      return Code::ok;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
      return Code::dns_failed;
    case CURLE_COULDNT_CONNECT:
      return Code::connect_failed;
    case CURLE_OPERATION_TIMEDOUT:
      return Code::timeout;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_INVALIDCERTSTATUS:
      return Code::tls_failed;
    case CURLE_WRITE_ERROR:
      return too_large ? Code::response_too_large : Code::hook_failed;
    case CURLE_GOT_NOTHING:
    case CURLE_PARTIAL_FILE:
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
    case CURLE_ABORTED_BY_CALLBACK:  // State::perform() was cancelled
      return Code::connection_lost;
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_BAD_CONTENT_ENCODING:
      return Code::response_invalid;
    default:
      return Code::hook_failed;
  }
}

}  // namespace

struct CurlTransport::State {
  CURL* handle = nullptr;
  CURLM* multi = nullptr;  // keeps the connections
  std::string ca_file;
  std::int64_t not_before_s = 0;
  Log* log = nullptr;
  std::atomic<bool> cancelled{false};
  static_assert(std::atomic<bool>::is_always_lock_free, "a signal handler sets it");

  /// curl_easy_perform(), which looks at `cancelled` more often.
  CURLcode perform() {
    if (curl_multi_add_handle(multi, handle) != CURLM_OK) return CURLE_FAILED_INIT;
    CURLcode result = CURLE_ABORTED_BY_CALLBACK;
    for (int running = 1; running > 0 && !cancelled;) {
      CURLMcode status = curl_multi_perform(multi, &running);
      if (status == CURLM_OK && running > 0) {
        status = curl_multi_poll(multi, nullptr, 0, cancel_poll_ms, nullptr);
      }
      if (status != CURLM_OK) {
        result = CURLE_FAILED_INIT;
        break;
      }
      int queued = 0;
      const CURLMsg* const message = curl_multi_info_read(multi, &queued);
      if (message != nullptr && message->msg == CURLMSG_DONE) result = message->data.result;
    }
#if LIBCURL_VERSION_NUM >= 0x075700
    // Else what follows waits for a name that is being resolved.
    if (cancelled) curl_easy_setopt(handle, CURLOPT_QUICK_EXIT, 1L);
#endif
    curl_multi_remove_handle(multi, handle);
    return result;
  }

  void report(const HttpRequest& request, const std::string& url, CURLcode result,
              const char* reason) const {
    if (log == nullptr) return;
    std::string text(request.method);
    text.append(" ").append(url).append(": ");
    if (result == CURLE_OK) {
      long status = 0;
      long version = 0;
      long new_connections = 0;
      curl_off_t total_us = 0;
      curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
      curl_easy_getinfo(handle, CURLINFO_HTTP_VERSION, &version);
      curl_easy_getinfo(handle, CURLINFO_NUM_CONNECTS, &new_connections);
      curl_easy_getinfo(handle, CURLINFO_TOTAL_TIME_T, &total_us);
      text.append(std::to_string(status));
      text.append(version == CURL_HTTP_VERSION_2_0 ? ", HTTP/2" : ", HTTP/1.1");
      text.append(new_connections == 0 ? ", connection kept, " : ", new connection, ");
      text.append(std::to_string(total_us / 1000)).append(" ms");
    } else {
      const char* const known = cancelled ? "cancelled" : curl_easy_strerror(result);
      text.append(*reason != '\0' ? without_login(reason) : known);
    }
    if (text.size() > 160) text.resize(160);
    log->write(result == CURLE_OK ? LogLevel::debug : LogLevel::warning, text);
  }
};

CurlTransport::CurlTransport(const CurlOptions& options) : state_(std::make_unique<State>()) {
  if (curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK) {
    state_->handle = curl_easy_init();
    state_->multi = curl_multi_init();
  }
  state_->ca_file = options.ca_file;
  state_->not_before_s = options.not_before_s != 0 ? options.not_before_s : HERE_TRACKING_BUILT_S;
  state_->log = options.log;
}

CurlTransport::~CurlTransport() {
  curl_easy_cleanup(state_->handle);
  curl_multi_cleanup(state_->multi);
  curl_global_cleanup();
}

void CurlTransport::cancel() {
  state_->cancelled = true;
}

Status CurlTransport::exchange(const HttpRequest& request, ResponseHandler& response) {
  CURL* const handle = state_->handle;
  if (handle == nullptr || state_->multi == nullptr) return Code::hook_failed;

  Exchange exchange;
  exchange.handle = handle;
  exchange.body = request.body;
  exchange.response = &response;

  HeaderList headers;
  bool complete = headers.suppress("Expect");  // no round trip for "100 Continue"
  if (request.body == nullptr) complete = complete && headers.suppress("Content-Type");
  for (const HttpHeader& header : request.headers) {
    complete = complete && headers.add(header.name, header.value);
  }
  if (!complete) return Code::hook_failed;

  const std::string url = std::string(request.origin.tls ? "https://" : "http://")
                              .append(request.origin.host)
                              .append(":")
                              .append(std::to_string(request.origin.port))
                              .append(request.target);
  char reason[CURL_ERROR_SIZE] = "";

  curl_easy_reset(handle);  // connections and TLS sessions stay
  auto set = [handle, result = CURLE_OK](CURLoption option, auto value) mutable {
    if (result == CURLE_OK) result = curl_easy_setopt(handle, option, value);
    return result;
  };
  set(CURLOPT_URL, url.c_str());
#if LIBCURL_VERSION_NUM >= 0x075500
  set(CURLOPT_PROTOCOLS_STR, request.origin.tls ? "https" : "http");
#else
  set(CURLOPT_PROTOCOLS, static_cast<long>(request.origin.tls ? CURLPROTO_HTTPS : CURLPROTO_HTTP));
#endif
  set(CURLOPT_FOLLOWLOCATION, 0L);
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_ERRORBUFFER, reason);
  set(CURLOPT_USERAGENT, user_agent);
  set(CURLOPT_TCP_KEEPALIVE, 1L);
  set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(request.connect_timeout_ms));
  set(CURLOPT_TIMEOUT_MS, static_cast<long>(request.timeout_ms));
  set(CURLOPT_SSL_VERIFYPEER, 1L);
  set(CURLOPT_SSL_VERIFYHOST, 2L);
  set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  if (!state_->ca_file.empty()) {
    set(CURLOPT_CAINFO, state_->ca_file.c_str());
    set(CURLOPT_CAPATH, static_cast<const char*>(nullptr));  // else the system's count as well
  }
  // What goes to this machine itself must not leave it through a proxy.
  if (!request.origin.tls) set(CURLOPT_PROXY, "");

  set(CURLOPT_HTTPHEADER, headers.get());
  if (request.method == "POST") {
    set(CURLOPT_POST, 1L);
    set(CURLOPT_POSTFIELDSIZE_LARGE,
        static_cast<curl_off_t>(request.body == nullptr ? 0 : request.body->size()));
    set(CURLOPT_READFUNCTION, &read_body);
    set(CURLOPT_READDATA, static_cast<void*>(&exchange));
    set(CURLOPT_SEEKFUNCTION, &seek_body);
    set(CURLOPT_SEEKDATA, static_cast<void*>(&exchange));
  } else if (request.method != "GET") {
    return Code::hook_failed;
  }
  set(CURLOPT_HEADERFUNCTION, &take_header);
  set(CURLOPT_HEADERDATA, static_cast<void*>(&exchange));
  set(CURLOPT_WRITEFUNCTION, &take_body);
  if (set(CURLOPT_WRITEDATA, static_cast<void*>(&exchange)) != CURLE_OK) return Code::hook_failed;
  // Not an error where libcurl was built without HTTP/2.
  curl_easy_setopt(handle, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_2TLS));

  const CURLcode result = state_->perform();
  state_->report(request, url, result, reason);
  if (result == CURLE_PEER_FAILED_VERIFICATION && std::time(nullptr) < state_->not_before_s) {
    return Code::clock_not_set;
  }
  return to_code(result, exchange.too_large);
}

}  // namespace here_tracking
