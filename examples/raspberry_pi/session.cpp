// SPDX-License-Identifier: Apache-2.0
#include "session.hpp"

#include "text.hpp"

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <string>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace here_tracking::cli {

void require_credentials(const Options& options) {
  if (options.credentials) return;
  throw Failure(Exit::credentials,
                "no credentials: must be given with --credentials FILE, or as "
                "HERE_TRACKING_DEVICE_ID and HERE_TRACKING_DEVICE_SECRET");
}

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

// Without it each call would ask for a new token, and nobody would notice.
void prepare_state_dir(const Setting& directory) {
  std::error_code error;
  const mode_t umask_before = umask(077);
  std::filesystem::create_directories(directory.value, error);
  umask(umask_before);
  if (!error && faccessat(AT_FDCWD, directory.value.c_str(), R_OK | W_OK | X_OK, AT_EACCESS) != 0) {
    error.assign(errno, std::generic_category());
  }
  if (error) {
    throw Failure(Exit::configuration,
                  describe(directory, "a directory that you can write to (" + error.message() +
                                          "); give --state-dir"));
  }
}

void check_files(const Options& options) {
  if (options.settings.ca_file) check_ca_file(*options.settings.ca_file);
  if (options.credentials) prepare_state_dir(options.state_dir);
}

Session::Session(const Options& options)
    : options_(options),
      log_(options.verbose ? LogLevel::debug : LogLevel::warning),
      transport_log_(log_),
      storage_(options.state_dir.value),
      transport_({options.settings.ca_file ? options.settings.ca_file->value : std::string(),
                  &transport_log_}),
      client_(config(options), authorization(), hooks(), {token_, work_}) {
  // The time is public: without credentials it can still be asked for.
  if (options.credentials) require(client_.check());
}

ClientConfig Session::config(const Options& options) {
  ClientConfig config;
  if (options.settings.url) config.base_url = options.settings.url->value;
  return config;
}

Authorization& Session::authorization() {
  if (!options_.credentials) return not_provided::authorization;
  return license_.emplace(options_.credentials->device_id.value,
                          options_.credentials->device_secret.value);
}

Hooks Session::hooks() {
  Hooks hooks;
  hooks.clock = &clock_;
  hooks.entropy = &entropy_;
  if (options_.credentials) hooks.storage = &storage_;
  hooks.transport = &transport_;
  hooks.log = &log_;
  return hooks;
}

StaticData Session::static_data() {
  return {storage_, config(options_).base_url.text(),
          options_.credentials ? options_.credentials->device_id.value : std::string_view(),
          clock_.boot_id()};
}

void Session::require(Status status) const {
  if (status.ok()) return;
  const Trouble trouble = explain(status);
  throw Failure(trouble.exit, trouble.line());
}

Trouble Session::explain(Status status) const {
  const ClientConfig config = Session::config(options_);
  const ErrorDetail& detail = client_.last_error();
  const std::string url(config.base_url.text());
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

  Code code = status.code();
  // Nobody was named, so nobody was refused: this is not the service.
  if (!options_.credentials && status.http_status() >= 400 && status.http_status() < 429) {
    code = Code::response_invalid;
  }
  if (code == Code::hook_failed && options_.settings.ca_file &&
      network.find("certificate") != std::string::npos) {
    return {Exit::configuration, quote(*options_.settings.ca_file),
            "must be a file with certificates in PEM form"};
  }
  switch (code) {
    case Code::invalid_value: {
      const FieldError& error = client_.field_error();
      if (std::strcmp(error.field, "base_url") == 0 && options_.settings.url) {
        return {Exit::configuration, quote(*options_.settings.url),
                std::string("must be ") + to_string(error.rule)};
      }
      std::array<char, 160> memory{};
      return {Exit::local, std::string(memory.data(), format(error, memory)), {}};
    }
    case Code::dns_failed:
      return {Exit::network, network, "the name must be known: check the URL and the network"};
    case Code::connect_failed:
    case Code::connection_lost:
      return {Exit::network, network,
              "the service must be reachable: check the URL and the network"};
    case Code::clock_not_set:
      return {Exit::network, network,
              "this machine's date must be set, certificates are judged by it: see timedatectl"};
    case Code::tls_failed:
      return {Exit::network, network,
              "the server must prove who it is: check the URL, --ca-file and this machine's date"};
    case Code::timeout:
      return {Exit::network, network,
              "an answer must come in time: check the network and try again"};
    case Code::rejected:
      return {Exit::refused, answer, "the data must keep the rules: the command sample shows it"};
    case Code::too_large:
      return {Exit::refused, answer, "the data must be smaller: give fewer sources"};
    case Code::clock_refused:
      return {Exit::refused, answer, "the time must be the service's, and it was: try again later"};
    case Code::forbidden:
      return {Exit::refused, answer, device + " must be licensed and claimed: ask its owner"};
    case Code::response_too_large:
    case Code::response_invalid:
    case Code::buffer_too_small:
      return {Exit::refused, answer + ": an answer that cannot be used",
              "the URL must be that of HERE Tracking: check it"};
    case Code::credentials_refused:
      return {Exit::credentials, answer,
              "the secret must be that of " + device + ": check the credentials"};
    case Code::unknown_device:
      return {Exit::credentials, answer, device + " must have a licence: check its id"};
    case Code::not_claimed:
      return {Exit::not_claimed, answer, device + " must be claimed by its owner: then try again"};
    case Code::rate_limited:
      return {Exit::rate_limited, answer, "too many requests: " + again};
    case Code::server_error:
      return {Exit::server, answer, "the service has a problem: " + again};
    default:
      break;
  }
  return {Exit::local, network + ": " + to_string(status.code()), "more about it with -v"};
}

}  // namespace here_tracking::cli
