// SPDX-License-Identifier: Apache-2.0
#include "settings.hpp"

#include "here_tracking/platform/serial_nmea.hpp"

#include "text.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <initializer_list>
#include <iterator>
#include <memory>
#include <type_traits>
#include <utility>

#include <fcntl.h>
#include <net/if.h>
#include <sys/stat.h>
#include <unistd.h>

namespace here_tracking::cli {
namespace {

constexpr std::size_t max_file_bytes = 1024UL * 1024;

constexpr const char* id_rule = "1..50 characters";
constexpr const char* secret_rule = "1..128 characters";

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  [[nodiscard]] int get() const { return fd_; }

 private:
  int fd_;
};

std::string reason() {
  return std::strerror(errno);
}

Descriptor open_file(const Setting& file, Exit exit, int more_flags = 0) {
  const int fd = open(file.value.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | more_flags);
  if (fd < 0) {
    const bool is_roots = errno == EACCES && exit == Exit::credentials && geteuid() != 0;
    throw Failure(exit, describe(file, "a readable file (" + reason() + ")" +
                                           (is_roots ? "; run it with sudo" : "")));
  }
  return Descriptor(fd);
}

std::string read_all(int fd, const Setting& file, Exit exit) {
  // All room at once: a string that grows leaves copies of a secret behind.
  std::string text(max_file_bytes + 1, '\0');
  std::size_t size = 0;
  while (size < text.size()) {
    const ssize_t bytes = read(fd, text.data() + size, text.size() - size);
    if (bytes < 0 && errno == EINTR) continue;
    if (bytes < 0) throw Failure(exit, describe(file, "a readable file (" + reason() + ")"));
    if (bytes == 0) break;
    size += static_cast<std::size_t>(bytes);
  }
  if (size > max_file_bytes) throw Failure(exit, describe(file, "a file of at most 1 MiB"));
  text.resize(size);
  return text;
}

void wipe(std::string& text) {
  explicit_bzero(text.data(), text.size());
}

constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";  // some editors begin with it

/// Calls `take(key, value, line)` for each line that is neither empty nor a comment.
template <typename Take>
void read_lines(std::string_view text, const std::string& file, Exit exit, Take take) {
  if (text.substr(0, byte_order_mark.size()) == byte_order_mark) {
    text.remove_prefix(byte_order_mark.size());
  }
  std::size_t number = 0;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const std::string_view line = trimmed(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    ++number;
    if (line.empty() || line.front() == '#') continue;
    const std::string place = file + ":" + std::to_string(number);
    const std::size_t equals = line.find('=');
    // What is not understood is not shown: it may be a secret.
    if (equals == std::string_view::npos) {
      throw Failure(exit, place + ": no '=' in the line: must be key = value");
    }
    take(trimmed(line.substr(0, equals)), trimmed(line.substr(equals + 1)), place);
  }
}

void check_length(const Setting& setting, std::size_t most, const char* rule) {
  if (setting.value.empty() || setting.value.size() > most) {
    throw Failure(Exit::credentials, setting.origin + " has " +
                                         std::to_string(setting.value.size()) +
                                         " characters: must be " + rule);
  }
}

const char* variable(const Environment& environment, const char* name) {
  const char* const value = environment(name);
  return value == nullptr || *value == '\0' ? nullptr : value;
}

}  // namespace

Credentials::~Credentials() {
  wipe(device_secret.value);
}

std::string quote(const Setting& setting) {
  return setting.origin + " = " + printable(without_login(setting.value));
}

std::string describe(const Setting& setting, std::string_view rule) {
  return quote(setting) + ": must be " + std::string(rule);
}

std::string flag_of(const Key& key) {
  std::string flag = "--" + std::string(key.name);
  std::replace(flag.begin(), flag.end(), '_', '-');
  return flag;
}

