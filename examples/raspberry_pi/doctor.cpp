// SPDX-License-Identifier: Apache-2.0
#include "commands.hpp"
#include "queue_store.hpp"
#include "session.hpp"
#include "sources.hpp"
#include "state_lock.hpp"
#include "text.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <netdb.h>
#include <nlohmann/json.hpp>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

namespace here_tracking::cli {
namespace {

constexpr std::int64_t max_clock_error_ms = 3600 * 1000;
constexpr int connect_timeout_ms = 15000;
constexpr std::uint64_t min_free_mb = 16;

/// A line a check, as it is done.
class Findings {
 public:
  explicit Findings(bool json) : as_json_(json) {}

  void pass(const char* name, const std::string& text) { add("pass", name, text, {}); }
  void skip(const char* name, const std::string& reason) { add("skip", name, reason, {}); }
  void fail(const char* name, const Trouble& trouble) {
    if (exit_ == Exit::ok) exit_ = trouble.exit;
    add("FAIL", name, trouble.what, trouble.remedy);
  }
  void fail(const char* name, const Failure& failure) {
    const std::string text = failure.what();
    const std::size_t rule = text.find(": must ");
    if (rule == std::string::npos) return fail(name, Trouble{failure.exit(), text, {}});
    fail(name, Trouble{failure.exit(), text.substr(0, rule), text.substr(rule + 2)});
  }

  /// @return that of the first check that failed.
  Exit end() const {
    if (as_json_)
      print(nlohmann::json{{"ok", exit_ == Exit::ok}, {"checks", checks_}}.dump(
          -1, ' ', false, nlohmann::json::error_handler_t::replace));
    return exit_;
  }

 private:
  void add(const char* result, const char* name, const std::string& text,
           const std::string& remedy) {
    if (as_json_) {
      nlohmann::json check{{"name", name}, {"result", result}, {"text", text}};
      if (!remedy.empty()) check["remedy"] = remedy;
      checks_.push_back(std::move(check));
      return;
    }
    constexpr std::size_t indent = 19;
    std::string line = result + std::string("  ") + name;
    line.resize(std::max(indent, line.size() + 1), ' ');
    line = wrapped(line + printable(text, text.size()), indent);
    if (!remedy.empty()) {
      line += "\n" + wrapped(std::string(indent, ' ') + printable(remedy, remedy.size()), indent);
    }
    print(line);
  }

