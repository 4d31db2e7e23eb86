# SPDX-License-Identifier: Apache-2.0
#[[
Gives MbedTLS::mbedcrypto, from mbedTLS 2.28, or 3.1 and later, and, where they are there as well,
MbedTLS::mbedx509 and MbedTLS::mbedtls.

Taken are, in this order: a target of that name that the enclosing project has made, the CMake package
of mbedTLS 3, a library in the usual places. On bare metal headers alone will do: a firmware project
links its own mbedTLS.

Hints: MBEDTLS_INCLUDE_DIR, MBEDCRYPTO_LIBRARY, MBEDX509_LIBRARY, MBEDTLS_LIBRARY.
]]
if(TARGET MbedTLS::mbedcrypto)
  set(MbedTLS_FOUND TRUE)
  return()
endif()

if(NOT MBEDTLS_INCLUDE_DIR AND NOT MBEDCRYPTO_LIBRARY)
  find_package(MbedTLS CONFIG QUIET)
  if(TARGET MbedTLS::mbedcrypto)
    set(MbedTLS_FOUND TRUE)
    return()
  endif()
endif()

find_path(MBEDTLS_INCLUDE_DIR mbedtls/sha256.h)
find_library(MBEDCRYPTO_LIBRARY mbedcrypto)
find_library(MBEDX509_LIBRARY mbedx509)
find_library(MBEDTLS_LIBRARY mbedtls)
mark_as_advanced(MBEDTLS_INCLUDE_DIR MBEDCRYPTO_LIBRARY MBEDX509_LIBRARY MBEDTLS_LIBRARY)

unset(MbedTLS_VERSION)
foreach(header build_info.h version.h)
  if(MBEDTLS_INCLUDE_DIR AND EXISTS ${MBEDTLS_INCLUDE_DIR}/mbedtls/${header})
    file(STRINGS ${MBEDTLS_INCLUDE_DIR}/mbedtls/${header} line
      REGEX "^#define MBEDTLS_VERSION_STRING +\"[0-9.]+\"")
    if(line)
      string(REGEX REPLACE ".*\"([0-9.]+)\".*" "\\1" MbedTLS_VERSION "${line}")
      break()
    endif()
  endif()
endforeach()

set(required MBEDTLS_INCLUDE_DIR)
if(NOT CMAKE_SYSTEM_NAME STREQUAL "Generic")
  list(PREPEND required MBEDCRYPTO_LIBRARY)
endif()
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(MbedTLS
  REQUIRED_VARS ${required}
  VERSION_VAR MbedTLS_VERSION
  REASON_FAILURE_MESSAGE "Debian: apt-get install libmbedtls-dev")

# On bare metal a target without a library stands for its headers.
function(here_tracking_add_mbedtls_target name library)
  if(library)
    add_library(MbedTLS::${name} UNKNOWN IMPORTED)
    set_target_properties(MbedTLS::${name} PROPERTIES IMPORTED_LOCATION ${library})
  elseif(CMAKE_SYSTEM_NAME STREQUAL "Generic")
    add_library(MbedTLS::${name} INTERFACE IMPORTED)
  else()
    return()
  endif()
  set_target_properties(MbedTLS::${name} PROPERTIES
    INTERFACE_INCLUDE_DIRECTORIES ${MBEDTLS_INCLUDE_DIR}
    INTERFACE_LINK_LIBRARIES "${ARGN}")
endfunction()

if(MbedTLS_FOUND)
  here_tracking_add_mbedtls_target(mbedcrypto "${MBEDCRYPTO_LIBRARY}")
  if(CMAKE_SYSTEM_NAME STREQUAL "Generic" OR (MBEDX509_LIBRARY AND MBEDTLS_LIBRARY))
    here_tracking_add_mbedtls_target(mbedx509 "${MBEDX509_LIBRARY}" MbedTLS::mbedcrypto)
    here_tracking_add_mbedtls_target(mbedtls "${MBEDTLS_LIBRARY}" MbedTLS::mbedx509)
  endif()
endif()
