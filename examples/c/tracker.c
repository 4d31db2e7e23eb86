// SPDX-License-Identifier: Apache-2.0
// A C program that tracks: measures, keeps samples in files until they are sent, and follows the
// pace of the desired shadow. `tracker SECONDS` ends after that time, `tracker` never.
#define _POSIX_C_SOURCE 200809L

#include "here_tracking/c/here_tracking.h"
#include "here_tracking/c/linux.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { sector_bytes = 16 * 1024, sector_count = 8 };

static char token[2048];
static char work[8192];
static char sample[2048];
static char shadow[4400];
static ht_queue_sector_t table[sector_count];
static ht_client_t client;
static ht_queue_t queue;
static ht_tracker_t tracker;
static ht_reported_t reported_client;
static ht_nmea_t nmea;

static const char* env(const char* name, const char* otherwise) {
  const char* const value = getenv(name);
  return value != NULL ? value : otherwise;
}

// ---- what the device measures: here the text of a receiver would come from a serial port ----

static const char receiver[] =
    "$GPGGA,120000,5231.0219,N,01323.3316,E,1,09,0.9,35.0,M,42.0,M,,*7A\r\n";

static ht_code_t read_position(void* context, ht_fix_t* fix, uint32_t timeout_ms) {
  (void)context;
  (void)timeout_ms;
  ht_nmea_feed(&nmea, receiver, sizeof(receiver) - 1);
  ht_nmea_finish(&nmea);
  return ht_nmea_take_fix(&nmea, fix) ? HT_OK : HT_NO_DATA;
}

static ht_code_t scan_cells(void* context, ht_sample_t* into, uint32_t timeout_ms) {
  (void)context;
  (void)timeout_ms;
  const ht_lte_cell_t cell = {
      .mcc = 262,
      .mnc = 1,
      .cid = 26385921,
      .tac = HT_SOME(5126),
      .rsrp_dbm = HT_SOME(-98),
  };
  return ht_sample_add_lte(into, &cell);
}

static const ht_sources_t sources = {
    .position = read_position,
    .cell = scan_cells,
    .scan_timeout_ms = 5000,
};

// ---- what the program adds and hears ----

static void on_sample(void* context, ht_sample_t* into) {
  (void)context;
  const ht_client_info_t info = {
      .manufacturer = "ACME",
      .model = "T1",
      .name = "tracker.c",
      .version = "1.0.0",
  };
  if (ht_sample_set_client(into, &info, &reported_client) != HT_OK) {
    char why[HT_FIELD_ERROR_BYTES];
    fprintf(stderr, "%s\n", ht_sample_field_error(into, (ht_memory_t)HT_MEMORY(why)));
  }
}

static void on_queued(void* context) {
  (void)context;
  ht_reported_confirm(&reported_client);
}

static void on_dropped(void* context, ht_fate_t fate, uint32_t count) {
  (void)context;
  ht_reported_forget(&reported_client);
  printf("%lu %s\n", (unsigned long)count, ht_fate_name(fate));
}

static void on_connection(void* context, ht_connection_t connection,
                          const ht_error_detail_t* detail) {
  (void)context;
  printf("%s (%s)\n", ht_connection_name(connection), ht_code_name(detail->code));
}

static void on_report(void* context, const ht_report_t* report) {
  (void)context;
  printf("report: %lu samples, %s\n", (unsigned long)report->samples, ht_code_name(report->code));
}

static const ht_observer_t observer = {
    .on_sample = on_sample,
    .on_queued = on_queued,
    .on_dropped = on_dropped,
    .on_connection = on_connection,
    .on_report = on_report,
};

// ---- the loop ----

static int64_t now_ms(void) {
  return ht_system_clock.now_ms(ht_system_clock.context);
}

static void sleep_until(int64_t ms) {
  const int64_t wait_ms = ms - now_ms();
  if (wait_ms <= 0) return;
  const struct timespec wait = {(time_t)(wait_ms / 1000), (long)(wait_ms % 1000) * 1000000L};
  nanosleep(&wait, NULL);
}

int main(int argc, char** argv) {
  const int64_t end_ms = argc > 1 ? now_ms() + 1000 * strtol(argv[1], NULL, 10) : INT64_MAX;
  int error = 0;
  const ht_sector_storage_t* const sectors =
      ht_file_sectors_new("here-tracking-queue", sector_bytes, sector_count, &error);
  if (sectors == NULL) {
    fprintf(stderr, "here-tracking-queue: %s\n", strerror(error));
    return 1;
  }
  const ht_client_config_t config = {
      .base_url = env("HERE_TRACKING_URL", NULL),
      .hooks =
          {
              .clock = &ht_system_clock,
              .entropy = &ht_system_entropy,
              .storage = ht_file_storage_new("here-tracking-state"),
              .transport =
                  ht_curl_transport_new(env("HERE_TRACKING_CA_FILE", NULL), &ht_stderr_log),
              .log = &ht_stderr_log,
          },
      .token = HT_MEMORY(token),
      .work = HT_MEMORY(work),
  };
  ht_client_init(&client, &config, env("HERE_TRACKING_DEVICE_ID", ""),
                 env("HERE_TRACKING_DEVICE_SECRET", ""));
  ht_nmea_init(&nmea);
  ht_queue_init(&queue, sectors, table, sector_count, NULL);

  const ht_tracker_setup_t setup = {
      .client = &client,
      .queue = &queue,
      .sources = &sources,
      .observer = &observer,
      .sample = HT_MEMORY(sample),
      .shadow = HT_MEMORY(shadow),
      .config = {.sample_ms = 1000, .send_ms = 10000},
  };
  ht_tracker_init(&tracker, &setup);
  const ht_code_t started = ht_tracker_start(&tracker);
  if (started != HT_OK) {
    fprintf(stderr, "the tracker does not start: %s\n", ht_code_name(started));
    return 1;
  }
  for (int64_t next_ms = 0; next_ms >= 0 && next_ms < end_ms;) {
    sleep_until(next_ms);
    next_ms = ht_tracker_step(&tracker);
  }

  ht_client_end(&client);
  ht_curl_transport_free(config.hooks.transport);
  ht_file_storage_free(config.hooks.storage);
  ht_file_sectors_free(sectors);
  return 0;
}
