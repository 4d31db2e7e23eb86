#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The example CLI against the emulator. Usage: cli_test.sh CLI EMULATOR
# shellcheck disable=SC2016  # eval expands what stands in single quotes
set -u -o pipefail

[[ $# -eq 2 && -x $1 && -x $2 ]] || {
  echo "usage: cli_test.sh CLI EMULATOR (both programs)" >&2
  exit 2
}
cli=$(realpath "$1")
emulator=$(realpath "$2")
data=$(realpath "$(dirname "$0")/../../examples/data")
# shellcheck source=tests/integration/cli_helpers.sh
source "$(dirname "$0")/cli_helpers.sh"

secret='S3CRET-of/the+device=42'
start_emulator main --device "dev-1:${secret}" --device "dev-2:other-secret:unclaimed"
main_url=${url} main_ca=${ca} main_control=${control}

export HERE_TRACKING_URL=${main_url} HERE_TRACKING_CA_FILE=${main_ca}
export HERE_TRACKING_STATE_DIR=${work}/state XDG_STATE_HOME=${work}/xdg
unset HERE_TRACKING_DEVICE_ID HERE_TRACKING_DEVICE_SECRET STATE_DIRECTORY
unset https_proxy HTTPS_PROXY http_proxy all_proxy ALL_PROXY
printf 'device_id = dev-1\ndevice_secret = %s\n' "${secret}" >"${work}/device.conf"
chmod 600 "${work}/device.conf"
login=(--credentials "${work}/device.conf")
nmea=${data}/drive.nmea
scan=${data}/scan.json
system=${data}/system.json

echo "# help"
for command in "" run send sample status queue "queue export" doctor time token; do
  # shellcheck disable=SC2086  # an empty command is none
  run ${command} --help
  check "help of '${command}' is there and fits 80 columns" \
    awk -v "rc=${rc}" 'length > 80 { exit 1 } END { exit rc != 0 || NR < 5 }' "${work}/out"
done
run --help
for flag in --url --ca-file --credentials --state-dir --config --json --verbose --version \
  HERE_TRACKING_URL HERE_TRACKING_CA_FILE HERE_TRACKING_STATE_DIR HERE_TRACKING_DEVICE_ID \
  HERE_TRACKING_DEVICE_SECRET "  9 " " 10 "; do
  check "help tells of ${flag}" out_has "${flag}"
done
run send --help
for flag in --nmea --gpsd --serial --modem --modem-identity --wlan --bluetooth --sensor --scan --system \
  --payload --contribute-gps --wide-lte-range --async --show-passwords; do
  check "help of send tells of ${flag}" out_has "${flag}"
done
run --version
check "the version is shown" out_has "here-tracking "

echo "# a day's work"
control PUT /control/devices/dev-1/desired \
  '{"payload":{"led":"blue"},"system":{"rate":{"sampleMs":60000,"sendMs":600000}}}' >/dev/null
reset_counts
run "${login[@]}" send --nmea "${nmea}" --scan "${scan}" --payload '{"door":"open"}'
check "send prints the desired shadow" \
  out_is_json '.payload.led == "blue" and .system.rate.sendMs == 600000'
check "send says what it sent" err_has "note: sent "
check "the first send makes three requests on one connection with one handshake" counts_are 3 1 1
control GET /control/devices/dev-1/telemetry >"${work}/telemetry"
check "position, scan and payload arrived" file_has '.[0].data |
  .position.type == "gnss" and (.position.lat | floor) == 52 and .position.timestamp > 0 and
  (.scan.gsm[0].nmr | length) == 3 and .scan.lte[0].rsrq == -10.5 and
  .scan.wcdma[0].psc == 271 and .scan.nbIot[0].nrsrp == -109 and (.scan.bt | length) == 3 and
  (.scan.wlan | length) == 3 and .scan.wlan[1].timestamp == "2026-01-01T08:15:30Z" and
  .payload.door == "open"' "${work}/telemetry"
check "the access point that opted out did not" \
  eval '! grep -F -q 00:1a:2b:3c:4d:64 "${work}/telemetry"'
reset_counts
run "${login[@]}" send
check "a send without a source sends the time alone and says so" \
  eval 'succeeds && err_has "only the time"'
check "the second send makes one request" counts_are 1 1 1
run "${login[@]}" send --async --payload '{}'
check "an asynchronous send prints {}" out_is_json '. == {}'
control PUT /control/devices/dev-1/desired '{"system":{"wlanConfigurations":
  [{"ssid":"depot","securityMode":"wpa2psk","password":"correct horse"}]}}' >/dev/null
