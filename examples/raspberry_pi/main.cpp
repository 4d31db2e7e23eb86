// SPDX-License-Identifier: Apache-2.0
#include "commands.hpp"
#include "console.hpp"
#include "failure.hpp"
#include "help.hpp"
#include "options.hpp"
#include "text.hpp"

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <map>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

namespace {

namespace cli = here_tracking::cli;

struct Flags {
  std::map<std::string, std::string> values;  // of the keys that have one value
  std::string config;
  std::vector<std::string> nmea;
  std::vector<std::string> gpsd;
  std::vector<std::string> wlan;
  std::vector<std::string> serial;
  std::vector<std::string> bluetooth;
  std::vector<std::string> sensor;
  std::vector<std::string> scan;
  std::vector<std::string> system;
  std::vector<std::string> payload;
};

/// A descriptor that is closed would be given to the next file that is opened, and what is meant
/// for the user would go into that file.
void occupy_standard_descriptors() {
  for (int fd = 0; fd <= 2; ++fd) {
    if (fcntl(fd, F_GETFD) != -1) continue;
    // The wrong way round: using it fails, as it would have done.
    if (open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY) != fd) std::exit(1);
  }
}

/// No core dump: there is a secret in memory. Zero would not keep a kernel from piping it to a
/// program; one byte does.
void forbid_core_dump() {
  const rlimit one_byte{1, 1};
  setrlimit(RLIMIT_CORE, &one_byte);
}

