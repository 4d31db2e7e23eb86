#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Each option, key, variable and exit code that the programs know is in their manuals, and nothing else.
# Usage: manuals_test.sh CLI [EMULATOR]
# shellcheck disable=SC2016  # eval expands what stands in single quotes
set -u -o pipefail

cli=$(realpath "$1")
emulator=$(realpath "${2:-$1}")
has_emulator=$#
root=$(realpath "$(dirname "$0")/../..")
# shellcheck source=tests/integration/cli_helpers.sh
source "${root}/tests/integration/cli_helpers.sh"
touch "${work}/out" "${work}/err"

# Options as a manual writes them: .Fl Fl url is --url, .Fl v is -v.
manual_options() { # FILE
  sed -n 's/^\.It \(Fl .*\)/\1/p' "$1" | sed -e 's/ , /\n/g' |
    sed -E -n -e 's/^Fl Fl ([a-z-]+).*/--\1/p' -e 's/^Fl ([a-z])( .*)?$/-\1/p' | sort -u
}
help_options() { grep -o -E -- '(^|[[ ,])--?[a-z][a-z-]*' | grep -o -E -- '-.*' | sort -u; }
same() { # FILE FILE
  diff "$1" "$2" >"${work}/out"
}

program=${root}/examples/raspberry_pi/here-tracking.1
config=${root}/examples/raspberry_pi/here-tracking.conf.5
for command in "" run send sample "queue export" status doctor time token; do
  # shellcheck disable=SC2086  # an empty command is none
  "${cli}" ${command} --help
done >"${work}/help"
help_options <"${work}/help" >"${work}/told"
manual_options "${program}" >"${work}/written"
check "here-tracking(1) has the options of --help" same "${work}/told" "${work}/written"

sed -n 's/^ *\([0-9]\{1,2\}\)  [A-Z].*/\1/p' "${work}/help" | sort -u >"${work}/told"
sed -n '/^\.Sh EXIT/,/^\.El/s/^\.It //p' "${program}" | sort -u >"${work}/written"
check "and the exit codes" same "${work}/told" "${work}/written"

grep -o 'HERE_TRACKING_[A-Z_]*' "${work}/help" | sort -u >"${work}/told"
sed -n 's/^\.It Ev//p' "${program}" | grep -o 'HERE_TRACKING_[A-Z_]*' | sort -u >"${work}/written"
check "and the variables" same "${work}/told" "${work}/written"

sed -n '/^Commands:/,/^Each/s/^  \([a-z]\{1,\}\) .*/\1/p' "${work}/help" | sort -u >"${work}/told"
sed -n 's/^\.It Cm \([a-z]*\).*/\1/p' "${program}" | sort -u >"${work}/written"
check "and the commands" same "${work}/told" "${work}/written"

echo 'nothing = 1' >"${work}/run.conf"
run --config "${work}/run.conf" time
sed -n 's/.*must be one of //p' "${work}/err" | tr -s ', ' '\n' | sort -u >"${work}/told"
sed -n 's/^\.It Ic \([a-z_]*\)$/\1/p' "${config}" | sort -u >"${work}/written"
check "there are keys" test -s "${work}/told"
check "here-tracking.conf(5) has the keys of the config file" same "${work}/told" "${work}/written"

manuals=("${program}" "${config}")
if [[ ${has_emulator} -gt 1 ]]; then
  manuals+=("${root}/examples/emulator/here-tracking-emulator.1")
  "${emulator}" --help | sed -n '/^Options:/,/^Examples:/s/^  -/ -/p' | grep -o -E -- '(^ |,)--?[a-z][a-z-]*' |
    grep -o -E -- '-.*' | sort -u >"${work}/told"
  manual_options "${manuals[2]}" >"${work}/written"
  check "here-tracking-emulator(1) has the options of --help" same "${work}/told" "${work}/written"
fi

if command -v mandoc >/dev/null; then
  well_formed() { mandoc -T lint -W warning "${manuals[@]}" >"${work}/out" 2>&1; }
  check "mandoc finds nothing wrong with them" well_formed
else
  echo "skip - mandoc is missing"
fi
[[ ${failed} -eq 0 ]]
