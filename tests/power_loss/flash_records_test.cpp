// SPDX-License-Identifier: Apache-2.0
#include "flash_records.hpp"

#include "support/catch.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <string>
#include <vector>

namespace ht = here_tracking;

namespace {

/// The file of the flash. Power ends in the middle of the write that is counted down to.
struct {
  std::vector<std::uint8_t> cells;
  int writes_left = -1;  // -1: power stays
} file;

}  // namespace

namespace semihosting {

File::File(const char* name, Mode mode) {
  (void)name;
  if (mode == Mode::create) file.cells.assign(board::NorFlash::sectors * 4096U, 0);
  handle_ = file.cells.empty() ? -1 : 0;
}

bool File::read(std::uint32_t offset, ht::Span<std::uint8_t> into) {
  std::copy_n(file.cells.begin() + offset, into.size(), into.begin());
  return true;
}

bool File::write(std::uint32_t offset, ht::Span<const std::uint8_t> bytes) {
  if (file.writes_left == 0) return false;
  const bool torn = file.writes_left == 1;
  std::copy_n(bytes.begin(), torn ? bytes.size() / 2 : bytes.size(), file.cells.begin() + offset);
  if (file.writes_left > 0) --file.writes_left;
  return !torn;
}

}  // namespace semihosting

namespace {

class Device {
 public:
  ht::Status store(std::string_view name, const std::string& text) {
    return records_.store(name, {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
  }
  ht::Status erase(std::string_view name) { return records_.erase(name); }
  /// "-": there is none.
  std::string load(std::string_view name) {
    std::array<std::uint8_t, 8192> memory;
    std::size_t size = 0;
    if (records_.load(name, memory, size) == ht::Code::no_data) return "-";
    return {memory.begin(), memory.begin() + static_cast<std::ptrdiff_t>(size)};
  }

 private:
  ht::NoLog log_;
  board::NorFlash flash_{"flash.bin", log_};
  board::FlashRecords records_{flash_, 0};
};

const std::string before(3000, 'b');
const std::string after(5000, 'a');

/// Cuts power in each write of `change`, and once in none. Returns how many cuts there were.
template <typename Change, typename Check>
int with_each_cut(Change change, Check check) {
  for (int cut = 1;; ++cut) {
    file = {};
    Device device;
    REQUIRE(device.store("other", "x").ok());
    REQUIRE(device.store("token", "older").ok());
    REQUIRE(device.store("token", before).ok());
    file.writes_left = cut;
    const bool done = change(device).ok();
    file.writes_left = -1;
    Device restarted;
    check(restarted, done);
    CHECK(restarted.load("other") == "x");
    CHECK(restarted.store("token", "newer").ok());
    CHECK(restarted.load("token") == "newer");
    if (done) return cut - 1;
  }
}

}  // namespace

TEST_CASE("after a power cut the firmware's flash has the old record or the new one") {
  const int cuts = with_each_cut([](Device& device) { return device.store("token", after); },
                                 [](Device& device, bool done) {
                                   const std::string found = device.load("token");
                                   CHECK((found == after || (!done && found == before)));
                                 });
  CHECK(cuts > 40);
}

TEST_CASE("after a power cut a record that was being erased is there as it was, or not at all") {
  with_each_cut([](Device& device) { return device.erase("token"); },
                [](Device& device, bool done) {
                  const std::string found = device.load("token");
                  CHECK((found == "-" || (!done && found == before)));
                });
}

TEST_CASE("an erased record leaves nothing of itself in the flash") {
  file = {};
  Device device;
  REQUIRE(device.store("token", "older secret").ok());
  REQUIRE(device.store("token", "secret").ok());
  REQUIRE(device.erase("token").ok());
  const std::string secret = "secret";
  CHECK(std::search(file.cells.begin(), file.cells.end(), secret.begin(), secret.end()) ==
        file.cells.end());
}

TEST_CASE("the firmware's flash refuses to program what is not erased") {
  file = {};
  ht::NoLog log;
  board::NorFlash flash("flash.bin", log);
  const std::array<std::uint8_t, 2> bytes = {0x12, 0x34};
  REQUIRE(flash.program(100, bytes).ok());
  CHECK(flash.program(101, bytes) == ht::Code::hook_failed);
  CHECK(flash.program(102, bytes).ok());
}