void add_sources(CLI::App& command, Flags& flags, here_tracking::SampleOptions& options) {
  command.add_option("--nmea", flags.nmea)->allow_extra_args(false);
  command.add_option("--gpsd", flags.gpsd)
      ->expected(0, 1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->allow_extra_args(false);
  command.add_flag("--modem");
  command.add_flag("--modem-identity");
  command.add_option("--wlan", flags.wlan)
      ->expected(0, 1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->allow_extra_args(false);
  command.add_option("--serial", flags.serial)->allow_extra_args(false);
  command.add_option("--bluetooth", flags.bluetooth)
      ->expected(0, 1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->allow_extra_args(false);
  command.add_option("--sensor", flags.sensor)->allow_extra_args(false);
  command.add_option("--scan", flags.scan)->allow_extra_args(false);
  command.add_option("--system", flags.system)->allow_extra_args(false);
  command.add_option("--payload", flags.payload)->allow_extra_args(false);
  command.add_flag("--contribute-gps", options.contribute_gps);
  command.add_flag("--wide-lte-range", options.wide_lte_range);
}

/// The sources in the order in which they stand on the command line.
std::vector<cli::SourceSetting> sources_in_order(const CLI::App& command) {
  std::vector<cli::SourceSetting> sources;
  const auto take = [&](const CLI::Option* option, cli::SourceKind kind, const char* name) {
    std::size_t nth = 0;
    for (const cli::SourceSetting& earlier : sources)
      nth += earlier.kind == kind ? 1 : 0;
    sources.push_back({kind, {option->results().at(nth), name}});
  };
  const auto take_flag = [&sources](cli::SourceKind kind, const char* name) {
    sources.push_back({kind, {"", name}});
  };
  for (const CLI::Option* const option : command.parse_order()) {
    const std::string name = option->get_name();
    if (name == "--nmea") take(option, cli::SourceKind::nmea, "--nmea");
    if (name == "--gpsd") take(option, cli::SourceKind::gpsd, "--gpsd");
    if (name == "--modem") take_flag(cli::SourceKind::modem, "--modem");
    if (name == "--modem-identity") take_flag(cli::SourceKind::modem_identity, "--modem-identity");
    if (name == "--wlan") take(option, cli::SourceKind::wlan, "--wlan");
    if (name == "--serial") take(option, cli::SourceKind::serial, "--serial");
    if (name == "--bluetooth") take(option, cli::SourceKind::bluetooth, "--bluetooth");
    if (name == "--sensor") take(option, cli::SourceKind::sensor, "--sensor");
    if (name == "--scan") take(option, cli::SourceKind::scan, "--scan");
    if (name == "--system") take(option, cli::SourceKind::system, "--system");
    if (name == "--payload") take(option, cli::SourceKind::payload, "--payload");
  }
  return sources;
}

cli::Settings flag_settings(const CLI::App& app, const CLI::App& command, const Flags& flags) {
  cli::Settings settings;
  for (const cli::Key& key : cli::keys) {
    const std::string flag = cli::flag_of(key);
    const auto given = [&flag](const CLI::App& where) {
      const CLI::Option* const option = where.get_option_no_throw(flag);
      return option != nullptr && option->count() != 0;
    };
    if (!given(app) && !given(command)) continue;
    const std::string& value = flags.values.at(key.name);
    if (value.empty()) {
      throw cli::Failure(cli::Exit::usage, flag + " has no value: must have one");
    }
    settings.*key.setting = cli::Setting{value, flag};
  }
  return settings;
}

void add_keys(CLI::App& app, Flags& flags, std::initializer_list<const char*> names) {
  for (const cli::Key& key : cli::keys) {
    for (const char* const name : names) {
      if (std::string_view(name) == key.name) {
        app.add_option(cli::flag_of(key), flags.values[name]);
      }
    }
  }
}

/// The first argument that nobody knows, without its value: that could be a secret.
std::string unknown_argument(const CLI::App& app) {
  const std::vector<std::string> unknown = app.remaining(true);
  if (unknown.empty()) return {};
  const std::string& first = unknown.front();
  return first.front() == '-' ? first.substr(0, first.find('=')) : first;
}

/// The rule that a flag's use broke, from the parser's own words.
std::string misused_flag(const CLI::ArgumentMismatch& error) {
  const std::string text = error.what();
  const bool missing = text.find("missing") != std::string::npos;
  return text.substr(0, text.find(':')) + ": must " + (missing ? "have a value" : "be given once");
}

constexpr const char* commands = "run, send, sample, status, queue, doctor, time, token";

cli::Exit execute(const cli::Invocation& invocation) {
  const std::string& command = invocation.command;
  if (command == "run") {
    cli::run(invocation);
    return cli::Exit::ok;
  }
  const cli::Options options = cli::load_options(invocation);
  if (command == "doctor") return cli::examine(options);
  if (command == "time") cli::show_time(options);
  if (command == "token") cli::show_token(options);
  if (command == "sample") cli::show_sample(options);
  if (command == "send") cli::send(options);
  if (command == "status") cli::show_status(options);
  if (command == "queue export") cli::export_queue(options);
  if (command == "queue purge") cli::purge_queue(options);
  if (command == "queue quarantine") cli::show_quarantine(options);
  return cli::Exit::ok;
}

cli::Exit run(int argc, char** argv) {
  CLI::App app;
  Flags flags;
  cli::Invocation invocation;
  cli::Switches& switches = invocation.switches;
  app.set_help_flag("-h,--help");
  app.set_version_flag("--version", "");
  add_keys(app, flags, {"url", "ca_file", "credentials", "state_dir"});
  app.add_option("--config", flags.config);
  app.add_flag("--json", switches.json);
  app.add_flag("-v,--verbose", switches.verbose);
  app.require_subcommand(1);
  app.fallthrough();
  app.add_subcommand("time");
  app.add_subcommand("token");
  app.add_subcommand("status");
  add_sources(*app.add_subcommand("sample"), flags, switches.sample);
  add_sources(*app.add_subcommand("doctor"), flags, switches.sample);
  for (const char* const name : {"run", "send"}) {
    CLI::App* const command = app.add_subcommand(name);
    add_sources(*command, flags, switches.sample);
    add_keys(*command, flags, {"queue_mb", "when_full", "drain", "old_samples"});
  }
  add_keys(*app.get_subcommand("run"), flags, {"sample_s", "send_s", "distance_m"});
  CLI::App* const send = app.get_subcommand("send");
  send->add_flag("--async", switches.async);
  send->add_flag("--show-passwords", switches.show_passwords);
  CLI::App* const queue = app.add_subcommand("queue");
  queue->require_subcommand(1);
  queue->fallthrough();
  queue->add_subcommand("export")->add_flag("--quarantine", switches.quarantine);
  CLI::App* const purge = queue->add_subcommand("purge");
  purge->add_flag("--quarantine", switches.quarantine);
  purge->add_flag("--yes", switches.yes);
  queue->add_subcommand("quarantine")->add_flag("--release", switches.release);

  const CLI::App* command = &app;
  const auto find_command = [&] {
    for (command = &app; !command->get_subcommands().empty();
         command = command->get_subcommands().front()) {
      if (command != &app) invocation.command += ' ';
      invocation.command += command->get_subcommands().front()->get_name();
    }
  };
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    find_command();
    cli::print(cli::trimmed(cli::help(invocation.command)));
    return cli::Exit::ok;
  } catch (const CLI::CallForVersion&) {
    cli::print("here-tracking " HERE_TRACKING_VERSION);
    return cli::Exit::ok;
  } catch (const CLI::ArgumentMismatch& error) {
    throw cli::Failure(cli::Exit::usage, misused_flag(error) + ": see here-tracking --help");
  } catch (const CLI::ConversionError&) {
    // The value stays unnamed: it could be a secret.
    throw cli::Failure(cli::Exit::usage,
                       "a switch such as --json: must have no value: see here-tracking --help");
  } catch (const CLI::ParseError& error) {
    find_command();
    const std::string unknown = unknown_argument(app);
    const std::string what =
        !unknown.empty()             ? "unknown argument " + cli::printable(unknown, 60)
        : invocation.command.empty() ? std::string("no command: must be one of ") + commands
        : invocation.command == "queue"
            ? std::string("queue: must be followed by export, purge or quarantine")
            : std::string(error.what());
    throw cli::Failure(cli::Exit::usage, what + ": see here-tracking --help");
  }

  find_command();
  invocation.flags = flag_settings(app, *command, flags);
  invocation.flags.sources = sources_in_order(*command);
  if (app.count("--config") != 0) {
    if (flags.config.empty()) {
      throw cli::Failure(cli::Exit::usage, "--config has no value: must have one");
    }
    invocation.config = flags.config;
  }
  invocation.environment = [](const char* name) { return std::getenv(name); };
  return execute(invocation);
}

int fail(cli::Exit exit, const char* text) {
  cli::complain("error", text);
  return static_cast<int>(exit);
}

}  // namespace

int main(int argc, char** argv) {
  occupy_standard_descriptors();
  forbid_core_dump();
  static_cast<void>(
      std::signal(SIGPIPE, SIG_IGN));  // a reader that has gone is an error like a full disk
  try {
    return static_cast<int>(run(argc, argv));
  } catch (const cli::Failure& failure) {
    return fail(failure.exit(), failure.what());
  } catch (const std::exception& error) {
    return fail(cli::Exit::local, error.what());
  }
}
