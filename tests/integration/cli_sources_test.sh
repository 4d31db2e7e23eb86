#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# --serial, --bluetooth and --sensor, with stand-ins for what they read.
# Usage: cli_sources_test.sh CLI EMULATOR
# shellcheck disable=SC2016  # eval expands what stands in single quotes
set -u -o pipefail

[[ $# -eq 2 && -x $1 && -x $2 ]] || {
  echo "usage: cli_sources_test.sh CLI EMULATOR (both programs)" >&2
  exit 2
}
cli=$(realpath "$1")
emulator=$(realpath "$2")
here=$(realpath "$(dirname "$0")")
# shellcheck source=tests/integration/cli_helpers.sh
source "${here}/cli_helpers.sh"
# shellcheck source=tests/integration/private_bus.sh
source "${here}/private_bus.sh"

start_emulator main --device "dev-1:secret"
export HERE_TRACKING_URL=${url} HERE_TRACKING_CA_FILE=${ca}
export HERE_TRACKING_STATE_DIR=${work}/state XDG_STATE_HOME=${work}/xdg
export HERE_TRACKING_DEVICE_ID=dev-1 HERE_TRACKING_DEVICE_SECRET=secret
unset STATE_DIRECTORY https_proxy HTTPS_PROXY http_proxy all_proxy ALL_PROXY
telemetry() { control GET /control/devices/dev-1/telemetry; }
doctor_says() { # RESULT TEXT REMEDY, of a source
  jq -e --arg result "$1" --arg text "$2" --arg remedy "$3" 'any(.checks[]; .name == "source" and
    .result == $result and (.text | contains($text)) and (.remedy // "" | contains($remedy)))' \
    "${work}/out" >/dev/null
}

start_bus
/usr/bin/python3 "${here}/../support/nmea_port.py" "${work}/ttyGNSS" &
receiver=$!
appears "${work}/ttyGNSS"
start_stand_in bluez.py beacons
echo 21530 >"${work}/temp1_input"
echo 100.4826875 >"${work}/in_pressure_input"
mkdir "${work}/battery"
echo 83 >"${work}/battery/capacity"
echo Charging >"${work}/battery/status"
cat >"${work}/run.conf" <<END
serial = ${work}/ttyGNSS:115200
bluetooth =
sensor = battery=${work}/battery
sensor = temperature=${work}/temp1_input
sensor = pressure = ${work}/in_pressure_input
END

echo "# all of them"
run --config "${work}/run.conf" send
check "are sent" eval 'succeeds && err_has "note: sent 1 sample"'
check "without a warning" eval '! err_has "warning"'
telemetry | jq '.[-1].data' >"${work}/sample.json"
check "the position is the receiver's, with its time" file_has \
  '.position.type == "gnss" and .position.satellitecount == 9 and .position.lat > 52.5 and
   .position.timestamp > 1773489600000' "${work}/sample.json"
check "the beacons are BlueZ's" file_has \
  '[.scan.bt[].rss] == [-60, -74, -85, -87, -90] and .scan.bt[0].mac == "00:1a:7d:da:71:02" and
   .scan.bt[3].iBeaconId == "94Jtpk+iTpiAJLxbceCJPgECobI="' "${work}/sample.json"
check "the readings are those of the files" file_has \
  '.system.reportedSensorData == {temperatureC: 21.53, pressureHpa: 1004.8269,
   batteryLevel: 83, batteryIsCharging: true}' "${work}/sample.json"
run --json --config "${work}/run.conf" doctor
check "and the doctor sees them" eval \
  'file_has "[.checks[] | select(.name == \"source\").result] | length == 5 and all(. == \"pass\")" "${work}/out"'

echo "# what is wrong with one does not cost the others"
echo 200000 >"${work}/temp1_input"
rm "${work}/in_pressure_input"
kill "${stand_in}"
wait "${stand_in}" 2>/dev/null
run --config "${work}/run.conf" sample
check "what is there is there" out_is_json \
  'has("position") and (has("scan") | not) and (.system.reportedSensorData | keys) == ["batteryIsCharging", "batteryLevel"]'
check "a value out of range is told" err_has \
  "temperatureC = 200: must be -70..100"
check "a file that vanished is told" err_has "in_pressure_input is not there"
check "a daemon that is not there is told" err_has \
  "bluetooth: BlueZ is not on the system bus; sudo apt install bluez; sudo systemctl start bluetooth"
run --json --config "${work}/run.conf" doctor
check "the doctor has the remedy" \
  doctor_says FAIL "BlueZ is not on the system bus" "systemctl start bluetooth"
kill "${receiver}"
wait "${receiver}" 2>/dev/null
run --json doctor --serial "${work}/ttyGNSS" --serial /dev/null
check "a receiver that is gone" doctor_says FAIL "not there" "plug the receiver in"
check "what is no port" doctor_says FAIL "/dev/null: no serial port" ""

echo "# what is given wrongly"
for bad in ttyACM0 /dev/x:1200 /dev/x:0 :9600 ""; do
  run sample --serial "${bad}"
  check "serial ${bad}" fails_with 2 "must be DEVICE[:BAUD]"
done
for bad in tilt=x temperature temperature= =x ""; do
  run sample --sensor "${bad}"
  check "sensor ${bad}" fails_with 2 "must be battery, battery=WHERE, temperature=WHERE"
done

echo "${failed} failed"
[[ ${failed} -eq 0 ]]
