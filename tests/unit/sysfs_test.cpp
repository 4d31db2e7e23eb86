// SPDX-License-Identifier: Apache-2.0
#include "here_tracking/platform/sysfs.hpp"

#include "here_tracking/telemetry.hpp"

#include "support/catch.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace fs = std::filesystem;
using here_tracking::Code;
using here_tracking::Sample;
using here_tracking::SensorKind;
using here_tracking::SensorReadings;
using here_tracking::Status;
using here_tracking::SysfsSensor;
using here_tracking::SysfsSensors;

namespace {

/// Files as the kernel shows them.
class Tree {
 public:
  Tree() {
    char name[] = "/tmp/here-tracking-test-XXXXXX";
    REQUIRE(::mkdtemp(name) != nullptr);
    root = name;
  }
  ~Tree() { fs::remove_all(root); }
  Tree(const Tree&) = delete;
  Tree& operator=(const Tree&) = delete;

  void write(const std::string& path, std::string_view text) const {
    const fs::path file = fs::path(root) / path;
    fs::create_directories(file.parent_path());
    std::ofstream(file) << text << '\n';
  }
  void remove(const std::string& path) const { fs::remove_all(fs::path(root) / path); }

  /// The files that the driver bmp280 shows of a BME280.
  void add_bme280(const std::string& device) const {
    const std::string directory = "bus/iio/devices/" + device + "/";
    write(directory + "name", "bme280");
    write(directory + "in_temp_input", "21530");
    write(directory + "in_temp_oversampling_ratio", "2");
    write(directory + "in_pressure_input", "100.482687500");
    write(directory + "in_humidityrelative_input", "47123");
  }

  std::string root;
};

class RecordingLog final : public here_tracking::Log {
 public:
  void write(here_tracking::LogLevel, std::string_view text) override {
    CHECK(text.size() <= 160);
    lines.emplace_back(text);
  }
  std::vector<std::string> lines;
};

struct Outcome {
  Status status;
  SensorReadings readings;
  std::vector<std::string> log;
};

Outcome read(const Tree& tree, std::vector<SysfsSensor> sensors) {
  RecordingLog log;
  SysfsSensors source(std::move(sensors), &log, tree.root);
  char memory[1000];
  Sample sample(memory);
  const Status status = source.read(sample, 1000);
  return {status, sample.readings(), log.lines};
}

/// The only line that a sensor without a reading says.
std::string trouble(const Tree& tree, SensorKind kind, const std::string& where = {}) {
  const Outcome outcome = read(tree, {{kind, where}});
  CHECK(outcome.status == Code::hook_failed);
  REQUIRE(outcome.log.size() == 1);
  return outcome.log[0];
}

}  // namespace

TEST_CASE("a battery tells its level, and whether it is charging") {
  const Tree tree;
  tree.write("class/power_supply/AC/type", "Mains");
  tree.write("class/power_supply/BAT0/type", "Battery");
  tree.write("class/power_supply/BAT0/present", "1");
  tree.write("class/power_supply/BAT0/capacity", "83");
  const auto charging = [&](const char* status) {
    tree.write("class/power_supply/BAT0/status", status);
    const Outcome outcome = read(tree, {{SensorKind::battery, ""}});
    CHECK(outcome.status.ok());
    CHECK(outcome.readings.battery_level_percent == 83);
    return outcome.readings.battery_is_charging;
  };
  CHECK(charging("Charging") == true);
  CHECK(charging("Discharging") == false);
  CHECK(charging("Not charging") == false);
  CHECK(charging("Full") == false);
  CHECK(charging("Unknown") == std::nullopt);

  tree.remove("class/power_supply/BAT0/capacity");
  tree.write("class/power_supply/BAT0/status", "Full");
  CHECK(read(tree, {{SensorKind::battery, "BAT0"}}).readings.battery_is_charging == false);
  tree.remove("class/power_supply/BAT0/status");
  CHECK(trouble(tree, SensorKind::battery) == "battery: " + tree.root +
                                                  "/class/power_supply/BAT0 tells neither "
                                                  "capacity nor status");
}

TEST_CASE("the battery is the first one that powers the device, or the one that is named") {
  const Tree tree;
  CHECK(trouble(tree, SensorKind::battery) ==
        "battery: there is none in " + tree.root + "/class/power_supply");
  for (const auto& [name, type, scope, capacity] :
       {std::tuple("ac", "Mains", "System", "1"), std::tuple("bat_mouse", "Battery", "Device", "2"),
        std::tuple("battery", "Battery", "System", "3"),
        std::tuple("ups", "Battery", "System", "4")}) {
    const std::string directory = std::string("class/power_supply/") + name;
    tree.write(directory + "/type", type);
    tree.write(directory + "/scope", scope);
    tree.write(directory + "/capacity", capacity);
  }
  const auto level = [&](const std::string& where) {
    return read(tree, {{SensorKind::battery, where}}).readings.battery_level_percent;
  };
  CHECK(level("") == 3);
  CHECK(level("ups") == 4);
  CHECK(level(tree.root + "/class/power_supply/ups") == 4);
  CHECK(level(tree.root + "/class/power_supply/ups/capacity") == 4);
  CHECK(trouble(tree, SensorKind::battery, "none").find("none is not there") != std::string::npos);
  tree.write("class/power_supply/ups/present", "0");
  CHECK(trouble(tree, SensorKind::battery, "ups") ==
        "battery ups: the battery is not in its place");
}

