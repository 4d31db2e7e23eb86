# SPDX-License-Identifier: Apache-2.0
include(CMakePackageConfigHelpers)

# What is installed here is the library; the examples name theirs.
set(CMAKE_INSTALL_DEFAULT_COMPONENT_NAME library)

set(components here_tracking here_tracking_c)
set(absent_headers)
if(HERE_TRACKING_CURL)
  list(APPEND components here_tracking_curl)
else()
  list(APPEND absent_headers PATTERN transport/curl.hpp EXCLUDE)
endif()
if(HERE_TRACKING_MBEDTLS_TRANSPORT)
  list(APPEND components here_tracking_mbedtls_transport here_tracking_c_mbedtls)
else()
  list(APPEND absent_headers PATTERN transport/mbedtls.hpp EXCLUDE PATTERN c/mbedtls.h EXCLUDE)
endif()
if(HERE_TRACKING_LINUX)
  list(APPEND components here_tracking_linux)
else()
  list(APPEND absent_headers PATTERN platform EXCLUDE)
endif()
set(linux_libs "-lhere_tracking_linux")
if(HERE_TRACKING_DBUS)
  string(APPEND linux_libs " -lsystemd")
endif()
if(HERE_TRACKING_NL80211)
  string(APPEND linux_libs " -lnl-genl-3 -lnl-3")
endif()
if(TARGET here_tracking_c_linux)
  list(APPEND components here_tracking_c_linux)
else()
  list(APPEND absent_headers PATTERN c/linux.h EXCLUDE)
endif()

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/here_tracking)
install(TARGETS ${components} EXPORT here_tracking-targets)
install(DIRECTORY include/here_tracking DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
  FILES_MATCHING PATTERN "*.hpp" PATTERN "*.h" ${absent_headers})
install(EXPORT here_tracking-targets NAMESPACE here_tracking:: DESTINATION ${package_dir})
configure_package_config_file(
  cmake/here_tracking-config.cmake.in here_tracking-config.cmake
  INSTALL_DESTINATION ${package_dir}
  NO_SET_AND_CHECK_MACRO)
write_basic_package_version_file(here_tracking-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES
  ${CMAKE_CURRENT_BINARY_DIR}/here_tracking-config.cmake
  ${CMAKE_CURRENT_BINARY_DIR}/here_tracking-config-version.cmake
  cmake/FindLibNl.cmake
  cmake/FindLibSystemd.cmake
  cmake/FindMbedTLS.cmake
  DESTINATION ${package_dir})
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/here_tracking)

# The prefix is given relative to the .pc file, so that the installed tree can be moved.
set(pc_dir ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
if(IS_ABSOLUTE ${CMAKE_INSTALL_LIBDIR})
  set(pc_prefix ${CMAKE_INSTALL_PREFIX})
else()
  file(RELATIVE_PATH pc_up /${pc_dir} /)
  string(REGEX REPLACE "/$" "" pc_up "${pc_up}")
  set(pc_prefix "\${pcfiledir}/${pc_up}")
endif()
cmake_path(ABSOLUTE_PATH CMAKE_INSTALL_LIBDIR BASE_DIRECTORY "\${prefix}" OUTPUT_VARIABLE pc_libdir)
cmake_path(ABSOLUTE_PATH CMAKE_INSTALL_INCLUDEDIR
  BASE_DIRECTORY "\${prefix}" OUTPUT_VARIABLE pc_includedir)

function(here_tracking_install_pc name description requires libs)
  configure_file(cmake/here_tracking.pc.in ${name}.pc @ONLY)
  install(FILES ${CMAKE_CURRENT_BINARY_DIR}/${name}.pc DESTINATION ${pc_dir})
endfunction()

here_tracking_install_pc(here_tracking "${PROJECT_DESCRIPTION}" "" "-lhere_tracking -lmbedcrypto")
if(HERE_TRACKING_CURL)
  here_tracking_install_pc(here_tracking-curl "HERE Tracking SDK: transport on libcurl"
    "here_tracking = ${PROJECT_VERSION}" "-lhere_tracking_curl -lcurl")
endif()
if(HERE_TRACKING_MBEDTLS_TRANSPORT)
  here_tracking_install_pc(here_tracking-mbedtls-transport "HERE Tracking SDK: transport on mbedTLS"
    "here_tracking = ${PROJECT_VERSION}"
    "-lhere_tracking_mbedtls_transport -lhere_tracking -lmbedtls -lmbedx509 -lmbedcrypto")
endif()
if(HERE_TRACKING_LINUX)
  here_tracking_install_pc(here_tracking-linux "HERE Tracking SDK: hooks for Linux"
    "here_tracking = ${PROJECT_VERSION}" "${linux_libs}")
endif()
here_tracking_install_pc(here_tracking-c "HERE Tracking SDK: the core for C"
  "here_tracking = ${PROJECT_VERSION}" "-lhere_tracking_c")
if(HERE_TRACKING_MBEDTLS_TRANSPORT)
  here_tracking_install_pc(here_tracking-c-mbedtls "HERE Tracking SDK: transport on mbedTLS for C"
    "here_tracking-c = ${PROJECT_VERSION}, here_tracking-mbedtls-transport = ${PROJECT_VERSION}"
    "-lhere_tracking_c_mbedtls")
endif()
if(TARGET here_tracking_c_linux)
  here_tracking_install_pc(here_tracking-c-linux "HERE Tracking SDK: hooks for Linux in C"
    "here_tracking-c = ${PROJECT_VERSION}, here_tracking-curl = ${PROJECT_VERSION}, here_tracking-linux = ${PROJECT_VERSION}"
    "-lhere_tracking_c_linux -lstdc++")
endif()
