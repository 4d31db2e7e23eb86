# SPDX-License-Identifier: Apache-2.0
# Gives LibSystemd::systemd, which has sd-bus. Hints: LIBSYSTEMD_INCLUDE_DIR, LIBSYSTEMD_LIBRARY.
find_path(LIBSYSTEMD_INCLUDE_DIR systemd/sd-bus.h)
find_library(LIBSYSTEMD_LIBRARY systemd)
mark_as_advanced(LIBSYSTEMD_INCLUDE_DIR LIBSYSTEMD_LIBRARY)

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(LibSystemd
  REQUIRED_VARS LIBSYSTEMD_LIBRARY LIBSYSTEMD_INCLUDE_DIR
  REASON_FAILURE_MESSAGE
    "Debian: apt-get install libsystemd-dev, or go without D-Bus: -DHERE_TRACKING_DBUS=OFF")

if(LibSystemd_FOUND AND NOT TARGET LibSystemd::systemd)
  add_library(LibSystemd::systemd UNKNOWN IMPORTED)
  set_target_properties(LibSystemd::systemd PROPERTIES
    IMPORTED_LOCATION ${LIBSYSTEMD_LIBRARY}
    INTERFACE_INCLUDE_DIRECTORIES ${LIBSYSTEMD_INCLUDE_DIR})
endif()
