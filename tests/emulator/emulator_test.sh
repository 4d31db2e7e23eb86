#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Usage: emulator_test.sh PATH_TO_BINARY
#
# Talks to the emulator with curl and openssl alone. One line a check; not 0 if any failed.
set -uo pipefail

binary=$(realpath "${1:?usage: emulator_test.sh PATH_TO_BINARY}")
work=$(mktemp -d)
failed=0
passed=0

clean_up() {
  local pid
  for pid in $(jobs -pr); do kill "${pid}" 2>/dev/null; done
  rm -rf "${work}"
}
trap clean_up EXIT

report() { # NAME 0|1 [DETAIL]
  if [[ $2 -eq 0 ]]; then
    passed=$((passed + 1))
    echo "ok - $1"
  else
    failed=$((failed + 1))
    echo "FAIL - $1${3:+: $3}"
  fi
}

is() { # NAME EXPECTED ACTUAL
  local verdict=1
  [[ $2 == "$3" ]] && verdict=0
  report "$1" "${verdict}" "expected '$2', got '$3'"
}

has() { # NAME NEEDLE TEXT
  local verdict=1
  [[ $3 == *"$2"* ]] && verdict=0
  report "$1" "${verdict}" "'$2' is not in '$3'"
}

starts=0
start() { # ARGUMENT...: sets url, control, ca and pid of a new emulator
  starts=$((starts + 1))
  local ready=${work}/ready-${starts}.json
  "${binary}" --port 0 --control-port 0 --state-dir "${work}/state" --ready-file "${ready}" \
    "$@" >"${work}/log-${starts}.txt" 2>&1 &
  pid=$!
  for _ in {1..200}; do
    [[ -f ${ready} ]] && break
    sleep 0.05
  done
  url=$(jq -r .url "${ready}")
  control=$(jq -r .control_url "${ready}")
  ca=$(jq -r .ca_file "${ready}")
  log=${work}/log-${starts}.txt
  is "the ready file names the process" "${pid}" "$(jq -r .pid "${ready}")"
}

stop() {
  kill -"${1:-TERM}" "${pid}"
  wait "${pid}"
}

# Answers go to these two files; the status is printed, 000 when there was none.
body=${work}/body
headers=${work}/headers
call() { # CURL-ARGUMENT...
  : >"${body}"
  : >"${headers}"
  curl --silent --max-time 10 --cacert "${ca}" --output "${body}" --dump-header "${headers}" \
    --write-out '%{http_code}' "$@"
}
header() { tr -d '\r' <"${headers}" | sed -n "s/^$1: //Ip"; }
control_put() { curl --silent --output /dev/null --write-out '%{http_code}' -X PUT --data "$2" "${control}$1"; }
control_post() { curl --silent --output /dev/null --write-out '%{http_code}' -X POST --data "$2" "${control}$1"; }
control_get() { curl --silent "${control}$1"; }
control_delete() { curl --silent -X DELETE "${control}$1"; }
fault() { is "a fault is taken: $1" 200 "$(control_post /control/faults "$1")"; }

device=7c0f3d52-1e7a-4b7c-9a55-0d6a3b1f2c4e
secret=k3Jx9Qv_0aB-7mNpR2sTuVwXyZ1c4D5e6F8gHhIiJjL
project_token=project.token-known_to+this/test=
reserved_secret='a/b+c=d&e%f ~g"h'

encode() { jq -rn --arg text "$1" '$text | @uri'; }

# Every part of the header can be overridden through a variable of the same name.
nonces=0
authorization() { # DEVICE SECRET TIMESTAMP
  nonces=$((nonces + 1))
  local id=$1 stamp=$3
  local key=${override_key:-$(encode "$2")}
  local method=${override_method:-HMAC-SHA256} version=${override_version:-1.0}
  local nonce=${override_nonce:-nonce${RANDOM}${RANDOM}${nonces}}
  local base_url=${override_base_url:-${url}}
  local parameters
  parameters="oauth_consumer_key=$(encode "${id}")&oauth_nonce=$(encode "${nonce}")"
  parameters+="&oauth_signature_method=${method}&oauth_timestamp=${stamp}&oauth_version=${version}"
  local base
  base="POST&$(encode "${base_url}/v2/token")&$(encode "${parameters}")"
  local signature
  signature=$(printf '%s' "${base}" | openssl dgst -sha256 -hmac "${key}&" -binary | base64 -w0)
  printf 'Authorization: OAuth oauth_consumer_key="%s",oauth_nonce="%s",' \
    "$(encode "${id}")" "$(encode "${nonce}")"
  printf 'oauth_signature_method="%s",oauth_timestamp="%s",oauth_version="%s",oauth_signature="%s"' \
    "${method}" "${stamp}" "${version}" "$(encode "${signature}")"
}

now_s() { curl --silent --cacert "${ca}" "${url}/v2/timestamp" | jq .timestamp; }
now_ms() { echo "$(($(now_s) * 1000))"; }

ask_token() { # HEADER [CURL-ARGUMENT...]
  local line=$1
  shift
  call -X POST --data '' -H 'Content-Type:' -H "${line}" "$@" "${url}/v2/token"
}

log_in() { # DEVICE SECRET: prints the token
  ask_token "$(authorization "$1" "$2" "$(now_s)")" >/dev/null
  jq -r .accessToken "${body}"
}

send() { # BODY [CURL-ARGUMENT...]
  local text=$1
  shift
  printf '%s' "${text}" >"${work}/telemetry.json"
  call -H "Authorization: Bearer ${token}" -H 'Content-Type: application/json' \
    --data-binary "@${work}/telemetry.json" "$@" "${url}/v2/"
}

send_v3() { # TOKEN BODY [CURL-ARGUMENT...]
  local bearer=$1 text=$2
  shift 2
  call -H "Authorization: Bearer ${bearer}" -H 'Content-Type: application/json' --data "${text}" \
    "$@" "${url}/v3/"
}

