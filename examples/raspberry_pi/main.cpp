// SPDX-License-Identifier: Apache-2.0
#include "commands.hpp"
#include "console.hpp"
#include "failure.hpp"
#include "help.hpp"
#include "settings.hpp"
#include "text.hpp"

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

namespace {

namespace cli = here_tracking::cli;

struct Flags {
  std::string url;
  std::string ca_file;
  std::string credentials;
  std::string state_dir;
  std::string config;
  std::vector<std::string> nmea;
  std::vector<std::string> gpsd;
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
  for (const CLI::Option* const option : command.parse_order()) {
    const std::string name = option->get_name();
    if (name == "--nmea") take(option, cli::SourceKind::nmea, "--nmea");
    if (name == "--gpsd") take(option, cli::SourceKind::gpsd, "--gpsd");
    if (name == "--scan") take(option, cli::SourceKind::scan, "--scan");
    if (name == "--system") take(option, cli::SourceKind::system, "--system");
    if (name == "--payload") take(option, cli::SourceKind::payload, "--payload");
  }
  return sources;
}

cli::Settings flag_settings(const CLI::App& app, const Flags& flags) {
  cli::Settings settings;
  const auto take = [&app](const char* name, const std::string& value,
                           std::optional<cli::Setting>& into) {
    if (app.count(name) == 0) return;
    if (value.empty()) {
      throw cli::Failure(cli::Exit::usage, std::string(name) + " has no value: must have one");
    }
    into = cli::Setting{value, name};
  };
  take("--url", flags.url, settings.url);
  take("--ca-file", flags.ca_file, settings.ca_file);
  take("--credentials", flags.credentials, settings.credentials);
  take("--state-dir", flags.state_dir, settings.state_dir);
  return settings;
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

void run(int argc, char** argv) {
  CLI::App app;
  Flags flags;
  cli::Options options;
  app.set_help_flag("-h,--help");
  app.set_version_flag("--version", "");
  app.add_option("--url", flags.url);
  app.add_option("--ca-file", flags.ca_file);
  app.add_option("--credentials", flags.credentials);
  app.add_option("--state-dir", flags.state_dir);
  app.add_option("--config", flags.config);
  app.add_flag("--json", options.json);
  app.add_flag("-v,--verbose", options.verbose);
  app.require_subcommand(1);
  app.fallthrough();
  app.add_subcommand("time");
  app.add_subcommand("token");
  CLI::App* const sample = app.add_subcommand("sample");
  CLI::App* const send = app.add_subcommand("send");
  add_sources(*sample, flags, options.sample);
  add_sources(*send, flags, options.sample);
  send->add_flag("--async", options.async);
  send->add_flag("--show-passwords", options.show_passwords);

  const auto command_name = [&app] {
    const std::vector<CLI::App*> chosen = app.get_subcommands();
    return chosen.empty() ? std::string() : chosen.front()->get_name();
  };
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    return cli::print(cli::trimmed(cli::help(command_name())));
  } catch (const CLI::CallForVersion&) {
    return cli::print("here-tracking " HERE_TRACKING_VERSION);
  } catch (const CLI::ArgumentMismatch& error) {
    throw cli::Failure(cli::Exit::usage, misused_flag(error) + ": see here-tracking --help");
  } catch (const CLI::ConversionError&) {
    // The value stays unnamed: it could be a secret.
    throw cli::Failure(cli::Exit::usage,
                       "a switch such as --json: must have no value: see here-tracking --help");
  } catch (const CLI::ParseError& error) {
    const std::string unknown = unknown_argument(app);
    const std::string what = !unknown.empty() ? "unknown argument " + cli::printable(unknown, 60)
                             : command_name().empty()
                                 ? "no command: must be time, token, sample or send"
                                 : std::string(error.what());
    throw cli::Failure(cli::Exit::usage, what + ": see here-tracking --help");
  }

  const cli::Environment environment = [](const char* name) { return std::getenv(name); };
  cli::Settings from_flags = flag_settings(app, flags);
  from_flags.sources = sources_in_order(*app.get_subcommands().front());
  cli::Settings from_file;
  if (app.count("--config") != 0) {
    from_file = cli::parse_config(
        cli::read_file({flags.config, "--config"}, cli::Exit::configuration), flags.config);
  }
  options.credentials = cli::find_credentials(from_flags, environment, from_file);
  options.settings =
      cli::overlay(cli::overlay(std::move(from_flags), cli::environment_settings(environment)),
                   std::move(from_file));
  if (options.settings.state_dir) {
    options.state_dir = *options.settings.state_dir;
  } else if (options.credentials) {
    options.state_dir = cli::default_state_dir(environment);
  }

  const std::string command = command_name();
  if (command == "time") cli::show_time(options);
  if (command == "token") cli::show_token(options);
  if (command == "sample") cli::show_sample(options);
  if (command == "send") cli::send(options);
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
    run(argc, argv);
    return static_cast<int>(cli::Exit::ok);
  } catch (const cli::Failure& failure) {
    return fail(failure.exit(), failure.what());
  } catch (const std::exception& error) {
    return fail(cli::Exit::local, error.what());
  }
}
