// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "here_tracking/telemetry.hpp"

#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

namespace here_tracking::cli {

/// What stands in a file of --scan or --system, in the service's own words.
struct MeasurementFile {
  std::string name;
  nlohmann::json json;
};

/// @throws Failure (usage): no JSON, with line and column; a member given twice.
[[nodiscard]] MeasurementFile parse_measurements(std::string_view text, const std::string& name);

// A check adds all that a file holds to a sample and throws Failure (usage) where it meets what
// Sample or the shape of the service's object does not allow: file, path in it, value and rule.
// What is checked can be added to other samples.

/// A `scan` object. An access point may have an `ssid` beside the service's members.
void check_scan(const MeasurementFile& scan, Sample& sample);
/// A `system` object: client, SIM and sensors.
void check_system(const MeasurementFile& system, Sample& sample);

/// Parts of a scan object.
enum class ScanPart : std::uint8_t { cells, access_points, beacons, place };

// Each returns no_data, or the first refusal of Sample.
Status add_scan(const MeasurementFile& scan, ScanPart part, Sample& sample);
Status add_sensors(const MeasurementFile& system, Sample& sample);
/// All of a system object but the sensors.
Status add_device(const MeasurementFile& system, Sample& sample, Reported* client = nullptr,
                  Reported* sim = nullptr);

/// One member of a scan object, or one item of it where it is a list.
/// @throws Failure (usage).
Status add_measurement(const std::string& technology, const nlohmann::json& item, Sample& sample);

}  // namespace here_tracking::cli
