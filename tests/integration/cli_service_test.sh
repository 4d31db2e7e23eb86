#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The example CLI as a service of systemd, for which a small supervisor stands in.
# Usage: cli_service_test.sh CLI EMULATOR
# shellcheck disable=SC2016  # eval expands what stands in single quotes
set -u -o pipefail

[[ $# -eq 2 && -x $1 && -x $2 ]] || {
  echo "usage: cli_service_test.sh CLI EMULATOR (both programs)" >&2
  exit 2
}
cli=$(realpath "$1")
emulator=$(realpath "$2")
here=$(realpath "$(dirname "$0")")
# shellcheck source=tests/integration/cli_helpers.sh
source "${here}/cli_helpers.sh"

secret='S3CRET-of/the+device=42'
start_emulator main --device "dev-1:${secret}"
unset HERE_TRACKING_URL HERE_TRACKING_CA_FILE HERE_TRACKING_STATE_DIR
unset HERE_TRACKING_DEVICE_ID HERE_TRACKING_DEVICE_SECRET
unset https_proxy HTTPS_PROXY http_proxy all_proxy ALL_PROXY JOURNAL_STREAM

# The places that systemd makes.
mkdir -m 700 "${work}"/{state,runtime,credentials,supervisor}
export STATE_DIRECTORY=${work}/state RUNTIME_DIRECTORY=${work}/runtime
export CREDENTIALS_DIRECTORY=${work}/credentials
printf 'device_id = dev-1\ndevice_secret = %s\n' "${secret}" >"${work}/credentials/credentials"
# As an access control list for the service's user looks to those who see the mode alone.
chmod 440 "${work}/credentials/credentials"
cat >"${work}/run.conf" <<END
url = ${url}
ca_file = ${ca}
credentials = nowhere
sample_s = 1
send_s = 2
END
cp "${work}/run.conf" "${work}/good.conf"
export HERE_TRACKING_CONFIG=${work}/run.conf

heard() { grep -q -E -- "$1" "${work}/supervisor/heard"; }
heard_count() { [[ $(grep -c -x -- "$2" "${work}/supervisor/heard") -ge $1 ]]; } # NUMBER LINE
log_has() { grep -q -E -- "$1" "${work}/log"; }
start_service() { # WATCHDOG_S
  rm -f "${work}/supervisor/notify"
  : >"${work}/supervisor/heard"
  python3 "${here}/../support/supervisor.py" "${work}/supervisor" "$1" 0.2 "${cli}" run \
    >"${work}/out" 2>"${work}/log" </dev/null &
  supervisor=$!
}
end_service() {
  kill "${supervisor}"
  wait "${supervisor}"
  rc=$?
  cat "${work}/log" "${work}/out" "${work}/supervisor/heard" >>"${work}/all"
}
touch "${work}/err"

echo "# a service"
start_service 30
check "it is ready" within 30 heard '^READY=1$'
check "and says in a line how it gets on" within 30 heard \
  '^STATUS=online; 0 samples wait; last report 20..-..-..T'
check "what systemd hands over is who it is" \
  eval '[[ $(control GET /control/devices/dev-1/telemetry | jq length) -gt 0 ]]'
check "the watchdog is fed" within 30 heard_count 4 WATCHDOG=1
check "its lines have no priority where no journal reads them" eval '! log_has "^<"'

kill -HUP "${supervisor}"
check "reloading is told" within 30 heard '^RELOADING=1$'
check "with the time" heard '^MONOTONIC_USEC=[0-9]+$'
check "and its end" within 30 heard_count 2 READY=1
echo 'sample_s = fast' >"${work}/run.conf"
kill -HUP "${supervisor}"
check "a configuration that is wrong ends no service" within 30 heard_count 3 READY=1
check "and is told" log_has 'error: .*sample_s = fast'
cp "${work}/good.conf" "${work}/run.conf"

fault '{"path":"*","fault":"reset","times":100000}'
check "trouble is told in the line" within 30 heard \
  '^STATUS=in trouble: .*the service must be reachable.*; [0-9]+ samples? waits?; last report 20'
control DELETE /control/faults >/dev/null
end_service
check "SIGTERM ends it well" test "${rc}" -eq 0
check "which it says before" heard '^STOPPING=1$'
check "nothing has restarted it" eval '[[ ! -s ${work}/supervisor/restarts ]]'

echo "# a service that hangs"
start_service 6
within 30 heard '^READY=1$'
kill -STOP "$(cat "${work}/supervisor/pid")"
check "is found out" within 60 grep -q -x watchdog "${work}/supervisor/restarts"
check "and started anew" within 60 heard_count 2 READY=1
end_service

echo "# a service that cannot start"
: >"${work}/supervisor/restarts"
mv "${work}/state" "${work}/kept"
touch "${work}/state"
start_service 6
check "fails before it is ready, each time" within 30 eval \
  '[[ $(grep -c -x "exit 3" "${work}/supervisor/restarts") -ge 2 ]]'
check "and says why" log_has 'error: STATE_DIRECTORY = .*must be a directory that you can write to'
check "without a word of being ready" eval '! heard READY'
rm "${work}/state"
check "put right, it starts by itself" within 30 heard '^READY=1$'
end_service

echo "# the journal"
: >"${work}/log"
# shellcheck disable=SC2094  # the name of the file is read, not the file
run_in_journal() { # ARGUMENT...
  JOURNAL_STREAM=$(stat -c %d:%i "${work}/log") "${cli}" "$@" >"${work}/out" 2>"${work}/log"
}
run_in_journal send --url https://localhost:1
check "an error has the priority of one" log_has '^<3>here-tracking: error: '
printf '$GPRMC,120002.00,V,,,,,,,010126,,,N*78\r\n' >"${work}/nofix.nmea"
run_in_journal sample --nmea "${work}/nofix.nmea"
check "a warning, too" log_has '^<4>here-tracking: warning: '
run_in_journal send
check "and a note" log_has '^<6>here-tracking: note: '
run_in_journal -v send
check "and what -v tells" log_has '^<7>here-tracking: debug: '
check "the secret is in no output" eval '! grep -F -q -- "${secret}" "${work}/all"'

echo
[[ ${failed} -eq 0 ]] && echo "all passed" || echo "${failed} failed"
[[ ${failed} -eq 0 ]]
