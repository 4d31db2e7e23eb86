# SPDX-License-Identifier: Apache-2.0
# What the tests of the CLI share. Source it with cli and emulator set to the programs.
# shellcheck shell=bash disable=SC2034,SC2154  # used by, or set by, those who source it
# shellcheck source=tests/integration/emulator.sh
source "$(dirname "${BASH_SOURCE[0]}")/emulator.sh"
failed=0
# What this machine's tracker is told is none of a test's business.
export HERE_TRACKING_CONFIG=/dev/null

check() { # NAME COMMAND...
  local name=$1
  shift
  if "$@"; then
    echo "ok - ${name}"
  else
    echo "FAIL - ${name}"
    printf '       exit %s\n' "${rc:-}"
    sed 's/^/       stdout: /' "${work}/out" | head -5
    sed 's/^/       stderr: /' "${work}/err" | head -5
    failed=$((failed + 1))
  fi
}

# Runs the CLI; leaves rc, $work/out and $work/err, and keeps all output for the search for secrets.
run() { # ARGUMENT...
  "${cli}" "$@" >"${work}/out" 2>"${work}/err" </dev/null
  rc=$?
  cat "${work}/out" "${work}/err" >>"${work}/all"
}

# One line on stderr, "here-tracking: error: ...", holding the text; the exit code; nothing on stdout.
fails_with() { # CODE TEXT
  [[ ${rc} -eq $1 && ! -s ${work}/out ]] &&
    [[ $(grep -c '^here-tracking: error: ' "${work}/err") -eq 1 ]] &&
    grep -F -q -- "$2" <(grep '^here-tracking: error: ' "${work}/err") &&
    ! grep -E -q -v '^here-tracking: (error|warning|note): ' "${work}/err"
}
succeeds() { [[ ${rc} -eq 0 ]]; }
out_has() { succeeds && grep -F -q -- "$1" "${work}/out"; }
err_has() { grep -F -q -- "$1" "${work}/err"; }
file_has() { jq -e "$1" "$2" >/dev/null; } # FILTER FILE
out_is_json() { succeeds && [[ $(wc -l <"${work}/out") -eq 1 ]] && file_has "$1" "${work}/out"; }

control() { # METHOD PATH [BODY]
  curl -s -S -f -X "$1" "${control}$2" ${3:+-d "$3"}
}
counts_are() { # REQUESTS CONNECTIONS HANDSHAKES since the last reset
  [[ $(control GET /control/state | jq -c '[.requests, .connections, .tls_handshakes]') == "[$1,$2,$3]" ]]
}
reset_counts() { control DELETE /control/requests >/dev/null; }
fresh_state() { rm -rf "${work}/state"; }
fault() { # JSON; and nothing left of it
  control DELETE /control/faults >/dev/null
  control POST /control/faults "$1" >/dev/null
}

