// SPDX-License-Identifier: Apache-2.0
#include "options.hpp"

#include "state_owner.hpp"

#include <cerrno>
#include <utility>

#include <unistd.h>

namespace here_tracking::cli {
namespace {

/// Where the command line names none.
Setting config_file(const Environment& environment) {
  const char* const file = environment("HERE_TRACKING_CONFIG");
  if (file != nullptr && *file != '\0') return {file, "HERE_TRACKING_CONFIG"};
  return {access(default_config, F_OK) == 0 ? default_config : "", "config file"};
}

}  // namespace

Options load_options(const Invocation& invocation) {
  Options options;
  static_cast<Switches&>(options) = invocation.switches;
  Settings from_file;
  Setting config{invocation.config, "--config"};
  if (config.value.empty()) config = config_file(invocation.environment);
  if (!config.value.empty()) {
    from_file = parse_config(read_file(config, Exit::configuration), config.value);
  }
  const std::string& command = invocation.command;
  // An ordinary user may look at what this machine's tracker would measure.
  if ((command == "sample" || command == "time") && from_file.credentials &&
      access(from_file.credentials->value.c_str(), R_OK) != 0 && errno == EACCES) {
    from_file.credentials.reset();
  }
  try {
    options.credentials = find_credentials(invocation.flags, invocation.environment, from_file);
  } catch (const Failure& failure) {
    if (command != "doctor") throw;
    options.credentials_failure = failure;
  }
  options.settings =
      overlay(overlay(invocation.flags, environment_settings(invocation.environment)),
              std::move(from_file));
  options.tracking = tracking(options.settings);
  const bool is_about_state =
      command == "doctor" || command == "status" || command.substr(0, 5) == "queue";
  if (options.settings.state_dir) {
    options.state_dir = *options.settings.state_dir;
  } else if (options.credentials || is_about_state) {
    options.state_dir = default_state_dir(invocation.environment);
  }
  become_owner(options.state_dir);
  return options;
}

}  // namespace here_tracking::cli
