#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The C programs of examples/c talk to the service: c_test.sh QUICKSTART TRACKER EMULATOR
set -euo pipefail

quickstart=$1
tracker=$2
emulator=$3
# shellcheck source=tests/integration/emulator.sh
source "$(dirname "${BASH_SOURCE[0]}")/emulator.sh"
fail() {
  echo "FAIL - $1"
  cat out
  exit 1
}

export HERE_TRACKING_DEVICE_ID=7c0f3d52-1e7a-4b7c-9a55-0d6a3b1f2c4e
export HERE_TRACKING_DEVICE_SECRET=k3Jx9Qv_0aB-7mNpR2sTuVwXyZ1c4D5e6F8gHhIiJjL
start_emulator main --device "${HERE_TRACKING_DEVICE_ID}:${HERE_TRACKING_DEVICE_SECRET}"
service=$!
export HERE_TRACKING_URL=${url} HERE_TRACKING_CA_FILE=${ca}
cd "${work}"

"${quickstart}" >out 2>&1 || true
[[ $(head -n 1 out) == ok && $(sed -n 2p out) == '{"system":'*'}' ]] || fail "quickstart"
echo "ok - quickstart sends its sample and prints the desired shadow"

"${tracker}" 1 >out 2>&1 || fail "tracker"
grep -qE '^report: [1-9][0-9]* samples, ok$' out || fail "tracker"
grep -q '^online (ok)$' out || fail "tracker"
echo "ok - tracker sends what it measured"

kill "${service}"
wait "${service}" || true
"${tracker}" 1 >out 2>&1 || fail "tracker"
grep -q '^unreachable (connect_failed)$' out || fail "tracker"
[[ -n $(find here-tracking-queue -type f -size +0) ]] || fail "tracker"
echo "ok - tracker keeps what it cannot send"
