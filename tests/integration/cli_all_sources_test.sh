#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# All sources of Linux at once: each goes away and comes back, then all of them hang.
# Usage: cli_all_sources_test.sh CLI EMULATOR. Returns 77 where gpsd or python3-dbus is not installed.
# shellcheck disable=SC2016  # eval and jq expand what stands in single quotes
set -u -o pipefail

[[ $# -eq 2 && -x $1 && -x $2 ]] || {
  echo "usage: cli_all_sources_test.sh CLI EMULATOR (both programs)" >&2
  exit 2
}
cli=$(realpath "$1")
emulator=$(realpath "$2")
here=$(realpath "$(dirname "$0")")
PATH=${PATH}:/usr/sbin
is_installed() {
  local program
  for program in gpsd gpsfake dbus-daemon; do command -v "${program}" || return; done
  /usr/bin/python3 -c 'import dbus.mainloop.glib, gi.repository.GLib'
}
is_installed >/dev/null 2>&1 || {
  echo "SKIPPED: needs gpsd, gpsfake, dbus-daemon and dbus for Python" \
    "(Debian: gpsd gpsd-clients dbus-daemon python3-dbus python3-gi)"
  exit 77
}
# shellcheck source=tests/integration/cli_helpers.sh
source "${here}/cli_helpers.sh"
# shellcheck source=tests/integration/private_bus.sh
source "${here}/private_bus.sh"

start_emulator main --device "dev-1:secret"
export HERE_TRACKING_URL=${url} HERE_TRACKING_CA_FILE=${ca}
export HERE_TRACKING_STATE_DIR=${work}/state RUNTIME_DIRECTORY=${work}
export HERE_TRACKING_DEVICE_ID=dev-1 HERE_TRACKING_DEVICE_SECRET=secret
unset STATE_DIRECTORY https_proxy HTTPS_PROXY http_proxy all_proxy ALL_PROXY
: >"${work}/out"
: >"${work}/err"
rc=0

# ---- the sources ----

declare -A daemons=() # of each source but the sensor: its pid
end_daemon() { # SOURCE
  kill "${daemons[$1]}"
  wait "${daemons[$1]}" 2>/dev/null
}
port=$(/usr/bin/python3 -c 'import socket
listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1])')
/usr/bin/python3 "${here}/nmea_log.py" make moving >"${work}/moving.nmea"
access_points='{"known": [{"bssid": "001a2b3c4d5e", "ssid": "63616665", "signal": -61},
                          {"bssid": "001a2b3c4d5f", "ssid": "626172", "signal": -70}]}'

start() { # SOURCE
  case $1 in
    gpsd) # with its gpsfake in a group of its own
      setsid gpsfake -q -c 0.05 -P "${port}" -n "${work}/moving.nmea" >"${work}/gpsfake.log" 2>&1 &
      daemons[gpsd]=$!
      ;;
    modem) start_stand_in modem_manager.py lte gsm ;;
    wlan) start_stand_in wpa_supplicant.py "${access_points}" ;;
    bluetooth) start_stand_in bluez.py beacons ;;
    sensor) echo 21530 >"${work}/temp1_input" ;;
  esac
  case $1 in modem | wlan | bluetooth) daemons[$1]=${stand_in} ;; esac
}
end() { # SOURCE
  case $1 in
    sensor) rm "${work}/temp1_input" ;;
    *) end_daemon "$1" ;;
  esac
}
signal_all() { # SIGNAL
  kill "-$1" -- "-${daemons[gpsd]}" "${daemons[modem]}" "${daemons[wlan]}" "${daemons[bluetooth]}"
}
# What has been stopped would not end.
trap 'signal_all CONT 2>/dev/null; finish' EXIT

# ---- what arrives ----

