// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

namespace emulator {

struct CertificateFiles {
  std::filesystem::path ca;  // what a client is to trust; empty when the certificate is foreign
  std::filesystem::path certificate;
  std::filesystem::path key;
};

// `kind` is valid, expired, wrong-host or self-signed. Makes what is missing in `directory`: a CA
// for 10 years, and a server certificate of that kind. Throws std::runtime_error with one line.
CertificateFiles prepare_certificates(const std::filesystem::path& directory,
                                      const std::string& kind);

}  // namespace emulator
