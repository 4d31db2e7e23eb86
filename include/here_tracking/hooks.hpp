// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "here_tracking/hooks/clock.hpp"
#include "here_tracking/hooks/entropy.hpp"
#include "here_tracking/hooks/log.hpp"
#include "here_tracking/hooks/storage.hpp"
#include "here_tracking/hooks/transport.hpp"

namespace here_tracking {

namespace not_provided {
inline NoClock clock;
inline NoEntropy entropy;
inline NoStorage storage;
inline NoTransport transport;
inline NoLog log;
}  // namespace not_provided

/// What a Client needs from the device. Each member defaults to "not provided", so a new port links
/// and runs on its first day, and each call says by its status what is still missing. Clock,
/// entropy and transport are needed to send; storage saves requests after a restart; log is for
/// people.
///
/// The hooks are borrowed: they must outlive the Client.
struct Hooks {
  Clock* clock = &not_provided::clock;
  Entropy* entropy = &not_provided::entropy;
  Storage* storage = &not_provided::storage;
  Transport* transport = &not_provided::transport;
  Log* log = &not_provided::log;
};

}  // namespace here_tracking
