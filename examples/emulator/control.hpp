// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "faults.hpp"
#include "message.hpp"
#include "request_log.hpp"
#include "service.hpp"

namespace emulator {

// Answers one request of the control interface.
class Control {
 public:
  Control(Service& service, RequestLog& log, FaultQueue& faults)
      : service_(service), log_(log), faults_(faults) {}

  // `target` is the path as received, percent-encoded and without the query.
  Reply handle(const std::string& method, const std::string& target, const std::string& body);

 private:
  Reply handle_device(const std::string& method, const std::string& id, const std::string& what,
                      const std::string& body);
  Reply handle_project_token(const std::string& method, const std::string& token);
  Reply put_device(const std::string& id, const std::string& body);
  Reply put_desired(const std::string& id, const std::string& body);
  Reply put_clock(const std::string& body);

  Service& service_;
  RequestLog& log_;
  FaultQueue& faults_;
};

}  // namespace emulator
