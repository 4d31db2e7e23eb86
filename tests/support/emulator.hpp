// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

/// A running emulator, for as long as the object lives. Speaks to its control interface.
class Emulator {
 public:
  explicit Emulator(std::vector<std::string> arguments = {});
  ~Emulator();
  Emulator(const Emulator&) = delete;
  Emulator& operator=(const Emulator&) = delete;

  [[nodiscard]] const std::string& url() const { return url_; }
  [[nodiscard]] const std::string& ca_file() const { return ca_file_; }
  [[nodiscard]] const std::string& directory() const { return directory_; }

  /// A request to the control interface; fails the test unless it is answered 2xx.
  std::string control(const std::string& method, const std::string& path,
                      const std::string& body = {}) const;

  /// One of the counts in /control/state.
  [[nodiscard]] std::int64_t count(const std::string& name) const;

  /// "POST /v2/token 200" for each request that came in, in order.
  [[nodiscard]] std::vector<std::string> requests() const;

 private:
  std::string directory_;
  std::string url_;
  std::string control_url_;
  std::string ca_file_;
  int pid_ = -1;
};
