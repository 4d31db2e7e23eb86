#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Fuzzes every parser of foreign bytes: tests/fuzz/run.sh [SECONDS_EACH] [TARGET...]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

seconds=${1:-60}
[[ ${seconds} =~ ^[0-9]+$ ]] || {
  echo "Usage: tests/fuzz/run.sh [SECONDS_EACH] [TARGET...]   (default: 60, all targets)" >&2
  exit 2
}
targets=("${@:2}")
[[ ${#targets[@]} -gt 0 ]] || targets=(advertisement gpsd http_response json modem_cells nl80211 nmea
  payload queue sample scan_file shadow wlan_configurations)

cmake --preset fuzz >/dev/null
cmake --build --preset fuzz -j2
fuzz() { # TARGET
  local target=$1 found=build/fuzz/corpus/$1 log=build/fuzz/$1.log
  mkdir -p "${found}"
  # What is found is kept for the next run; the seeds in the source tree stay as they are.
  if ! build/fuzz/tests/fuzz/"${target}"_fuzz -max_total_time="${seconds}" -timeout=10 \
    -rss_limit_mb=2048 -print_final_stats=1 -artifact_prefix=build/fuzz/"${target}"- \
    "${found}" tests/fuzz/corpus/"${target}" >"${log}" 2>&1; then
    tail -n 40 "${log}" >&2
    echo "${target}: failed; the input is in build/fuzz/${target}-*" >&2
    return 1
  fi
  printf '%-20s %10s inputs, no failure\n' "${target}" \
    "$(awk '/number_of_executed_units/ {print $2}' "${log}")"
}
export -f fuzz
export seconds
# shellcheck disable=SC2016  # the inner shell expands it
printf '%s\0' "${targets[@]}" | xargs -0 -n1 -P2 bash -c 'fuzz "$1"' fuzz