declare -A section=(
  [gpsd]='(.position.type == "gnss" and .position.lat > 1)'
  [modem]='(.scan.lte[0].cid == 26378497 and .scan.gsm[0].ta == 3)'
  [wlan]='([.scan.wlan[]?.mac] == ["00:1a:2b:3c:4d:5e", "00:1a:2b:3c:4d:5f"])'
  [bluetooth]='(.scan.bt[0].mac == "00:1a:7d:da:71:02")'
  [sensor]='(.system.reportedSensorData.temperatureC == 21.53)'
)
declare -A absent=(
  [gpsd]='(has("position") | not)'
  [modem]='(.scan // {} | has("lte") or has("gsm") | not)'
  [wlan]='(.scan // {} | has("wlan") | not)'
  [bluetooth]='(.scan // {} | has("bt") | not)'
  [sensor]='(.system.reportedSensorData == null)'
)
sources=(gpsd modem wlan bluetooth sensor)
filter() { # SOURCE...; all are there but these
  local source text=true
  for source in "${sources[@]}"; do
    if [[ " $* " == *" ${source} "* ]]; then
      text+=" and ${absent[${source}]}"
    else
      text+=" and ${section[${source}]}"
    fi
  done
  echo "${text}"
}
received=0 # samples, at the last look
log_lines=0
telemetry() { control GET /control/devices/dev-1/telemetry; }
look() {
  received=$(telemetry | jq length)
  log_lines=$(wc -l <"${work}/run.log")
}
since() { tail -n "+$((log_lines + 1))" "${work}/run.log"; }
comes() { # SECONDS COMMAND...; if not, leaves for check() what was there instead
  within "$@" && return
  telemetry | jq -c '.[-3:][].data' >"${work}/out"
  since | grep -v ' sent ' >"${work}/err"
  return 1
}
arrived() { # NUMBER FILTER; samples such as this since the last look
  [[ $(telemetry | jq "[.[${received}:][].data | select($2)] | length") -ge $1 ]]
}
arrives() { comes 180 arrived "$@"; }
is_said() { since | grep -E -q -- "$1"; } # TEXT, since the last look
says() { comes 60 is_said "$1"; }
# Whether no line came twice.
nothing_twice() { [[ -z $(since | grep 'warning: ' | sort | uniq -d) ]]; }

start_bus
for each in "${sources[@]}"; do start "${each}"; done
: >"${work}/run.log"
"${cli}" run --gpsd "127.0.0.1:${port}" --modem --wlan standin0 --bluetooth \
  --sensor "temperature=${work}/temp1_input" --sample-s 1 --send-s 1 \
  >/dev/null 2>"${work}/run.log" </dev/null &
tracker=$!

echo "# all of them"
check "are in one sample that the service takes" arrives 1 "$(filter)"

declare -A warning=(
  [gpsd]="gpsd at 127.0.0.1:${port}: "
  [modem]='ModemManager is not on the system bus; sudo apt install'
  [wlan]='WLAN: there is no WLAN interface standin0|WLAN: no wpa_supplicant|WLAN: wpa_supplicant'
  [bluetooth]='bluetooth: BlueZ '
  [sensor]="temperature ${work}/temp1_input: .* is not there"
)
declare -A again=(
  [gpsd]="gpsd at 127.0.0.1:${port}: works again"
  [modem]='ModemManager has modems again'
  [wlan]='WLAN: works again, scanned by wpa_supplicant, standin0'
  [bluetooth]='bluetooth: works again'
  [sensor]='temperature .*: works again'
)
for each in "${sources[@]}"; do
  echo "# ${each} goes away and comes back"
  look
  end "${each}"
  check "all else still arrives" arrives 2 "$(filter "${each}")"
  check "a warning says why" says "warning: ${warning[${each}]}"
  start "${each}"
  check "it arrives again" arrives 1 "$(filter)"
  check "as is told" says "note: ${again[${each}]}"
  check "no warning came twice" nothing_twice
done

on_bus=(modem wlan bluetooth)
echo "# the bus goes away and comes back"
look
kill "${bus}"
wait "${bus}" 2>/dev/null
for each in "${on_bus[@]}"; do wait "${daemons[${each}]}" 2>/dev/null; done
check "what needs no bus still arrives" arrives 2 "$(filter "${on_bus[@]}")"
check "a warning says why" says 'warning: .*cannot reach the system bus'
rm -f "${work}/bus"
start_bus
for each in "${on_bus[@]}"; do start "${each}"; done
check "all arrive again" arrives 1 "$(filter)"
for each in "${on_bus[@]}"; do check "as is told of ${each}" says "note: ${again[${each}]}"; done

echo "# all daemons hang"
look
signal_all STOP
check "what does not still arrives" arrives 1 "$(filter gpsd "${on_bus[@]}")"
check "and samples go on" arrives 2 "${absent[gpsd]}"
for hint in 'gpsd at .*: no greeting within' 'ModemManager gave no answer in time; if it hangs: ' \
  'WLAN: wpa_supplicant gave no answer in time; if it hangs: ' \
  'bluetooth: BlueZ gave no answer in time; if it hangs: '; do
  check "a warning says: ${hint}" says "warning: ${hint}"
done
check "no warning came twice" nothing_twice
look
signal_all CONT
check "all arrive again" arrives 1 "$(filter)"
for each in gpsd "${on_bus[@]}"; do check "as is told of ${each}" says "note: ${again[${each}]}"; done

check "it is the same run" kill -0 "${tracker}"
kill "${tracker}"
wait "${tracker}"
rc=$?
check "which ends well" succeeds

echo "${failed} failed"
[[ ${failed} -eq 0 ]]
