// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "here_tracking/telemetry.hpp"

#include "failure.hpp"
#include "settings.hpp"

#include <optional>
#include <string>

namespace here_tracking::cli {

/// What is either given or not.
struct Switches {
  bool json = false;
  bool verbose = false;
  bool async = false;
  bool show_passwords = false;
  bool quarantine = false;
  bool release = false;
  bool yes = false;
  SampleOptions sample;
};

/// The command line, taken apart.
struct Invocation {
  std::string command;  ///< "queue export" for one of two words
  Switches switches;
  Settings flags;
  std::string config;  ///< File; empty: HERE_TRACKING_CONFIG, else default_config if there is one
  Environment environment;
};

struct Options : Switches {
  Settings settings;
  Tracking tracking;
  std::optional<Credentials> credentials;
  std::optional<Failure> credentials_failure;  ///< Of doctor alone, which goes on without them
  /// Empty without credentials, as what is kept there belongs to a device, unless it was given or
  /// the command is about nothing else.
  Setting state_dir;
};

/// Reads what the command line names, config file and credentials; then see become_owner(). Where a
/// command needs none, credentials that the config file names and this user cannot read count as
/// none.
/// @throws Failure.
[[nodiscard]] Options load_options(const Invocation& invocation);

}  // namespace here_tracking::cli
