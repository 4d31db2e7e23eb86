#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What bash offers behind here-tracking. Usage: completion_test.sh CLI
# shellcheck disable=SC2016,SC2034  # eval expands what stands in single quotes
set -u -o pipefail

cli=$(realpath "$1")
emulator=${cli}
root=$(realpath "$(dirname "$0")/../..")
# shellcheck source=tests/integration/cli_helpers.sh
source "${root}/tests/integration/cli_helpers.sh"
touch "${work}/out" "${work}/err"
# shellcheck source=examples/raspberry_pi/here-tracking.bash
source "${root}/examples/raspberry_pi/here-tracking.bash"
mkdir "${work}/files"
cd "${work}/files" || exit 1
mkdir directory
touch scan.json

# What is offered for the last of the words, in ${work}/out.
offered() { # WORD...
  COMP_WORDS=("${cli}" "$@")
  COMP_CWORD=$#
  COMPREPLY=()
  _here_tracking
  printf '%s\n' "${COMPREPLY[@]}" | sort >"${work}/out"
}
offers() { # WORD...: each of them
  local word
  for word in "$@"; do
    grep -q -x -F -e "${word}" "${work}/out" || return 1
  done
}
offers_only() { diff "${work}/out" <(printf '%s\n' "$@" | sort) >"${work}/err"; }

offered ""
check "the commands" offers_only run send sample status queue doctor time token
offered s
check "that begin so" offers_only send sample status
offered queue ""
check "what follows queue" offers_only export purge quarantine
for command in run send sample status "queue export" "queue purge" "queue quarantine" doctor time token; do
  read -ra words <<<"${command}"
  mapfile -t options < <({ "${cli}" --help; "${cli}" "${words[@]}" --help; } |
    sed -n 's/^  \(-[a-z], \)\{0,1\}\(--[a-z-]*\).*/\2/p')
  offered "${words[@]}" --
  check "all ${#options[@]} options of ${command}" eval '[[ ${#options[@]} -ge 9 ]] && offers "${options[@]}"'
done
offered time --
check "and none of another command" eval '! offers --gpsd'
offered queue purge --y
check "the options of queue purge" offers_only --yes
offered run --when-full ""
check "the words of a choice" offers_only oldest newest thin_out
offered run --scan ""
check "files" offers_only directory scan.json
offered --state-dir ""
check "directories" offers_only directory
offered run --gpsd --n
check "another option where a value may be left out" offers_only --nmea
offered --url ""
check "nothing where nobody can know" offers_only ""
[[ ${failed} -eq 0 ]]
