// SPDX-License-Identifier: Apache-2.0
#include "server.hpp"

#include "connection.hpp"

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <functional>
#include <list>
#include <mutex>
#include <thread>

#include <httplib.h>
#include <openssl/err.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

namespace emulator {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t max_buffered_bytes = 64UL * 1024 * 1024;
constexpr std::size_t keep_alive_requests = 1000000000;
constexpr time_t keep_alive_s = 600;
constexpr std::size_t oversized_bytes = 4UL * 1024 * 1024;
constexpr std::size_t garbage_bytes = 512;
constexpr int backlog = 128;

// The HTTP library handles a connection on one thread and tells handlers nothing about it.
thread_local Connection* current_connection = nullptr;

class ThreadPerConnection : public httplib::TaskQueue {
 public:
  void enqueue(std::function<void()> task) override {
    const std::lock_guard<std::mutex> lock(mutex_);
    workers_.remove_if([](Worker& worker) {
      if (!worker.done) return false;
      worker.thread.join();
      return true;
    });
    Worker& worker = workers_.emplace_back();
    worker.thread = std::thread([&worker, run = std::move(task)] {
      run();
      worker.done = true;
    });
  }

  void shutdown() override {
    for (Worker& worker : workers_)
      worker.thread.join();
    workers_.clear();
  }

 private:
  struct Worker {
    std::thread thread;
    std::atomic<bool> done{false};
  };
  std::mutex mutex_;
  std::list<Worker> workers_;
};

// An HTTP server whose connections are ours.
class Listener : public httplib::Server {
 public:
  // `log` may be missing, then nothing is counted. Without `tls` it speaks plain HTTP.
  Listener(const StopSignal& stop_signal, RequestLog* log, SSL_CTX* tls)
      : stop_signal_(stop_signal), log_(log), tls_(tls) {
    new_task_queue = [] { return new ThreadPerConnection; };
    set_payload_max_length(max_buffered_bytes);
    set_keep_alive_max_count(keep_alive_requests);
    set_keep_alive_timeout(keep_alive_s);
    set_tcp_nodelay(true);
    // By default the library shares ports between processes, which hides that one is in use.
    set_socket_options([](int fd) {
      const int yes = 1;
      setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    });
  }

  // The bound port. Throws StartError.
  int bind(const std::string& host, int port, const std::string& flag) {
    errno = 0;
    const int bound = port == 0 ? bind_to_any_port(host) : (bind_to_port(host, port) ? port : -1);
    if (bound > 0) {
      ::listen(svr_sock_, backlog);
      return bound;
    }
    const int reason = errno;
    const std::string where = host + " port " + std::to_string(port);
    if (reason == EADDRINUSE) {
      throw StartError(3, flag + ": " + where + " is in use: stop what listens there, or choose " +
                              "another (0 = any free one)");
    }
    throw StartError(2, flag + ": cannot listen on " + where +
                            (reason == 0 ? "" : std::string(": ") + std::strerror(reason)));
  }

 private:
  bool process_and_close_socket(socket_t fd) override {
    Connection connection(fd, ++last_id_, stop_signal_);
    if (log_ != nullptr) log_->connection_opened();
    if (tls_ != nullptr) {
      if (!connection.start_tls(tls_)) return false;
      if (log_ != nullptr) log_->handshake_done(connection.is_tls_resumed());
    }
    current_connection = &connection;
    bool is_closed = false;
    while (!is_closed && connection.await_request()) {
      if (!process_request(connection, false, is_closed, nullptr)) break;
    }
    current_connection = nullptr;
    return true;
  }

  const StopSignal& stop_signal_;
  RequestLog* log_;
  SSL_CTX* tls_;
  std::atomic<std::uint64_t> last_id_{0};
};

Request to_request(const httplib::Request& source, std::string body) {
  Request request;
  request.method = source.method;
  request.path = source.path;
  const auto question = source.target.find('?');
  if (question != std::string::npos) request.query = source.target.substr(question + 1);
  request.http_version = source.version;
  request.headers = current_connection->request_headers();
  request.body = std::move(body);
  request.connection = current_connection->id();
  request.tls_resumed = current_connection->is_tls_resumed();
  return request;
}

// Always through a content provider: that way the library neither compresses a body nor minds when
// less is sent than was announced.
void send(const Reply& reply, httplib::Response& response, bool is_truncated) {
  response.status = reply.status;
  std::string content_type = "application/json";
  for (const auto& [name, value] : reply.headers) {
    if (equal_ignoring_case(name, "Content-Type")) {
      content_type = value;
    } else {
      response.set_header(name, value);
    }
  }
  if (reply.body.empty() || reply.status == 204) return;
  const std::size_t sent_bytes = is_truncated ? reply.body.size() / 2 : reply.body.size();
  response.set_content_provider(
      reply.body.size(), content_type,
      [body = reply.body, sent_bytes](std::size_t offset, std::size_t, httplib::DataSink& sink) {
        return offset < sent_bytes && sink.write(body.data() + offset, sent_bytes - offset);
      });
}

std::string oversized_json() {
  return R"({"payload":{"filler":")" + std::string(oversized_bytes, 'x') +
         R"("},"system":{"stateVersion":1,"lastModifiedGeofenceTimestamp":0}})";
}

