// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "certificates.hpp"
#include "control.hpp"
#include "faults.hpp"
#include "request_log.hpp"
#include "service.hpp"

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>

namespace emulator {

// A start that failed: one line for the user, and the exit code.
class StartError : public std::runtime_error {
 public:
  StartError(int exit_code, const std::string& what)
      : std::runtime_error(what), exit_code_(exit_code) {}
  int exit_code() const { return exit_code_; }

 private:
  int exit_code_;
};

// The two HTTP servers. A thread a connection, so that idle ones keep nobody waiting.
class Servers {
 public:
  Servers(Service& service, RequestLog& log, FaultQueue& faults);
  ~Servers();

  // Binds both ports, 0 being any free one. From then on connections are taken, after start()
  // they are answered. Throws StartError.
  void bind(const std::string& host, int port, int control_port,
            const std::optional<CertificateFiles>& tls);
  int port() const;
  int control_port() const;
  void start();
  void stop();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace emulator
