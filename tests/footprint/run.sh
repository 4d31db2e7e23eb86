#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
set -euo pipefail

[[ $# -eq 0 || $* == --write ]] || {
  cat <<'END'
Usage: tests/footprint/run.sh [--write]

Builds the presets cortex-m4 and cortex-m4-lto and prints, in bytes, what each
part of the library adds to an image, by subtraction: code and constants, data,
the state of its objects, and how deep the stack gets below the one who calls. mbedTLS is
replaced by empty functions: its size depends on the configuration that a
firmware chooses. --write puts that table into docs/footprint.md.

Then what takes the room in the image that does the main job, what a reader of
JSON takes, images in C and of a gateway, what each technology adds to a sample
of GSM and WLAN, and the objects of the transport on mbedTLS.

How much stack and mbedTLS's memory a running image has used at most, in QEMU,
examples/cortex_m/run.sh prints.

Fails if a part is larger than its budget; if the core asks for more of the C
library than memory functions and strlen; if an image holds the heap, formatted
output, floating point text, exceptions, RTTI, or anything that starts or ends
a hosted program; or if an image holds what it does not use: another
technology, POST /v3/, health and version, or, in the image of a gateway, the
signature of a device licence.
END
  [[ $1 == -h || $1 == --help ]] && exit 0 || exit 2
}

cd "$(dirname "${BASH_SOURCE[0]}")/../.."
toolchains/make-sysroot.sh cortex-m4
cmake --preset cortex-m4 >/dev/null
cmake --build --preset cortex-m4 -j2
cmake --preset cortex-m4-lto >/dev/null
cmake --build --preset cortex-m4-lto -j2 --target footprint_base footprint_sample \
  footprint_client footprint_queue footprint_tracker footprint_transport

build=build/cortex-m4
archive=${build}/src/core/libhere_tracking.a
images=${build}/tests/footprint
tool=arm-none-eabi

failed=0
fail() {
  echo "FAIL: $*"
  failed=1
}

# ---- what each part adds ----

# Budgets of a part's .text, of all state up to it, and of the stack down to it.
stages=(
  "sample     4600  230  700"
  "client    12000 1050 1150"
  "queue      5900 1300 1150"
  "tracker    9700 1450 1400"
  "transport  6500 1500 1500"
)
main_job_budget=16384
all_budget=45000

size_of() { # IMAGE COLUMN [PRESET]; 1 .text with the constants, 2 .data, 3 .bss
  "${tool}-size" "build/${3:-cortex-m4}/tests/footprint/footprint_$1" |
    awk -v column="$2" 'NR == 2 { print $column }'
}
sum_of() { # IMAGE SUFFIX...; the size of the variables whose names end so
  local IFS='|'
  "${tool}-nm" --print-size --radix=d -C "${images}/footprint_$1" | awk -v suffix="_(${*:2})$" '
    $3 ~ /^[bBdD]$/ && $NF ~ suffix { sum += $2 } END { print sum + 0 }'
}

rows() {
  local row stage text_budget state_budget stack_budget text lto data bss state stack before=base
  for row in "${stages[@]}"; do
    read -r stage text_budget state_budget stack_budget <<<"${row}"
    [[ -f ${images}/footprint_${stage} ]] || continue
    text=$(($(size_of "${stage}" 1) - $(size_of "${before}" 1)))
    lto=$(($(size_of "${stage}" 1 cortex-m4-lto) - $(size_of "${before}" 1 cortex-m4-lto)))
    data=$(($(size_of "${stage}" 2) - $(size_of "${before}" 2)))
    bss=$(($(size_of "${stage}" 3) - $(sum_of "${stage}" memory table object) -
      $(size_of "${before}" 3) + $(sum_of "${before}" memory table object)))
    state=$(sum_of "${stage}" object)
    stack=$(tests/footprint/stack.py "${images}/footprint_${stage}" "${build}")
    printf '%s %d %d %d %d %d %d\n' "${stage}" "${text}" "${lto}" "${data}" "${bss}" "${state}" \
      "${stack}"
    [[ ${text} -le ${text_budget} ]] || fail "${stage}: .text has a budget of ${text_budget}"
    [[ ${state} -le ${state_budget} ]] || fail "${stage}: state has a budget of ${state_budget}"
    [[ ${stack} -le ${stack_budget} ]] || fail "${stage}: the stack has a budget of ${stack_budget}"
    before=${stage}
  done
}
measured=$(rows)
grep '^FAIL' <<<"${measured}" && failed=1
measured=$(grep -v '^FAIL' <<<"${measured}")
echo
echo "What each part adds; state and stack are those of all down to that line"
awk 'BEGIN { format = "  %-12s %8s %8s %7s %7s %7s %7s\n"
    printf format, "", ".text", "-flto", ".data", ".bss", "state", "stack" }
  { printf format, "+ " $1, $2, $3, $4, $5, $6, $7; sum += $2; lto += $3
    if ($1 == "client") printf format, "= main job", sum, lto, "", "", "", "" }
  END { printf format, "= all", sum, lto, "", "", "", "" }' <<<"${measured}"
