// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "here_tracking/c/here_tracking.h"

// NOLINTBEGIN: this is C
/// Hooks for Linux in C. They use the heap and the C++ runtime library, and each is used by one
/// thread at a time. What is made here is of no more use once it was freed, nor is what borrowed
/// it.

#ifdef __cplusplus
extern "C" {
#endif

/// CLOCK_BOOTTIME, which goes on in suspend, and the kernel's boot id.
extern const ht_clock_t ht_system_clock;
/// getrandom(2).
extern const ht_entropy_t ht_system_entropy;
/// Errors and warnings as lines on standard error, "warning: text".
extern const ht_log_t ht_stderr_log;

/// A directory with a file a record, readable by its owner alone; it (and its missing parents) is
/// made with mode 0700 at the first store. A record is replaced as a whole, so several processes
/// may share it.
/// @return NULL: no memory
const ht_storage_t* ht_file_storage_new(const char* directory);
void ht_file_storage_free(const ht_storage_t* storage);

/// A directory with a file a sector, readable by its owner alone. Makes the directory (and its
/// missing parents) with mode 0700 and locks it against other processes. Each sector takes a file
/// descriptor, and space as it is filled.
/// @param sector_bytes 0: 256 KiB. @param sector_count 0: 32. Both the same each time
/// @param error may be NULL: where NULL is returned, receives errno: EWOULDBLOCK: another process
///         has
///        the lock; EPERM: others may write to the directory or to a file in it, or it belongs to
///        another user
/// @return NULL: it could not be opened
const ht_sector_storage_t* ht_file_sectors_new(const char* directory, uint32_t sector_bytes,
                                               uint32_t sector_count, int* error);
void ht_file_sectors_free(const ht_sector_storage_t* sectors);

/// A transport on libcurl: one connection kept open, TLS 1.2 or later, proxies from the
/// environment. Call curl_global_init() yourself before starting threads if other code uses libcurl
/// too.
/// @param ca_file PEM file with the certificate authorities to trust instead of the system's; NULL
///         or
///        "": the system's
/// @param log borrowed, may be NULL: one debug line a request, and the reason of each failure
/// @return NULL: no memory
const ht_transport_t* ht_curl_transport_new(const char* ca_file, const ht_log_t* log);
/// Ends the exchange that runs, and each later one, with connection_lost within 0.2 s. May be
/// called from a signal handler or another thread.
void ht_curl_transport_cancel(const ht_transport_t* transport);
void ht_curl_transport_free(const ht_transport_t* transport);

#ifdef __cplusplus
}  // extern "C"
#endif
// NOLINTEND
