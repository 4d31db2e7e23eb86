# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash
# What the guests of tests/vm share. They run in busybox.
failed=0

check() { # NAME COMMAND...
  name=$1
  shift
  if "$@"; then
    echo "ok - ${name}"
    return
  fi
  echo "FAIL - ${name}"
  failed=$((failed + 1))
  [ ! -f /tmp/out ] || sed 's/^/     stdout: /' /tmp/out
  [ ! -f /tmp/err ] || sed 's/^/     stderr: /' /tmp/err
}

within() { # SECONDS COMMAND...; tries until it succeeds
  end=$(($(date +%s) + $1))
  shift
  until "$@"; do
    [ "$(date +%s)" -lt "${end}" ] || return 1
    sleep 1
  done
}

# Leaves /tmp/out and /tmp/err.
run() { here-tracking "$@" >/tmp/out 2>/tmp/err </dev/null; }
run_as_nobody() { # ARGUMENTS, as one text
  su -s /applets/sh nobody -c "here-tracking $1" >/tmp/out 2>/tmp/err </dev/null
}
out_is() { [ -s /tmp/out ] && jq -e "$1" /tmp/out >/dev/null; } # FILTER
err_has() { grep -F -q -- "$1" /tmp/err; }

finish() { echo "end: ${failed} failed"; }
