// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "here_tracking/hooks/storage.hpp"
#include "here_tracking/telemetry.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace here_tracking::cli {

/// What the service knows of client and SIM: kept from one run of the program to the next, up to
/// the next boot, for one device at one service.
class StaticData {
 public:
  /// @param storage borrowed. Its record "reported" holds fingerprints, nothing personal.
  /// @param boot_id as of Clock; 0 keeps nothing.
  StaticData(Storage& storage, std::string_view url, std::string_view device_id,
             std::uint64_t boot_id);

  Reported* client() { return &client_; }
  Reported* sim() { return &sim_; }

  /// The sample is in the queue, where it cannot get lost.
  /// @return as Storage::store().
  Status confirm();

  /// Samples were lost after all: client and SIM go out once more.
  void forget();

 private:
  Status keep();

  Storage& storage_;
  std::string key_;  // what the record begins with
  bool kept_;
  Reported client_;
  Reported sim_;
};

}  // namespace here_tracking::cli