run "${login[@]}" send
check "send prints the shadow without its WLAN passwords" out_is_json \
  '.system.wlanConfigurations[0] | .ssid == "depot" and .password == "********"'
run "${login[@]}" send --show-passwords
check "send --show-passwords prints them" out_is_json \
  '.system.wlanConfigurations[0].password == "correct horse"'
run "${login[@]}" --json token
check "the token is reused" out_is_json '.reused == true and .expires_in_s > 86000'
run "${login[@]}" token
check "the token's life is shown in words" out_has "(23 h 5"
fresh_state
run "${login[@]}" token --json
check "a token is got" out_is_json '.reused == false and .expires_in_s > 86000'
reset_counts
run --json time
check "time needs no credentials and is JSON" \
  out_is_json '.server_time_ms > 1600000000000 and (.system_clock_offset_ms | fabs) < 5000'
run "${login[@]}" time
check "time is shown in UTC" grep -E -q '^server time  20..-..-..T..:..:..\....Z$' "${work}/out"
check "time always asks" counts_are 2 2 2

echo "# sample"
reset_counts
run "${login[@]}" sample --nmea "${nmea}" --scan "${scan}"
check "sample prints telemetry in server time" \
  eval "out_is_json '.timestamp > 1600000000000 and (.scan.gsm | length) == 1' && err_has 'is server time'"
run sample --payload '{ "a" : 1 }'
check "without stored time sample takes this machine's, and says so" \
  eval "out_is_json '.payload == {\"a\":1}' && err_has \"this machine's time\""
check "sample makes no request" counts_are 0 0 0
"${cli}" sample --nmea - <"${nmea}" >"${work}/out" 2>"${work}/err"
rc=$?
check "a log is read from standard input" out_is_json '.position.satellitecount > 3'
mkfifo "${work}/fifo"
cat "${nmea}" >"${work}/fifo" &
run sample --nmea "${work}/fifo"
check "a log is read from a pipe" out_is_json '.position.type == "gnss"'
wait $!
# shellcheck disable=SC2016  # the dollar is NMEA's
printf '$GPRMC,120002.00,V,,,,,,,010126,,,N*78\r\n$GPRMC,120003.00,V,,,,,,,010126,,,N*00\r\n' \
  >"${work}/nofix.nmea"
run sample --nmea "${work}/nofix.nmea"
check "a log without a fix is a warning with counts" \
  eval 'out_is_json "has(\"position\") | not" && err_has "no valid fix in 1 sentence, and 1 checksum wrong"'
run sample --nmea "${work}/nofix.nmea" --nmea "${nmea}"
check "the next source is asked when the first has no fix" out_is_json 'has("position")'
run sample --nmea "${nmea}" --nmea "${work}/nofix.nmea"
check "no other is asked once there is a fix" \
  eval 'out_is_json "has(\"position\")" && ! err_has "no valid fix"'
# No daemon, and a name that no kernel has.
export DBUS_SYSTEM_BUS_ADDRESS=unix:path=${work}/no-bus
run sample --wlan standin0 --nmea "${nmea}"
check "a WLAN interface that is not there is a warning" \
  eval 'out_is_json "has(\"position\")" && err_has "warning: WLAN: there is no WLAN interface standin0"'
run sample --wlan wlan/0
check "what cannot be an interface is an error" \
  fails_with 2 "--wlan = wlan/0: must be the name of a network interface such as wlan0"
