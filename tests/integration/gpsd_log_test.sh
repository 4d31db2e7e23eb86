#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# NMEA logs through the real gpsd: what the emulator receives is compared with them line by line.
# Usage: gpsd_log_test.sh CLI EMULATOR. Returns 77 where gpsd or gpsfake is not installed.
# shellcheck disable=SC2016  # eval expands what stands in single quotes
set -u -o pipefail

[[ $# -eq 2 && -x $1 && -x $2 ]] || {
  echo "usage: gpsd_log_test.sh CLI EMULATOR (both programs)" >&2
  exit 2
}
cli=$(realpath "$1")
emulator=$(realpath "$2")
here=$(realpath "$(dirname "$0")")
logs=${here}/../data/nmea
PATH=${PATH}:/usr/sbin
{ command -v gpsd && command -v gpsfake && command -v /usr/bin/python3; } >/dev/null || {
  echo "SKIPPED: needs gpsd and gpsfake (Debian: gpsd gpsd-clients)"
  exit 77
}
# shellcheck source=tests/integration/cli_helpers.sh
source "${here}/cli_helpers.sh"

start_emulator main --device "dev-1:secret"
export HERE_TRACKING_URL=${url} HERE_TRACKING_CA_FILE=${ca}
export HERE_TRACKING_DEVICE_ID=dev-1 HERE_TRACKING_DEVICE_SECRET=secret
export HERE_TRACKING_STATE_DIR=${work}/state RUNTIME_DIRECTORY=${work}
unset STATE_DIRECTORY https_proxy HTTPS_PROXY http_proxy all_proxy ALL_PROXY

port=$(/usr/bin/python3 -c 'import socket
listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1])')
gpsfake=

start_gpsd() { # LOG [SECONDS_A_SENTENCE]
  gpsfake -q -c "${2:-0.05}" -P "${port}" -n "$1" >"${work}/gpsfake.log" 2>&1 &
  gpsfake=$!
}
stop_gpsd() {
  kill "${gpsfake}"
  wait "${gpsfake}" 2>/dev/null
}
start_run() {
  : >"${work}/run.log" # what an earlier one said is not this one's
  "${cli}" run --gpsd "127.0.0.1:${port}" --sample-s 1 --send-s 1 >/dev/null 2>"${work}/run.log" &
  tracker=$!
}
stop_run() {
  kill "${tracker}"
  wait "${tracker}" 2>/dev/null
}
telemetry() { control GET /control/devices/dev-1/telemetry; }
positions() { telemetry | jq '[.[] | select(.data.position)] | length'; }
forget() { # what was received
  control DELETE /control/devices/dev-1 >/dev/null
  control PUT /control/devices/dev-1 '{"secret":"secret","claimed":true}' >/dev/null
  fresh_state
}
await_positions() { # NUMBER, more than there are
  local all=$(($(positions) + $1)) end=$((SECONDS + 120))
  until [[ $(positions) -ge ${all} ]]; do
    ((SECONDS < end)) || return 1
    sleep 0.5
  done
}
log_has() { grep -F -q -- "$1" "${work}/run.log"; }
# Whether all that was received is in the log.
is_in() { # LOG LEAST_DIFFERENT [FROM]
  telemetry | jq "[.[] | select(.data.position)][${3:-0}:]" >"${work}/telemetry.json"
  /usr/bin/python3 "${here}/nmea_log.py" compare "$1" "${work}/telemetry.json" "$2" \
    >"${work}/out" 2>"${work}/err"
}
all_positions() { # FILTER
  [[ $(jq "[.[].data.position | select(.)] | length > 0 and all($1)" "${work}/telemetry.json") == true ]]
}
for kind in moving lost two_dimensional simulated; do
  /usr/bin/python3 "${here}/nmea_log.py" make "${kind}" >"${work}/${kind}.nmea"
done
: >"${work}/out"
: >"${work}/err"
rc=0

echo "# a drive, and a gpsd that is started anew in its midst"
start_gpsd "${work}/moving.nmea"
start_run
check "positions arrive" await_positions 6
stop_gpsd
check "all of them are those of the log, in its order" is_in "${work}/moving.nmea" 4
end=$((SECONDS + 60))
until log_has "warning: gpsd at" || ((SECONDS > end)); do sleep 0.2; done
check "a gpsd that is away is a warning" log_has "warning: gpsd at"
before=$(positions)
start_gpsd "${work}/moving.nmea"
check "positions arrive again" await_positions 4
check "which is told" log_has "works again"
stop_run
stop_gpsd
check "those, too" is_in "${work}/moving.nmea" 2 "${before}"
check "in three dimensions, moving, with satellites" all_positions \
  '.alt and .altaccuracy and .speed == 7 and .heading == 315 and (.satellitecount // 9) == 9 and .type == "gnss"'

echo "# a fix that is lost, and comes back"
forget
start_gpsd "${logs}/lost_fix.nmea" 0.05
start_run
check "positions arrive" await_positions 8
stop_run
stop_gpsd
check "none is of the time without a fix" is_in "${logs}/lost_fix.nmea" 5

echo "# wrong checksums"
forget
start_gpsd "${logs}/wrong_checksums.nmea" 0.2
start_run
check "positions arrive" await_positions 6
stop_run
stop_gpsd
check "none is of a broken line" is_in "${logs}/wrong_checksums.nmea" 2

echo "# two dimensions"
forget
start_gpsd "${work}/two_dimensional.nmea"
start_run
check "positions arrive" await_positions 4
stop_run
stop_gpsd
check "as in the log" is_in "${work}/two_dimensional.nmea" 2
check "and have no altitude" all_positions '(has("alt") or has("altaccuracy") | not) and .speed == 7 and (.satellitecount // 3) == 3'

echo "# no fix"
for kind in lost simulated; do
  start_gpsd "${work}/${kind}.nmea"
  end=$((SECONDS + 60))
  until "${cli}" sample --gpsd "127.0.0.1:${port}" 2>&1 >/dev/null | grep -E -q 'no fix' ||
    ((SECONDS > end)); do
    sleep 1
  done
  run sample --gpsd "127.0.0.1:${port}"
  check "${kind}: there is none" eval 'out_is_json "has(\"position\") | not" && err_has "no fix"'
  stop_gpsd
done
check "a simulated one is told" err_has "its positions are simulated, estimated or typed in"

echo "${failed} failed"
[[ ${failed} -eq 0 ]]
