// SPDX-License-Identifier: Apache-2.0
#include "provisioning.hpp"

#include "semihosting.hpp"

#include <algorithm>

namespace board {
namespace {

/// Into all of `into` but the last byte, which stays as it is. Returns how many bytes.
std::size_t read_file(const char* name, here_tracking::Span<std::uint8_t> into) {
  semihosting::File file(name, semihosting::Mode::read);
  return file.is_open() ? file.read({into.data(), into.size() - 1}) : 0;
}

bool starts_with(std::string_view text, std::string_view start) {
  return text.size() >= start.size() && std::equal(start.begin(), start.end(), text.begin());
}

/// The value of "key = value" in `text`; empty: there is none.
std::string_view value_of(std::string_view text, std::string_view key) {
  constexpr std::string_view separator = " = ";
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line(text.data(), end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (!starts_with(line, key)) continue;
    line.remove_prefix(key.size());
    if (!starts_with(line, separator)) continue;
    line.remove_prefix(separator.size());
    return line;
  }
  return {};
}

}  // namespace

bool Provisioning::load(here_tracking::Log& log) {
  using here_tracking::LogLevel;
  const std::size_t size =
      read_file("device.txt", {reinterpret_cast<std::uint8_t*>(text_.data()), text_.size()});
  const std::string_view text(text_.data(), size);
  url_ = value_of(text, "url");
  device_id_ = value_of(text, "device_id");
  device_secret_ = value_of(text, "device_secret");
  if (url_.empty() || device_id_.empty() || device_secret_.empty()) {
    log.write(LogLevel::error, "device.txt: must give url, device_id and device_secret");
    return false;
  }
  root_size_ = read_file("ca.pem", root_) + 1;
  if (root_size_ == 1) log.write(LogLevel::error, "ca.pem: must be there");
  return root_size_ > 1;
}

}  // namespace board