run sample --gpsd localhost:1 --nmea "${nmea}"
check "a gpsd that is not there is a warning" \
  eval 'out_is_json "has(\"position\")" && err_has "warning: gpsd at localhost:1: "'
echo '{"gsm":[{"mcc":262,"mnc":1,"lac":1,"cid":1,"rxlevel":-120}]}' >"${work}/weak.json"
run sample --scan "${work}/weak.json" --scan "${scan}"
check "scans add up and a weak signal is clamped, with a note" \
  eval 'out_is_json ".scan.gsm[0].rxlevel == -110 and (.scan.gsm | length) == 2" && err_has "1 signal level was"'

echo '{"wlan":[{"mac":"00:1a:2b:3c:4d:5e"}],"gps":{"lat":52.5200066,"lng":13.4,"accuracy":3}}' \
  >"${work}/gps.json"
run sample --scan "${work}/gps.json"
check "gps of a scan is left out, with a note" \
  eval 'out_is_json ".scan | has(\"gps\") | not" && err_has "--contribute-gps"'
check "that one access point makes no position is said" err_has "cannot make a position of this"
run sample --contribute-gps --scan "${work}/gps.json"
check "unless it is to be contributed" out_is_json '.scan.gps.lat == 52.5200066'
run sample --contribute-gps --scan "${work}/gps.json" --scan "${work}/gps.json"
check "which is possible once a sample" fails_with 2 "gps: must be given once a sample"
echo '{"lte":[{"mcc":262,"mnc":1,"cid":1,"rsrp":-150,"rsrq":2.5}]}' >"${work}/wide.json"
run sample --scan "${work}/wide.json"
check "LTE levels go into the range of every edition" \
  eval 'out_is_json ".scan.lte[0].rsrp == -140 and .scan.lte[0].rsrq == -3" && err_has "2 signal levels were"'
run sample --wide-lte-range --scan "${work}/wide.json"
check "or into that of newer ones" out_is_json '.scan.lte[0].rsrp == -150 and .scan.lte[0].rsrq == 2.5'
echo '{}' >"${work}/empty.json"
run sample --scan "${work}/empty.json"
check "a scan with nothing in it is a warning" \
  eval 'out_is_json "has(\"scan\") | not" && err_has "no measurement in it"'

echo "# client, SIM and sensors"
sent() { # FILTER; on what the service got last
  control GET /control/devices/dev-1/telemetry | jq -e ".[-1].data | $1" >/dev/null
}
arrived() { # FILTER; on anything that the service got
  control GET /control/devices/dev-1/telemetry | jq -e "any(.[].data; $1)" >/dev/null
}
fresh_state
run "${login[@]}" sample --system "${system}"
check "sample shows them" out_is_json '.system.client.name == "here-tracking" and .system.imsi != null'
fault '{"method":"POST","path":"/v2/","fault":"status","status":503}'
run "${login[@]}" send --system "${system}"
check "a send that fails says why" fails_with 10 "answered 503"
check "and that what it gathered waits" err_has "note: queued: 1 sample waits"
run "${login[@]}" send --system "${system}"
check "they arrive with the next one" arrived '.system.client.modules[0].manufacturer == "Quectel" and
  .system.iccid == "8988300000000000000" and .system.reportedSensorData.temperatureC == 21.5'
run "${login[@]}" send --system "${system}"
check "the second time only what changes goes out, with a note" \
  eval "sent '.system | has(\"client\") or has(\"imsi\") | not' && err_has 'client was left out' &&
    err_has 'imsi, iccid and phoneNumber were left out'"
run "${login[@]}" send --payload '{}'
check "a send without them says nothing about them" eval '! err_has "left out"'
jq '.client.firmware = "3.3.0"' "${system}" >"${work}/newer.json"
run "${login[@]}" send --system "${work}/newer.json"
check "what has changed goes out, alone" \
  sent '.system.client.firmware == "3.3.0" and (.system | has("imsi") | not)'