refused() { # NAME BODY VIOLATION
  local status
  status=$(send "$2")
  is "$1 is refused" 400 "${status}"
  has "$1 is named" "$3" "$(jq -r '.details.violations | join("\n")' "${body}")"
  is "$1 is told in the form PATH [= VALUE]: RULE" 0 \
    "$(jq '.details.violations | map(select(test("^(body|\\[)[^ ]*( = .*)?: (must |is no JSON)") | not)) | length' "${body}")"
}

accepted() { # NAME BODY
  local status
  status=$(send "$2")
  is "$1 is accepted" 200 "${status}"
}

echo "# flags and files"
exits() { # NAME CODE ARGUMENT...
  local name=$1 code=$2
  shift 2
  timeout 10 "${binary}" "$@" >"${work}/out" 2>"${work}/err"
  is "${name}: exit code" "${code}" "$?"
  is "${name}: one line on stderr" 1 "$(wc -l <"${work}/err")"
}
exits "an unknown flag" 2 --nonsense
exits "a port that is no number" 2 --port abc
exits "a port out of range" 2 --port 65536
exits "a device without secret" 2 --device only-id
exits "a device given twice" 2 --state-dir "${work}/s2" --device a:b --device a:c
exits "a virtual device without an app" 2 --virtual-device only-id
exits "an app id of 7 characters" 2 --virtual-device app-001/truck-7
exits "a virtual device with the id of a license" 2 --state-dir "${work}/s2" --device a:b \
  --virtual-device app-0001/a
exits "a project token with a space" 2 --state-dir "${work}/s2" --project-token 'two words'
exits "--key without --cert" 2 --key "${work}/none"
exits "--cert that does not exist" 2 --cert "${work}/none" --key "${work}/none" --port 0 --control-port 0
exits "--http on all interfaces" 2 --http --host 0.0.0.0
exits "a state directory that is a file" 2 --state-dir "${binary}"
exits "--public-url with a path" 2 --public-url https://example.test/path
exits "an unknown kind of certificate" 2 --certificate odd
exits "a host that is not ours" 2 --host 192.0.2.1 --port 0 --state-dir "${work}/s2"
exits "a ready file in no directory" 2 --ready-file "${work}/none/ready" --port 0 --control-port 0 \
  --state-dir "${work}/s2"
touch "${work}/open.key" && mkdir -p "${work}/s3" && cp "${work}/open.key" "${work}/s3/ca.key"
chmod 644 "${work}/s3/ca.key"
exits "a key that others can read" 2 --state-dir "${work}/s3"
"${binary}" --help >"${work}/help"
is "help ends with 0" 0 "$?"
is "help fits 80 columns" 0 "$(awk 'length > 80' "${work}/help" | wc -l)"

echo "# start, time, transport"
start --device "${device}:${secret}" --device "unclaimed-device:${secret}:unclaimed" \
  --device "odd-device:${reserved_secret}" --device "dev/01 +x:s3cr3t" \
  --virtual-device app-0001/truck-7 --project-token "${project_token}" \
  --max-body 20000 --max-items 5
first_pid=${pid}
port=${url##*:}
exits "a port in use" 3 --port "${port}" --control-port 0 --state-dir "${work}/state"
exits "a control port in use" 3 --port 0 --control-port "${control##*:}" --state-dir "${work}/state"
is "the CA key is private" 600 "$(stat -c %a "${work}/state/ca.key")"
is "the server key is private" 600 "$(stat -c %a "${work}/state/server-valid.key")"
end=$(date -d "$(openssl x509 -in "${ca}" -noout -enddate | cut -d= -f2)" +%s)
is "the CA is valid for 10 years" 10 "$(((end - $(date +%s) + 86400) / 31557600))"
has "the certificate is for localhost and both loopback addresses" \
  "DNS:localhost, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1" \
  "$(openssl x509 -in "${work}/state/server-valid.pem" -noout -ext subjectAltName)"
is "GET /v2/timestamp answers" 200 "$(call "${url}/v2/timestamp")"
drift=$(($(jq .timestamp "${body}") - $(date +%s)))
report "the time is now" "$((drift < -1 || drift > 1))" "${drift}"
is "the Date header is the service's time" "$(jq .timestamp "${body}")" \
  "$(date -d "$(header Date)" +%s)"
is "GET /v2/health answers" 200 "$(call "${url}/v2/health")"
is "GET /v2/version answers" 200 "$(call "${url}/v2/version")"
is "an unknown path is 404" 404 "$(call "${url}/v2/nothing")"
is "its body is an error object" "404 string string" \
  "$(jq -r '"\(.code) \(.error | type) \(.id | type)"' "${body}")"
is "ingestion without the slash is 404" 404 "$(call -X POST --data x "${url}/v2")"
is "a wrong method is 405" 405 "$(call -X PUT --data x "${url}/v2/")"
is "a method that HTTP does not have is 400" 400 "$(call -X BREW "${url}/v2/")"
is "its body is an error object too" 400 "$(jq .code "${body}")"
is "the other certificate check: 127.0.0.1" 200 "$(call "https://127.0.0.1:${port}/v2/timestamp")"
is "an X-Request-Id that is no UUIDv4 is 400" 400 \
  "$(call -H 'X-Request-Id: 7c0f3d52-1e7a-1b7c-9a55-0d6a3b1f2c4e' "${url}/v2/timestamp")"
is "an X-Request-Id that is a UUIDv4 is fine" 200 \
  "$(call -H 'X-Request-Id: 7c0f3d52-1e7a-4b7c-9a55-0d6a3b1f2c4e' "${url}/v2/timestamp")"
is "control is not on the service's port" 404 "$(call "${url}/control/state")"
is "the service is not on the control port" 404 \
  "$(curl --silent -o /dev/null -w '%{http_code}' "${control}/v2/timestamp")"

echo "# TLS counters"
control_delete /control/requests
call "${url}/v2/timestamp" --next --silent --cacert "${ca}" -o /dev/null "${url}/v2/timestamp" >/dev/null
is "two requests on one connection are one handshake" "1 1 2 0" "$(control_get /control/state |
  jq -r '"\(.connections) \(.tls_handshakes) \(.requests) \(.tls_resumed)"')"
is "both requests name the same connection" 1 "$(control_get /control/requests |
  jq '[.[].connection] | unique | length')"
for tls in 1_2 1_3; do
  control_delete /control/requests
  printf 'GET /v2/timestamp HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' >"${work}/get"
  for session in out in; do
    (cat "${work}/get"; sleep 0.3) | timeout 5 openssl s_client -connect "127.0.0.1:${port}" \
      "-tls${tls}" -CAfile "${ca}" -sess_"${session}" "${work}/session" -quiet -ign_eof \
      >/dev/null 2>&1
  done
  is "a TLS ${tls/_/.} session is resumed" "2 1 false true" "$(
    {
      control_get /control/state | jq -r '.tls_handshakes, .tls_resumed'
      control_get /control/requests | jq -r '.[].tls_resumed'
    } | xargs)"
done

echo "# token"
now=$(now_s)
right=$(authorization "${device}" "${secret}" "${now}")
is "a right request gets a token" 200 "$(ask_token "${right}")"
token=$(jq -r .accessToken "${body}")
is "the token has the usual length and characters" 1 \
  "$(grep -cE '^h1\.[A-Za-z0-9._-]{837}$' <<<"${token}")"