TEST_CASE("a sensor of IIO is found by its name, whatever its number") {
  const Tree tree;
  tree.write("bus/iio/devices/iio:device0/name", "ads1015");
  tree.write("bus/iio/devices/iio:device0/in_voltage0_raw", "1");
  tree.add_bme280("iio:device7");
  const Outcome outcome = read(tree, {{SensorKind::temperature, "bme280"},
                                      {SensorKind::humidity, "bme280"},
                                      {SensorKind::pressure, "bme280"}});
  CHECK(outcome.status.ok());
  CHECK(outcome.log.empty());
  CHECK(outcome.readings.temperature_c_e2 == 2153);
  CHECK(outcome.readings.relative_humidity_percent_e2 == 4712);
  CHECK(outcome.readings.pressure_hpa_e4 == 10048269);
}

TEST_CASE("a raw value of IIO is (raw + offset) * scale, of its channel or of its kind") {
  const Tree tree;
  const std::string device = "bus/iio/devices/iio:device0/";
  tree.write(device + "name", "mlx90614");
  tree.write(device + "in_temp_peak_raw", "20000");
  tree.write(device + "in_temp_ambient_raw", "14789");
  tree.write(device + "in_temp_object_raw", "14889");
  tree.write(device + "in_temp_offset", "-13657.500000");
  tree.write(device + "in_temp_scale", "20");
  const auto temperature = [&](const std::string& where) {
    return read(tree, {{SensorKind::temperature, where}}).readings.temperature_c_e2;
  };
  CHECK(temperature("mlx90614") == 2463);  // in_temp_object_raw: the shorter name
  CHECK(temperature("mlx90614/in_temp_ambient_raw") == 2263);
  tree.write(device + "in_temp_object_offset", "-13757.5");
  CHECK(temperature("mlx90614/in_temp_object_raw") == 2263);
  tree.remove(device + "in_temp_offset");
  tree.remove(device + "in_temp_object_offset");
  tree.remove(device + "in_temp_scale");
  tree.write(device + "in_temp_object_raw", "2500");
  CHECK(temperature("mlx90614/in_temp_object_raw") == 250);
}

TEST_CASE("acceleration is the length of the vector, 1 g at rest") {
  const Tree tree;
  const std::string device = "bus/iio/devices/iio:device1/";
  tree.write(device + "name", "lis3dh_accel");
  tree.write(device + "in_accel_scale", "0.009577");
  tree.write(device + "in_accel_x_raw", "-512");
  tree.write(device + "in_accel_y_raw", "0");
  tree.write(device + "in_accel_z_raw", "886");
  const auto acceleration = [&](const std::string& where) {
    return read(tree, {{SensorKind::acceleration, where}}).readings.acceleration_g_e6;
  };
  CHECK(acceleration("lis3dh_accel") == 999335);
  CHECK(acceleration(tree.root + "/" + device) == 999335);
  CHECK(acceleration(tree.root + "/" + device + "in_accel_x_raw") == 999335);
  tree.remove(device + "in_accel_y_raw");
  CHECK(trouble(tree, SensorKind::acceleration, "lis3dh_accel").find("in_accel_y_raw: No such") !=
        std::string::npos);
}

TEST_CASE("hwmon and thermal zones count in thousandths of a degree and of a percent") {
  const Tree tree;
  tree.write("class/hwmon/hwmon0/name", "sht3x");
  tree.write("class/hwmon/hwmon0/temp1_input", "-5678");
  tree.write("class/hwmon/hwmon0/humidity1_input", "61987");
  tree.write("class/hwmon/hwmon1/name", "coretemp");
  tree.write("class/hwmon/hwmon1/temp10_input", "1000");
  tree.write("class/hwmon/hwmon1/temp2_input", "47000");
  tree.write("class/thermal/cooling_device0/type", "cpu-thermal");
  tree.write("class/thermal/thermal_zone0/type", "cpu-thermal");
  tree.write("class/thermal/thermal_zone0/temp", "48312");
  const auto temperature = [&](const std::string& where) {
    return read(tree, {{SensorKind::temperature, where}}).readings.temperature_c_e2;
  };
  CHECK(temperature("sht3x") == -568);
  CHECK(read(tree, {{SensorKind::humidity, "sht3x"}}).readings.relative_humidity_percent_e2 ==
        6199);
  CHECK(temperature("coretemp") == 4700);
  CHECK(temperature("coretemp/temp10_input") == 100);
  CHECK(temperature("cpu-thermal") == 4831);
  CHECK(temperature(tree.root + "/class/thermal/thermal_zone0/temp") == 4831);
}

