// SPDX-License-Identifier: Apache-2.0
#include "here_tracking/restamp.hpp"

#include "c/convert.hpp"
#include "c/restamping.hpp"

using namespace here_tracking::c;

const ht_restamping_t ht_restamping = {&here_tracking::restamp};

ht_code_t ht_restamp(ht_text_t untimed_json, int64_t measured_ms, ht_memory_t into, size_t* size) {
  return to_c(here_tracking::restamp(from_c(untimed_json), measured_ms, from_c(into), *size));
}
