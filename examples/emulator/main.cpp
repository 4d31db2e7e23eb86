// SPDX-License-Identifier: Apache-2.0
#include "certificates.hpp"
#include "faults.hpp"
#include "oauth.hpp"
#include "request_log.hpp"
#include "server.hpp"
#include "service.hpp"

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>
#include <unistd.h>

namespace {

using emulator::StartError;

constexpr const char* name = "here-tracking-emulator";
constexpr const char* demo_id = "00000000-0000-4000-8000-000000000001";
constexpr const char* demo_secret = "demo-secret-known-to-everybody-0123456789AB";
constexpr int bad_usage = 2;

constexpr const char* purpose =
    "A local HERE Tracking service for desks and CI. It speaks the device side of\n"
    "the service over HTTPS, refuses what the service would refuse and says why.\n"
    "State lives in memory; only its certificates are kept in a directory.\n";

constexpr const char* examples =
    "Examples:\n"
    "  here-tracking-emulator\n"
    "      on https://localhost:8443 with a demo device\n"
    "  here-tracking-emulator --port 0 --control-port 0 --ready-file ready.json\n"
    "      on free ports, which are then in ready.json: for tests\n"
    "  here-tracking-emulator --device my-device:my-secret --clock-offset -3600\n"
    "      one device of yours, in a service whose clock is an hour behind\n"
    "  curl --cacert CA https://localhost:8443/v2/timestamp\n"
    "      ask it for its time; CA is the file named at the start\n"
    "\n"
    "Exit codes: 0 ended by SIGINT or SIGTERM, 2 bad flag or file, 3 port in use.";

struct Options {
  std::string host = "localhost";
  int port = 8443;
  int control_port = 8444;
  std::string state_dir;
  std::string certificate = "valid";
  std::string cert_file;
  std::string key_file;
  std::vector<std::string> devices;
  std::vector<std::string> virtual_devices;
  std::vector<std::string> project_tokens;
  std::int64_t clock_offset_s = 0;
  std::string ready_file;
  bool is_plain_http = false;
  bool is_quiet = false;
  emulator::ServiceOptions service;
};

void declare(CLI::App& app, Options& o) {
  app.get_formatter()->column_width(26);
  app.footer(examples);
  app.add_option("--host", o.host, "Address to listen on\n(default localhost, 127.0.0.1)")
      ->option_text("HOST");
  app.add_option("--port", o.port, "Port of the service, 0 = any free one\n(default 8443)")
      ->option_text("N")
      ->check(CLI::Range(0, 65535));
  app.add_option("--control-port", o.control_port,
                 "Port of the control interface on 127.0.0.1,\n0 = any free one (default 8444)")
      ->option_text("N")
      ->check(CLI::Range(0, 65535));
  app.add_option("--state-dir", o.state_dir,
                 "Where its CA and certificates are, made at the\nfirst start (default "
                 "$XDG_STATE_HOME or\n~/.local/state, /here-tracking-emulator)")
      ->option_text("DIR");
  auto* kind = app.add_option("--certificate", o.certificate,
                              "Server certificate to show: valid, expired,\nwrong-host or "
                              "self-signed (default valid)")
                   ->option_text("KIND")
                   ->check(CLI::IsMember({"valid", "expired", "wrong-host", "self-signed"}));
  auto* cert = app.add_option("--cert", o.cert_file, "Own server certificate (PEM chain)")
                   ->option_text("FILE")
                   ->excludes(kind);
  auto* key =
      app.add_option("--key", o.key_file, "Key of --cert (PEM)")->option_text("FILE")->needs(cert);
  cert->needs(key);
  app.add_option("--device", o.devices,
                 "A device license; add :unclaimed for one that\nnobody has claimed. Repeatable.\n"
                 "(default: one demo device, printed at start,\nunless there is a virtual one)")
      ->option_text("ID:SECRET")
      ->allow_extra_args(false);
  app.add_option("--virtual-device", o.virtual_devices,
                 "A virtual device, by its project's app id (at\nleast 8 characters) and its own "
                 "id. Repeatable.")
      ->option_text("APPID/ID")
      ->allow_extra_args(false);
  app.add_option("--project-token", o.project_tokens,
                 "A token that may send for every claimed device\nthrough POST /v3/. Repeatable.")
      ->option_text("TOKEN")
      ->allow_extra_args(false);
  app.add_option("--clock-offset", o.clock_offset_s,
                 "Service clock minus system clock in seconds,\nmay be negative (default 0)")
      ->option_text("SECONDS")
      ->check(CLI::Range(std::int64_t{-4000000000}, std::int64_t{4000000000}));
  app.add_flag(
      "--strict-timestamps", o.service.strict_timestamps,
      "Refuse telemetry older than 10 s as well\n(default: only that more than 10 s ahead)");
  app.add_option("--token-lifetime", o.service.token_lifetime_s,
                 "Seconds that a token lives (default 86399)")
      ->option_text("S")
      ->check(CLI::Range(1, 2000000000));
  app.add_option("--max-body", o.service.max_body_bytes,
                 "413 for a larger body (default 1048576,\nat most 67108864)")
      ->option_text("BYTES")
      ->check(CLI::Range(1, 67108864));
  app.add_option("--max-items", o.service.max_items,
                 "413 for more telemetry objects in one request\n(default 1000)")
      ->option_text("N")
      ->check(CLI::Range(1, 1000000));
  app.add_option("--public-url", o.service.public_url,
                 "Also accept signatures made for this base URL,\ne.g. that of a proxy in front")
      ->option_text("URL");
  app.add_option("--ready-file", o.ready_file,
                 "Written once it listens: JSON with url,\ncontrol_url, ca_file, pid")
      ->option_text("FILE");
  app.add_flag("--http", o.is_plain_http, "Plain HTTP instead of TLS, on loopback only")
      ->option_text(" ")
      ->excludes(kind)
      ->excludes(cert);
  app.add_flag("--quiet", o.is_quiet, "Print errors only");
}

bool is_loopback(const std::string& host) {
  return host == "localhost" || host == "::1" || host.compare(0, 4, "127.") == 0;
}

std::filesystem::path state_directory(const std::string& given) {
  constexpr const char* folder = "here-tracking-emulator";
  if (!given.empty()) return given;
  const char* state_home = std::getenv("XDG_STATE_HOME");
  if (state_home != nullptr && *state_home == '/')
    return std::filesystem::path(state_home) / folder;
  const char* home = std::getenv("HOME");
  if (home == nullptr || *home == '\0') {
    throw StartError(bad_usage, "--state-dir: must be given, since HOME is not set");
  }
  return std::filesystem::path(home) / ".local" / "state" / folder;
}

void add_device(emulator::Service& service, const std::string& text) {
  const std::string suffix = ":unclaimed";
  const auto colon = text.find(':');
  std::string secret = colon == std::string::npos ? "" : text.substr(colon + 1);
  const std::string id = text.substr(0, colon);
  const bool is_unclaimed =
      secret.size() > suffix.size() &&
      secret.compare(secret.size() - suffix.size(), suffix.size(), suffix) == 0;
  if (is_unclaimed) secret.resize(secret.size() - suffix.size());
  if (service.has_device(id)) {
    throw StartError(bad_usage, "--device: " + id + " is given twice");
  }
  if (!service.put_device(id, secret, !is_unclaimed).empty()) {
    throw StartError(bad_usage,
                     "--device: must be ID:SECRET or ID:SECRET:unclaimed with an ID of "
                     "1 to 50 and a SECRET of 1 to 128 characters");
  }
}

void add_virtual_device(emulator::Service& service, const std::string& text) {
  const auto slash = text.find('/');
  if (slash == std::string::npos) {
    throw StartError(bad_usage, "--virtual-device = " + text + ": must be APPID/ID");
  }
  const std::string id = text.substr(slash + 1);
  if (service.has_device(id)) {
    throw StartError(bad_usage, "--virtual-device: " + id + " is given twice");
  }
  const std::string refused = service.put_virtual_device(id, text.substr(0, slash), true);
  if (!refused.empty()) throw StartError(bad_usage, "--virtual-device: " + refused);
}

void write_ready_file(const std::string& path, const nlohmann::json& ready) {
  const std::string temporary = path + ".new";
  {
    std::ofstream file(temporary);
    file << ready.dump(2) << '\n';
    if (!file.flush()) {
      throw StartError(
          bad_usage, "--ready-file: " + temporary + " cannot be written: " + std::strerror(errno));
    }
  }
  if (std::rename(temporary.c_str(), path.c_str()) != 0) {
    throw StartError(bad_usage, "--ready-file: " + path + ": " + std::strerror(errno));
  }
}

std::string service_url(const Options& options, int port) {
  std::string host = options.host;
  if (host == "127.0.0.1" || host == "::1" || host == "0.0.0.0" || host == "::") host = "localhost";
  if (host.find(':') != std::string::npos) host = "[" + host + "]";
  return (options.is_plain_http ? "http://" : "https://") + host + ":" + std::to_string(port);
}

void print_banner(const Options& options, const nlohmann::json& ready) {
  if (options.is_quiet) return;
  std::printf("service  %s\n", ready["url"].get<std::string>().c_str());
  std::printf("control  %s/control/state\n", ready["control_url"].get<std::string>().c_str());
  if (ready["ca_file"].is_string()) {
    std::printf("CA file  %s\n", ready["ca_file"].get<std::string>().c_str());
  }
  if (options.devices.empty() && options.virtual_devices.empty()) {
    std::printf("device   %s\nsecret   %s\n", demo_id, demo_secret);
    std::printf(
        "This demo device is public: it is the same for everybody. Use --device for\n"
        "one of your own.\n");
  }
  for (const std::string& device : options.devices) {
    std::printf("device   %s\n", device.substr(0, device.find(':')).c_str());
  }
  for (const std::string& device : options.virtual_devices) {
    std::printf("virtual  %s\n", device.c_str());
  }
  std::printf("\n");
}

int run(Options& options) {
  (void)std::setvbuf(stdout, nullptr, _IOLBF, 0);
  if (options.is_plain_http && !is_loopback(options.host)) {
    throw StartError(bad_usage, "--host = " + options.host +
                                    ": must be a loopback address with "
                                    "--http, such as 127.0.0.1");
  }
  if (!options.service.public_url.empty()) {
    const auto url = emulator::normalise_base_url(options.service.public_url);
    if (!url) {
      throw StartError(bad_usage, "--public-url = " + options.service.public_url +
                                      ": must be http(s)://host[:port] without a path");
    }
    options.service.public_url = *url;
  }
  options.service.scheme = options.is_plain_http ? "http" : "https";

  std::optional<emulator::CertificateFiles> tls;
  if (!options.cert_file.empty()) {
    tls = emulator::CertificateFiles{"", options.cert_file, options.key_file};
  } else if (!options.is_plain_http) {
    tls = emulator::prepare_certificates(state_directory(options.state_dir), options.certificate);
  }

  emulator::RequestLog log(options.is_quiet);
  emulator::FaultQueue faults;
  emulator::Service service(options.service, log);
  service.set_clock_offset_s(static_cast<double>(options.clock_offset_s));
  for (const std::string& device : options.devices)
    add_device(service, device);
  for (const std::string& device : options.virtual_devices)
    add_virtual_device(service, device);
  if (options.devices.empty() && options.virtual_devices.empty()) {
    service.put_device(demo_id, demo_secret, true);
  }
  for (const std::string& token : options.project_tokens) {
    const std::string refused = service.add_project_token(token);
    if (!refused.empty()) throw StartError(bad_usage, "--project-token: " + refused);
  }

  // One that was left by a killed emulator must not look like this one's.
  if (!options.ready_file.empty()) {
    std::error_code ignored;
    std::filesystem::remove(options.ready_file, ignored);
  }
  emulator::Servers servers(service, log, faults);
  servers.bind(options.host, options.port, options.control_port, tls);
  const nlohmann::json ready = {
      {"url", service_url(options, servers.port())},
      {"control_url", "http://127.0.0.1:" + std::to_string(servers.control_port())},
      {"ca_file", tls && !tls->ca.empty() ? nlohmann::json(tls->ca.string()) : nlohmann::json()},
      {"pid", getpid()}};
  // Not before, so that until then they end it wherever it waits; the threads inherit it.
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  servers.start();
  if (!options.ready_file.empty()) write_ready_file(options.ready_file, ready);
  print_banner(options, ready);
  log.print_header();

  int signal = 0;
  sigwait(&signals, &signal);
  if (!options.ready_file.empty()) std::filesystem::remove(options.ready_file);
  servers.stop();
  return 0;
}

int parse_and_run(int argc, char* argv[]) {
  Options options;
  CLI::App app(purpose, name);
  declare(app, options);
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp& help) {
    return app.exit(help);
  } catch (const CLI::ParseError& error) {
    throw StartError(bad_usage, error.what() + std::string(": see --help"));
  }
  return run(options);
}

}  // namespace

int main(int argc, char* argv[]) {
  try {
    return parse_and_run(argc, argv);
  } catch (const StartError& error) {
    (void)std::fprintf(stderr, "%s: %s\n", name, error.what());
    return error.exit_code();
  } catch (const std::exception& error) {
    (void)std::fprintf(stderr, "%s: %s\n", name, error.what());
    return bad_usage;
  }
}
