// SPDX-License-Identifier: Apache-2.0
// A report from a C program: gathers a position, a cell with a neighbour and an access point, sends
// them, and prints the desired shadow that came back.
#include "here_tracking/c/here_tracking.h"
#include "here_tracking/c/linux.h"

#include <stdio.h>
#include <stdlib.h>

static char token[2048];
static char work[8192];
static char buffer[2048];
static ht_client_t client;
static ht_sample_t sample;
static ht_shadow_t shadow;
static ht_gatherer_t gatherer;

static const char* env(const char* name, const char* otherwise) {
  const char* const value = getenv(name);
  return value != NULL ? value : otherwise;
}

static const ht_fix_t fix = {
    .lat_deg_e7 = 525170365,  // integers, in the unit of their name
    .lng_deg_e7 = 133888599,
    .accuracy_mm = 4500,
};
static const ht_gsm_neighbour_t neighbours[] = {
    {.bsic = 6, .bcch = 82, .rxlevel_dbm = HT_SOME(-91)},
};
static const ht_gsm_cell_t cell = {
    .mcc = 262,
    .mnc = 1,
    .lac = 5126,
    .cid = 16504,
    .nmr = neighbours,
    .nmr_count = 1,
};
static const ht_wlan_access_point_t access_point = {
    .mac = {0x00, 0x1a, 0x2b, 0x3c, 0x4d, 0x5e},
    .powrx_dbm = HT_SOME(-61),
    .ssid = "cafe",
};

// Here a receiver and a modem would be asked.
static ht_code_t read_position(void* context, ht_fix_t* into, uint32_t timeout_ms) {
  (void)context;
  (void)timeout_ms;
  *into = fix;
  return HT_OK;
}
static ht_code_t scan_cells(void* context, ht_sample_t* into, uint32_t timeout_ms) {
  (void)context;
  (void)timeout_ms;
  return ht_sample_add_gsm(into, &cell);
}
static ht_code_t scan_wlan(void* context, ht_sample_t* into, uint32_t timeout_ms) {
  (void)context;
  (void)timeout_ms;
  return ht_sample_add_wlan(into, &access_point);
}
static const ht_sources_t sources = {
    .position = read_position,
    .cell = scan_cells,
    .wlan = scan_wlan,
};

static ht_code_t report(void) {
  ht_code_t code = ht_client_ensure_time(&client);
  if (code == HT_OK)
    code = ht_sample_set_timestamp(&sample, ht_client_server_time_ms(&client).value);
  if (code == HT_OK) code = ht_gather(&gatherer, &sample, &ht_system_clock, &ht_stderr_log);
  if (code == HT_OK) code = ht_sample_set_payload(&sample, "{\"door\": \"open\"}");
  if (code != HT_OK) return code;
  const ht_text_t json = ht_sample_json(&sample);
  return ht_client_ingest(&client, &json, 1, NULL, &shadow);
}

int main(void) {
  const ht_client_config_t config = {
      .base_url = env("HERE_TRACKING_URL", NULL),
      .hooks =
          {
              .clock = &ht_system_clock,
              .entropy = &ht_system_entropy,
              .storage = ht_file_storage_new("here-tracking-state"),  // keeps the token
              .transport =
                  ht_curl_transport_new(env("HERE_TRACKING_CA_FILE", NULL), &ht_stderr_log),
              .log = &ht_stderr_log,
          },
      .token = HT_MEMORY(token),
      .work = HT_MEMORY(work),
  };
  ht_client_init(&client, &config, env("HERE_TRACKING_DEVICE_ID", ""),
                 env("HERE_TRACKING_DEVICE_SECRET", ""));
  ht_sample_init(&sample, (ht_memory_t)HT_MEMORY(buffer), NULL);
  ht_shadow_init(&shadow);
  ht_gatherer_init(&gatherer, &sources);

  const ht_code_t code = report();
  const ht_text_t json = ht_shadow_json(&shadow);
  printf("%s\n%.*s\n", ht_code_name(code), (int)json.size, json.data);

  ht_client_end(&client);
  ht_curl_transport_free(config.hooks.transport);
  ht_file_storage_free(config.hooks.storage);
  return code == HT_OK ? 0 : 1;
}
