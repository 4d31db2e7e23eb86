// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "here_tracking/hooks/log.hpp"
#include "here_tracking/span.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace board {

/// What a device gets in production: who it is, where its service is, whom it trusts. Here two
/// files of the host, device.txt with lines "key = value" and ca.pem.
class Provisioning {
 public:
  /// False: something is missing; a line says what.
  bool load(here_tracking::Log& log);

  [[nodiscard]] std::string_view url() const { return url_; }
  [[nodiscard]] std::string_view device_id() const { return device_id_; }
  [[nodiscard]] std::string_view device_secret() const { return device_secret_; }
  /// PEM, with its terminator.
  [[nodiscard]] here_tracking::Span<const std::uint8_t> root() const {
    return {root_.data(), root_size_};
  }

 private:
  std::array<char, 512> text_{};
  std::array<std::uint8_t, 4096> root_{};
  std::size_t root_size_ = 0;
  std::string_view url_;
  std::string_view device_id_;
  std::string_view device_secret_;
};

}  // namespace board
