// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "here_tracking/gather.hpp"
#include "here_tracking/hooks.hpp"
#include "here_tracking/hooks/sector_storage.hpp"
#include "here_tracking/span.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

/// The contract of the hooks as a program: what a porter runs on the board before anything else.
/// Linked only if it is called.

namespace here_tracking {

/// What self_test() can find, a bit each, and what to do about it.
enum class HookFault : std::uint32_t {
  // Clock
  clock_missing = 1U << 0U,    ///< now_ms() is negative. Without a clock nothing can be sent.
  clock_backwards = 1U << 1U,  ///< now_ms() decreased. Take a timer that nobody sets, and read its
                               ///< high and low half as one, also while it overflows.
  clock_stopped = 1U << 2U,    ///< now_ms() did not change in 10 million calls. Start the timer.
  boot_id_missing = 1U << 3U,  ///< A warning: it is 0, so each start costs a request for the time.
                               ///< Count starts in the storage, or draw it at start.
  boot_id_changed = 1U << 4U,  ///< It differs from call to call. Keep it until the next start.

  // Entropy
  entropy_failed = 1U << 5U,      ///< fill() did not return ok. Without it nothing can be sent.
  entropy_incomplete = 1U << 6U,  ///< A byte is never written, or always the same. Fill all of
                                  ///< `into`, also where its size is no multiple of a word.
  entropy_overrun = 1U << 7U,  ///< It wrote beyond the end of `into`. Copy the last word in part.
  entropy_repeats = 1U << 8U,  ///< Two fills were the same. Wait for the generator to be ready.

  // Storage
  storage_missing = 1U << 9U,     ///< A warning: each start costs two requests.
  storage_failed = 1U << 10U,     ///< A call returned hook_failed or what it must not return.
  storage_data = 1U << 11U,       ///< load() gave another size or other bytes than were stored:
                                  ///< records are bytes, not text, and a shorter one replaces a
                                  ///< longer one as a whole.
  storage_large = 1U << 12U,      ///< A record of half the memory is not kept. The token's takes
                                  ///< its size plus 36 bytes: give it room.
  storage_empty = 1U << 13U,      ///< A record of no bytes is not ok, with size 0.
  storage_absent = 1U << 14U,     ///< load() of what was never stored, or was erased, is not
                                  ///< no_data, or erase() of it is not ok.
  storage_too_small = 1U << 15U,  ///< load() into less than the record takes is not
                                  ///< buffer_too_small, or wrote beyond.
  storage_names = 1U << 16U,      ///< Two names of 16 characters that differ in the last one are
                                  ///< the same record, or cannot be stored. Do not cut names.

  // SectorStorage
  sectors_geometry = 1U << 17U,  ///< geometry() breaks a rule of SectorGeometry, or changes.
  sectors_failed = 1U << 18U,    ///< A call did not return ok.
  sectors_erase = 1U << 19U,     ///< An erased sector does not read as 0xff.
  sectors_program = 1U << 20U,   ///< What was programmed is not what is read: look at pages that
                                 ///< a write crosses, and at reads that are not aligned.
  sectors_overlap = 1U << 21U,   ///< Programming or erasing one sector changed another.

  // Transport
  transport_missing = 1U << 22U,  ///< Without it nothing can be sent.
  transport_status = 1U << 23U,   ///< To a port on which nobody listens, exchange() said ok, gave a
                                  ///< code that is not one of its own, or called the handler.
  transport_late = 1U << 24U,     ///< It took longer than HttpRequest::timeout_ms by a quarter, at
                                  ///< least 500 ms. Count name resolution and the handshake, too.
  service_failed = 1U << 25U,     ///< exchange() with the service failed, or it did not answer 200.
                                  ///< The code says why: network, certificates, `base_url`.
  transport_response = 1U << 26U,   ///< The response was not handed over as ResponseHandler says: a
                                    ///< status first, headers without white space around them, the
                                    ///< whole body without what it was transferred in.
  transport_break_off = 1U << 27U,  ///< on_body() returned false, and exchange() did not return
                                    ///< response_too_large, or the next exchange() failed.

  // Sources
  source_late = 1U << 28U,     ///< One took longer than it was given, as gather() sees it.
  source_failed = 1U << 29U,   ///< One returned hook_failed or not_provided.
  source_status = 1U << 30U,   ///< One returned a code that is not one of its own, or ok though it
                               ///< had nothing: that is no_data.
  source_refused = 1U << 31U,  ///< One gave a value that the service would refuse; the line says
                               ///< which. Look at units and at "unknown" in place of a number.
};

/// The name, as it is spelled above. Static text.
[[nodiscard]] const char* to_string(HookFault fault);

/// Some faults.
class HookFaults {
 public:
  constexpr void add(HookFault fault) { bits_ |= static_cast<std::uint32_t>(fault); }
  [[nodiscard]] constexpr bool has(HookFault fault) const {
    return (bits_ & static_cast<std::uint32_t>(fault)) != 0;
  }
  [[nodiscard]] constexpr bool none() const { return bits_ == 0; }
  /// Whether the device can work as it is: there is nothing but warnings.
  [[nodiscard]] constexpr bool usable() const { return (bits_ & ~warnings) == 0; }
  [[nodiscard]] constexpr std::uint32_t bits() const { return bits_; }

 private:
  static constexpr std::uint32_t warnings = static_cast<std::uint32_t>(HookFault::boot_id_missing) |
                                            static_cast<std::uint32_t>(HookFault::storage_missing);
  std::uint32_t bits_ = 0;
};

/// What self_test() is given. All is borrowed; `hooks.log` gets a line for each thing found.
struct SelfTest {
  static constexpr std::size_t min_memory_bytes = 512;

  Hooks hooks;
  /// At least min_memory_bytes. Half of it is the largest record that is stored, so 4400 bytes show
  /// whether there is room for a token of 2 KiB; the samples of `sources` are written into it.
  Span<std::uint8_t> memory;

  SectorStorage* sectors = nullptr;
  /// DESTROYED: so many sectors from the first one on are erased, written and left erased. 0 tests
  /// the geometry alone; 1 does not show whether sectors overlap.
  std::uint32_t first_spare_sector = 0;
  std::uint32_t spare_sector_count = 0;

  const Sources* sources = nullptr;

  /// As ClientConfig::base_url: `GET /v2/timestamp` is sent there three times, which needs neither
  /// licence nor token. Empty: nothing leaves the device.
  std::string_view base_url;
};

/// Tries whether the hooks keep their contracts, as far as that can be seen from outside within one
/// run; not whether they outlive a power cut, nor whether random bytes are random.
///
/// Blocks for as long as the hooks do: the transport 3 s at most without a network, the sources
/// their timeouts, each spare sector an erase, a write and an erase. A clock that stands takes 10
/// million calls to be found out. Records named "self_test" and "self_test_name_a" and "_b" are
/// made and removed.
///
/// @return what was found; clock_missing and so on where that hook is not there. Source records
///         (SourceSlot) are not touched. With less than min_memory_bytes nothing is tested, and all
///         bits are set.
HookFaults self_test(const SelfTest& device);

}  // namespace here_tracking
