#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# From a bare Debian 12 to firmware that reports: builds the image for a Cortex-M4 and the local
# service, and lets them talk over TLS. Then power is cut, and the service is not who it should be.
# No board, no account, nothing beyond this machine but the packages that it installs.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
# shellcheck source-path=SCRIPTDIR source=../../cmake/debian-packages.sh
source "${root}/cmake/debian-packages.sh"

work=$(mktemp -d)
service_pid=
machine_pid=

stop() { # PID SIGNAL
  [[ -n $1 ]] || return 0
  kill "-$2" "$1" 2>/dev/null || true
  wait "$1" 2>/dev/null || true
}

finish() {
  local code=$?
  trap - EXIT
  stop "${machine_pid}" KILL
  stop "${service_pid}" TERM
  if [[ ${code} -ne 0 ]]; then
    tail -n 20 "${work}"/*.uart "${work}"/*.qemu 2>/dev/null >&2 || true
    echo "The firmware's run failed (exit code ${code})." >&2
  fi
  rm -rf "${work}"
  exit "${code}"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

step() { printf '\n== %s\n' "$*"; }

die() {
  echo "$*" >&2
  exit 1
}

# Says what it waited for if that does not come.
wait_until() { # SECONDS WHAT COMMAND...
  local limit=$((SECONDS + $1)) what=$2
  shift 2
  until "$@"; do
    [[ ${SECONDS} -lt ${limit} ]] || die "This did not happen in time: ${what}."
    sleep 0.1
  done
}

# ---- the service ----

start_service() { # NAME FLAG...
  local name=$1
  shift
  here-tracking-emulator --port 0 --control-port 0 --state-dir "${work}/${name}" --quiet \
    --device "demo-device:demo-secret-of-no-value" --ready-file "${work}/${name}.json" "$@" \
    >"${work}/${name}.log" 2>&1 &
  service_pid=$!
  wait_until 60 "the local service starts" test -s "${work}/${name}.json"
  control=$(jq -r .control_url "${work}/${name}.json")/control
  printf 'url = %s\ndevice_id = demo-device\ndevice_secret = demo-secret-of-no-value\n' \
    "$(jq -r .url "${work}/${name}.json")" >"${work}/device.txt"
}

stop_service() {
  stop "${service_pid}" TERM
  service_pid=
}

ask() { curl -s -S -f "$@"; }
desire() { ask -o /dev/null -X PUT "${control}/devices/demo-device/desired" -d "$1"; }
is_being_sent() {
  ask "${control}/requests" | jq -e 'any(.[]; .path == "/v2/" and .status == 0)' >/dev/null
}
delivered() {
  ask "${control}/devices/demo-device/telemetry" | jq -r '.[].data.payload.sample' | sort
}

all_delivered() { [[ -z $(comm -23 "${work}/queued" <(delivered)) ]]; }

# ---- the machine ----

# Its network is QEMU's own, where 10.0.2.2 is the loopback of this machine.
power_on() { # NAME
  uart=${work}/$1.uart
  : >"${uart}"
  (
    cd "${work}"
    exec qemu-system-arm -M mps2-an386 -kernel "${root}/build/firmware/firmware.elf" \
      -nic user -display none -monitor none -serial "file:${uart}" \
      -semihosting-config enable=on,target=native
  ) >"${work}/$1.qemu" 2>&1 &
  machine_pid=$!
}

cut_power() {
  stop "${machine_pid}" KILL
  machine_pid=
}

says() { # PATTERN
  kill -0 "${machine_pid}" 2>/dev/null || die "The machine stopped by itself."
  grep -q -E "$1" "${uart}"
}
wait_for() { wait_until 60 "the machine says '$1'" says "$1"; }
has_queued() { # COUNT
  kill -0 "${machine_pid}" 2>/dev/null || die "The machine stopped by itself."
  [[ $(grep -c '^queued' "${uart}") -ge $1 ]]
}
show_uart() { sed 's/^/  | /' "${uart}"; }

step "Install what is missing"
install_debian_packages "${packages_build[@]}" "${packages_emulator[@]}" "${packages_demo[@]}" \
  "${packages_cortex_m[@]}" "${packages_firmware[@]}"

step "Build the image (build/firmware) and the local service (build/demo)"
cd "${root}"
build() {
  toolchains/make-sysroot.sh cortex-m4 firmware &&
    cmake -S examples/cortex_m -B build/firmware -G Ninja -D CMAKE_BUILD_TYPE=MinSizeRel \
      -D CMAKE_C_COMPILER_LAUNCHER=ccache -D CMAKE_CXX_COMPILER_LAUNCHER=ccache \
      --toolchain "${root}/toolchains/cortex-m4.cmake" &&
    cmake --build build/firmware -j "$(nproc)" &&
    cmake --preset release -B build/demo -D HERE_TRACKING_TESTS=OFF &&
    cmake --build build/demo -j "$(nproc)" --target here-tracking-emulator
}
build >"${work}/build.log" 2>&1 || {
  tail -n 40 "${work}/build.log" >&2
  die "The build failed."
}
PATH=${root}/build/demo/examples/emulator:${PATH}
arm-none-eabi-size build/firmware/firmware.elf

step "Start the local service; its owner wants a sample every 0.5 s, a report every 2 s"
start_service service
cp "$(jq -r .ca_file "${work}/service.json")" "${work}/ca.pem"
desire '{"system":{"rate":{"sampleMs":500,"sendMs":2000}},"payload":{"light":"blue"}}'

step "First power-on: the board tests its hooks, asks for the time and a token, and reports"
power_on first
wait_for '^desired shadow: .*"light":"blue"'
wait_for '^report of .*: ok, waiting 0'
show_uart

step "The service takes a report and does not answer; power is cut in mid-transfer"
ask -o /dev/null -X POST "${control}/faults" -d '[{"method":"POST","path":"/v2/","fault":"stall"}]'
wait_until 60 "a report is under way" is_being_sent
cut_power
ask -o /dev/null -X DELETE "${control}/faults"
echo "queued so far: $(grep -c '^queued' "${uart}")"

for cut in 1 2 3; do
  step "The service is out of order, samples pile up in the flash; power is cut, ${cut} of 3"
  ask -o /dev/null -X POST "${control}/faults" \
    -d '[{"method":"POST","path":"/v2/","fault":"status","status":503,"times":1000}]'
  power_on "cut${cut}"
  wait_for '^queue: ok'
  wait_for '^report of .*: server_error'
  wait_until 60 "samples pile up" has_queued $((4 + cut * 3))
  sleep "0.$((cut * 3))"
  cut_power
  grep -E '^(queue|report|connection)' "${uart}" | sed 's/^/  | /'
  ask -o /dev/null -X DELETE "${control}/faults"
done

step "Power is back and so is the service: everything that was queued is delivered"
power_on again
wait_for '^queue: ok, waiting [1-9]'
wait_for '^report of .*: ok, waiting 0'
sed 's/^/  | /' "${uart}"
sed -n 's/^queued //p' "${work}"/*.uart | sort >"${work}/queued"
wait_until 60 "what was queued has arrived" all_delivered
echo "queued: $(wc -l <"${work}/queued"), all of them delivered, twice: $(delivered | uniq -d | wc -l)"
if grep -h '^dropped' "${work}"/*.uart; then die "Samples were dropped."; fi

step "The owner wants a report every 12 s: the machine sleeps deep, and resumes the TLS session"
desire '{"system":{"rate":{"sampleMs":12000,"sendMs":12000}}}'
wait_for '^deep sleep'
from=$(wc -l <"${uart}")
slept() { tail -n "+${from}" "${uart}" | grep -q 'TLS session resumed'; }
wait_until 60 "a report on a resumed session" slept
tail -n "+${from}" "${uart}" | sed 's/^/  | /'
cut_power
stop_service

refuses() { # WHAT NAME FLAG...
  step "$1: the machine must not send anything"
  start_service "${@:2}"
  power_on "$2"
  wait_for '^connection: tls_failed'
  grep -E 'TLS|certificate|^report|^connection' "${uart}" | sed 's/^/  | /'
  cut_power
  [[ $(ask "${control}/requests" | jq length) -eq 0 ]] || die "It sent something."
  stop_service
}
# Each has a CA of its own; for those of the certificate alone it is the one that the device trusts.
refuses "A service whose certificate comes from another CA" other-ca
for kind in expired wrong-host self-signed; do
  cp -r "${work}/service" "${work}/${kind}"
  refuses "A service whose certificate is ${kind}" "${kind}" --certificate "${kind}"
done

step "Done"
