// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "here_tracking/telemetry.hpp"

#include <random>
#include <string>

#include <nlohmann/json.hpp>

/// What became of a telemetry object that was said in C++.
struct Said {
  bool sayable = true;
  std::string why_not;           ///< Where it is not sayable
  here_tracking::Status status;  ///< Of the last call to Sample; all before were ok
  bool unchanged = true;         ///< What a refusal left of the sample is what was there before
};

/// Says a telemetry object to `sample`: through the C++ types, one call for each measurement, in a
/// random order that keeps only the items of a list in theirs.
Said say(const nlohmann::json& telemetry, here_tracking::Sample& sample, std::mt19937& random);
