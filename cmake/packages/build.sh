#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
set -euo pipefail

usage() {
  cat <<'END'
Usage: cmake/packages/build.sh [TARGET...]

Makes packages and archives in build/packages. TARGET is amd64, arm64, armhf or
cortex-m4; without any, all that this machine can build for.

  here-tracking_VERSION_TARGET.deb           the tracker, its service, manuals
  here-tracking-emulator_VERSION_TARGET.deb  the local service
  libhere-tracking-dev_VERSION_TARGET.deb    static libraries and headers
  here_tracking-VERSION-TARGET.tar.gz        the same, for any system

CMAKE_ARGS in the environment is given to CMake when it configures.
END
}

die() {
  echo "build.sh: $*" >&2
  exit 1
}

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "${here}/../.." && pwd)
# shellcheck source=cmake/packages/flags.sh
source "${here}/flags.sh"
out=${root}/build/packages
version=$(sed -n 's/^  VERSION \([0-9.]*\)$/\1/p' "${root}/CMakeLists.txt")
maintainer='here_tracking maintainers <here-tracking@noreply.invalid>'
# The same packages from the same sources.
SOURCE_DATE_EPOCH=$(git -c safe.directory='*' -C "${root}" log -1 --format=%ct 2>/dev/null ||
  stat -c %Y "${root}/CHANGELOG.md")
export SOURCE_DATE_EPOCH
: "${CMAKE:=cmake}"

# Debian's package of each library that ours are linked with.
declare -A dev_package=(
  [curl]=libcurl4-openssl-dev
  [mbedcrypto]=libmbedtls-dev
  [mbedtls]=libmbedtls-dev
  [mbedx509]=libmbedtls-dev
  [nl-3]=libnl-3-dev
  [nl-genl-3]=libnl-genl-3-dev
  [stdc++]=''
  [systemd]=libsystemd-dev
)

configure_and_build() { # TARGET ARGUMENT...
  local build=${out}/.build/$1 more=()
  read -ra more <<<"${CMAKE_ARGS:-}"
  if ! { "${CMAKE}" -G Ninja -S "${root}" -B "${build}" -DHERE_TRACKING_TESTS=OFF "${@:2}" "${more[@]}" &&
    "${CMAKE}" --build "${build}" -j2; } >"${build}.log" 2>&1; then
    tail -n 30 "${build}.log" >&2
    die "$1: the build failed; the log is ${build}.log"
  fi
}

stage() { # TARGET COMPONENT; sets staged
  staged=${out}/.build/$1.$2
  rm -rf "${staged}"
  DESTDIR=${staged} "${CMAKE}" --install "${out}/.build/$1" --component "$2" >/dev/null
}

make_archive() { # TARGET
  local name=here_tracking-${version}-$1
  stage "$1" library
  mv "${staged}/usr" "${staged}/${name}"
  find "${staged}" -name '*.a' -exec "${triplet}-strip" --strip-debug --enable-deterministic-archives {} +
  tar --sort=name --owner=0 --group=0 --numeric-owner --mtime="@${SOURCE_DATE_EPOCH}" \
    -C "${staged}" -c "${name}" | gzip -9n >"${out}/${name}.tar.gz"
  echo "${name}.tar.gz"
}

