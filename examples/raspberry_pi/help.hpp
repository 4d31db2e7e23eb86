// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace here_tracking::cli {

/// The help of a command; of the whole program for any other name. Ends in a line end.
[[nodiscard]] std::string help(std::string_view command);

}  // namespace here_tracking::cli