run "${login[@]}" sample --system "${work}/newer.json"
check "sample shows them all the same" out_is_json '.system.imsi != null and .system.client != null'
printf 'system = newer.json\n' >"${work}/system.conf"
run --config "${work}/system.conf" sample
check "a config file can name them" out_is_json '.system.client.firmware == "3.3.0"'
fresh_state

echo "# precedence"
cat >"${work}/cli.conf" <<EOF
# for the test
url = https://localhost:1
ca_file = main/ca.pem
state_dir = state-of-config
credentials = device.conf
nmea = ${nmea}
payload = {"from": "config"}
EOF
run --config "${work}/cli.conf" send
check "the environment wins over the config file" \
  eval 'succeeds && [[ -d ${work}/state && ! -e ${work}/state-of-config ]]'
run --config "${work}/cli.conf" sample
check "sources come from the config file" out_is_json '.payload.from == "config" and has("position")'
run --config "${work}/cli.conf" sample --payload '{"from":"flag"}'
check "sources on the command line replace them" \
  out_is_json '.payload.from == "flag" and (has("position") | not)'
HERE_TRACKING_STATE_DIR="" HERE_TRACKING_CA_FILE="" run --config "${work}/cli.conf" --url "${main_url}" token
check "paths of the config file are relative to it; a flag wins" \
  eval 'succeeds && [[ -e ${work}/state-of-config/token ]]'
HERE_TRACKING_URL=https://localhost:1 run --url "${main_url}" time
check "a flag wins over the environment" succeeds
run time --url "${main_url}"
check "options may stand behind the command" succeeds
HERE_TRACKING_DEVICE_ID=dev-1 HERE_TRACKING_DEVICE_SECRET=${secret} run token
check "credentials come from the environment" succeeds
HERE_TRACKING_STATE_DIR="" STATE_DIRECTORY=${work}/systemd run "${login[@]}" token
check "systemd's state directory is used" test -s "${work}/systemd/token"
HERE_TRACKING_STATE_DIR="" run "${login[@]}" token
check "the user's state directory is the default" test -s "${work}/xdg/here-tracking/token"
check "state is readable by its owner alone" \
  test "$(stat -c %a "${work}/xdg/here-tracking" "${work}/xdg/here-tracking/token" | tr '\n' ' ')" = "700 600 "

echo "# usage errors: 2"
fresh_state
reset_counts
run
check "no command" fails_with 2 "no command"
run frobnicate
check "an unknown command" fails_with 2 "unknown argument frobnicate"
run "${login[@]}" send --device-secret="${secret}"
check "an unknown flag is named without its value" fails_with 2 "unknown argument --device-secret:"
run time --nmea x
check "a flag of another command" fails_with 2 "--nmea"
run time --url
check "a flag without its value" fails_with 2 "--url"
run time --url a --url b
check "a flag given twice" fails_with 2 "--url"
run time --url ""
check "a flag with an empty value" fails_with 2 "--url has no value"
run "${login[@]}" send --payload '{}' --payload '{}'
check "two payloads" fails_with 2 "--payload: must be given once"
for bad in '{' '[]' '1' '' '{"a":}' $'{"a":"\xff"}'; do
  run "${login[@]}" send --payload "${bad}"
  check "payload $(printf %q "${bad}")" fails_with 2 "must be a valid JSON object in UTF-8"
done
run "${login[@]}" send --payload "{\"a\":\"$(printf '%993s' '' | tr ' ' x)\"}"
check "a payload of 1001 bytes" fails_with 2 "must be at most 1000 bytes"
for bad in :1 host:0 host:65536 ::1 host:x; do
  run "${login[@]}" send --gpsd "${bad}"
  check "gpsd address ${bad}" fails_with 2 "--gpsd = ${bad}: must be HOST[:PORT]"
