// SPDX-License-Identifier: Apache-2.0
#include "here_tracking/hooks.hpp"

#include "console.hpp"
#include "failure.hpp"
#include "settings.hpp"
#include "sources.hpp"
#include "support/catch.hpp"
#include "text.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace cli = here_tracking::cli;

namespace {

struct Ending {
  cli::Exit exit = cli::Exit::ok;
  std::string text;
};

template <typename Function>
Ending ending_of(Function function) {
  try {
    function();
  } catch (const cli::Failure& failure) {
    return {failure.exit(), failure.what()};
  }
  return {};
}

std::string config_error(const std::string& text) {
  const Ending ending = ending_of([&] { static_cast<void>(cli::parse_config(text, "a.conf")); });
  CHECK(ending.exit == cli::Exit::configuration);
  return ending.text;
}

std::string credentials_error(const std::string& text) {
  const Ending ending =
      ending_of([&] { static_cast<void>(cli::parse_credentials(text, "d.conf")); });
  CHECK(ending.exit == cli::Exit::credentials);
  return ending.text;
}

cli::Environment variables(std::map<std::string, std::string> values) {
  return [values = std::move(values)](const char* name) -> const char* {
    const auto found = values.find(name);
    return found == values.end() ? nullptr : found->second.c_str();
  };
}

class TemporaryFile {
 public:
  TemporaryFile(const std::string& text, mode_t mode) {
    char name[] = "/tmp/here-tracking-test-XXXXXX";
    const int fd = mkstemp(name);
    REQUIRE(fd >= 0);
    close(fd);
    path_ = name;
    std::ofstream(path_) << text;
    REQUIRE(chmod(path_.c_str(), mode) == 0);
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile() { std::filesystem::remove(path_); }

  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

std::string gpsd(const std::string& value) {
  const cli::HostAndPort address = cli::parse_gpsd({value, "--gpsd"});
  return address.host + " " + address.port;
}

}  // namespace

TEST_CASE("a config file gives settings, and the sources in their order") {
  const cli::Settings settings = cli::parse_config(
      "# a comment\r\n"
      "\r\n"
      "url = https://localhost:8443\r\n"
      "  ca_file=ca.pem\n"
      "state_dir = /var/lib/x\n"
      "credentials = ../secret\n"
      "scan = scan.json\n"
      "nmea = -\n"
      "gpsd =\n"
      "serial = /dev/ttyACM0:4800\n"
      "bluetooth =\n"
      "sensor = temperature=bme280\n"
      "system = s.json\n"
      "modem = yes\n"
      "modem = no\n"
      "modem_identity = yes\n"
      "wlan = wlan0\n"
      "nmea = log # 1.nmea\n"
      "payload = {\"a\": \"b=c\"}",
      "/etc/h/a.conf");
  CHECK(settings.url->value == "https://localhost:8443");
  CHECK(settings.url->origin == "/etc/h/a.conf:3: url");
  CHECK(settings.ca_file->value == "/etc/h/ca.pem");
  CHECK(settings.state_dir->value == "/var/lib/x");
  CHECK(settings.credentials->value == "/etc/h/../secret");
  using Kind = cli::SourceKind;
  const std::pair<Kind, const char*> expected[] = {{Kind::scan, "/etc/h/scan.json"},
                                                   {Kind::nmea, "-"},
                                                   {Kind::gpsd, ""},
                                                   {Kind::serial, "/dev/ttyACM0:4800"},
                                                   {Kind::bluetooth, ""},
                                                   {Kind::sensor, "temperature=bme280"},
                                                   {Kind::system, "/etc/h/s.json"},
                                                   {Kind::modem, "yes"},
                                                   {Kind::modem_identity, "yes"},
                                                   {Kind::wlan, "wlan0"},
                                                   {Kind::nmea, "/etc/h/log # 1.nmea"},
                                                   {Kind::payload, R"({"a": "b=c"})"}};
  REQUIRE(settings.sources.size() == std::size(expected));
  for (std::size_t i = 0; i < settings.sources.size(); ++i) {
    CAPTURE(i);
    CHECK(settings.sources[i].kind == expected[i].first);
    CHECK(settings.sources[i].setting.value == expected[i].second);
  }
}

TEST_CASE("paths in a config file without a directory stay as they are") {
  CHECK(cli::parse_config("ca_file = ca.pem", "a.conf").ca_file->value == "ca.pem");
}

TEST_CASE("an error in a config file names file, line and rule") {
  CHECK(
      config_error("\nurll = x") ==
      "a.conf:2: unknown key 'urll': must be one of url, ca_file, state_dir, credentials, "
      "sample_s, send_s, distance_m, queue_mb, when_full, drain, old_samples, nmea, gpsd, serial, "
      "modem, modem_identity, wlan, bluetooth, sensor, scan, system, payload");
  CHECK(config_error("modem = on") == "a.conf:1: modem = on: must be yes or no");
  CHECK(config_error("modem_identity =") ==
        "a.conf:1: modem_identity has no value: must be key = value; or remove the line");
  CHECK(config_error("serial =") ==
        "a.conf:1: serial has no value: must be key = value; or remove the line");
  CHECK(config_error("url https://x") == "a.conf:1: no '=' in the line: must be key = value");
  CHECK(config_error("url = a\nurl = b") == "a.conf:2: url = b: must be given once");
  CHECK(config_error("payload = {}\npayload = {}") == "a.conf:2: payload = {}: must be given once");
  CHECK(config_error("ca_file =") ==
        "a.conf:1: ca_file has no value: must be key = value; or remove the line");
  CHECK(config_error(std::string("url = a\0b", 9)) ==
        "a.conf:1: url = a?b: must be text without zero bytes");
}

TEST_CASE("pace and queue have a default each, and come from their keys") {
  const cli::Tracking defaults = cli::tracking({});
  CHECK(defaults.sample_s == 60);
  CHECK(defaults.send_s == 600);
  CHECK(defaults.distance_m == 0);
  CHECK(defaults.queue_mb == 8);
  CHECK(defaults.queue.when_full == here_tracking::DropPolicy::oldest);
  CHECK(defaults.queue.order == here_tracking::DrainOrder::oldest_first);
  CHECK_FALSE(defaults.restamp);

  const cli::Tracking given = cli::tracking(
      cli::parse_config("sample_s = 1\nsend_s = 86400\ndistance_m = 50\nqueue_mb = 256\n"
                        "when_full = thin_out\ndrain = live_first\nold_samples = restamp",
                        "a.conf"));
  CHECK(given.sample_s == 1);
  CHECK(given.send_s == 86400);
  CHECK(given.distance_m == 50);
  CHECK(given.queue_mb == 256);
  CHECK(given.queue.when_full == here_tracking::DropPolicy::thin_out);
  CHECK(given.queue.order == here_tracking::DrainOrder::live_first);
  CHECK(given.restamp);
}

TEST_CASE("a pace or queue that cannot be is refused with what can be") {
  const auto error = [](const std::string& text) {
    const Ending ending =
        ending_of([&] { static_cast<void>(cli::tracking(cli::parse_config(text, "a.conf"))); });
    CHECK(ending.exit == cli::Exit::configuration);
    return ending.text;
  };
  CHECK(error("sample_s = 0") == "a.conf:1: sample_s = 0: must be 1..86400");
  CHECK(error("send_s = 10min") == "a.conf:1: send_s = 10min: must be 1..86400");
  CHECK(error("distance_m = -1") == "a.conf:1: distance_m = -1: must be 0..1000000");
  CHECK(error("queue_mb = 257") == "a.conf:1: queue_mb = 257: must be 2..256");
  CHECK(error("queue_mb = 4294967298") == "a.conf:1: queue_mb = 4294967298: must be 2..256");
  CHECK(error("when_full = x") ==
        "a.conf:1: when_full = x: must be one of oldest, newest, thin_out");
  CHECK(error("drain = x") == "a.conf:1: drain = x: must be one of oldest_first, live_first");
  CHECK(error("old_samples = x") == "a.conf:1: old_samples = x: must be one of drop, restamp");
}

TEST_CASE("a flag has the name of its key") {
  CHECK(cli::flag_of(cli::keys[0]) == "--url");
  CHECK(cli::flag_of(cli::keys[2]) == "--state-dir");
}

TEST_CASE("a credentials file gives id and secret, and nothing in the secret is special") {
  const cli::Credentials credentials =
      cli::parse_credentials("# mine\ndevice_secret = a=b #c\"d\ndevice_id=dev-1\n", "d.conf");
  CHECK(credentials.device_id.value == "dev-1");
  CHECK(credentials.device_secret.value == "a=b #c\"d");
}

TEST_CASE("an error in a credentials file names the line and does not show the secret") {
  CHECK(credentials_error("") == "d.conf: no device_id: must have a line 'device_id = ...'");
  CHECK(credentials_error("device_id = a") ==
        "d.conf: no device_secret: must have a line 'device_secret = ...'");
  CHECK(credentials_error("device_id = a\nS3CRET") ==
        "d.conf:2: no '=' in the line: must be key = value");
  CHECK(credentials_error("device_secret = S3CRET\ndevice_secret = S3CRET") ==
        "d.conf:2: device_secret: must be given once");
  CHECK(credentials_error("device_secret =") ==
        "d.conf:1: device_secret has 0 characters: must be 1..128 characters");
  CHECK(credentials_error("device_secret = " + std::string(129, 'x')) ==
        "d.conf:1: device_secret has 129 characters: must be 1..128 characters");
  CHECK(credentials_error("device_id = " + std::string(51, 'x')) ==
        "d.conf:1: device_id has 51 characters: must be 1..50 characters");
  CHECK(credentials_error("id = a") ==
        "d.conf:1: unknown key: must be one of device_id, device_secret");
  CHECK(credentials_error("S3C=RET") ==
        "d.conf:1: unknown key: must be one of device_id, device_secret");
}

TEST_CASE("a credentials file that others can read is refused with the command that helps") {
  const std::string text = "device_id = a\ndevice_secret = b\n";
  for (const mode_t mode : {0644U, 0640U, 0604U, 0610U, 0602U}) {
    const TemporaryFile file(text, mode);
    const Ending ending = ending_of([&] {
      static_cast<void>(cli::read_credentials({file.path(), "--credentials"}));
    });
    CHECK(ending.exit == cli::Exit::credentials);
    CHECK(ending.text == "--credentials = " + file.path() +
                             ": must be readable by its owner alone; run: chmod 600 '" +
                             file.path() + "'");
  }
  for (const mode_t mode : {0600U, 0400U}) {
    const TemporaryFile file(text, mode);
    CHECK(cli::read_credentials({file.path(), "--credentials"}).device_secret.value == "b");
  }
}

TEST_CASE("credentials that are no regular file, or not there, are refused") {
  const Ending directory = ending_of([] {
    static_cast<void>(cli::read_credentials({"/tmp", "--credentials"}));
  });
  CHECK(directory.exit == cli::Exit::credentials);
  CHECK(directory.text == "--credentials = /tmp: must be a regular file");
  const Ending missing = ending_of([] {
    static_cast<void>(cli::read_credentials({"/nowhere", "--credentials"}));
  });
  CHECK(missing.text ==
        "--credentials = /nowhere: must be a readable file (No such file or directory)");
}

TEST_CASE("credentials come from the flag, else the environment, else the config file") {
  const TemporaryFile flag_file("device_id = flag\ndevice_secret = s\n", 0600);
  const TemporaryFile config_file("device_id = config\ndevice_secret = s\n", 0600);
  cli::Settings flags;
  cli::Settings config;
  const cli::Environment nothing = variables({});
  const cli::Environment both =
      variables({{"HERE_TRACKING_DEVICE_ID", "env"}, {"HERE_TRACKING_DEVICE_SECRET", "s"}});

  CHECK_FALSE(cli::find_credentials(flags, nothing, config));
  config.credentials = cli::Setting{config_file.path(), "a.conf:1: credentials"};
  CHECK(cli::find_credentials(flags, nothing, config)->device_id.value == "config");
  CHECK(cli::find_credentials(flags, both, config)->device_id.value == "env");
  flags.credentials = cli::Setting{flag_file.path(), "--credentials"};
  CHECK(cli::find_credentials(flags, both, config)->device_id.value == "flag");
}

TEST_CASE("what systemd hands over goes before the config file, whatever its mode says") {
  std::string directory = "/tmp/here-tracking-test-XXXXXX";
  REQUIRE(mkdtemp(directory.data()) != nullptr);
  const TemporaryFile config_file("device_id = config\ndevice_secret = s\n", 0600);
  cli::Settings config;
  config.credentials = cli::Setting{config_file.path(), "a.conf:1: credentials"};
  const cli::Environment environment = variables({{"CREDENTIALS_DIRECTORY", directory}});
  CHECK(cli::find_credentials({}, environment, config)->device_id.value == "config");

  const std::string file = directory + "/credentials";
  std::ofstream(file) << "device_id = systemd\ndevice_secret = s\n";
  REQUIRE(chmod(file.c_str(), 0440) == 0);
  CHECK(cli::find_credentials({}, environment, config)->device_id.value == "systemd");
  cli::Settings flags;
  flags.credentials = config.credentials;
  CHECK(cli::find_credentials(flags, environment, config)->device_id.value == "config");
  std::filesystem::remove_all(directory);
}

TEST_CASE("a device id in the environment without its secret, or the reverse, is refused") {
  const Ending id = ending_of([] {
    static_cast<void>(cli::find_credentials({}, variables({{"HERE_TRACKING_DEVICE_ID", "x"}}), {}));
  });
  CHECK(id.exit == cli::Exit::credentials);
  CHECK(id.text ==
        "HERE_TRACKING_DEVICE_SECRET is not set: must be set together with "
        "HERE_TRACKING_DEVICE_ID");
  const Ending secret = ending_of([] {
    static_cast<void>(cli::find_credentials(
        {}, variables({{"HERE_TRACKING_DEVICE_ID", ""}, {"HERE_TRACKING_DEVICE_SECRET", "S3CRET"}}),
        {}));
  });
  CHECK(secret.text ==
        "HERE_TRACKING_DEVICE_ID is not set: must be set together with "
        "HERE_TRACKING_DEVICE_SECRET");
}

TEST_CASE("flags win over the environment, and that over the config file") {
  cli::Settings flags;
  flags.url = cli::Setting{"flag", "--url"};
  const cli::Settings environment =
      cli::environment_settings(variables({{"HERE_TRACKING_URL", "env"},
                                           {"HERE_TRACKING_CA_FILE", "env"},
                                           {"HERE_TRACKING_STATE_DIR", ""}}));
  const cli::Settings config =
      cli::parse_config("url = c\nca_file = c\nstate_dir = c\nscan = c", "a.conf");
  const cli::Settings all = cli::overlay(cli::overlay(flags, environment), config);
  CHECK(all.url->origin == "--url");
  CHECK(all.ca_file->origin == "HERE_TRACKING_CA_FILE");
  CHECK(all.state_dir->origin == "a.conf:3: state_dir");
  CHECK(all.sources.size() == 1);
}

TEST_CASE("sources on the command line replace those of the config file") {
  cli::Settings flags;
  flags.sources.push_back({cli::SourceKind::gpsd, {"", "--gpsd"}});
  const cli::Settings all = cli::overlay(flags, cli::parse_config("scan = c\nnmea = d", "a.conf"));
  REQUIRE(all.sources.size() == 1);
  CHECK(all.sources[0].kind == cli::SourceKind::gpsd);
}

TEST_CASE("the state directory is systemd's, else that of the user") {
  CHECK(cli::default_state_dir(variables({{"STATE_DIRECTORY", "/var/lib/a:/var/lib/b"},
                                          {"XDG_STATE_HOME", "/x"},
                                          {"HOME", "/h"}}))
            .value == "/var/lib/a");
  CHECK(cli::default_state_dir(variables({{"XDG_STATE_HOME", "/x"}, {"HOME", "/h"}})).value ==
        "/x/here-tracking");
  CHECK(cli::default_state_dir(variables({{"XDG_STATE_HOME", "x"}, {"HOME", "/h"}})).value ==
        "/h/.local/state/here-tracking");
  CHECK(ending_of([] { static_cast<void>(cli::default_state_dir(variables({}))); }).exit ==
        cli::Exit::configuration);
}

TEST_CASE("a WLAN interface is named as the kernel names it") {
  const auto wlan = [](const std::string& value) { return cli::parse_wlan({value, "--wlan"}); };
  CHECK(wlan("").empty());
  CHECK(wlan("wlp0s20f3") == "wlp0s20f3");
  CHECK(wlan("fifteen.letters") == "fifteen.letters");
  for (const std::string bad : {"sixteen..letters", "a/b", "a b", "a:b", ".", ".."}) {
    const Ending ending = ending_of([&] { static_cast<void>(wlan(bad)); });
    CHECK(ending.exit == cli::Exit::usage);
    CHECK(ending.text ==
          "--wlan = " + bad + ": must be the name of a network interface such as wlan0");
  }
}

TEST_CASE("the address of gpsd is a host with or without a port") {
  CHECK(gpsd("") == "localhost 2947");
  CHECK(gpsd("pi") == "pi 2947");
  CHECK(gpsd("pi:1") == "pi 1");
  CHECK(gpsd("[::1]") == "::1 2947");
  CHECK(gpsd("[::1]:65535") == "::1 65535");
  for (const std::string bad : {":1", "pi:", "pi:0", "pi:65536", "pi:1x", "pi:+1", "::1", "[::1",
                                "[]:1", "[::1]x", "pi:1:2"}) {
    const Ending ending = ending_of([&] { gpsd(bad); });
    CHECK(ending.exit == cli::Exit::usage);
    CHECK(ending.text.rfind("--gpsd = " + bad + ": must be HOST[:PORT]", 0) == 0);
  }
}

TEST_CASE("a serial port has a speed, 9600 unless it is given") {
  const auto port = [](const std::string& value) {
    const cli::SerialPort parsed = cli::parse_serial({value, "--serial"});
    return parsed.device + " " + std::to_string(parsed.speed_baud);
  };
  CHECK(port("/dev/ttyACM0") == "/dev/ttyACM0 9600");
  CHECK(port("/dev/ttyACM0:115200") == "/dev/ttyACM0 115200");
  CHECK(port("/dev/serial/by-path/pci-0000:00:14.0-usb-0:2:1.0") ==
        "/dev/serial/by-path/pci-0000:00:14.0-usb-0:2:1.0 9600");
  CHECK(port("/dev/serial/by-path/pci-0000:00:14.0-usb-0:2:1.0:4800") ==
        "/dev/serial/by-path/pci-0000:00:14.0-usb-0:2:1.0 4800");
  CHECK(port("/dev/x:") == "/dev/x: 9600");
  for (const std::string bad : {"", ":9600", "ttyACM0", "/dev/x:1200", "/dev/x:96000000000000"}) {
    const Ending ending = ending_of([&] { port(bad); });
    CHECK(ending.exit == cli::Exit::usage);
    CHECK(ending.text.rfind("--serial = " + bad + ": must be DEVICE[:BAUD]", 0) == 0);
  }
}

TEST_CASE("a sensor is a kind and where it is, and a battery may do without the latter") {
  const auto sensor = [](const std::string& value) {
    return cli::parse_sensor({value, "--sensor"});
  };
  using here_tracking::SensorKind;
  CHECK(sensor("battery").kind == SensorKind::battery);
  CHECK(sensor("battery").where.empty());
  CHECK(sensor("battery=BAT1").where == "BAT1");
  CHECK(sensor("temperature = bme280").kind == SensorKind::temperature);
  CHECK(sensor("temperature = bme280").where == "bme280");
  CHECK(sensor("humidity=x").kind == SensorKind::humidity);
  CHECK(sensor("pressure=x").kind == SensorKind::pressure);
  CHECK(sensor("acceleration=/sys/a=b").where == "/sys/a=b");
  for (const std::string bad : {"", "=", "temperature", "temperature=", "tilt=x", "Battery"}) {
    const Ending ending = ending_of([&] { sensor(bad); });
    CHECK(ending.exit == cli::Exit::usage);
    CHECK(ending.text.rfind("--sensor = " + bad + ": must be battery, ", 0) == 0);
  }
}

TEST_CASE("times are shown in UTC with milliseconds") {
  CHECK(cli::utc_time(0) == "1970-01-01T00:00:00.000Z");
  CHECK(cli::utc_time(1767225600007) == "2026-01-01T00:00:00.007Z");
  CHECK(cli::utc_time(-1) == "1969-12-31T23:59:59.999Z");
  CHECK(cli::utc_time(4102448400000) == "2100-01-01T01:00:00.000Z");
}

TEST_CASE("a clock's difference is shown in tenths of a second with its direction") {
  CHECK(cli::clock_difference(3601249) == "3601.2 s behind");
  CHECK(cli::clock_difference(-450) == "0.5 s ahead");
  CHECK(cli::clock_difference(0) == "0.0 s behind");
}

TEST_CASE("a duration is shown in seconds, from a minute on also in hours and minutes") {
  CHECK(cli::duration(59) == "59 s");
  CHECK(cli::duration(60) == "60 s (1 min)");
  CHECK(cli::duration(86398) == "86398 s (23 h 59 min)");
}

TEST_CASE("foreign text cannot command the terminal") {
  CHECK(cli::printable("a\x1b[31m\n\x7f\xc2\x9b\x9b") == "a?[31m????");
  CHECK(cli::printable("a\xff\xc3") == "a??");
  CHECK(cli::printable("gr\xc3\xbc\xc3\x9f\x65") == "gr\xc3\xbc\xc3\x9f\x65");
  CHECK(cli::printable("abcdef", 3) == "abc...");
}

TEST_CASE("text is broken at blanks, and goes on below where it began") {
  CHECK(cli::wrapped("", 4) == "");
  CHECK(cli::wrapped("pass  name  one two three", 12, 20) ==
        "pass  name  one two\n            three");
  CHECK(cli::wrapped("a longer-than-the-width b", 2, 10) == "a\n  longer-than-the-width\n  b");
  CHECK(cli::wrapped("\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4 bb", 2, 7) ==
        "\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4 bb");
}

TEST_CASE("a complaint is made once, and once when it is over") {
  cli::CapturedLines captured;
  cli::Complaint complaint;
  complaint.settled("works again");
  complaint.about("broken");
  complaint.about("broken");
  complaint.about("more broken");
  complaint.settled("works again");
  complaint.settled("works again");
  CHECK(captured.lines ==
        std::vector<std::string>{"warning: broken", "warning: more broken", "note: works again"});
}

TEST_CASE("a file that has changed is read anew, and one that is wrong now counts as empty") {
  const TemporaryFile file(R"({"wlan":[{"mac":"00:1a:2b:3c:4d:5e"}]})", 0600);
  cli::CapturedLines captured;
  cli::SourceSet sources({{cli::SourceKind::scan, {file.path(), "--scan"}}},
                         here_tracking::not_provided::log);
  const auto gathered = [&sources] {
    std::vector<char> memory(4096);
    here_tracking::Sample sample({memory.data(), memory.size()});
    sources.refresh();
    sources.gather_into(sample);
    REQUIRE(sample.set_timestamp(2).ok());
    return std::string(sample.json());
  };
  CHECK(gathered().find("4d:5e") != std::string::npos);
  std::ofstream(file.path()) << R"({"wlan":[{"mac":"00:1a:2b:3c:4d:5f"},{"mac":"x"}]})";
  CHECK(gathered() == R"({"timestamp":2})");
  CHECK(captured.lines.at(1).find("wlan[1].mac = \"x\": must be") != std::string::npos);
  std::ofstream(file.path()) << R"({"wlan":[{"mac":"00:1a:2b:3c:4d:60"}]})";
  CHECK(gathered().find("4d:60") != std::string::npos);
}

TEST_CASE("there is time for the last source, however long those before it take") {
  const cli::SourceSetting receiver{cli::SourceKind::gpsd, {"localhost:1", "--gpsd"}};
  cli::SourceSet set(
      {receiver, receiver, receiver, {cli::SourceKind::sensor, {"battery", "--sensor"}}},
      here_tracking::not_provided::log);
  const here_tracking::Sources sources = set.sources();
  std::uint32_t before_ms = 0;
  for (const auto& slot : sources.position)
    before_ms += slot.timeout_ms();
  REQUIRE(sources.sensors.size() == 2);
  CHECK(sources.total_timeout_ms >= before_ms + sources.sensors[1].timeout_ms());
}

TEST_CASE("a replayed log gives its last valid fix") {
  cli::NmeaReplay replay("log");
  replay.feed("$GPRMC,120000.00,A,5230.0000,N,01324.0000,E,0.0,,010126,,,A*77\r\n");
  replay.feed("$GPRMC,120001.00,A,5231.0000,N,01324.0000,E,0.0,,010126,,,A*77\r\n");
  replay.feed("$GPRMC,120002.00,V,,,,,,,010126,,,N*78\r\n");
  replay.finish();
  here_tracking::Fix fix;
  REQUIRE(replay.read(fix, 0).ok());
  CHECK(fix.lat_deg_e7 == 525166667);
  CHECK(fix.type == here_tracking::PositionType::gnss);
  CHECK(fix.timestamp_ms == 1767268801000);
}

TEST_CASE("a replayed log without a valid fix has no data") {
  cli::NmeaReplay replay("log");
  replay.feed("$GPRMC,120002.00,V,,,,,,,010126,,,N*78\r\n");
  replay.finish();
  here_tracking::Fix fix;
  CHECK(replay.read(fix, 0) == here_tracking::Code::no_data);
}

TEST_CASE("a log without one sentence is refused") {
  for (const std::string text : {"", "{\"gsm\":[]}\n", "\x00\x01\x02"}) {
    cli::NmeaReplay replay("log");
    replay.feed(text);
    const Ending ending = ending_of([&] { replay.finish(); });
    CHECK(ending.exit == cli::Exit::usage);
    CHECK(ending.text.rfind("log: no NMEA sentence in it", 0) == 0);
  }
}