is "the token lives a day less one second" 86399 "$(jq .expiresIn "${body}")"
is "the same request again is 401" 401 "$(ask_token "${right}")"
is "... without x-here-timestamp" "" "$(header x-here-timestamp)"
has "... because of the nonce" oauth_nonce "$(jq -r .message "${body}")"
is "the nonce in a new signature is 401" 401 "$(
  override_nonce=${right#*oauth_nonce=\"}
  override_nonce=${override_nonce%%\"*}
  ask_token "$(authorization "${device}" "${secret}" "$((now + 1))")"
)"
for skew in 10 -10 11 -11; do
  # Only an answer from the very second that the request was made for says anything.
  for _ in {1..20}; do
    now=$(now_s)
    status=$(ask_token "$(authorization "${device}" "${secret}" "$((now + skew))")")
    [[ $(date -d "$(header Date)" +%s) -eq ${now} ]] && break
  done
  if [[ ${skew#-} -eq 10 ]]; then
    is "a clock ${skew} s off is accepted" 200 "${status}"
  else
    is "a clock ${skew} s off is 401" 401 "${status}"
    is "... with the service's time" "${now}" "$(header x-here-timestamp)"
  fi
done
is "a signature with another secret is 401" 401 \
  "$(ask_token "$(authorization "${device}" wrong "$(now_s)")")"
is "... without x-here-timestamp" "" "$(header x-here-timestamp)"
line=$(authorization "${device}" "${secret}" "$(now_s)")
without_end=${line%?%3D\"}
other=A
[[ ${line} == *A%3D\" ]] && other=B
is "a changed last character of the signature is 401" 401 \
  "$(ask_token "${without_end}${other}%3D\"")"
is "... without x-here-timestamp" "" "$(header x-here-timestamp)"
is "a signature for another host is 401" 401 "$(
  override_base_url=https://tracking.api.here.com
  ask_token "$(authorization "${device}" "${secret}" "$(now_s)")"
)"
is "an unknown device is 404" 404 "$(ask_token "$(authorization nobody "${secret}" 2)")"
has "... told in error" nobody "$(jq -r .error "${body}")"
is "an unclaimed device is 412" 412 \
  "$(ask_token "$(authorization unclaimed-device "${secret}" "$(now_s)")")"
has "... told in error" "not claimed" "$(jq -r .error "${body}")"
is "an unclaimed device with a wrong secret is 401" 401 \
  "$(ask_token "$(authorization unclaimed-device wrong "$(now_s)")")"
is "a wrong secret and a wrong clock is the clock's 401" 401 \
  "$(ask_token "$(authorization "${device}" wrong 2)")"
report "... with the service's time" "$([[ -n $(header x-here-timestamp) ]]; echo $?)"
is "reserved characters in the secret, encoded key" 200 \
  "$(ask_token "$(authorization odd-device "${reserved_secret}" "$(now_s)")")"
is "... is on record" encoded \
  "$(control_get /control/state | jq -r '.devices[] | select(.id == "odd-device").signing_key')"
is "reserved characters in the secret, raw key" 200 "$(
  override_key=${reserved_secret}
  ask_token "$(authorization odd-device "${reserved_secret}" "$(now_s)")"
)"
is "... is on record" raw \
  "$(control_get /control/state | jq -r '.devices[] | select(.id == "odd-device").signing_key')"
is "a device id and a nonce that need encoding" 200 "$(
  override_nonce='a=b&c%d~e'
  ask_token "$(authorization 'dev/01 +x' s3cr3t "$(now_s)")"
)"

echo "# form of the token request"
form() { # NAME STATUS SED-EXPRESSION
  is "$1 is $2" "$2" "$(ask_token "$(authorization "${device}" "${secret}" "$(now_s)" | sed "$3")")"
}
form "an untouched header" 200 ''
form "a realm in front" 200 's/OAuth /OAuth realm="x, y",/'
form "white space after the commas" 200 's/,/, /g'
form "scheme Bearer" 401 's/OAuth /Bearer /'
form "single quotes" 400 "s/\"/'/g"
form "no quotes" 400 's/"//g'
form "an open quote" 400 's/"$//'
form "no comma between parameters" 400 's/",/" /'
form "a comma at the end" 400 's/$/,/'
form "an unknown parameter" 400 's/$/,oauth_token="x"/'
form "a parameter twice" 400 's/$/,oauth_version="1.0"/'
form "a signature that is not percent-encoded" 400 's/%3D"$/="/'
form "lower-case hex digits" 400 's/%3D"$/%3d"/'
form "a broken escape" 400 's/%3D"$/%3"/'
form "a negative timestamp" 400 's/oauth_timestamp="/&-/'
form "a timestamp in words" 400 's/oauth_timestamp="[0-9]*/oauth_timestamp="now/'
for name in consumer_key nonce signature_method timestamp version; do
  form "a missing oauth_${name}" 400 "s/oauth_${name}=\"[^\"]*\",//"
done
form "a missing oauth_signature" 400 's/,oauth_signature=.*//'
is "another signature method is 400" 400 "$(
  override_method=HMAC-SHA1
  ask_token "$(authorization "${device}" "${secret}" "$(now_s)")"
)"
is "another version is 400" 400 "$(
  override_version=1.1
  ask_token "$(authorization "${device}" "${secret}" "$(now_s)")"
)"
is "no Authorization is 401" 401 "$(call -X POST --data '' "${url}/v2/token")"
is "no Authorization and no Content-Length is 401 at once" 401 \
  "$(call --max-time 2 -X POST "${url}/v2/token")"
is "a body is 400" 400 "$(ask_token "$(authorization "${device}" "${secret}" "$(now_s)")" --data x)"
is "GET on the token path is 405" 405 "$(call "${url}/v2/token")"

echo "# ingestion"
token=$(log_in "${device}" "${secret}")
now=$(now_ms)
is "no token is 401" 401 "$(call --data '[]' "${url}/v2/")"
is "a wrong token is 401" 401 "$(call -H 'Authorization: Bearer h1.wrong' --data '[]' "${url}/v2/")"
is "... with hereErrorCode" 401306 "$(jq .details.hereErrorCode "${body}")"
accepted "the smallest body" '[{"timestamp":1767225600000}]'
is "the first answer is the empty desired state" \
  '{"system":{"lastModifiedGeofenceTimestamp":0,"stateVersion":0}}' "$(jq -cS . "${body}")"
is "async=true is 204" 204 "$(
  printf '[{"timestamp":2}]' >"${work}/telemetry.json"
  call -H "Authorization: Bearer ${token}" -H 'Content-Type: application/json' \
    --data-binary "@${work}/telemetry.json" "${url}/v2/?async=true"
)"
is "... and empty" 0 "$(stat -c %s "${body}")"
is "... without Content-Length" "" "$(header Content-Length)"
is "async=yes is 400" 400 "$(
  call -H "Authorization: Bearer ${token}" -H 'Content-Type: application/json' \
    --data-binary "@${work}/telemetry.json" "${url}/v2/?async=yes"
)"
is "a chunked body is accepted" 200 "$(send '[{"timestamp":3}]' -H 'Transfer-Encoding: chunked')"
is "Content-Type with charset is accepted" 200 "$(
  call -H "Authorization: Bearer ${token}" -H 'Content-Type: application/json; charset=utf-8' \
    --data-binary '[{"timestamp":4}]' "${url}/v2/"
)"
is "Content-Type twice is 400" 400 \
  "$(send '[{"timestamp":4}]' -H 'Content-Type: application/json; charset=utf-8')"
is "Content-Type text/plain is 400" 400 "$(
  call -H "Authorization: Bearer ${token}" -H 'Content-Type: text/plain' \
    --data-binary '[{"timestamp":5}]' "${url}/v2/"
)"
is "a compressed body is 400" 400 "$(
  gzip -c "${work}/telemetry.json" >"${work}/telemetry.gz"
  call -H "Authorization: Bearer ${token}" -H 'Content-Type: application/json' \
    -H 'Content-Encoding: gzip' --data-binary "@${work}/telemetry.gz" "${url}/v2/"
)"
is "an answer is never compressed" 200 "$(send '[{"timestamp":6}]' --compressed)"
is "... even when asked for" "" "$(header Content-Encoding)"
is "five items are accepted" 200 "$(send "[$(printf '{"timestamp":%d},' {11..14}){\"timestamp\":15}]")"
is "six items are 413" 413 "$(send "[$(printf '{"timestamp":%d},' {11..15}){\"timestamp\":16}]")"
printf '[{"timestamp":7,"note":"%*s"}]' 19973 '' >"${work}/long"
is "a body of 20000 bytes is accepted" "20000 200" "$(stat -c %s "${work}/long") $(send "$(<"${work}/long")")"
is "a body of 20001 bytes is 413" 413 "$(send "$(<"${work}/long") ")"
is "... with hereErrorCode" 413306 "$(jq .details.hereErrorCode "${body}")"
accepted "a timestamp 9 s ahead" "[{\"timestamp\":$((now + 9000))}]"
refused "a timestamp a minute ahead" "[{\"timestamp\":1},{\"timestamp\":$((now + 60000))}]" \
  "[0].timestamp = 1: must be at least 2"
refused "a timestamp a minute ahead of now" "[{\"timestamp\":9},{\"timestamp\":$((now + 60000))}]" \
  "[1].timestamp = $((now + 60000)): must be at most 10 s ahead"

count=$(control_get "/control/devices/${device}/telemetry" | jq length)
refused "one bad item among good ones" '[{"timestamp":21},{"timestamp":22,"payload":7}]' \
  "[1].payload = 7: must be of type object"
is "... and none of them is kept" "${count}" \
  "$(control_get "/control/devices/${device}/telemetry" | jq length)"
is "the counter counts what was accepted" "${count}" \
  "$(control_get /control/state | jq --argjson count "${count}" '.devices[] | select(.telemetry > 0).telemetry')"
id=0b8b5b6e-6c0f-4a7e-8f0a-3f2b1c0d9e8f
send '[{"timestamp":31,"payload":{"z":1.10,"a":"ä"}}]' -H "X-Request-Id: ${id}" >/dev/null
is "accepted telemetry can be read back" "${id} {\"timestamp\":31,\"payload\":{\"z\":1.1,\"a\":\"ä\"}}" \
  "$(control_get "/control/devices/${device}/telemetry" |
    jq -r '.[-1] | "\(.request_id) \({timestamp: .data.timestamp, payload: {z: .data.payload.z, a: .data.payload.a}} | tojson)"')"

echo "# what telemetry may not be"
item() { printf '[{"timestamp":1767225600000,%s}]' "$1"; }
fix='"lat":52.5,"lng":13.4,"accuracy":8'
cell='"mcc":262,"mnc":1,"lac":5126,"cid":16504'
lte='"mcc":262,"mnc":1,"cid":268435455'
refused "no JSON" '[{"timestamp":1767225600000' "body: is no JSON text"
refused "invalid UTF-8" "$(item $'"payload":{"a":"\xff"}')" "body: is no JSON text"
refused "an object instead of an array" '{"timestamp":1767225600000}' "body: must be of type array"
refused "an empty array" '[]' "must have at least 1 items"
refused "an empty body" '' "body: is no JSON text"
refused "a missing timestamp" '[{}]' "[0]: must have the member timestamp"
refused "a timestamp in seconds as text" '[{"timestamp":"1767225600"}]' \
  '[0].timestamp = "1767225600": must be of type integer'
refused "a timestamp with a fraction" '[{"timestamp":1767225600000.0}]' \
  "[0].timestamp = 1767225600000.0: must be of type integer"
refused "a timestamp after the year 2100" '[{"timestamp":4102448400001}]' "must be at most 4102448400000"
refused "a member twice" "$(item "\"position\":{${fix},\"lat\":1}")" \
  "[0].position.lat: must not appear twice"
