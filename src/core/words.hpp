// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "text.hpp"

#include <cstddef>

namespace here_tracking {

/// Which of the texts in `words`, each of which ends with a zero. Beyond the last one "".
[[nodiscard]] const char* word_at(const char* words, std::size_t index);

/// Texts with a terminator, one behind the other; nullptr is none.
void append_words(TextBuilder& text, const char* first, const char* second = nullptr,
                  const char* third = nullptr);

}  // namespace here_tracking
