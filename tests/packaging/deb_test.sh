#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The Debian packages of this machine's architecture: built, looked at, installed into a directory,
# removed and purged. Usage: deb_test.sh
# shellcheck disable=SC2016,SC2034,SC2154  # eval expands what stands in single quotes
set -u -o pipefail

root=$(realpath "$(dirname "$0")/../..")
for tool in dpkg-shlibdeps lintian fakeroot; do
  command -v "${tool}" >/dev/null || {
    echo "skipped: ${tool} is missing; install dpkg-dev, lintian and fakeroot"
    exit 77
  }
done
arch=$(dpkg --print-architecture)
cli=/bin/true
emulator=/bin/true
# shellcheck source=tests/integration/cli_helpers.sh
source "${root}/tests/integration/cli_helpers.sh"
touch "${work}/out" "${work}/err"

try() { # COMMAND...: leaves rc and what it says
  "$@" >"${work}/out" 2>"${work}/err" </dev/null
  rc=$?
  [[ ${rc} -eq 0 ]]
}
check "the packages are built" try "${root}/cmake/packages/build.sh" "${arch}"
[[ ${failed} -eq 0 ]] || exit 1
debs=()
for package in here-tracking here-tracking-emulator libhere-tracking-dev; do
  file=$(find "${root}/build/packages" -maxdepth 1 -name "${package}_*_${arch}.deb")
  check "${package} is one of them" test -f "${file}"
  debs+=("${file}")
done
no_root=()
[[ $(id -u) -ne 0 ]] || no_root=(--allow-root)
check "lintian has no error and no warning, for no architecture that is there" try lintian "${no_root[@]}" --fail-on error,warning \
  "${root}"/build/packages/*.deb

contents() { dpkg-deb --fsys-tarfile "$1" | tar --list | sed 's/^\.//' | grep -v '/$'; }
has() { # DEB FILE...
  local file
  contents "$1" >"${work}/out"
  for file in "${@:2}"; do grep -q -x -F "${file}" "${work}/out" || return 1; done
}
check "the tracker" has "${debs[0]}" /usr/bin/here-tracking /usr/lib/systemd/system/here-tracking.service \
  /etc/here-tracking/here-tracking.conf /usr/share/man/man1/here-tracking.1.gz \
  /usr/share/man/man5/here-tracking.conf.5.gz /usr/share/bash-completion/completions/here-tracking \
  /usr/share/polkit-1/rules.d/here-tracking.rules /usr/share/dbus-1/system.d/here-tracking.conf \
  /usr/lib/sysusers.d/here-tracking.conf /usr/share/doc/here-tracking/copyright
check "and no place for a secret, which dpkg would copy" eval '! contents "${debs[0]}" | grep credentials'
check "the emulator" has "${debs[1]}" /usr/bin/here-tracking-emulator \
  /usr/share/man/man1/here-tracking-emulator.1.gz
check "the library" has "${debs[2]}" /usr/include/here_tracking/client.hpp \
  /usr/include/here_tracking/c/here_tracking.h \
  "/usr/lib/$(dpkg-architecture -qDEB_HOST_MULTIARCH)/libhere_tracking.a" \
  "/usr/lib/$(dpkg-architecture -qDEB_HOST_MULTIARCH)/pkgconfig/here_tracking.pc"
depends_on() { [[ " $(dpkg-deb --field "$1" Depends | tr ',' ' ')" == *" $2"* ]]; }
check "what is linked is a dependency" depends_on "${debs[0]}" libcurl4
check "so is what the library is linked with" depends_on "${debs[2]}" libmbedtls-dev
check "certificates come with it" depends_on "${debs[0]}" ca-certificates
check "here-tracking.conf is a conffile" \
  eval '[[ $(dpkg-deb --info "${debs[0]}" conffiles) == /etc/here-tracking/here-tracking.conf ]]'

target=${work}/root
mkdir -p "${target}"/{etc,var/lib/dpkg/{info,updates},var/lib/systemd,usr/bin}
touch "${target}"/var/lib/dpkg/{status,available}
printf 'root:x:0:\ndialout:x:20:\n' >"${target}/etc/group"
printf 'root:x:0:0:root:/root:/bin/sh\n' >"${target}/etc/passwd"
ln -s "$(command -v deb-systemd-helper)" "${target}/usr/bin/deb-systemd-helper"
on_target() { # ARGUMENT...; as in an image that is made for another machine
  try fakeroot dpkg "--root=${target}" --force-script-chrootless --force-depends --force-not-root \
    --log=/dev/null "$@"
}
check "it installs where no systemd runs" on_target --install "${debs[0]}"
check "the place for the secret is empty, and root's alone" eval \
  '[[ $(stat -c "%a %s" "${target}/etc/here-tracking/credentials") == "600 0" ]]'
wanted=${target}/etc/systemd/system/multi-user.target.wants/here-tracking.service
check "the service starts with the machine" test -L "${wanted}"
check "its user is there" grep -q '^here-tracking:' "${target}/etc/passwd"
check "and the groups that it is in" eval \
  'for group in $(sed -n "s/^SupplementaryGroups=//p" "${target}/usr/lib/systemd/system/here-tracking.service"); do
     grep -q "^${group}:" "${target}/etc/group" || return 1
   done'
echo 'device_id = x' >"${target}/etc/here-tracking/credentials"
echo 'sample_s = 30' >>"${target}/etc/here-tracking/here-tracking.conf"
rm "${wanted}"
check "it installs again" on_target --install "${debs[0]}"
check "and leaves alone what its owner wrote" eval \
  'grep -q device_id "${target}/etc/here-tracking/credentials" && grep -q "sample_s = 30" "${target}/etc/here-tracking/here-tracking.conf"'
check "and what its owner disabled" eval '[[ ! -e ${wanted} ]]'
mkdir -p "${target}/var/lib/private/here-tracking/queue"
ln -s private/here-tracking "${target}/var/lib/here-tracking"
check "it is removed" on_target --remove here-tracking
check "what waits stays" test -d "${target}/var/lib/here-tracking/queue"
check "it is purged" on_target --purge here-tracking
left() { find "${target}" -name '*here-tracking*' ! -path '*/dpkg/*'; }
check "and nothing is left" eval '[[ -z $(left | tee "${work}/out") ]]'
[[ ${failed} -eq 0 ]]