sum_to() { awk -v last="$1" '!done { sum += $2 } $1 == last { done = 1 } END { print sum }' <<<"${measured}"; }
[[ $(sum_to client) -le ${main_job_budget} ]] || fail "the main job has a budget of ${main_job_budget}"
[[ $(sum_to transport) -le ${all_budget} ]] || fail "all parts have a budget of ${all_budget}"
echo "  state: of the objects at that line, beside the buffers that the caller chooses:"
for stage in client tracker transport; do
  printf '    %-10s' "${stage}"
  "${tool}-nm" --print-size --size-sort --radix=d -C "${images}/footprint_${stage}" | awk '
    $3 ~ /^[bB]$/ && $NF ~ /_object$/ { sub(/_object$/, "", $NF); printf " %s %d", $NF, $2 }
    END { print "" }'
done

if [[ $* == --write ]]; then
  awk '{ sum += $2; lto += $3
    printf "| %s | %d | %d | %d | %d | %d | %d |\n", $1, $2, sum, lto, $4 + $5, $6, $7 }' \
    <<<"${measured}" >"${build}/footprint.rows"
  awk -v rows="${build}/footprint.rows" '
    /^<!-- rows -->$/ { print; while ((getline line < rows) > 0) print line; skip = 1; next }
    /^<!-- end -->$/ { skip = 0 }
    !skip { print }' docs/footprint.md >"${build}/footprint.md"
  cp "${build}/footprint.md" docs/footprint.md
  echo "docs/footprint.md has the table."
fi

# ---- what takes the room ----