TEST_CASE("two devices of one name are told apart by their labels, and not at all without") {
  const Tree tree;
  tree.add_bme280("iio:device0");
  tree.add_bme280("iio:device1");
  tree.write("bus/iio/devices/iio:device1/label", "cargo");
  tree.write("bus/iio/devices/iio:device1/in_temp_input", "-18000");
  CHECK(read(tree, {{SensorKind::temperature, "cargo"}}).readings.temperature_c_e2 == -1800);
  CHECK(trouble(tree, SensorKind::temperature, "bme280").find("2 devices have that name") !=
        std::string::npos);
}

TEST_CASE("one sensor's fault does not cost the readings of the others, and is said once") {
  const Tree tree;
  tree.add_bme280("iio:device0");
  const std::string file = "bus/iio/devices/iio:device0/in_temp_input";
  RecordingLog log;
  SysfsSensors source({{SensorKind::temperature, "bme280"}, {SensorKind::pressure, "bme280"}}, &log,
                      tree.root);
  const auto sense = [&] {
    char memory[1000];
    Sample sample(memory);
    CHECK(source.read(sample, 1000).ok());
    CHECK(sample.readings().pressure_hpa_e4 == 10048269);
    return sample.readings().temperature_c_e2;
  };
  CHECK(sense() == 2153);
  CHECK(log.lines.empty());

  std::string expected;
  SECTION("it vanished") {
    tree.remove(file);
    expected = "no device of that name measures it";
  }
  SECTION("it cannot be read") {
    tree.remove(file);
    fs::create_directories(fs::path(tree.root) / file);
    expected = "Is a directory";
  }
  SECTION("it holds no number") {
    tree.write(file, "21 degrees");
    expected = "in_temp_input holds no number";
  }
  SECTION("it is empty") {
    tree.write(file, "");
    expected = "in_temp_input holds no number";
  }
  SECTION("it is not finite") {
    tree.write(file, "nan");
    expected = "in_temp_input holds no number";
  }
  SECTION("it is beyond all types") {
    tree.write(file, "1e300");
    expected = "system.reportedSensorData.temperatureC = 20000000: must be -70..100";
  }
  SECTION("it is out of range, and changes") {
    tree.write(file, "150001");
    CHECK_FALSE(sense());
    tree.write(file, "150011");
    expected = "system.reportedSensorData.temperatureC = 150: must be -70..100";
  }
  CHECK_FALSE(sense());
  CHECK_FALSE(sense());
  REQUIRE(log.lines.size() == 1);
  CHECK(log.lines[0].find("temperature bme280: ") == 0);
  CHECK(log.lines[0].find(expected) != std::string::npos);

  tree.remove(file);
  tree.add_bme280("iio:device0");
  CHECK(sense() == 2153);
  REQUIRE(log.lines.size() == 2);
  CHECK(log.lines[1] == "temperature bme280: works again");
}

TEST_CASE("a sensor that is named wrongly is told") {
  const Tree tree;
  tree.add_bme280("iio:device0");
  CHECK(trouble(tree, SensorKind::temperature) == "temperature: must name a device or a path");
  CHECK(trouble(tree, SensorKind::acceleration, "bme280").find("no device of that name") !=
        std::string::npos);
  CHECK(trouble(tree, SensorKind::temperature, "bme280/in_temp_raw").find("is not there") !=
        std::string::npos);
  CHECK(trouble(tree, SensorKind::temperature, "bme280/name")
            .find("is none of the kernel's files for it") != std::string::npos);
  CHECK(trouble(tree, SensorKind::temperature, "bme280/in_pressure_input")
            .find("is none of the kernel's files for it") != std::string::npos);
  CHECK(trouble(tree, SensorKind::pressure, tree.root).find("has no file for it") !=
        std::string::npos);
  CHECK(trouble(tree, SensorKind::pressure, "/" + std::string(300, 'x')).size() <= 160);
}

TEST_CASE("without sensors there is no data, and without room that is told") {
  const Tree tree;
  CHECK(read(tree, {}).status == Code::no_data);
  tree.add_bme280("iio:device0");
  char memory[48];
  Sample sample(memory);
  CHECK(SysfsSensors({{SensorKind::temperature, "bme280"}}, nullptr, tree.root).read(sample, 0) ==
        Code::buffer_too_small);
}
