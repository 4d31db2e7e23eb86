// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "here_tracking/telemetry.hpp"

#include "settings.hpp"

#include <optional>

namespace here_tracking::cli {

struct Options {
  Settings settings;
  std::optional<Credentials> credentials;
  Setting state_dir;  ///< Used only with credentials: what is kept there belongs to a device
  bool json = false;
  bool verbose = false;
  bool async = false;
  bool show_passwords = false;
  SampleOptions sample;
};

// Each prints its result, or throws Failure.
void show_time(const Options& options);
void show_token(const Options& options);
void show_sample(const Options& options);
void send(const Options& options);

}  // namespace here_tracking::cli