refused "a negative number gone unsigned" "$(item '"scan":{"wlan":[{"mac":"00:11:22:33:44:55","powrx":18446744073709551571}]}')" \
  "[0].scan.wlan[0].powrx = 18446744073709551571"
refused "too deep nesting" "$(item "\"payload\":{\"a\":$(printf '[%.0s' {1..70})$(printf ']%.0s' {1..70})}")" "nested deeper"
refused "lat out of range" "$(item '"position":{"lat":90.1,"lng":0,"accuracy":1}')" \
  "[0].position.lat = 90.1: must be at most 90"
refused "lng out of range" "$(item '"position":{"lat":0,"lng":-180.5,"accuracy":1}')" \
  "[0].position.lng = -180.5: must be at least -180"
refused "no accuracy" "$(item '"position":{"lat":0,"lng":0}')" "[0].position: must have the member accuracy"
refused "negative accuracy" "$(item '"position":{"lat":0,"lng":0,"accuracy":-1}')" "accuracy = -1: must be at least 0"
refused "confidence too low" "$(item "\"position\":{${fix},\"confidence\":49}")" "confidence = 49: must be at least 50"
refused "heading without speed" "$(item "\"position\":{${fix},\"heading\":0}")" \
  "[0].position: must have the member speed, since heading is present"
refused "speed without heading" "$(item "\"position\":{${fix},\"speed\":0}")" \
  "[0].position: must have the member heading, since speed is present"
refused "heading 360" "$(item "\"position\":{${fix},\"heading\":360,\"speed\":1}")" "heading = 360: must be at most 359"
refused "fractional speed" "$(item "\"position\":{${fix},\"heading\":1,\"speed\":1.5}")" \
  "speed = 1.5: must be of type integer"
refused "satellites without type" "$(item "\"position\":{${fix},\"satellitecount\":8}")" \
  'satellitecount = 8: must come with type "gnss" only'
refused "satellites with type wlan" "$(item "\"position\":{${fix},\"satellitecount\":8,\"type\":\"wlan\"}")" \
  'satellitecount = 8: must come with type "gnss" only'
refused "access points with type gnss" "$(item "\"position\":{${fix},\"wlancount\":8,\"type\":\"gnss\"}")" \
  'wlancount = 8: must come with type "wlan" only'
refused "a floor without a name" "$(item "\"position\":{${fix},\"floor\":{\"id\":\"1\",\"level\":0}}")" \
  "[0].position.floor: must have the member name"
accepted "a full position" "$(item "\"position\":{${fix},\"confidence\":95,\"alt\":-3.5,\"altaccuracy\":0,\
\"heading\":359,\"speed\":0,\"satellitecount\":50,\"type\":\"gnss\",\"timestamp\":2,\"floor\":{\"id\":\"1\",\"name\":\"x\",\"level\":-999}}")"

refused "a GSM cell id too large" "$(item "\"scan\":{\"gsm\":[{${cell}},{\"mcc\":262,\"mnc\":1,\"lac\":1,\"cid\":70000}]}")" \
  "[0].scan.gsm[1].cid = 70000: must be at most 65535"
refused "a GSM cell without lac" "$(item '"scan":{"gsm":[{"mcc":262,"mnc":1,"cid":1}]}')" \
  "[0].scan.gsm[0]: must have the member lac"
refused "bsic without bcch" "$(item "\"scan\":{\"gsm\":[{${cell},\"bsic\":1}]}")" \
  "must have the member bcch, since bsic is present"
refused "mcc below 200" "$(item '"scan":{"country":{"mcc":199}}')" "[0].scan.country.mcc = 199: must be at least 200"
refused "seventeen GSM neighbours" "$(item "\"scan\":{\"gsm\":[{${cell},\"nmr\":[$(
  printf '{"bsic":1,"bcch":%d},' {1..16}){\"bsic\":1,\"bcch\":17}]}]}")" "must have at most 16 items"
refused "an LTE neighbour without earfcn" "$(item "\"scan\":{\"lte\":[{${lte},\"nmr\":[{\"pci\":1}]}]}")" \
  "[0].scan.lte[0].nmr[0]: must have the member earfcn"
refused "rsrq without rsrp" "$(item "\"scan\":{\"lte\":[{${lte},\"rsrq\":-10}]}")" \
  "must have the member rsrp, since rsrq is present"
refused "rsrp too strong" "$(item "\"scan\":{\"lteCatM\":[{${lte},\"rsrp\":-43}]}")" "rsrp = -43: must be at most -44"
refused "an nrsrq out of range" "$(item "\"scan\":{\"nbIot\":[{${lte},\"nrsrq\":3}]}")" "nrsrq = 3: must be at most 2.5"
refused "rscp without pathloss in TD-SCDMA" "$(item "\"scan\":{\"tdscdma\":[{${lte},\"rscp\":-50}]}")" \
  "must have the member pathloss, since rscp is present"
refused "psc too large" "$(item "\"scan\":{\"wcdma\":[{${lte},\"psc\":512,\"uarfcndl\":1}]}")" "psc = 512: must be at most 511"
refused "a CDMA cell with sid 0" "$(item '"scan":{"cdma":[{"sid":0,"nid":0,"bsid":0}]}')" "sid = 0: must be at least 1"
refused "heading without speed in the scan" "$(item "\"scan\":{\"gps\":{${fix},\"heading\":1}}")" \
  "[0].scan.gps: must have the member speed"
accepted "cells of every kind" "$(item "\"scan\":{\"gsm\":[{${cell},\"bsic\":0,\"bcch\":0,\"ta\":63}],\
\"wcdma\":[{${lte},\"rscp\":-25}],\"tdscdma\":[{${lte},\"rscp\":-25,\"pathloss\":46}],\
\"lte\":[{${lte},\"pci\":503,\"earfcn\":262143,\"rsrp\":-156,\"rsrq\":-19.5}],\"lteCatM\":[{${lte}}],\
\"nbIot\":[{${lte},\"nrsrq\":2.5}],\"cdma\":[{\"sid\":1,\"nid\":0,\"bsid\":0,\"pnoffset\":1,\"channel\":2}],\
\"country\":{\"mcc\":262},\"gps\":{${fix},\"satellitecount\":5}}")"
refused "a MAC address with mixed separators" "$(item '"scan":{"wlan":[{"mac":"00:11:22:33:44-55"}]}')" \
  '[0].scan.wlan[0].mac = "00:11:22:33:44-55": must match'