  bool as_json_;
  Exit exit_ = Exit::ok;
  nlohmann::json checks_ = nlohmann::json::array();
};

struct Address {
  bool tls = true;
  std::string host;
  std::string port;
};

/// Of a URL that a Client has found to be right.
Address address_of(std::string_view url) {
  Address address;
  address.tls = url.substr(0, 8) == "https://";
  url.remove_prefix(address.tls ? 8 : 7);
  url = url.substr(0, url.find('/'));
  const std::size_t colon = url.find(':', url.front() == '[' ? url.find(']') : 0);
  address.host = url.substr(0, colon);
  address.port = colon == std::string_view::npos ? address.tls ? "443" : "80"
                                                 : std::string(url.substr(colon + 1));
  if (address.host.front() == '[') address.host = address.host.substr(1, address.host.size() - 2);
  return address;
}

struct FreeAddresses {
  void operator()(addrinfo* list) const { freeaddrinfo(list); }
};
using Addresses = std::unique_ptr<addrinfo, FreeAddresses>;

std::string numeric(const addrinfo& address) {
  std::array<char, 64> host{};
  if (getnameinfo(address.ai_addr, address.ai_addrlen, host.data(), host.size(), nullptr, 0,
                  NI_NUMERICHOST) != 0) {
    return "?";
  }
  return host.data();
}

/// 0 or an errno.
int connect_to(const addrinfo& address) {
  const int fd = socket(address.ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return errno;
  int error = connect(fd, address.ai_addr, address.ai_addrlen) == 0 ? 0 : errno;
  if (error == EINPROGRESS) {
    pollfd wait{fd, POLLOUT, 0};
    socklen_t size = sizeof(error);
    error = ETIMEDOUT;
    if (poll(&wait, 1, connect_timeout_ms) == 1) {
      getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
    }
  }
  close(fd);
  return error;
}

Addresses examine_name(const Address& service, Findings& findings) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int error = getaddrinfo(service.host.c_str(), service.port.c_str(), &hints, &found);
  if (error != 0 || found == nullptr) {
    findings.fail("name", Trouble{Exit::network, service.host + ": " + gai_strerror(error),
                                  "the name must be known: check the URL, the network and "
                                  "/etc/resolv.conf"});
    return nullptr;
  }
  Addresses addresses(found);
  std::size_t number = 0;
  for (const addrinfo* each = found; each != nullptr; each = each->ai_next)
    ++number;
  findings.pass("name", service.host + " is " + numeric(*found) +
                            (number > 1 ? " and " + count(number - 1, "other", "others") : ""));
  return addresses;
}

/// @return whether there is one.
bool examine_connection(const Address& service, const addrinfo* addresses, Findings& findings) {
  if (addresses == nullptr) {
    findings.skip("connection", "the name is not known");
    return false;
  }
  int error = 0;
  for (const addrinfo* each = addresses; each != nullptr; each = each->ai_next) {
    error = connect_to(*each);
    if (error != 0) continue;
    findings.pass("connection", "port " + service.port + " is open");
    return true;
  }
  findings.fail("connection",
                Trouble{Exit::network, "port " + service.port + ": " + std::strerror(error),
                        "the service must be reachable: check the URL, the network and firewalls "
                        "on the way"});
  return false;
}

/// @return whether the service answered.
bool examine_service(const Options& options, Findings& findings) {
  try {
    if (options.settings.ca_file) check_ca_file(*options.settings.ca_file);
  } catch (const Failure& failure) {
    findings.fail("TLS", failure);
    return false;
  }
  try {
    Session session(options);
    const Status status = session.client().sync_time();
    if (status == Code::invalid_value) {
      findings.fail("URL", session.explain(status));
      return false;
    }
    const Address service = address_of(session.url());
    const char* const proxy = std::getenv("https_proxy");
    bool is_connected = true;
    if (service.tls && proxy != nullptr && *proxy != '\0') {
      findings.skip("name", "https_proxy is set: the proxy asks for it");
      findings.skip("connection", "https_proxy is set");
    } else {
      const Addresses addresses = examine_name(service, findings);
      is_connected = examine_connection(service, addresses.get(), findings);
    }
    const bool is_tls_bad =
        status == Code::tls_failed || status == Code::clock_not_set || status == Code::hook_failed;
    if (!service.tls) {
      findings.skip("TLS", "the URL is plain http, on this machine");
    } else if (is_tls_bad) {
      findings.fail("TLS", session.explain(status));
    } else if (status.ok() || status.http_status() != 0) {
      findings.pass("TLS", "the server proved that it is " + service.host);
    } else {
      findings.skip("TLS", "there was no answer");
    }
    if (!status.ok()) {
      if (is_tls_bad) {
        findings.skip("service", "there is no connection without TLS");
      } else if (!is_connected) {
        findings.skip("service", "there was no connection");
      } else {
        findings.fail("service", session.explain(status));
      }
      findings.skip("clock", "the service did not tell the time");
      return false;
    }
    findings.pass("service", session.url() + " answers");
    const std::int64_t behind_ms = session.client().server_time_ms().value_or(0) - system_time_ms();
    const std::string text = "this machine's clock is " + clock_difference(behind_ms);
    if (behind_ms > max_clock_error_ms || behind_ms < -max_clock_error_ms) {
      findings.fail("clock", Trouble{Exit::local, text,
                                     "certificates are judged by it, so it must be right: see "
                                     "timedatectl; sudo timedatectl set-ntp true. Samples have the "
                                     "service's time all the same"});
    } else {
      findings.pass("clock", text);
    }
    return true;
  } catch (const Failure& failure) {
    findings.fail("URL", failure);
    return false;
  }
}

/// @return whether there are any.
bool examine_credentials(const Options& options, Findings& findings) {
  try {
    if (options.credentials_failure) throw Failure(*options.credentials_failure);
    require_credentials(options);
    findings.pass("credentials", "of device " + printable(options.credentials->device_id.value) +
                                     ", " + options.credentials->device_id.origin);
    return true;
  } catch (const Failure& failure) {
    findings.fail("credentials", failure);
    return false;
  }
}

void examine_token(const Options& options, Findings& findings) {
  try {
    Session session(options);
    const Status status = session.client().ensure_token();
    if (!status.ok()) return findings.fail("token", session.explain(status));
    findings.pass("token", "good for another " + duration(session.client().token_life_s()));
  } catch (const Failure& failure) {
    findings.fail("token", failure);
  }
}

/// @return whether it can be used.
bool examine_storage(const Options& options, Findings& findings) {
  const Setting& directory = options.state_dir;
  try {
    prepare_state_dir(directory);
    struct stat info {};
    if (stat(directory.value.c_str(), &info) == 0 && (info.st_mode & 022U) != 0) {
      throw Failure(Exit::configuration,
                    describe(directory, "writable by its owner alone; run: chmod 700 '" +
                                            printable(directory.value) + "'"));
    }
    FileStorage storage(directory.value);
    const std::array<std::uint8_t, 1> record{};
    Status status = storage.store("doctor", record);
    if (status.ok()) status = storage.erase("doctor");
    if (!status.ok()) {
      throw Failure(Exit::configuration,
                    describe(directory, std::string("a directory that can be written to (") +
                                            std::strerror(storage.last_errno()) + ")"));
    }
    struct statvfs space {};
    std::uint64_t free_mb = min_free_mb;
    if (statvfs(directory.value.c_str(), &space) == 0) {
      free_mb = std::uint64_t{space.f_bavail} * space.f_frsize >> 20U;
    }
    const std::string text =
        printable(directory.value) + ": " + std::to_string(free_mb) + " MB free";
    if (free_mb < options.tracking.queue_mb) {
      findings.fail("storage", Trouble{Exit::configuration, text,
                                       "there must be room for the queue (queue_mb = " +
                                           std::to_string(options.tracking.queue_mb) +
                                           "): remove something, or make it smaller"});
    } else {
      findings.pass("storage", text);
    }
    return true;
  } catch (const Failure& failure) {
    findings.fail("storage", failure);
    return false;
  }
}

std::string megabytes(std::uint64_t bytes) {
  return std::to_string((bytes + (1U << 19U)) >> 20U) + " MB";
}

void examine_run(const Options& options, Findings& findings) {
  const LockHolder holder = lock_holder(options.state_dir.value);
  if (holder.pid != 0 && holder.command == "run") {
    findings.pass("run", "pid " + std::to_string(holder.pid));
  } else {
    findings.skip("run", "is not running: sudo systemctl start here-tracking");
  }
}

void examine_queue(const Options& options, Findings& findings) {
  try {
    // Whoever works there has found it in order.
    const bool is_used = lock_holder(options.state_dir.value).pid != 0;
    std::optional<QueueStore> queue = is_used
                                          ? QueueStore::look_at_queue(options.state_dir)
                                          : QueueStore::queue(options.state_dir, options.tracking);
    std::optional<QueueStore> quarantine = is_used
                                               ? QueueStore::look_at_quarantine(options.state_dir)
                                               : QueueStore::quarantine(options.state_dir);
    const QueueStats stats = queue ? (*queue)->stats() : QueueStats();
    const std::uint32_t refused = quarantine ? (*quarantine)->pending() : 0;
    findings.pass("queue", count(stats.pending, "sample waits", "samples wait") + ", " +
                               std::to_string(refused) + " in quarantine, room for " +
                               megabytes(stats.capacity_bytes));
  } catch (const Failure& failure) {
    findings.fail("queue", failure);
  }
}

/// What a sample holds: "a position within 4.5 m; 2 lte, 3 wlan; client".
std::string contents(std::string_view json) {
  const nlohmann::json sample = nlohmann::json::parse(json);
  std::string text;
  const auto add = [&text](const std::string& part) {
    text.append(text.empty() ? "" : "; ").append(part);
  };
  if (sample.contains("position")) {
    add("a position within " + sample["position"]["accuracy"].dump() + " m");
  }
  std::string scan;
  const nlohmann::json& scans = sample.value("scan", nlohmann::json::object());
  for (const auto& [name, list] : scans.items()) {
    if (!scan.empty()) scan += ", ";
    scan += list.is_array() ? std::to_string(list.size()) + " " + name : name;
  }
  if (!scan.empty()) add(scan);
  std::string system;
  const nlohmann::json& systems = sample.value("system", nlohmann::json::object());
  for (const auto& [name, value] : systems.items())
    system.append(system.empty() ? "" : ", ").append(name);
  if (!system.empty()) add(system);
  if (sample.contains("payload")) {
    add(std::to_string(sample["payload"].dump().size()) + " bytes of payload");
  }
  return text;
}

/// What helps, where the source itself does not say it.
const char* remedy(SourceKind kind, bool no_fix) {
  switch (kind) {
    case SourceKind::gpsd:
      return no_fix ? "the receiver must see the sky: run: cgps (of gpsd-clients)"
                    : "gpsd must run: sudo apt install gpsd; sudo systemctl restart gpsd.socket";
    case SourceKind::modem:
    case SourceKind::modem_identity:
      return "ModemManager must run, and a modem be in service: see mmcli -L";
    case SourceKind::wlan:
      return "a WLAN adapter must be there and on: see rfkill list";
    case SourceKind::nmea:
    case SourceKind::serial:
      return "there must be a valid fix in it: let the receiver see the sky";
    case SourceKind::bluetooth:
      return "there must be a beacon in range: see bluetoothctl scan le";
    default:
      return "there must be a measurement in it";
  }
}

void examine_source(const SourceSetting& source, SampleOptions sample_options, Findings& findings) {
  const Setting& setting = source.setting;
  const std::string name = !setting.value.empty()            ? quote(setting)
                           : source.kind == SourceKind::gpsd ? setting.origin + " = " + default_gpsd
                                                             : setting.origin;
  if (source.kind == SourceKind::nmea && setting.value == "-") {
    return findings.skip("source", name + ": standard input is read once");
  }
  try {
    CapturedLines captured;
    SourceSet set({source}, not_provided::log);
    std::vector<char> buffer(SourceSet::sample_bytes);
    sample_options.contribute_gps = true;
    Sample sample({buffer.data(), buffer.size()}, sample_options);
    set.gather_into(sample);
    if (!sample.empty() && sample.set_timestamp(system_time_ms()).ok()) {
      return findings.pass("source", name + ": " + contents(sample.json()));
    }
    std::string text = name;
    const bool no_fix = !captured.lines.empty() &&
                        captured.lines.front().find(": no fix within") != std::string::npos;
    if (!captured.lines.empty()) {
      const auto warning =
          std::find_if(captured.lines.begin(), captured.lines.end(),
                       [](const std::string& line) { return line.rfind("warning: ", 0) == 0; });
      const std::string& line = warning != captured.lines.end() ? *warning : captured.lines.front();
      text = line.substr(line.find(": ") + 2);
      // A source that says what helps says it behind a semicolon.
      if (const std::size_t remedy = text.find("; "); remedy != std::string::npos) {
        return findings.fail("source", Trouble{Exit::usage, name + ": " + text.substr(0, remedy),
                                               text.substr(remedy + 2)});
      }
    }
    findings.fail("source", Trouble{Exit::usage, text, remedy(source.kind, no_fix)});
  } catch (const Failure& failure) {
    findings.fail("source", failure);
  }
}

}  // namespace

Exit examine(const Options& options) {
  Findings findings(options.json);
  const bool is_reachable = examine_service(options, findings);
  const bool has_credentials = examine_credentials(options, findings);
  if (examine_storage(options, findings)) {
    examine_queue(options, findings);
    examine_run(options, findings);
  } else {
    findings.skip("queue", "there is no place for it");
  }
  if (!has_credentials) {
    findings.skip("token", "there are no credentials");
  } else if (!is_reachable) {
    findings.skip("token", "the service did not answer");
  } else {
    examine_token(options, findings);
  }
  if (options.settings.sources.empty()) {
    findings.skip("source", "none is given");
  }
  for (const SourceSetting& source : options.settings.sources)
    examine_source(source, options.sample, findings);
  return findings.end();
}

}  // namespace here_tracking::cli