done
run "${login[@]}" send --nmea "${work}/nowhere"
check "an NMEA file that is not there" fails_with 2 "No such file"
run "${login[@]}" send --nmea "${work}"
check "an NMEA file that is a directory" fails_with 2 "Is a directory"
run "${login[@]}" send --nmea "${scan}"
check "an NMEA file that is none" fails_with 2 "no NMEA sentence"
run "${login[@]}" send --nmea /dev/tty
check "a device, which has no end" fails_with 2 "must be a file or a pipe"
run "${login[@]}" send --nmea -
check "empty standard input" fails_with 2 "standard input: no NMEA sentence"
run "${login[@]}" send --nmea - --nmea -
check "standard input twice" fails_with 2 "standard input"
run "${login[@]}" send --scan "${work}/nowhere"
check "a scan file that is not there" fails_with 2 "No such file"
head -c 1100000 /dev/zero >"${work}/huge"
run "${login[@]}" send --scan "${work}/huge"
check "a scan file that is too large" fails_with 2 "at most 1 MiB"
bad_scan() { # JSON MESSAGE
  echo "$1" >"${work}/bad.json"
  run "${login[@]}" send --scan "${work}/bad.json"
  check "scan error: $2" fails_with 2 "bad.json: $2"
}
cell='{"mcc":262,"mnc":1,"lac":5126,"cid":16504}'
bad_scan "{\"gsm\":[${cell},{\"mcc\":262,\"mnc\":1,\"lac\":1,\"cid\":70000}]}" \
  "gsm[1].cid = 70000: must be 0..65535"
bad_scan '{"gsm":[{"mcc":262.0,"mnc":1,"lac":1,"cid":7}]}' "gsm[0].mcc = 262.0: must be an integer"
bad_scan '{"gsm":[{"mcc":262,"mnc":1,"lac":1}]}' "gsm[0].cid is missing"
bad_scan '{"wlan":[{"mac":"x"}]}' 'wlan[0].mac = "x": must be six pairs of hex digits'
bad_scan '{"lte":[{"mcc":262,"mnc":1,"cid":1,"rsrq":-3}]}' "lte[0].rsrq = -3: must be given with rsrp"
bad_scan '{"wlan":[{"mac":"00:1a:2b:3c:4d:5e","timestamp":"2026-01-01"}]}' \
  'wlan[0].timestamp = "2026-01-01": must be an RFC 3339 UTC time'
bad_scan '{"gps":{"lat":91,"lng":0,"accuracy":0}}' "gps.lat = 91: must be -90..90"
bad_scan '{"towers":[]}' "towers: unknown member"
echo '{"gsm":[}' >"${work}/bad.json"
run "${login[@]}" send --scan "${work}/bad.json"
check "a scan file that is no JSON, with line and column" fails_with 2 "bad.json:1:9: must be JSON"
many=$(printf "${cell}%.0s," {1..15})
echo "{\"gsm\":[${many%,}]}" >"${work}/many.json"
run "${login[@]}" send --scan "${work}/many.json" --scan "${work}/many.json"
check "more cells than 16 in several files" fails_with 2 "must be 0..16 in all files together"
bad_system() { # JSON MESSAGE
  echo "$1" >"${work}/bad.json"
  run "${login[@]}" send --system "${work}/bad.json"
  check "system error: $2" fails_with 2 "bad.json: $2"
}
bad_system '{"client":{"version":"1"}}' 'client.version = "1": must be'
bad_system '{"battery":7}' "battery: unknown member: must be one of stateVersion, mode"
bad_system '{"reportedSensorData":{"batteryLevel":101}}' \
  "reportedSensorData.batteryLevel = 101: must be 0..100"
bad_system '{"imsi":"hunter2"}' "imsi = 7 characters: must be 1..15 digits"
check "a SIM's identity is not shown" eval '! err_has hunter2'
echo '{"mode":"sleep"}' >"${work}/mode.json"
run "${login[@]}" send --system "${work}/mode.json" --system "${work}/mode.json"
check "a mode in two files" fails_with 2 "mode = 2: must be given once"
check "a bad source costs no request" counts_are 0 0 0

echo "# configuration errors: 3"
for bad in "http://example.com" "localhost" "ftp://localhost" "https://localhost:99999" \
  "https://localhost/path"; do
  run "${login[@]}" --url "${bad}" time
  check "URL ${bad}" fails_with 3 "--url = ${bad}: must be https://"
