// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "here_tracking/queue.hpp"

#include "support/cuttable_storage.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

/// Cuts the power of a device that works with a SampleQueue, and looks what is left.
namespace power_loss {

using MakeStorage = std::function<std::unique_ptr<CuttableStorage>()>;

struct Cut {
  std::uint64_t operation = 0;  ///< Since the power came back
  std::uint32_t byte = 0;
};

struct Case {
  here_tracking::QueueConfig config;
  std::uint32_t restart_seed = 0;
  std::vector<Cut> cuts;  ///< Each counts from the restart after the one before.
};

struct Outcome {
  std::string error;            ///< Empty: all that was promised held.
  std::size_t cuts = 0;         ///< How many of the cuts came to pass
  std::uint32_t cut_bytes = 0;  ///< Of the operation that the last one was in
};

/// Appends, sends, releases, fills the queue up, drains it; with the cuts.
Outcome run(const MakeStorage& make, const Case& scenario);

/// "nor:thin_out:live_first:r3:op=17,byte=5;op=4,byte=0"
std::string to_text(const std::string& storage, const Case& scenario);
/// False: it is not about this storage, or is not in that form.
bool parse(const std::string& text, const std::string& storage, Case& scenario);

/// Every operation is cut at every byte; and, at random, again while it recovers.
/// With HERE_TRACKING_CUT=<text of to_text()> just that one. HERE_TRACKING_CUTS=<n>: how many pairs
/// of cuts are drawn for each configuration. Checks with Catch.
void prove(const std::string& storage, const MakeStorage& make,
           const std::vector<std::uint32_t>& restart_seeds);

}  // namespace power_loss
