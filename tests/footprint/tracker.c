// SPDX-License-Identifier: Apache-2.0
#include "here_tracking/c/here_tracking.h"

// A tracker's memory, named for the table that run.sh prints.
static char token_memory[2048];
static char work_memory[8192];
static char sample_memory[2048];
static char shadow_memory[4400];
static ht_queue_sector_t queue_table[64];
static ht_queue_sector_t quarantine_table[4];
static ht_client_t client_object;
static ht_queue_t queue_object;
static ht_queue_t quarantine_object;
static ht_tracker_t tracker_object;

static ht_code_t read_position(void* context, ht_fix_t* fix, uint32_t timeout_ms) {
  (void)context;
  (void)fix;
  (void)timeout_ms;
  return HT_NO_DATA;
}

static ht_code_t scan(void* context, ht_sample_t* sample, uint32_t timeout_ms) {
  (void)context;
  (void)sample;
  (void)timeout_ms;
  return HT_NO_DATA;
}

static const ht_sources_t sources = {.position = read_position, .cell = scan, .wlan = scan};
static const ht_sector_storage_t flash;

uint32_t firmware(void);

// A tracker with hooks that are not provided.
uint32_t firmware(void) {
  const ht_client_config_t config = {
      .token = HT_MEMORY(token_memory),
      .work = HT_MEMORY(work_memory),
  };
  ht_client_init(&client_object, &config, "00000000-0000-4000-8000-000000000000", "footprint");
  ht_queue_init(&queue_object, &flash, queue_table, 64, NULL);
  ht_queue_init(&quarantine_object, &flash, quarantine_table, 4, NULL);
  const ht_tracker_setup_t setup = {
      .client = &client_object,
      .queue = &queue_object,
      .quarantine = &quarantine_object,
      .sources = &sources,
      .sample = HT_MEMORY(sample_memory),
      .shadow = HT_MEMORY(shadow_memory),
  };
  ht_tracker_init(&tracker_object, &setup);
  int64_t next_ms = 0;
  while (next_ms >= 0)
    next_ms = ht_tracker_step(&tracker_object);
  return ht_tracker_state(&tracker_object).send_ms;
}
