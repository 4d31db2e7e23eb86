#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Usage: consume.sh find_package|pkg_config|add_subdirectory BUILD_DIRECTORY
# Builds and runs main.cpp as a user of the library would. The first two install the build first,
# and move the installed tree, because it may be used from anywhere.
set -euo pipefail

consumer=$1
build=$2
: "${CMAKE:=cmake}" "${CXX:=c++}" "${CXXFLAGS:=}"
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "${work}"' EXIT

install_and_move() {
  "${CMAKE}" --install "${build}" --prefix "${work}/first" >/dev/null
  mv "${work}/first" "${work}/prefix"
  if grep -rlF -e "${work}/first" -e "${build}" "${work}/prefix" --include='*.cmake' --include='*.pc'; then
    echo "The files above name the directory of the build or of the first installation." >&2
    return 1
  fi
}

build_with_cmake() { # ARGUMENT...
  command -v ccache >/dev/null && export CMAKE_CXX_COMPILER_LAUNCHER=ccache
  "${CMAKE}" -G Ninja -S "${here}/${consumer}" -B "${work}/build" -DCMAKE_BUILD_TYPE=Debug "$@"
  "${CMAKE}" --build "${work}/build" -j2
  "${work}/build/consumer"
}

case ${consumer} in
  find_package)
    install_and_move
    build_with_cmake "-DCMAKE_PREFIX_PATH=${work}/prefix"
    grep -qF "here_tracking_DIR:PATH=${work}/prefix/" "${work}/build/CMakeCache.txt"
    ;;
  add_subdirectory)
    build_with_cmake
    ;;
  pkg_config)
    install_and_move
    PKG_CONFIG_PATH=$(dirname "$(find "${work}/prefix" -name here_tracking.pc)")
    export PKG_CONFIG_PATH
    for mode in --shared --static; do
      read -ra flags < <(pkg-config "${mode}" --cflags --libs \
        here_tracking-curl here_tracking-linux here_tracking-mbedtls-transport)
      echo "${mode}: ${flags[*]}"
      # shellcheck disable=SC2086  # CXXFLAGS is a list
      "${CXX}" -std=c++17 ${CXXFLAGS} "${here}/main.cpp" "${flags[@]}" -o "${work}/consumer"
      "${work}/consumer"
    done
    ;;
  *)
    echo "consume.sh: no consumer '${consumer}'" >&2
    exit 2
    ;;
esac