done
HERE_TRACKING_URL=nonsense run time
check "a URL of the environment is named so" fails_with 3 "HERE_TRACKING_URL = nonsense"
run --ca-file "${work}/nowhere" time
check "a CA file that is not there" fails_with 3 "--ca-file = ${work}/nowhere: must be"
run --ca-file "${scan}" time
check "a CA file without certificates" fails_with 3 "certificates in PEM form"
run "${login[@]}" --state-dir "${scan}/x" token
check "a state directory that cannot be made" fails_with 3 "--state-dir = ${scan}/x: must be"
run "${login[@]}" --state-dir "${scan}" token
check "a state directory that is a file" fails_with 3 "--state-dir = ${scan}: must be"
HERE_TRACKING_STATE_DIR="" XDG_STATE_HOME="" HOME="" run "${login[@]}" token
check "no place for the state" fails_with 3 "give --state-dir"
run --config "${work}/nowhere" time
check "a config file that is not there" fails_with 3 "--config = ${work}/nowhere: must be"
printf '\nurll = x\n' >"${work}/bad.conf"
run --config "${work}/bad.conf" time
check "an unknown key, with file and line" fails_with 3 "${work}/bad.conf:2: unknown key 'urll'"
printf 'url https://x\n' >"${work}/bad.conf"
run --config "${work}/bad.conf" time
check "a line without =" fails_with 3 "${work}/bad.conf:1: no '='"
printf 'url = nonsense\n' >"${work}/bad.conf"
HERE_TRACKING_URL="" run --config "${work}/bad.conf" time
check "a bad value, with file and line" fails_with 3 "${work}/bad.conf:1: url = nonsense: must be https://"

echo "# credentials: 4"
run send
check "none given" fails_with 4 "no credentials"
run --credentials "${work}/nowhere" send
check "a file that is not there" fails_with 4 "No such file"
for mode in 644 640 604 660; do
  cp "${work}/device.conf" "${work}/open.conf"
  chmod "${mode}" "${work}/open.conf"
  run --credentials "${work}/open.conf" send
  check "a file with mode ${mode}, with the remedy" fails_with 4 "run: chmod 600 '${work}/open.conf'"
done
# Root without what lets it read all files.
no_reader=()
[[ $(id -u) -ne 0 ]] || no_reader=(setpriv "--bounding-set=-dac_override,-dac_read_search")
run_locked_out() {
  "${no_reader[@]}" "${cli}" "$@" >"${work}/out" 2>"${work}/err" </dev/null
  rc=$?
}
cp "${work}/device.conf" "${work}/locked.conf"
chmod 000 "${work}/locked.conf"
echo "credentials = locked.conf" >"${work}/machine.conf"
run_locked_out --config "${work}/machine.conf" sample
check "what the machine keeps from its users is not needed to measure" out_is_json 'has("timestamp")'
run_locked_out --config "${work}/machine.conf" time
check "nor for the time" succeeds
run_locked_out --config "${work}/machine.conf" send
check "but to send" fails_with 4 "Permission denied"
run_locked_out --credentials "${work}/locked.conf" sample
check "and who names it wants it" fails_with 4 "Permission denied"
chmod 400 "${work}/open.conf"
run --credentials "${work}/open.conf" token
check "a file with mode 400 is taken" succeeds
printf 'device_id = dev-1\n%s\n' "${secret}" >"${work}/open.conf.new"
chmod 600 "${work}/open.conf.new"
run --credentials "${work}/open.conf.new" send
check "a line that is none, with its number and not its text" fails_with 4 "open.conf.new:2: unknown key"
HERE_TRACKING_DEVICE_ID=dev-1 run send
check "half of the environment's pair" fails_with 4 "HERE_TRACKING_DEVICE_SECRET is not set"
HERE_TRACKING_DEVICE_ID=dev-1 HERE_TRACKING_DEVICE_SECRET=$(printf '%129s' x) run send
check "a secret that is too long" fails_with 4 "must be 1..128 characters"
fresh_state
HERE_TRACKING_DEVICE_ID=dev-9 HERE_TRACKING_DEVICE_SECRET=${secret} run send
check "a device that the service does not know" fails_with 4 "device dev-9 must have a licence"
HERE_TRACKING_DEVICE_ID=dev-1 HERE_TRACKING_DEVICE_SECRET=wrong-${secret} run send
check "a wrong secret" fails_with 4 "the secret must be that of device dev-1"