std::string garbage() {
  std::string bytes(garbage_bytes, '\0');
  RAND_bytes(reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(bytes.size()));
  bytes.front() = '\xFF';  // begins no JSON text and no UTF-8 character
  return bytes;
}

// Reads the body piece by piece into `body`, and calls `on_piece` after each. False when it could
// not be read to its end.
using OnPiece = std::function<void()>;
using ReadBody = std::function<bool(std::string& body, const OnPiece& on_piece)>;

// A request without length has no body, whereas the library would wait for the peer to close.
bool read_body(const httplib::Request& request, const httplib::ContentReader& reader,
               std::string& body, const OnPiece& on_piece) {
  if (!request.has_header("Content-Length") && !request.has_header("Transfer-Encoding"))
    return true;
  return reader([&](const char* data, std::size_t size) {
    body.append(data, size);
    on_piece();
    return true;
  });
}

using Answer =
    std::function<void(const httplib::Request&, httplib::Response&, const ReadBody& read)>;

void route_everything(httplib::Server& server, const Answer& answer) {
  const std::string any = ".*";
  const auto without_body = [answer](const httplib::Request& request, httplib::Response& response) {
    answer(request, response, [](std::string&, const OnPiece&) { return true; });
  };
  const auto with_body = [answer](const httplib::Request& request, httplib::Response& response,
                                  const httplib::ContentReader& reader) {
    answer(request, response, [&](std::string& body, const OnPiece& on_piece) {
      return read_body(request, reader, body, on_piece);
    });
  };
  server.Get(any, without_body);
  server.Options(any, without_body);
  server.Delete(any, without_body);
  server.Delete(any, with_body);
  server.Post(any, with_body);
  server.Put(any, with_body);
  server.Patch(any, with_body);
}

std::string openssl_reason() {
  const char* reason = ERR_reason_error_string(ERR_peek_last_error());
  ERR_clear_error();
  return reason == nullptr ? "cannot be read" : reason;
}

struct ContextReleaser {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
using TlsContext = std::unique_ptr<SSL_CTX, ContextReleaser>;

TlsContext make_tls_context(const CertificateFiles& files) {
  TlsContext context(SSL_CTX_new(TLS_server_method()));
  if (!context) throw StartError(2, "OpenSSL cannot serve TLS: " + openssl_reason());
  if (SSL_CTX_use_certificate_chain_file(context.get(), files.certificate.c_str()) != 1) {
    throw StartError(
        2, files.certificate.string() + ": is no usable certificate: " + openssl_reason());
  }
  if (SSL_CTX_use_PrivateKey_file(context.get(), files.key.c_str(), SSL_FILETYPE_PEM) != 1 ||
      SSL_CTX_check_private_key(context.get()) != 1) {
    throw StartError(
        2, files.key.string() + ": is no usable key of the certificate: " + openssl_reason());
  }
  const unsigned char session_context[] = "emulator";
  SSL_CTX_set_session_id_context(context.get(), session_context, sizeof session_context - 1);
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  return context;
}

}  // namespace

struct Servers::State {
  Service& service;
  RequestLog& log;
  FaultQueue& faults;
  Control control;
  StopSignal stop_signal;
  TlsContext tls;
  std::unique_ptr<Listener> service_listener;
  std::unique_ptr<Listener> control_listener;
  int port = 0;
  int control_port = 0;
  std::vector<std::thread> threads;

  State(Service& a_service, RequestLog& a_log, FaultQueue& a_faults)
      : service(a_service), log(a_log), faults(a_faults), control(a_service, a_log, a_faults) {}

  std::string date() const { return http_date(service.now_ms() / 1000); }

  bool is_abandoned(const Fault& fault) const {
    if (fault.stall_ms == 0) return false;
    return current_connection->is_abandoned_within(milliseconds(fault.stall_ms.value_or(0)));
  }

