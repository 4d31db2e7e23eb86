// SPDX-License-Identifier: Apache-2.0
#include "options.hpp"

#include <utility>

namespace here_tracking::cli {

Options load_options(const Invocation& invocation) {
  Options options;
  static_cast<Switches&>(options) = invocation.switches;
  Settings from_file;
  if (!invocation.config.empty()) {
    from_file = parse_config(read_file({invocation.config, "--config"}, Exit::configuration),
                             invocation.config);
  }
  const std::string& command = invocation.command;
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
  return options;
}

}  // namespace here_tracking::cli