Settings parse_config(std::string_view text, const std::string& file) {
  Settings settings;
  const std::filesystem::path directory = std::filesystem::path(file).parent_path();
  const auto relative = [&directory](std::string_view path) {
    return (directory / std::filesystem::path(path)).string();
  };
  bool payload_given = false;

  const auto take = [&](std::string_view key, std::string_view value, const std::string& place) {
    Setting setting{std::string(value), place + ": " + std::string(key)};
    if (value.find('\0') != std::string_view::npos) {
      throw Failure(Exit::configuration, describe(setting, "text without zero bytes"));
    }
    const auto once = [&](bool given) {
      if (given) throw Failure(Exit::configuration, describe(setting, "given once"));
    };
    const auto set = [&](std::optional<Setting>& into) {
      once(into.has_value());
      if (value.empty()) {
        throw Failure(Exit::configuration,
                      setting.origin + " has no value: must be key = value; or remove the line");
      }
      into = setting;
    };
    const auto add = [&](SourceKind kind) { settings.sources.push_back({kind, setting}); };
    const auto known = std::find_if(std::begin(keys), std::end(keys),
                                    [key](const Key& each) { return key == each.name; });
    if (known != std::end(keys)) {
      set(settings.*known->setting);
      if (known->is_path) (settings.*known->setting)->value = relative(value);
    } else if (key == "nmea" || key == "scan" || key == "system") {
      std::optional<Setting> path;
      set(path);
      if (value != "-") setting.value = relative(value);
      add(key == "nmea" ? SourceKind::nmea : key == "scan" ? SourceKind::scan : SourceKind::system);
    } else if (key == "gpsd") {
      add(SourceKind::gpsd);
    } else if (key == "modem" || key == "modem_identity") {
      std::optional<Setting> word;
      set(word);
      if (value != "yes" && value != "no") {
        throw Failure(Exit::configuration, describe(setting, "yes or no"));
      }
      if (value == "yes") add(key == "modem" ? SourceKind::modem : SourceKind::modem_identity);
    } else if (key == "wlan") {
      add(SourceKind::wlan);
    } else if (key == "bluetooth") {
      add(SourceKind::bluetooth);
    } else if (key == "serial" || key == "sensor") {
      std::optional<Setting> given;
      set(given);
      add(key == "serial" ? SourceKind::serial : SourceKind::sensor);
    } else if (key == "payload") {
      once(payload_given);
      payload_given = true;
      add(SourceKind::payload);
    } else {
      std::string names;
      for (const Key& each : keys)
        names.append(each.name).append(", ");
      throw Failure(
          Exit::configuration,
          place + ": unknown key '" + printable(key, 40) + "': must be one of " + names +
              "nmea, gpsd, serial, modem, modem_identity, wlan, bluetooth, sensor, scan, system, "
              "payload");
    }
  };
  read_lines(text, file, Exit::configuration, take);
  return settings;
}

Credentials parse_credentials(std::string_view text, const std::string& file) {
  Credentials credentials;
  const auto take = [&](std::string_view key, std::string_view value, const std::string& place) {
    const bool is_id = key == "device_id";
    if (!is_id && key != "device_secret") {
      // The key stays unnamed: a secret may have '=' in it.
      throw Failure(Exit::credentials,
                    place + ": unknown key: must be one of device_id, device_secret");
    }
    Setting& setting = is_id ? credentials.device_id : credentials.device_secret;
    if (!setting.origin.empty()) {
      throw Failure(Exit::credentials, place + ": " + std::string(key) + ": must be given once");
    }
    setting.value = value;
    setting.origin = place + ": " + std::string(key);
    check_length(setting, is_id ? 50 : 128, is_id ? id_rule : secret_rule);
  };
  read_lines(text, file, Exit::credentials, take);
  for (const auto& [setting, key] : {std::pair{&credentials.device_id, "device_id"},
                                     std::pair{&credentials.device_secret, "device_secret"}}) {
    if (setting->origin.empty()) {
      throw Failure(Exit::credentials,
                    file + ": no " + key + ": must have a line '" + key + " = ...'");
    }
  }
  return credentials;
}

Settings environment_settings(const Environment& environment) {
  Settings settings;
  const auto take = [&environment](const char* name, std::optional<Setting>& into) {
    if (const char* const value = variable(environment, name)) into = Setting{value, name};
  };
  take("HERE_TRACKING_URL", settings.url);
  take("HERE_TRACKING_CA_FILE", settings.ca_file);
  take("HERE_TRACKING_STATE_DIR", settings.state_dir);
  return settings;
}