echo "# not claimed: 5"
HERE_TRACKING_DEVICE_ID=dev-2 HERE_TRACKING_DEVICE_SECRET=other-secret run send
check "a device that nobody claimed" fails_with 5 "device dev-2 must be claimed"

echo "# network and TLS: 6"
run --url https://localhost:1 time
check "nobody listens" fails_with 6 "the service must be reachable"
run --url https://name.invalid time
check "no such host" fails_with 6 "the name must be known"
fault '{"method":"GET","path":"*","fault":"reset","times":5}'
run time
check "a connection that breaks" fails_with 6 "the service must be reachable"
fault '{"method":"GET","path":"*","fault":"truncated","times":5}'
run time
check "an answer that breaks off" fails_with 6 "the service must be reachable"
control DELETE /control/faults >/dev/null
openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=other -days 2 -keyout "${work}/other.key" \
  -out "${work}/other.pem" 2>/dev/null
run --ca-file "${work}/other.pem" time
check "a certificate of another CA" fails_with 6 "the server must prove who it is"
for kind in expired wrong-host self-signed; do
  start_emulator "${kind}" --certificate "${kind}"
  run --url "${url}" --ca-file "${ca}" time
  check "a certificate that is ${kind}" fails_with 6 "the server must prove who it is"
done
control=${main_control}

echo "# refused: 7"
run "${login[@]}" token
for refusal in "400 the data must keep the rules" "413 the data must be smaller" \
  "403 must be licensed and claimed"; do
  fault "{\"method\":\"POST\",\"path\":\"/v2/\",\"fault\":\"status\",\"status\":${refusal%% *},\"times\":5}"
  fresh_state
  run "${login[@]}" send
  check "status ${refusal%% *}" fails_with 7 "${refusal#* }"
done
fresh_state
for kind in garbage oversized; do
  fault "{\"method\":\"POST\",\"path\":\"/v2/\",\"fault\":\"${kind}\",\"times\":5}"
  run "${login[@]}" send
  check "an answer that is ${kind}" fails_with 7 "cannot be used"
done

fresh_state
echo "# too many requests: 8, and 10 for what is queued"
fault '{"method":"POST","path":"/v2/","fault":"status","status":429,"retry_after":"7"}'
run "${login[@]}" send
check "Retry-After is told" fails_with 10 "try again in 7 s"
fault '{"method":"POST","path":"/v2/","fault":"status","status":429}'
run "${login[@]}" send
check "its absence too" fails_with 10 "no Retry-After"

echo "# server errors: 9, and 10 for what is queued"
for status in 500 502 503; do
  fault "{\"method\":\"POST\",\"path\":\"/v2/\",\"fault\":\"status\",\"status\":${status}}"
  run "${login[@]}" send
  check "status ${status}" fails_with 10 "answered ${status}"
done
for status in 429 503; do
  fault "{\"method\":\"GET\",\"path\":\"*\",\"fault\":\"status\",\"status\":${status}}"
  run time
  check "what queues nothing says $((status == 429 ? 8 : 9))" fails_with $((status == 429 ? 8 : 9)) "answered ${status}"
done
control DELETE /control/faults >/dev/null

echo "# this machine: 1"
"${cli}" sample --payload '{}' >/dev/full 2>"${work}/err"
rc=$?
: >"${work}/out"
check "a full disk behind standard output" fails_with 1 "standard output: No space left on device"
"${cli}" sample --payload '{}' >&- 2>"${work}/err"
rc=$?
check "closed standard output" fails_with 1 "standard output: Bad file descriptor"
"${cli}" --help >/dev/full 2>"${work}/err"
rc=$?
check "help onto a full disk" fails_with 1 "standard output"
run --json time </dev/null
{ "${cli}" sample --payload '{}' 2>"${work}/err"; echo $? >"${work}/rc"; } | true
check "a reader that has gone is an error or was in time, never a signal" \
  grep -E -q '^[01]$' "${work}/rc"

