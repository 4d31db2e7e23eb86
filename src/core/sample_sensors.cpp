// SPDX-License-Identifier: Apache-2.0
#include "here_tracking/telemetry.hpp"

#include "sample_writer.hpp"

#include <iterator>

namespace here_tracking {
namespace {

#define FIELD(member) HERE_TRACKING_FIELD(SensorReadings, member)
constexpr FieldRule sensor_fields[] = {
    limited("temperatureC", FIELD(temperature_c_e2), -7000, 10000, 2),
    limited("relativeHumidity", FIELD(relative_humidity_percent_e2), 0, 10000, 2),
    limited("pressureHpa", FIELD(pressure_hpa_e4), 3000000, 15000000, 4),
    limited("accelerationG", FIELD(acceleration_g_e6), -100000000, 100000000, 6),
    any("tiltDegree", FIELD(tilt_degree_e2), 2),
    limited("batteryLevel", FIELD(battery_level_percent), 0, 100),
    any("batteryIsCharging", FIELD(battery_is_charging)),
    any("deviceIsAttached", FIELD(device_is_attached)),
    any("deviceIsStationary", FIELD(device_is_stationary)),
    any("deviceIsTampered", FIELD(device_is_tampered)),
};
#undef FIELD
constexpr SensorData names[] = {
    SensorData::temperature_c,        SensorData::relative_humidity,
    SensorData::pressure_hpa,         SensorData::acceleration_g,
    SensorData::tilt_degree,          SensorData::battery_level,
    SensorData::battery_is_charging,  SensorData::device_is_attached,
    SensorData::device_is_stationary, SensorData::device_is_tampered,
};
static_assert(std::size(names) == std::size(sensor_fields));

template <typename T>
void copy(const FieldRule& field, const SensorReadings& from, SensorReadings& to) {
  using Reading = std::optional<T>;
  *reinterpret_cast<Reading*>(reinterpret_cast<unsigned char*>(&to) + field.offset) =
      *reinterpret_cast<const Reading*>(reinterpret_cast<const unsigned char*>(&from) +
                                        field.offset);
}

}  // namespace

Status Sample::add(const SensorReadings& readings) {
  SampleWriter writer(*this);
  writer.begin_members(sensors, "reportedSensorData");
  std::uint32_t given = 0;
  std::uint16_t withheld = 0;
  const FieldRule* twice = nullptr;
  for (std::size_t i = 0; i < std::size(sensor_fields); ++i) {
    const FieldRule& field = sensor_fields[i];
    if (!SampleWriter::is_given(field, &readings)) continue;
    if (withholds(names[i])) {
      ++withheld;
      continue;
    }
    const std::uint32_t bit = 1U << i;
    if ((content_.given & bit) != 0 && twice == nullptr) twice = &field;
    given |= bit;
    writer.write({"system.reportedSensorData", {&field, 1}}, &readings);
  }
  if (twice != nullptr) writer.refuse(*twice, 2, Rule::given_once);
  if (given == 0) writer.close();
  writer.add_given(given);
  const Status status = writer.commit();
  if (!status.ok()) return status;
  content_.withheld = static_cast<std::uint16_t>(content_.withheld + withheld);
  for (std::size_t i = 0; i < std::size(sensor_fields); ++i) {
    if ((given & 1U << i) == 0) continue;
    const FieldRule& field = sensor_fields[i];
    if (field.type == FieldType::opt_bool) {
      copy<bool>(field, readings, content_.readings);
    } else {
      copy<std::int32_t>(field, readings, content_.readings);
    }
  }
  return {};
}

}  // namespace here_tracking
