// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "file_descriptor.hpp"

#include <chrono>
#include <memory>
#include <string>

#include <netdb.h>

namespace here_tracking {

using Time = std::chrono::steady_clock::time_point;
using Addresses = std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)>;

/// @param error 0, or what ::gai_strerror() knows. The resolver takes its own time.
Addresses resolve(const std::string& host, const std::string& port, int& error);

/// @param error 0, or an errno. The socket does not block.
FileDescriptor connect_to_any(const addrinfo* addresses, Time deadline, int& error);

/// False once `deadline` has come, even for a peer that never pauses.
bool wait_for(int fd, short events, Time deadline);

}  // namespace here_tracking
