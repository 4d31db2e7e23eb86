// SPDX-License-Identifier: Apache-2.0
#include "commands.hpp"

#include "here_tracking/client.hpp"
#include "here_tracking/platform/linux.hpp"
#include "here_tracking/transport/curl.hpp"

#include "console.hpp"
#include "failure.hpp"
#include "shadow_text.hpp"
#include "sources.hpp"
#include "static_data.hpp"
#include "text.hpp"

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <sys/stat.h>
#include <unistd.h>

namespace here_tracking::cli {
namespace {

std::int64_t system_time_ms() {
  using std::chrono::milliseconds;
  return std::chrono::duration_cast<milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

void check_ca_file(const Setting& file) {
  if (read_file(file, Exit::configuration).find("-----BEGIN CERTIFICATE-----") ==
      std::string::npos) {
    throw Failure(Exit::configuration, describe(file, "a file with certificates in PEM form"));
  }
}

/// Without it each call would ask for a new token, and nobody would notice.
void prepare_state_dir(const Setting& directory) {
  std::error_code error;
  const mode_t umask_before = umask(077);
  std::filesystem::create_directories(directory.value, error);
  umask(umask_before);
  if (!error && access(directory.value.c_str(), R_OK | W_OK | X_OK) != 0) {
    error.assign(errno, std::generic_category());
  }
  if (error) {
    throw Failure(Exit::configuration,
                  describe(directory, "a directory that you can write to (" + error.message() +
                                          "); give --state-dir"));
  }
}

/// A Client and all that it borrows.
class Session {
 public:
  explicit Session(const Options& options)
      : options_(options),
        log_(options.verbose ? LogLevel::debug : LogLevel::warning),
        transport_log_(log_),
        storage_(options.state_dir.value),
        transport_({ca_file(options), &transport_log_}),
        client_(config(options), authorization(), hooks(), {token_, work_}) {
    // The time is public: without credentials it can still be asked for.
    if (options.credentials) require(client_.check());
  }

  Client& client() { return client_; }
  StaticData static_data() {
    return {storage_, config(options_).base_url,
            options_.credentials ? options_.credentials->device_id.value : std::string_view(),
            clock_.boot_id()};
  }
  Log& log() { return log_; }

  /// @throws Failure unless `status` is ok.
  void require(Status status) const {
    if (!status.ok()) fail(status);
  }

 private:
  static std::string ca_file(const Options& options) {
    return options.settings.ca_file ? options.settings.ca_file->value : std::string();
  }

  static ClientConfig config(const Options& options) {
    ClientConfig config;
    if (options.settings.url) config.base_url = options.settings.url->value;
    return config;
  }

  Authorization& authorization() {
    if (!options_.credentials) return not_provided::authorization;
    return license_.emplace(options_.credentials->device_id.value,
                            options_.credentials->device_secret.value);
  }

  Hooks hooks() {
    Hooks hooks;
    hooks.clock = &clock_;
    hooks.entropy = &entropy_;
    if (options_.credentials) hooks.storage = &storage_;
    hooks.transport = &transport_;
    hooks.log = &log_;
    return hooks;
  }

  [[noreturn]] void fail(Status status) const;

  const Options& options_;
  StderrLog log_;
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

void Session::fail(Status status) const {
  const ClientConfig config = Session::config(options_);
  const ErrorDetail& detail = client_.last_error();
  const std::string url(config.base_url);
  const std::string device =
      "device " + (options_.credentials ? printable(options_.credentials->device_id.value) : "");

  std::string answer = url;
  if (status.http_status() != 0) answer += " answered " + std::to_string(status.http_status());
  if (detail.message[0] != '\0') answer += " (" + printable(detail.message.data()) + ")";
  if (detail.id[0] != '\0') answer += ", error id " + printable(detail.id.data());
  if (detail.request_id[0] != '\0') answer += ", request " + std::string(detail.request_id.data());
  const std::string network =
      transport_log_.reason().empty() ? url : printable(transport_log_.reason(), 200);
  const std::string again =
      detail.retry_after_s
          ? "try again in " + std::to_string(*detail.retry_after_s) + " s (Retry-After)"
          : "try again later (no Retry-After was given)";

  const auto end = [](Exit exit, const std::string& what, const std::string& rule) {
    throw Failure(exit, what + ": " + rule);
  };
  Code code = status.code();
  // Nobody was named, so nobody was refused: this is not the service.
  if (!options_.credentials && status.http_status() >= 400 && status.http_status() < 429) {
    code = Code::response_invalid;
  }
  if (code == Code::hook_failed && options_.settings.ca_file &&
      network.find("certificate") != std::string::npos) {
    throw Failure(Exit::configuration,
                  describe(*options_.settings.ca_file, "a file with certificates in PEM form"));
  }
  switch (code) {
    case Code::invalid_value: {
      const FieldError& error = client_.field_error();
      if (std::strcmp(error.field, "base_url") == 0 && options_.settings.url) {
        throw Failure(Exit::configuration, describe(*options_.settings.url, error.rule));
      }
      std::array<char, 160> memory{};
      throw Failure(Exit::local, std::string(memory.data(), format(error, memory)));
    }
    case Code::dns_failed:
      end(Exit::network, network, "the name must be known: check the URL and the network");
      break;
    case Code::connect_failed:
    case Code::connection_lost:
      end(Exit::network, network, "the service must be reachable: check the URL and the network");
      break;
    case Code::clock_not_set:
      end(Exit::network, network,
          "this machine's date must be set, certificates are judged by it: see timedatectl");
      break;
    case Code::tls_failed:
      end(Exit::network, network,
          "the server must prove who it is: check the URL, --ca-file and this machine's date");
      break;
    case Code::timeout:
      end(Exit::network, network, "an answer must come in time: check the network and try again");
      break;
    case Code::rejected:
      end(Exit::refused, answer, "the data must keep the rules: the command sample shows it");
      break;
    case Code::too_large:
      end(Exit::refused, answer, "the data must be smaller: give fewer sources");
      break;
    case Code::clock_refused:
      end(Exit::refused, answer, "the time must be the service's, and it was: try again later");
      break;
    case Code::forbidden:
      end(Exit::refused, answer, device + " must be licensed and claimed: ask its owner");
      break;
    case Code::response_too_large:
    case Code::response_invalid:
    case Code::buffer_too_small:
      end(Exit::refused, answer + ": an answer that cannot be used",
          "the URL must be that of HERE Tracking: check it");
      break;
    case Code::credentials_refused:
      end(Exit::credentials, answer,
          "the secret must be that of " + device + ": check the credentials");
      break;
    case Code::unknown_device:
      end(Exit::credentials, answer, device + " must have a licence: check its id");
      break;
    case Code::not_claimed:
      end(Exit::not_claimed, answer, device + " must be claimed by its owner: then try again");
      break;
    case Code::rate_limited:
      end(Exit::rate_limited, answer, "too many requests: " + again);
      break;
    case Code::server_error:
      end(Exit::server, answer, "the service has a problem: " + again);
      break;
    default:
      break;
  }
  throw Failure(Exit::local, network + ": " + to_string(status.code()) + ": more about it with -v");
}

void set_time(Sample& sample, std::int64_t time_ms) {
  if (sample.set_timestamp(time_ms).ok()) return;
  throw Failure(Exit::local, "timestamp = " + std::to_string(time_ms) + ": must be " +
                                 sample.field_error().rule + ": set this machine's date");
}

/// Before the first request, so that a mistake costs none.
void check_files(const Options& options) {
  if (options.settings.ca_file) check_ca_file(*options.settings.ca_file);
  if (options.credentials) prepare_state_dir(options.state_dir);
}

void warn_about_rejected(const DesiredShadow& shadow) {
  if (shadow.rejected_members == 0) return;
  std::array<char, 160> memory{};
  std::string text = "desired shadow: ";
  text.append(memory.data(), format(shadow.rejected, memory));
  const std::size_t more = shadow.rejected_members - 1U;
  if (more != 0) text += "; and " + count(more, "more member", "more members");
  warn(text);
}

void require_credentials(const Options& options) {
  if (options.credentials) return;
  throw Failure(Exit::credentials,
                "no credentials: must be given with --credentials FILE, or as "
                "HERE_TRACKING_DEVICE_ID and HERE_TRACKING_DEVICE_SECRET");
}

}  // namespace

void show_time(const Options& options) {
  check_files(options);
  Session session(options);
  session.require(session.client().sync_time());
  const std::int64_t server_ms = session.client().server_time_ms().value_or(0);
  const std::int64_t behind_ms = server_ms - system_time_ms();
  print(options.json ? "{\"server_time_ms\":" + std::to_string(server_ms) +
                           ",\"system_clock_offset_ms\":" + std::to_string(behind_ms) + "}"
                     : "server time  " + utc_time(server_ms) + "\nthis clock   " +
                           clock_difference(behind_ms));
}

void show_token(const Options& options) {
  require_credentials(options);
  check_files(options);
  Session session(options);
  const std::uint32_t life_before_s = session.client().token_life_s();
  session.require(session.client().ensure_token());
  const std::uint32_t life_s = session.client().token_life_s();
  const bool reused = life_before_s != 0 && life_s <= life_before_s;
  print(options.json ? "{\"expires_in_s\":" + std::to_string(life_s) +
                           ",\"reused\":" + (reused ? "true" : "false") + "}"
                     : std::string("token       ") + (reused ? "reused" : "new") +
                           "\nexpires in  " + duration(life_s));
}

void show_sample(const Options& options) {
  Session session(options);
  SourceSet sources(options.settings.sources, session.log());
  std::vector<char> buffer(SourceSet::sample_bytes);
  Sample sample({buffer.data(), buffer.size()}, options.sample);
  sources.gather_into(sample);
  const std::optional<std::int64_t> server_ms = session.client().server_time_ms();
  note(server_ms ? "the timestamp is server time, from what was stored"
                 : "the timestamp is this machine's time: no server time is stored");
  set_time(sample, server_ms.value_or(system_time_ms()));
  print(sample.json());
}

void send(const Options& options) {
  require_credentials(options);
  check_files(options);
  Session session(options);
  Client& client = session.client();
  SourceSet sources(options.settings.sources, session.log());
  std::vector<char> buffer(SourceSet::sample_bytes);
  Sample sample({buffer.data(), buffer.size()}, options.sample);
  StaticData known = session.static_data();
  // A sample has the time at which it was measured, so the time comes before the measurements.
  session.require(client.ensure_time());
  sources.gather_into(sample, known.client(), known.sim());
  set_time(sample, client.server_time_ms().value_or(0));

  std::string_view body = sample.json();
  DesiredShadow shadow;
  const Delivery delivery = options.async ? Delivery::asynchronous : Delivery::synchronous;
  Status status = client.ingest({&body, 1}, shadow, {delivery});
  if (status == Code::rejected && !client.server_time_ms()) {
    // The time that the sample was given turned out to be wrong.
    session.require(client.ensure_time());
    set_time(sample, client.server_time_ms().value_or(0));
    body = sample.json();
    status = client.ingest({&body, 1}, shadow, {delivery});
  }
  session.require(status);
  if (!known.confirm().ok()) {
    warn(options.state_dir.value + ": cannot keep what was sent: client and SIM will go out again");
  }
  const std::size_t bytes = body.size() + 2;  // in the brackets of an array
  note("sent " + std::to_string(bytes) + " bytes, " + std::to_string(status.http_status()) + ", " +
       (shadow.state_version ? "shadow state version " + std::to_string(*shadow.state_version)
                             : "no shadow in the answer"));
  warn_about_rejected(shadow);
  if (shadow.json.empty()) {
    print("{}");
  } else if (options.show_passwords) {
    print(shadow.json);
  } else {
    print(without_passwords(shadow.json));
  }
}

}  // namespace here_tracking::cli
