#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2317  # functions are called by name
set -u -o pipefail

usage() {
  cat <<'END'
Usage: tests/soak/run.sh CLI EMULATOR [SECONDS]

Tracks for SECONDS (default 3600) at a sample a second, while the network drops,
delays and swallows, gpsd and the service go away and come back, and the program
is killed. A week of such days in an hour. At the end it checks that

  - no sample waits, and as many are with the service, by their timestamps, as
    the queue counts as delivered,
  - as many were delivered or lost, by the queue's counts, as it ever took,
  - of those seen waiting, by `queue export` in each cycle, no more are missing
    than it counts as lost,
  - at least SECONDS / 4 samples arrived, and the program was killed,
  - the process that lived last has at most 1024 kB more memory, no other files
    open, none twice, and one socket more at most than when it was young.

The program runs as a service of systemd where that is process 1, else under a
small supervisor that speaks the same protocol; the first line says which.
END
}
if [[ $# -lt 2 || ! -x $1 || ! -x $2 ]]; then
  usage >&2
  exit 2
fi
for tool in gpsd jq curl python3; do
  command -v "${tool}" >/dev/null || {
    echo "skipped: ${tool} is missing"
    exit 77
  }
done
cli=$(realpath "$1")
emulator=$(realpath "$2")
seconds=${3:-3600}
root=$(realpath "$(dirname "$0")/../..")
# shellcheck source=tests/integration/emulator.sh
source "${root}/tests/integration/emulator.sh"
supervisor=
unit=

# RSS in kB may grow by this much between youth and end: what malloc keeps of the largest batch.
most_growth_kb=1024

say() { printf '%5d s  %s\n' "${SECONDS}" "$1"; }
die() {
  echo "FAIL - $1"
  tail -n 15 "${work}/log" | sed 's/^/       /'
  exit 1
}
free_port() {
  python3 -c 'import socket; s = socket.create_server(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

network() { # MODE
  echo "$1" >"${work}/proxy/mode.new"
  mv "${work}/proxy/mode.new" "${work}/proxy/mode"
}

start_service() { # The real one, always on the same port.
  start_emulator service --device dev-1:secret --public-url "https://localhost:${proxy_port}"
  service_pid=$!
}
telemetry() { curl -s -f "${control}/control/devices/dev-1/telemetry"; }
# What it has received is gone with it, so nothing may arrive any more before that is written down.
end_service() {
  network drop
  within 30 quiet || die "the service is never idle"
  telemetry | jq -c '.[].data.timestamp' >>"${work}/arrived" || die "the service does not tell"
  kill "${service_pid}"
  wait "${service_pid}" 2>/dev/null
}
quiet() {
  local before
  before=$(control_requests)
  sleep 1
  [[ ${before} == "$(control_requests)" ]]
}
control_requests() { curl -s -f "${control}/control/state" | jq .requests; }

start_gpsd() {
  gpsd -N -n -S "${gpsd_port}" "udp://127.0.0.1:${receiver_port}" >"${work}/gpsd.log" 2>&1 &
  gpsd_pid=$!
}
receiver() {
  local sentence
  while :; do
    while IFS= read -r sentence; do
      printf '%s\r\n' "${sentence%$'\r'}" 2>/dev/null >"/dev/udp/127.0.0.1/${receiver_port}"
      sleep 0.05
    done <"${root}/examples/data/drive.nmea"
  done 2>/dev/null
}

tracker_pid() {
  if [[ -n ${unit} ]]; then
    systemctl show --property MainPID --value "${unit}"
  else
    cat "${work}/supervisor/pid"
  fi
}
alive() { [[ -d /proc/$(tracker_pid)/fd ]]; }
status() { "${cli}" --json status 2>/dev/null | jq -e "$1" >/dev/null; } # FILTER
rss_kb() { sed -n 's/^VmRSS:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$(tracker_pid)/status"; }
open_files() { find "/proc/$(tracker_pid)/fd" -mindepth 1 -printf '%l\n' 2>/dev/null | sort; }
# Sectors of the queue are opened when they are first needed; there are as many as there may be.
settled_files() { open_files | grep -v -E -e '^socket:' -e '/state/(queue|quarantine)/[0-9]+$'; }
sockets() { open_files | grep -c '^socket:'; }
# Samples that wait now must be with the service at the end.
look() { "${cli}" queue export 2>/dev/null | jq -c '.[].timestamp | select(. != null)' >>"${work}/measured"; }

mkdir -p "${work}"/{proxy,supervisor,state,runtime}
chmod 700 "${work}"/{state,runtime}
: >"${work}/log"
: >"${work}/arrived"
: >"${work}/measured"
emulator_port=$(free_port)
gpsd_port=$(free_port)
receiver_port=$(free_port)
network pass
python3 "${root}/tests/support/fault_proxy.py" "${work}/proxy" "${emulator_port}" 2>"${work}/proxy.log" &
within 30 test -s "${work}/proxy/port" || die "the network does not start"
proxy_port=$(cat "${work}/proxy/port")
start_service
start_gpsd
receiver &

printf 'device_id = dev-1\ndevice_secret = secret\n' >"${work}/credentials"
chmod 600 "${work}/credentials"
cat >"${work}/tracker.conf" <<END
url = https://localhost:${proxy_port}
ca_file = ${ca}
credentials = credentials
gpsd = localhost:${gpsd_port}
scan = ${root}/examples/data/scan.json
sample_s = 1
send_s = 2
END
export HERE_TRACKING_CONFIG=${work}/tracker.conf HERE_TRACKING_STATE_DIR=${work}/state
export RUNTIME_DIRECTORY=${work}/runtime
unset HERE_TRACKING_URL HERE_TRACKING_CA_FILE HERE_TRACKING_DEVICE_ID HERE_TRACKING_DEVICE_SECRET
unset https_proxy HTTPS_PROXY http_proxy all_proxy ALL_PROXY JOURNAL_STREAM CREDENTIALS_DIRECTORY

if [[ $(cat /proc/1/comm) == systemd && $(id -u) -eq 0 ]]; then
  unit=here-tracking-soak-$$.service
  # As long as the script, however that ends.
  finish_unit() {
    systemctl stop "${unit}" 2>/dev/null
    finish
  }
  trap finish_unit EXIT
  systemd-run --quiet --unit="${unit}" -p Type=notify -p WatchdogSec=120 -p Restart=on-failure -p RestartSec=1 \
    -p StartLimitIntervalSec=0 -p "StandardError=append:${work}/log" -E HERE_TRACKING_CONFIG \
    -E HERE_TRACKING_STATE_DIR -E RUNTIME_DIRECTORY "${cli}" run
  say "a service of systemd"
else
  python3 "${root}/tests/support/supervisor.py" "${work}/supervisor" 120 1 "${cli}" run 2>>"${work}/log" &
  supervisor=$!
  say "under a supervisor, as process 1 is no systemd"
fi
within 60 status '.connection == "online"' || die "it does not track"

young_pid=
kills=0
cycles=0
while ((SECONDS < seconds)); do
  cycles=$((cycles + 1))
  sleep 6
  if ((SECONDS >= seconds / 2)) && [[ ${young_pid} != "$(tracker_pid)" ]]; then
    within 120 status '.connection == "online" and .queue.pending < 5' || die "it does not come back"
    young_pid=$(tracker_pid)
    young_kb=$(rss_kb)
    settled_files >"${work}/young_files"
    young_sockets=$(sockets)
    say "young: ${young_kb} kB, $(wc -l <"${work}/young_files") files and ${young_sockets} sockets open"
  fi
  network drop
  sleep 4
  look
  network delay
  sleep 5
  network blackhole
  sleep $((cycles % 4 == 0 ? 40 : 6))
  network pass
  kill "${gpsd_pid}"
  wait "${gpsd_pid}" 2>/dev/null
  sleep 2
  start_gpsd
  sleep 2
  if ((cycles % 2 == 1)); then
    end_service
    sleep 3
    look
    start_service
    network pass
  fi
  if ((SECONDS < seconds / 2)); then
    sleep 1
    look
    kill -KILL "$(tracker_pid)"
    kills=$((kills + 1))
    sleep 2
    within 60 alive || die "it was killed and is not started anew"
  fi
done
say "${cycles} cycles, killed ${kills} times"

network pass
# Once all is well it must catch up, however long it had decided to wait.
within 900 status '.connection == "online" and .queue.pending < 5' || die "it does not catch up"
[[ ${young_pid} == "$(tracker_pid)" ]] || die "the last process did not live to the end"
old_kb=$(rss_kb)
settled_files >"${work}/old_files"
old_sockets=$(sockets)
open_files | grep "^${work}/state/" | uniq -d >"${work}/twice_open"
say "old: ${old_kb} kB, $(wc -l <"${work}/old_files") files and ${old_sockets} sockets open"
if [[ -n ${unit} ]]; then
  systemctl stop "${unit}"
else
  kill "${supervisor}"
  wait "${supervisor}"
fi
within 60 "${cli}" send --async >/dev/null 2>>"${work}/log" || die "the rest cannot be sent"
telemetry | jq -c '.[].data.timestamp' >>"${work}/arrived"

"${cli}" --json status >"${work}/status.json"
arrived=$(sort -u "${work}/arrived" | wc -l)
delivered=$(jq .queue.left.delivered "${work}/status.json")
lost=$(jq '[.queue.left | to_entries[] | select(.key != "delivered") | .value] | add' "${work}/status.json")
measured=$(sort -u "${work}/measured" | wc -l)
twice=$(($(wc -l <"${work}/arrived") - arrived))
missing=$(comm -23 <(sort -u "${work}/measured") <(sort -u "${work}/arrived") | wc -l)
say "${delivered} delivered, ${lost} lost, $(jq .queue.pending "${work}/status.json") wait; ${arrived} arrived, ${twice} of them twice"
say "${measured} were seen waiting, ${missing} of them did not arrive"

failed=0
check() { # NAME COMMAND...
  if "${@:2}"; then echo "ok - $1"; else
    echo "FAIL - $1"
    failed=1
  fi
}
check "each sample that was taken into the queue was delivered or is counted as lost" \
  test "$(jq .queue.last_id "${work}/status.json")" -eq $((delivered + lost))
check "nothing waits any more" test "$(jq .queue.pending "${work}/status.json")" -eq 0
check "each sample that was delivered is with the service" test "${arrived}" -eq "${delivered}"
check "each that was seen waiting arrived, or is counted as lost" test "${missing}" -le "${lost}"
check "it measured all the time" test "${arrived}" -gt $((seconds / 4))
check "it was killed" test "${kills}" -gt 0
check "memory has not grown" test $((old_kb - young_kb)) -le "${most_growth_kb}"
check "no file was left open" diff "${work}/young_files" "${work}/old_files"
check "nor opened twice" test ! -s "${work}/twice_open"
# One more or less: a connection that is kept may just have been lost.
check "nor a socket" test "${old_sockets}" -le $((young_sockets + 1))
exit "${failed}"
