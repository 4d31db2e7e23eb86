#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The unit of systemd, by systemd's own tools. Usage: unit_test.sh UNIT CLI
set -euo pipefail

most=2.0
command -v systemd-analyze >/dev/null || {
  echo "skipped: systemd-analyze is missing; install systemd"
  exit 77
}
work=$(mktemp -d)
trap 'rm -rf "${work}"' EXIT
# The program is where this unit has it; no manual is installed for a test.
sed -e "s|^ExecStart=[^ ]*|ExecStart=$2|" -e '/^Documentation=/d' "$1" >"${work}/here-tracking.service"

grep -q '^Type=notify$' "$1"
if grep -E '^(After|Wants|Requires|BindsTo)=.*(time-sync|network-online)' "$1"; then
  echo "It must start without a clock and a network." >&2
  exit 1
fi
systemd-analyze verify --man=no "${work}/here-tracking.service" 2>&1 | tee "${work}/verify"
if grep -F here-tracking.service "${work}/verify"; then
  echo "systemd-analyze verify finds the above wrong." >&2
  exit 1
fi
score=$(systemd-analyze security --offline=true --no-pager "${work}/here-tracking.service" |
  sed -n 's/.*exposure level for here-tracking.service: \([0-9.]*\).*/\1/p')
echo "exposure level ${score}, at most ${most}"
awk -v score="${score}" -v most="${most}" 'BEGIN { exit score == "" || score > most }'