refused "a MAC address with a tail" "$(item '"scan":{"wlan":[{"mac":"00:11:22:33:44:556"}]}')" "must match"
refused "a MAC address with a line feed" "$(item '"scan":{"wlan":[{"mac":"00:11:22:33:44:55\n"}]}')" "must match"
refused "band 6 GHz" "$(item '"scan":{"wlan":[{"mac":"00-11-22-33-44-55","band":6}]}')" "band = 6: must be one of 2.4, 3.65, 5"
refused "a positive powrx" "$(item '"scan":{"wlan":[{"mac":"00-11-22-33-44-55","powrx":1}]}')" "powrx = 1: must be at most 0"
refused "a scan time with an offset" "$(item '"scan":{"wlan":[{"mac":"00-11-22-33-44-55","timestamp":"2026-01-01T01:00:00+01:00"}]}')" \
  "must be an RFC 3339 UTC time"
refused "a scan time in ms" "$(item '"scan":{"wlan":[{"mac":"00-11-22-33-44-55","timestamp":1767225600000}]}')" \
  "[0].scan.wlan[0].timestamp = 1767225600000: must be of type string"
refused "February 30th" "$(item '"scan":{"wlan":[{"mac":"00-11-22-33-44-55","timestamp":"2026-02-30T01:00:00Z"}]}')" \
  "must be an RFC 3339 UTC time"
refused "129 access points" "$(item "\"scan\":{\"wlan\":[$(
  printf '{"mac":"00:11:22:33:44:55"},%.0s' {1..128}){\"mac\":\"00:11:22:33:44:55\"}]}")" "must have at most 128 items"
accepted "access points with every band" "$(item '"scan":{"wlan":[{"mac":"aA:11:22:33:44:55","band":2.4},
  {"mac":"00-11-22-33-44-55","band":3.65},{"mac":"00:11:22:33:44:55","band":5,"powrx":-128},
  {"mac":"00:11:22:33:44:55","band":5.0,"timestamp":"2024-02-29T23:59:59.123Z"}]}')"
refused "a beacon without any id" "$(item '"scan":{"bt":[{"rss":-50}]}')" \
  "[0].scan.bt[0]: must have at least one of: mac, eddystoneId, iBeaconId"
refused "a beacon without rss" "$(item '"scan":{"bt":[{"mac":"00:11:22:33:44:55"}]}')" \
  "[0].scan.bt[0]: must have the member rss"
refused "an Eddystone id of 23 characters" "$(item '"scan":{"bt":[{"rss":-50,"eddystoneId":"AAAAAAAAAAAAAAAAAAAAAA="}]}')" \
  "must have at least 24 characters"
refused "an iBeacon id that is no base64" "$(item '"scan":{"bt":[{"rss":-50,"iBeaconId":"AAAAAAAAAAAAAAAAAAAAAAAAAA!="}]}')" \
  "must be base64 of 20 bytes"
accepted "beacons of every kind" "$(item '"scan":{"bt":[{"rss":0,"mac":"00:11:22:33:44:55"},
  {"rss":-128,"eddystoneId":"AAAAAAAAAAAAAAAAAAAAAA=="},{"rss":-1,"iBeaconId":"AAAAAAAAAAAAAAAAAAAAAAAAAAA="}]}')"

refused "a manufacturer of one letter" "$(item '"system":{"client":{"manufacturer":"X"}}')" \
  '[0].system.client.manufacturer = "X": must have at least 2 characters'
refused "a version without three numbers" "$(item '"system":{"client":{"version":"1.2"}}')" "must be X.Y.Z"
refused "a version number too large" "$(item '"system":{"client":{"version":"1.256.3"}}')" "must be X.Y.Z"
refused "an unknown mode" "$(item '"system":{"mode":"party"}')" \
  '[0].system.mode = "party": must be one of "unknown", "normal"'
refused "an IMSI of 16 digits" "$(item '"system":{"imsi":"1234567890123456"}')" "[0].system.imsi"
refused "a telephone number without plus" "$(item '"system":{"phoneNumber":"4912345"}')" "[0].system.phoneNumber"
refused "an ICCID of 17 characters" "$(item '"system":{"iccid":"12345678901234567"}')" "must have at least 18 characters"
refused "a battery of 101 %" "$(item '"system":{"reportedSensorData":{"batteryLevel":101}}')" \
  "batteryLevel = 101: must be at most 100"
refused "a boolean in quotes" "$(item '"system":{"reportedSensorData":{"deviceIsTampered":"true"}}')" "must be of type boolean"
refused "eleven modules" "$(item "\"system\":{\"client\":{\"modules\":[$(printf '{"model":"m"},%.0s' {1..10}){}]}}")" \
  "must have at most 10 items"
refused "half a home network" "$(item '"system":{"client":{"homenetwork":[{"mcc":262,"nid":1}]}}')" \
  "[0].system.client.homenetwork[0]: must have at least one of: mcc + mnc, sid + nid"
accepted "a full system object" "$(item '"system":{"stateVersion":0,"mode":"powerSave","imsi":"123456789012345",
  "iccid":"1234567890123456789012","phoneNumber":"+491234567","client":{"manufacturer":"ab","model":"m","firmware":"f",
  "name":"abc","version":"255.255.65535","platform":"abc","modules":[{"manufacturer":"ab"}],"diskquota":0,"diagnosticscode":-1,
  "homenetwork":[{"mcc":262,"mnc":1},{"sid":1,"nid":0}],"hasNoBattery":true,"accelerometerSensorRange":[-1000,1000]},
  "reportedSensorData":{"temperatureC":-70,"relativeHumidity":100,"pressureHpa":300,"tiltDegree":720}}')"
accepted "unknown members" "$(item '"news":{"a":null}')"

payload_of() { # BYTES of an object {"k":"xxx"}
  printf '{"k":"%*s"}' "$(($1 - 8))" '' | tr ' ' x
}
is "the payloads have the size they should" "1000 1001" "$(payload_of 1000 | wc -c) $(payload_of 1001 | wc -c)"
accepted "a payload of 1000 bytes" "$(item "\"payload\":$(payload_of 1000)")"
refused "a payload of 1001 bytes" "$(item "\"payload\":$(payload_of 1001)")" \
  "[0].payload = 1001 bytes: must be at most 1000 bytes"
accepted "a payload of 1000 bytes with white space" "$(item "\"payload\": $(payload_of 1000 | sed 's/:/ : /')")"
refused "a payload of 1001 bytes in 502 characters" \
  "$(item "\"payload\":{\"k\":\"x$(printf 'ä%.0s' {1..496})\"}")" "[0].payload = 1001 bytes"
numbers=$(printf '1e5,%.0s' {1..247})1e5
accepted "numbers as they were written" "$(item "\"payload\":{\"k\":[${numbers}]}")"
refused "more than one broken rule" "$(item '"position":{"lat":91,"lng":181,"accuracy":1}')" "position.lng = 181"
has "all broken rules are told" "position.lat = 91" "$(jq -r '.details.violations[]' "${body}")"
is "the log names the field" 1 "$(tail -n 1 "${log}" | grep -c 'position.l.. = ')"

echo "# desired shadow"
control_put "/control/devices/${device}/desired" '{"system":{"rate":{"sampleMs":1000,"sendMs":5000}}}' >/dev/null
send '[{"timestamp":41}]' >/dev/null
is "the next answer has it" '{"sampleMs":1000,"sendMs":5000} 1' \
  "$(jq -r '"\(.system.rate | tojson) \(.system.stateVersion)"' "${body}")"
