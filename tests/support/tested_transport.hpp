// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "here_tracking/client.hpp"
#include "here_tracking/platform/linux.hpp"

#include <string>

#if defined(TESTED_TRANSPORT_MBEDTLS)

#include "here_tracking/transport/mbedtls.hpp"

#include <array>
#include <ctime>
#include <fstream>
#include <iterator>
#include <utility>
#include <vector>

/// A PEM file as the bytes of a root certificate; empty when it cannot be read.
inline std::vector<std::uint8_t> read_root(const std::string& path) {
  std::ifstream file(path);
  std::vector<std::uint8_t> bytes{std::istreambuf_iterator<char>(file), {}};
  if (!bytes.empty()) bytes.push_back('\0');
  return bytes;
}

/// mbedTLS as a device has it: over a byte stream, by server time alone.
class TestedTransport {
 public:
  TestedTransport(const std::string& ca_file, here_tracking::Log* log,
                  here_tracking::Storage* storage)
      : root_(read_root(ca_file)), roots_{{root_.data(), root_.size()}} {
    here_tracking::MbedtlsOptions options;
    options.stream = &stream_;
    options.clock = &clock_;
    options.entropy = &entropy_;
    options.time = &time_;
    if (storage != nullptr) options.storage = storage;
    if (log != nullptr) options.log = log;
    if (!root_.empty()) options.roots = roots_;
    options.not_before_s = std::time(nullptr);
    own_.resize(here_tracking::MbedtlsTransport::own_bytes() / sizeof(own_[0]) + 1);
    transport_.emplace(
        options,
        here_tracking::MbedtlsMemory{
            {reinterpret_cast<std::uint8_t*>(own_.data()), own_.size() * sizeof(own_[0])}, {}});
  }

  here_tracking::Transport& get() { return *transport_; }
  void follow(here_tracking::Client& client) { time_.follow(client); }

 private:
  std::vector<std::uint8_t> root_;
  here_tracking::Span<const std::uint8_t> roots_[1];
  here_tracking::PosixByteStream stream_;
  here_tracking::SystemClock clock_;
  here_tracking::SystemEntropy entropy_;
  here_tracking::ClientTime time_;
  std::vector<std::uint64_t> own_;
  std::optional<here_tracking::MbedtlsTransport> transport_;
};

#else

#include "here_tracking/transport/curl.hpp"

class TestedTransport {
 public:
  TestedTransport(const std::string& ca_file, here_tracking::Log* log,
                  here_tracking::Storage* storage)
      : transport_({ca_file, log}) {
    (void)storage;
  }

  here_tracking::CurlTransport& get() { return transport_; }
  void follow(here_tracking::Client&) {}

 private:
  here_tracking::CurlTransport transport_;
};

#endif
