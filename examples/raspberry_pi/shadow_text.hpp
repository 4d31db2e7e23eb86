// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace here_tracking::cli {

/// The desired shadow, its WLAN passwords as "********": standard output of a daemon is a log.
/// @throws Failure (refused) when it is no JSON.
[[nodiscard]] std::string without_passwords(std::string_view json);

}  // namespace here_tracking::cli