control_put "/control/devices/${device}/desired" '{"payload":{"a":1},"system":{"rate":{"sendMs":6000,"distanceM":10}}}' >/dev/null
send '[{"timestamp":42}]' >/dev/null
is "an update merges and counts" '{"distanceM":10,"sampleMs":1000,"sendMs":6000} {"a":1} 2' \
  "$(jq -Sr '"\(.system.rate | tojson) \(.payload | tojson) \(.system.stateVersion)"' "${body}")"
is "GET gives the same state" "$(jq -cS . "${body}")" \
  "$(control_get "/control/devices/${device}/desired" | jq -cS .)"
control_put "/control/devices/${device}/desired" '{"payload":null}' >/dev/null
is "null removes" "false 3" "$(control_get "/control/devices/${device}/desired" |
  jq -r '"\(has("payload")) \(.system.stateVersion)"')"
desired_refused() { # NAME UPDATE NEEDLE
  local answer
  answer=$(curl --silent -w '%{http_code}' -X PUT --data "$2" "${control}/control/devices/${device}/desired")
  is "a shadow with $1 is refused" 400 "${answer: -3}"
  has "... and named" "$3" "${answer}"
}
desired_refused "a negative rate" '{"system":{"rate":{"sendMs":-1}}}' "system.rate.sendMs = -1: must be at least 0"
desired_refused "a password too short" \
  '{"system":{"wlanConfigurations":[{"ssid":"s","securityMode":"wpa2psk","password":"short"}]}}' "must have at least 8 characters"
desired_refused "a network without password" \
  '{"system":{"wlanConfigurations":[{"ssid":"s","securityMode":"wpa2psk"}]}}' "must have the member password"
desired_refused "an unknown member of a network" \
  '{"system":{"wlanConfigurations":[{"ssid":"s","securityMode":"none","x":1}]}}' "must not have the member x"
desired_refused "an odd method to disable" '{"system":{"disableTracking":{"position":["lteCatM"]}}}' "must be"
desired_refused "system as text" '{"system":"x"}' "must be of type object"
desired_refused "a state version" '{"system":{"stateVersion":9}}' "must be absent"
desired_refused "an update above 1000 bytes" "{\"payload\":$(payload_of 1000)}" "must be at most 1000"
desired_refused "no object" '[]' "must be a JSON object"
is "refused updates change nothing" 3 "$(control_get "/control/devices/${device}/desired" | jq .system.stateVersion)"
is "an open network needs no password" 200 "$(control_put "/control/devices/${device}/desired" \
  '{"system":{"wlanConfigurations":[{"ssid":"s","securityMode":"none"}]}}')"
control_put "/control/devices/${device}/desired" '{"system":{"disableTracking":{"position":["gsm"],"sensors":"all",
  "periods":[{"begin":1000,"end":2000}]}}}' >/dev/null
both="\"scan\":{\"gsm\":[{${cell}}],\"country\":{\"mcc\":262}},\"system\":{\"mode\":\"normal\",\"reportedSensorData\":{\"batteryLevel\":1}}"
send "[{\"timestamp\":999,${both}},{\"timestamp\":1000,${both}}]" >/dev/null
is "what is disabled is stripped within the period only" "true true false false" \
  "$(control_get "/control/devices/${device}/telemetry" |
    jq -r '.[-2:] | [.[].data | (.scan | has("gsm")), (.system | has("reportedSensorData"))] | map(tostring) | join(" ")')"

echo "# /v3/"
tracking_id() { control_get /control/state | jq -r ".devices[] | select(.id == \"$1\").tracking_id"; }
data='"data":[{"timestamp":1767225600000}]'
virtual="\"id\":\"truck-7\",\"appId\":\"app-0001\",${data}"
is "the slash belongs to the path" 404 "$(call -X POST --data x "${url}/v3")"
is "GET is 405" 405 "$(call "${url}/v3/")"
is "no token is 401" 401 "$(call --data "{${data}}" "${url}/v3/")"
is "a device sends for itself" 200 "$(send_v3 "${token}" "{${data}}")"
is "... not with an id" 400 "$(send_v3 "${token}" "{\"id\":\"$(tracking_id "${device}")\",${data}}")"
is "a project token sends for a virtual device" 200 "$(send_v3 "${project_token}" "{${virtual}}")"
is "... whose desired state comes back" 0 "$(jq .system.stateVersion "${body}")"
is "... or not" 204 "$(call -H "Authorization: Bearer ${project_token}" \
  -H 'Content-Type: application/json' --data "{${virtual}}" "${url}/v3/?async=true")"
is "a project token sends for a device by its tracking id" 200 \
  "$(send_v3 "${project_token}" "{\"id\":\"$(tracking_id "${device}")\",${data}}")"
is "... not by its device id" 404 "$(send_v3 "${project_token}" "{\"id\":\"${device}\",${data}}")"
has "... and the answer says why" "is no tracking id of a claimed device" "$(jq -r .message "${body}")"
is "an unknown external id is 404" 404 "$(send_v3 "${project_token}" "{${virtual/truck-7/truck-8}}")"
is "another app is 404" 404 "$(send_v3 "${project_token}" "{${virtual/app-0001/app-0002}}")"
is "a project token on /v2/ is 403" 403 "$(token=${project_token} send '[{"timestamp":2}]')"
is "a wrapped violation is 400" 400 "$(send_v3 "${project_token}" "{${virtual/\"data\":[/\"data\":[{\"timestamp\":1\},}}")"
is "... with its path" "data[0].timestamp = 1: must be at least 2" "$(jq -r '.details.violations[]' "${body}")"
is "six items are 413" 413 "$(send_v3 "${token}" "{\"data\":[$(printf '{"timestamp":%d},' {11..15}){\"timestamp\":16}]}")"
is "a virtual device cannot log in" 404 "$(ask_token "$(authorization truck-7 x "$(now_s)")")"
is "a virtual device can be added" 204 "$(control_put /control/devices/truck-9 '{"app_id":"app-0009"}')"
is "... and used" 200 "$(send_v3 "${project_token}" "{\"id\":\"truck-9\",\"appId\":\"app-0009\",${data}}")"
is "the state lists it" "app-0009 VRTR- 1" "$(control_get /control/state |
  jq -r '.devices[] | select(.id == "truck-9") | "\(.app_id) \(.tracking_id[:5]) \(.telemetry)"')"
is "a project token can be added" "204 2" \
  "$(control_put /control/project-tokens/second '') $(control_get /control/state | jq .project_tokens)"
is "... and used" 200 "$(send_v3 second "{${virtual}}")"
is "... and revoked" 401 "$(control_delete /control/project-tokens/second; send_v3 second "{${virtual}}")"
first_id=$(tracking_id "${device}")
control_post "/control/devices/${device}/unclaim" '' >/dev/null
is "an unclaimed device has no tracking id" null "$(tracking_id "${device}")"
control_post "/control/devices/${device}/claim" '' >/dev/null
is "... and another one when it is claimed again" 404 \
  "$(send_v3 "${project_token}" "{\"id\":\"${first_id}\",${data}}")"

