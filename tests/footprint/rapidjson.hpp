// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

// RapidJSON without heap and assertions, as a firmware would use it.
#define RAPIDJSON_NAMESPACE here_tracking_rapidjson
#define RAPIDJSON_NEW(x) nullptr
#define RAPIDJSON_DELETE(x) ((void)(x))
#define RAPIDJSON_MALLOC(size) nullptr
#define RAPIDJSON_REALLOC(ptr, new_size) nullptr
#define RAPIDJSON_FREE(ptr) ((void)(ptr))
#define RAPIDJSON_ASSERT(x) ((void)0)
#define RAPIDJSON_HAS_STDSTRING 0

namespace here_tracking {

/// RapidJSON's allocator concept on memory of a fixed size, for one stack that asks for all of it
/// at once and, its depth being limited, never for more.
template <std::size_t bytes>
class FixedAllocator {
 public:
  static const bool kNeedFree = false;  // NOLINT(readability-identifier-naming): RapidJSON's name

  void* Malloc(std::size_t size) {  // NOLINT(readability-identifier-naming)
    return size <= bytes ? memory_ : nullptr;
  }
  void* Realloc(void*, std::size_t, std::size_t size) {  // NOLINT(readability-identifier-naming)
    return Malloc(size);
  }
  static void Free(void*) {}  // NOLINT(readability-identifier-naming)

 private:
  alignas(std::size_t) unsigned char memory_[bytes];
};

}  // namespace here_tracking