Tracking tracking(const Settings& settings) {
  Tracking tracking;
  const auto take_number = [](const std::optional<Setting>& setting, std::uint32_t& into,
                              std::uint32_t least, std::uint32_t most) {
    if (!setting) return;
    const std::string& text = setting->value;
    std::uint32_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size() || number < least ||
        number > most) {
      throw Failure(Exit::configuration,
                    describe(*setting, std::to_string(least) + ".." + std::to_string(most)));
    }
    into = number;
  };
  take_number(settings.sample_s, tracking.sample_s, 1, 86400);
  take_number(settings.send_s, tracking.send_s, 1, 86400);
  take_number(settings.distance_m, tracking.distance_m, 0, 1000000);
  take_number(settings.queue_mb, tracking.queue_mb, 2, 256);

  const auto take_word = [](const std::optional<Setting>& setting, auto& into,
                            std::initializer_list<std::pair<const char*, int>> words) {
    if (!setting) return;
    std::string names;
    for (const auto& [word, value] : words) {
      if (setting->value == word) {
        into = static_cast<std::remove_reference_t<decltype(into)>>(value);
        return;
      }
      names.append(names.empty() ? "" : ", ").append(word);
    }
    throw Failure(Exit::configuration, describe(*setting, "one of " + names));
  };
  const auto value_of = [](auto word) { return static_cast<int>(word); };
  take_word(settings.when_full, tracking.queue.when_full,
            {{"oldest", value_of(DropPolicy::oldest)},
             {"newest", value_of(DropPolicy::newest)},
             {"thin_out", value_of(DropPolicy::thin_out)}});
  take_word(settings.drain, tracking.queue.order,
            {{"oldest_first", value_of(DrainOrder::oldest_first)},
             {"live_first", value_of(DrainOrder::live_first)}});
  take_word(settings.old_samples, tracking.restamp, {{"drop", 0}, {"restamp", 1}});
  return tracking;
}

Settings overlay(Settings stronger, Settings weaker) {
  const auto complete = [](std::optional<Setting>& strong, std::optional<Setting>& weak) {
    if (!strong) strong = std::move(weak);
  };
  for (const Key& key : keys)
    complete(stronger.*key.setting, weaker.*key.setting);
  if (stronger.sources.empty()) stronger.sources = std::move(weaker.sources);
  return stronger;
}

Credentials read_credentials(const Setting& file, bool kept) {
  // A fifo must not hold the program up before it is seen to be none of the files wanted.
  const Descriptor descriptor = open_file(file, Exit::credentials, O_NONBLOCK);
  struct stat info {};
  if (fstat(descriptor.get(), &info) != 0 || !S_ISREG(info.st_mode)) {
    throw Failure(Exit::credentials, describe(file, "a regular file"));
  }
  if (!kept && info.st_uid != geteuid() && info.st_uid != 0) {
    throw Failure(Exit::credentials, describe(file, "owned by you or root; run: chown \"$USER\" '" +
                                                        printable(file.value) + "'"));
  }
  if (!kept && (info.st_mode & 077U) != 0) {
    throw Failure(Exit::credentials,
                  describe(file, "readable by its owner alone; run: chmod 600 '" +
                                     printable(file.value) + "'"));
  }
  std::string text = read_all(descriptor.get(), file, Exit::credentials);
  try {
    Credentials credentials = parse_credentials(text, file.value);
    wipe(text);
    return credentials;
  } catch (const Failure&) {
    wipe(text);
    throw;
  }
}

std::optional<Credentials> find_credentials(const Settings& flags, const Environment& environment,
                                            const Settings& config_file) {
  if (flags.credentials) return read_credentials(*flags.credentials);
  constexpr const char* id_name = "HERE_TRACKING_DEVICE_ID";
  constexpr const char* secret_name = "HERE_TRACKING_DEVICE_SECRET";
  const char* const id = variable(environment, id_name);
  const char* const secret = variable(environment, secret_name);
  if ((id == nullptr) != (secret == nullptr)) {
    throw Failure(Exit::credentials, std::string(id == nullptr ? id_name : secret_name) +
                                         " is not set: must be set together with " +
                                         (id == nullptr ? secret_name : id_name));
  }
  if (id != nullptr) {
    Credentials credentials;
    credentials.device_id = {id, id_name};
    credentials.device_secret = {secret, secret_name};
    check_length(credentials.device_id, 50, id_rule);
    check_length(credentials.device_secret, 128, secret_rule);
    return credentials;
  }
  if (const char* const directory = variable(environment, "CREDENTIALS_DIRECTORY")) {
    const Setting file{std::string(directory) + "/credentials", "CREDENTIALS_DIRECTORY"};
    if (access(file.value.c_str(), F_OK) == 0) return read_credentials(file, true);
  }
  if (config_file.credentials) return read_credentials(*config_file.credentials);
  return std::nullopt;
}

Setting default_state_dir(const Environment& environment) {
  if (const char* const systemd = variable(environment, "STATE_DIRECTORY")) {
    const std::string_view list(systemd);  // of several directories, separated by colons
    return {std::string(list.substr(0, list.find(':'))), "STATE_DIRECTORY"};
  }
  // The XDG rules tell programs to ignore a relative one.
  const char* const state_home = variable(environment, "XDG_STATE_HOME");
  if (state_home != nullptr && *state_home == '/') {
    return {std::string(state_home) + "/here-tracking", "XDG_STATE_HOME"};
  }
  if (const char* const home = variable(environment, "HOME")) {
    return {std::string(home) + "/.local/state/here-tracking", "HOME"};
  }
  throw Failure(Exit::configuration,
                "HOME is not set, so there is no place to keep the token: give --state-dir");
}

