# SPDX-License-Identifier: Apache-2.0
# Gives LibNl::genl, generic netlink. Hints: LIBNL_INCLUDE_DIR, LIBNL_LIBRARY, LIBNL_GENL_LIBRARY.
find_path(LIBNL_INCLUDE_DIR netlink/genl/genl.h PATH_SUFFIXES libnl3)
find_library(LIBNL_LIBRARY nl-3)
find_library(LIBNL_GENL_LIBRARY nl-genl-3)
mark_as_advanced(LIBNL_INCLUDE_DIR LIBNL_LIBRARY LIBNL_GENL_LIBRARY)

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(LibNl
  REQUIRED_VARS LIBNL_GENL_LIBRARY LIBNL_LIBRARY LIBNL_INCLUDE_DIR
  REASON_FAILURE_MESSAGE
    "Debian: apt-get install libnl-genl-3-dev, or go without it: -DHERE_TRACKING_NL80211=OFF")

if(LibNl_FOUND AND NOT TARGET LibNl::genl)
  add_library(LibNl::genl UNKNOWN IMPORTED)
  set_target_properties(LibNl::genl PROPERTIES
    IMPORTED_LOCATION ${LIBNL_GENL_LIBRARY}
    INTERFACE_INCLUDE_DIRECTORIES ${LIBNL_INCLUDE_DIR}
    INTERFACE_LINK_LIBRARIES ${LIBNL_LIBRARY})
endif()