echo "# reported shadow and traces"
now=$(now_ms)
send_v3 "${project_token}" "{\"id\":\"truck-7\",\"appId\":\"app-0001\",\"data\":[
  {\"timestamp\":$((now - 2000)),\"payload\":{\"a\":1},\"system\":{\"reportedSensorData\":{\"batteryLevel\":9}}},
  {\"timestamp\":$((now - 9000)),\"payload\":{\"b\":1},\"system\":{\"reportedSensorData\":{\"temperatureC\":20}}}]}" >/dev/null
is "the reported shadow has the newest of each field" \
  "2000 {\"a\":1} {\"batteryLevel\":9,\"temperatureC\":20}" \
  "$(control_get /control/devices/truck-7/reported | jq --argjson now "${now}" -r \
    '"\($now - .timestamp) \(.payload | tojson) \(.system.reportedSensorData | tojson)"')"
is "... and what the service computes" '{"moving":false,"online":true,"outlier":false}' \
  "$(control_get /control/devices/truck-7/reported | jq -cS .system.computed)"
is "traces are newest first" "2000 9000" "$(control_get /control/devices/truck-7/traces |
  jq --argjson now "${now}" -r '.[:2] | map($now - .timestamp_ms | tostring) | join(" ")')"

echo "# claims and revocation"
control_post "/control/devices/${device}/unclaim" '' >/dev/null
is "an unclaimed device's token is 403" 403 "$(send '[{"timestamp":51}]')"
is "... and gets no new one" 412 "$(ask_token "$(authorization "${device}" "${secret}" "$(now_s)")")"
control_post "/control/devices/${device}/claim" '' >/dev/null
is "claimed again it may send" 200 "$(send '[{"timestamp":52}]')"
control_post "/control/devices/${device}/revoke" '' >/dev/null
is "a revoked token is 401" 401 "$(send '[{"timestamp":53}]')"
token=$(log_in "${device}" "${secret}")
is "a new one is fine" 200 "$(send '[{"timestamp":54}]')"
is "a device can be added" 204 "$(control_put /control/devices/late-device '{"secret":"abc","claimed":true}')"
late_token=$(log_in late-device abc)
control_delete /control/devices/late-device
is "a removed device's token is 403" 403 "$(token=${late_token} send '[{"timestamp":55}]')"
is "a removed device's login is 404" 404 "$(ask_token "$(authorization late-device abc "$(now_s)")")"
is "an id that needs encoding can be addressed" 204 \
  "$(control_post '/control/devices/dev%2F01%20%2Bx/revoke' '')"

echo "# control errors"
is "an unknown device is 404" 404 "$(control_post /control/devices/nobody/claim '')"
is "an unknown address is 404" 404 "$(control_post /control/nothing '')"
is "a wrong method is 405" 405 "$(control_put /control/state '{}')"
is "a device without secret is 400" 400 "$(control_put /control/devices/x '{"claimed":true}')"
is "a device with an unknown member is 400" 400 "$(control_put /control/devices/x '{"secret":"a","claim":true}')"
is "a device with secret and app is 400" 400 "$(control_put /control/devices/x '{"secret":"a","app_id":"app-0001"}')"
is "an app id that is no string is 400" 400 "$(control_put /control/devices/x '{"app_id":12345678}')"
is "a secret for a virtual device is 400" 400 "$(control_put /control/devices/truck-7 '{"secret":"a"}')"
is "an app for a licensed device is 400" 400 "$(control_put "/control/devices/${device}" '{"app_id":"app-0001"}')"
is "traces of an unknown device are 404" 404 \
  "$(curl --silent -o /dev/null -w '%{http_code}' "${control}/control/devices/nobody/traces")"
is "traces cannot be put" 405 "$(control_put "/control/devices/${device}/traces" '[]')"
is "a project token with a space is 400" 400 "$(control_put /control/project-tokens/two%20words '')"
is "GET of a project token is 405" 405 \
  "$(curl --silent -o /dev/null -w '%{http_code}' "${control}/control/project-tokens/x")"
is "claimed in quotes is 400" 400 "$(control_put /control/devices/x '{"secret":"a","claimed":"no"}')"
is "no JSON is 400" 400 "$(control_put /control/devices/x '{')"
is "a clock in quotes is 400" 400 "$(control_put /control/clock '{"offset_s":"1"}')"
is "an unknown fault is 400" 400 "$(control_post /control/faults '{"fault":"fire"}')"
is "a fault with an unknown member is 400" 400 "$(control_post /control/faults '{"fault":"reset","time":1}')"
is "a fault that never comes is 400" 400 "$(control_post /control/faults '{"fault":"reset","times":0}')"
is "a list with one bad fault adds none" "400 0" \
  "$(control_post /control/faults '[{"fault":"reset"},{"fault":"x"}]') $(control_get /control/faults | jq length)"

echo "# faults"
fault '{"method":"POST","path":"/v2/","fault":"status","status":429,"retry_after":"7","headers":{"X-RateLimit-Limit":"5"}}'
is "another path is not hit" 200 "$(call "${url}/v2/timestamp")"
is "status: 429" 429 "$(send '[{"timestamp":61}]')"
is "... with Retry-After" 7 "$(header Retry-After)"
is "... and the header asked for" 5 "$(header X-RateLimit-Limit)"
is "... and an error object" 429 "$(jq .code "${body}")"
is "... once" 200 "$(send '[{"timestamp":62}]')"
fault '{"fault":"status","status":503,"body":"<html>busy</html>","headers":{"Content-Type":"text/html"},"skip":1,"times":2}'
is "skip lets one pass, times hits two" "200 503 503 200" \
  "$(for _ in 1 2 3 4; do call "${url}/v2/health"; echo; done | xargs)"
fault '{"fault":"status","status":503,"body":"<html>busy</html>","headers":{"Content-Type":"text/html"}}'
call "${url}/v2/health" >/dev/null
is "a body of any type" "<html>busy</html> text/html" "$(<"${body}") $(header Content-Type)"
kept() { control_get "/control/devices/${device}/telemetry" | jq "map(select(.data.timestamp == $1)) | length"; }
fault '{"path":"/v2/","fault":"reset"}'
is "reset: no answer" 000 "$(send '[{"timestamp":63}]')"
is "... and nothing kept" 0 "$(kept 63)"
fault '{"path":"/v2/timestamp","fault":"reset"}'
call "${url}/v2/timestamp" >/dev/null
is "reset: curl sees a broken connection, no orderly end" 56 "$?"
fault '{"path":"/v2/","fault":"reset_after"}'
is "reset_after: no answer" 000 "$(send '[{"timestamp":64}]')"
is "... but telemetry kept" 1 "$(kept 64)"
fault '{"path":"/v2/","fault":"stall"}'
is "stall: no answer within the client's patience" 000 "$(send '[{"timestamp":65}]' --max-time 1)"
is "... and nothing kept" 0 "$(kept 65)"
is "... yet on record" '"stall"' "$(control_get /control/requests | jq -c '.[-1].fault')"
fault '{"path":"/v2/","fault":"stall","stall_ms":700}'
before=$(date +%s%N)
is "stall_ms: a late answer" 200 "$(send '[{"timestamp":66}]')"
took_ms=$((($(date +%s%N) - before) / 1000000))
report "... as late as asked" "$((took_ms < 700 || took_ms > 3000))" "${took_ms} ms"
fault '{"path":"/v2/","fault":"stall_body","body_bytes":9}'
last_is() { # JQ-CONDITION
  for _ in {1..300}; do
    [[ $(control_get /control/requests | jq ".[-1] | $1") == true ]] && return
    sleep 0.1
  done
}
(
  printf '[{"timest'
  last_is '.fault == "stall_body"'
  control_get /control/requests | jq -c '.[-1] | [.status, .body]' >"${work}/stalled"
) | curl --silent --cacert "${ca}" -o /dev/null --max-time 60 -H "Authorization: Bearer ${token}" \
  -H 'Content-Length: 18' -H 'Transfer-Encoding:' -H 'Expect:' -X POST -T - "${url}/v2/"
is "stall_body: a body is seen while it arrives" '[0,"[{\"timest"]' "$(<"${work}/stalled")"
last_is '.reason != ""'
is "... and is not processed when the peer leaves" '[0,"the peer left before its body was read"]' \
  "$(control_get /control/requests | jq -c '.[-1] | [.status, .reason]')"
fault '{"path":"/v2/","fault":"stall_body","stall_ms":1}'
is "... nothing is lost when it goes on" "200 1" "$(send '[{"timestamp":70}]') $(kept 70)"
fault '{"path":"/v2/","fault":"truncated"}'
send '[{"timestamp":67}]' >/dev/null
is "truncated: curl misses bytes" 18 "$?"
report "... that were announced" "$(($(stat -c %s "${body}") >= $(header Content-Length)))"
fault '{"path":"/v2/","fault":"oversized"}'
is "oversized: 200" 200 "$(send '[{"timestamp":68}]')"
is "... of several MB of right JSON" "true object" \
  "$([[ $(stat -c %s "${body}") -gt 4000000 ]] && echo true) $(jq -r type "${body}")"
fault '{"path":"/v2/","fault":"garbage"}'
is "garbage: 200" 200 "$(send '[{"timestamp":69}]')"
jq . "${body}" >/dev/null 2>&1
report "... that is no JSON" "$(($? == 0))"
fault '[{"fault":"status","status":500},{"fault":"status","status":502}]'
is "faults come in order" "500 502 200" "$(for _ in 1 2 3; do call "${url}/v2/health"; echo; done | xargs)"
fault '{"fault":"status"}'
control_delete /control/faults
is "faults can be taken back" "0 200" "$(control_get /control/faults | jq length) $(call "${url}/v2/health")"

echo "# log of requests"
line=$(authorization "${device}" "${secret}" "$(now_s)")
control_delete /control/requests
is "clearing clears the counters" "0 0" "$(control_get /control/state | jq -r '"\(.requests) \(.telemetry)"')"
ask_token "${line}" >/dev/null
send '[{"timestamp":71}]' -H "X-Request-Id: ${id}" >/dev/null
send '[{"timestamp":1}]' >/dev/null
send_v3 "${project_token}" "{${virtual}}" >/dev/null
records=$(control_get /control/requests)
is "the requests are there in order" "1 /v2/token 200,2 /v2/ 200,3 /v2/ 400,4 /v3/ 200" \
  "$(jq -r 'map("\(.n) \(.path) \(.status)") | join(",")' <<<"${records}")"
is "device and request id are there" "${device} ${id}" "$(jq -r '.[1] | "\(.device_id) \(.request_id)"' <<<"${records}")"
is "a virtual device is there" truck-7 "$(jq -r '.[3].device_id' <<<"${records}")"
is "the body is there" '[{"timestamp":71}]' "$(jq -r '.[1].body' <<<"${records}")"
has "the violation is there" "[0].timestamp = 1" "$(jq -r '.[2].violations[0]' <<<"${records}")"
is "Authorization shows names only" \
  "OAuth oauth_consumer_key, oauth_nonce, oauth_signature_method, oauth_timestamp, oauth_version, oauth_signature" \
  "$(jq -r '.[0].headers.Authorization' <<<"${records}")"
is "a bearer token is not shown" Bearer "$(jq -r '.[1].headers.Authorization' <<<"${records}")"
everything="${records}$(control_get /control/state)$(<"${log}")"
report "no secret and no token is in records, state or log" \
  "$([[ ${everything} == *"${secret}"* || ${everything} == *"${token}"* ||
    ${everything} == *"${project_token}"* ]] && echo 1 || echo 0)"

