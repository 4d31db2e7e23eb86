// SPDX-License-Identifier: Apache-2.0
// First and alone: the header needs no other one.
#include "here_tracking/c/here_tracking.h"

// As a firmware has them in flash.
const ht_gsm_neighbour_t c_neighbours[2] = {
    {.bsic = 6, .bcch = 82, .rxlevel_dbm = HT_SOME(-91)},
    {.bsic = 7, .bcch = 83, .lac = HT_SOME(1), .cid = HT_SOME(0)},
};
const ht_gsm_cell_t c_cell = {
    .mcc = 262,
    .mnc = 1,
    .lac = 5126,
    .cid = 16504,
    .rxlevel_dbm = HT_SOME(-71),
    .nmr = c_neighbours,
    .nmr_count = 2,
};

ht_gsm_cell_t c_cell_with_timing_advance(int32_t ta);

ht_gsm_cell_t c_cell_with_timing_advance(int32_t ta) {
  ht_gsm_cell_t cell = c_cell;
  HT_SET(cell.ta, ta);
  return cell;
}