# What the programs in ${staged} need; for another architecture from what its sysroot has recorded.
library_dependencies() { # TARGET
  local admin=${out}/.build/$1.dpkg sysroot=${root}/build/sysroot/$1 options=()
  rm -rf "${admin}"
  mkdir -p "${admin}/debian"
  printf 'Source: here-tracking\n\nPackage: here-tracking\nArchitecture: any\n' >"${admin}/debian/control"
  if [[ $1 != "$(dpkg --print-architecture)" ]]; then
    cp -r "${sysroot}/.dpkg/." "${admin}"
    sed -i "s|^|${sysroot}|" "${admin}"/info/*.list
    options=("--admindir=${admin}" "-l${sysroot}/lib/${triplet}" "-l${sysroot}/usr/lib/${triplet}")
  fi
  (cd "${admin}" && DEB_HOST_ARCH=$1 dpkg-shlibdeps -O "${options[@]}" "${staged}"/usr/bin/*) |
    sed 's/^shlibs:Depends=//'
}

# What a user of the static libraries in ${staged} needs, by what their .pc files say.
link_dependencies() {
  local library names=()
  for library in $(sed -n 's/^Libs://p' "${staged}"/usr/lib/*/pkgconfig/*.pc | tr ' ' '\n' |
    sed -n 's/^-l//p' | grep -v '^here_tracking' | sort -u); do
    [[ -v dev_package["${library}"] ]] ||
      die "-l${library} is in a .pc file, and dev_package has no Debian package for it"
    [[ -z ${dev_package["${library}"]} ]] || names+=("${dev_package["${library}"]}")
  done
  printf '%s\n' "${names[@]}" | sort -u | paste -s -d ',' | sed 's/,/, /g'
}

make_deb() { # TARGET PACKAGE COMPONENT
  local target=$1 package=$2 doc depends file
  stage "${target}" "$3"
  doc=${staged}/usr/share/doc/${package}
  rm -rf "${staged}/usr/share/doc/here_tracking"
  install -D -m 644 "${here}/copyright" "${doc}/copyright"
  {
    printf 'here-tracking (%s) stable; urgency=medium\n\n  * See CHANGELOG.md of the sources.\n\n -- %s  %s\n' \
      "${version}" "${maintainer}" "$(date -u -R -d "@${SOURCE_DATE_EPOCH}")"
  } | gzip -9n >"${doc}/changelog.gz"
  find "${staged}" -name '*.a' -exec "${triplet}-strip" --strip-debug --enable-deterministic-archives {} +
  if [[ -d ${staged}/usr/bin ]]; then
    "${triplet}-strip" --strip-unneeded --remove-section=.comment --remove-section=.note "${staged}"/usr/bin/*
    gzip -9n "${staged}"/usr/share/man/*/*
    depends=$(library_dependencies "${target}")
  else
    depends=$(link_dependencies)
  fi
  find "${staged}" -type d -exec chmod 755 {} +

  mkdir "${staged}/DEBIAN"
  (cd "${staged}" && find . -path ./etc/\* -type f | sed 's/^\.//' | sort) >"${staged}/DEBIAN/conffiles"
  [[ -s ${staged}/DEBIAN/conffiles ]] || rm "${staged}/DEBIAN/conffiles"
  (cd "${staged}" && find . \( -path ./usr/\* -o -path ./lib/\* \) -type f -printf '%P\0' | sort -z |
    xargs -0 md5sum) >"${staged}/DEBIAN/md5sums"
  for file in postinst prerm postrm; do
    [[ ! -f ${here}/${package}.${file} ]] ||
      install -m 755 "${here}/${package}.${file}" "${staged}/DEBIAN/${file}"
  done
  {
    printf 'Package: %s\nVersion: %s\nArchitecture: %s\nMaintainer: %s\nInstalled-Size: %s\n' "${package}" \
      "${version}" "${target}" "${maintainer}" "$(du -k -s --exclude=DEBIAN "${staged}" | cut -f1)"
    sed "s/@LIBRARIES@/${depends}/" "${here}/${package}.control"
  } >"${staged}/DEBIAN/control"
  dpkg-deb --root-owner-group --uniform-compression -Zxz --build "${staged}" "${out}" >/dev/null
  echo "${package}_${version}_${target}.deb"
}

build_debian() { # ARCHITECTURE
  local arguments=() native
  native=$(dpkg --print-architecture)
  triplet=$(dpkg-architecture -a"$1" -qDEB_HOST_MULTIARCH 2>/dev/null)
  if [[ $1 != "${native}" ]]; then
    [[ -f ${root}/toolchains/$1-linux.cmake ]] || die "$1: there is no toolchain for it on ${native}"
    "${root}/toolchains/make-sysroot.sh" "$1" >/dev/null
    arguments=("--toolchain" "${root}/toolchains/$1-linux.cmake")
  fi
  (
    export_debian_flags "$1"
    configure_and_build "$1" -DCMAKE_BUILD_TYPE=MinSizeRel -DCMAKE_INSTALL_PREFIX=/usr \
      -DCMAKE_INSTALL_SYSCONFDIR=/etc -DHERE_TRACKING_EMULATOR=ON "-DCMAKE_INSTALL_LIBDIR=lib/${triplet}" "${arguments[@]}"
  )
  make_archive "$1"
  make_deb "$1" libhere-tracking-dev library
  make_deb "$1" here-tracking tracker
  make_deb "$1" here-tracking-emulator emulator
}

build_cortex_m4() {
  triplet=arm-none-eabi
  "${root}/toolchains/make-sysroot.sh" cortex-m4 >/dev/null
  configure_and_build cortex-m4 -DCMAKE_BUILD_TYPE=MinSizeRel -DCMAKE_INSTALL_PREFIX=/usr \
    --toolchain "${root}/toolchains/cortex-m4.cmake"
  make_archive cortex-m4
}

main() {
  local target targets=("$@")
  if [[ $# -eq 0 ]]; then
    targets=("$(dpkg --print-architecture)")
    for target in arm64 armhf; do
      [[ ${target} == "${targets[0]}" || -z $(command -v "$(dpkg-architecture -a"${target}" \
        -qDEB_HOST_MULTIARCH 2>/dev/null)-g++") ]] || targets+=("${target}")
    done
    [[ -z $(command -v arm-none-eabi-g++) ]] || targets+=(cortex-m4)
  fi
  for target in "${targets[@]}"; do
    case ${target} in
      -h | --help)
        usage
        exit 0
        ;;
      amd64 | arm64 | armhf | cortex-m4) ;;
      *) die "'${target}' is no target; give amd64, arm64, armhf or cortex-m4" ;;
    esac
  done
  command -v dpkg-architecture dpkg-deb >/dev/null || die "needs dpkg-dev: apt-get install dpkg-dev"
  umask 022
  mkdir -p "${out}/.build"
  exec 9>"${out}/.build/.lock"
  flock 9
  for target in "${targets[@]}"; do
    if [[ ${target} == cortex-m4 ]]; then build_cortex_m4; else build_debian "${target}"; fi
  done
  echo "in ${out}"
}

main "$@"
