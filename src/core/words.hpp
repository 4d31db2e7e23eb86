// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "text.hpp"

namespace here_tracking {

/// Texts with a terminator, one behind the other; nullptr is none.
void append_words(TextBuilder& text, const char* first, const char* second = nullptr,
                  const char* third = nullptr);

}  // namespace here_tracking
