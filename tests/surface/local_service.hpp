// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "request_log.hpp"
#include "service.hpp"

#include <string>
#include <vector>

/// The emulator without its network, with a device that has a token. Its clock stands at the end of
/// the times that telemetry may have, since it takes none from the future.
class LocalService {
 public:
  LocalService();

  struct Answer {
    int status = 0;
    std::string body;
    std::vector<std::string> violations;
  };
  /// POST /v2/
  Answer post(const std::string& body);

 private:
  emulator::RequestLog log_{true};
  emulator::Service service_;
  std::string token_;
};
