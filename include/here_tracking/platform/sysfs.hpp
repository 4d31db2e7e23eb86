// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "here_tracking/hooks/log.hpp"
#include "here_tracking/hooks/sensors.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace here_tracking {

enum class SensorKind : std::uint8_t { battery, temperature, humidity, pressure, acceleration };

/// A sensor that the kernel has a driver for.
struct SysfsSensor {
  SensorKind kind = SensorKind::battery;
  /// Which one:
  /// - the name of its device, "bme280", as it stands in its file `name` or `label`, of a thermal
  ///   zone in `type`; of a battery the name of its directory. Numbers such as those of hwmon2 and
  ///   iio:device0 may be others after each boot, names stay.
  /// - a name and a file of that device, "coretemp/temp2_input", where it has several; by the name
  ///   alone it is the first: `_input` before `_raw`, then the shorter name, then by alphabet.
  /// - the path of a file or of the directory of the device, beginning with '/'.
  /// - of a battery nothing: the first power supply of type Battery that powers this device.
  std::string where;
};

/// Sensors as the kernel shows them in sysfs. Units are those of its Documentation/:
///
/// - battery: `capacity` in percent and `status` in words, of a power supply
///   (ABI/testing/sysfs-class-power)
/// - temperature in 1e-3 degrees Celsius: `tempN_input` of hwmon (hwmon/sysfs-interface.rst),
///   `temp` of a thermal zone (driver-api/thermal/sysfs-api.rst), `in_temp*_input` and
///   `in_temp*_raw` of IIO (ABI/testing/sysfs-bus-iio)
/// - humidity in 1e-3 percent: `humidityN_input` of hwmon, `in_humidityrelative*` of IIO
/// - pressure in kPa: `in_pressure*` of IIO
/// - acceleration in m/s^2: `in_accel_x`, `in_accel_y` and `in_accel_z` of IIO
///
/// An IIO value is (raw + offset) * scale, of its channel's files `_offset` and `_scale` or of
/// those of its kind (`in_temp_scale`), 0 and 1 where there is none. 1 g is 9.80665 m/s^2; what is
/// reported is the length of the vector, so 1 g of a device at rest. A battery is charging when its
/// status is Charging, is not when it is Discharging, Not charging or Full, and anything else says
/// nothing.
///
/// A sensor whose file is not there, cannot be read, holds no number or one that breaks the rules
/// of SensorReadings is left out, and that is said once. The others are not concerned. A file is
/// looked for at each read(), so a driver may be loaded later.
class SysfsSensors final : public SensorSource {
 public:
  /// @param log borrowed, may be nullptr.
  /// @param root where sysfs is; another one for tests.
  explicit SysfsSensors(std::vector<SysfsSensor> sensors, Log* log = nullptr,
                        std::string root = "/sys");
  ~SysfsSensors();

  /// `timeout_ms` is not looked at: a driver takes the time that its chip takes.
  /// @return ok (at least one sensor has a reading); no_data (no sensor was named); hook_failed
  ///         (none of them can be read); buffer_too_small.
  Status read(Sample& sample, std::uint32_t timeout_ms) override;

 private:
  struct State;

  std::unique_ptr<State> state_;
};

}  // namespace here_tracking
