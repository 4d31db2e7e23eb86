# SPDX-License-Identifier: Apache-2.0
# A place to work in, and emulators that end with the script. Source it with emulator set to the program.
# shellcheck shell=bash disable=SC2034,SC2154  # used by, or set by, those who source it
work=$(mktemp -d)

# Ends what still runs of what the script started: the number of one that has ended may be
# another program's by now.
finish() {
  local pid
  for pid in $(jobs -pr); do kill "${pid}" 2>/dev/null || true; done
  wait
  rm -rf "${work}"
}
trap finish EXIT
trap 'exit 130' INT TERM

start_emulator() { # NAME ARGUMENT...; sets url, ca, control and $!; on emulator_port, else on any free one
  local name=$1 i
  shift
  rm -f "${work}/${name}.ready"
  "${emulator}" --port "${emulator_port:-0}" --control-port 0 --state-dir "${work}/${name}" --quiet \
    --ready-file "${work}/${name}.ready" "$@" >"${work}/${name}.log" 2>&1 &
  for ((i = 0; i < 600; i++)); do
    [[ -s ${work}/${name}.ready ]] && break
    sleep 0.1
  done
  url=$(jq -r .url "${work}/${name}.ready") || exit 1
  ca=$(jq -r .ca_file "${work}/${name}.ready")
  control=$(jq -r .control_url "${work}/${name}.ready")
}

within() { # SECONDS COMMAND...; tries until it succeeds
  local end=$((SECONDS + $1))
  shift
  until "$@"; do
    ((SECONDS < end)) || return 1
    sleep 0.1
  done
}
