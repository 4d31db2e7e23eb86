// SPDX-License-Identifier: Apache-2.0
#include "here_tracking/telemetry.hpp"

#include "failure.hpp"
#include "measurement_file.hpp"
#include "sources.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

namespace ht = here_tracking;
namespace cli = here_tracking::cli;

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

struct Filled {
  Filled() : memory(new char[cli::SourceSet::sample_bytes]) {}
  const std::unique_ptr<char[]> memory;
  ht::Sample sample{{memory.get(), cli::SourceSet::sample_bytes}, {true, true}};

  std::string json() {
    require(sample.status().ok() && sample.set_timestamp(2).ok());
    return std::string(sample.json());
  }
};

/// A check gives either one printable error line, or a file that other samples take whole.
template <typename Check, typename Add>
void fuzz(std::string_view text, Check check, Add add) {
  try {
    const cli::MeasurementFile file = cli::parse_measurements(text, "file.json");
    Filled checked;
    check(file, checked.sample);
    Filled added;
    add(file, added.sample);
    require(checked.json().size() == added.json().size());
  } catch (const cli::Failure& failure) {
    const std::string_view line(failure.what());
    require(line.substr(0, 9) == "file.json");
    for (const char c : line)
      require(static_cast<unsigned char>(c) >= 0x20 && c != '\x7f');
    require(line.size() < 500);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // A copy of its own size, so that reading beyond the end is seen.
  const std::unique_ptr<char[]> text(new char[size]);
  for (std::size_t i = 0; i < size; ++i)
    text[i] = static_cast<char>(data[i]);
  const auto add_scan = [](const cli::MeasurementFile& file, ht::Sample& sample) {
    for (const auto part : {cli::ScanPart::cells, cli::ScanPart::access_points,
                            cli::ScanPart::beacons, cli::ScanPart::place}) {
      const ht::Status status = cli::add_scan(file, part, sample);
      require(status.ok() || status == ht::Code::no_data);
    }
  };
  const auto add_system = [](const cli::MeasurementFile& file, ht::Sample& sample) {
    require(cli::add_device(file, sample).ok());
    const ht::Status status = cli::add_sensors(file, sample);
    require(status.ok() || status == ht::Code::no_data);
  };
  fuzz({text.get(), size}, cli::check_scan, add_scan);
  fuzz({text.get(), size}, cli::check_system, add_system);
  return 0;
}