echo "# clocks"
for offset in 3600 -3600; do
  control PUT /control/clock "{\"offset_s\":${offset}}" >/dev/null
  run --json time
  check "a clock ${offset} s away is measured" \
    out_is_json "(.system_clock_offset_ms - ${offset}000 | fabs) < 3000"
  fresh_state
  reset_counts
  run "${login[@]}" send --payload '{}'
  check "and the service takes what is sent, in three requests" \
    eval 'succeeds && counts_are 3 1 1'
done
run time
check "the difference has its direction" out_has "s ahead"
control PUT /control/clock '{"offset_s":0}' >/dev/null
reset_counts
run "${login[@]}" send --payload '{}'
check "a clock that the service corrected meanwhile does not stop a send" succeeds

control PUT /control/clock '{"offset_s":-60}' >/dev/null
run "${login[@]}" send --payload '{}'
check "nor does one that turns out to be ahead while the report is on its way" succeeds
control PUT /control/clock '{"offset_s":0}' >/dev/null
fresh_state

echo "# flags used wrongly: 2"
run --url https://localhost --url https://localhost time
check "a flag given twice" fails_with 2 "--url: must be given once"
run --url
check "a flag without its value" fails_with 2 "--url: must have a value"
run sample --nmea
check "a source without its value" fails_with 2 "--nmea: must have a value"
run --json=hunter2 time
check "a switch with a value" fails_with 2 "must have no value"
check "which is not shown" eval '! err_has hunter2'

echo "# what should not be shown or waited for"
mkfifo -m 600 "${work}/credentials.fifo"
run --credentials "${work}/credentials.fifo" token
check "a fifo with credentials is refused, not waited for" fails_with 4 "must be a regular file"
run --url 'https://user:hunter2@localhost' time
check "a URL with a login is refused" fails_with 3 "without user, path or query"
check "without showing it" eval '! err_has hunter2'
https_proxy='garbage://user:hunter2@localhost' run time
check "a proxy that cannot be used is a network error" fails_with 6 "proxy"
check "its login is not shown" eval '! err_has hunter2'
printf -- '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n' >"${work}/bad-ca.pem"
run --ca-file "${work}/bad-ca.pem" time
check "a damaged CA file is named" fails_with 3 "must be a file with certificates in PEM form"
sed 's/\*..\r*$/*00/' "${nmea}" >"${work}/wrong.nmea"
run sample --nmea "${work}/wrong.nmea"
check "a log without one right checksum is no log" fails_with 2 "no NMEA sentence in it"
run sample --scan $'no\n\e[31msuch'
check "a name cannot speak to the terminal" fails_with 2 'no??[31msuch'
fault '{"method":"GET","path":"/v2/timestamp","fault":"status","status":404}'
HERE_TRACKING_DEVICE_ID='' HERE_TRACKING_DEVICE_SECRET='' run time
check "without credentials no device is blamed" fails_with 7 "the URL must be that of HERE Tracking"
control DELETE /control/faults >/dev/null

echo "# secrets"
run -v "${login[@]}" send --nmea "${nmea}"
check "-v tells of each request" eval 'succeeds && err_has "debug: "'
token=$(tr -c 'A-Za-z0-9._-' '\n' <"${work}/state/token" | grep -E '^h1\..{40}' | head -1)
check "a token is stored" test -n "${token}"
check "the token is in no output" eval '! grep -F -q -- "${token}" "${work}/all"'
check "the secret is in no output" eval '! grep -F -q -- "${secret}" "${work}/all"'
check "nor in the state" eval '! grep -r -F -q -- "${secret}" "${work}/state"'

echo
[[ ${failed} -eq 0 ]] && echo "all passed" || echo "${failed} failed"
[[ ${failed} -eq 0 ]]
