#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# --modem and --modem-identity against a stand-in for ModemManager and the emulator.
# Usage: cli_modem_test.sh CLI EMULATOR
# shellcheck disable=SC2016  # eval expands what stands in single quotes
set -u -o pipefail

[[ $# -eq 2 && -x $1 && -x $2 ]] || {
  echo "usage: cli_modem_test.sh CLI EMULATOR (both programs)" >&2
  exit 2
}
cli=$(realpath "$1")
emulator=$(realpath "$2")
# shellcheck source=tests/integration/cli_helpers.sh
source "$(dirname "$0")/cli_helpers.sh"
# shellcheck source=tests/integration/private_bus.sh
source "$(dirname "$0")/private_bus.sh"

start_emulator main --device "dev-1:secret"
export HERE_TRACKING_URL=${url} HERE_TRACKING_CA_FILE=${ca}
export HERE_TRACKING_STATE_DIR=${work}/state XDG_STATE_HOME=${work}/xdg
export HERE_TRACKING_DEVICE_ID=dev-1 HERE_TRACKING_DEVICE_SECRET=secret
unset STATE_DIRECTORY https_proxy HTTPS_PROXY http_proxy all_proxy ALL_PROXY

start_bus

daemon=
stop_modems() {
  [[ -n ${daemon} ]] || return 0
  kill "${daemon}"
  wait "${daemon}" 2>/dev/null
  daemon=
}
modems() { # NAME...
  stop_modems
  start_stand_in modem_manager.py "$@"
  daemon=${stand_in}
}
telemetry() { control GET /control/devices/dev-1/telemetry; }

echo "# cells"
modems lte gsm
run sample --modem
check "serving cells with their neighbours" out_is_json \
  '.scan.lte[0].cid == 26378497 and (.scan.lte[0].nmr | length) == 2 and .scan.gsm[0].ta == 3'
check "no SIM and no modem in it" out_is_json 'has("system") | not'
run send --modem
check "the service takes them" eval 'succeeds && err_has "note: sent 1 sample"'
check "all of them" eval \
  'telemetry | jq -e ".[-1].data.scan.lte[0].tac == 37135 and .[-1].data.scan.gsm[0].lac == 5126" \
    >/dev/null'
run doctor --modem
check "doctor counts them" out_has "pass  source       --modem: 1 gsm, 1 lte"

echo "# identity"
run sample --modem-identity
check "who SIM and modem are, and no cell" out_is_json \
  '.system.imsi == "262011234567890" and .system.iccid == "89490172012345678900" and
   .system.phoneNumber == "+491701234560" and .system.client.modules[0].model == "EG25-G" and
   .system.client.homenetwork[0] == {"mcc":262,"mnc":1} and (has("scan") | not)'
printf 'modem = yes\nmodem_identity = yes\n' >"${work}/config"
run --config "${work}/config" send
check "the service takes it" succeeds
check "and has it" eval \
  'control GET /control/devices/dev-1/reported | jq -e ".system.imsi == \"262011234567890\"" \
    >/dev/null'
run --config "${work}/config" send
check "it is told once" err_has "imsi, iccid and phoneNumber were left out: the service has them"
echo '{"iccid":"89490172000000000000","client":{"manufacturer":"maker","model":"m"}}' \
  >"${work}/system.json"
run sample --modem-identity --system "${work}/system.json"
check "what a file says goes before" out_is_json \
  '.system.iccid == "89490172000000000000" and .system.client.manufacturer == "maker" and
   (.system | has("imsi") | not) and (.system.client | has("modules") | not)'
run doctor --modem-identity
check "doctor names what there is, not its value" \
  eval 'out_has "client, iccid, imsi, phoneNumber" && ! grep -q 2620112345 "${work}/out"'
run -v send --modem --modem-identity
check "no line on standard error has it" \
  eval 'succeeds && ! grep -E -q "2620112345|8949017201|4917012345" "${work}/err"'

echo "# what is missing"
modems no_sim
run sample --modem --modem-identity
check "a missing SIM is a warning" \
  eval 'succeeds && err_has "warning: modem 0: no SIM; insert one" &&
    err_has "warning: modem: no SIM, so no identity; see mmcli -L"'
run doctor --modem
check "and a finding, with what helps" eval '[[ ${rc} -eq 2 ]] &&
  grep -q "^FAIL  source       --modem: modem 0: no SIM$" "${work}/out" &&
  grep -q "^                   insert one$" "${work}/out"'
modems disabled lte
run sample --modem
check "a modem that is disabled takes nothing from the other" \
  eval 'out_is_json ".scan.lte[0].mnc == 1" && err_has "mmcli -m 0 --enable"'
modems lte hangs
run sample --modem --modem-identity
check "a modem that hangs takes nothing from the identity either" eval \
  'out_is_json ".scan.lte[0].mnc == 1 and .system.imsi == \"262011234567890\"" &&
   [[ $(grep -c warning: "${work}/err") -eq 1 ]] && err_has "modem 1: ModemManager gave no answer in time"'
stop_modems
run sample --modem --payload '{"door":"open"}'
check "without ModemManager the rest is there" eval 'out_is_json ".payload.door == \"open\"" &&
  err_has "warning: ModemManager is not on the system bus; sudo apt install modemmanager;"'
run doctor --modem
check "doctor says how to start it" grep -q "^ *sudo apt install modemmanager; sudo systemctl start" "${work}/out"

echo
[[ ${failed} -eq 0 ]] && echo "all passed" || echo "${failed} failed"
[[ ${failed} -eq 0 ]]
