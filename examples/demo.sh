#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# From a bare Debian 12 to a tracker that reports: builds the CLI and the local service, and lets
# them talk. No account, nothing beyond this machine but the packages that it installs.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source-path=SCRIPTDIR source=../cmake/debian-packages.sh
source "${root}/cmake/debian-packages.sh"

work=$(mktemp -d)
emulator_pid=

finish() {
  local code=$?
  trap - EXIT
  if [[ -n ${emulator_pid} ]]; then
    kill "${emulator_pid}" 2>/dev/null || true
    wait "${emulator_pid}" 2>/dev/null || true
  fi
  rm -rf "${work}"
  if [[ ${code} -ne 0 ]]; then echo "The demo failed (exit code ${code})." >&2; fi
  exit "${code}"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

step() { printf '\n== %s\n' "$*"; }

exec 3>&1

# Shows a command as a user would type it, and runs it; its own output can be redirected.
show() {
  local word line='$ '
  for word in "$@"; do
    case ${word} in
      *[!A-Za-z0-9_./:=@-]*) line+="'${word}' " ;;
      *) line+="${word} " ;;
    esac
  done
  echo "${line% }" >&3
  "$@"
}

die() {
  echo "$*" >&2
  exit 1
}

step "Install what is missing"
install_debian_packages "${packages_build[@]}" "${packages_emulator[@]}" "${packages_demo[@]}"

step "Build the library, the CLI and the local service (preset release, in build/demo)"
cd "${root}"
build() {
  # A directory of its own: without the tests, and what they need.
  cmake --preset release -B build/demo -D HERE_TRACKING_TESTS=OFF &&
    cmake --build build/demo -j "$(nproc)" --target here-tracking here-tracking-emulator
}
build >"${work}/build.log" 2>&1 || {
  tail -n 40 "${work}/build.log" >&2
  die "The build failed."
}
PATH=${root}/build/demo/examples/raspberry_pi:${root}/build/demo/examples/emulator:${PATH}
here-tracking --version

step "Start the local service, which knows one device"
here-tracking-emulator --port 0 --control-port 0 --state-dir "${work}/service" --quiet \
  --device "demo-device:demo-secret-of-no-value" --ready-file "${work}/ready.json" \
  >"${work}/service.log" 2>&1 &
emulator_pid=$!
for ((i = 0; i < 100; i++)); do
  if [[ -s ${work}/ready.json ]]; then break; fi
  kill -0 "${emulator_pid}" 2>/dev/null || break
  sleep 0.1
done
[[ -s ${work}/ready.json ]] || {
  cat "${work}/service.log" >&2
  die "The local service did not start."
}
url=$(jq -r .url "${work}/ready.json")
control=$(jq -r .control_url "${work}/ready.json")
ca_file=$(jq -r .ca_file "${work}/ready.json")
echo "It listens on ${url}."

step "Its owner wants a report every ten minutes, and a blue light"
desired='{"system":{"rate":{"sampleMs":60000,"sendMs":600000}},"payload":{"light":"blue"}}'
curl -s -S -f -o "${work}/desired.json" -X PUT "${control}/control/devices/demo-device/desired" \
  -H 'Content-Type: application/json' -d "${desired}"
echo "${desired}"

step "Give the device its credentials, readable by their owner alone, and its settings"
(
  umask 077
  printf 'device_id = demo-device\ndevice_secret = demo-secret-of-no-value\n' >"${work}/device.conf"
)
printf 'url = %s\nca_file = %s\ncredentials = device.conf\nstate_dir = state\n' \
  "${url}" "${ca_file}" >"${work}/tracker.conf"
cat "${work}/tracker.conf"
# What the reader has set for a device of their own is not for this one.
unset "${!HERE_TRACKING_@}"
cp examples/data/drive.nmea examples/data/scan.json examples/data/system.json "${work}"
cd "${work}"

step "Ask for the time: the clock of this machine is compared, not set"
show here-tracking --config tracker.conf time

step "Get an access token: it is kept for the next calls and never shown"
show here-tracking --config tracker.conf token

step "See what would be sent: a fix from a recorded drive, a scan, the device itself"
show here-tracking --config tracker.conf sample --nmea drive.nmea --scan scan.json \
  --system system.json --payload '{"door":"open"}' | tee sample.json
jq -e '.position.type == "gnss" and (.scan.lte | length) == 1 and (.scan.bt | length) == 3 and
  .system.reportedSensorData.batteryLevel == 87 and .system.client.model == "ET-7"' \
  sample.json >/dev/null || die "Fix, scan or device is missing."

step "From the beginning, as after a first power-on: time, token, telemetry"
rm -rf state
curl -s -S -f -o deleted.json -X DELETE "${control}/control/requests"
show here-tracking --config tracker.conf send --nmea drive.nmea --scan scan.json \
  --system system.json --payload '{"door":"open"}' >shadow.json

step "The answer is the desired shadow"
jq . shadow.json
jq -e '.payload.light == "blue" and .system.rate.sendMs == 600000' shadow.json >/dev/null ||
  die "That is not what the owner wants."

step "Send again: one request is enough, and what the service knows of the device stays out"
show here-tracking --config tracker.conf send --nmea drive.nmea --scan scan.json \
  --system system.json >shadow.json

step "What the service saw"
curl -s -S -f "${control}/control/requests" >requests.json
jq -r '(["request", "connection", "method", "path", "status"] | @tsv),
  (.[] | [.n, .connection, .method, .path, .status] | @tsv)' requests.json |
  awk -F '\t' '{ printf "%-8s %-11s %-7s %-14s %s\n", $1, $2, $3, $4, $5 }'
curl -s -S -f "${control}/control/state" >state.json
jq -r '"requests \(.requests), connections \(.connections), TLS handshakes \(.tls_handshakes)"' \
  state.json
curl -s -S -f "${control}/control/devices/demo-device/telemetry" >telemetry.json
jq -r '.[] | .data | "telemetry: \(keys | join(", ")); of the device: \(.system | keys | join(", "))"' \
  telemetry.json
jq -e '(.[0].data.system | has("client")) and (.[1].data.system | has("client") | not)' \
  telemetry.json >/dev/null || die "Expected the client in the first report alone."
[[ $(jq -c '[.[].status]' requests.json) == "[200,200,200,200]" ]] ||
  die "Expected three requests for the first send and one for the second."

step "Done"
