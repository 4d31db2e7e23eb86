# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# To be sourced. What the parts of this project need on Debian 12, and how it gets there.

# shellcheck disable=SC2034  # used by those who source this
{
  packages_build=(ccache cmake g++ libcli11-dev libcurl4-openssl-dev libmbedtls-dev
    libnl-genl-3-dev libsystemd-dev ninja-build nlohmann-json3-dev pkg-config rapidjson-dev)
  packages_emulator=(libcpp-httplib-dev libssl-dev libvalijson-dev)
  packages_demo=(ca-certificates curl jq openssl)
  packages_test=(catch2 curl dbus-daemon gpsd gpsd-clients jq nghttp2-proxy python3-dbus python3-gi)
  packages_fuzz=(clang libclang-rt-14-dev)
  packages_lint=(clang-format clang-tidy shellcheck)
  packages_arm_linux=(g++-aarch64-linux-gnu g++-arm-linux-gnueabihf qemu-user)
  packages_cortex_m=(gcc-arm-none-eabi libnewlib-arm-none-eabi libstdc++-arm-none-eabi-newlib
    python3)
  packages_firmware=(dpkg-dev qemu-system-arm)
  packages_vm=(binutils cpio kmod qemu-system-x86)
  packages_packaging=(dpkg-dev fakeroot lintian mandoc systemd)
}

# Installs those of the given packages that are missing; as root, or through sudo.
install_debian_packages() { # PACKAGE...
  local package missing=() as_root=()
  command -v apt-get dpkg-query >/dev/null || {
    echo "This script installs with apt-get, which is not here. Install what these Debian" >&2
    echo "packages hold, then build with CMake: $*" >&2
    return 1
  }
  for package in "$@"; do
    [[ $(dpkg-query -W -f '${db:Status-Abbrev}' "${package}" 2>/dev/null) == ii* ]] ||
      missing+=("${package}")
  done
  [[ ${#missing[@]} -gt 0 ]] || return 0

  if [[ $(id -u) -ne 0 ]]; then
    command -v sudo >/dev/null || {
      echo "Missing packages, and neither root nor sudo to install them with. As root, run:" >&2
      echo "  apt-get install --no-install-recommends ${missing[*]}" >&2
      return 1
    }
    as_root=(sudo)
  fi
  echo "Installing: ${missing[*]}"
  # A broken third-party source must not stop us: whether the packages are there shows below.
  "${as_root[@]}" apt-get -q -q -o DPkg::Lock::Timeout=300 update || true
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get -q -q -y -o DPkg::Lock::Timeout=300 install --no-install-recommends "${missing[@]}"
}
