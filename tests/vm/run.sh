#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# shellcheck source=cmake/debian-packages.sh
source cmake/debian-packages.sh

usage() {
  cat <<'END'
Usage: tests/vm/run.sh [--cli PROGRAM] [GUEST...]

Boots Debian's kernel in a virtual machine and tries the command line against what
cannot be played by a stand-in: drivers and the real daemons. A guest is a script
tests/vm/guests/GUEST.sh that runs as root in a machine of its own; all of them when
none is named. Needs no hardware and no root. What the machines say is in build/vm/.

  --cli PROGRAM  the here-tracking to be tried; otherwise the preset release builds it

Not part of tests/run.sh: it downloads about 100 MB the first time, and a
machine takes a minute or two.
END
}

die() {
  echo "tests/vm/run.sh: $*" >&2
  exit 1
}

cli=
guests=()
while [[ $# -gt 0 ]]; do
  case $1 in
    -h | --help)
      usage
      exit 0
      ;;
    --cli)
      [[ $# -ge 2 && -x $2 ]] || die "--cli needs a program"
      cli=$(realpath "$2")
      shift
      ;;
    *)
      [[ -f tests/vm/guests/$1.sh ]] || die "there is no tests/vm/guests/$1.sh"
      guests+=("$1")
      ;;
  esac
  shift
done
if [[ ${#guests[@]} -eq 0 ]]; then
  for guest in tests/vm/guests/*.sh; do
    guest=${guest##*/}
    guests+=("${guest%.sh}")
  done
fi
[[ $(uname -m) == x86_64 ]] || die "runs on x86-64 alone, as the machines are such"

install_debian_packages "${packages_build[@]}" "${packages_vm[@]}"
PATH=${PATH}:/usr/sbin:/sbin
toolchains/make-sysroot.sh vm
system=build/sysroot/vm
kernel=$(basename "${system}"/lib/modules/*)
[[ -f ${system}/lib/modules/${kernel}/modules.dep ]] || depmod -b "${system}" "${kernel}"
if [[ -z ${cli} ]]; then
  cmake --preset release >/dev/null
  cmake --build --preset release --target here-tracking -j2
  cli=build/release/examples/raspberry_pi/here-tracking
fi

mkdir -p build/vm
# The kernel takes several archives, one after the other.
if [[ ! -f build/vm/system.cpio || ${system}/.stamp -nt build/vm/system.cpio ]]; then
  (cd "${system}" && find . \( -path ./boot -o -path ./lib/modules -o -path ./usr/share/doc \
    -o -path ./usr/share/locale -o -path ./usr/share/man -o -path './usr/share/perl*' \
    -o -path './usr/lib/*/perl*' -o -path './usr/lib/*/dri' \) -prune -o -print0 |
    cpio --quiet -0 -o -H newc -R 0:0) >build/vm/system.cpio
fi

boot() { # GUEST
  local guest=$1 module file
  local own=build/vm/${guest}.root log=build/vm/${guest}.log
  rm -rf "${own}"
  mkdir -p "${own}/tests" "${own}/usr/bin"
  local modules
  read -ra modules < <(sed -n 's/^# modules: //p' "tests/vm/guests/${guest}.sh")
  for module in "${modules[@]}"; do
    modprobe -d "${system}" -S "${kernel}" --show-depends "${module}" |
      sed -n "s|^insmod .*/lib/modules/|lib/modules/|p" | sed 's/ .*//'
  done | sort -u | while read -r file; do
    mkdir -p "${own}/${file%/*}"
    cp "${system}/${file}" "${own}/${file}"
  done
  cp "${system}"/lib/modules/"${kernel}"/modules.{order,builtin,builtin.modinfo} "${own}/lib/modules/${kernel}/"
  depmod -b "${own}" "${kernel}"
  install -m 755 tests/vm/init.sh "${own}/init"
  cp tests/vm/checks.sh tests/vm/bluetooth_controller.py "${own}/tests/"
  cp "tests/vm/guests/${guest}.sh" "${own}/tests/guest.sh"
  strip -o "${own}/usr/bin/here-tracking" "${cli}"
  (cd "${own}" && find . -print0 | cpio --quiet -0 -o -H newc -R 0:0) |
    cat build/vm/system.cpio - >"build/vm/${guest}.cpio"

  # In software everywhere: virtualisation by hardware within a virtual machine fails at times.
  timeout 600 qemu-system-x86_64 -machine accel=tcg -cpu max -smp 2 -m 1024 \
    -nodefaults -display none -no-reboot -serial stdio -nic none \
    -kernel "${system}/boot/vmlinuz-${kernel}" -initrd "build/vm/${guest}.cpio" \
    -append "console=ttyS0 quiet panic=-1" </dev/null >"${log}" 2>&1 || true
  rm -rf "${own}" "build/vm/${guest}.cpio"
  sed -i 's/\r//' "${log}"
  grep -E '^(ok|FAIL|     )' "${log}" || true
  if ! grep -q "^end: 0 failed" "${log}"; then
    tail -n 20 "${log}" >&2
    echo "${guest}: FAILED; all that it said is in ${log}" >&2
    return 1
  fi
}

failed=0
for guest in "${guests[@]}"; do
  begin=${SECONDS}
  echo "== ${guest}"
  boot "${guest}" || failed=1
  echo "== ${guest}: $((SECONDS - begin)) s"
done
exit "${failed}"
