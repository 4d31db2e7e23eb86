# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# To be sourced.

# The compiler's and the linker's flags of Debian's packages, in the environment, where CMake finds
# them. Without those for debug information, of which none is packed.
export_debian_flags() { # ARCHITECTURE
  local flags
  flags=$(DEB_HOST_ARCH=$1 DEB_CFLAGS_MAINT_STRIP=-g DEB_CXXFLAGS_MAINT_STRIP=-g \
    DEB_BUILD_MAINT_OPTIONS="hardening=+all reproducible=-fixfilepath,-fixdebugpath" \
    dpkg-buildflags --export=sh) || return
  eval "${flags}"
  export CFLAGS="${CFLAGS} ${CPPFLAGS}" CXXFLAGS="${CXXFLAGS} ${CPPFLAGS}"
}
