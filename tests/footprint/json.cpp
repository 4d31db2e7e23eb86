// SPDX-License-Identifier: Apache-2.0
// A reader of JSON alone: the library's, or RapidJSON's in the leanest way to use it, in place,
// without recursion, numbers as text, on a stack of a fixed size.
#ifdef USE_RAPIDJSON
#include "rapidjson.hpp"
#else
#include "core/json_reader.hpp"
#endif

#include <array>
#include <cstdint>
#include <string_view>

#ifdef USE_RAPIDJSON
#include <rapidjson/reader.h>
#endif

std::array<char, 8192> work_memory;
volatile std::uint32_t size;

namespace {

#ifdef USE_RAPIDJSON
class Counter final {
 public:
  bool Null() { return count(1); }
  bool Bool(bool value) { return count(value ? 1 : 2); }
  bool Int(int) { return false; }
  bool Uint(unsigned) { return false; }
  bool Int64(std::int64_t) { return false; }
  bool Uint64(std::uint64_t) { return false; }
  bool Double(double) { return false; }
  bool RawNumber(const char*, unsigned length, bool) { return count(length); }
  bool String(const char*, unsigned length, bool) { return count(length); }
  bool Key(const char*, unsigned length, bool) { return count(length); }
  bool StartObject() { return count(1); }
  bool EndObject(unsigned) { return count(2); }
  bool StartArray() { return count(3); }
  bool EndArray(unsigned) { return count(4); }
#else
class Counter final : public here_tracking::JsonHandler {
 public:
  bool on_part(const here_tracking::JsonPart& part) override { return count(part.text.size()); }
#endif
  [[nodiscard]] std::uint32_t sum() const {
    return sum_;
  }

 private:
  bool count(std::size_t number) {
    sum_ = sum_ * 31 + static_cast<std::uint32_t>(number);
    return true;
  }
  std::uint32_t sum_ = 0;
};

}  // namespace

extern "C" std::uint32_t firmware() {
  Counter counter;
#ifdef USE_RAPIDJSON
  namespace rj = here_tracking_rapidjson;
  using Levels = here_tracking::FixedAllocator<33 * 2 * sizeof(rj::SizeType)>;
  Levels levels;
  rj::GenericReader<rj::UTF8<>, rj::UTF8<>, Levels> reader(&levels, sizeof(Levels));
  rj::InsituStringStream stream(work_memory.data());
  constexpr unsigned flags = rj::kParseIterativeFlag | rj::kParseInsituFlag |
                             rj::kParseNumbersAsStringsFlag | rj::kParseValidateEncodingFlag;
  const bool failed = reader.Parse<flags>(stream, counter).IsError();
#else
  const bool failed = here_tracking::parse_json({work_memory.data(), size}, 32, counter) !=
                      here_tracking::JsonResult::ok;
#endif
  return counter.sum() + (failed ? 1 : 0);
}