HostAndPort parse_gpsd(const Setting& setting) {
  std::string_view text = setting.value;
  if (text.empty()) text = default_gpsd;
  std::string_view host = text;
  std::string_view port = "2947";
  const bool bracketed = text.front() == '[';
  const std::size_t colon = text.find(':', bracketed ? std::min(text.find(']'), text.size()) : 0);
  if (colon != std::string_view::npos) {
    host = text.substr(0, colon);
    port = text.substr(colon + 1);
  }
  const auto refuse = [&setting](const char* rule) {
    throw Failure(Exit::usage, describe(setting, rule));
  };
  if (bracketed) {
    if (host.size() < 3 || host.back() != ']') refuse("HOST[:PORT], an IPv6 address as [::1]:2947");
    host = host.substr(1, host.size() - 2);
  } else if (host.empty() || port.find(':') != std::string_view::npos) {
    refuse("HOST[:PORT], an IPv6 address as [::1]:2947");
  }
  unsigned number = 0;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), number);
  if (error != std::errc{} || end != port.data() + port.size() || number < 1 || number > 65535) {
    refuse("HOST[:PORT] with a port of 1..65535");
  }
  return {std::string(host), std::string(port)};
}

std::string parse_wlan(const Setting& setting) {
  const std::string& name = setting.value;
  // The kernel's rule.
  const bool is_name = name.size() < IFNAMSIZ && name != "." && name != ".." &&
                       std::none_of(name.begin(), name.end(), [](unsigned char c) {
                         return c == '/' || c == ':' || std::isspace(c) != 0;
                       });
  if (!is_name) {
    throw Failure(Exit::usage, describe(setting, "the name of a network interface such as wlan0"));
  }
  return name;
}

SerialPort parse_serial(const Setting& setting) {
  SerialPort port{setting.value};
  std::string speeds;
  for (const std::uint32_t speed : serial_speeds_baud)
    speeds.append(speeds.empty() ? "" : ", ").append(std::to_string(speed));
  const std::string rule = "DEVICE[:BAUD], a path such as /dev/serial0, and one of " + speeds;
  // Names of /dev/serial/by-path have colons of their own, but no number of digits alone at the
  // end.
  const std::size_t colon = setting.value.rfind(':');
  const std::string speed = colon != std::string::npos ? setting.value.substr(colon + 1) : "";
  if (!speed.empty() && speed.find_first_not_of("0123456789") == std::string::npos) {
    port.device = setting.value.substr(0, colon);
    const auto* const found =
        std::find_if(std::begin(serial_speeds_baud), std::end(serial_speeds_baud),
                     [&speed](std::uint32_t each) { return std::to_string(each) == speed; });
    if (found == std::end(serial_speeds_baud)) {
      throw Failure(Exit::usage, describe(setting, rule));
    }
    port.speed_baud = *found;
  }
  if (port.device.empty() || port.device.front() != '/') {
    throw Failure(Exit::usage, describe(setting, rule));
  }
  return port;
}

SysfsSensor parse_sensor(const Setting& setting) {
  constexpr std::pair<std::string_view, SensorKind> kinds[] = {
      {"battery", SensorKind::battery},
      {"temperature", SensorKind::temperature},
      {"humidity", SensorKind::humidity},
      {"pressure", SensorKind::pressure},
      {"acceleration", SensorKind::acceleration}};
  const std::string_view text = setting.value;
  const std::size_t equals = text.find('=');
  const std::string_view name = trimmed(text.substr(0, equals));
  const std::string_view where =
      equals == std::string_view::npos ? "" : trimmed(text.substr(equals + 1));
  for (const auto& [word, kind] : kinds) {
    if (word == name && (!where.empty() || kind == SensorKind::battery)) {
      return {kind, std::string(where)};
    }
  }
  throw Failure(
      Exit::usage,
      describe(setting,
               "battery, battery=WHERE, temperature=WHERE, humidity=WHERE, "
               "pressure=WHERE or acceleration=WHERE, where WHERE is the name of a device "
               "or a path in /sys"));
}

std::string read_file(const Setting& file, Exit exit) {
  const Descriptor descriptor = open_file(file, exit);
  return read_all(descriptor.get(), file, exit);
}

}  // namespace here_tracking::cli
