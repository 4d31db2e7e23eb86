// SPDX-License-Identifier: Apache-2.0
#include "words.hpp"

#include <cstring>

namespace here_tracking {

const char* word_at(const char* words, std::size_t index) {
  for (; index != 0 && *words != '\0'; --index)
    words += std::strlen(words) + 1;
  return words;
}

void append_words(TextBuilder& text, const char* first, const char* second, const char* third) {
  for (const char* word : {first, second, third}) {
    if (word != nullptr) text.append(word);
  }
}

}  // namespace here_tracking
