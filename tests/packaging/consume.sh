#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Usage: consume.sh CONSUMER BUILD_DIRECTORY
# Builds and runs main.cpp as a user of the library would: find_package, pkg_config, add_subdirectory;
# and main.c: find_package_c, pkg_config_c. All but add_subdirectory install the build first, and move
# the installed tree, because it may be used from anywhere.
set -euo pipefail

consumer=$1
build=$2
: "${CMAKE:=cmake}" "${CC:=cc}" "${CFLAGS:=}" "${CXX:=c++}" "${CXXFLAGS:=}"
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "${work}"' EXIT

# Not the modem of this machine.
export DBUS_SYSTEM_BUS_ADDRESS=unix:path=${work}/nobody

install_and_move() {
  "${CMAKE}" --install "${build}" --prefix "${work}/first" >/dev/null
  mv "${work}/first" "${work}/prefix"
  if grep -rlF -e "${work}/first" -e "${build}" "${work}/prefix" --include='*.cmake' --include='*.pc'; then
    echo "The files above name the directory of the build or of the first installation." >&2
    return 1
  fi
}

build_with_cmake() { # ARGUMENT...
  command -v ccache >/dev/null && export CMAKE_{C,CXX}_COMPILER_LAUNCHER=ccache
  "${CMAKE}" -G Ninja -S "${here}/${consumer}" -B "${work}/build" -DCMAKE_BUILD_TYPE=Debug "$@"
  "${CMAKE}" --build "${work}/build" -j2
  "${work}/build/consumer"
}

find_pc_files() {
  PKG_CONFIG_PATH=$(dirname "$(find "${work}/prefix" -name here_tracking.pc)")
  export PKG_CONFIG_PATH
}

# The C compiler, which knows no C++ runtime library.
build_c() { # SOURCE FLAG...
  # shellcheck disable=SC2086  # CFLAGS is a list
  "${CC}" -std=c99 -Wall -Wextra -Wpedantic -Werror ${CFLAGS} "$1" "${@:2}" -o "${work}/consumer"
}

case ${consumer} in
  find_package | find_package_c)
    install_and_move
    build_with_cmake "-DCMAKE_PREFIX_PATH=${work}/prefix"
    grep -qF "here_tracking_DIR:PATH=${work}/prefix/" "${work}/build/CMakeCache.txt"
    ;;
  add_subdirectory)
    build_with_cmake
    ;;
  pkg_config)
    install_and_move
    find_pc_files
    for mode in --shared --static; do
      read -ra flags < <(pkg-config "${mode}" --cflags --libs \
        here_tracking-curl here_tracking-linux here_tracking-mbedtls-transport)
      echo "${mode}: ${flags[*]}"
      # shellcheck disable=SC2086  # CXXFLAGS is a list
      "${CXX}" -std=c++17 ${CXXFLAGS} "${here}/main.cpp" "${flags[@]}" -o "${work}/consumer"
      "${work}/consumer"
    done
    ;;
  pkg_config_c)
    install_and_move
    find_pc_files
    read -ra flags < <(pkg-config --cflags --libs here_tracking-c)
    echo "${flags[*]}"
    build_c "${here}/main.c" "${flags[@]}"
    "${work}/consumer"
    # Not only what main.c calls: no object of the core asks for a C++ runtime library.
    read -ra flags < <(pkg-config --cflags --libs-only-L here_tracking-c)
    build_c "${here}/main.c" "${flags[@]}" -Wl,--whole-archive -lhere_tracking_c -lhere_tracking \
      -Wl,--no-whole-archive -lmbedcrypto

    read -ra flags < <(pkg-config --cflags --libs here_tracking-c-mbedtls)
    echo "${flags[*]}"
    build_c "${here}/main_mbedtls.c" "${flags[@]}"
    "${work}/consumer"
    build_c "${here}/main_mbedtls.c" -Wl,--whole-archive -lhere_tracking_c_mbedtls \
      -lhere_tracking_mbedtls_transport -Wl,--no-whole-archive "${flags[@]}"

    read -ra flags < <(pkg-config --cflags --libs here_tracking-c-linux)
    echo "${flags[*]}"
    build_c "${here}/../../examples/c/main.c" "${flags[@]}"
    (cd "${work}" && ! HERE_TRACKING_URL=http://127.0.0.1:1 HERE_TRACKING_DEVICE_ID=packaging \
      HERE_TRACKING_DEVICE_SECRET=packaging "${work}/consumer" >"${work}/out")
    grep -qx connect_failed "${work}/out"
    ;;
  *)
    echo "consume.sh: no consumer '${consumer}'" >&2
    exit 2
    ;;
esac
