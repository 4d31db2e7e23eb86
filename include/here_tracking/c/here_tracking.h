// SPDX-License-Identifier: Apache-2.0
#pragma once

// NOLINTBEGIN: this is C
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// The library for C99: the same core, the same rules, the same words.
///
/// - Nothing is allocated. An object is a struct that the caller sets aside, as a static variable
///   or a member of another struct; what is in it is the library's own. Each has an init function
///   that comes first. An object must not be moved or copied.
/// - What a function is given by pointer is borrowed: by an init function for as long as the object
///   is used, by every other one during the call. What must live longer or shorter says so.
/// - Zero is a good default for every member of every configuration: leave out what you do not care
///   about.
/// - Names are those of the service, and the unit is in the name: `_e2` says that it is a hundredth
///   of the unit before it, so 2150 in `temperature_c_e2` is 21.5 degrees Celsius.
/// - Text that goes in as `const char*` ends with a zero and is UTF-8; NULL or "" is one that is
///   not given. Lengths of text are in characters.
/// - One thread at a time for a client and all that is made of it; no call from an interrupt but
///   where it is said.
///
/// A program links what it calls and nothing else, and no C++ runtime library: see README.md.

#ifdef __cplusplus
extern "C" {
#define HT_MUST_USE [[nodiscard]]
#elif defined(__GNUC__)
#define HT_MUST_USE __attribute__((warn_unused_result))
#else
#define HT_MUST_USE
#endif

/// Memory that a library object takes, in words of 8 bytes, where pointers have 8 or 4 bytes.
#define HT_OBJECT(words_64, words_32) uint64_t opaque[sizeof(void*) > 4 ? (words_64) : (words_32)]

// ---- text, memory, values that may be missing ----

/// Text of a known length, without a zero at its end: `printf("%.*s", (int)text.size, text.data)`.
typedef struct {
  const char* data;
  size_t size;
} ht_text_t;

/// Memory to work in.
typedef struct {
  char* data;
  size_t size;
} ht_memory_t;

/// An array as an ht_memory_t, in an initialiser.
#define HT_MEMORY(array) \
  { (array), sizeof(array) }

/// Values that may be missing. All zeros is a missing one, so a member that an initialiser leaves
/// out is not given.
typedef struct {
  bool given;
  bool value;
} ht_opt_bool_t;
typedef struct {
  bool given;
  uint8_t value;
} ht_opt_u8_t;
typedef struct {
  bool given;
  uint16_t value;
} ht_opt_u16_t;
typedef struct {
  bool given;
  int32_t value;
} ht_opt_i32_t;
typedef struct {
  bool given;
  uint32_t value;
} ht_opt_u32_t;
typedef struct {
  bool given;
  int64_t value;
} ht_opt_i64_t;
typedef struct {
  bool given;
  uint64_t value;
} ht_opt_u64_t;

/// Gives such a value in an initialiser: `{.mcc = 262, .rxlevel_dbm = HT_SOME(-71)}`.
#define HT_SOME(number) \
  { true, (number) }
/// And later: `HT_SET(cell.rxlevel_dbm, -71);`
#define HT_SET(optional, number) ((optional).given = true, (optional).value = (number))

// ---- outcomes ----

/// The one closed set of outcomes. Each function names those that it can return.
typedef enum {
  HT_OK = 0,

  // The caller, before anything was sent.
  HT_INVALID_VALUE,     ///< A value breaks a rule of the service; a field error says which.
  HT_BUFFER_TOO_SMALL,  ///< It does not fit the memory that was handed over; nothing was changed.

  // The hooks.
  HT_NOT_PROVIDED,  ///< The device has no such hook.
  HT_NO_DATA,       ///< The hook works and has nothing now: no fix, no record of that name.
  HT_HOOK_FAILED,   ///< The hook reports a failure of its own.

  // The queue.
  HT_QUEUE_FULL,     ///< The sample that came was dropped, and counted.
  HT_QUEUE_FOREIGN,  ///< The storage holds the queue of a later version; nothing was changed.

  // The network. Nothing is known about whether the service processed the request.
  HT_DNS_FAILED,      ///< The host name was not resolved.
  HT_CONNECT_FAILED,  ///< No connection: refused, unreachable.
  HT_TLS_FAILED,     ///< The handshake failed: untrusted, expired or foreign certificate, protocol.
  HT_CLOCK_NOT_SET,  ///< It failed; the clock that judges certificates is older than the program.
  HT_TIMEOUT,        ///< The connect or the total time limit ran out.
  HT_CONNECTION_LOST,  ///< The connection ended before the response was complete.

  // A response that cannot be used.
  HT_RESPONSE_TOO_LARGE,  ///< Longer than the memory or the limit that it has to fit.
  HT_RESPONSE_INVALID,    ///< Not the JSON that the service documents, or an undocumented status.

  // The service's word.
  HT_REJECTED,             ///< 400: wrong format or value. Never repeat unchanged.
  HT_CREDENTIALS_REFUSED,  ///< 401: the signature, or a token that is only seconds old.
  HT_CLOCK_REFUSED,        ///< 401 with a time correction, even after the clock was corrected.
  HT_FORBIDDEN,            ///< 403, or 404 on ingestion, also with a new token.
  HT_UNKNOWN_DEVICE,  ///< 404 for a token: no licence. For a gateway: no such ht_delivery_t.id.
  HT_NOT_CLAIMED,     ///< 412: nobody has claimed the device yet. Ask again in minutes to hours.
  HT_TOO_LARGE,       ///< 413: the body is too large for the service.
  HT_RATE_LIMITED,    ///< 429: see ht_error_detail_t.retry_after_s.
  HT_SERVER_ERROR     ///< 5xx: the service or something before it has a problem.
} ht_code_t;

/// The code's name in lower case without HT_: "tls_failed". Static text.
const char* ht_code_name(ht_code_t code);

/// What a field error takes at most, as text with a zero at its end.
#define HT_FIELD_ERROR_BYTES 161

// ---- hooks: what a device supplies ----
//
// Each hook is a struct of functions and the context that they are called with. A NULL in place of
// a struct or a function is "not provided". All are called from the thread that calls the library,
// never from an interrupt. Let ht_self_test() say whether they keep their contracts.

/// A monotonic clock. Must be quick and must not block.
///
/// now_ms: milliseconds since an arbitrary start, 0 or more; never decreases, and nobody who sets
/// the time of day affects it. Should go on while the device sleeps; where it stops, call
/// ht_client_sync_time() after waking. An error of 100 ppm is 8.6 s a day, and the service refuses
/// a token request that is 10 s off. Negative: there is no clock.
///
/// boot_id: a number that is different after each restart of now_ms, so that a time offset stored
/// before is used again only while it still holds. 0 or NULL: unknown, so a restarted program asks
/// the service for the time again.
typedef struct {
  int64_t (*now_ms)(void* context);
  uint64_t (*boot_id)(void* context);
  void* context;
} ht_clock_t;

/// Random bytes, which cannot be predicted and do not repeat after a restart: the service refuses a
/// nonce that it has seen, so a fixed seed locks a device out. May block.
///
/// fill: fills all of `into`. Returns ok, hook_failed (nothing may be used), not_provided.
typedef struct {
  ht_code_t (*fill)(void* context, uint8_t* into, size_t size);
  void* context;
} ht_entropy_t;

/// Small named records that survive a restart. Names are 1..16 characters of [a-z0-9_]. May block.
///
/// A client uses "token" (the token's size plus 36 bytes) and "clock" (48 bytes), a tracker
/// "shadow" (at most the size of its shadow memory): written about twice a day, and when the shadow
/// changes. All are checksummed; a torn, stale or foreign one is ignored. The token is a secret,
/// and the shadow may hold WLAN passwords: encrypt them or keep them where others cannot read them.
typedef struct {
  /// Reads a record into `into` and sets `size` to its length.
  /// @return ok; no_data when there is none; buffer_too_small when it is longer than `room`;
  ///         hook_failed; not_provided.
  ht_code_t (*load)(void* context, const char* name, uint8_t* into, size_t room, size_t* size);
  /// Replaces a record as a whole; it is durable when this returns ok, and after a power cut either
  /// the old or the new one is found.
  /// @return ok, hook_failed, not_provided.
  ht_code_t (*store)(void* context, const char* name, const uint8_t* record, size_t size);
  /// Removes a record. Removing what does not exist is ok.
  /// @return ok, hook_failed, not_provided.
  ht_code_t (*erase)(void* context, const char* name);
  void* context;
} ht_storage_t;

/// Sectors for a queue, on NOR flash, in files, or in RAM (ht_ram_sectors_t). May block.
///
/// - An erased sector reads as 0xff.
/// - `program` is called for erased bytes alone, in ascending order within a sector, with offset
///   and size in multiples of program_bytes. No byte is programmed twice between two erases, so
///   flash with error correction may be used.
/// - After `sync` returned ok, all that was programmed before survives a power cut. Before that any
///   part of it may be missing or torn, in any order.
/// - `erase` is durable when it returns ok. A cut in the middle of it may leave anything in that
///   sector, and nothing in others.
/// - Bytes that cannot be read (a failed error correction after a torn write) are read as zeros;
///   that is ok, not a failure.
///
/// On NOR flash a sector is an erase block and sync has nothing to do. On littlefs or any file
/// system a sector is a file: erase makes it empty, program appends to it, sync is its
/// `lfs_file_sync`, and what is beyond the end of the file reads as 0xff.
///
/// The functions return ok, hook_failed, not_provided.
typedef struct {
  /// What is erased at once: a multiple of program_bytes, 512 bytes .. 16 MiB. One sample must fit.
  uint32_t sector_bytes;
  uint32_t sector_count;   ///< 3..65535; 4 or more for HT_DROP_THIN_OUT
  uint32_t program_bytes;  ///< What is programmed at once: a power of two, 1..64 bytes
  ht_code_t (*read)(void* context, uint32_t sector, uint32_t offset, uint8_t* into, size_t size);
  ht_code_t (*program)(void* context, uint32_t sector, uint32_t offset, const uint8_t* bytes,
                       size_t size);
  ht_code_t (*erase)(void* context, uint32_t sector);
  ht_code_t (*sync)(void* context);
  void* context;
} ht_sector_storage_t;

/// The bytes of a request's body, read as they are needed and, when a connection breaks, once more.
typedef struct {
  size_t size;  ///< All of it
  /// Copies up to `room` bytes from `offset` on.
  /// @return how many; 0 at the end, or before it when the data cannot be read, and then the
  ///         transport gives the request up (hook_failed).
  size_t (*read)(void* context, size_t offset, char* into, size_t room);
  void* context;
} ht_body_t;

typedef struct {
  ht_text_t name;
  ht_text_t value;
} ht_http_header_t;

typedef struct {
  ht_text_t method;  ///< "GET", "POST"
  bool tls;
  uint16_t port;     ///< Never 0
  ht_text_t host;    ///< As in base_url; an IPv6 address is in brackets
  ht_text_t target;  ///< Path and query, "/v2/?async=true"
  const ht_http_header_t* headers;
  size_t header_count;
  const ht_body_t* body;        ///< NULL: none. For a POST that means "Content-Length: 0".
  uint32_t connect_timeout_ms;  ///< Name resolution, TCP and TLS together
  uint32_t timeout_ms;          ///< The whole exchange
} ht_http_request_t;

/// Takes a response as it arrives.
typedef struct ht_http_response ht_http_response_t;

/// The final status (not 1xx). Starts the response anew: if a transport repeats a request on a
/// fresh connection, what came before is void.
void ht_http_response_status(ht_http_response_t* response, uint16_t http_status);
/// One header field, white space around the value removed.
void ht_http_response_header(ht_http_response_t* response, ht_text_t name, ht_text_t value);
/// A piece of the decoded body.
/// @return false: enough, break off; `exchange` then returns response_too_large.
HT_MUST_USE bool ht_http_response_body(ht_http_response_t* response, const char* piece,
                                       size_t size);

/// HTTPS: one request at a time; blocks until the response is complete or a time limit runs out.
///
/// HTTP/1.1 or later. The connection is kept open and used again, and its TLS session is resumed
/// where it was closed. The server's certificate chain and name are always verified. Redirects are
/// not followed. Headers are sent as given, with Host and Content-Length added; Transfer-Encoding
/// of the response is undone. A request may be repeated by the transport only if a kept connection
/// turned out to be closed before any byte of a response arrived.
typedef struct {
  /// @return ok when a complete response was handed over, whatever its status; dns_failed,
  ///         connect_failed, tls_failed, clock_not_set, timeout, connection_lost,
  ///         response_too_large, response_invalid (no HTTP), hook_failed, not_provided.
  ht_code_t (*exchange)(void* context, const ht_http_request_t* request,
                        ht_http_response_t* response);
  void* context;
} ht_transport_t;

typedef enum { HT_LOG_ERROR, HT_LOG_WARNING, HT_LOG_INFO, HT_LOG_DEBUG } ht_log_level_t;

/// Lines for people: UTF-8 without a line end, at most 160 bytes. Secrets never appear in them.
typedef struct {
  void (*write)(void* context, ht_log_level_t level, const char* text);
  void* context;
} ht_log_t;

/// Clock, entropy and transport are needed to send; storage saves two requests after a restart.
typedef struct {
  const ht_clock_t* clock;
  const ht_entropy_t* entropy;
  const ht_storage_t* storage;
  const ht_transport_t* transport;
  const ht_log_t* log;
} ht_hooks_t;

// ---- measurements ----
//
// The rules are those of `POST /v2/`. Identifiers outside their range are refused; signal levels
// are clamped, as the service asks, and counted. `timestamp_ms` of a measurement, milliseconds
// since 1970 UTC, is for one that was not made at the time of the sample.

typedef enum {
  HT_POSITION_UNSPECIFIED,
  HT_POSITION_GNSS,
  HT_POSITION_CELL,
  HT_POSITION_WLAN
} ht_position_type_t;

/// A floor of a building. All three are needed.
typedef struct {
  const char* id;    ///< 1..100 characters
  const char* name;  ///< 1..255 characters
  int32_t level_e2;  ///< -999..999 in hundredths: 150 is a mezzanine above the first floor
} ht_floor_t;

/// A position: the service's `position` object, and its `scan.gps`.
typedef struct {
  int32_t lat_deg_e7;    ///< WGS-84, 1e-7 degrees north, -90..90 degrees
  int32_t lng_deg_e7;    ///< WGS-84, 1e-7 degrees east, -180..180 degrees
  uint32_t accuracy_mm;  ///< Radius of the uncertainty circle
  /// Probability that the true position lies in that circle, 50..95 %. The service takes 68 when it
  /// is absent. Applies to `accuracy_mm` and `altaccuracy_mm`.
  ht_opt_u8_t confidence_percent;
  ht_opt_i32_t alt_mm;  ///< Above the WGS-84 ellipsoid, not above sea level
  ht_opt_u32_t altaccuracy_mm;
  /// Clockwise from true north, 0..360 degrees in hundredths. Sent in whole degrees 0..359, and
  /// only together with the speed: the service requires both or none.
  ht_opt_u16_t heading_cdeg;
  ht_opt_u32_t speed_mm_s;      ///< Sent in whole metres per second
  ht_opt_u8_t satellite_count;  ///< 1..50; in a position with HT_POSITION_GNSS
  ht_opt_u8_t wlan_count;       ///< 1..254; only with HT_POSITION_WLAN
  ht_position_type_t type;
  ht_opt_i64_t timestamp_ms;  ///< Of the fix itself
  const ht_floor_t* floor;    ///< NULL: none
} ht_fix_t;

/// A neighbour in a network measurement report (3GPP TS 45.008).
typedef struct {
  int32_t bsic;              ///< Base station identity code, 0..63
  int32_t bcch;              ///< Absolute radio frequency channel number, 0..1023
  ht_opt_i32_t lac;          ///< 1..65535
  ht_opt_i32_t cid;          ///< 0..65535
  ht_opt_i32_t rxlevel_dbm;  ///< Clamped to -110..-25
} ht_gsm_neighbour_t;

/// A GSM cell: an item of the service's `scan.gsm`, at most 16 in a sample.
typedef struct {
  int32_t mcc;                    ///< Mobile country code, 200..999
  int32_t mnc;                    ///< Mobile network code, 0..999
  int32_t lac;                    ///< Location area code, 1..65535
  int32_t cid;                    ///< Cell identity, 0..65535
  ht_opt_i32_t bsic;              ///< 0..63; needs `bcch`
  ht_opt_i32_t bcch;              ///< 0..1023; needs `bsic`
  ht_opt_i32_t rxlevel_dbm;       ///< Clamped to -110..-25
  ht_opt_i32_t ta;                ///< Timing advance in bit periods, 0..63
  const ht_gsm_neighbour_t* nmr;  ///< The neighbours
  size_t nmr_count;               ///< At most 16
  ht_opt_i64_t timestamp_ms;
} ht_gsm_cell_t;

/// A neighbour of a WCDMA cell.
typedef struct {
  int32_t uarfcndl;          ///< Downlink UARFCN, 0..16383
  int32_t psc;               ///< Primary scrambling code, 0..511
  ht_opt_i32_t cid;          ///< 0..268435455
  ht_opt_i32_t rscp_dbm;     ///< Clamped to -120..-25
  ht_opt_i32_t pathloss_db;  ///< Clamped to 46..158
} ht_wcdma_neighbour_t;

/// A WCDMA (UMTS FDD) cell: an item of `scan.wcdma`, at most 16 in a sample.
typedef struct {
  int32_t mcc;               ///< 200..999
  int32_t mnc;               ///< 0..999
  int32_t cid;               ///< UTRAN cell identity, RNC and cell: 0..268435455
  ht_opt_i32_t lac;          ///< 1..65535
  ht_opt_i32_t uarfcndl;     ///< Downlink UARFCN, 0..16383; needs `psc`
  ht_opt_i32_t psc;          ///< Primary scrambling code, 0..511; needs `uarfcndl`
  ht_opt_i32_t rscp_dbm;     ///< Received signal code power, clamped to -120..-25
  ht_opt_i32_t pathloss_db;  ///< Clamped to 46..158
  const ht_wcdma_neighbour_t* nmr;
  size_t nmr_count;  ///< At most 32
  ht_opt_i64_t timestamp_ms;
} ht_wcdma_cell_t;

/// A neighbour of a TD-SCDMA cell.
typedef struct {
  int32_t uarfcn;            ///< 0..16383
  int32_t cellparams;        ///< Cell parameters id, 0..127
  ht_opt_i32_t cid;          ///< 0..268435455
  ht_opt_i32_t rscp_dbm;     ///< Clamped to -120..-25; needs `pathloss_db`
  ht_opt_i32_t pathloss_db;  ///< Clamped to 46..158; needs `rscp_dbm`
} ht_tdscdma_neighbour_t;

/// A TD-SCDMA (UMTS TDD) cell: an item of `scan.tdscdma`, at most 16 in a sample.
typedef struct {
  int32_t mcc;               ///< 200..999
  int32_t mnc;               ///< 0..999
  int32_t cid;               ///< 0..268435455
  ht_opt_i32_t lac;          ///< 1..65535
  ht_opt_i32_t uarfcn;       ///< 0..16383; needs `cellparams`
  ht_opt_i32_t cellparams;   ///< Cell parameters id, 0..127; needs `uarfcn`
  ht_opt_i32_t rscp_dbm;     ///< Clamped to -120..-25; needs `pathloss_db`
  ht_opt_i32_t pathloss_db;  ///< Clamped to 46..158; needs `rscp_dbm`
  ht_opt_i32_t ta;           ///< Timing advance, 0..1530
  const ht_tdscdma_neighbour_t* nmr;
  size_t nmr_count;  ///< At most 32
  ht_opt_i64_t timestamp_ms;
} ht_tdscdma_cell_t;

/// A neighbour of an LTE or LTE-M cell.
typedef struct {
  int32_t pci;              ///< Physical cell identity, 0..503
  int32_t earfcn;           ///< 0..262143
  ht_opt_i32_t cid;         ///< 0..268435455
  ht_opt_i32_t rsrp_dbm;    ///< Clamped as in ht_lte_cell_t
  ht_opt_i32_t rsrq_db_e1;  ///< Tenths of a dB, clamped as in ht_lte_cell_t; needs `rsrp_dbm`
} ht_lte_neighbour_t;

/// An LTE or LTE-M cell: an item of `scan.lte` or `scan.lteCatM`, at most 16 of each in a sample.
/// The service knows LTE-M since edition 2.6.11.
///
/// Signal levels of LTE are clamped to what every edition of the service takes, rsrp to -140..-44
/// dBm and rsrq to -19.5..-3 dB; those of LTE-M, and with ht_sample_options_t.wide_lte_range of
/// LTE, to -156..-44 and -34..3.
typedef struct {
  int32_t mcc;              ///< 200..999
  int32_t mnc;              ///< 0..999
  int32_t cid;              ///< E-UTRAN cell identity, eNodeB and cell: 0..268435455
  ht_opt_i32_t tac;         ///< Tracking area code, 0..65535
  ht_opt_i32_t pci;         ///< Physical cell identity, 0..503; needs `earfcn`
  ht_opt_i32_t earfcn;      ///< 0..262143; needs `pci`
  ht_opt_i32_t rsrp_dbm;    ///< Reference signal received power
  ht_opt_i32_t rsrq_db_e1;  ///< And its quality, in tenths of a dB; needs `rsrp_dbm`
  ht_opt_i32_t ta;          ///< Timing advance, 0..1282
  const ht_lte_neighbour_t* nmr;
  size_t nmr_count;  ///< At most 16; 32 of LTE-M
  ht_opt_i64_t timestamp_ms;
} ht_lte_cell_t;

/// A neighbour of an NB-IoT cell.
typedef struct {
  int32_t pci;               ///< 0..503
  int32_t earfcn;            ///< 0..262143
  ht_opt_i32_t cid;          ///< 0..268435455
  ht_opt_i32_t nrsrp_dbm;    ///< Clamped to -156..-44
  ht_opt_i32_t nrsrq_db_e1;  ///< Tenths of a dB, clamped to -34..2.5
} ht_nb_iot_neighbour_t;

/// An NB-IoT cell: an item of `scan.nbIot`, at most 16 in a sample. The service knows this kind
/// since edition 2.6.11.
typedef struct {
  int32_t mcc;               ///< 200..999
  int32_t mnc;               ///< 0..999
  int32_t cid;               ///< 0..268435455
  ht_opt_i32_t tac;          ///< 0..65535
  ht_opt_i32_t pci;          ///< 0..503; needs `earfcn`
  ht_opt_i32_t earfcn;       ///< 0..262143; needs `pci`
  ht_opt_i32_t nrsrp_dbm;    ///< Clamped to -156..-44
  ht_opt_i32_t nrsrq_db_e1;  ///< Tenths of a dB, clamped to -34..2.5
  ht_opt_i32_t ta;           ///< 0..1282
  const ht_nb_iot_neighbour_t* nmr;
  size_t nmr_count;  ///< At most 32
  ht_opt_i64_t timestamp_ms;
} ht_nb_iot_cell_t;

/// A neighbour of a CDMA cell.
typedef struct {
  int32_t pnoffset;             ///< 0..511
  int32_t channel;              ///< 0..2047
  ht_opt_i32_t bsid;            ///< 0..65535
  ht_opt_i32_t pilotpower_dbm;  ///< Clamped to -142..-49
  ht_opt_i32_t frequency;       ///< Deprecated name of `channel`, 0..2047
} ht_cdma_neighbour_t;

/// A CDMA2000 cell: an item of `scan.cdma`, at most 16 in a sample.
typedef struct {
  int32_t sid;                  ///< System id, 1..32767
  int32_t nid;                  ///< Network id, 0..65535
  int32_t bsid;                 ///< Base station id, 0..65535
  ht_opt_i32_t rz;              ///< Registration zone, 0..4095
  ht_opt_i32_t pnoffset;        ///< 0..511; needs `channel`
  ht_opt_i32_t channel;         ///< 0..2047; needs `pnoffset`
  ht_opt_i32_t pilotpower_dbm;  ///< Clamped to -142..-49
  ht_opt_i32_t baselat_deg_e7;  ///< Of the base station, -90..90 degrees
  ht_opt_i32_t baselng_deg_e7;  ///< -180..180 degrees
  const ht_cdma_neighbour_t* nmr;
  size_t nmr_count;  ///< At most 32
  ht_opt_i64_t timestamp_ms;
} ht_cdma_cell_t;

/// Of the bands the service can name these; one at 6 GHz is left unspecified.
typedef enum {
  HT_WLAN_BAND_UNSPECIFIED = 0,
  HT_WLAN_BAND_2_4_GHZ = 240,
  HT_WLAN_BAND_3_65_GHZ = 365,
  HT_WLAN_BAND_5_GHZ = 500
} ht_wlan_band_t;

/// A WLAN access point: an item of the service's `scan.wlan`, at most 128 in a sample.
typedef struct {
  uint8_t mac[6];          ///< BSSID
  ht_opt_i32_t powrx_dbm;  ///< Received power, clamped to -128..0
  /// Never sent; only looked at for the opt-out suffix "_nomap". Give it wherever it is known.
  const char* ssid;
  ht_wlan_band_t band;
  ht_opt_i64_t timestamp_ms;
} ht_wlan_access_point_t;

/// A Bluetooth beacon: an item of the service's `scan.bt`, at most 128 in a sample. At least one of
/// the three identities is needed; NULL: not given.
typedef struct {
  int32_t rss_dbm;              ///< Received signal strength, clamped to -128..0
  const uint8_t* mac;           ///< 6 bytes
  const uint8_t* eddystone_id;  ///< 16 bytes: 10 of namespace, 6 of instance
  /// 20 bytes: 16 of UUID, 2 of major, 2 of minor, as they stand in the advertisement
  const uint8_t* ibeacon_id;
  ht_opt_i64_t timestamp_ms;
} ht_bluetooth_beacon_t;

/// What sensors measured: the service's `system.reportedSensorData`.
typedef struct {
  ht_opt_i32_t temperature_c_e2;              ///< -70..100 degrees Celsius
  ht_opt_i32_t relative_humidity_percent_e2;  ///< 0..100 %
  ht_opt_i32_t pressure_hpa_e4;               ///< 300..1500 hPa
  ht_opt_i32_t acceleration_g_e6;             ///< -100..100 g
  ht_opt_i32_t tilt_degree_e2;
  ht_opt_i32_t battery_level_percent;  ///< 0..100
  ht_opt_bool_t battery_is_charging;
  ht_opt_bool_t device_is_attached;
  ht_opt_bool_t device_is_stationary;
  ht_opt_bool_t device_is_tampered;
} ht_sensor_readings_t;

/// The service's `system.mode`.
typedef enum {
  HT_MODE_UNKNOWN,
  HT_MODE_NORMAL,
  HT_MODE_FLIGHT,     ///< Found itself to be in an aircraft
  HT_MODE_TRANSPORT,  ///< Set by a user, for sea freight and the like
  HT_MODE_SLEEP,      ///< Stored in a warehouse, triggered by crossing a geofence
  HT_MODE_POWER_SAVE  ///< Not moving while the shadow has `powerSave.sendMs`; since edition 2.6.11
} ht_device_mode_t;

/// Who the SIM is. Personal data: no error and no log line of this library holds it.
typedef struct {
  const char* imsi;          ///< 1..15 digits
  const char* iccid;         ///< 18..22 characters
  const char* phone_number;  ///< E.164: '+' and 2..15 digits, the first not 0
} ht_sim_identity_t;

/// A chip with firmware of its own, such as a modem.
typedef struct {
  const char* manufacturer;      ///< 2..50 characters
  const char* model;             ///< 1..50
  const char* firmware_version;  ///< 3..60
} ht_client_module_t;

/// The network that the SIM is at home in: a complete pair of one kind, or of both.
typedef struct {
  ht_opt_i32_t mcc;  ///< 200..999; needs `mnc`
  ht_opt_i32_t mnc;  ///< 0..999; needs `mcc`
  ht_opt_i32_t sid;  ///< 1..32767; needs `nid`
  ht_opt_i32_t nid;  ///< 0..65535; needs `sid`
} ht_home_network_t;

/// What the device is and can: the service's `system.client`.
typedef struct {
  const char* manufacturer;  ///< 2..50 characters
  const char* model;         ///< 1..50
  const char* firmware;      ///< 1..150
  const char* name;          ///< Of the client software, 3..50
  const char* version;       ///< Of it: X.Y.Z with X, Y 0..255 and Z 0..65535
  const char* platform;      ///< Operating system and version or the like, 3..50
  const ht_client_module_t* modules;
  size_t module_count;           ///< At most 10
  ht_opt_i64_t diskquota_kb;     ///< Free space, 0 or more
  ht_opt_i64_t diagnosticscode;  ///< The vendor's own
  const ht_home_network_t* homenetwork;
  size_t homenetwork_count;  ///< At most 2
  ht_opt_bool_t has_temperature_sensor;
  ht_opt_bool_t has_humidity_sensor;
  ht_opt_bool_t has_pressure_sensor;
  ht_opt_bool_t has_accelerometer_sensor;
  ht_opt_bool_t has_attach_sensor;
  ht_opt_bool_t has_tamper_sensor;
  ht_opt_bool_t has_no_battery;
  const int32_t* accelerometer_sensor_range_g;  ///< Each -1000..1000: 2 means +-2 g
  size_t accelerometer_sensor_range_count;      ///< At most 5
} ht_client_info_t;

// ---- NMEA 0183 ----

/// Turns the text of a GNSS receiver (NMEA 0183) into fixes.
///
/// Sentences RMC, GGA, GSA and GST of the talkers GP, GL, GA, GB and GN, whole or in pieces of any
/// size; all else is passed over, and so are sentences of more than 120 bytes. A sentence counts
/// only with a right checksum. Sentences with the same time of day make one epoch; RMC gives it its
/// date, and an epoch with a valid RMC or GGA position becomes a fix when the next epoch starts or
/// ht_nmea_finish() is called.
///
/// No fix comes of an epoch in which RMC or GGA says that there is none (status V, quality 0), in
/// which the two are more than 0.001 degrees apart, or whose position is estimated, entered by hand
/// or simulated (mode E, M, S; quality 6, 7, 8): the accuracy below would not hold for these.
///
/// Accuracy, as a radius at 68 %: with GST, the root of the summed squares of its standard
/// deviations of latitude and longitude; without it, HDOP (GGA, else GSA) times 5 m; without
/// either, 25 m. Altitude: GGA's height above mean sea level plus its geoid separation, only where
/// both are given and the fix is three-dimensional (GSA says so, or there is no GSA and GGA has
/// four satellites). Its accuracy: GST's altitude deviation, else VDOP times 10 m. Heading and
/// speed: RMC's, both or none, from 0.5 m/s up: a standing device has no heading. Time: an epoch
/// without a date of its own is put on the day nearest to the epoch before it, so that midnight may
/// fall between; before the first date of a valid RMC, fixes have no time.
///
/// Feed it from the loop that reads the serial port, not from the interrupt.
typedef struct {
  HT_OBJECT(45, 42);
} ht_nmea_t;

/// Since ht_nmea_init().
typedef struct {
  uint32_t sentences;        ///< With a right checksum, of any kind
  uint32_t checksums_wrong;  ///< Sentences with a wrong checksum, or with none
  uint32_t fixes;
} ht_nmea_stats_t;

void ht_nmea_init(ht_nmea_t* nmea);

/// Takes the next bytes of the stream.
void ht_nmea_feed(ht_nmea_t* nmea, const char* bytes, size_t size);

/// The end of the stream: makes a fix of the last epoch. What is fed next is a new stream.
void ht_nmea_finish(ht_nmea_t* nmea);

/// The newest fix, once. Older ones that were not taken in time are gone.
/// @return false: there was none since the last call, and `into` is as it was.
HT_MUST_USE bool ht_nmea_take_fix(ht_nmea_t* nmea, ht_fix_t* into);

ht_nmea_stats_t ht_nmea_stats(const ht_nmea_t* nmea);

// ---- the desired shadow ----

/// What the cloud wants of the device: the body of a 200 response to `POST /v2/`. It is the
/// complete state: a member that is missing is not wished for. A member of the wrong type or range
/// is treated as missing and counted.
///
/// Text in it is valid until the next call of the client that it came from.
typedef struct {
  HT_OBJECT(60, 53);
} ht_shadow_t;

/// Empty: nothing is wished for.
void ht_shadow_init(ht_shadow_t* shadow);

/// Numbers that fit no group.
typedef struct {
  /// Differs whenever the owner changed the configuration. Compare for "differs", not for
  /// "greater".
  ht_opt_u64_t state_version;
  /// Changes whenever the geofences of this device change; 0: it never had any.
  ht_opt_i64_t last_modified_geofence_timestamp_ms;
  ht_opt_i64_t timestamp_ms;                ///< When the desired shadow changed last
  ht_opt_bool_t sync_geofences;             ///< Watch geofences on the device
  ht_opt_bool_t detect_outliers;            ///< The service's own affair
  ht_opt_bool_t wlan_connectivity_enabled;  ///< Use WLAN to send
} ht_shadow_settings_t;
ht_shadow_settings_t ht_shadow_settings(const ht_shadow_t* shadow);

/// How often to measure and to send; a tracker obeys it by itself. Put a floor under all of them.
/// Rounded up; what is larger than its type comes as the type's largest value.
typedef struct {
  ht_opt_u64_t sample_ms;   ///< Measure that often
  ht_opt_u64_t send_ms;     ///< Send that often
  ht_opt_u32_t distance_m;  ///< Send when moved farther than this
  /// Send that often while the device does not move; missing or 0: no difference.
  ht_opt_u64_t power_save_send_ms;
} ht_rate_t;
ht_rate_t ht_shadow_rate(const ht_shadow_t* shadow);

typedef struct {
  ht_opt_i32_t min;
  ht_opt_i32_t max;
} ht_limits_t;

/// Report at once when a reading is below `min` or above `max`; a tracker does so by itself. In the
/// unit of the sensor readings, rounded to the nearest.
typedef struct {
  ht_limits_t temperature_c_e2;
  ht_limits_t relative_humidity_percent_e2;
  ht_limits_t pressure_hpa_e4;
  ht_limits_t acceleration_g_e6;
  ht_limits_t tilt_degree_e2;
  ht_limits_t battery_level_percent;
  ht_opt_bool_t is_attach_alert_enabled;  ///< Missing: false
  ht_opt_bool_t is_tamper_alert_enabled;  ///< Missing: false
} ht_sensor_alarms_t;
ht_sensor_alarms_t ht_shadow_sensor_alarms(const ht_shadow_t* shadow);

/// What may be left out of a telemetry's `scan`. LTE covers LTE-M and NB-IoT, too.
typedef enum {
  HT_METHOD_BT,
  HT_METHOD_COUNTRY,
  HT_METHOD_GSM,
  HT_METHOD_WCDMA,
  HT_METHOD_TDSCDMA,
  HT_METHOD_LTE,
  HT_METHOD_CDMA,
  HT_METHOD_WLAN,
  HT_METHOD_GPS  ///< `scan.gps`; see ht_sample_options_t.gps_withholds_position
} ht_position_method_t;

/// What may be left out of a telemetry's `system.reportedSensorData`.
typedef enum {
  HT_SENSOR_ACCELERATION_G,
  HT_SENSOR_DEVICE_IS_ATTACHED,
  HT_SENSOR_DEVICE_IS_STATIONARY,
  HT_SENSOR_BATTERY_IS_CHARGING,
  HT_SENSOR_BATTERY_LEVEL,
  HT_SENSOR_PRESSURE_HPA,
  HT_SENSOR_RELATIVE_HUMIDITY,
  HT_SENSOR_DEVICE_IS_TAMPERED,
  HT_SENSOR_TEMPERATURE_C,
  HT_SENSOR_TILT_DEGREE
} ht_sensor_data_t;

/// Data that nobody wants to have for some time. ht_sample_withhold() obeys it, and so does a
/// tracker.
typedef struct {
  bool has_period;        ///< Without a period nothing is disabled.
  ht_opt_i64_t begin_ms;  ///< Since 1970 UTC; missing: since ever. Both ends belong to the period.
  ht_opt_i64_t end_ms;    ///< Missing: until further notice
  uint16_t position;      ///< Bits 1 << ht_position_method_t; 0xffff: the position itself, too
  uint16_t sensors;       ///< Bits 1 << ht_sensor_data_t; 0xffff: all
} ht_disable_tracking_t;
ht_disable_tracking_t ht_shadow_disable_tracking(const ht_shadow_t* shadow);

typedef enum {
  HT_LOGGING_ACCELERATION,
  HT_LOGGING_PRESSURE,
  HT_LOGGING_TEMPERATURE,
  HT_LOGGING_HUMIDITY,
  HT_LOGGING_GNSS
} ht_sensor_logging_type_t;

/// What to record on the device.
typedef struct {
  ht_opt_bool_t enabled;
  size_t count;  ///< Of what follows
  struct {
    ht_sensor_logging_type_t type;
    ht_opt_u32_t sampling_period_ms;  ///< At least 1, rounded up
  } configurations[5];
} ht_sensor_logging_t;
ht_sensor_logging_t ht_shadow_sensor_logging(const ht_shadow_t* shadow);

/// The label for recorded data, 1..50 characters in UTF-8.
/// @param into 200 bytes hold every one.
/// @return points into `into`; empty: there is none, or it does not fit.
ht_text_t ht_shadow_sensor_logging_tag(const ht_shadow_t* shadow, ht_memory_t into);

/// The owner's own settings: text of a JSON object, or empty.
ht_text_t ht_shadow_payload(const ht_shadow_t* shadow);
/// The whole body as it arrived; empty after an asynchronous request. It may hold passwords.
ht_text_t ht_shadow_json(const ht_shadow_t* shadow);

/// How many known members were of the wrong type or range, and the first of them as text with a
/// zero at its end, cut to the space given (HT_FIELD_ERROR_BYTES).
uint16_t ht_shadow_rejected(const ht_shadow_t* shadow, ht_memory_t into);

/// Reads the WLANs to use, one at a time. It needs about 1 kB of stack.
typedef struct {
  HT_OBJECT(51, 50);
} ht_wlan_configurations_t;

typedef struct {
  ht_text_t ssid;      ///< 1..32 characters of UTF-8. One of more than 32 bytes names no network.
  ht_text_t password;  ///< 8..63 characters of UTF-8 with WPA2-PSK, else it may be empty
  bool is_wpa2psk;     ///< false: no security
  bool ssid_is_hidden;
} ht_wlan_configuration_t;

/// @param shadow its text must stay valid as long as this is used.
void ht_wlan_configurations_init(ht_wlan_configurations_t* list, const ht_shadow_t* shadow);
/// The next item that keeps the rules. What it points to is valid until the next call, which wipes
/// the password: go on to the end.
/// @return false at the end.
bool ht_wlan_configurations_next(ht_wlan_configurations_t* list, ht_wlan_configuration_t* into);

// ---- a sample ----

/// Remembers what the service has been told, so that it is not told again. One object for each kind
/// of static data, kept from sample to sample; all zeros knows nothing, so what it guards goes out
/// once.
typedef struct {
  HT_OBJECT(2, 2);
} ht_reported_t;

/// The last sample was taken by the service, or stands where it cannot get lost.
void ht_reported_confirm(ht_reported_t* reported);
/// The service may not have it any more: the device was claimed anew, a queued sample was lost.
void ht_reported_forget(ht_reported_t* reported);

/// Choices of the integrator.
typedef struct {
  /// Write `scan.gps`, which gives this device's scans to HERE's radio map together with the place
  /// where they were made. Off: ht_sample_set_gps() counts and writes nothing.
  bool contribute_gps;
  /// Write LTE signal levels in the range that the service takes since edition 2.6.11, instead of
  /// the one that every edition takes. See ht_lte_cell_t.
  bool wide_lte_range;
  /// Where `gps` is withheld, withhold a position of HT_POSITION_GNSS, too.
  bool gps_withholds_position;
} ht_sample_options_t;

/// One telemetry object, written as the JSON that will be sent into memory of the caller.
///
/// - Measurements may come in any order.
/// - A call that fails leaves the sample as it was. That something did not fit is remembered by
///   ht_sample_status(), and a smaller one may still fit.
/// - Room for the timestamp is set aside, so a full sample can always be sent.
///
/// Memory: 27 bytes empty, at most 130..181 a cell and 63..80 a neighbour, 92 an access point, 162
/// a beacon, 224 a position, 280 all sensor readings. `telemetry.hpp` has the table.
typedef struct {
  HT_OBJECT(30, 28);
} ht_sample_t;

/// @param options NULL: none of them
void ht_sample_init(ht_sample_t* sample, ht_memory_t memory, const ht_sample_options_t* options);
/// Starts anew in the same memory.
void ht_sample_clear(ht_sample_t* sample);

/// From now on what the shadow disables at that time is not written: the call that would add it
/// returns ok and is counted. ht_sample_clear() ends it.
/// @param at_ms the time of the sample, in server time
void ht_sample_withhold(ht_sample_t* sample, const ht_shadow_t* shadow, int64_t at_ms);
/// Whether that is withheld whatever its values are, so that measuring it would be in vain.
bool ht_sample_withholds_method(const ht_sample_t* sample, ht_position_method_t method);
bool ht_sample_withholds_sensor(const ht_sample_t* sample, ht_sensor_data_t sensor);

/// The time of measurement, in server time (ht_client_server_time_ms()). Required; may be set
/// again.
/// @return ok; invalid_value outside 2..4102448400000.
HT_MUST_USE ht_code_t ht_sample_set_timestamp(ht_sample_t* sample, int64_t timestamp_ms);

/// The position, once a sample. Heading and speed are left out unless both are there.
/// @return ok; invalid_value (range, a second position, satellite_count or wlan_count without the
///         type that they need, a floor that is incomplete); buffer_too_small.
HT_MUST_USE ht_code_t ht_sample_set_position(ht_sample_t* sample, const ht_fix_t* fix);

/// `scan.gps`, once a sample: a contribution to HERE's radio map, never this device's position.
/// confidence_percent, wlan_count, type and floor are not part of it. Without
/// ht_sample_options_t.contribute_gps nothing is written: that is ok, and counted.
/// @return ok; invalid_value (range, a second one); buffer_too_small.
HT_MUST_USE ht_code_t ht_sample_set_gps(ht_sample_t* sample, const ht_fix_t* fix);

/// `scan.country`, once a sample: where the access points are when there is no cell in the scan.
/// @return ok; invalid_value unless 200..999, or for a second one; buffer_too_small.
HT_MUST_USE ht_code_t ht_sample_set_country(ht_sample_t* sample, int32_t mcc);

/// A cell, the serving one first. Cells of several technologies may come in any order.
/// @return ok; invalid_value (range, a field without the other one that it needs, a 17th cell of
///         its
///         technology, too many neighbours); buffer_too_small.
HT_MUST_USE ht_code_t ht_sample_add_gsm(ht_sample_t* sample, const ht_gsm_cell_t* cell);
HT_MUST_USE ht_code_t ht_sample_add_wcdma(ht_sample_t* sample, const ht_wcdma_cell_t* cell);
HT_MUST_USE ht_code_t ht_sample_add_tdscdma(ht_sample_t* sample, const ht_tdscdma_cell_t* cell);
HT_MUST_USE ht_code_t ht_sample_add_lte(ht_sample_t* sample, const ht_lte_cell_t* cell);
HT_MUST_USE ht_code_t ht_sample_add_lte_cat_m(ht_sample_t* sample, const ht_lte_cell_t* cell);
HT_MUST_USE ht_code_t ht_sample_add_nb_iot(ht_sample_t* sample, const ht_nb_iot_cell_t* cell);
HT_MUST_USE ht_code_t ht_sample_add_cdma(ht_sample_t* sample, const ht_cdma_cell_t* cell);

/// An access point whose SSID ends in "_nomap" is not written: that is ok, and counted.
/// @return ok; invalid_value (a 129th access point, a band or time that does not exist);
///         buffer_too_small.
HT_MUST_USE ht_code_t ht_sample_add_wlan(ht_sample_t* sample,
                                         const ht_wlan_access_point_t* access_point);

/// @return ok; invalid_value (no identity, a 129th beacon, a time that does not exist);
///         buffer_too_small.
HT_MUST_USE ht_code_t ht_sample_add_bluetooth(ht_sample_t* sample,
                                              const ht_bluetooth_beacon_t* beacon);

/// May be called for each sensor or once for all of them; each reading once a sample.
/// @return ok; invalid_value (range, a reading that is there already); buffer_too_small.
HT_MUST_USE ht_code_t ht_sample_add_sensors(ht_sample_t* sample,
                                            const ht_sensor_readings_t* readings);

/// The version of the desired shadow that the device has taken over, once a sample. A tracker does
/// this by itself.
/// @return ok; invalid_value (above 2^63 - 1, a second one); buffer_too_small.
HT_MUST_USE ht_code_t ht_sample_set_state_version(ht_sample_t* sample, uint64_t state_version);

/// Once a sample.
/// @return ok; invalid_value (a second one, no such mode); buffer_too_small.
HT_MUST_USE ht_code_t ht_sample_set_mode(ht_sample_t* sample, ht_device_mode_t mode);

/// Who the SIM is, once a sample. With `reported` (may be NULL), only if it differs from what the
/// service has.
/// @return ok; invalid_value (form or length of a text, a second one); buffer_too_small.
HT_MUST_USE ht_code_t ht_sample_set_sim(ht_sample_t* sample, const ht_sim_identity_t* sim,
                                        ht_reported_t* reported);

/// What the device is and can, once a sample. With `reported` (may be NULL), only if it differs
/// from what the service has.
/// @return ok; invalid_value (length of a text, no UTF-8, range, too many items, a home network
///         without a complete pair, a second one); buffer_too_small.
HT_MUST_USE ht_code_t ht_sample_set_client(ht_sample_t* sample, const ht_client_info_t* client,
                                           ht_reported_t* reported);

/// The integrator's own data: text of a JSON object, once a sample. It is written compactly, and
/// its compact form may have at most 1000 bytes, 12 levels deep.
/// @return ok; invalid_value (no valid JSON object, not UTF-8, too long, too deep, a second
///         payload);
///         buffer_too_small.
HT_MUST_USE ht_code_t ht_sample_set_payload(ht_sample_t* sample, const char* json_object);

/// The telemetry object, complete, as ht_client_ingest() takes it. Empty as long as there is no
/// timestamp. Points into the sample's memory; valid until the next call that adds or changes, also
/// where that fails.
ht_text_t ht_sample_json(ht_sample_t* sample);
/// The object without its timestamp and closing brace, as ht_queue_append() takes it: `{` when
/// there is nothing in it. Valid as ht_sample_json() is.
ht_text_t ht_sample_untimed_json(const ht_sample_t* sample);

/// Sticky: buffer_too_small once something did not fit, else ok.
HT_MUST_USE ht_code_t ht_sample_status(const ht_sample_t* sample);
/// What the last invalid_value was about: "scan.gsm.nmr[3].cid = 70000: must be 0..65535", with a
/// zero at its end, cut to the space given (HT_FIELD_ERROR_BYTES). Returns into.data.
const char* ht_sample_field_error(const ht_sample_t* sample, ht_memory_t into);

/// Whether there is nothing but the timestamp.
bool ht_sample_is_empty(const ht_sample_t* sample);
/// Whether the service can make a position of this: there is one, or a cell, or more than one
/// access point or beacon.
bool ht_sample_can_be_positioned(const ht_sample_t* sample);
/// Signal levels that were clamped so far.
uint16_t ht_sample_clamped(const ht_sample_t* sample);
/// What privacy kept out: what ht_sample_withhold() covers, access points whose owner opted out, a
/// `scan.gps` that the integrator did not switch on.
uint16_t ht_sample_withheld(const ht_sample_t* sample);

/// Writes the time of measurement into a sample that will be sent with a later `timestamp`, for a
/// service that refuses old ones: see `restamp.hpp`.
/// @param untimed_json ht_sample_untimed_json()
/// @param measured_ms the `timestamp` that it would have had, in server time
/// @param into does not overlap with it. An item takes 39 bytes more at most, the position and
///        `scan.gps` 26 each.
/// @param size of what was written, which is untimed, too. With buffer_too_small, what it takes.
/// @return ok; invalid_value (measured_ms outside 2..4102448400000, or no untimed sample);
///         buffer_too_small.
HT_MUST_USE ht_code_t ht_restamp(ht_text_t untimed_json, int64_t measured_ms, ht_memory_t into,
                                 size_t* size);

// ---- what the device measures ----

/// What the device measures. Each function is called once a sample and may block up to
/// `timeout_ms`; a NULL is a source that the device does not have. A function that has several
/// places to ask, asks them in the order of priority.
///
/// One that returns hook_failed, or that takes a quarter longer than it was given (at least 500
/// ms), is passed over for some turns: so a broken source delays nobody for long.
typedef struct {
  /// Fills `fix`, which comes all zeros, with a current fix. A stale fix is no fix: give one that
  /// is old on purpose its own timestamp_ms. A floor must stay valid until the next call.
  /// @return ok, no_data (no fix within the time), hook_failed, not_provided.
  ht_code_t (*position)(void* context, ht_fix_t* fix, uint32_t timeout_ms);
  /// Hands each cell, access point, beacon or sensor's readings to `sample`, stronger ones first,
  /// the serving cell first: what comes first is kept when memory runs out. One that is refused
  /// leaves the sample as it was; go on with the next, and return the first refusal at the end.
  /// @return ok (also when some did not fit), no_data (nothing in sight), invalid_value or
  ///         buffer_too_small from the sample, hook_failed, not_provided.
  ht_code_t (*cell)(void* context, ht_sample_t* sample, uint32_t timeout_ms);
  ht_code_t (*wlan)(void* context, ht_sample_t* sample, uint32_t timeout_ms);
  ht_code_t (*bluetooth)(void* context, ht_sample_t* sample, uint32_t timeout_ms);
  ht_code_t (*sensors)(void* context, ht_sample_t* sample, uint32_t timeout_ms);
  void* context;
  uint32_t position_timeout_ms;  ///< 0: 10 s
  uint32_t scan_timeout_ms;      ///< Of each of the others. 0: 10 s
  uint32_t total_timeout_ms;     ///< Of all of them together. 0: 30 s
} ht_sources_t;

/// Asks the sources of a program without a tracker; a tracker does it by itself. Keeps between two
/// calls which source failed.
typedef struct {
  HT_OBJECT(21, 13);
} ht_gatherer_t;

/// @param sources borrowed, as the object is used.
void ht_gatherer_init(ht_gatherer_t* gatherer, const ht_sources_t* sources);

/// Asks the sources and writes what they have into `sample`. One that fails or has nothing does not
/// keep the others from being asked.
///
/// Each source is given its own timeout or what is left of the total one, whichever is less. When
/// nothing is left, the rest is not asked, and a line says so. After another failure a source is
/// passed over twice, then 4, 8, 16 and at most 32 times, until it returns anything else in time. A
/// line says when that begins and when it is over.
///
/// What ht_sample_withhold() covers is not asked for: no position where one would be withheld, no
/// cells where those of all technologies would, and so for access points and beacons.
///
/// @param clock NULL: there is no total timeout, and nobody is late.
/// @param log NULL: silence
/// @return ok if no source that was asked failed (no_data is no failure, nor is ok that comes
/// late);
///         else the first failure, with whatever the other sources had in the sample. Each failure
///         is logged as "cell[0]: hook_failed"; those of a source that is being passed over are not
///         logged again.
HT_MUST_USE ht_code_t ht_gather(ht_gatherer_t* gatherer, ht_sample_t* sample,
                                const ht_clock_t* clock, const ht_log_t* log);

// ---- the client ----

typedef struct {
  /// `https://host[:port]`. Plain `http://` is accepted for a loopback host alone. NULL:
  /// "https://tracking.api.here.com". For tokens of a project on the HERE platform it is
  /// "https://tracking.hereapi.com".
  const char* base_url;
  uint32_t connect_timeout_ms;  ///< Name resolution, TCP and TLS. 0: 15 s
  uint32_t timeout_ms;          ///< A whole exchange. 0: 30 s
  ht_hooks_t hooks;             ///< The structs that it points to are borrowed.
  /// Keeps the access token. Documented samples have about 840 characters; 2048 is a safe choice,
  /// 64 the least.
  ht_memory_t token;
  /// Requests are made and responses are taken here. A desired shadow with every member at its
  /// maximum has about 4.2 kB, so 8 kB is a safe choice; 1536 the least.
  ht_memory_t work;
} ht_client_config_t;

/// How telemetry is sent. NULL in its place: the desired shadow is asked for.
typedef struct {
  bool asynchronous;  ///< The answer is empty: saves downlink bytes.
  /// Whose telemetry it is, where a gateway sends: a virtual device's own id within app_id, or the
  /// tracking id of a claimed device; 1..50 characters.
  const char* id;
  const char* app_id;  ///< The project of a virtual device: 8 characters or more. Not without id.
} ht_delivery_t;

/// Everything that is known about a failure. Text ends with a zero and is valid until the next call
/// of the client.
typedef struct {
  ht_code_t code;
  uint16_t http_status;        ///< 0: no response
  int32_t here_error_code;     ///< The service's `details.hereErrorCode`; 0: none given
  const char* id;              ///< The service's error id, an opaque text; empty: none given
  const char* message;         ///< The service's own words, cut to 127 bytes; may be empty
  const char* request_id;      ///< The X-Request-Id that was sent
  ht_opt_u32_t retry_after_s;  ///< From Retry-After (seconds or HTTP date)
} ht_error_detail_t;

/// Where a gateway gets tokens from: a user or client token of a project. Such a token opens the
/// whole project, so keep it off field devices; it never reaches the storage hook.
///
/// get: called from within calls of the client, which it must not call: when there is no token,
/// shortly before its end, and once after the service refused it, so that one must not be given
/// again. May block. `into` is ht_client_config_t.work, wiped afterwards. A token has 7 bytes
/// less than ht_client_config_t.token at most, else it is buffer_too_small. `life_s`, 1 or more, is
/// UINT32_MAX before: until it is refused.
/// @return ok; no_data, rate_limited, server_error or a network code where there is none now: the
///         one
///         before then serves to its end. Any code but ok is otherwise that of the client's call.
typedef struct {
  ht_code_t (*get)(void* context, char* into, size_t room, size_t* size, uint32_t* life_s);
  void* context;
} ht_supplied_token_t;

/// A device's conversation with HERE Tracking, or a gateway's: server time, token, ingestion.
///
/// Server time is the monotonic clock plus an offset from the service; the device's time of day is
/// neither read nor set. Token and offset are kept through the storage hook. So the first ingest
/// ever makes three requests, the next ones one each, the first after a restart one, the first
/// after a reboot two. A call blocks for at most the transport's time limits: at most ten
/// exchanges.
typedef struct {
  HT_OBJECT(86, 66);
} ht_client_t;

/// A device that sends for itself through `POST /v2/`, by its licence.
/// @param config copied; what it points to is borrowed.
/// @param device_id 1..50 characters, a UUID as a rule. @param device_secret 1..128 bytes; never
///        logged, never stored. NULL for both: a client for time, health and version alone.
void ht_client_init(ht_client_t* client, const ht_client_config_t* config, const char* device_id,
                    const char* device_secret);
/// The same through `POST /v3/`.
void ht_client_init_v3(ht_client_t* client, const ht_client_config_t* config, const char* device_id,
                       const char* device_secret);
/// A gateway that sends for others through `POST /v3/`. Each ingest then says for whom it is.
void ht_client_init_gateway(ht_client_t* client, const ht_client_config_t* config,
                            const ht_supplied_token_t* supplied);
/// Wipes the token. The object may then be initialised anew. A device that runs until the power
/// goes does not need it.
void ht_client_end(ht_client_t* client);

/// Checks configuration, authorization and memory, without any request.
/// @return ok; invalid_value (ht_client_field_error() says what); buffer_too_small (memory below
///         the
///         least); not_provided (no authorization).
HT_MUST_USE ht_code_t ht_client_check(ht_client_t* client);

/// Server time in milliseconds since 1970 UTC; missing before the first synchronisation. No
/// request; reads storage at first use.
ht_opt_i64_t ht_client_server_time_ms(ht_client_t* client);

/// Makes sure that server time is known: a request only if it is not, or was asked for more than 25
/// hours ago; if that fails, the old offset serves on.
/// @return as ht_client_sync_time().
HT_MUST_USE ht_code_t ht_client_ensure_time(ht_client_t* client);

/// `GET /v2/timestamp`, now.
/// @return ok; invalid_value, buffer_too_small as ht_client_check(); not_provided (no clock,
///         entropy
///         or transport); the network codes; timeout also when the answer took longer than 5 s
///         twice; response_too_large, response_invalid; forbidden, credentials_refused,
///         rate_limited, server_error.
HT_MUST_USE ht_code_t ht_client_sync_time(ht_client_t* client);

/// Makes sure that there is a token with some life left: a request only if there is none, or it is
/// to be renewed; if that fails for a passing reason, the old one serves to its end.
/// @return as ht_client_check() and ht_client_sync_time(), and: credentials_refused, clock_refused,
///         unknown_device, not_claimed, forbidden, rejected, rate_limited, server_error;
///         buffer_too_small when the token is longer than its memory; invalid_value when a supplied
///         token is one that no header can hold, or without life; what its source returned.
HT_MUST_USE ht_code_t ht_client_ensure_token(ht_client_t* client);

/// Seconds for which the present token is still good; 0 when there is none, more than 100 years
/// when its end is not known. No request.
uint32_t ht_client_token_life_s(ht_client_t* client);
/// Forgets the token, in storage too: the next call gets a new one.
void ht_client_drop_token(ht_client_t* client);

/// The most samples that ht_client_ingest() takes.
#define HT_MAX_INGEST_SAMPLES 16

/// Sends telemetry objects (ht_sample_json()), oldest first, strictly ascending in time. All are
/// taken or none. Gets the time and a token when needed. A token that is refused is replaced and
/// the request repeated, once.
/// @param how may be NULL.
/// @param shadow initialised; receives the answer, and is left as it is unless ok is returned.
/// @return ok; invalid_value when `samples` is empty or holds an empty object, or `how` does not
///         suit
///         the authorization; buffer_too_small for more than HT_MAX_INGEST_SAMPLES; rejected,
///         too_large (of these samples; where the time or the token is refused so,
///         response_invalid); response_too_large with an HTTP status (the service has the samples,
///         its answer does not fit the work memory) or without; everything else that
///         ht_client_ensure_token() returns. After a network code, or a response that cannot be
///         used, the service may or may not have the data.
HT_MUST_USE ht_code_t ht_client_ingest(ht_client_t* client, const ht_text_t* samples, size_t count,
                                       const ht_delivery_t* how, ht_shadow_t* shadow);

/// The same with a body that is read while it is sent: text of a JSON array, such as
/// ht_queue_batch_body().
HT_MUST_USE ht_code_t ht_client_ingest_body(ht_client_t* client, const ht_body_t* body,
                                            const ht_delivery_t* how, ht_shadow_t* shadow);

/// `GET /v2/health` and `GET /v2/version`, without a token.
/// @param json text of the JSON object in the answer: valid until the next call; left as it is
///         unless
///        ok is returned.
/// @return as ht_client_sync_time().
HT_MUST_USE ht_code_t ht_client_health(ht_client_t* client, ht_text_t* json);
HT_MUST_USE ht_code_t ht_client_version(ht_client_t* client, ht_text_t* json);

/// About the last call, if that did not return ok. A call with more than HT_MAX_INGEST_SAMPLES
/// samples leaves it as it was.
ht_error_detail_t ht_client_last_error(const ht_client_t* client);
/// What the last invalid_value was about, as ht_sample_field_error().
const char* ht_client_field_error(const ht_client_t* client, ht_memory_t into);

// ---- the queue ----

/// A sector storage in RAM, for devices that have no other place: a queue in it is lost with the
/// power.
typedef struct {
  ht_sector_storage_t hook;  ///< What ht_queue_init() is given
  uint8_t* memory;
} ht_ram_sectors_t;

/// @param memory a whole number of sectors. What is in it counts as erased only after
///        ht_queue_clear(), unless it survived a reset (a section that is not initialised).
void ht_ram_sectors_init(ht_ram_sectors_t* ram, uint8_t* memory, size_t size,
                         uint32_t sector_bytes);

/// When a sample was measured: in server time or, before that was known, by the monotonic clock of
/// one boot.
typedef struct {
  int64_t ms;        ///< Server time, or the clock's now_ms if boot_id is not 0
  uint64_t boot_id;  ///< Of that clock; 0: `ms` is server time
} ht_sample_time_t;

/// Which sample gives way when the queue is full.
typedef enum {
  HT_DROP_OLDEST,   ///< The oldest, a sector at a time
  HT_DROP_NEWEST,   ///< The one that comes
  HT_DROP_THIN_OUT  ///< Every second one of the oldest two sectors: the track stays
} ht_drop_policy_t;

typedef enum {
  HT_DRAIN_OLDEST_FIRST,
  HT_DRAIN_LIVE_FIRST  ///< The newest first; what waited longer follows, oldest first
} ht_drain_order_t;

typedef struct {
  ht_drop_policy_t when_full;
  ht_drain_order_t order;
} ht_queue_config_t;

/// How a sample left the queue.
typedef enum {
  HT_FATE_DELIVERED,       ///< The service has it.
  HT_FATE_DROPPED_OLDEST,  ///< The queue was full.
  HT_FATE_DROPPED_NEWEST,  ///< The queue was full: it never got in.
  HT_FATE_THINNED_OUT,     ///< The queue was full.
  HT_FATE_QUARANTINED,     ///< The service refused it and no other.
  HT_FATE_TOO_OLD,         ///< The service refuses samples of that age.
  HT_FATE_TIME_UNKNOWN,    ///< Measured before a restart, with a clock never synchronised.
  HT_FATE_PURGED,          ///< Somebody removed it.
  HT_FATE_CORRUPTED        ///< The storage did not keep it.
} ht_fate_t;
#define HT_FATE_COUNT 9

/// The name in lower case without HT_FATE_. Static text.
const char* ht_fate_name(ht_fate_t fate);

typedef struct {
  uint32_t pending;         ///< Samples that wait
  uint64_t used_bytes;      ///< Of the storage, in whole sectors
  uint64_t capacity_bytes;  ///< Of the storage
  ht_sample_time_t oldest;  ///< Of what waits; all zeros: nothing waits
  ht_sample_time_t newest;  ///< Of what waits; all zeros: nothing waits
  uint32_t last_id;         ///< Of the newest sample ever appended; 0: none
  /// How many samples left, by ht_fate_t. They survive restarts; they start anew at 2^32.
  uint32_t left[HT_FATE_COUNT];
} ht_queue_stats_t;

/// What a queue knows about a sector, in RAM.
typedef struct {
  uint32_t opaque[5];
} ht_queue_sector_t;

/// A bounded queue of samples on sectors of storage, kept over power cuts.
///
/// - A sample is durable once ht_queue_append() returned ok, and stays until ht_queue_release().
/// - Whatever was cut off is put right by ht_queue_open(), in a bounded time, and loses nothing
///   that was acknowledged.
/// - What leaves is counted, by ht_fate_t.
typedef struct {
  HT_OBJECT(32, 30);
} ht_queue_t;

/// @param storage borrowed; its geometry never changes while the queue is open.
/// @param sectors one for each sector of the storage. @param config NULL: all zeros
void ht_queue_init(ht_queue_t* queue, const ht_sector_storage_t* storage,
                   ht_queue_sector_t* sectors, size_t sector_count,
                   const ht_queue_config_t* config);

/// Finds what is there. Writes nothing. Required before all else but ht_queue_clear(); a tracker
/// does it by itself.
/// @return ok; not_provided; invalid_value (a geometry out of ht_sector_storage_t's ranges);
///         buffer_too_small (fewer `sectors` than the storage has); hook_failed; queue_foreign
///         (made by a later version or for another geometry; ht_queue_clear() would empty it).
HT_MUST_USE ht_code_t ht_queue_open(ht_queue_t* queue);

/// Empties the storage and forgets all counts.
/// @return as ht_queue_open().
HT_MUST_USE ht_code_t ht_queue_clear(ht_queue_t* queue);

/// Takes a sample, durably.
/// @param untimed_json ht_sample_untimed_json()
/// @param time of measurement; becomes server time where the time base of its boot is known.
/// @param note about the sample, not sent; cut to 160 bytes. May be NULL.
/// @return ok; queue_full (it was counted as dropped_newest; only with HT_DROP_NEWEST);
///         buffer_too_small (too long for a sector: ht_queue_max_sample_bytes()); invalid_value (no
///         text); hook_failed (the sample is not in the queue, unless power is cut before the next
///         one is); no_data when ht_queue_open() did not succeed.
HT_MUST_USE ht_code_t ht_queue_append(ht_queue_t* queue, ht_text_t untimed_json,
                                      ht_sample_time_t time, const char* note);

/// The longest untimed_json that a sector takes.
size_t ht_queue_max_sample_bytes(const ht_queue_t* queue);

/// Tells what server time is ahead of the monotonic clock of one boot. Where samples of that boot
/// wait, it is written down. Four boots are kept, those that samples wait for before others.
/// @param boot_id not 0
/// @return ok, invalid_value (boot_id is 0), hook_failed, no_data.
HT_MUST_USE ht_code_t ht_queue_set_time_base(ht_queue_t* queue, uint64_t boot_id,
                                             int64_t offset_ms);

/// What ht_queue_next() may choose from.
typedef struct {
  uint32_t max_samples;  ///< 0: 16
  uint32_t max_bytes;    ///< Of the request's body; a single sample may be longer. 0: 16 KiB
  uint32_t first_id;     ///< No sample before this one
  uint32_t last_id;      ///< No sample after this one. 0: the newest
} ht_batch_limits_t;

/// Samples that stand in a queue one behind the other. Valid until the queue's next append, release
/// or clear.
typedef struct {
  HT_OBJECT(14, 10);
} ht_queue_batch_t;

/// Chooses the samples to send next: in the configured order, strictly ascending in time, as many
/// as the limits allow and at least one. Changes nothing, but for samples at their turn that cannot
/// be read: they leave as corrupted.
/// @param batch need not be initialised. @param limits NULL: all zeros
/// @return ok; no_data (nothing waits within the limits, or ht_queue_open() did not succeed, or
///         `limits` would leave a fifth gap among what waits); hook_failed.
HT_MUST_USE ht_code_t ht_queue_next(ht_queue_t* queue, ht_queue_batch_t* batch,
                                    const ht_batch_limits_t* limits);

typedef struct {
  uint32_t count;
  uint32_t first_id;
  uint32_t last_id;
  int64_t first_ms;  ///< Server time of the first sample
  int64_t last_ms;   ///< And of the last one
  /// false: this is a single sample whose boot has no time base, and no body.
  bool time_known;
} ht_queue_batch_info_t;
ht_queue_batch_info_t ht_queue_batch_info(const ht_queue_batch_t* batch);

/// The batch as the body of a request, for ht_client_ingest_body(). Borrows the batch.
ht_body_t ht_queue_batch_body(ht_queue_batch_t* batch);

/// The text of one sample, as it was appended, and its note.
/// @param size of the text. @param note_size likewise; the note is cut to the space given.
/// @param time may be NULL: of measurement, in server time where it is known
/// @return ok; no_data (it does not wait); buffer_too_small (`size` says what it takes);
///         hook_failed
///         (or its checksum is wrong).
HT_MUST_USE ht_code_t ht_queue_text(ht_queue_t* queue, uint32_t id, ht_memory_t into, size_t* size,
                                    ht_memory_t note_into, size_t* note_size,
                                    ht_sample_time_t* time);

/// Lets samples go, durably.
/// @return ok, hook_failed (they may come again), no_data.
HT_MUST_USE ht_code_t ht_queue_release(ht_queue_t* queue, const ht_queue_batch_t* batch,
                                       ht_fate_t fate);
/// All that wait.
HT_MUST_USE ht_code_t ht_queue_release_all(ht_queue_t* queue, ht_fate_t fate);

ht_queue_stats_t ht_queue_stats(ht_queue_t* queue);
/// The same as ht_queue_stats_t.pending, without a look at the storage.
uint32_t ht_queue_pending(const ht_queue_t* queue);

// ---- when to try again ----

/// How a device stands with the service, as the outcome of its last call shows it.
typedef enum {
  HT_CONNECTION_UNKNOWN,              ///< Nothing was tried yet.
  HT_CONNECTION_ONLINE,               ///< The service answers and takes this device's word.
  HT_CONNECTION_UNREACHABLE,          ///< No connection, no answer in time, or none to be used.
  HT_CONNECTION_TLS_FAILED,           ///< The server did not prove who it is.
  HT_CONNECTION_CLOCK_NOT_SET,        ///< Nor could it: the clock that judges is not set.
  HT_CONNECTION_RATE_LIMITED,         ///< 429: the project sends too much.
  HT_CONNECTION_SERVICE_FAILED,       ///< 5xx
  HT_CONNECTION_NOT_CLAIMED,          ///< 412: waits for its owner.
  HT_CONNECTION_CREDENTIALS_REFUSED,  ///< 401, also with a new token or a corrected clock.
  HT_CONNECTION_FORBIDDEN,            ///< 403, or 404 on ingestion, also with a new token.
  HT_CONNECTION_UNKNOWN_DEVICE,       ///< 404: no licence of that id.
  HT_CONNECTION_DATA_REFUSED,         ///< 400 for every sample, also for fresh ones.
  HT_CONNECTION_NOT_SET_UP            ///< The device itself: configuration, memory, a missing hook.
} ht_connection_t;

/// The name in lower case without HT_CONNECTION_. Static text.
const char* ht_connection_name(ht_connection_t connection);

/// Waiting times; 0 is the default that is named.
typedef struct {
  uint32_t floor_ms;  ///< No wait is shorter. 1 s
  uint32_t first_ms;  ///< The range that the wait after a first failure lies in. 5 s
  uint32_t cap_ms;    ///< The range doubles with each failure up to this. 15 min
  /// The same, first and cap, for what only a person can put right: a claim, a licence, a secret.
  uint32_t slow_first_ms;       ///< 5 min
  uint32_t slow_cap_ms;         ///< 1 h
  uint32_t max_retry_after_ms;  ///< The service's Retry-After is obeyed up to this. 1 h
} ht_retry_config_t;

typedef enum {
  HT_ADVICE_GO_ON,  ///< It succeeded.
  HT_ADVICE_WAIT,   ///< Keep the data; the same again after wait_ms.
  /// 400: never the same again. Halve the batch to find the sample that is meant; what stands alone
  /// is bad.
  HT_ADVICE_SPLIT,
  HT_ADVICE_SHRINK  ///< 413: halve the batch. What stands alone is too large.
} ht_advice_t;

typedef struct {
  ht_advice_t advice;
  uint32_t wait_ms;  ///< From now, by a monotonic clock; 0 unless `advice` is to wait
  bool changed;      ///< The connection's state is another one: the time to say so, once
} ht_retry_verdict_t;

/// What a device does after each outcome of ht_client_ingest(), for programs without a tracker:
/// docs/retry.md. Waits are random over their whole range, so that devices which failed together do
/// not come back together.
typedef struct {
  HT_OBJECT(4, 4);
} ht_retry_t;

/// @param config NULL: all defaults
void ht_retry_init(ht_retry_t* retry, const ht_retry_config_t* config);
/// Takes an outcome.
/// @param retry_after_s ht_error_detail_t.retry_after_s of that call
/// @param random 32 bits, each value as likely as any other. Not a secret.
ht_retry_verdict_t ht_retry_after(ht_retry_t* retry, ht_code_t code, ht_opt_u32_t retry_after_s,
                                  uint32_t random);
/// How long to wait for the next regular report, asked once after each success: the interval, but
/// after a recovery a random part of it, from the floor on.
uint32_t ht_retry_next_report_ms(ht_retry_t* retry, uint32_t interval_ms, uint32_t random);
ht_connection_t ht_retry_connection(const ht_retry_t* retry);
/// Failures in a row; stops at 255.
uint8_t ht_retry_failures(const ht_retry_t* retry);

// ---- the tracker ----

/// A request with samples, when it is over.
typedef struct {
  ht_code_t code;
  uint16_t http_status;  ///< 0: no response
  uint32_t samples;      ///< In that request
  uint32_t bytes;        ///< Of its body
  uint32_t pending;      ///< Samples that wait now
  bool has_shadow;       ///< The answer was a desired shadow.
} ht_report_t;

/// What a tracker tells, from within ht_tracker_step(). NULL where it is of no interest. None of
/// them may call the tracker, but for ht_tracker_measure_now() and ht_tracker_send_now().
typedef struct {
  /// The sources have been asked. The time for what no source measures: client, SIM, payload, mode.
  void (*on_sample)(void* context, ht_sample_t* sample);
  /// That sample is in the queue, where a power cut does not reach it: ht_reported_confirm().
  void (*on_queued)(void* context);
  /// The desired shadow is another one. Rates, alarms and disabled periods are the tracker's own
  /// affair; what else the owner wants is yours. Text in both is valid during the call only.
  /// @return whether it was taken over: only then is its stateVersion reported. After false the
  ///         call
  ///         comes again with the next answer. NULL: true.
  bool (*on_shadow)(void* context, const ht_shadow_t* before, const ht_shadow_t* now);
  /// Samples left the queue undelivered. What they told for the first time has to be told again:
  /// ht_reported_forget().
  void (*on_dropped)(void* context, ht_fate_t fate, uint32_t count);
  /// How the device stands with the service has changed. `detail` is of the last call; its code is
  /// ok when the connection is online.
  void (*on_connection)(void* context, ht_connection_t connection, const ht_error_detail_t* detail);
  /// A request with samples is over, well or not.
  void (*on_report)(void* context, const ht_report_t* report);
  void* context;
} ht_observer_t;

/// The type of ht_restamping.
typedef struct ht_restamping_function ht_restamping_t;
/// ht_restamp() for ht_tracker_config_t. A program that does not name it does not link it.
extern const ht_restamping_t ht_restamping;

/// A device's own pace and limits; 0 is the default that is named. The desired shadow's wishes go
/// before those marked (*).
typedef struct {
  uint32_t sample_ms;      ///< Measure that often (*). 1 min
  uint32_t send_ms;        ///< Send that often (*); 15 min without a report: offline. 10 min
  uint32_t distance_m;     ///< Send when moved farther than this (*). Never
  uint32_t min_sample_ms;  ///< No wish goes below this, nor below 100 ms. 1 s
  uint32_t min_send_ms;    ///< No wish goes below this, nor below 100 ms. 10 s
  /// A request starts with up to 16 samples or 16 kB. 413 and a time limit that ran out halve that,
  /// success makes it grow slowly up to these.
  uint32_t max_samples;  ///< 64
  uint32_t max_bytes;    ///< 64 KiB
  /// &ht_restamping for a service that takes no samples older than seconds: they are sent with the
  /// present time and their own in position and scan. NULL: such samples are dropped, as too_old.
  const ht_restamping_t* restamping;
  ht_delivery_t delivery;  ///< Its text is borrowed.
  ht_sample_options_t sample;
  ht_retry_config_t retry;
} ht_tracker_config_t;

/// All that a tracker is made of. What it points to is borrowed for as long as the tracker is used.
typedef struct {
  ht_client_t* client;
  ht_queue_t* queue;       ///< Opened by ht_tracker_start()
  ht_queue_t* quarantine;  ///< Keeps what the service refuses, with its reason. May be NULL
  const ht_sources_t* sources;
  const ht_observer_t* observer;  ///< May be NULL
  /// A sample is written here. As long as the longest sample; twice that with `restamping`; and 160
  /// bytes with `quarantine`.
  ht_memory_t sample;
  /// Keeps the text of the desired shadow, and 24 bytes. 4.3 kB hold every one; what does not fit
  /// is obeyed all the same, but forgotten at a restart, and its texts come empty as the old
  /// shadow.
  ht_memory_t shadow;
  ht_tracker_config_t config;
} ht_tracker_setup_t;

/// How a tracker stands. Times are those of the clock's now_ms.
typedef struct {
  int64_t next_sample_ms;
  int64_t next_send_ms;  ///< The next request, if nothing urgent comes before
  ht_connection_t connection;
  uint8_t failures;  ///< In a row
  bool waiting;      ///< A failed request is to be tried again at next_send_ms.
  bool draining;     ///< More is to be sent at once.
  bool is_stationary;
  uint32_t sample_ms;  ///< The pace in force
  uint32_t send_ms;
  uint32_t not_stored;           ///< Samples since the start that the storage did not take
  ht_opt_i64_t last_success_ms;  ///< Server time
} ht_tracker_state_t;

/// The device's main loop, without the loop: `for (;;) sleep_until(ht_tracker_step(&tracker));`
///
/// A step measures, or sends one request, or finds nothing to do. It blocks for as long as the
/// sources or the requests of one ingest may take. A sample is in the queue before anything else
/// happens to it, and leaves it when the service has taken it, or refused it and no other. The pace
/// is that of the desired shadow, within the limits of the configuration; a report is due at once
/// when the device moved farther than distance_m, when a reading crosses an alarm limit, and when
/// the attachment or tampering changes and the owner wants to know. `tracker.hpp` says more.
typedef struct {
  HT_OBJECT(153, 121);
} ht_tracker_t;

/// @param setup copied; what it points to is borrowed.
void ht_tracker_init(ht_tracker_t* tracker, const ht_tracker_setup_t* setup);

/// Opens the queue and the quarantine, takes up the desired shadow of before the restart. The first
/// step does it, if nobody else; call it to see what is wrong.
/// @return as ht_queue_open(); not_provided (no clock); buffer_too_small (no room for a sample).
HT_MUST_USE ht_code_t ht_tracker_start(ht_tracker_t* tracker);

/// Does what is due.
/// @return when to call again, by the clock's now_ms: not later, and earlier does no harm. Without
///         a
///         clock -1: nothing can be done.
int64_t ht_tracker_step(ht_tracker_t* tracker);

/// The next step measures, or sends as soon as the retry policy allows. May be called from an
/// interrupt or another thread, which has to wake the one that steps.
void ht_tracker_measure_now(ht_tracker_t* tracker);
void ht_tracker_send_now(ht_tracker_t* tracker);

/// Replaces the configuration, from the next step on. The desired shadow stays in force.
void ht_tracker_set_config(ht_tracker_t* tracker, const ht_tracker_config_t* config);

ht_tracker_state_t ht_tracker_state(const ht_tracker_t* tracker);
/// What the cloud wants, as it is obeyed now. Valid until the next step.
const ht_shadow_t* ht_tracker_shadow(const ht_tracker_t* tracker);

// ---- whether a board's hooks keep their contracts ----

/// A bit for each thing that ht_self_test() can find. `self_test.hpp` says what to do about each.
#define HT_FAULT_CLOCK_MISSING (UINT32_C(1) << 0)
#define HT_FAULT_CLOCK_BACKWARDS (UINT32_C(1) << 1)
#define HT_FAULT_CLOCK_STOPPED (UINT32_C(1) << 2)
#define HT_FAULT_BOOT_ID_MISSING (UINT32_C(1) << 3)  ///< A warning: each start costs a request.
#define HT_FAULT_BOOT_ID_CHANGED (UINT32_C(1) << 4)
#define HT_FAULT_ENTROPY_FAILED (UINT32_C(1) << 5)
#define HT_FAULT_ENTROPY_INCOMPLETE (UINT32_C(1) << 6)
#define HT_FAULT_ENTROPY_OVERRUN (UINT32_C(1) << 7)
#define HT_FAULT_ENTROPY_REPEATS (UINT32_C(1) << 8)
#define HT_FAULT_STORAGE_MISSING (UINT32_C(1) << 9)  ///< A warning: each start costs two requests.
#define HT_FAULT_STORAGE_FAILED (UINT32_C(1) << 10)
#define HT_FAULT_STORAGE_DATA (UINT32_C(1) << 11)
#define HT_FAULT_STORAGE_LARGE (UINT32_C(1) << 12)
#define HT_FAULT_STORAGE_EMPTY (UINT32_C(1) << 13)
#define HT_FAULT_STORAGE_ABSENT (UINT32_C(1) << 14)
#define HT_FAULT_STORAGE_TOO_SMALL (UINT32_C(1) << 15)
#define HT_FAULT_STORAGE_NAMES (UINT32_C(1) << 16)
#define HT_FAULT_SECTORS_GEOMETRY (UINT32_C(1) << 17)
#define HT_FAULT_SECTORS_FAILED (UINT32_C(1) << 18)
#define HT_FAULT_SECTORS_ERASE (UINT32_C(1) << 19)
#define HT_FAULT_SECTORS_PROGRAM (UINT32_C(1) << 20)
#define HT_FAULT_SECTORS_OVERLAP (UINT32_C(1) << 21)
#define HT_FAULT_TRANSPORT_MISSING (UINT32_C(1) << 22)
#define HT_FAULT_TRANSPORT_STATUS (UINT32_C(1) << 23)
#define HT_FAULT_TRANSPORT_LATE (UINT32_C(1) << 24)
#define HT_FAULT_SERVICE_FAILED (UINT32_C(1) << 25)
#define HT_FAULT_TRANSPORT_RESPONSE (UINT32_C(1) << 26)
#define HT_FAULT_TRANSPORT_BREAK_OFF (UINT32_C(1) << 27)
#define HT_FAULT_SOURCE_LATE (UINT32_C(1) << 28)
#define HT_FAULT_SOURCE_FAILED (UINT32_C(1) << 29)
#define HT_FAULT_SOURCE_STATUS (UINT32_C(1) << 30)
#define HT_FAULT_SOURCE_REFUSED (UINT32_C(1) << 31)
/// With these alone the device can work as it is.
#define HT_FAULT_WARNINGS (HT_FAULT_BOOT_ID_MISSING | HT_FAULT_STORAGE_MISSING)

/// The name of one bit in lower case without HT_FAULT_. Static text.
const char* ht_fault_name(uint32_t fault);

typedef struct {
  ht_hooks_t hooks;  ///< `log` gets a line for each thing found.
  /// At least 512 bytes. Half of it is the largest record that is stored, so 4400 bytes show
  /// whether there is room for a token of 2 KiB.
  ht_memory_t memory;
  const ht_sector_storage_t* sectors;  ///< May be NULL
  /// DESTROYED: so many sectors from the first one on are erased, written and left erased. 0 tests
  /// the geometry alone; 1 does not show whether sectors overlap.
  uint32_t first_spare_sector;
  uint32_t spare_sector_count;
  const ht_sources_t* sources;  ///< May be NULL
  /// `GET /v2/timestamp` is sent there three times, which needs neither licence nor token. NULL:
  /// nothing leaves the device.
  const char* base_url;
} ht_self_test_t;

/// Tries whether the hooks keep their contracts, as far as that can be seen from outside within one
/// run. Blocks for as long as the hooks do.
/// @return the HT_FAULT_ bits of what was found; 0: nothing.
uint32_t ht_self_test(const ht_self_test_t* device);

#ifdef __cplusplus
}  // extern "C"
#endif
// NOLINTEND