  void serve(const httplib::Request& request, httplib::Response& response, const ReadBody& read) {
    const std::optional<Fault> fault = faults.take(request.method, request.path);
    const std::string kind = fault ? fault->kind : "";
    std::shared_ptr<RequestLog::Entry> entry;
    std::string body;
    bool is_cut = false;
    const bool is_read = read(body, [&] {
      if (entry || kind != "stall_body" || body.size() < std::size_t(fault->body_bytes)) return;
      entry = log.begin(to_request(request, body), kind);
      is_cut = is_abandoned(*fault);
    });
    const Request received = to_request(request, body);
    if (entry) {
      log.set_body(entry, body);
    } else {
      entry = log.begin(received, kind);
    }

    Reply reply;
    bool is_processed = true;
    if (is_cut) {
      is_processed = false;
      reply.status = 0;
      reply.reason = "the peer left before its body was read";
    } else if (!is_read) {
      reply = response.status == 413 ? error_reply(413, "body: must be at most 64 MiB")
                                     : error_reply(400, "body: could not be read to its end");
      current_connection->close_after_response();
    } else if (kind == "status") {
      reply = fault_reply(*fault);
    } else if (kind == "reset" || (kind == "stall" && is_abandoned(*fault))) {
      is_processed = false;
      reply.status = 0;
    } else {
      reply = service.handle(received);
    }
    if (kind == "oversized" || kind == "garbage") {
      reply.status = 200;
      reply.body = kind == "garbage" ? garbage() : oversized_json();
    }
    const bool is_truncated = kind == "truncated";
    if (is_truncated && reply.body.empty()) {
      reply.status = 200;
      reply.body = R"({"system":{"stateVersion":0}})";
    }
    if (is_truncated && fault->body) reply.body = *fault->body;
    response.set_header("Date", date());
    if (kind == "reset_after") reply.status = 0;
    log.finish(entry, reply, service.now_ms());
    // Nothing can be written to a connection that was reset; after a stall nobody listens.
    if (!is_processed || kind == "reset_after") {
      current_connection->reset();
      return;
    }
    send(reply, response, is_truncated);
  }

  // What the library refuses by itself: a bad request line, a method it does not know.
  void answer_protocol_error(const httplib::Request& request, httplib::Response& response) {
    if (response.has_header("Date")) return;
    const Request received = to_request(request, "");
    const auto entry = log.begin(received, "");
    const int status = response.status;
    const Reply reply = error_reply(status, "request line or headers cannot be understood");
    response.set_header("Date", date());
    log.finish(entry, reply, service.now_ms());
    send(reply, response, false);
  }

  void set_up_service() {
    service_listener = std::make_unique<Listener>(stop_signal, &log, tls.get());
    route_everything(*service_listener,
                     [this](const auto& request, auto& response, const auto& read) {
                       serve(request, response, read);
                     });
    service_listener->set_error_handler(httplib::Server::Handler(
        [this](const auto& request, auto& response) { answer_protocol_error(request, response); }));
    service_listener->set_post_routing_handler([](const auto&, auto& response) {
      if (response.status == 204) response.headers.erase("Content-Length");
    });
  }

  void set_up_control() {
    control_listener = std::make_unique<Listener>(stop_signal, nullptr, nullptr);
    route_everything(
        *control_listener, [this](const auto& request, auto& response, const ReadBody& read) {
          const std::string target = request.target.substr(0, request.target.find('?'));
          std::string body;
          const bool is_read = read(body, [] {});
          send(is_read ? control.handle(request.method, target, body)
                       : error_reply(400, "body: could not be read to its end"),
               response, false);
          if (!is_read) current_connection->close_after_response();
        });
  }
};

Servers::Servers(Service& service, RequestLog& log, FaultQueue& faults)
    : state_(std::make_unique<State>(service, log, faults)) {}

Servers::~Servers() {
  stop();
}

void Servers::bind(const std::string& host, int port, int control_port,
                   const std::optional<CertificateFiles>& tls) {
  if (tls) state_->tls = make_tls_context(*tls);
  state_->set_up_service();
  state_->set_up_control();
  const std::string address = host == "localhost" ? "127.0.0.1" : host;
  state_->port = state_->service_listener->bind(address, port, "--port");
  state_->control_port =
      state_->control_listener->bind("127.0.0.1", control_port, "--control-port");
}

int Servers::port() const {
  return state_->port;
}
int Servers::control_port() const {
  return state_->control_port;
}

void Servers::start() {
  for (Listener* listener : {state_->service_listener.get(), state_->control_listener.get()}) {
    state_->threads.emplace_back([listener] { listener->listen_after_bind(); });
  }
}

void Servers::stop() {
  if (state_->threads.empty()) return;
  state_->stop_signal.raise();
  for (Listener* listener : {state_->service_listener.get(), state_->control_listener.get()}) {
    // The library stands being stopped once, and not before it runs.
    while (!listener->is_running())
      std::this_thread::sleep_for(milliseconds(1));
    listener->stop();
  }
  for (std::thread& thread : state_->threads)
    thread.join();
  state_->threads.clear();
}

}  // namespace emulator
