// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace here_tracking {

/// How many characters (code points) a text in UTF-8 has; nothing if it is none (RFC 3629: overlong
/// forms and surrogates are none).
[[nodiscard]] std::optional<std::size_t> count_characters(std::string_view text);

}  // namespace here_tracking
