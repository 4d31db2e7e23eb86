#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The program in the README is the one that is built, and it runs:
# quickstart_test.sh QUICKSTART EMULATOR
set -euo pipefail

quickstart=$1
emulator=$2
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
# shellcheck source=tests/integration/emulator.sh
source "$(dirname "${BASH_SOURCE[0]}")/emulator.sh"

# shellcheck disable=SC2016  # those are the README's
sed -n '/^```cpp$/,/^```$/{/^```/d;p}' "${top}/README.md" >"${work}/printed.cpp"
diff -u "${top}/examples/quickstart/main.cpp" "${work}/printed.cpp" || {
  echo "FAIL - README.md prints another program than examples/quickstart/main.cpp"
  exit 1
}
echo "ok - README.md prints examples/quickstart/main.cpp"
lines=$(wc -l <"${work}/printed.cpp")
[[ ${lines} -le 60 ]] || {
  echo "FAIL - the program has ${lines} lines, more than 60"
  exit 1
}
echo "ok - it has ${lines} lines"

export HERE_TRACKING_DEVICE_ID=7c0f3d52-1e7a-4b7c-9a55-0d6a3b1f2c4e
export HERE_TRACKING_DEVICE_SECRET=k3Jx9Qv_0aB-7mNpR2sTuVwXyZ1c4D5e6F8gHhIiJjL
start_emulator main --device "${HERE_TRACKING_DEVICE_ID}:${HERE_TRACKING_DEVICE_SECRET}"
export HERE_TRACKING_URL=${url} HERE_TRACKING_CA_FILE=${ca}

cd "${work}"
"${quickstart}" >out
[[ $(head -n 1 out) == ok && $(sed -n 2p out) == '{"system":'*'}' ]] || {
  echo "FAIL - it printed: $(cat out)"
  exit 1
}
echo "ok - it sends its sample and prints the desired shadow"
