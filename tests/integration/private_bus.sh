# SPDX-License-Identifier: Apache-2.0
# A message bus of the test's own, and who plays a daemon on it. Source it after emulator.sh.
# shellcheck shell=bash disable=SC2034,SC2154  # used by, or set by, those who source it

appears() { # FILE
  local i
  for ((i = 0; i < 600; i++)); do
    [[ -e $1 ]] && return
    sleep 0.1
  done
  echo "$1 did not appear" >&2
  exit 1
}

start_bus() { # exports DBUS_SYSTEM_BUS_ADDRESS; sets bus to its pid
  export DBUS_SYSTEM_BUS_ADDRESS=unix:path=${work}/bus
  cat >"${work}/bus.conf" <<END
<busconfig><type>system</type><listen>${DBUS_SYSTEM_BUS_ADDRESS}</listen><auth>EXTERNAL</auth>
<policy context="default"><allow send_destination="*"/><allow receive_sender="*"/><allow own="*"/>
</policy></busconfig>
END
  dbus-daemon --config-file="${work}/bus.conf" --nofork --nopidfile --nosyslog \
    >"${work}/bus.log" 2>&1 &
  bus=$!
  appears "${work}/bus"
}

start_stand_in() { # SCRIPT ARGUMENT...; sets stand_in to its pid
  local script=$1
  shift
  rm -f "${work}/ready"
  # Debian's own: another one in the PATH lacks its modules.
  /usr/bin/python3 "$(dirname "${BASH_SOURCE[0]}")/../support/dbus/${script}" "${work}/ready" "$@" \
    >"${work}/${script}.log" 2>&1 &
  stand_in=$!
  appears "${work}/ready"
}