echo "# clock"
is "the clock can be set" 200 "$(control_put /control/clock '{"offset_s":-3600}')"
drift=$(($(now_s) - $(date +%s) + 3600))
report "the service is an hour behind" "$((drift < -1 || drift > 1))" "${drift}"
is "a right clock is now 401" 401 "$(ask_token "$(authorization "${device}" "${secret}" "$(date +%s)")")"
report "... with the service's time" "$(($(header x-here-timestamp) - $(date +%s) > -3590))"
is "... and Date says the same" "$(header x-here-timestamp)" "$(date -d "$(header Date)" +%s)"
is "an hour behind, telemetry of now is from the future" 400 "$(send "[{\"timestamp\":$(date +%s)000}]")"
control_put /control/clock '{"offset_s":90000}' >/dev/null
is "a day later the token has expired" 401 "$(send '[{"timestamp":81}]')"
control_put /control/clock '{"offset_s":0}' >/dev/null

echo "# many at a time"
for n in {1..20}; do
  curl --silent --cacert "${ca}" -o /dev/null -w '%{http_code}\n' -H "Authorization: Bearer ${token}" \
    -H 'Content-Type: application/json' --data "[{\"timestamp\":$((900 + n))}]" "${url}/v2/" &
  callers[n]=$!
done >"${work}/many"
wait "${callers[@]}"
is "twenty clients are all served" 20 "$(grep -c 200 "${work}/many")"
exec 7<>"/dev/tcp/127.0.0.1/${port}"
before=$(date +%s%N)
pid=${first_pid}
stop TERM
is "SIGTERM ends it with 0" 0 "$?"
took_ms=$((($(date +%s%N) - before) / 1000000))
report "... promptly, with a connection open" "$((took_ms > 2000))" "${took_ms} ms"
exec 7>&-
report "... and the ready file is gone" "$([[ ! -e ${work}/ready-1.json ]]; echo $?)"

echo "# other ways to start"
start --certificate expired
call "${url}/v2/timestamp" >/dev/null
is "an expired certificate is refused by curl" 60 "$?"
is "a handshake that failed is not counted" 0 "$(control_get /control/state | jq .tls_handshakes)"
stop INT
is "SIGINT ends it with 0" 0 "$?"
start --certificate wrong-host
call "${url}/v2/timestamp" >/dev/null
is "a certificate for another host is refused by curl" 60 "$?"
is "... and is right apart from that" 200 \
  "$(call --connect-to "wrong-host.test:443:127.0.0.1:${url##*:}" https://wrong-host.test/v2/timestamp)"
stop
start --certificate self-signed
call "${url}/v2/timestamp" >/dev/null
is "a self-signed certificate is refused by curl" 60 "$?"
stop
start --cert "${work}/state/server-valid.pem" --key "${work}/state/server-valid.key"
is "with a certificate of one's own there is no CA file" null "${ca}"
ca=${work}/state/ca.pem
is "a certificate of one's own is shown" 200 "$(call "${url}/v2/timestamp")"
stop
exits "a key that belongs to another certificate" 2 --cert "${work}/state/server-valid.pem" \
  --key "${work}/state/ca.key" --port 0 --control-port 0

start --http --strict-timestamps --token-lifetime 1 --clock-offset 5000 --device "${device}:${secret}" \
  --public-url HTTPS://Tracking.API.Here.Com:443
is "plain HTTP says so" http "${url%%:*}"
drift=$(($(now_s) - $(date +%s) - 5000))
report "--clock-offset moves the clock" "$((drift < -1 || drift > 1))" "${drift}"
token=$(log_in "${device}" "${secret}")
is "--token-lifetime is told" 1 "$(jq .expiresIn "${body}")"
is "fresh telemetry passes the strict check" 200 "$(send "[{\"timestamp\":$(now_ms)}]")"
sleep 1.1
is "the token expires" 401 "$(send "[{\"timestamp\":$(now_ms)}]")"
token=$(log_in "${device}" "${secret}")
refused "old telemetry under --strict-timestamps" "[{\"timestamp\":$(($(now_ms) - 11000))}]" "10 s behind"
is "a signature for the public URL is accepted" 200 "$(
  override_base_url=https://tracking.api.here.com
  ask_token "$(authorization "${device}" "${secret}" "$(now_s)")"
)"
fault '{"fault":"reset"}'
call "${url}/v2/timestamp" >/dev/null
is "reset works without TLS" 56 "$?"
is "no handshakes without TLS" 0 "$(control_get /control/state | jq .tls_handshakes)"
stop

start --quiet
is "the demo device is there without any" 1 "$(control_get /control/state | jq '.devices | length')"
call "${url}/v2/timestamp" >/dev/null
stop
is "--quiet prints nothing" 0 "$(stat -c %s "${log}")"
start
has "the demo device is called public" "public" "$(<"${log}")"
stop

echo
echo "${passed} passed, ${failed} failed"
[[ ${failed} -eq 0 ]]
