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
builder_pid=

# The number of a process that has ended may be another's by now.
stop() { # PID SIGNAL
  jobs -pr | grep -qx -- "$1" || return 0
  kill "-$2" "$1" 2>/dev/null || true
  wait "$1" 2>/dev/null || true
}

finish() {
  local code=$?
  trap - EXIT
  stop "${machine_pid}" KILL
  stop "${service_pid}" TERM
  stop "${builder_pid}" TERM
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

step() { printf '\n== %s [%d s]\n' "$*" "${SECONDS}"; }

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
# From now on, and until there are others: the fault, then 503 to whoever still sends.
fail_reports() { # FAULT
  ask -o /dev/null -X POST "${control}/faults" -d "[$1,
    {\"method\":\"POST\",\"path\":\"/v2/\",\"fault\":\"status\",\"status\":503,\"times\":1000}]"
}
work_again() { ask -o /dev/null -X DELETE "${control}/faults"; }
desire() { ask -o /dev/null -X PUT "${control}/devices/demo-device/desired" -d "$1"; }
is_stalled() { # FAULT
  ask "${control}/requests" | jq -e --arg fault "$1" 'any(.[]; .fault == $fault)' >/dev/null
}
is_over() { ask "${control}/requests" | jq -e 'all(.[]; .reason != "" or .status != 0)' >/dev/null; }
# What has arrived of the newest request with a body, and how long it was to be.
body_arrived() {
  ask "${control}/requests" |
    jq -r 'last(.[] | select(.fault == "stall_body")) |
      "\(.body | utf8bytelength) \(.headers["Content-Length"])"'
}
delivered() {
  ask "${control}/devices/demo-device/telemetry" | jq -r '.[].data.payload.sample' | sort
}

all_delivered() { [[ -z $(comm -23 "${work}/queued" <(delivered)) ]]; }

# ---- the machine ----

machine=(qemu-system-arm -M mps2-an386 -display none -monitor none
  -semihosting-config "enable=on,target=native")

# Its network is QEMU's own, where 10.0.2.2 is the loopback of this machine.
power_on() { # NAME QEMU-ARGUMENT...
  uart=${work}/$1.uart
  : >"${uart}"
  (
    cd "${work}"
    exec "${machine[@]}" -kernel "${root}/build/firmware/firmware.elf" \
      -nic user,id=net -serial "file:${uart}" "${@:2}"
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

step "Build the images (build/firmware) and the local service (build/emulator)"
cd "${root}"
with_ccache=(-G Ninja -D CMAKE_C_COMPILER_LAUNCHER=ccache -D CMAKE_CXX_COMPILER_LAUNCHER=ccache)
build_images() {
  toolchains/make-sysroot.sh cortex-m4 firmware &&
    cmake -S examples/cortex_m -B build/firmware "${with_ccache[@]}" -D CMAKE_BUILD_TYPE=MinSizeRel \
      --toolchain "${root}/toolchains/cortex-m4.cmake" &&
    cmake --build build/firmware -j "$(nproc)" --target firmware stack
}
# Not optimised: that would take the compiler longer than all that the service does here.
build_service() {
  cmake -S examples/emulator -B build/emulator "${with_ccache[@]}" -D HERE_TRACKING_TESTS=OFF &&
    cmake --build build/emulator -j "$(nproc)"
}
build_service >"${work}/service.build" 2>&1 &
builder_pid=$!
build_images >"${work}/images.build" 2>&1 || {
  tail -n 40 "${work}/images.build" >&2
  die "The images were not built."
}
wait "${builder_pid}" || {
  tail -n 40 "${work}/service.build" >&2
  die "The local service was not built."
}
builder_pid=
PATH=${root}/build/emulator:${PATH}
arm-none-eabi-size build/firmware/firmware.elf

step "What the library takes of the stack, step by step, without TLS and network: bytes"
timeout 60 "${machine[@]}" -kernel build/firmware/stack.elf -serial null 2>&1

step "Start the local service; its owner wants a sample every 0.3 s, a report every 2 s"
start_service service
cp "$(jq -r .ca_file "${work}/service.json")" "${work}/ca.pem"
desire '{"system":{"rate":{"sampleMs":300,"sendMs":2000}},"payload":{"light":"blue"}}'

step "First power-on: the board tests its hooks, asks for the time and a token, and reports"
power_on first
wait_for '^desired shadow: .*"light":"blue"'
wait_for '^report of .*: ok, waiting 0'
show_uart

step "The service takes a report and does not answer; power is cut"
fail_reports '{"method":"POST","path":"/v2/","fault":"stall"}'
wait_until 60 "a report is under way" is_stalled stall
cut_power
echo "queued so far: $(grep -c '^queued' "${uart}")"

# The queue keeps the clocks of four starts, for samples that were measured before their start knew the
# time: this, the next cut and the last start are as many.
for cut in 1 2; do
  step "The service is out of order, samples pile up in the flash; power is cut, ${cut} of 2"
  power_on "cut${cut}"
  wait_for '^queue: ok'
  wait_for '^report of .*: server_error'
  wait_until 60 "samples pile up" has_queued $((4 + cut * 5))
  sleep "0.$((cut * 3))"
  cut_power
  grep -E '^(queue|report|connection)' "${uart}" | sed 's/^/  | /'
done

step "A slow line; power is cut when 3000 bytes of a report's body have arrived"
ask -o /dev/null -X DELETE "${control}/requests"
work_again
fail_reports '{"method":"POST","path":"/v2/","fault":"stall_body","body_bytes":3000}'
power_on body -object filter-buffer,id=slow,netdev=net,interval=500000
wait_until 60 "a body is on its way" is_stalled stall_body
read -r arrived length < <(body_arrived)
cut_power
grep -E '^(queue|queued|report)' "${uart}" | sed 's/^/  | /'
echo "the service had read ${arrived} of ${length} bytes"
[[ ${arrived} -ge 3000 && ${arrived} -lt ${length} ]] || die "That is not the middle."
wait_until 60 "the service sees the connection end" is_over
echo "$(body_arrived | cut -d' ' -f1) of them had left the machine"

step "Power is back and so is the service: everything that was queued is delivered"
work_again
power_on again
wait_for '^queue: ok, waiting [1-9]'
wait_for '^report of .*: ok, waiting 0'
sed 's/^/  | /' "${uart}"
sed -n 's/^queued //p' "${work}"/*.uart | sort >"${work}/queued"
wait_until 60 "what was queued has arrived" all_delivered
echo "queued: $(wc -l <"${work}/queued"), each of them delivered"
[[ -z $(delivered | uniq -d) ]] || die "Some were delivered twice, and the service took none before."
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
