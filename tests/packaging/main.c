// SPDX-License-Identifier: Apache-2.0
#include "here_tracking/c/here_tracking.h"

#include <stdio.h>

static char token[2048];
static char work[8192];
static char sample[2048];
static char shadow[4400];
static uint8_t flash[4 * 4096];
static ht_queue_sector_t table[4];
static ht_ram_sectors_t sectors;
static ht_queue_t queue;
static ht_client_t client;
static ht_tracker_t tracker;

static int64_t now_ms(void* context) {
  int64_t* const now = context;
  return ++*now;
}

static ht_code_t fill(void* context, uint8_t* into, size_t size) {
  (void)context;
  for (size_t i = 0; i < size; ++i)
    into[i] = (uint8_t)i;
  return HT_OK;
}

static ht_code_t read_position(void* context, ht_fix_t* fix, uint32_t timeout_ms) {
  (void)context;
  (void)timeout_ms;
  fix->lat_deg_e7 = 525170365;
  return HT_OK;
}

// A firmware on its first day: it measures and keeps, and says that it has no transport.
int main(void) {
  int64_t now = 0;
  const ht_clock_t clock = {.now_ms = now_ms, .context = &now};
  const ht_entropy_t entropy = {.fill = fill};
  const ht_sources_t sources = {.position = read_position};
  const ht_client_config_t config = {
      .hooks = {.clock = &clock, .entropy = &entropy},
      .token = HT_MEMORY(token),
      .work = HT_MEMORY(work),
  };
  const ht_tracker_setup_t setup = {
      .client = &client,
      .queue = &queue,
      .sources = &sources,
      .sample = HT_MEMORY(sample),
      .shadow = HT_MEMORY(shadow),
  };
  ht_client_init(&client, &config, "00000000-0000-4000-8000-000000000000", "packaging");
  ht_ram_sectors_init(&sectors, flash, sizeof(flash), 4096);
  ht_queue_init(&queue, &sectors.hook, table, 4, NULL);
  ht_code_t code = ht_queue_clear(&queue);
  if (code == HT_OK) {
    ht_tracker_init(&tracker, &setup);
    code = ht_tracker_start(&tracker);
  }
  for (int i = 0; code == HT_OK && i < 3; ++i)
    (void)ht_tracker_step(&tracker);
  const ht_code_t sync = ht_client_sync_time(&client);
  printf("%s, %lu waiting, %s\n", ht_code_name(code), (unsigned long)ht_queue_pending(&queue),
         ht_code_name(sync));
  return code == HT_OK && ht_queue_pending(&queue) != 0 && sync == HT_NOT_PROVIDED ? 0 : 1;
}
