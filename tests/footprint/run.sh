#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
set -euo pipefail

[[ $# -eq 0 ]] || {
  cat <<'END'
Usage: tests/footprint/run.sh

Builds the preset cortex-m4 and prints, in bytes, what each object of the
core takes, what an image takes that gathers a sample and sends it, and what
that image needs from the toolchain's libraries; then the same of one that
tracks, in C++ and in C, and the RAM of its objects, and of the transport on
mbedTLS. mbedTLS is replaced by empty
functions: its size depends on the configuration that a firmware chooses.

Then, what a gateway's image takes, and what each technology adds to an image
whose samples have GSM and WLAN.

Fails if an image is larger than its budget; if the core asks for more of the
C library than memory functions and strlen; if the image holds the heap,
formatted output, floating point text, exceptions, RTTI, or anything that
starts or ends a hosted program; if HTTP takes more than 6144 bytes in the
transport; or if an image holds what it does not use: another technology,
POST /v3/, health and version, or, in the image of a gateway, the signature of
a device licence.
END
  [[ $1 == -h || $1 == --help ]] && exit 0 || exit 2
}

cd "$(dirname "${BASH_SOURCE[0]}")/../.."
toolchains/make-sysroot.sh cortex-m4
cmake --preset cortex-m4 >/dev/null
cmake --build --preset cortex-m4 -j2

build=build/cortex-m4
archive=${build}/src/core/libhere_tracking.a
image=${build}/tests/footprint/footprint
gateway=${build}/tests/footprint/footprint_gateway
tracker=${build}/tests/footprint/footprint_tracker
map=${build}/tests/footprint/footprint.map
tool=arm-none-eabi

echo
echo "Core, each object before unused sections are dropped"
"${tool}-size" -t "${archive}" | awk '
  NR == 1 { printf "  %8s %8s %8s  %s\n", ".text", ".data", ".bss", "object"; next }
  { name = $6; sub(/\.cpp\.obj$/, "", name); if ($6 == "(TOTALS)") name = "in all"
    printf "  %8d %8d %8d  %s\n", $1, $2, $3, name }'

echo
echo "Image that gathers a sample and sends it (.text has the read-only data)"
sizes() { # IMAGE BUDGET; of .text
  "${tool}-size" "$1" | awk -v budget="$2" '
    NR == 1 { printf "  %8s %8s %8s\n", ".text", ".data", ".bss"; next }
    { printf "  %8d %8d %8d\n", $1, $2, $3; if ($1 > budget) over = $1 }
    END { if (over) { print "FAIL: .text has a budget of " budget; exit 1 } }'
}
sizes "${image}" 38000

echo
echo "Of that, by origin (code and read-only data)"
awk '
  /^Linker script and memory map/ { on = 1 }
  /^ \.(debug|comment|ARM\.attributes)/ { next }
  !on { next }
  # A long section name stands on a line of its own before address, size and file.
  /^ \.(text|rodata|ARM\.ex)[^ ]*$/ { pending = 1; next }
  /^ \.(text|rodata|ARM\.ex)/ { size = $3; file = $4; pending = 0 }
  pending && /^ +0x/ { size = $2; file = $3; pending = 0 }
  file != "" {
    if (file ~ /libhere_tracking\.a/) origin = "here_tracking"
    else if (file ~ /mbedtls_stubs/) origin = "mbedTLS (empty functions)"
    else if (file ~ /\.a\(/) { origin = file; sub(/.*\//, "", origin) }
    else if (file ~ /main\.cpp/) origin = "the image itself"
    else origin = "toolchain"
    print origin "\t" size; file = ""
  }' "${map}" | while IFS=$'\t' read -r origin size; do
  printf '%s\t%d\n' "${origin}" "$((size))"
done | awk -F'\t' '
  { sum[$1] += $2 } END { for (o in sum) if (sum[o]) printf "  %8d  %s\n", sum[o], o }' | sort -k1,1nr

symbols=$("${tool}-nm" --undefined-only --format=just-symbols "${archive}" 2>/dev/null |
  grep -vE ':$|^$' | sort -u)
defined=$("${tool}-nm" --defined-only --format=just-symbols "${archive}" | grep -vE ':$|^$' | sort -u)
echo
echo "What the core asks of others"
asked=$(comm -23 <(printf '%s\n' "${symbols}") <(printf '%s\n' "${defined}"))
"${tool}-c++filt" <<<"${asked}" |
  awk '{ line = line (line == "" ? "" : " ") $0 } END { print line }' | fold -s -w 76 | sed 's/^/  /'

# Of the C library: memory and strlen. Arithmetic is the compiler's own.
allowed='^(mem(chr|cmp|cpy|move|set)|strlen|__aeabi_(d(add|mul|cmpge|cmpgt)|(u?i|ul)2d|u?ldivmod)'
allowed+='|mbedtls_(base64_encode|platform_zeroize|sha256_(init|free|(starts|update|finish)(_ret)?)))$'
more=$(grep -vE "${allowed}" <<<"${asked}" || true)
[[ -z ${more} ]] || {
  echo "FAIL: the core asks for more than it may:"
  printf '%s\n' "${more}" | "${tool}-c++filt" | sed 's/^/  /'
  exit 1
}

unwanted='^(_?malloc(_r)?|_?free(_r)?|_?calloc(_r)?|_?realloc(_r)?|_sbrk(_r)?|sbrk'
unwanted+='|_Zn[wa].*|_Zd[la].*'
unwanted+='|.*printf.*|.*scanf.*|puts|putchar'
unwanted+='|_?str(tod|tof|tol|toul|toll|toull)(_r|_l)?|ato[fil]|_dtoa_r|setlocale|localeconv'
unwanted+='|__cxa_(throw|rethrow|allocate_exception|begin_catch|end_catch|pure_virtual|guard_.*|demangle)'
unwanted+='|_ZSt[0-9]+__throw_.*|_Unwind_.*|__gxx_personality.*|__dynamic_cast|_ZT[IS].*|_ZSt9terminatev'
unwanted+='|abort|exit|_exit|atexit|__aeabi_atexit|__cxa_atexit|raise|__assert_func'
unwanted+='|time|_?gettimeofday(_r)?|clock|rand|srand|errno_location|_write(_r)?|_read(_r)?|_open(_r)?)$'
found=$("${tool}-nm" --format=just-symbols "${image}" | grep -E "${unwanted}" || true)
echo
if [[ -n ${found} ]]; then
  echo "FAIL: the image holds what a device without heap and files must not need:"
  printf '%s\n' "${found}" | sort -u | "${tool}-c++filt" | sed 's/^/  /'
  echo "Members of other libraries, and who asked for them first:"
  # The linker names a member and, on the same line or the next, the file and symbol that want it.
  awk '
    /^Discarded input sections|^Memory Configuration/ { exit }
    /^\// { member = $1; sub(/.*\//, "", member); $1 = "" }
    member != "" && match($0, / \(.*\)$/) {
      user = substr($0, 1, RSTART - 1); gsub(/^.*\/|^ +/, "", user)
      if (member !~ /^(libhere_tracking|libgcc)/) print "  " member " <- " user substr($0, RSTART)
      member = "" }' "${map}"
  echo "Objects of the core that call the throwing functions of the C++ library:"
  "${tool}-nm" -A --undefined-only "${archive}" | grep -E '_ZSt[0-9]+__throw_' |
    sed -E 's/^[^:]*:([^:]*):.* U /  \1 /' | "${tool}-c++filt" || echo "  none"
  exit 1
fi
echo "ok: no heap, formatted output, floating point text, exceptions, RTTI or program exit"

show_tracker() { # IMAGE BUDGET
  sizes "$1" "$2"
  "${tool}-nm" --print-size --size-sort --radix=d -C "$1" | awk '
    $3 ~ /^[bB]$/ && $NF ~ /_(object|objects|memory|table)$/ {
      name = $NF; sub(/.*::/, "", name); sub(/_object$/, "", name); gsub(/_/, " ", name)
      printf "  %8d  %s\n", $2, name }'
  found=$("${tool}-nm" --format=just-symbols "$1" | grep -E "${unwanted}" || true)
  [[ -z ${found} ]] || {
    echo "FAIL: it holds what a device without heap and files must not need:"
    printf '%s\n' "${found}" | sort -u | "${tool}-c++filt" | sed 's/^/  /'
    exit 1
  }
}
echo
echo "Image that tracks: gathers, queues on 64 sectors, sends, follows the shadow"
show_tracker "${tracker}" 58500
echo
echo "The same, written in C"
show_tracker "${tracker}_c" 61000

echo
echo "Transport on mbedTLS, each object (http_response and mbedtls_transport are HTTP)"
transport=${build}/src/transport/mbedtls/libhere_tracking_mbedtls_transport.a
"${tool}-size" -t "${transport}" | awk '
  NR == 1 { printf "  %8s %8s %8s  %s\n", ".text", ".data", ".bss", "object"; next }
  { name = $6; sub(/\.cpp\.obj$/, "", name); if ($6 == "(TOTALS)") name = "in all"
    if (name ~ /^(http_response|mbedtls_transport)$/) http += $1
    printf "  %8d %8d %8d  %s\n", $1, $2, $3, name }
  END { if (http > 6144) { print "FAIL: HTTP takes " http " bytes"; exit 1 } }'
https=${build}/tests/footprint/footprint_https
found=$("${tool}-nm" --format=just-symbols "${https}" | grep -E "${unwanted}" || true)
[[ -z ${found} ]] || {
  echo "FAIL: an image with it holds what a device without heap and files must not need:"
  printf '%s\n' "${found}" | sort -u | "${tool}-c++filt" | sed 's/^/  /'
  exit 1
}

echo
echo "Image that sends a given sample for another device, with a token that it is given"
sizes "${gateway}" 28500
unused() { # IMAGE PATTERN
  local found
  found=$("${tool}-nm" -C --format=just-symbols "$1" | grep -E "$2" || true)
  [[ -n ${found} ]] || return 0
  echo "FAIL: ${1##*/} holds what it does not use:"
  printf '%s\n' "${found}" | sed 's/^/  /'
  return 1
}
unused "${image}" 'ObjectBody|DeviceLicenseV3|SuppliedToken|Client::(health|version|get_object)|self_test'
unused "${gateway}" 'License|OAuth|Hmac|sha256|base64|Client::(health|version|get_object|post_for_token)'
echo
echo "A sample of GSM cells and WLAN access points takes, and each of these adds"
text_of() { "${tool}-size" "${build}/tests/footprint/with_$1" | awk 'NR == 2 { print $1 }'; }
alone=$(text_of gsm_wlan)
printf '  %8d  %s\n' "${alone}" "gsm and wlan"
for name in wcdma tdscdma lte ltecatm nbiot cdma bluetooth country gps position sensors client \
  sim payload; do
  printf '  %+8d  %s\n' "$(($(text_of "${name}") - alone))" "${name}"
done

others='(wcdma|tdscdma|lte|nb_iot|cdma|bt)(_nmr)?_rules::'
others+='|::(fix|position_only|floor|sensor|client|module|network)_(fields|rules)'
others+='|Sample::(add\(here_tracking::(Wcdma|Tdscdma|Lte|NbIot|Cdma|Bluetooth|Sensor)|set_[^t])'
others+='|base64|parse_json'
unused "${build}/tests/footprint/with_gsm_wlan" "${others}"
for name in wcdma tdscdma lte ltecatm nbiot cdma bluetooth gps position sensors client payload; do
  ! unused "${build}/tests/footprint/with_${name}" "${others}" >/dev/null || {
    echo "FAIL: nothing in the image with ${name} is recognised as its own: the search is wrong"
    exit 1
  }
done
echo "ok: none holds what it does not use"
