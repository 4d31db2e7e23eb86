#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# HTTP/2 is used where the server offers it: http2_test.sh CLI EMULATOR
# The emulator speaks HTTP/1.1 alone, so nghttpx stands in front of it.
set -euo pipefail

cli=$1
emulator=$2
# shellcheck source=tests/integration/emulator.sh
source "$(dirname "${BASH_SOURCE[0]}")/emulator.sh"

fail() {
  echo "FAIL - $1"
  exit 1
}
wait_for() { # COMMAND...
  for _ in $(seq 200); do
    if "$@" 2>/dev/null; then return 0; fi
    sleep 0.05
  done
  return 1
}

export HERE_TRACKING_DEVICE_ID=7c0f3d52-1e7a-4b7c-9a55-0d6a3b1f2c4e
export HERE_TRACKING_DEVICE_SECRET=k3Jx9Qv_0aB-7mNpR2sTuVwXyZ1c4D5e6F8gHhIiJjL
start_emulator main --device "${HERE_TRACKING_DEVICE_ID}:${HERE_TRACKING_DEVICE_SECRET}"
behind=${url##*:}
certificate=${work}/main/server-valid.pem
key=${work}/main/server-valid.key

# Below those that the kernel gives to connections.
front=$((20000 + RANDOM % 12000))
nghttpx --conf=/dev/null --frontend="127.0.0.1,${front}" \
  --backend="127.0.0.1,${behind};;tls;sni=localhost" --cacert="${ca}" --workers=1 \
  --accesslog-file=/dev/null --errorlog-file="${work}/nghttpx.log" \
  "${key}" "${certificate}" >"${work}/nghttpx.out" 2>&1 &
url=https://localhost:${front}
wait_for curl --silent --fail --output /dev/null --cacert "${ca}" "${url}/v2/health" ||
  fail "nghttpx did not start: $(cat "${work}/nghttpx.log" "${work}/nghttpx.out")"

"${cli}" -v --url "${url}" --ca-file "${ca}" --state-dir "${work}/state" send \
  >"${work}/out" 2>"${work}/err" || fail "send through HTTP/2: $(cat "${work}/err")"
for request in "GET ${url}/v2/timestamp" "POST ${url}/v2/token" "POST ${url}/v2/"; do
  grep -qF "${request}: 200, HTTP/2" "${work}/err" ||
    fail "${request} did not use HTTP/2: $(cat "${work}/err")"
  echo "ok - ${request#* } over HTTP/2"
done
[[ $(grep -c "new connection" "${work}/err") -eq 1 ]] || fail "more than one connection"
echo "ok - one connection for all three"
[[ $(curl --silent --fail "${control}/control/state" | sed -n 's/.*"telemetry": *\([0-9]*\).*/\1/p') -eq 1 ]] ||
  fail "the report did not arrive"
echo "ok - the report arrived"
