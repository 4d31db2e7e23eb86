// SPDX-License-Identifier: Apache-2.0
#include "words.hpp"

namespace here_tracking {

void append_words(TextBuilder& text, const char* first, const char* second, const char* third) {
  for (const char* word : {first, second, third}) {
    for (; word != nullptr && *word != '\0'; ++word)
      text.append(*word);
  }
}

}  // namespace here_tracking
