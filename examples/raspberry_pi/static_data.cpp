// SPDX-License-Identifier: Apache-2.0
#include "static_data.hpp"

#include <array>
#include <charconv>

namespace here_tracking::cli {
namespace {

constexpr std::string_view record_name = "reported";

/// Takes a number and the line end behind it off the front.
bool take_line(std::string_view& text, std::uint64_t& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end == text.data() + text.size() || *end != '\n') return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()) + 1);
  return true;
}

}  // namespace

StaticData::StaticData(Storage& storage, std::string_view url, std::string_view device_id,
                       std::uint64_t boot_id)
    : storage_(storage), kept_(boot_id != 0) {
  key_.append(url).append("\n").append(device_id).append("\n");
  key_.append(std::to_string(boot_id)).append("\n");
  std::array<std::uint8_t, 1024> record{};
  std::size_t size = 0;
  if (!kept_ || !storage_.load(record_name, record, size).ok()) return;
  std::string_view text(reinterpret_cast<const char*>(record.data()), size);
  if (text.substr(0, key_.size()) != key_) return;
  text.remove_prefix(key_.size());
  std::uint64_t client = 0;
  std::uint64_t sim = 0;
  if (!take_line(text, client) || !take_line(text, sim) || !text.empty()) return;
  client_.restore(client);
  sim_.restore(sim);
}

Status StaticData::confirm() {
  const std::uint64_t client = client_.confirmed();
  const std::uint64_t sim = sim_.confirmed();
  // A sample without client or SIM takes nothing away from what the service has.
  for (Reported* const reported : {&client_, &sim_}) {
    const std::uint64_t before = reported->confirmed();
    reported->confirm();
    if (reported->confirmed() == 0) reported->restore(before);
  }
  if (client == client_.confirmed() && sim == sim_.confirmed()) return {};
  return keep();
}

void StaticData::forget() {
  client_.forget();
  sim_.forget();
  // What cannot be stored is stored with the next sample.
  (void)keep();
}

Status StaticData::keep() {
  if (!kept_) return {};
  const std::string record =
      key_ + std::to_string(client_.confirmed()) + "\n" + std::to_string(sim_.confirmed()) + "\n";
  return storage_.store(record_name,
                        {reinterpret_cast<const std::uint8_t*>(record.data()), record.size()});
}

}  // namespace here_tracking::cli