echo
echo "The main job, by origin: .text with the constants, and these alone"
awk '
  /^Linker script and memory map/ { on = 1 }
  /^ \.(debug|comment|ARM\.attributes)/ { next }
  !on { next }
  # A long section name stands on a line of its own before address, size and file.
  /^ \.(text|rodata|ARM\.ex)[^ ]*$/ { section = $1; pending = 1; next }
  /^ \.(text|rodata|ARM\.ex)/ { section = $1; size = $3; file = $4; pending = 0 }
  pending && /^ +0x/ { size = $2; file = $3; pending = 0 }
  file != "" {
    sub(/.*\//, "", file)
    if (file ~ /^libhere_tracking\.a/) gsub(/.*\(|\.cpp\.obj\)/, "", file)
    else if (file ~ /\.a\(/) sub(/\(.*/, "", file)
    else file = file ~ /^stages/ ? "the image itself" : file ~ /stubs/ ? "mbedTLS (empty)" : "toolchain"
    print file "\t" section "\t" size; file = ""
  }' "${images}/footprint_client.map" | while IFS=$'\t' read -r origin section size; do
  printf '%s\t%s\t%d\n' "${origin}" "${section}" "$((size))"
done | awk -F'\t' '
  { sum[$1] += $3; if ($2 ~ /rodata/) constants[$1] += $3 }
  END { for (o in sum) if (sum[o]) printf "  %6d %6d  %s\n", sum[o], constants[o], o }' | sort -k1,1nr

echo
echo "A reader of JSON, with what it asks of the toolchain"
for reader in here_tracking rapidjson; do
  [[ -f ${images}/footprint_json_${reader} ]] || continue
  printf '  %6d  %s\n' "$(($(size_of "json_${reader}" 1) - $(size_of base 1)))" "${reader}"
done

# ---- what the core asks of others ----

symbols=$("${tool}-nm" --undefined-only --format=just-symbols "${archive}" 2>/dev/null |
  grep -vE ':$|^$' | sort -u)
defined=$("${tool}-nm" --defined-only --format=just-symbols "${archive}" | grep -vE ':$|^$' | sort -u)
echo
echo "What the core asks of others"
asked=$(comm -23 <(printf '%s\n' "${symbols}") <(printf '%s\n' "${defined}"))
"${tool}-c++filt" <<<"${asked}" |
  awk '{ line = line (line == "" ? "" : " ") $0 } END { print line }' | fold -s -w 76 | sed 's/^/  /'

# Of the C library: memory and strlen. Arithmetic is the compiler's own.
allowed='^(mem(chr|cmp|cpy|move|set)|strlen|__aeabi_u?ldivmod'
allowed+='|mbedtls_(base64_encode|sha256(_ret)?))$'
more=$(grep -vE "${allowed}" <<<"${asked}" || true)
[[ -z ${more} ]] || {
  fail "the core asks for more than it may:"
  printf '%s\n' "${more}" | "${tool}-c++filt" | sed 's/^/  /'
}

unwanted='^(_?malloc(_r)?|_?free(_r)?|_?calloc(_r)?|_?realloc(_r)?|_sbrk(_r)?|sbrk'
unwanted+='|_Zn[wa].*|_Zd[la].*'
unwanted+='|.*printf.*|.*scanf.*|puts|putchar'
unwanted+='|_?str(tod|tof|tol|toul|toll|toull)(_r|_l)?|ato[fil]|_dtoa_r|setlocale|localeconv'
unwanted+='|__cxa_(throw|rethrow|allocate_exception|begin_catch|end_catch|pure_virtual|guard_.*|demangle)'
unwanted+='|_ZSt[0-9]+__throw_.*|_Unwind_.*|__gxx_personality.*|__dynamic_cast|_ZT[IS].*|_ZSt9terminatev'
unwanted+='|abort|exit|_exit|atexit|__aeabi_atexit|__cxa_atexit|raise|__assert_func'
unwanted+='|time|_?gettimeofday(_r)?|clock|rand|srand|errno_location|_write(_r)?|_read(_r)?|_open(_r)?)$'
nothing_unwanted() { # IMAGE
  local found
  found=$("${tool}-nm" --format=just-symbols "${images}/footprint_$1" | grep -E "${unwanted}" || true)
  [[ -n ${found} ]] || return 0
  fail "the image '$1' holds what a device without heap and files must not need:"
  printf '%s\n' "${found}" | sort -u | "${tool}-c++filt" | sed 's/^/  /'
  echo "Objects of the core that call the throwing functions of the C++ library:"
  "${tool}-nm" -A --undefined-only "${archive}" | grep -E '_ZSt[0-9]+__throw_' |
    sed -E 's/^[^:]*:([^:]*):.* U /  \1 /' | "${tool}-c++filt" || echo "  none"
}
for image in "${stages[@]%% *}" tracker_c gateway; do
  [[ ! -f ${images}/footprint_${image} ]] || nothing_unwanted "${image}"
done
[[ ${failed} -ne 0 ]] || {
  echo "ok: no heap, formatted output, floating point text, exceptions, RTTI or program exit"
  echo "heap: 0"
}

# ---- other images ----

echo
echo "Other images: .text, .data"
for row in "tracker_c 37000 a_tracker_in_C" "gateway 14000 a_gateway,_with_a_token_that_it_is_given"; do
  read -r image budget what <<<"${row}"
  printf '  %8d %6d  %s\n' "$(size_of "${image}" 1)" "$(size_of "${image}" 2)" "${what//_/ }"
  [[ $(size_of "${image}" 1) -le ${budget} ]] || fail "${image}: .text has a budget of ${budget}"
done
unused() { # IMAGE PATTERN
  local found
  found=$("${tool}-nm" -C --format=just-symbols "${images}/$1" | grep -E "$2" || true)
  [[ -n ${found} ]] || return 0
  echo "FAIL: $1 holds what it does not use:"
  printf '%s\n' "${found}" | sed 's/^/  /'
  return 1
}
unused footprint_client 'ObjectBody|DeviceLicenseV3|SuppliedToken|Client::(health|version|get_object)|self_test' || failed=1
unused footprint_gateway 'License|OAuth|Hmac|sha256|base64|Client::(health|version|get_object|post_for_token)' || failed=1

echo
echo "A sample of GSM cells and WLAN access points takes, and each of these adds"
text_of() { "${tool}-size" "${images}/with_$1" | awk 'NR == 2 { print $1 }'; }
alone=$(text_of gsm_wlan)
printf '  %8d  %s\n' "${alone}" "gsm and wlan"
for name in wcdma tdscdma lte ltecatm nbiot cdma bluetooth country gps position sensors client \
  sim payload; do
  printf '  %+8d  %s\n' "$(($(text_of "${name}") - alone))" "${name}"
done
others='::(wcdma|tdscdma|narrow|wide|cat_m|nb_iot|cdma|bt|fix|position_only|floor|sensor|client|module'
others+='|network)_(nmr_)?(fields|rules)'
others+='|Sample::(add\(here_tracking::(Wcdma|Tdscdma|Lte|NbIot|Cdma|Bluetooth|Sensor)|set_[^t])'
others+='|base64|parse_json'
unused with_gsm_wlan "${others}" || failed=1
for name in wcdma tdscdma lte ltecatm nbiot cdma bluetooth gps position sensors client payload; do
  ! unused "with_${name}" "${others}" >/dev/null ||
    fail "nothing in the image with ${name} is recognised as its own: the search is wrong"
done

echo
echo "Transport on mbedTLS, each object (all but tls_connection is HTTP)"
transport=${build}/src/transport/mbedtls/libhere_tracking_mbedtls_transport.a
"${tool}-size" -t "${transport}" | awk '
  NR == 1 { printf "  %8s %8s %8s  %s\n", ".text", ".data", ".bss", "object"; next }
  { name = $6; sub(/\.cpp\.obj$/, "", name); if ($6 == "(TOTALS)") name = "in all"
    if (name ~ /^(http_response|mbedtls_transport|output)$/) http += $1
    printf "  %8d %8d %8d  %s\n", $1, $2, $3, name }
  END { if (http > 3600) { print "FAIL: HTTP takes " http " bytes"; exit 1 } }' || failed=1
exit "${failed}"
