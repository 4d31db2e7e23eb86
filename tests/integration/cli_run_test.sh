#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The example CLI as a tracker: its queue, run, status, doctor. Usage: cli_run_test.sh CLI EMULATOR
# shellcheck disable=SC2016  # eval expands what stands in single quotes
set -u -o pipefail

[[ $# -eq 2 && -x $1 && -x $2 ]] || {
  echo "usage: cli_run_test.sh CLI EMULATOR (both programs)" >&2
  exit 2
}
cli=$(realpath "$1")
emulator=$(realpath "$2")
data=$(realpath "$(dirname "$0")/../../examples/data")
# shellcheck source=tests/integration/cli_helpers.sh
source "$(dirname "$0")/cli_helpers.sh"

secret='S3CRET-of/the+device=42'
start_emulator main --device "dev-1:${secret}" --device "dev-2:other-secret:unclaimed"

export HERE_TRACKING_URL=${url} HERE_TRACKING_CA_FILE=${ca}
export HERE_TRACKING_STATE_DIR=${work}/state XDG_STATE_HOME=${work}/xdg
unset HERE_TRACKING_DEVICE_ID HERE_TRACKING_DEVICE_SECRET STATE_DIRECTORY
unset XDG_RUNTIME_DIR
mkdir "${work}/runtime"
export RUNTIME_DIRECTORY=${work}/runtime
unset https_proxy HTTPS_PROXY http_proxy all_proxy ALL_PROXY
printf 'device_id = dev-1\ndevice_secret = %s\n' "${secret}" >"${work}/device.conf"
chmod 600 "${work}/device.conf"
login=(--credentials "${work}/device.conf")
nmea=${data}/drive.nmea

no_faults() { control DELETE /control/faults >/dev/null; }
telemetry() { control GET /control/devices/dev-1/telemetry; }
# Whether the payloads that arrived so far are these, in this order.
arrived() { # JSON
  [[ $(telemetry | jq -c '[.[].data.payload.n | select(. != null)]') == "$1" ]]
}
fits() { awk 'length > 80 { exit 1 }' "${work}/out"; }
log_has() { grep -E -q -- "$1" "${work}/run.log"; }
log_count() { [[ $(grep -E -c -- "$2" "${work}/run.log") -eq $1 ]]; } # NUMBER TEXT
# Starts it; sets tracker to its pid.
start_run() { # ARGUMENT...
  : >"${work}/run.log" # what an earlier one said is not this one's
  "${cli}" --config "${work}/run.conf" run "$@" >"${work}/run.out" 2>"${work}/run.log" </dev/null &
  tracker=$!
  within 60 log_has 'note: run: '
}
# Whether it ends well by a signal, long before what it waits for is given up. A machine that is busy
# may take more than the two seconds of a quiet one, which are printed.
ends_in_time() { # SIGNAL
  local begin ms
  begin=$(date +%s%3N)
  kill "-$1" "${tracker}"
  wait "${tracker}"
  rc=$?
  ms=$(($(date +%s%3N) - begin))
  echo "     (${ms} ms after SIG$1)"
  cat "${work}/run.log" >>"${work}/all"
  [[ ${rc} -eq 0 && ${ms} -lt 10000 ]]
}

echo "# send queues"
run status
check "status of nothing" eval 'out_has "0 samples wait" && fits'
run queue export
check "export of nothing" eval 'succeeds && file_has ". == []" "${work}/out"'
run queue quarantine
check "a quarantine with nothing in it" err_has "nothing is in quarantine"
run queue purge
check "purge of nothing asks nothing" out_has "removed 0 samples"
fault '{"method":"POST","path":"/v2/","fault":"status","status":503,"times":2}'
run "${login[@]}" send --nmea "${nmea}" --payload '{"n":1}'
check "what the service does not take is queued" \
  eval 'fails_with 10 "answered 503" && err_has "queued: 1 sample waits"'
run "${login[@]}" --url https://localhost:1 send --payload '{"n":2}'
check "what finds no service is queued" \
  eval 'fails_with 10 "must be reachable" && err_has "queued: 2 samples wait"'
run queue export
check "export prints what waits, with its time" eval 'succeeds && file_has "length == 2 and
  .[0].position.type == \"gnss\" and .[1].payload.n == 2 and .[0].timestamp > 1600000000000 and
  .[0].timestamp < .[1].timestamp" "${work}/out"'
run "${login[@]}" status
check "status tells of it" eval 'out_has "2 samples wait, the oldest for " && out_has "is not running" && fits'
run "${login[@]}" --json status
check "also as JSON" out_is_json '.running == false and .queue.pending == 2 and
  .queue.oldest_age_s < 60 and .token_life_s > 86000 and (.system_clock_offset_ms | fabs) < 5000 and
  .quarantine.pending == 0 and .queue.capacity_bytes == 8388608'
run "${login[@]}" send --payload '{"n":3}'
check "the one fault that is left is still in the way" fails_with 10 "answered 503"
run "${login[@]}" send --payload '{"n":4}'
check "the next send delivers all" eval 'out_is_json ".system.stateVersion == 0" && arrived "[1,2,3,4]"'
run "${login[@]}" send --queue-mb 1
check "a queue that cannot be" fails_with 3 "--queue-mb = 1: must be 2..256"
HERE_TRACKING_DEVICE_ID=dev-2 HERE_TRACKING_DEVICE_SECRET=other-secret \
  HERE_TRACKING_STATE_DIR=${work}/other run send
check "what a person has to put right has its own code, and is queued too" \
  eval 'fails_with 5 "must be claimed" && err_has "queued: 1 sample waits"'

echo "# purge"
run "${login[@]}" --url https://localhost:1 send --payload '{"n":5}'
run queue purge
check "nothing is removed without a word" fails_with 2 "1 sample that nobody has received: must be given --yes"
run queue purge --yes --json
check "purge counts" out_is_json '.purged == 1'
run --json status
check "and so does status" out_is_json '.queue.pending == 0 and .queue.left.purged == 1'

echo "# quarantine"
fault '{"method":"POST","path":"/v2/","fault":"status","status":400}'
run "${login[@]}" send --payload '{"n":6}'
check "what the service refuses, and no other, goes into quarantine" \
  eval 'succeeds && err_has "warning: 1 sample refused by the service"'
run queue quarantine
check "quarantine lists it with the reason" \
  eval 'out_has "400 rejected: fault asked for through" && fits'
run queue quarantine --json
check "also as JSON" out_is_json 'length == 1 and .[0].bytes > 20 and .[0].timestamp > 1600000000000'
run queue export --quarantine
check "export --quarantine has the sample and the reason" eval 'succeeds && file_has \
  "length == 1 and .[0].sample.payload.n == 6 and (.[0].reason | startswith(\"400 \"))" "${work}/out"'
run queue quarantine --release --json
check "it may be put back" out_is_json '.released == 1'
run "${login[@]}" send --async
check "and is tried again" eval 'out_is_json ". == {}" && telemetry | jq -e "any(.[].data.payload.n; . == 6)" >/dev/null'
run queue quarantine
check "then it is not in quarantine any more" err_has "nothing is in quarantine"

echo "# run"
cat >"${work}/run.conf" <<END
credentials = device.conf
nmea = fix.nmea
system = ${data}/system.json
sample_s = 1
send_s = 2
END
cp "${work}/run.conf" "${work}/good.conf"
cp "${nmea}" "${work}/fix.nmea"
fresh_state
control PUT /control/devices/dev-1/desired '{"payload":{"led":"blue"}}' >/dev/null
received=$(telemetry | jq length)
arrives() { (($(telemetry | jq length) >= received + $1)); } # NUMBER; since the last look
look() { received=$(telemetry | jq length); }
began=${received}
start_run
check "run measures and sends" within 15 arrives 4
check "it tells of each report" \
  log_has 'note: 20..-..-..T..:..:..\....Z sent [0-9]+ samples?, [0-9]+ bytes: 200, 0 wait, shadow state version [0-9]+$'
check "of the version of the shadow once" log_count 1 'shadow state version'
check "and of the connection once" log_count 1 'online'
check "client and SIM went out once" eval \
  '[[ $(telemetry | jq "[.[${received}:][].data.system | select(has(\"client\"))] | length") -eq 1 ]]'
run "${login[@]}" status
check "status beside it" eval 'out_has "pid ${tracker}, since 20" && out_has "online" && fits'
run "${login[@]}" --json status
check "also as JSON" out_is_json ".running and .pid == ${tracker} and .connection == \"online\" and
  .sample_ms == 1000 and .send_ms == 2000 and .next_send_s <= 2 and .last_success_ms > 1600000000000"
run queue export
check "export beside it" eval 'succeeds && file_has "type == \"array\"" "${work}/out"'
run "${login[@]}" doctor --nmea "${nmea}"
check "doctor beside it" eval \
  'succeeds && out_has "pass  queue" && grep -q "^pass  run  *pid ${tracker}$" "${work}/out" && fits'
run "${login[@]}" send
check "send leaves it the queue" fails_with 3 "'run' with pid ${tracker} works there"
run queue purge --yes
check "so does purge" fails_with 3 "end it first"
run --config "${work}/run.conf" run
check "and a second run" fails_with 3 "must be the only one"

fault '{"path":"*","fault":"reset","times":100000}'
check "that the network is away is told, with what helps" \
  within 60 log_has 'warning: .*the service must be reachable: check the URL and the network'
sleep 3
check "once" log_count 1 'warning: '
run --json status
check "status shows it" out_is_json '.connection == "unreachable" and .queue.pending >= 2 and
  (.trouble | contains("must be reachable"))'
look
no_faults
check "when it is back, what waited is sent" within 30 eval 'arrives 4 && log_has "note: online again"'
in_order() { telemetry | jq -e "[.[${began}:][].data.timestamp] | . == (unique)" >/dev/null; }
check "in the order in which it was measured, and once" in_order

echo '$GPRMC,no fix' >"${work}/fix.nmea"
check "a file that is wrong now is left out, with one warning" within 60 log_has 'warning: left out: .*fix.nmea: no NMEA sentence'
cp "${nmea}" "${work}/fix.nmea"
check "and used again" within 60 log_has 'fix.nmea: can be used again'

echo 'sample_s = fast' >"${work}/run.conf"
kill -HUP "${tracker}"
check "a configuration that is wrong is told, and nothing changes" \
  within 60 log_has 'error: .*run.conf:1: sample_s = fast: must be 1..86400: the configuration stays as it was'
look
check "it goes on" within 60 arrives 2
sed 's/^send_s.*/send_s = 3/' "${work}/good.conf" >"${work}/run.conf"
kill -HUP "${tracker}"
check "one that is right is taken" within 60 log_has 'note: the configuration was read anew'
run_has() { run "${login[@]}" --json status && out_is_json "$1"; }
check "and rules" within 60 run_has '.send_ms == 3000 and .running'
fault '{"method":"POST","path":"/v2/","fault":"status","status":429,"retry_after":"3600","times":100000}'
check "that the service has it wait is told" within 60 log_has 'warning: .*too many requests'
reset_counts
for send_s in 4 5 6; do
  reloads=$(grep -c 'the configuration was read anew' "${work}/run.log")
  sed "s/^send_s.*/send_s = ${send_s}/" "${work}/good.conf" >"${work}/run.conf"
  kill -HUP "${tracker}"
  check "a reload with send_s = ${send_s} is taken" \
    within 60 log_count $((reloads + 1)) 'the configuration was read anew'
done
check "its pace holds" within 60 run_has '.send_ms == 6000'
check "but it makes no request before its time" eval 'control GET /control/requests | jq -e "length == 0" >/dev/null'
check "and the warning is not told again" log_count 1 'too many requests'
sed '/^system/d' "${work}/good.conf" >"${work}/run.conf"
kill -HUP "${tracker}"
check "with other sources it begins anew" within 60 log_count 2 'too many requests'
check "and knows when the last report was" within 60 \
  run_has '.connection != "online" and .send_ms == 2000 and .last_success_ms > 1600000000000'
cp "${work}/good.conf" "${work}/run.conf"

check "SIGTERM ends it soon" ends_in_time TERM
check "with a last line" log_has 'note: ended: '
check "standard output stays empty" eval '[[ ! -s ${work}/run.out ]]'
run "${login[@]}" status
check "status knows that it ended, and of its last report" \
  eval 'out_has "is not running" && out_has "last report  20"'
start_run
check "the next run is kept waiting, too" within 60 log_has 'warning: .*too many requests'
run "${login[@]}" status
check "and status still knows of it" eval 'out_has "pid ${tracker}, since 20" && out_has "last report  20"'
ends_in_time TERM
no_faults

for stalled in /v2/timestamp /v2/token /v2/; do
  fresh_state
  reset_counts
  fault "{\"path\":\"${stalled}\",\"fault\":\"stall\",\"times\":1000}"
  start_run
  requested() { control GET /control/requests | jq -e "any(.[]; .path == \"${stalled}\" and .status == 0)" >/dev/null; }
  check "${stalled} is asked for" within 60 requested
  check "SIGTERM ends it while ${stalled} is stalled" ends_in_time TERM
  no_faults
done
python3 - "${work}/port" <<'END' &
import socket, sys, time
listener = socket.create_server(("127.0.0.1", 0))
open(sys.argv[1], "w").write(str(listener.getsockname()[1]))
kept = []
while True:
    connection, _ = listener.accept()
    kept.append(connection)
    connection.sendall(b'{"class":"VERSION","release":"3.22","proto_major":3,"proto_minor":14}\n')
END
gpsd=$!
within 60 test -s "${work}/port"
start_run --gpsd "localhost:$(cat "${work}/port")"
sleep 1
check "SIGINT ends it while a receiver has no fix" ends_in_time INT
kill "${gpsd}"

fresh_state
look
start_run
check "what was measured before it is killed" within 60 run_has '.queue.pending >= 1'
kill -KILL "${tracker}"
wait "${tracker}" 2>/dev/null
run "${login[@]}" --json status
check "a run that was killed does not run" out_is_json '.running == false'
run "${login[@]}" send
check "and leaves nobody locked out" succeeds
check "what it measured has arrived" arrives 2

echo "# places that are not there"
start_run --gpsd localhost:1
check "a receiver that is away is one warning" within 60 log_has 'warning: gpsd at localhost:1: '
sleep 2
check "and not one a sample" log_count 1 'gpsd'
check "the status is where systemd wants it" test -s "${work}/runtime/status.json"
ends_in_time TERM
unset RUNTIME_DIRECTORY
start_run
check "without such a place it is in the state directory" \
  within 60 eval 'run_has ".connection == \"online\"" && test -s "${work}/state/status.json"'
ends_in_time TERM
run --config "${work}/run.conf" run --nmea -
check "standard input is no source for run" fails_with 2 "must be a file"
run run
check "run needs credentials" fails_with 4 "no credentials"
if [[ -x /usr/bin/script ]]; then
  for ((n = 0; n < 40; n++)); do run "${login[@]}" --url https://localhost:1 send; done
  sed 's/^sample_s.*/sample_s = 60/' "${work}/good.conf" >"${work}/run.conf"
  script -q -e -f -c "exec '${cli}' --config '${work}/run.conf' run" "${work}/typescript" \
    >/dev/null 2>&1 </dev/null &
  terminal=$!
  check "on a terminal a backlog has a line of its own" within 60 \
    grep -qs $'\r''here-tracking: done in .*: [0-9]* samples\? waits\?' "${work}/typescript"
  kill "${terminal}"
  wait "${terminal}" 2>/dev/null
fi

echo "# doctor"
fresh_state
run "${login[@]}" doctor --nmea "${nmea}" --scan "${data}/scan.json" --system "${data}/system.json"
check "all is well" eval 'succeeds && fits && [[ $(grep -c "^pass  " "${work}/out") -eq 12 ]]'
run "${login[@]}" --json doctor
check "also as JSON" out_is_json '.ok and all(.checks[]; .result != "FAIL")'
fails_as() { # CODE NAME REMEDY
  [[ ${rc} -eq $1 ]] && fits && grep -q "^FAIL  $2 " "${work}/out" &&
    tr -s ' \n' ' ' <"${work}/out" | grep -F -q -- "$3"
}
run "${login[@]}" doctor --url https://localhost:1
check "nobody listens" fails_as 6 connection "the service must be reachable"
check "what depends on it is skipped, the rest is not" \
  eval 'grep -q "^skip  token" "${work}/out" && grep -q "^pass  storage" "${work}/out"'
run "${login[@]}" doctor --url https://name.invalid
check "a name that nobody knows" fails_as 6 name "the name must be known"
HERE_TRACKING_CA_FILE='' run "${login[@]}" doctor
check "a certificate that nobody vouches for" fails_as 6 TLS "the server must prove who it is"
run "${login[@]}" doctor --url nonsense
check "a URL that is none" fails_as 3 URL "must be https://"
run doctor
check "no credentials" fails_as 4 credentials "must be given with --credentials"
cp "${work}/device.conf" "${work}/open.conf"
chmod 644 "${work}/open.conf"
run --credentials "${work}/open.conf" doctor
check "credentials that others can read" fails_as 4 credentials "chmod 600"
HERE_TRACKING_DEVICE_ID=dev-2 HERE_TRACKING_DEVICE_SECRET=other-secret run doctor
check "a device that nobody claimed" fails_as 5 token "must be claimed"
fresh_state
HERE_TRACKING_DEVICE_ID=dev-1 HERE_TRACKING_DEVICE_SECRET=wrong-${secret} run doctor
check "a wrong secret" fails_as 4 token "the secret must be that of device dev-1"
control PUT /control/clock '{"offset_s":7200}' >/dev/null
run "${login[@]}" doctor
check "a clock that is wrong" fails_as 1 clock "see timedatectl"
control PUT /control/clock '{"offset_s":0}' >/dev/null
run "${login[@]}" --state-dir "${data}/scan.json" doctor
check "a state directory that is none" fails_as 3 storage "must be a directory"
fresh_state
mkdir -m 777 "${work}/state"
chmod 777 "${work}/state"
run "${login[@]}" doctor
check "a state directory that others can write to" fails_as 3 storage "chmod 700"
fresh_state
run "${login[@]}" doctor --nmea "${work}/nowhere" --gpsd localhost:1
check "sources that are not there" fails_as 2 source "gpsd must run: sudo apt install gpsd"
check "a tracker that does not run is no failure" grep -q "^skip  run .*systemctl start" "${work}/out"
check "each has its line" eval '[[ $(grep -c "^FAIL  source" "${work}/out") -eq 2 ]]'
DBUS_SYSTEM_BUS_ADDRESS=unix:path=${work}/no-bus run "${login[@]}" doctor --wlan standin0
check "nor is an interface" fails_as 2 source "see iw dev"

echo "# secrets"
check "the secret is in no output" eval '! grep -F -q -- "${secret}" "${work}/all"'
check "nor in the state" eval '! grep -r -F -q -- "${secret}" "${work}/state"'
check "state is readable by its owner alone" \
  eval '[[ -z $(find "${work}/state" -perm /077) ]]'

echo
[[ ${failed} -eq 0 ]] && echo "all passed" || echo "${failed} failed"
[[ ${failed} -eq 0 ]]
